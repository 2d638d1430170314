#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pips -b: all tasks are where they are said to be, to the line, in programs
# with and without frame pointers; nobody is stopped, but with --stop.
. "${srcdir:-.}/tests/backtrace-lib.sh"

run_b() { # ARGUMENTS...
	run_pips 0 -b -p "$root_pid" "$@"
}

# Sleeping takes a moment longer than saying so.
poll_b() { # NUMBER REGEXP ARGUMENTS...
	wanted_count=$1 wanted_line=$2
	shift 2
	poll has_lines "$@" || fail_showing "not $wanted_count of '$wanted_line'"
}

has_lines() { # ARGUMENTS...
	run_b "$@"
	[ "$(count "$wanted_line" out)" -eq "$wanted_count" ]
}

for variant in '' -O0; do
	target=$programs/backtrace-target$variant

	# --- The tree: all but one at the same place -------------------------
	start_target 5 read
	poll_b 1 '^ *inner at '
	poll_b 0 'is running'
	want "^program of root $root_pid: 6 processes, 6 stacks\$"
	want_block tree <<-END
		outer at backtrace-target.c:$(line_of outer)
		middle at backtrace-target.c:$(line_of middle)
		inner at backtrace-target.c:$(line_of inner)
	END
	want '^ *\[0-1,3-4\] 4 tasks$'
	want '^ *\[2\] 1 task$'
	want '^ *\[root\] 1 task$'
	want "^ *odd_one_out at backtrace-target.c:$(line_of odd)\$"
	want_not 'guessed|running|cannot be found'
	awk 'length > 80 { exit 1 }' out || fail_showing 'more than 80 columns'

	# --- Each by itself --------------------------------------------------
	run_b --flat
	[ "$(count "inner at backtrace-target.c:$(line_of inner)\$" out)" -eq 4 ] &&
		[ "$(count "odd_one_out at backtrace-target.c:$(line_of odd)\$" out)" -eq 1 ] &&
		[ "$(count '^task [0-4], thread [0-9]+$' out)" -eq 5 ] ||
		fail_showing 'flat: not each task once'
	run_b --flat --wide
	want "^#[0-9]+ +0x[0-9a-f]{16} inner at .*/backtrace-target.c:$(line_of inner) \\(/.*backtrace-target$variant\\)\$"

	# One task only, by its PID; and limits.
	run_pips 0 --no-header -p "$root_pid"
	pid=$(awk '$1 == 2 { print $2 }' out)
	run_pips 0 -b -p "$pid"
	want '^\[2\] 1 task$'
	want_not inner
	# Or by a pattern, of whom there is none.
	run_pips 0 -b -p "$root_pid" "${target##*/}"
	want "^program of root $root_pid: [56] processes"
	want '^ *\[0-1,3-4\] 4 tasks$'
	run_pips 1 -b -p "$root_pid" no-such-program
	want_not inner
	run_pips 0 -b --frames 2 --flat -p "$pid"
	want '^#1 '
	want_not '^#2 '
	want '^ *\(more frames\)$'

	# --- JSON ------------------------------------------------------------
	if has_json && command -v python3 >/dev/null; then
		run_b --json
		python3 - "$(line_of inner)" <out >json.out 2>&1 <<-'END' ||
			import json, sys
			line = int(sys.argv[1])
			tasks = json.load(open("out"))["programs"][0]["tasks"]
			assert len(tasks) == 6
			for task in tasks:
			    (stack,) = task["stacks"]
			    assert stack["end"] == "complete", stack
			    assert stack["kind"] == "thread"
			    assert stack["tid"] == task["pid"]
			    places = {(f["name"], f["line"])
			              for frame in stack["frames"]
			              for f in frame["functions"]}
			    expected = task["pipid"] in (0, 1, 3, 4)
			    assert (("inner", line) in places) == expected, task
			    for frame in stack["frames"]:
			        assert int(frame["pc"], 16) >= int(frame["address"], 16)
			        assert frame["guessed"] is False
		END
			{ show json.out; fail 'JSON'; }
	fi

	# --- Nobody was stopped; with --stop, it is the same tree ------------
	run_b
	cp out before
	run_pips 0 -b --stop -p "$root_pid"
	if grep -q 'may not look' out; then
		echo 'ptrace is not permitted: --stop is not tested'
	else
		cmp before out || fail 'the tree of stopped tasks is another one'
	fi
	stop_root

	# --- Threads, and a frame of variable size ---------------------------
	start_target 3 threads
	poll_b 1 '^\[0-2\] 3 tasks, 6 stacks$'
	want_block threads <<-END
		thread_main at backtrace-target.c:$(line_of thread)
		inner at backtrace-target.c:$(line_of inner)
	END
	stop_root
	start_target 2 stack
	poll_b 1 '^ *inner at '
	want_block stack <<-END
		variable at backtrace-target.c:$(line_of variable)
		middle at backtrace-target.c:$(line_of middle)
		inner at backtrace-target.c:$(line_of inner)
	END
	stop_root

	# --- A task that runs has no stack, unless it is stopped -------------
	start_target 2 spin
	poll_b 1 'it is running'
	run_b --stop
	if grep -q 'may not look' out; then
		echo 'ptrace is not permitted: --stop is not tested'
	else
		want "^ *spin_here at backtrace-target.c:$(line_of spin)\$"
		want_not 'is running'
	fi
	run_pips 0 --no-header --wide -p "$root_pid"
	[ "$(count '^ +0 .* running ' out)" -eq 1 ] || fail_showing 'it does not run any more'
	stop_root
done
