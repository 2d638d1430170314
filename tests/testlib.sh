# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What shell tests share.  Sourced first of all, in the build directory:
#     . "${srcdir:-.}/tests/testlib.sh"

set -u
LC_ALL=C
export LC_ALL

# What starts this in the background, or without a terminal, may have switched
# signals off; only a new program can switch them on again.
if [ -z "${PIP_TEST_AGAIN-}" ] &&
	grep -q '^SigIgn:.*[1-9a-f]' "/proc/$$/status"; then
	PIP_TEST_AGAIN=1 exec env --default-signal "$0" "$@"
fi
unset PIP_TEST_AGAIN

builddir=$(pwd)
top_srcdir=$(cd "${srcdir:-.}" && pwd)
# For the tests that source this:
# shellcheck disable=SC2034
pip_exec=$builddir/bin/pip-exec examples=$builddir/examples
# shellcheck disable=SC2034
programs=$builddir/tests/programs program_sources=$top_srcdir/tests/programs

fail() {
	echo "FAIL: $*"
	exit 1
}

skip() {
	echo "SKIP: $*"
	exit 77
}

framework_failed() {
	echo "ERROR: $*"
	exit 99
}

# --- A place of its own, and nothing left behind ----------------------------

[ -x "$pip_exec" ] || framework_failed "no $pip_exec: run me in the build directory"
work_dir=$(mktemp -d "${TMPDIR:-/tmp}/pip-test.XXXXXX") ||
	framework_failed 'no temporary directory'
cd "$work_dir" || framework_failed "cannot enter $work_dir"

# Every process that this test starts has this in its environment; a task,
# whose environment is seen as the root's, too.
PIP_TEST_MARK=$work_dir
export PIP_TEST_MARK

# PIDs of what this test has started and what still exists, zombies excepted.
list_processes() {
	(
		unset PIP_TEST_MARK # not grep(1) and cut(1) themselves
		grep -lsa "PIP_TEST_MARK=$work_dir" /proc/[0-9]*/environ |
			cut -d/ -f3
	)
}

all_ended() {
	[ -z "$(list_processes)" ]
}

# shellcheck disable=SC2329,SC2317 # the trap calls it
finish_test() {
	status=$?
	trap - EXIT
	clean_up
	# A test that has failed need not wait for what it left.
	if ! all_ended && { [ "$status" -ne 0 ] || ! poll all_ended; }; then
		[ "$status" -ne 0 ] || echo 'FAIL: left behind:'
		for pid in $(list_processes); do
			ps -o pid,ppid,stat,args -p "$pid" | tail -n +2
			kill -KILL "$pid" 2>/dev/null
		done
		[ "$status" -ne 0 ] || status=1
	fi
	cd / && rm -rf "$work_dir"
	exit "$status"
}

# For a test to define again: what must be ended when it ends early.
clean_up() {
	:
}

trap finish_test EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# --- Waiting and comparing --------------------------------------------------

# Until a command succeeds; 3 minutes are for a machine that is busy with others.
poll() { # COMMAND...
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ "$tries" -lt 1800 ] || return 1
		sleep 0.1
	done
}

count_is() { # NUMBER REGEXP FILE
	[ -e "$3" ] && [ "$(grep -cxE "$2" "$3")" -eq "$1" ]
}

need_command() { # COMMAND PACKAGE
	command -v "$1" >/dev/null || skip "$1 is missing: install $2"
}

# A build may be without jansson: then no tool prints JSON.
has_json() {
	grep -qx '#define JSON_IS_BUILT_IN 1' "$builddir/config.h"
}

need_json() {
	has_json || skip 'this was built without jansson, so there is no JSON'
}

# In the place of an option; nothing without jansson.
json=
# shellcheck disable=SC2034 # for the tests
! has_json || json=--json

show() { # FILE
	echo "--- $1:"
	grep . "$1" | head -n 50
	echo '---'
}

# Exactly NUMBER whole lines that match, and no others.
expect_lines() { # NUMBER REGEXP FILE
	if ! count_is "$1" "$2" "$3" || ! count_is "$1" '.*' "$3"; then
		show "$3"
		fail "not $1 lines of '$2' in $3"
	fi
}

# The lines of FILE in any order are those of stdin.
expect_sorted() { # FILE
	sort >expected.sorted
	sort "$1" | diff -u expected.sorted - || fail "$1 is not as expected"
}

# Run a command with its output in out and err; want its exit status.
expect_status() { # STATUS COMMAND...
	expected=$1
	shift
	status=0
	"$@" >out 2>err || status=$?
	[ "$status" -eq "$expected" ] && return
	show out
	show err
	fail "exit status $status instead of $expected: $*"
}

# Compile a test program; it is not the compiler that is tested.
compile() { # COMMAND...
	"$@" >compile.log 2>&1 || {
		show compile.log
		framework_failed "cannot compile: $*"
	}
}

# --- Parts ------------------------------------------------------------------

# Run commands (functions mostly, with arguments) at the same time, each in a
# directory of its own, which is the current one.  All of them come to their end;
# what those that fail have printed is shown.
run_together() { # "COMMAND ARGUMENT..."...
	parts='' number=0
	for part; do
		number=$((number + 1))
		mkdir "part.$number" || framework_failed 'no directory for a part'
		# shellcheck disable=SC2086 # words by intention
		(cd "part.$number" && $part) >"part.$number.log" 2>&1 &
		parts="$parts $number:$!"
	done
	wrong=''
	for part in $parts; do
		status=0
		wait "${part#*:}" || status=$?
		[ "$status" -eq 0 ] && continue
		wrong="$wrong ${part%:*}"
		echo "status $status: part ${part%:*}"
		show "part.${part%:*}.log"
	done
	# These were not all, if there are more.
	rm -rf part.*
	[ -z "$wrong" ] || fail "parts that failed:$wrong"
}

# --- Jobs -------------------------------------------------------------------

# Start in the background, with the signals that a script ignores there (INT
# and QUIT) as they are in a terminal.  Sets $job.
start_job() { # COMMAND...
	# The shell that becomes the job may be late.
	: >job.out
	: >job.err
	env --default-signal=HUP,INT,QUIT,TERM "$@" >job.out 2>job.err </dev/null &
	job=$!
}

job_printed() { # NUMBER REGEXP
	count_is "$1" "$2" job.out
}

expect_job_prints() { # NUMBER REGEXP
	poll job_printed "$@" && return
	show job.out
	show job.err
	fail "the job did not print $1 lines of '$2'"
}

# A shell shows 128 + N for a job that died of signal N.
expect_job_status() { # STATUS
	status=0
	wait "$job" || status=$?
	[ "$status" -eq "$1" ] && return
	show job.out
	show job.err
	fail "the job's exit status is $status instead of $1"
}
