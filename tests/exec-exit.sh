#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The exit status of pip-exec: the greatest of the tasks', or the number of a
# signal that ended one; and what each way to end is taken for.
. "${srcdir:-.}/tests/testlib.sh"

expect_status 0 "$pip_exec" -n 4 /bin/true
expect_status 1 "$pip_exec" -n 4 /bin/false
expect_status 255 "$pip_exec" sh -c 'exit 255'
expect_status 9 "$pip_exec" sh -c 'exit 3' : sh -c 'exit 9' : sh -c 'exit 7'
expect_status 4 "$pip_exec" -n 3 /bin/true : sh -c 'exit 4'
[ ! -s err ] || fail "exiting is reported: $(cat err)"

# A signal wins over any exit status, and is reported.
expect_status 11 "$pip_exec" sh -c 'exit 200' : sh -c 'kill -SEGV $$' : /bin/true
expect_lines 1 'pip-exec: PIPID:1 signaled \(Segmentation fault\)' err
expect_status 9 "$pip_exec" -n 2 sh -c 'kill -KILL $$' : /bin/true
expect_lines 2 'pip-exec: PIPID:[01] signaled \(Killed\)' err
expect_status 6 "$pip_exec" sh -c 'kill -ABRT $$'
expect_lines 1 'pip-exec: PIPID:0 signaled \(Aborted\)' err

# The one that ended first counts; the other waits until that is collected.
mkfifo fifo
expect_status 15 "$pip_exec" sh -c 'read _ <fifo; kill -USR1 $$' : \
	sh -c '(while kill -0 $$; do sleep 0.1; done; echo go >fifo) 2>/dev/null & kill -TERM $$'
expect_lines 2 'pip-exec: PIPID:[01] signaled \((Terminated|User defined signal 1)\)' err

# One that dies does not touch the others.
expect_status 9 "$pip_exec" sh -c 'kill -KILL $$' : -n 4 sh -c 'sleep 0.3; echo alive'
expect_lines 4 alive out

# A task that becomes another program by execve(2) is still waited for.
expect_status 23 "$pip_exec" -n 2 sh -c 'exec sh -c "echo other; exit 23"'
expect_lines 2 other out
