# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What the tests of backtraces share.  Sourced first of all:
#     . "${srcdir:-.}/tests/backtrace-lib.sh"
. "${srcdir:-.}/tests/pips-lib.sh"

pip_backtrace=$builddir/bin/pip-backtrace
target_source=$program_sources/backtrace-target.c
# shellcheck disable=SC2034 # for the tests
target=$programs/backtrace-target crash=$programs/crash

unset PIP_BACKTRACE PIP_BACKTRACE_FILE PIP_REPORT_TIMEOUT PIP_GDB_PATH \
	PIP_GDB_COMMAND PIP_GDB_SIGNALS PIP_SHOW_MAPS PIP_SHOW_PIPS PIP_QUIET \
	DEBUGINFOD_URLS

status=0
"$pip_backtrace" -p 1 >out 2>err </dev/null || status=$?
! grep -q 'built without libdw' err || skip 'no libdw: install libdw-dev'

fail_showing() { # WORDS...
	show out
	show err
	fail "$*"
}

# The line of the program's source that says LINE MARK.
line_of() { # MARK
	grep -n "LINE $1 \\*/" "$target_source" | cut -d: -f1
}

want() { # EXTENDED-REGEXP
	grep -qE "$1" out || fail_showing "there is no '$1'"
}

want_not() { # EXTENDED-REGEXP
	! grep -qE "$1" out || fail_showing "there is '$1'"
}

# Lines that follow one another in out, without their indent.
want_block() { # NAME, lines on stdin
	cat >block
	sed 's/^ *//' out >flush
	awk 'NR == FNR { want[++n] = $0; next }
		{ at = $0 == want[at + 1] ? at + 1 : $0 == want[1] }
		at == n { found = 1; exit }
		END { exit !found }' block flush || {
		show block
		fail_showing "$1: there is no such block"
	}
}

# May this process read the memory of others, and ask where they sleep?
probe_target() {
	grep -qE '^(running|-1 |[0-9]+ )' "/proc/$root_pid/syscall" ||
		skip 'the kernel has no /proc/PID/syscall for us (ptrace is not permitted)'
}

start_target() { # N WHAT
	start_program "$target" "$@"
	probe_target
}
