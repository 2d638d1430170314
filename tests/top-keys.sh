#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Each key and each screen of pip-top does what its help says.
. "${srcdir:-.}/tests/top-lib.sh"

start_root 3 "$task_program" alpha
start_top 300 55 -p "$root_pid" -d 0.2

# The table: a header, the root and three tasks.
wait_for '^PIPID +PID +TID STATE +MODE +SCHED CPU +CPU% +RSS USW/s KSW/s COUPLE/s FAULTS/s +WAIT +TIME COMMAND'
wait_for '^pip-top 1 root, 3 tasks: 0 running, 3 sleeping'
wait_for 'Switches/s: [0-9.KM]+ user, [0-9.KM]+ kernel'
wait_for 'Memory shared: [0-9.]+M \([0-9.]+M of tasks, [0-9.]+[KM] of roots\)'
wait_for 'sleeping .* 0\.0 .*observer-task alpha'
for pipid in 0 1 2; do
	wait_for_lines 1 "^ +$pipid +[0-9]+ +[0-9]+ sleeping +process +own +[0-9]+ +0\.0 .*observer-task alpha"
done
wait_for "^ root +$root_pid +$root_pid sleeping"

# Help names every key and column.
keys F1
wait_for 'F1 h \? +this help'
for name in 'F9 k' Enter 'b ' 'g ' Tab 'Space' 'F ' 'Z ' 'w '; do
	wait_for "^  $name"
done
keys End
wait_for 'suspended waits on a queue or object'
keys Escape
wait_gone 'suspended waits'

# Sort: by PID, then the other way round.
keys N
pids_ascend() {
	screen
	grep observer- screen | awk '{ print $2 }' >pids
	[ "$(wc -l <pids)" -eq 4 ] && sort -n pids | cmp -s - pids
}
poll pids_ascend || fail "not sorted by PID: $(cat pids)"
keys I
pids_descend() {
	screen
	grep observer- screen | awk '{ print $2 }' >pids
	sort -rn pids | cmp -s - pids
}
poll pids_descend || fail "not inverted: $(cat pids)"
keys I
# The menu has them all.
keys F6
wait_for 'WAITS-ON +address of the queue'
keys Home Enter
wait_gone 'WAITS-ON +address'

# Tree; folding a branch.
keys t
wait_for '├─ .*observer-task|├─ /'
wait_for '└─ '
keys Home -
wait_gone '├─'
wait_for '\+ .*observer-root'
keys +
wait_for '├─'
# A filter keeps those above.
keys F4
wait_for '^Filter:'
keys 'ta[s]k al'
wait_for '^Filter: ta\[s\]k al'
wait_for '├─ '
wait_for 'observer-root'
keys Enter
wait_for 'filter: ta\[s\]k al'
# What matches nothing, and what is no regular expression, is no end.
keys F4 C-u 'nothing-of-that-name' Enter
wait_for 'no task matches'
keys F4 C-u '(' Enter
wait_for '\(as text\)'
keys F4 C-u Enter
wait_gone 'filter:'
keys t
wait_gone '├─'

# Search moves the cursor: the details are those of the one found.
keys N / '^[^ ]*task al' Enter Enter
wait_for '^Task [0-2], process [0-9]+'
wait_for 'alpha'
wait_for 'KSW/s .* how often per second a CPU switched to it'
wait_for '^Counters'
page_to_arguments() {
	screen_has 'argv\[1\] +alpha' && return
	keys NPage
	return 1
}
poll page_to_arguments || fail "no arguments: $(cat screen)"
keys q
wait_for '^PIPID'

# Tag, untag; follow; pause.
keys Home Space Space U
keys F
wait_for ' following'
keys F
wait_gone ' following'
keys Z
wait_for PAUSED
keys Z
wait_gone PAUSED

