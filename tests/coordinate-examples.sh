#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The example plugins that coordinate and virtualise do what they are examples
# of, as docs/PLUGINS.md shows it.
. "${srcdir:-.}/tests/testlib.sh"

plugins=$examples/plugins

# --- key_values ----------------------------------------------------------------

expect_status 0 timeout 100 "$pip_exec" --with-plugin "$plugins/key_values.so" \
	-n 3 "$plugins/exchange"
sed 's/PID [0-9]*/PID N/' out >plain
expect_sorted plain <<'END'
key_values: task 0: its neighbour 1 has PID N
key_values: task 1: its neighbour 2 has PID N
key_values: task 2 has no neighbour
END

# --- pids ----------------------------------------------------------------------

expect_status 0 timeout 100 "$pip_exec" --with-plugin "$plugins/pids.so" \
	-n 2 "$plugins/processes"
expect_sorted out <<'END'
process 1000: 1001 has exited with 5
process 1000: 1002 was ended by SIGTERM
process 1000: and itself exists
process 1001: child of 1000
process 2000: 2001 has exited with 5
process 2000: 2002 was ended by SIGTERM
process 2000: and itself exists
process 2001: child of 2000
END

# --- What happens when all are suspended ------------------------------------------

start() { # PLUGIN PROGRAM...
	rm -f fifo && mkfifo fifo || framework_failed 'no fifo'
	: >job.out
	plugin=$plugins/$1.so
	shift
	env --default-signal=USR2 "$pip_exec" --with-plugin "$plugin" \
		--suspend-on USR2 "$@" >job.out 2>job.err <fifo &
	job=$!
	exec 9>fifo
}

finish() {
	exec 9>&-
	wait "$job" || { show job.err; fail "exit status $?"; }
	[ ! -s job.err ] || { show job.err; fail 'it says something'; }
}

printed() { # REGEXP
	grep -qE "$1" job.out
}

expect_printed() {
	poll printed "$1" && return
	show job.out
	show job.err
	fail "not printed: $1"
}

# --- descriptors -----------------------------------------------------------------

start descriptors -n 2 "$plugins/notes" shared : "$plugins/notes" own lost
expect_job_prints 3 ready
kill -USR2 "$job"
expect_printed opens
finish
grep -v ready job.out >said
sort said >sorted
# One of the two saves the file that both have.
grep -qxE "descriptors: PIPID [01] saves 'shared' at (7|14)" sorted || { show said; fail 'shared'; }
[ "$(grep -c "'shared'" sorted)" -eq 1 ] || { show said; fail 'shared: not once'; }
grep "'own'" sorted >own.said
cat >expected <<'END'
descriptors: PIPID 2 opens again 'own' at -1
descriptors: PIPID 2 saves 'own' at -1
END
diff expected own.said || fail 'own'
printf 'before\nafter\n' | diff - own || fail 'own: the file'
[ "$(sort shared | tr '\n' ' ')" = 'after after before before ' ] || fail 'shared: the file'

# --- timers ----------------------------------------------------------------------

start timers -n 2 "$plugins/ticks"
expect_job_prints 2 'timers 1 and 2'
kill -USR2 "$job"
expect_printed 'PIPID 1: started'
expect_printed 'PIPID 0: started'
finish
expect_sorted job.out <<'END'
deleted: 0 0
deleted: 0 0
timer 1 has time left
timer 1 has time left
timer 2: signal came
timer 2: signal came
timers 1 and 2
timers 1 and 2
timers: PIPID 0: started 1
timers: PIPID 0: stopped 1
timers: PIPID 1: started 1
timers: PIPID 1: stopped 1
END
