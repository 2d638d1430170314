#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# PIP_BACKTRACE: a whole report for each crash, to the line, with the kernel's
# wait status afterwards; also when the heap is corrupt, the stack has
# overflowed, and when several tasks crash at once.
. "${srcdir:-.}/tests/backtrace-lib.sh"

target_source=$program_sources/crash.c
PIP_BACKTRACE=1 PIP_REPORT_TIMEOUT=1000
export PIP_BACKTRACE PIP_REPORT_TIMEOUT

# Set out to what was printed on stderr, the report; status is that of crash.
run_crash() { # STATUS ARGUMENTS OF crash...
	wanted=$1
	shift
	expect_status "$wanted" "$crash" "$@"
	mv out status.out
	mv err out
	: >err
	! grep -qE 'registers: cannot be read' out ||
		skip 'the memory of other processes cannot be read here (ptrace is not permitted)'
}

crashed() { # STATUSES
	[ "$(cat status.out)" = "$1" ] || {
		show status.out
		fail_showing "not the wait status '$1'"
	}
}

line() { # MARK
	echo ".*/crash.c:$(line_of "$1")"
}

is_whole() { # WHO COUNT
	[ "$(count "^--- pip-backtrace: $1, PID [0-9]+, thread [0-9]+, program /.*/crash\$" out)" -eq "$2" ] &&
		[ "$(count "^--- end of the report on $1\$" out)" -eq "$2" ] ||
		fail_showing "not $2 whole reports on $1"
}

# --- Each way to crash --------------------------------------------------------
run_crash 0 task segv
crashed '0 b'
is_whole 'task 0' 1
want '^signal: SIGSEGV \(11\), SEGV_MAPERR: nothing is mapped there$'
want '^address: 0x0: nothing is mapped there: a null pointer$'
want '^instruction: 0x[0-9a-f]+: crash_here\+0x[0-9a-f]+ in /.*/crash of task 0 \(r-xp\)$'
want '^#0 +0x[0-9a-f]{16} crash_here at '"$(line crash)"' \(/.*/crash\)$'
want '^#[0-9]+ +0x[0-9a-f]{16} main at .*/crash.c:[0-9]+ '
want '^#[0-9]+ +0x[0-9a-f]{16} _start\+'
want '^  rax [0-9a-f]{16}  rdx [0-9a-f]{16}  rcx [0-9a-f]{16}$'
want '^  r15 [0-9a-f]{16}  rip [0-9a-f]{16}$'
want '^stacks of the others:$'
want '^ *pip_wait_any at .*/wait.c:'
# The register and the frame are the same place.
rip=$(sed -n 's/.* rip //p' out)
want "^#0 +0x$rip "

run_crash 139 root segv
is_whole 'the root' 1
want '^#0 .* crash_here at '"$(line crash)"

run_crash 0 task thread
crashed '0 b'
is_whole 'task 0' 1
want '^#0 .* crash_here at '"$(line crash)"
want '^#1 .* crash_in_thread at '
[ "$(count '^stack of task 0, thread [0-9]+:$' out)" -eq 2 ] ||
	fail_showing 'not the stacks of both threads'
want ' __pthread_clockjoin_ex | pthread_join'

run_crash 0 task threads
crashed '0 b'
is_whole 'task 0' 1

run_crash 0 task overflow
crashed '0 b'
is_whole 'task 0' 1
want '^address: 0x[0-9a-f]+: below the stack of task 0: it has overflowed$'
want '^#5?1? .* overflow.* at '"$(line overflow)"
want '^ *\(the same [0-9]+ times more\)$'
want '^ *\(more frames\)$'

# In thread mode, too: the handlers' stack is not in the middle of it.
PIP_MODE=thread
export PIP_MODE
run_crash 0 task overflow
crashed '0 b'
is_whole 'task 0' 1
want '^address: 0x[0-9a-f]+: below the stack of task 0: it has overflowed$'
want '^ *\(the same 12[0-9] times more\)$'
want '^ *\(more frames\)$'
unset PIP_MODE

run_crash 0 task heap
crashed '0 6'
is_whole 'task 0' 1
want '^signal: SIGABRT \(6\), SI_TKILL: '
want '^sender: process [0-9]+, task 0$'
want '^#[0-9]+ .* abort[ +]'
want '^#[0-9]+ .* corrupt_heap at '"$(line heap)"

