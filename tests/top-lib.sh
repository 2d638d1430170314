# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What the tests of pip-top share: the real program in a real terminal, that of
# tmux.  Sourced first of all; pips-lib.sh is there as well:
#     . "${srcdir:-.}/tests/top-lib.sh"
. "${srcdir:-.}/tests/pips-lib.sh"

need_command tmux tmux
top=$builddir/pip-top/pip-top
[ -x "$top" ] || skip 'pip-top was not built: install libncurses-dev'
unset TMUX
XDG_CONFIG_HOME=$work_dir/config
export XDG_CONFIG_HOME

# A server that is being ended still has its socket.  Without descriptor 9, the
# input of the programs, or they would not end with it.
terminal=0

tm() {
	tmux -S "$work_dir/tmux$terminal" -f /dev/null -u "$@" 9>&-
}

# shellcheck disable=SC2329,SC2317 # testlib.sh calls it
clean_up() {
	exec 9>&-
	tm kill-server 2>/dev/null
	for pid in $started; do
		kill -KILL "$pid" 2>/dev/null
	done
}

# As that of testlib.sh; mostly a key is a matter of milliseconds.
poll() { # COMMAND...
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ "$tries" -lt 1820 ] || return 1
		if [ "$tries" -lt 20 ]; then
			sleep 0.02
		else
			sleep 0.1
		fi
	done
}

# The environment of the next terminals.
top_environment='LC_ALL=C.UTF-8'

# The terminal stays when the program has ended, with its exit status.
start_top() { # COLUMNS ROWS ARGUMENTS...
	columns=$1 rows=$2
	shift 2
	tm kill-server 2>/dev/null
	terminal=$((terminal + 1))
	# On a busy machine a key's sequence may come in pieces.
	tm new-session -d -x "$columns" -y "$rows" "env ESCDELAY=1000 $top_environment \"$top\" $*; \
		status=\$?; echo; echo \"ended with \$status\"; sleep 1000" ||
		framework_failed 'tmux'
}

screen() {
	tm capture-pane -p >screen
}

screen_has() { # REGEXP
	screen && grep -qE -e "$1" screen
}

wait_for() { # REGEXP
	poll screen_has "$1" && return
	show screen
	fail "'$1' does not appear"
}

screen_has_lines() { # NUMBER REGEXP
	screen && [ "$(grep -cE -e "$2" screen)" -eq "$1" ]
}

# A screen that is being drawn is a part of it: nothing but waiting is right.
wait_for_lines() { # NUMBER REGEXP
	poll screen_has_lines "$@" && return
	show screen
	fail "not $1 lines of '$2'"
}

screen_lacks() {
	! screen_has "$1"
}

wait_gone() { # REGEXP
	poll screen_lacks "$1" && return
	show screen
	fail "'$1' does not go"
}

keys() { # KEYS AS tmux NAMES THEM
	tm send-keys "$@"
}

end_top() {
	keys q
	wait_for '^ended with 0$'
}

# A program that switches all the time: three ULPs and the root, on one kernel
# thread.  Sets ring.
start_ring() {
	PIP_TRACE=overwrite "$examples/ulp_ring" 3 100000000000 >/dev/null 2>&1 9>&- &
	ring=$!
	started="$started $ring"
	poll ring_goes_round || fail 'the ring does not go round'
}

ring_goes_round() {
	[ "$("$pips" -p "$ring" --no-header -o blt 2>/dev/null | grep -cE 'ready|decoupled')" -eq 4 ]
}
