#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pips --tree: below the root its tasks, below the task whose kernel thread runs
# them its BLTs, below each its threads, as text and as JSON.
. "${srcdir:-.}/tests/pips-lib.sh"

# The JSON's tree: a line "DEPTH KIND PIPID PID TID NAME" for each node.
print_nodes() {
	awk '
		/"tree": \[/ { inside = 1 }
		!inside { next }
		{ key = $1; value = $2; gsub(/[",]/, "", value) }
		key == "\"kind\":" { kind = value; name = "-" }
		key == "\"pipid\":" { pipid = value }
		key == "\"pid\":" { pid = value }
		key == "\"tid\":" { tid = value }
		key == "\"name\":" { name = value }
		key == "\"children\":" {
			print depth + 0, kind, pipid, pid, tid, name
			if ($2 == "[") depth++
		}
		/^ *\],?$/ { depth-- }
	' "$1"
}
list_tree() { # COLUMNS
	run_pips 0 -p "$root_pid" --tree --wide --no-header -o "$1"
}

# Threads: two in each of two tasks.
start_root 2 "$task_program" threads 2
list_tree pipid,kind,tid,parent,command
has_threads() {
	list_tree pipid,kind,tid,parent,command
	[ "$(grep -c '\\_ worker-' out)" -eq 4 ]
}
poll has_threads || fail "threads: $(cat out)"
awk '{ print $1, $2, $4, $NF }' out >got
cat >expected <<EOF2
root root - 2
0 task root 2
- thread 0 worker-0
- thread 0 worker-1
1 task root 2
- thread 1 worker-0
- thread 1 worker-1
EOF2
diff expected got || fail "the tree: $(cat out)"
# Each is deeper than whose it is, and one of the kernel's.
grep -qE '^ +- thread +[0-9]+ +0   \\_ worker-0$' out || fail "depth: $(cat out)"
pid_of_1=$("$pips" -p "$root_pid" --no-header -o pipid,pid | awk '$1 == 1 { print $2 }')
awk '$1 == "-" && $4 == 1 { print $3 }' out | sort >got
find "/proc/$pid_of_1/task" -mindepth 1 -maxdepth 1 -printf '%f\n' |
	grep -vx "$pid_of_1" | sort | diff - got || fail "TIDs of task 1"
# By default: the kind, and the state of each thread.
run_pips 0 -p "$root_pid" --tree
sed 1q out | grep -qE '^PIPID +PID +TID KIND +STATE +CPU% +RSS +TIME COMMAND$' || fail "header: $(cat out)"
[ "$(count '^ +- +[0-9]+ +[0-9]+ thread sleeping +0\.0 +- +[0-9:]+   \\_ worker-[01]$' out)" -eq 4 ] ||
	fail "lines of threads: $(cat out)"
cat >expected <<EOF2
0 root root -
1 task 0 -
2 thread 0 worker-0
2 thread 0 worker-1
1 task 1 -
2 thread 1 worker-0
2 thread 1 worker-1
EOF2
if has_json; then
	run_pips 0 -p "$root_pid" --tree --json
	print_nodes out | awk '{ print $1, $2, $3, $6 }' >got
	diff expected got || fail "JSON: $(cat out)"
fi
# What is asked for alone is alone; without --tree there are no threads.
run_pips 0 --tree --no-header -o pipid,kind "$pid_of_1"
[ "$(tr -s ' \n' ' ' <out)" = ' 1 task - thread - thread ' ] || fail "one task: $(cat out)"
run_pips 0 -p "$root_pid" --no-header -o kind
[ "$(tr -s ' \n' ' ' <out)" = 'root task task ' ] || fail "no tree: $(cat out)"
run_pips 0 -p "$root_pid" --tree --csv -o pipid,kind,command -t
[ "$(count '^-,thread,worker-[01]$' out)" -eq 4 ] || fail "CSV: $(cat out)"
run_pips 2 --tree --sort=pid
expect_error 'pips: either --tree or --sort can be specified'
stop_root

# Thread mode: all are threads of one process, and yet each is its task's.
PIP_MODE=thread
export PIP_MODE
start_root 2 "$task_program" threads 2
poll has_threads || fail "thread mode: $(cat out)"
awk '$1 == "-" && $NF ~ /^worker/ { print $4, $NF }' out >got
printf '%s\n' '0 worker-0' '0 worker-1' '1 worker-0' '1 worker-1' | diff - got ||
	fail "thread mode: $(cat out)"
stop_root
unset PIP_MODE

# BLTs are below the task whose kernel thread runs them: here the root's.
"$examples/ulp_ring" 3 100000000000 >ring 2>&1 9>&- &
root_pid=$!
started=$root_pid
is_decoupled() {
	run_pips 0 -p "$root_pid" --tree --no-header -o pipid,kind,state
	[ "$(grep -cE '^ +[0-2] blt +(ready|decoupled) *$' out)" -eq 3 ]
}
is_found() {
	"$pips" -p "$root_pid" >/dev/null 2>&1
}
poll is_found || fail 'the ring is not found'
poll is_decoupled || fail "BLTs: $(cat out)"
if has_json; then
	run_pips 0 -p "$root_pid" --tree --json
	print_nodes out | awk '{ print $1, $2, $3 }' >got
	printf '%s\n' '0 root root' '1 blt 0' '1 blt 1' '1 blt 2' | diff - got ||
		fail "JSON: $(cat out)"
fi
kill -KILL "$root_pid"
wait "$root_pid"
started=

# Below another task: a domain of a task's own.
start_program "$builddir/tests/observer-domain"
run_pips 0 -p "$root_pid" --tree --wide --no-header -o pipid,kind,domain,state,command
sed 's/^ *//; s/ *\\_.*//; s/ [^ ]*observer-domain.*//' out | tr -s ' ' | sed 's, $,,' >got
cat >expected <<EOF2
root root root sleeping
0 task 0 sleeping
1 blt 0 suspended
2 blt 0 suspended
EOF2
diff expected got || fail "a task's domain: $(cat out)"
[ "$(count '^ +[12] blt .*   \\_ ' out)" -eq 2 ] || fail "depth: $(cat out)"
stop_root
