#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Signals to pip-exec reach every task; HUP, INT, QUIT and TERM end everything,
# also what does not want to end, and pip-exec dies of the same signal.
. "${srcdir:-.}/tests/testlib.sh"

log=$programs/signal-log

for signal in USR1 USR2; do
	start_job "$pip_exec" --grace 1000 -n 3 "$log"
	expect_job_prints 3 ready
	kill -"$signal" "$job"
	expect_job_prints 3 "$signal"
	kill -"$signal" "$job"
	expect_job_prints 6 "$signal"
	kill -TERM "$job"
	expect_job_status 143
done

for signal in HUP:129 INT:130 QUIT:131 TERM:143; do
	number=${signal#*:} signal=${signal%:*}
	# Tasks that end themselves: each has got the signal, and once.
	start_job "$pip_exec" --grace=1000 -n 3 "$log"
	expect_job_prints 3 ready
	kill -"$signal" "$job"
	expect_job_status "$number"
	count_is 3 "$signal" job.out || fail "$signal did not arrive once per task"
	[ ! -s job.err ] || fail "$signal: $(cat job.err)"
	# Tasks that die of it.
	start_job "$pip_exec" --grace=1000 -n 3 sh -c 'echo ready; while :; do sleep 1; done'
	expect_job_prints 3 ready
	kill -"$signal" "$job"
	expect_job_status "$number"
	[ ! -s job.err ] || fail "$signal: $(cat job.err)"
done

# Tasks that do not want to: killed after the grace time, or asked twice.
start_job "$pip_exec" -n 2 "$log" stubborn : "$log"
expect_job_prints 3 ready
kill -TERM "$job"
expect_job_status 143
# (On a machine that is busy, the third one may not have ended either.)
count_is 1 'pip-exec: [23] task\(s\) did not end within 3 s of Terminated: killed' job.err ||
	fail "grace time: $(cat job.err)"
start_job "$pip_exec" --grace=0 "$log" stubborn
expect_job_prints 1 ready
kill -TERM "$job"
expect_job_status 143
count_is 1 'pip-exec: 1 task\(s\) did not end within 0 s of Terminated: killed' job.err ||
	fail "no grace time: $(cat job.err)"
start_job "$pip_exec" --grace=1000 -n 2 "$log" stubborn
expect_job_prints 2 ready
kill -INT "$job"
expect_job_prints 2 INT
kill -INT "$job"
expect_job_status 130

# A stopped task ends too.
start_job "$pip_exec" --grace=1000 sh -c 'echo $$; while :; do sleep 1; done'
expect_job_prints 1 '[0-9]+'
kill -STOP "$(cat job.out)"
kill -TERM "$job"
expect_job_status 143

# Stop and continue.
process_state_is() { # PID STATES
	case $(ps -o stat= -p "$1") in
	["$2"]*) return 0 ;;
	*) return 1 ;;
	esac
}
# In a process group of its own: TSTP does not stop an orphaned one, which that
# of a test without a terminal may be (POSIX, "Orphaned Process Group").
need_command perl perl
start_job perl -e 'setpgrp; exec @ARGV' \
	"$pip_exec" --grace=1000 -n 2 sh -c 'echo $$; while :; do sleep 0.1; done'
expect_job_prints 2 '[0-9]+'
kill -TSTP "$job"
for pid in "$job" $(cat job.out); do
	poll process_state_is "$pid" T || fail "$pid is not stopped by TSTP"
done
kill -CONT "$job"
for pid in "$job" $(cat job.out); do
	poll process_state_is "$pid" SR || fail "$pid does not go on after CONT"
done
kill -TERM "$job"
expect_job_status 143

# What is ignored at the start is not passed on, and ends nothing.
(trap '' HUP && exec env --default-signal=TERM "$pip_exec" -n 2 "$log") >job.out 2>job.err &
job=$!
expect_job_prints 2 ready
kill -HUP "$job"
kill -USR1 "$job"
expect_job_prints 2 USR1
count_is 0 HUP job.out || fail 'an ignored HUP was passed on'
kill -TERM "$job"
expect_job_status 143

for wrong in x -1 '' 1000001; do
	expect_status 2 "$pip_exec" --grace="$wrong" /bin/true
	grep -qx "pip-exec: --grace: '$wrong' is not a number of seconds up to 1000000" err ||
		fail "--grace=$wrong: $(cat err)"
done
expect_status 2 "$pip_exec" /bin/true : --grace 1 /bin/true
grep -q 'belongs before the first program$' err || fail "$(cat err)"
