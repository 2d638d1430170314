#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The tree of pip-top: below the root its tasks, below the task whose kernel
# thread runs them its BLTs, below each its threads; it is that of pips, and
# search, filter, tags and signals know all that is in it.
. "${srcdir:-.}/tests/top-lib.sh"

# Who is in it, in any order; who is below whom is compared further down.
same_as_pips() { # KIND HOW MANY OF THEM
	"$pips" -p "$root_pid" --tree --no-header -o kind,pipid,tid |
		awk '{ print $1, $2, $3 }' | sort >of-pips
	"$top" -b -n 1 -d 0.1 --tree -p "$root_pid" -o kind,pipid,tid |
		sed '1,/^KIND/d' | awk 'NF { print $1, $2, $3 }' | sort >of-top
	cmp -s of-pips of-top && [ "$(grep -c "^$1 " of-top)" -eq "$2" ]
}
print_tree() {
	"$top" -b -n 1 -d 0.1 --tree --wide -p "$root_pid" -s pipid \
		-o pipid,kind,command |
		sed '1,/^PIPID/d; s,[^ ]*/observer,observer,g; /^$/d'
}

# Threads: two in each of two tasks; in thread mode all are of one process.
for mode in thread process; do
	PIP_MODE=$mode
	export PIP_MODE
	start_root 2 "$task_program" threads 2
	unset PIP_MODE
	poll same_as_pips thread 4 || fail "$mode: $(diff of-pips of-top)"
	print_tree >tree
	diff tree - <<-'EOF' || fail "$mode: the tree"
		 root root   observer-root 2 observer-task threads 2
		    0 task   |- observer-task threads 2
		    - thread |  |- worker-0
		    - thread |  `- worker-1
		    1 task   `- observer-task threads 2
		    - thread    |- worker-0
		    - thread    `- worker-1
	EOF
	[ "$mode" = process ] || stop_root
done

start_top 300 24 -p "$root_pid" -d 0.2 -s pid --tree -o pipid,pid,tid,state,usw,ksw,rss,command
wait_for '^ +- +[0-9]+ +[0-9]+ sleeping +- +0 +- │  ├─ worker-0$'
# Threads can be left out.
keys H
wait_gone 'worker-0'
wait_for 'the tree is shown without threads'
keys H
wait_for 'worker-0'
# A filter keeps those above: of two tasks the one with that thread.
wait_for_lines 4 '^ +- +[0-9]+ +[0-9]+ sleeping .* worker-[01]$'
thread=$(awk '/worker-1/ { print $3; exit }' screen)
process=$(awk '/worker-1/ { print $2; exit }' screen)
keys F4 'worker-1' Enter
wait_gone 'worker-0'
wait_for_lines 2 '^ +- .* └─ worker-1$'
wait_for_lines 2 '^ +[01] .*/observer-task threads 2$'
keys F4 C-u Enter
wait_for 'worker-0'
# Search moves to a thread, whose details it has; and on to the next.
keys Home / 'worker-1' Enter Enter
wait_for "^Thread $thread of process $process"
wait_for '^  KIND +thread '
keys End
wait_for 'All else it shares with its task'
keys q n Enter
wait_for '^Thread [0-9]+ of process [0-9]+'
screen_lacks "^Thread $thread " || fail 'the next one is the same'
keys q
wait_for '^PIPID'
# A branch is folded with its threads.
keys Home Down -
wait_for '^ +0 .* ├─ \+ .*observer-task threads 2$'
wait_for_lines 2 'worker-'
keys +
wait_for_lines 4 'worker-'
# Tags: the task and its threads; a signal goes to just these.
keys c k
wait_for '18 SIGCONT'
keys Home Down Down Down Down Down Down Down Down Down Down Down Down Down Down Down Down Down Enter
wait_for 'SIGCONT sent to 3 tasks'
keys U
# Followed, wherever it goes.
keys / 'worker-0' Enter F
wait_for ' following'
keys I N I
wait_for ' following'
keys Enter
wait_for '^Thread [0-9]+ of process'
keys q F
# The settings know of it.
keys H w
wait_for 'wrote .*/settings'
grep -qx 'threads = no' config/pip-top/settings || fail "settings: $(cat config/pip-top/settings)"
grep -qx 'tree = yes' config/pip-top/settings || fail "settings: $(cat config/pip-top/settings)"
end_top
print_tree >tree
[ "$(grep -c thread tree)" -eq 3 ] || fail "without threads: $(cat tree)" # names
rm -r config
# Its thread's death is its task's, and all of it goes from the tree.
start_top 300 24 -p "$root_pid" -d 0.2 -s pid --tree
wait_for '─ worker-0'
keys / 'worker-1' Enter k
wait_for '15 SIGTERM'
keys Enter
wait_for 'SIGTERM sent to 1 task'
wait_for_lines 2 ' worker-'
wait_for zombie
end_top
stop_root

# What a task has spawned is below it.
start_program "$builddir/tests/observer-spawner" "$task_program"
print_tree >tree
sed -i 's/observer-spawner .*/observer-spawner/' tree
diff tree - <<'EOF' || fail "a task's tasks"
 root root   observer-spawner
    0 task   `- observer-spawner
    1 task      |- observer-task
    2 task      `- observer-task
EOF
stop_root

# BLTs: below the task that schedules them.
start_program "$builddir/tests/observer-domain"
poll same_as_pips blt 2 || fail "$(diff of-pips of-top)"
print_tree >tree
diff tree - <<'EOF' || fail "the domain's tree"
 root root   observer-domain
    0 task   `- observer-domain@scheduler
    1 blt       |- observer-domain@member
    2 blt       `- observer-domain@member
EOF
stop_root
