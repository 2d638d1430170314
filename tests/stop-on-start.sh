#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# PIP_STOP_ON_START: tasks stop before they run anything, the script gets PID,
# PIPID and program, and the task goes on when it is told to.
. "${srcdir:-.}/tests/testlib.sh"

# What a task does shows whether it has been stopped before.
cat >script <<'END'
#!/bin/sh
state=$(sed 's/.*) //' /proc/$1/stat | cut -c1)
echo "script $# $2 ${3##*/} $state" >>"$LOG"
kill -CONT "$1"
END
chmod +x script
LOG=$work_dir/log
export LOG
info='PiP-INFO\[[0-9]+\(R\)\] PiP task\[%s\] \(PID=[0-9]+\) is SIGSTOPed'

run() { # VALUE
	: >log
	PIP_STOP_ON_START=$1 expect_status 0 "$pip_exec" -n 3 /bin/echo hello
	expect_lines 3 hello out
}

# shellcheck disable=SC2059 # the format is ours
expect_stopped() { # PIPID...
	for pipid; do
		count_is 1 "$(printf "$info" "$pipid") and executing '.*' script" err || {
			show err
			fail "PIPID $pipid: no message"
		}
		count_is 1 "script 3 $pipid echo T" log || {
			show log
			fail "PIPID $pipid: the script did not run, or it was not stopped"
		}
	done
	count_is $# '.*' log || fail "others than $* were stopped"
}

run "$work_dir/script"
expect_stopped 0 1 2
run ./script@
expect_stopped 0 1 2
run "$work_dir/script@1"
expect_stopped 1
run "$work_dir/script@-1"
expect_stopped 0 1 2
run "$work_dir/script@7" # there is none
expect_stopped
# An '@' may be part of a path; a number alone is one.
mkdir with@sign && cp script with@sign/script
run with@sign/script
expect_stopped 0 1 2
cp script 1
run 1
expect_stopped 0 1 2

rm 1
run 7 # a PIPID, since there is no such file; and no such task
expect_stopped

# A script that cannot be executed: the task goes on.
for bad in /nonexistent "$work_dir" "$work_dir/log"; do
	run "$bad@0"
	count_is 1 "PiP-ERR.*'$bad' cannot be executed \\(.*\\): the task goes on" err || {
		show err
		fail "$bad: no message"
	}
done

# No script: somebody else has to continue it.
for value in '@' '' '@0' 0; do
	start_job env PIP_STOP_ON_START="$value" "$pip_exec" /bin/echo hello
	stopped_pid() {
		pid=$(sed -n 's/.*PiP task\[0\] (PID=\([0-9]*\)) is SIGSTOPed$/\1/p' job.err)
		[ -n "$pid" ]
	}
	poll stopped_pid || fail "'$value': no message"
	[ "$(sed 's/.*) //' "/proc/$pid/stat" | cut -c1)" = T ] ||
		fail "'$value': PID $pid is not stopped"
	[ ! -s job.out ] || fail "'$value': it has run"
	kill -CONT "$pid"
	expect_job_prints 1 hello
	expect_job_status 0
done

# Longer than a loader may take; the task is not given up.
start_job env PIP_STOP_ON_START=@ "$pip_exec" /bin/echo hello
poll stopped_pid || fail 'no message'
sleep 6
kill -CONT "$pid"
expect_job_prints 1 hello
expect_job_status 0
! grep -q 'tracked from outside' job.err || fail 'a stopped task was given up'

# The root dies, or the task is killed, while it is stopped.
start_job env PIP_STOP_ON_START=@ "$pip_exec" /bin/echo hello
poll stopped_pid || fail 'no message'
kill -KILL "$job"
expect_job_status 137
start_job env PIP_STOP_ON_START=@ "$pip_exec" /bin/echo hello
poll stopped_pid || fail 'no message'
kill -KILL "$pid"
wait "$job" && fail 'pip-exec has succeeded with a task that was killed'
poll all_ended || fail 'something was left'
