#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pip-tgkill sends a signal to one task, by name or number, and says why not.
. "${srcdir:-.}/tests/testlib.sh"

pip_tgkill=$builddir/bin/pip-tgkill

# shellcheck disable=SC2329,SC2317 # the trap calls it
clean_up() {
	[ -z "${job-}" ] || kill -KILL "$job" 2>/dev/null
}

# Two tasks print what they get; only one is signaled.
# shellcheck disable=SC2016 # for the inner shell
start_job "$pip_exec" -n 2 sh -c 'trap "echo $$ got USR1" USR1; echo "ready $$"
	while :; do sleep 0.1; done'
expect_job_prints 2 'ready [0-9]+'
first=$(sed -n '1s/ready //p' job.out) second=$(sed -n '2s/ready //p' job.out)
arrivals=0
for name in USR1 SIGUSR1 usr1 sigusr1 10; do
	expect_status 0 "$pip_tgkill" "$name" "$first" "$first"
	arrivals=$((arrivals + 1))
	expect_job_prints "$arrivals" "$first got USR1"
done
expect_status 0 "$pip_tgkill" 0 "$second" "$second"
for task in "$first" "$second"; do
	expect_status 0 "$pip_tgkill" SIGKILL "$task" "$task" no_esrch
done
expect_job_status 9
grep -q "^$second got" job.out && fail 'the other task was signaled'

# No such task: ESRCH, unless that is said not to matter.
expect_status 3 "$pip_tgkill" TERM "$first" "$first"
expect_lines 1 "pip-tgkill TERM $first $first: No such process" err
expect_status 0 "$pip_tgkill" 15 "$first" "$first" no_esrch
[ ! -s err ] || fail 'it complains although it should not'

# A thread of one process is none of another.
sleep 1000 &
sleeper=$!
expect_status 3 "$pip_tgkill" TERM $$ "$sleeper"
expect_status 0 "$pip_tgkill" RTMIN+1 "$sleeper" "$sleeper"
status=0
wait "$sleeper" || status=$?
[ "$status" -eq $((128 + 35)) ] || fail "RTMIN+1 gave status $status"

expect_refused() { # ARGUMENT...
	expect_status 2 "$pip_tgkill" "$@"
	[ -s err ] && [ ! -s out ] || fail "no reason on stderr: $*"
}
expect_refused
expect_refused TERM
expect_refused TERM $$
expect_refused TERM $$ $$ x y
expect_refused NONSENSE $$ $$
expect_refused SIG $$ $$
expect_refused '' $$ $$
expect_refused 65 $$ $$
expect_refused -1 $$ $$
expect_refused 99999999999999999999 $$ $$
expect_refused RTMIN-1 $$ $$
expect_refused RTMAX-99 $$ $$
for id in 1 0 -1 '' x 12x ' 12' 99999999999; do
	expect_refused TERM "$id" $$
	expect_refused TERM $$ "$id"
done
