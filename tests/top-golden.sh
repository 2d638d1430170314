#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every form of output and every screen of pip-top, exactly: of a recording that
# is always the same.  The pictures in docs/screens are made of these screens.
. "${srcdir:-.}/tests/top-lib.sh"

TZ=UTC
export TZ
top_environment='LC_ALL=C.UTF-8 TZ=UTC TERM=tmux-256color'
recording=$work_dir/demo.rec
"$builddir/tests/top-recording-make" "$recording" demo || framework_failed 'the recording'

expect_status 0 "$top" -b -n 2 --replay "$recording"
expect_golden top-batch out
expect_status 0 env LC_ALL=C.UTF-8 "$top" -b -n 1 --wide --replay "$recording" --tree
expect_golden top-batch-wide out
expect_status 0 "$top" -b -n 1 --replay "$recording" -o root,user,kind,pipid,parent,state,waitson,threads,spark,command -s parent -f 'solver|archive'
expect_golden top-batch-columns out
if has_json; then
	expect_status 0 "$top" --json -n 1 --replay "$recording"
	expect_golden top-json out
fi
if has_json && command -v jq >/dev/null; then
	[ "$(jq -r '.schema, .programs[1].tasks[0].state' out | tr '\n' ' ')" = 'pip-top sleeping ' ] ||
		fail 'jq reads something else'
fi
"$top" --help >out 2>&1
expect_golden top-help out

# Trailing blanks are how tmux captures, not what is on the screen.
take_shot() { # NAME
	tm capture-pane -p -e -N >colored
	screen
	sed 's/ *$//' screen >plain
	"$builddir/tests/screenshot" "$columns" <colored >picture.svg ||
		framework_failed screenshot
}
is_shot() { # NAME
	take_shot
	tail -n +2 "$top_srcdir/tests/golden/screen-$1.txt" | cmp -s - plain &&
		has_text_of picture.svg "$top_srcdir/docs/screens/$1.svg"
}
has_text_of() { # PICTURE OTHER
	for picture; do
		sed -n 's/<text [^>]*>\(.*\)<\/text>/\1/p' "$picture" |
			tr -d ' \n' >"text${picture##*/}"
	done
	cmp -s "text${1##*/}" "text${2##*/}"
}
# What tmux makes of colors is its own: only the text is compared.  A screen is
# perhaps not yet drawn to its end.
shot() { # NAME REGEXP THAT IS ON IT AT LAST
	wait_for "$2"
	if [ "${PIP_GOLDEN_UPDATE-}" = yes ]; then
		sleep 1
		take_shot
		cp picture.svg "$top_srcdir/docs/screens/$1.svg"
	elif poll is_shot "$1"; then
		return
	fi
	expect_golden "screen-$1" plain
	has_text_of picture.svg "$top_srcdir/docs/screens/$1.svg" ||
		fail "docs/screens/$1.svg is not this screen: make it again with PIP_GOLDEN_UPDATE=yes"
}
tm() { # As in top-lib.sh, with more colors
	tmux -S "$work_dir/tmux$terminal" -f "$work_dir/tmux.conf" -u "$@" 9>&-
}
echo 'set -g default-terminal tmux-256color' >tmux.conf

start_top 100 30 --replay "$recording"
wait_for 'sample 1 of 30'
keys Z : 22 Enter
shot tasks 'sample 22 of 30'
keys t
shot tree '└─ '
# Search and filter find threads, and who is above them stays.
keys / 'read-ahead' Enter Enter
shot thread '^Thread 4801 of process 4713'
keys q F4 'disk|part 4' Enter
shot tree-filter '^ +- +4721 '
keys F4 C-u Enter t 2
shot domains '^program 4711: 3 kernel threads'
keys 3
shot memory '^program 4711: .* resident'
keys 4
shot switches '^program 4711: 1950 us$'
keys 1 N Home Down Down Down Down
keys Enter
shot details '^Task [0-9]+, process'
keys Escape F1
shot help 'F1 h \? +this help'
keys Escape F2
shot columns '^ +\[x\] PIPID'
keys Escape F6
shot sort '^Sort by'
keys Escape u
shot users '^ +bob'
keys Escape F4 'part [0-3]'
shot filter '^Filter: part \[0-3\]'
keys C-u Enter
end_top

start_top 40 10 --replay "$recording"
wait_for '^pip-top'
keys Z : 22 Enter N
shot small '^ root +4711 +15\.3 '
end_top
top_environment="$top_environment NO_COLOR=1"
start_top 160 30 --ascii --replay "$recording" --tree
wait_for 'sample 1 of 30'
keys Z : 22 Enter
shot ascii 'sample 22 of 30'
end_top

# What acts on tasks has menus of its own, that are shown for living ones only.
top_environment='LC_ALL=C.UTF-8 TZ=UTC TERM=tmux-256color'
start_root 1 "$task_program"
start_top 100 34 -p "$root_pid"
wait_for '^ +0 +[0-9]+ sleeping'
keys k
shot signals 'SIGTERM'
keys Escape
end_top
stop_root
