#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What cannot be a task: pip-exec names it, exits with the errno value, and
# ends what it has started before.
. "${srcdir:-.}/tests/testlib.sh"

expect_refused() { # ERRNO PROGRAM
	expect_status "$1" "$pip_exec" "$2"
	[ ! -s out ] || fail "$2: something is on stdout"
	grep -qF "$2" err || fail "$2 is not named: $(cat err)"
	expect_status "$1" "$pip_exec" sleep 1000 : -n 2 "$2"
	poll only_we_are_left || fail "$2: what ran before is still there"
}

only_we_are_left() {
	[ -z "$(list_processes)" ]
}

expect_refused 2 ./nothing
expect_refused 2 no-such-program-on-path
expect_refused 13 ./
mkdir directory
expect_refused 13 ./directory
cp /bin/true not-executable
chmod 644 not-executable
expect_refused 13 ./not-executable
printf '#!/bin/sh\nexit 0\n' >script
: >empty
printf '\177ELF' >short
head -c 100 /dev/zero >zeros
head -c 100 /bin/true >damaged
# EM_AARCH64 (183) as e_machine, at offset 18 of the ELF header.
{ head -c 18 /bin/true; printf '\267\000'; tail -c +21 /bin/true; } >aarch64
chmod +x script empty short zeros damaged aarch64
expect_refused 81 ./script
expect_refused 49 ./empty
expect_refused 49 ./short
expect_refused 80 ./zeros
expect_refused 80 ./damaged
expect_refused 80 ./aarch64
compile "${CC:-gcc}" -no-pie -fno-pie -o fixed "$program_sources/plain.c" -pthread
expect_refused 83 ./fixed
grep -q 'not PIE' err || fail "it is not said that ./fixed is no PIE: $(cat err)"
