#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pip-exec --suspend-on: plugins of all processes see the same steps in the same
# order, each step in all of them before the next one in any; a hook that hangs
# is named and holds nobody for ever.
. "${srcdir:-.}/tests/testlib.sh"

plugin=$builddir/tests/programs/phases.so
[ -f "$plugin" ] || framework_failed "no $plugin"

# Until the input ends.
cat >waiter.c <<'END'
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static void *wait_for_end(void *arg)
{
	static int ends;
	char byte;

	while (read(0, &byte, 1) > 0)
		;
	__atomic_add_fetch(&ends, 1, __ATOMIC_SEQ_CST);
	return arg;
}
int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 0;
	pthread_t threads[8];

	for (int i = 0; i < n; i++)
		pthread_create(&threads[i], NULL, wait_for_end, NULL);
	puts("ready");
	fflush(stdout);
	wait_for_end(NULL);
	for (int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
END
compile "${CC:-gcc}" -fPIE -pie -o waiter waiter.c -lpthread

steps='THREADS_SUSPEND SUSPENDED LEADER_ELECTION DRAIN WRITE RESUME REFILL
REGISTER_NAME_SERVICE_DATA SEND_QUERIES THREADS_RESUME'

start() { # ARGS...
	PHASES_LOG=$(pwd)/log
	export PHASES_LOG
	rm -f log fifo && mkfifo fifo || framework_failed 'no fifo'
	: >job.out
	env --default-signal=USR2 "$pip_exec" --with-plugin "$plugin" \
		--suspend-on USR2 "$@" >job.out 2>job.err <fifo &
	job=$!
	exec 9>fifo
}

finish() { # STATUS
	exec 9>&-
	status=0
	wait "$job" || status=$?
	[ "$status" -eq "$1" ] || { show job.err; fail "status $status instead of $1"; }
}

seen() { # NUMBER EVENT
	[ -e log ] && [ "$(grep -c "^$2 " log)" -ge "$1" ]
}

expect_seen() {
	poll seen "$@" && return
	show log
	show job.err
	fail "not $1 times $2"
}

# One round of n processes with so many threads in all.
check_round() { # N THREADS NUMBER
	grep -q 'WRONG TLS\|CALL-FAILED' log && { show log; fail 'a hook went wrong'; }
	for step in $steps; do
		i=0
		while [ "$i" -lt "$1" ]; do
			echo "$step"
			i=$((i + 1))
		done
	done >expected
	grep " $3 [0-9]* 12\$" log >round
	grep -v 'USER_THREAD\|WAIT_FOR' round | cut -d' ' -f1 | diff expected - ||
		fail "the steps of round $3"
	for event in PRE_SUSPEND RESUME; do
		found=$(grep -c "^${event}_USER_THREAD" round)
		[ "$found" -eq "$2" ] ||
			{ show log; fail "${event}_USER_THREAD $found times, not $2"; }
	done
	[ "$(grep -c ^WAIT_FOR_SUSPEND round)" -eq "$1" ] || fail 'WAIT_FOR_SUSPEND'
	# Each process once in each step; the root leads.
	[ "$(grep '^DRAIN' round | cut -d' ' -f2 | sort -u | wc -l)" -eq "$1" ] ||
		fail 'not each process'
	grep '^DRAIN' round | grep -vqxE "DRAIN -?[0-9]+ -748 $3 $1 12" &&
		{ show round; fail 'what DRAIN says'; }
	grep '^SUSPENDED' round | grep -vqxE "SUSPENDED -?[0-9]+ -751 $3 $1 12" &&
		{ show round; fail 'what SUSPENDED says'; }
	# Threads stop before the first step and go on after the last one.
	sed '/^THREADS_SUSPEND/,$d' round | grep -c ^PRE_SUSPEND | grep -qx "$2" ||
		fail 'a thread stopped late'
	sed '1,/^THREADS_RESUME/d' round | grep -c ^RESUME_USER | grep -qx "$2" ||
		fail 'a thread went on early'
	return 0
}

check_rounds() { # MODE
	PIP_MODE=$1
	export PIP_MODE
	# Three tasks with one thread, two with three; and the root.
	start -n 3 ../waiter : -n 2 ../waiter 2
	expect_job_prints 5 ready
	kill -USR2 "$job"
	expect_seen 10 RESUME_USER_THREAD
	check_round 6 10 1
	kill -USR2 "$job"
	expect_seen 20 RESUME_USER_THREAD
	check_round 6 10 2
	finish 0
	[ ! -s job.err ] || { show job.err; fail 'it says something'; }
}

# A hook that does not return: the round ends, the steps after it still come,
# and the next round is as if nothing had been.
check_hang() {
	touch wait
	PHASES_HANG=1 PHASES_WAIT=$(pwd)/wait
	export PHASES_HANG PHASES_WAIT
	start -n 3 ../waiter
	expect_job_prints 3 ready
	kill -USR2 "$job"
	expect_seen 3 THREADS_RESUME
	expect_seen 3 RESUME_USER_THREAD
	poll test -s job.err || fail 'nothing is said'
	grep -qxE 'PiP-ERR\[[0-9]+\(R\)\] pip_suspend_all: PIPID:1 does not stop \(PID [0-9]+, thread [0-9]+\): a hook of a plugin does not return' job.err ||
		{ show job.err; fail 'it is not named'; }
	grep -q '^WRITE' log && fail 'WRITE after DRAIN has failed'
	rm wait
	expect_seen 4 RESUME_USER_THREAD
	poll grep -q '^pip-exec: not all tasks could be suspended' job.err ||
		{ show job.err; fail 'pip-exec says nothing'; }
	kill -USR2 "$job"
	expect_seen 4 WRITE
	expect_seen 8 RESUME_USER_THREAD
	finish 0
}

# A hook that crashes: its task ends, the plugin is named, the others go on.
check_crash() { # SIGNAL NUMBER DESCRIPTION
	[ "$1" = SEGV ] || export PHASES_ILL=yes
	PHASES_HANG=1 PHASES_WAIT=''
	export PHASES_HANG PHASES_WAIT
	start -n 3 ../waiter
	expect_job_prints 3 ready
	kill -USR2 "$job"
	expect_seen 3 WRITE
	expect_seen 3 THREADS_RESUME
	expect_seen 3 RESUME_USER_THREAD
	finish "$2"
	grep -q "plugin 'phases' has crashed in its hook of DRAIN: SIG$1 " job.err ||
		{ show job.err; fail 'the plugin is not named'; }
	shift 2
	grep -qx "pip-exec: PIPID:1 signaled ($*)" job.err ||
		{ show job.err; fail 'the task has not ended'; }
}

run_together 'check_rounds process' 'check_rounds thread' check_hang \
	'check_crash SEGV 11 Segmentation fault' \
	'check_crash ILL 4 Illegal instruction'

# The command line.
for wrong in 'nonsense' '0' '9' 'KILL' 'CHLD' '33' '65' '' 'SEGV' '12x'; do
	expect_status 2 "$pip_exec" --suspend-on "$wrong" /bin/true
	grep -qx "pip-exec: --suspend-on: '$wrong' is no signal that can be caught for this" err ||
		{ show err; fail "not refused with a reason: '$wrong'"; }
done
for right in USR2 SIGUSR2 sigusr2 12 TERM 64; do
	expect_status 0 "$pip_exec" --suspend-on "$right" /bin/true
done
expect_status 2 "$pip_exec" /bin/true : --suspend-on USR2 /bin/true
