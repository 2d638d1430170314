#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Each key that the help lists does what it says there.  A key that is new in
# the help and not named here fails.
. "${srcdir:-.}/tests/top-lib.sh"

# Each key as the help has it, and where it is tested: here, or in top-record.sh.
cat >known <<'EOF2'
F1 h ?
F2 C
F3 /
F4 \
F5 t
H
F6 >
F9 k
F10 q
Enter
b
g
Tab
1
2
3
4
[
]
a
n
p
Space
c
U
F
Z
u
P
M
T
N
S
I
-
+
m
d
w
r ^L
}
{
)
(
:
^
$
Up
Down
PgUp
PgDn
Home
End G
Left
Right
mouse
EOF2
TZ=UTC
export TZ
top_environment='LC_ALL=C.UTF-8 TZ=UTC'
recording=$work_dir/demo.rec
"$builddir/tests/top-recording-make" "$recording" demo || framework_failed 'the recording'

# Of a recording that stands still: root and ten tasks, by PIPID.
start_top 160 60 --replay "$recording" -p 4711 -s pipid
wait_for 'sample 1 of 30'
keys Z : 22 Enter
wait_for 'sample 22 of 30'
keys h
wait_for '^  mouse '
sed -n '/^Keys/,/^Columns/p' screen | grep '^  ' | cut -c3-10 | sed 's/ *$//' |
	diff known - || fail 'the keys of the help are not those of this test'
keys Escape
for key in F1 '?' h; do
	keys "$key"
	wait_for '^pip-top: keys and columns'
	keys q
	wait_for '^PIPID'
done
for pair in 'F2 Columns' 'C Columns' 'F6 Sort.by' '> Sort.by' '. Sort.by' 'u Programs.of'; do
	keys "${pair%% *}"
	wait_for "^${pair#* }"
	keys q
	wait_for '^PIPID'
done
for pair in 'F3 Search' '/ Search' 'F4 Filter' '\ Filter' 'd Seconds' ': Go.to'; do
	keys "${pair%% *}"
	wait_for "^${pair#* }"
	keys Escape
	wait_for '^F1Help'
done
cursor_is() { # PIPID
	keys Enter
	if [ "$1" = root ]; then
		wait_for '^Root, process 4711'
	else
		wait_for "^Task $1, process"
	fi
	keys q
	wait_for '^PIPID'
}
cursor_is root
keys Down Down
cursor_is 1
keys Up
cursor_is 0
keys End
cursor_is 9
keys Home
cursor_is root
keys G
cursor_is 9
keys Home
cursor_is root
tm resize-window -x 160 -y 13
wait_gone '^ +9 +4721' # eight rows are left for tasks
keys NPage
cursor_is 7
keys PPage
cursor_is root
tm resize-window -x 160 -y 60
# Search: the next one, the one before, round the end; F3 while typing.
keys / 'part [13]' Enter
cursor_is 3
keys n
cursor_is 5
keys n
cursor_is 3
keys p
cursor_is 5
keys / 'part [13]' F3 Enter
cursor_is 3
keys / 'nowhere'
wait_for "'nowhere' is nowhere|^Search: nowhere"
keys Escape
# The order: the first row is the greatest, and inverted the least.
first_is() { # PIPID
	screen
	[ "$(sed -n '/^PIPID/{n;p;}' screen | awk '{ print $1 }')" = "$1" ]
}
order_is() { # KEY GREATEST
	keys "$1"
	poll first_is "$2" || fail "key $1: $(grep -A 1 '^PIPID' screen)"
}
order_is P 6
order_is M 5
order_is N root
order_is S 6
order_is T 5
keys I
order_is N root
order_is I 9
order_is I root
# The tree, and its branches.
for key in t F5; do
	keys "$key"
	wait_for '└─ '
	keys Home -
	wait_gone '├─'
	keys +
	wait_for '├─'
	keys -
	wait_gone '├─'
	keys '='
	wait_for '├─'
	keys "$key"
	wait_gone '├─'
done
keys t
wait_for '─ log → disk'
keys H
wait_gone '─ log → disk'
wait_for 'the tree is shown without threads'
keys H
wait_for '─ log → disk'
keys t
wait_gone '├─'
# Screens.
for pair in '2 DOMAIN' '3 .*OWNER' '4 THREAD' '1 PIPID'; do
	keys "${pair%% *}"
	wait_for "^ *${pair#* }"
done
for header in DOMAIN OWNER THREAD PIPID; do
	keys Tab
	wait_for "^ *$header"
done
# Following: the same task, wherever it is.
keys P Home F
wait_for ' following'
cursor_is 6
keys '}' '}' '}'
wait_for 'sample 25 of 30'
! first_is 6 || fail 'the order is the same'
cursor_is 6
keys F
wait_gone ' following'
keys Z
wait_gone PAUSED
keys Z
wait_for PAUSED
keys m
wait_gone 'Memory shared'
keys m
wait_for 'Memory shared'
# Columns, sideways: the first one stays.
keys Right Right
wait_for '^PIPID +STATE'
keys Left
wait_for '^PIPID +TID'
keys Left
wait_for '^PIPID +PID +TID'
for key in w W; do
	rm -rf config
	keys "$key"
	wait_for 'wrote .*/settings'
	[ -s config/pip-top/settings ] || fail "$key has written nothing"
	keys m m
done
rm -r config
keys r C-l
wait_for 'sample 25 of 30' # it does not go on for that
keys '^'
wait_for 'sample 1 of 30'
# The mouse: the wheel, a column's header, a label of the bottom line.
mouse() { # BUTTON COLUMN ROW, as the terminal reports them
	at="\\$(printf %03o $((32 + $1)))\\$(printf %03o $((32 + $2)))\\$(printf %03o $((32 + $3)))"
	# shellcheck disable=SC2059 # octal numbers are to be taken
	keys -l "$(printf "\\033[M$at")"
}
keys N Home
wait_for '^ root +4711'
mouse 65 20 12
cursor_is 2
mouse 64 20 12
cursor_is root
mouse 0 12 "$(grep -n '^PIPID' screen | cut -d: -f1)"
mouse 3 12 "$(grep -n '^PIPID' screen | cut -d: -f1)"
poll first_is 9 || fail "a click on the header: $(cat screen)"
keys F10
wait_for '^ended with 0$'

# Tags, and what acts on tasks: of living ones.
start_root 3 "$task_program"
start_top 160 30 -p "$root_pid" -d 0.2 -s pipid
wait_for '^ +2 +[0-9]+'
continue_them() { # HOW MANY GET IT
	keys k
	wait_for '18 SIGCONT'
	keys Home Down Down Down Down Down Down Down Down Down Down Down Down Down Down Down Down Down Enter
	wait_for "SIGCONT sent to $1\$"
	keys Down # its message goes
}
keys Home Space Space
continue_them '2 tasks'
keys U Home
continue_them '1 task'
keys t Home c
continue_them '4 tasks'
keys U
keys F9
wait_for '^Send a signal'
keys q
keys t
end_top
# Now, not in an hour; and as often as it is told to.
start_top 160 30 -p "$root_pid" -d 3600 -s pipid
wait_for '^ +2 +[0-9]+'
kill -KILL "$(awk '$1 == 2 { print $2 }' screen)"
is_zombie() {
	"$pips" -p "$root_pid" -o state | grep -q zombie
}
poll is_zombie || fail 'no zombie'
screen_lacks zombie || fail 'it has looked again'
keys r
wait_for zombie
kill -KILL "$(awk '$1 == 1 { print $2 }' screen)"
two_zombies() {
	[ "$("$pips" -p "$root_pid" -o state | grep -c zombie)" -eq 2 ]
}
poll two_zombies || fail 'no second zombie'
keys d 0.2 Enter
wait_for_lines 2 zombie
# The debugger has the terminal, and gives it back.
if command -v gdb >/dev/null; then
	keys Home g
	wait_for '^\(.*gdb\) *$'
	keys 'set confirm off' Enter 'quit' Enter
	wait_for '^PIPID'
	wait_for '^pip-top 1 root'
fi
keys b
wait_for '^Backtrace of process|backtrace'
keys q
wait_for '^PIPID'
end_top
stop_root

# The time that the map of switches shows.
start_ring
start_top 100 20 -p "$ring" -d 3600
wait_for '^ root .* (ready|running|decoupled) '
keys 4
shown() {
	screen
	sed -n 's/^program [0-9]*: \([0-9.e+]*\) us$/\1/p' screen
}
wait_for '^program [0-9]+: [0-9.e+]+ us$'
before=$(shown)
longer() {
	keys ']'
	awk -v a="$before" -v b="$(shown)" 'BEGIN { exit !(b > a * 3) }'
}
poll longer || fail "]: $before us, then $(shown)"
before=$(shown)
shorter() {
	keys '['
	awk -v a="$before" -v b="$(shown)" 'BEGIN { exit !(b < a / 3) }'
}
poll shorter || fail "[: $before us, then $(shown)"
# As it was chosen it stays, and is not that of the records any more.
chosen=$(shown)
keys a
not_chosen() {
	[ "$(shown)" != "$chosen" ]
}
poll not_chosen || fail "a: still $chosen us"
keys 1
end_top
kill -KILL "$ring"
wait "$ring"
started=
