#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pip-exec killed by SIGKILL leaves no task behind, whatever that does; with
# PIP_KEEP_TASKS it leaves all of them.
. "${srcdir:-.}/tests/testlib.sh"

need_command perl perl

all_gone() { # PID...
	for pid; do
		[ ! -e "/proc/$pid" ] || return 1
	done
}

expect_no_orphan() { # NUMBER ARGUMENT...
	n=$1
	shift
	start_job "$pip_exec" "$@"
	expect_job_prints "$n" '[0-9]+'
	kill -KILL "$job"
	expect_job_status 137
	# shellcheck disable=SC2046 # words by intention
	poll all_gone $(cat job.out) || fail "orphans of: $*"
}

busy='echo $$; while :; do :; done'
expect_no_orphan 1 sh -c "$busy"
expect_no_orphan 8 -n 8 sh -c 'echo $$; while :; do sleep 0.1; done'
expect_no_orphan 2 -n 2 sh -c 'trap "" HUP INT TERM; echo $$; while :; do sleep 0.1; done'
expect_no_orphan 1 sh -c 'echo $$; kill -STOP $$'
# These have left the address space, and the process group.
expect_no_orphan 2 -n 2 sh -c 'echo $$; exec sleep 1000'
expect_no_orphan 2 -n 2 perl -e '$| = 1; setpgrp; print "$$\n"; sleep 1000'

# While tasks are still being started.
n=0
while [ "$n" -lt 20 ]; do
	start_job "$pip_exec" -n 100 sleep 1000
	sleep "0.0$n"
	kill -KILL "$job"
	expect_job_status 137
	n=$((n + 1))
done
poll all_ended || fail 'orphans of a pip-exec that was killed while it spawned'

start_job env PIP_KEEP_TASKS=1 "$pip_exec" -n 2 sh -c 'echo $$; while :; do sleep 0.1; done'
expect_job_prints 2 '[0-9]+'
kill -KILL "$job"
expect_job_status 137
sleep 1
# shellcheck disable=SC2013 # a PID per line
for pid in $(cat job.out); do
	kill -0 "$pid" 2>/dev/null || fail "PIP_KEEP_TASKS: $pid is gone"
	kill -KILL "$pid"
done