# The other screens.
keys 2
wait_for '^DOMAIN +TID +CPU% THREAD'
wait_for "^program $root_pid: 4 kernel threads run 4 contexts"
keys 3
wait_for '^ +OWNER +MAPS +MAPPED +RES'
wait_for '^runtime +2 '
wait_for_lines 3 '^ +[0-2] +[0-9]+ .*observer-task'
keys 4
wait_for 'flight recorder is off: start it with PIP_TRACE=overwrite'
keys Tab
wait_for '^PIPID'

# Columns: in another order, and back.
keys F2
wait_for '^ +\[x\] PIPID'
keys + Enter
wait_for '^ *PID PIPID +TID +STATE'
keys F2 Down - Enter
wait_for '^PIPID +PID +TID +STATE'
# Take the first away, and write that down.
keys F2
wait_for '^ +\[x\] PIPID'
keys Space Enter
wait_for '^ *PID +TID +STATE'
keys w
wait_for 'wrote .*/config/pip-top/settings'
grep -qx 'columns = pid,tid,state,mode,sched,cpu,cpu%,rss,usw,ksw,couple,faults,wait,time,command' \
	config/pip-top/settings || fail "settings: $(cat config/pip-top/settings)"
end_top
# The settings are read.
start_top 300 55 -p "$root_pid" -d 0.2
wait_for '^ *PID +TID +STATE +MODE +SCHED CPU +CPU% '
rm -r config

# Users, delay, meters.
keys u
wait_for "^ +$(id -un)"
keys Escape
wait_for '^ *PID '
keys d 'x' Enter
wait_for "'x' is not a number of seconds"
keys d '0.3' Enter
keys m
wait_gone 'Memory shared'
keys m
wait_for 'Memory shared'

# Mouse: a click goes to that row, the bottom line has its keys.  The terminal
# reports button, column and row, 32 added to each.
click() { # COLUMN ROW [WHAT FOLLOWS AT ONCE]
	at="\\$(printf %03o $((32 + $1)))\\$(printf %03o $((32 + $2)))"
	# Pressed, and released.
	# shellcheck disable=SC2059 # octal numbers are to be taken
	keys -l "$(printf "\\033[M $at\\033[M#$at${3-}")"
}
keys N
poll pids_ascend || fail "not sorted by PID: $(cat pids)"
click 20 "$(grep -n 'task alpha' screen | tail -n 1 | cut -d: -f1)"
keys Enter
wait_for '^Task 2, process '
keys q
wait_for '^F1Help'
# Nor is one lost that is followed by a key: curses then has both events.
for row in 1 0 2; do
	click 20 "$(grep -nE "^ +[0-9]+ .*task alpha" screen | sed -n "$((row + 2))p" | cut -d: -f1)" '\r'
	wait_for "^Task $row, process "
	keys q
	wait_for '^F1Help'
done
click 2 "$(grep -n '^F1Help' screen | cut -d: -f1)"
wait_for 'F1 h \? +this help'
keys q
wait_for '^ *PID '
end_top

# A signal goes to the tagged one, and to no other.
start_top 300 55 -p "$root_pid" -d 0.2 -s pipid
wait_for 'observer-task alpha'
keys N End Space k
wait_for '15 SIGTERM'
keys Enter
wait_for 'SIGTERM sent to 1 task'
wait_for 'zombie'
wait_for_lines 1 zombie
wait_for_lines 3 'sleeping .*observer-'
end_top

# A backtrace names the function that the task waits in.
if command -v gdb >/dev/null; then
	start_top 300 55 -p "$root_pid" -d 0.2 -s pipid
	wait_for 'observer-task alpha'
	keys N Home Down b
	wait_for '^Backtrace of process [0-9]+'
	wait_for '^.*(main|poll) '
	keys q
	wait_for '^PIPID'
	end_top
fi

# --readonly: nothing acts on a task.
start_top 300 55 -p "$root_pid" -d 0.2 --readonly
wait_for 'observer-task alpha'
keys k
wait_for '[-]-readonly: no signals'
keys b
wait_for '[-]-readonly: a backtrace stops'
keys g
wait_for '[-]-readonly: a debugger stops'
end_top
stop_root
