#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# PIP_GDB_* and PIP_SHOW_*: what is run on an exception, with the kernel's wait
# status afterwards; and nothing at all where none of them is set.
. "${srcdir:-.}/tests/testlib.sh"

crash=$builddir/tests/programs/crash
[ -x "$crash" ] || framework_failed "$crash is not built: make check TESTS="

# Stands in for GDB: says how it was called.
cat >debugger <<'END'
#!/bin/sh
kill -0 "$3" || exit 1
echo "debugger $*" | sed "s/ $3 / TID /"
END
chmod +x debugger

want() { # REGEXP
	grep -qE "$1" out err || {
		show out
		show err
		fail "there is no '$1'"
	}
}

want_not() { # REGEXP
	! grep -qE "$1" out err || {
		show out
		show err
		fail "there is '$1'"
	}
}

# Not every kill(1) translates names.
number_of() { # SIGNAL
	for pair in HUP=1 INT=2 QUIT=3 ILL=4 TRAP=5 ABRT=6 BUS=7 FPE=8 USR1=10 \
		SEGV=11 USR2=12 PIPE=13 ALRM=14 TERM=15 STKFLT=16 XCPU=24 \
		XFSZ=25 VTALRM=26 IO=29 PWR=30 SYS=31; do
		[ "${pair%=*}" != "$1" ] || echo "${pair#*=}"
	done
}

message='^PiP-ERR\[[0-9]+\((R|T[0-9])\)\] Exception signal: SIG'

# --- Nothing is set -------------------------------------------------------
unset PIP_GDB_PATH PIP_GDB_COMMAND PIP_GDB_SIGNALS PIP_SHOW_MAPS PIP_SHOW_PIPS \
	PIP_QUIET
expect_status 0 "$crash" task segv
expect_lines 1 '0 b' out
[ ! -s err ] || fail 'a message that nobody has asked for'
PIP_SHOW_MAPS=off PIP_GDB_SIGNALS=ALL PIP_GDB_COMMAND=x expect_status 0 "$crash" task segv
want_not Exception

# --- Each way to die: the message, the debugger, the status ----------------
export PIP_GDB_PATH="$work_dir/debugger"
for how in segv overflow thread threads fin exit handled fork; do
	expect_status 0 "$crash" task "$how"
	case $how in
	exit) expected='0 300' ;;
	handled) expected='0 0' ;;
	fork) expected='0 b00' ;; # what it forks is no task
	*) expected='0 b' ;;
	esac
	count_is 1 "$expected" out || {
		show out
		fail "$how: not '$expected'"
	}
	case $how in
	fin | exit | handled | fork) want_not 'Exception|debugger' ;;
	*)
		count_is 1 'debugger -quiet -p TID -batch .*-ex bt 100 .*' out ||
			fail "$how: the debugger was not run once"
		count_is 1 'PiP-ERR\[[0-9]+\(T0\)\] Exception signal: SIGSEGV \(11\) !!' err ||
			fail "$how: no message, or more than one"
		;;
	esac
done
for how in segv overflow thread; do
	expect_status 139 "$crash" root "$how"
	want '\(R\)\] Exception signal: SIGSEGV'
	want 'debugger -quiet -p TID'
done

# --- Each signal ------------------------------------------------------------
for sig in HUP INT QUIT ILL TRAP ABRT BUS FPE USR1 USR2 PIPE ALRM TERM VTALRM \
	XCPU XFSZ STKFLT IO PWR SYS; do
	number=$(number_of "$sig")
	expect_status 0 env --default-signal="$sig" "$crash" task "$number"
	want "$message$sig \\($number\\) !!"
	count_is 1 "0 $(printf %x "$number")" out || {
		show out
		fail "$sig: the wait status is another"
	}
	case $sig in
	HUP) want debugger ;; # the default of PIP_GDB_SIGNALS, with SEGV
	*) want_not debugger ;;
	esac
done
# What the program ignores stays ignored.
expect_status 0 env --ignore-signal=USR1 "$crash" task "$(number_of USR1)"
want_not Exception
expect_lines 1 '0 0' out

# --- PIP_GDB_SIGNALS --------------------------------------------------------
signals() { # LIST yes|no SIGNAL...
	list=$1 answer=$2
	shift 2
	for sig; do
		number=$(number_of "$sig")
		PIP_GDB_SIGNALS=$list expect_status 0 env \
			--default-signal="$sig" "$crash" task "$number"
		want "$message$sig "
		if [ "$answer" = yes ]; then want debugger; else want_not debugger; fi
	done
}
signals ALL yes HUP INT QUIT ILL TRAP SYS ABRT FPE SEGV PIPE USR1 USR2 TERM BUS
signals ALL no ALRM
signals ALL-TERM-BUS no TERM BUS
signals ALL-TERM-BUS yes HUP SEGV
signals USR1+sigfpe yes USR1 FPE
signals USR1+FPE no SEGV HUP
signals +BUS yes SEGV HUP BUS
signals -HUP yes SEGV
signals -HUP no HUP
signals SEGV+NONSENSE+USR2 yes SEGV USR2
want "PiP-WARN\\[.*PIP_GDB_SIGNALS='SEGV\\+NONSENSE\\+USR2': 'NONSENSE' is not"

# --- PIP_GDB_COMMAND, PIP_GDB_PATH ------------------------------------------
PIP_GDB_COMMAND=/some/file expect_status 0 "$crash" task segv
want '^debugger -quiet -p TID -x /some/file -batch$'
PIP_GDB_PATH=/nonexistent/gdb expect_status 0 "$crash" task segv
want "\\(T0\\)\\] PIP_GDB_PATH: '/nonexistent/gdb' cannot be executed \\(ENOENT\\)"
expect_lines 1 '0 b' out
PIP_GDB_PATH=$work_dir expect_status 0 "$crash" task segv
want "cannot be executed \\(EACCES\\)"
# A word is searched in PATH.
PATH=$work_dir:$PATH PIP_GDB_PATH=debugger expect_status 0 "$crash" task segv
want '^debugger -quiet'
PIP_QUIET=1 expect_status 0 "$crash" task segv
want '^debugger -quiet'
want_not Exception

# --- Many at once -----------------------------------------------------------
expect_status 0 "$crash" task segv 16
count_is 16 'debugger -quiet .*' out || fail 'not every task ran its debugger'
count_is 16 '[0-9]+ b' out || fail 'not every task was killed by SIGSEGV'
count_is 16 'PiP-ERR\[[0-9]+\(T[0-9]+\)\] Exception signal: SIGSEGV \(11\) !!' err ||
	fail 'not every task printed its message'
unset PIP_GDB_PATH

# --- PIP_SHOW_MAPS, PIP_SHOW_PIPS -------------------------------------------
PIP_SHOW_MAPS=on expect_status 0 "$crash" task segv
want '^[0-9a-f]+-[0-9a-f]+ r-xp .*crash$'
want 'memfd:pip-task-table'
PIP_SHOW_MAPS=1 expect_status 0 "$crash" task segv
want "PiP-WARN\\[.*PIP_SHOW_MAPS='1': neither 'on' nor 'off'"
want_not Exception
PIP_SHOW_PIPS=ON expect_status 0 "$crash" task segv
want '^PIPID +PID'
want '^ +0 +[0-9]+ .*crash task segv'

