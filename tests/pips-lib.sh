# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What the shell tests of pips share.  Sourced first of all, in the build
# directory; the rest of testlib.sh is there as well:
#     . "${srcdir:-.}/tests/pips-lib.sh"

# Tasks that lose their root become children of process 1, which need not be
# an init(8) that reaps them; observer-reaper is one.  And where it may be, a
# test has a PID namespace of its own, so that the PiP programs of others are
# neither listed nor waited for.
if [ -z "${PIPS_TEST_REAPER-}" ]; then
	PIPS_TEST_REAPER=yes
	export PIPS_TEST_REAPER
	if [ "$(id -u)" -eq 0 ] &&
		unshare --pid --fork --mount-proc true 2>/dev/null; then
		exec unshare --pid --fork --kill-child --mount-proc \
			tests/observer-reaper sh "$0"
	fi
	exec tests/observer-reaper sh "$0"
fi
. "${srcdir:-.}/tests/testlib.sh"

unset COLUMNS NO_COLOR
pips=$builddir/pips/pips
root_program=$builddir/tests/observer-root
# For the tests that source this:
# shellcheck disable=SC2034
task_program=$builddir/tests/observer-task

# What a test started and has not ended, by PID.
started=

# shellcheck disable=SC2329,SC2317 # testlib.sh calls it
clean_up() {
	exec 9>&-
	for pid in $started; do
		kill -KILL "$pid" 2>/dev/null
	done
}

is_ready() {
	grep -q '^ready ' ready
}

# Start a program whose standard input is a pipe that descriptor 9 writes to,
# and wait until it is ready.  Sets $job and, from what it printed, $root_pid.
start_program() { # COMMAND...
	rm -f input
	: >ready
	mkfifo input || framework_failed 'mkfifo'
	"$@" <input >ready 9>&- &
	job=$!
	started="$started $job"
	exec 9>input
	poll is_ready || framework_failed "not ready: $*"
	# shellcheck disable=SC2034 # for the tests
	root_pid=$(cut -d' ' -f2 ready)
}

start_root() { # ARGUMENTS OF observer-root...
	start_program "$root_program" "$@"
}

# All that read the pipe end with it.
stop_root() {
	exec 9>&-
	wait "$job" || fail "the root ended with status $?"
	started=
}

# May a user read the memory of other processes of his?
need_memory() { # UID
	scope=$(cat /proc/sys/kernel/yama/ptrace_scope 2>/dev/null || echo 0)
	[ "$1" -eq 0 ] || [ "$scope" -eq 0 ] ||
		skip "the memory of other processes cannot be read: kernel.yama.ptrace_scope is $scope"
}

run_pips() { # STATUS ARGUMENTS...
	wanted=$1
	shift
	expect_status "$wanted" "$pips" "$@"
}

expect_error() { # REGEXP: the only line on stderr
	expect_lines 1 "$1" err
}

# Prints how many lines of FILE match.
count() { # REGEXP FILE
	grep -cE "$1" "$2"
}

# FILE is what tests/golden/NAME.txt has behind its first line, the license.
# With PIP_GOLDEN_UPDATE=yes it becomes that: look at the difference then.
expect_golden() { # NAME FILE
	golden=$top_srcdir/tests/golden/$1.txt
	if [ "${PIP_GOLDEN_UPDATE-}" = yes ]; then
		{
			echo '# SPDX-License-Identifier: BSD-2-Clause'
			cat "$2"
		} >"$golden"
	fi
	tail -n +2 "$golden" | diff -u - "$2" || fail "not as tests/golden/$1.txt"
}