run_crash 0 task constant
crashed '0 b'
want '^signal: SIGSEGV \(11\), SEGV_ACCERR: '
want '^address: 0x[0-9a-f]+: constant\+0x0 in /.*/crash of task 0 \(r--p\)$'
want '^#0 .* write_constant at '"$(line constant)"

run_crash 0 task call
crashed '0 b'
want '^#0 +0x0{16} 0x0$'
want '^#1 .* call_nowhere at '"$(line call)"

run_crash 0 task seccomp
if grep -qx '0 0' status.out; then
	echo 'NOTE: seccomp is not tested: this kernel has no filters'
else
	crashed '0 1f'
	want '^signal: SIGSYS \(31\), SYS_SECCOMP: seccomp forbids that system call \(number [0-9]+\)$'
	want '^address: 0x[0-9a-f]+: .* of task 0 \(r-xp\)$'
	want '^#[0-9] .* call_forbidden at '"$(line seccomp)"
fi

# --- Which signals: PIP_GDB_SIGNALS, with a default of its own ----------------
for sig in 6 7 8 4 11 5 31; do
	run_crash 0 task $sig
	is_whole 'task 0' 1
done
for pair in HUP:1:1 HUP:11:0 ALL:1:1 all:15:1 ALL-TERM:15:0 ALL-TERM:1:1 \
	PIPE+INT:13:1 sigpipe+Int:2:1 PIPE+INT:11:0 +sigpipe:13:1 \
	+PIPE:11:1 -SEGV:11:0; do
	list=${pair%%:*} rest=${pair#*:}
	sig=${rest%:*} reports=${rest#*:}
	status=0
	PIP_GDB_SIGNALS=$list env --default-signal="$sig" "$crash" task "$sig" \
		>status.out 2>out || status=$?
	[ "$status" -eq 0 ] || fail_showing "$list, $sig: exit status $status"
	crashed "0 $(printf %x "$sig")"
	is_whole 'task 0' "$reports"
done

# --- Off, and wrong -----------------------------------------------------------
for value in 0 off OFF ''; do
	PIP_BACKTRACE=$value run_crash 0 task segv
	want_not 'Exception|pip-backtrace'
done
PIP_BACKTRACE=maybe run_crash 0 task segv
want "PiP-WARN.*PIP_BACKTRACE='maybe': neither '1', 'stop' nor '0'"
PIP_REPORT_TIMEOUT=1x run_crash 0 task segv
want "PiP-WARN.*PIP_REPORT_TIMEOUT='1x': not a number of seconds"
is_whole 'task 0' 1
PIP_BACKTRACE=stop run_crash 0 task segv
is_whole 'task 0' 1
crashed '0 b'

# --- PIP_BACKTRACE_FILE -------------------------------------------------------
PIP_BACKTRACE_FILE=$work_dir/report.%i.%p.%% run_crash 0 task segv 2
want_not '^---'
for pipid in 0 1; do
	mv "$work_dir/report.$pipid".*.% out || fail 'no such report'
	is_whole "task $pipid" 1
done
PIP_BACKTRACE_FILE=/nonexistent/report run_crash 0 task segv
want "^pip-backtrace: '/nonexistent/report' cannot be written: No such file"
is_whole 'task 0' 1

# --- Many at once: one report each, one after the other -----------------------
run_crash 0 task segv 8
sort status.out >sorted
crashes=$(tr '\n' , <sorted)
[ "$crashes" = '0 b,1 b,2 b,3 b,4 b,5 b,6 b,7 b,' ] ||
	fail_showing "not all were killed by SIGSEGV: $crashes"
for pipid in 0 1 2 3 4 5 6 7; do
	is_whole "task $pipid" 1
done
awk '/^--- pip-backtrace: / { if (open) exit 1; open = $4 }
	/^--- end of/ { if (!open) exit 1; open = "" }
	/Exception signal/ { if (open) exit 1 }' out ||
	fail_showing 'a report is in the middle of another one'
[ "$(count '^#0 .* crash_here at '"$(line crash)" out)" -eq 8 ] ||
	fail_showing 'not all reports have the line'
