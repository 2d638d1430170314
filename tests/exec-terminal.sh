#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# In a real terminal: Ctrl-C reaches each task once and ends everything, Ctrl-Z
# stops everything, fg lets it go on, and closing the terminal ends it.
. "${srcdir:-.}/tests/testlib.sh"

need_command tmux tmux

log=$programs/signal-log

in_tmux() {
	TERM=xterm tmux -S "$work_dir/tmux.socket" -f /dev/null "$@"
}

clean_up() {
	in_tmux kill-server 2>/dev/null
}

type_line() { # TEXT
	in_tmux send-keys -l "$1"
	in_tmux send-keys Enter
}

# A shell with job control in a new terminal; PS1 tells when it is ready.
open_terminal() {
	in_tmux new-session -d -x 100 -y 50 \
		'env --default-signal=HUP,INT,QUIT,TERM,TSTP PS1="READY " ENV= sh -i' ||
		framework_failed 'tmux does not start'
	poll screen_shows '^READY' || framework_failed 'no shell in the terminal'
}

screen_shows() { # REGEXP
	in_tmux capture-pane -p >screen
	grep -qE "$1" screen
}

expect_screen() { # REGEXP
	poll screen_shows "$1" || {
		show screen
		fail "the terminal does not show '$1'"
	}
}

at_least() { # NUMBER TEXT FILE
	[ "$(grep -cx "$2" "$3")" -ge "$1" ]
}

# A shell ends a list of commands of which one dies of SIGINT, so it is asked
# on a line of its own; the terminal keeps that until the shell reads on.
expect_status_shown() { # STATUS
	type_line 'echo status $?'
	expect_screen "status $1"
	type_line clear
}

start_in_terminal() { # NUMBER COMMAND
	rm -f out
	type_line "$2 >out"
	poll count_is "$1" ready out || fail "no $1 tasks in the terminal: $2"
}

open_terminal

# Ctrl-C: once for each, and pip-exec dies of it.
start_in_terminal 4 "$pip_exec -n 4 $log"
in_tmux send-keys C-c
expect_status_shown 130
count_is 4 INT out || { show out; fail 'Ctrl-C did not reach each task once'; }

# Those that would rather not: asked twice.
start_in_terminal 2 "$pip_exec -n 2 $log stubborn"
in_tmux send-keys C-c
poll count_is 2 INT out || fail 'no INT'
in_tmux send-keys C-c
expect_status_shown 130

# One that has left the process group does not get it from the terminal.
start_in_terminal 1 "$pip_exec setsid $log"
in_tmux send-keys C-c
expect_status_shown 130
count_is 1 INT out || { show out; fail 'Ctrl-C did not reach another session'; }

# Ctrl-Z stops, fg goes on.
start_in_terminal 2 "$pip_exec -n 2 $log"
in_tmux send-keys C-z
expect_status_shown 148
type_line fg
poll at_least 2 CONT out || { show out; fail 'fg did not reach each task'; }
in_tmux send-keys C-c
expect_status_shown 130
count_is 2 INT out || { show out; fail 'Ctrl-C after fg did not reach each task'; }

# The terminal goes away.
start_in_terminal 2 "$pip_exec -n 2 $log"
in_tmux kill-server
poll at_least 2 HUP out || { show out; fail 'HUP did not reach each task'; }
poll all_ended || fail 'tasks outlive their terminal'
