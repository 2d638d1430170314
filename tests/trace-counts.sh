#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pip-trace counts exactly: against what the program does, the counters of the
# task table, and another tracer.
. "${srcdir:-.}/tests/trace-common.sh"

rounds=23 # a prime number of each event

check_file() { # FILE TASKS
	nothing_lost "$1" || fail "$1: events were lost: $(cat record.err)"
	for event in mark begin end; do
		expect_events "$1" "$event" $(($2 * rounds))
	done
	expect_events "$1" task_start "$2"
	expect_events "$1" task_wait "$2"
	expect_events "$1" couple_begin "$(table_counter "$1" couples)"
	expect_events "$1" decouple_begin "$(table_counter "$1" decouples)"
	expect_events "$1" suspend "$(table_counter "$1" suspends)"
	expect_events "$1" resume "$(table_counter "$1" resumes)"
	[ "$(table_counter "$1" yields)" -eq $(($2 * rounds)) ] ||
		fail 'the table has other yields'
}

count_syscall() { # FILE NAME
	"$pip_trace" syscalls -i "$1" | awk -v name="$2" \
		'$1 == name && NF == 6 { n = $2 } END { print n + 0 }'
}

check_kernel() { # FILE TASKS
	[ "$(count_syscall "$1" getpgid)" -eq $((3 * $2)) ] ||
		fail "$(count_syscall "$1" getpgid) calls of getpgid"
	[ "$(count_syscall "$1" getsid)" -eq "$2" ] ||
		fail "$(count_syscall "$1" getsid) calls of getsid"
	"$pip_trace" consistency -i "$1" >out.consistency
	[ "$(grep -c 'getsid .*1  inconsistent' out.consistency)" -eq "$2" ] ||
		fail 'getsid was called by decoupled ULPs'
	grep getpgid out.consistency && fail 'getpgid was called coupled'
	return 0
}

# A signal that comes while bpftrace is about to wait ends nothing.
end_tracer() { # PID
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		kill -INT "$1" 2>/dev/null || break
		tries=0
		while kill -0 "$1" 2>/dev/null && [ $tries -lt 60 ]; do
			tries=$((tries + 1))
			sleep 0.1
			case $(cut -d' ' -f3 "/proc/$1/stat" 2>/dev/null) in
			Z | '') break ;;
			esac
		done
		[ $tries -lt 60 ] && break
	done
	kill -TERM "$1" 2>/dev/null
	wait "$1"
}

kernel=
has_kernel && kernel=yes

for mode in process thread; do
	for tasks in 2 300; do
		echo "$mode mode, $tasks tasks"
		PIP_MODE=$mode "$pip_trace" record -o trace.data -- \
			"$target" $tasks $rounds </dev/null >/dev/null \
			2>record.err || fail "record: $(cat record.err)"
		check_file trace.data $tasks
		[ -z "$kernel" ] || check_kernel trace.data $tasks
	done
done

# Another tracer sees the same.
if [ -n "$kernel" ] && command -v bpftrace >/dev/null; then
	library=$(readlink -f "$builddir/lib/.libs/libpip.so")
	echo 'bpftrace'
	PIP_TRACE=off start_target 7 $rounds
	# Other programs may run; all ULPs do on the root's kernel thread.
	cat >second.bt <<-END
	BEGIN { printf("begin\n"); }
	usdt:$library:pip:couple__begin /pid == $target_pid/ { @couples = count(); }
	usdt:$library:pip:user /arg0 == 64 && pid == $target_pid/ { @marks = count(); }
	END
	: >second.out
	bpftrace second.bt >second.out 2>second.err &
	second=$!
	"$pip_trace" record -o trace.data -p "$target_pid" 2>record.err &
	recorder=$!
	# shellcheck disable=SC2329,SC2317 # poll calls it
	recording() {
		[ "$("$pip_trace" switch -p "$target_pid")" = overwrite ]
	}
	poll grep -q begin second.out || fail "bpftrace: $(cat second.err)"
	poll recording || fail "record: $(cat record.err)"
	step_target
	poll grep -q 'done' target.out || fail 'the program hangs'
	kill -TERM $recorder
	wait $recorder || fail "record: $(cat record.err)"
	[ "$("$pip_trace" switch -p "$target_pid")" = off ] ||
		fail 'the switch is not as before'
	end_tracer $second
	end_target
	check_file trace.data 7
	# A bpftrace that was ended may have printed nothing.
	if grep -q @couples second.out; then
		grep -qx "@couples: $(count_event trace.data couple_begin)" \
			second.out || fail "$(cat second.out)"
		grep -qx "@marks: $((7 * rounds))" second.out ||
			fail "$(cat second.out)"
	else
		echo 'bpftrace did not print what it counted'
	fi
fi
[ -n "$kernel" ] || echo 'events of the kernel were not tested'
exit 0
