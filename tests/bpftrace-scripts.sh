#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Each bpftrace script counts exactly what a program does, with 2 and with many
# tasks, in process and in thread mode, from its start and attached later.
. "${srcdir:-.}/tests/testlib.sh"

need_command bpftrace bpftrace
[ "$(id -u)" -eq 0 ] || skip 'bpftrace has to be run as root'
[ "$(stat -L -c %i /proc/self/ns/pid)" = 4026531836 ] ||
	skip 'this is not the first PID namespace'
grep -q ':pip:switch$' <<END || skip 'libpip has no probes: install systemtap-sdt-dev'
$(bpftrace -l "usdt:$builddir/lib/.libs/libpip.so:*" 2>/dev/null)
END
timeout 60 bpftrace -e 'tracepoint:raw_syscalls:sys_enter { exit(); }' >try 2>&1 ||
	skip "bpftrace does not work here: $(tail -n 1 try)"

pip_bpftrace=$builddir/bpftrace/pip-bpftrace
target=$builddir/tests/bpftrace-target

# How often each task does it is told apart by its number: primes.
rounds='process:2:10007 process:30:331 thread:2:10009 thread:30:337'
spawns='process:2:211 process:30:31 thread:2:223 thread:30:37'

# Lines "PIPID COUNT": how often each is to do it, in all.
list_counts() { # ROUND...
	printf '%s\n' "$@" | awk -F: '
		$2 > most { most = $2 }
		{ for (i = 0; i < $2; i++) sum[i] += $3 }
		END { for (i = 0; i < most; i++) print i, sum[i] }'
}

count_all() { # ROUND...
	list_counts "$@" | awk '{ sum += $2 } END { print sum }'
}

# Run one script on a fresh program.  What it prints is in out.
trace() { # SCRIPT WHAT ROUND...
	script=$1
	shift
	timeout 300 "$pip_bpftrace" -o out "$script" -- "$target" "$@" \
		>target.out 2>err || {
		status=$?
		show err
		fail "pip-bpftrace $script $*: exit status $status"
	}
	grep -qiE 'lost [0-9]+ events' err && fail "$script has lost events"
}

# The value of a map's key, "" if there is none.
value() { # MAP KEY
	sed -n "s/^@$1\\[$2\\]: //p" out
}

expect() { # NUMBER MAP KEY
	actual=$(value "$2" "$3")
	[ "$actual" = "$1" ] && return
	show out
	fail "@$2[$3] is '$actual' and not $1"
}

# A map's keys that begin with a task and end with that are those of the tasks,
# with these numbers: lines "PIPID COUNT" on stdin.
expect_each() { # MAP REST
	sort >expected
	sed -n "s/^@$1\\[\\([0-9]*\\)$2]: /\\1 /p" out | sort |
		diff expected - || fail "@$1[PIPID$2]"
}

expect_scalar() { # NUMBER MAP
	grep -qx "@$2: $1" out && return
	show out
	fail "@$2 is not $1"
}

# What a histogram adds up to.
expect_histogram() { # NUMBER MAP
	actual=$(awk -v map="@$2:" '
		$1 == map { inside = 1; next }
		inside && NF == 0 { exit }
		inside { sub(/^\[[^)]*[])] */, ""); sum += $1 }
		END { print sum + 0 }' out)
	[ "$actual" = "$1" ] && return
	show out
	fail "the histogram @$2 has $actual and not $1"
}

# From one PIPID to another, on whichever kernel thread.
expect_switches() { # NUMBER FROM TO
	actual=$(sed -n "s/^@switches\\[[0-9]*, $2, $3\\]: //p" out |
		awk '{ sum += $1 } END { print sum + 0 }')
	[ "$actual" = "$1" ] && return
	show out
	fail "$actual and not $1 switches from $2 to $3"
}

# Pairs: the even one to the other.
check_switches() { # ROUND...
	list_counts "$@" >counts
	while read -r task count; do
		# Back it is one more if one leaves to the other.
		[ $((task % 2)) -ne 0 ] ||
			expect_switches "$count" "$task" $((task + 1))
	done <counts
	sum=$(sed -n 's/^@switches.*: //p' out | awk '{ sum += $1 } END { print sum }')
	expect_scalar "$sum" total
}

check_syscalls() { # ROUND...
	list_counts "$@" | expect_each calls ', 110' # getppid
}

