# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What the tests of pip-gdb share, on top of testlib.sh.
. "${srcdir:-.}/tests/testlib.sh"

# For the tests that source this:
# shellcheck disable=SC2034
pip_gdb=$builddir/gdb/pip-gdb target=$builddir/tests/gdb-target
helpers=
root=
tasks=
# The user's own settings are not what is tested.
HOME=$work_dir
export HOME
unset DEBUGINFOD_URLS PIP_GDB_DATADIR

# A root's tasks end with it.
clean_up() {
	for pid in $root $helpers; do
		kill -KILL "$pid" 2>/dev/null
	done
}

require_gdb() {
	need_command "${GDB:-gdb}" gdb
	[ -x "$builddir/tests/gdb-root" ] ||
		framework_failed 'tests/gdb-root is not built: make check TESTS='
}

count_tasks() { # are there that many?
	[ "$(grep -c '^task ' started)" -eq "$1" ] && grep -q '^ready ' started
}

# Sets root and tasks.
# SIGINT ends it, which a shell switches off in the background.
start_root() { # COUNT PROGRAM [ARG...]
	: >started # or the last one's would be read, until the shell's child opens it
	env --default-signal=INT,QUIT "$builddir/tests/gdb-root" "$@" >started 2>started.err </dev/null &
	root=$!
	poll count_tasks "$1" || {
		show started
		show started.err
		framework_failed "gdb-root $* did not start"
	}
	read_tasks
}

# Sets root, and holder, with which its standard input ends.
start_storm() { # ARG...
	mkfifo input
	sleep 3000 >input &
	helpers="$helpers $!" holder=$!
	"$builddir/tests/gdb-storm" "$@" <input >storm.out &
	root=$!
	poll grep -q "^ready $root\$" storm.out ||
		framework_failed "gdb-storm $* did not start"
}

# Three ULPs: 0 is suspended, 1 runs on the kernel thread of 2, and 2 is
# suspended.  Sets target and root, which ends with its standard input.
start_ulps() { # WHAT
	target=$builddir/tests/programs/backtrace-target
	[ -x "$target" ] || framework_failed "$target is not built"
	mkfifo input 2>/dev/null
	sleep 3000 >input &
	helpers="$helpers $!"
	: >started
	"$target" 3 "$1" <input >started 2>started.err &
	root=$!
	poll grep -q '^ready' started || framework_failed 'it did not start'
	poll are_apart || fail_showing 'they are not where they should be'
}

are_apart() {
	run_gdb -p "$root" -batch -ex 'info pip'
	[ "$(grep -c ' suspended ' out)" -eq 2 ] &&
		[ "$(grep -c ' decoupled .* inner at ' out)" -eq 1 ]
}

# Sets tasks: their PIDs by PIPID, which is the order of the spawns.
read_tasks() {
	tasks=$(awk '$1 == "task" { print $2, $3 }' started | sort -n |
		awk '{ print $2 }')
}

stop_root() {
	kill -KILL "$root"
	wait "$root" 2>/dev/null
	root=
}

nth_task() { # PIPID
	echo "$tasks" | sed -n "$(($1 + 1))p"
}

# pip-gdb with its output in out and err; sets status.
run_gdb() { # ARG...
	status=0
	timeout -k 5 3000 "$pip_gdb" -nx "$@" >out 2>err </dev/null || status=$?
	case $status in
	124 | 125 | 129 | 13? | 14?) fail_showing "pip-gdb $*: status $status" ;;
	esac
	# In a container that forbids it, say.
	if [ "$(id -u)" = 0 ] && grep -q 'not permitted to trace' err; then
		skip 'ptrace is not permitted here: allow the capability SYS_PTRACE'
	fi
	# tests/yama.sh is about that.
	if grep -q 'not permitted to trace .*: kernel.yama.ptrace_scope is' err; then
		skip "ptrace is not permitted: $(grep -o 'kernel.yama.*' err)"
	fi
}

fail_showing() { # MESSAGE
	show out
	show err
	fail "$@"
}

expect_gdb_status() { # STATUS
	[ "$status" -eq "$1" ] || fail_showing "exit status $status, not $1"
}

# For -x: go_round([INFERIOR...], N) continues until each of them has stopped at
# least N times, and nobody else, and prints "STOPS" and how many it were.  Who
# comes next, a machine that is busy decides.
write_go_round() {
	cat >go_round.py <<-'EOP'
		def go_round(numbers, times):
		    stops = dict.fromkeys(numbers, 0)
		    while min(stops.values()) < times:
		        gdb.execute("continue")
		        stops[gdb.selected_inferior().num] += 1
		    print("STOPS", sum(stops.values()))
	EOP
}

# Sets stops.
expect_stops() { # PATTERN
	stops=$(sed -n 's/^STOPS //p' out)
	[ -n "$stops" ] || fail_showing 'not everybody has come round'
	expect_count "$stops" out "$1"
}

# Lines that contain a match; more may.
expect_count() { # NUMBER FILE PATTERN
	found=$(grep -c -e "$3" "$2")
	[ "$found" -eq "$1" ] ||
		fail_showing "$found lines match '$3' in $2, not $1"
}

expect_match() { # FILE PATTERN
	grep -q -e "$2" "$1" || fail_showing "nothing matches '$2' in $1"
}

expect_no_match() { # FILE PATTERN
	! grep -q -e "$2" "$1" || fail_showing "'$2' matches in $1"
}

expect_empty() { # FILE
	[ ! -s "$1" ] || fail_showing "$1 is not empty"
}

# The first child of that name.
find_child() { # PID NAME
	for child in $(ps -o pid= --ppid "$1"); do
		[ "$(cat "/proc/$child/comm" 2>/dev/null)" != "$2" ] || {
			echo "$child"
			return 0
		}
	done
	return 1
}

status_of() { # PID FIELD
	awk -v field="$2:" '$1 == field { print $2 }' "/proc/$1/status" 2>/dev/null
}

has_gone_on() { # PID SWITCHES
	now=$(status_of "$1" voluntary_ctxt_switches)
	[ "${now:-0}" -gt "$2" ]
}

# Everybody is alive, not stopped and not traced, and gets on with its work: all
# of them sleep again and again, which the kernel counts.  Twice: whoever dies of
# what was left in the code does so in the first rounds.
expect_running() { # PID...
	for round in 1 2; do
		for pid in "$@"; do
			echo "$(status_of "$pid" voluntary_ctxt_switches)"
		done >before
		exec 3<before
		for pid in "$@"; do
			read -r switches <&3
			[ -n "$switches" ] || fail_showing "process $pid has died"
			poll has_gone_on "$pid" "$((switches + 5 * round))" ||
				fail_showing "process $pid does not get on: state" \
					"'$(status_of "$pid" State)'"
		done
		exec 3<&-
	done
	for pid in "$@"; do
		case $(status_of "$pid" State) in
		S | R | D) ;;
		*) fail_showing "process $pid: state '$(status_of "$pid" State)'" ;;
		esac
		[ "$(status_of "$pid" TracerPid)" = 0 ] ||
			fail_showing "process $pid is still traced"
	done
}
