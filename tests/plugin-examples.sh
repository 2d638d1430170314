#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The example plugins do what docs/PLUGINS.md says.
. "${srcdir:-.}/tests/testlib.sh"
. "$top_srcdir/tests/plugin-lib.sh"

example=$examples/plugins
subject=$example/subject

# sleep2 around sleep1, and the other way round.
expect_status 0 "$pip_exec" --with-plugin "$example/sleep2.so:$example/sleep1.so" "$subject" sleep
sed 's/took [0-9.]* s/took T/' out >lines
expect_text lines <<-END
	sleep2: makes it 2
	sleep1: sleep(2) ...
	sleep1: ... took T
	sleep2: back
END
expect_status 0 "$pip_exec" --with-plugin "$example/sleep1.so:$example/sleep2.so" "$subject" sleep
sed 's/took [0-9.]* s/took T/' out >lines
expect_text lines <<-END
	sleep1: sleep(1) ...
	sleep2: makes it 2
	sleep2: back
	sleep1: ... took T
END

# A line for each event.
LOGGER_FILE=log expect_status 0 "$pip_exec" --with-plugin "$example/logger.so" "$subject" locks
grep '^logger 0: ' log >lines
expect_lines 14 'logger 0: .*' lines
sed -n 's/^logger 0: //p' log | sort | uniq -c | sed 's/^ *//' >counts
expect_text counts <<-END
	1 EXIT status 0
	1 INIT $subject
	2 PTHREAD_EXIT
	2 PTHREAD_START
	1 TASK_EXIT status 0
	1 TASK_START
	2 THREAD_CREATED
	2 THREAD_EXIT
	2 THREAD_START
END
grep -qx "logger root: TASK_WAIT PIPID 0, wait status 0" log || { show log; fail 'no TASK_WAIT'; }

# Exact numbers: of the program itself, and what its libraries do beside.
expect_status 0 "$pip_exec" --with-plugin "$example/malloc_stats.so" -n 2 "$subject" memory
for pipid in 0 1; do
	grep -E "^malloc-stats PIPID $pipid: [0-9]+ allocations, [0-9]+ frees, at most [0-9]+ bytes, [0-9]+ left, 0 failed" err >line
	expect_lines 1 '.*' line
	# shellcheck disable=SC2046 # words by intention
	set -- $(tr -dc '0-9 \n' <line)
	[ "$2" -ge 24 ] && [ "$3" -ge 23 ] && [ "$4" -ge 1100 ] && [ "$5" -ge 1000 ] ||
		{ show line; fail 'the numbers are too small'; }
	[ "$(($2 - $3))" -ge 1 ] && [ "$5" -lt 60000 ] || { show line; fail 'the numbers are too big'; }
done

# A deadlock that did not happen; and none.
expect_status 0 "$pip_exec" --with-plugin "$example/lock_order.so" "$subject" locks
grep lock-order err >lines
expect_text lines <<-END
	lock-order: take_from_drawer locks mutex 0 while it holds mutex 1,
END
grep -q 'take_from_purse did it the other way round: they can deadlock' err || { show err; fail 'the other one'; }
expect_status 0 "$pip_exec" --with-plugin "$example/lock_order.so" "$subject" memory
! grep lock-order err || fail 'a false alarm'

# All together, in both modes.
for mode in process thread; do
	PIP_MODE=$mode LOGGER_FILE=log expect_status 0 "$pip_exec" --with-plugin \
		"$example/logger.so:$example/malloc_stats.so:$example/lock_order.so:$example/sleep1.so" \
		-n 3 "$subject" locks
	[ "$(grep -c 'malloc-stats PIPID' err)" -eq 3 ] || { show err; fail "$mode: malloc-stats"; }
	[ "$(grep -c 'they can deadlock' err)" -eq 3 ] || { show err; fail "$mode: lock-order"; }
done