# Every other task makes them while it is the root's guest, and again at home.
check_consistency() { # ROUND...
	list_counts "$@" | awk '$1 % 2 == 0' | expect_each calls ', -748, 110'
	[ "$(grep -c '^@calls.*, 110\]' out)" -eq "$(wc -l <expected)" ] || {
		show out
		fail 'calls of others'
	}
}

# --- One script each, of a program from its start ---------------------------

trace_switches() {
	trace switches switches "$@"
	check_switches "$@"
}

trace_couples() {
	trace couple-latency couples "$@"
	list_counts "$@" | expect_each couples ''
	list_counts "$@" | expect_each decouples ''
	expect_histogram "$(count_all "$@")" couple_ns
	expect_histogram "$(count_all "$@")" decouple_ns
}

# Here a number is that of all tasks.
trace_spawns() {
	trace spawn spawns "$@"
	all=$(list_counts "$@" | sed -n 's/^0 //p')
	expect_scalar "$all" started
	expect "$all" ended_with_status 7
	expect_histogram "$all" spawn_us
	expect_histogram "$all" load_us
	[ "$(sed -n 's/^@spawns\[.*\]: //p' out)" = "$all" ] || fail '@spawns'
}

trace_blocked() {
	trace blocked blocked "$@"
	list_counts "$@" | expect_each barrier_waits ''
	# Counted in the task table, too.
	awk '$1 == "suspends" { sum[$2 + 0] += $3 }
		END { for (i in sum) if (sum[i] != 0) print i, sum[i] }' \
		target.out | expect_each suspends ''
	expect_histogram "$(count_all "$@")" barrier_us
}

trace_syscalls() {
	trace syscalls-by-task syscalls "$@"
	check_syscalls "$@"
}

trace_consistency() {
	trace consistency consistency "$@"
	check_consistency "$@"
}

# --- Attached to a program that runs ----------------------------------------

target_pid=''
clean_up() {
	[ -z "$target_pid" ] || kill -KILL "$target_pid" 2>/dev/null
}

is_attached() {
	bpftrace_pid=$(ps -o pid= --ppid "$launcher" | while read -r pid; do
		[ "$(cat "/proc/$pid/comm")" = bpftrace ] && echo "$pid"
	done)
	[ -n "$bpftrace_pid" ] &&
		grep -qE '^(232|281|22) ' "/proc/$bpftrace_pid/syscall" 2>/dev/null
}

attach() { # SCRIPT WHAT ROUND
	rm -f go out target.out # with "ready" of the time before
	mkfifo go
	"$target" "$2" wait "$3" <go >target.out 2>&1 &
	target_pid=$!
	exec 9>go
	poll grep -qsx ready target.out || fail "$3: the program is not ready"
	# The PID of any task will do.
	pid=$("$builddir/pips/pips" --no-header -p "$target_pid" |
		awk '$1 == "1" { print $2 }')
	[ -n "$pid" ] || fail "$3: pips does not list the tasks"
	"$pip_bpftrace" -o out "$1" -p "$pid" >launcher.out 2>err 9>&- &
	launcher=$!
	poll is_attached || { show err; fail "$3: $1 does not attach"; }
	echo go >&9
	exec 9>&-
	wait "$target_pid" || { show target.out; fail "$3: $2 has failed"; }
	target_pid=''
	# It ends with the program.
	wait "$launcher" || { show err; fail "$3: $1: exit status $?"; }
}

attach_switches() { # ROUND
	attach switches switches "$1"
	check_switches "$1"
}

attach_syscalls() { # ROUND
	attach syscalls-by-task syscalls "$1"
	check_syscalls "$1"
}

attach_consistency() { # ROUND
	attach consistency consistency "$1"
	check_consistency "$1"
}

# ----------------------------------------------------------------------------

# The kernel takes a tenth of a second to detach each place of a probe, one after
# the other, whoever asks: so there are few tracers, each of which sees much.
# shellcheck disable=SC2086 # words by intention
{
	trace_switches $rounds
	trace_couples $rounds
	trace_spawns $spawns
	trace_blocked $rounds
	trace_syscalls $rounds
	trace_consistency $rounds
}
for mode in process thread; do
	attach_switches $mode:2:10007
	attach_syscalls $mode:300:101
	attach_consistency $mode:3:10007
done
