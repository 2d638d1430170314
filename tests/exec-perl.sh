#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# An unmodified perl as four tasks: system, backticks, fork, modules in C.
. "${srcdir:-.}/tests/testlib.sh"

need_command perl perl

cat >script.pl <<'END'
use strict;
use warnings;
use POSIX ();
use List::Util qw(sum);
my @lines = ("system " . (system('sh -c "exit 5"') >> 8));
my $seq = `seq 1 10`;
push @lines, "backticks " . sum(split /\n/, $seq);
my $pid = fork // die "fork: $!";
POSIX::_exit(9) if $pid == 0;
waitpid $pid, 0;
push @lines, 'fork ' . ($? >> 8);
my %count;
$count{$_ % 7}++ for 1 .. 10000;
push @lines, 'hash ' . join ',', map { $count{$_} } sort keys %count;
push @lines, 'regexp ' . join '|', 'process-in-process' =~ /(\w)\w*-(in)-(\w+)/;
push @lines, 'floor ' . POSIX::floor(-2.5);
$SIG{ALRM} = sub { push @lines, 'alarm' };
POSIX::raise(POSIX::SIGALRM());
print map { "$_\n" } @lines;
exit 12;
END
perl script.pl >once || :
[ "$(wc -l <once)" -eq 7 ] || framework_failed 'perl itself does something else'
expect_status 12 "$pip_exec" -n 4 perl "$work_dir/script.pl"
cat once once once once | expect_sorted out
[ ! -s err ] || fail "on stderr: $(cat err)"
