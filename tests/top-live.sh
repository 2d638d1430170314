#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pip-top lives through what happens to programs and terminals: 300 tasks, tasks
# that come and go, a root that dies, any size, no colors, a terminal that can
# nothing, damaged settings.
. "${srcdir:-.}/tests/top-lib.sh"

# No programs at all, or those of others only.
start_top 80 24 -p $$ -d 0.1
wait_for 'no PiP program is running|no task'
end_top

# A root without tasks.
start_root 0 "$task_program"
start_top 80 24 -p "$root_pid" -d 0.1
wait_for '^pip-top 1 root, 0 tasks: '
wait_for "^ root +$root_pid "
for key in 2 3 4 1 t k Escape Enter Escape; do
	keys "$key"
done
wait_for '^pip-top 1 root, 0 tasks: '
end_top
stop_root

# ^C and SIGTERM are further ways to quit, ^Z is none.
start_root 1 "$task_program"
for how in C-c TERM; do
	start_top 80 24 -p "$root_pid" -d 3600 --record "$work_dir/ended.rec"
	wait_for '^pip-top 1 root, 1 task: '
	if [ "$how" = C-c ]; then
		keys C-c
	else
		for pid in $(tm list-panes -F '#{pane_pid}'); do
			pkill -TERM -P "$pid"
		done
	fi
	wait_for '^ended with 0$'
	expect_status 0 "$top" -b --replay ended.rec
done
tm kill-server
terminal=$((terminal + 1))
tm new-session -d -x 80 -y 24 'PS1=prompt- sh -i' || framework_failed 'tmux'
wait_for '^prompt-'
keys "exec 2>&1; \"$top\" -d 0.2 -p $root_pid" Enter
wait_for '^pip-top 1 root'
keys C-z
wait_for '^prompt-'
keys fg Enter
wait_for '^pip-top 1 root'
keys 2
wait_for '^DOMAIN'
keys q
wait_gone '^DOMAIN'
tm kill-server
stop_root

# A table of another version, and one that is damaged.
for damage in 'version 7.12' 'magic 33' 'nentries 3000000000'; do
	# shellcheck disable=SC2086 # two words
	start_program "$builddir/tests/observer-damage" $damage
	start_top 120 24 -p "$root_pid" -d 0.1
	case $damage in
	version*) wait_for 'has version 7\.12, this program reads versions 1\.x' ;;
	magic*) wait_for 'is not a task table' ;;
	*) wait_for 'claims 3000000000 entries' ;;
	esac
	end_top
	stop_root
done

# Without the right to look.
if [ "$(id -u)" -eq 0 ] && chmod 755 "$work_dir" && cp "$top" seen-by-others &&
	chmod 755 seen-by-others &&
	setpriv --reuid 65534 --regid 65534 --clear-groups ./seen-by-others --version >out 2>err; then
	start_root 1 "$task_program"
	own=$top top=$work_dir/seen-by-others
	top_environment='LC_ALL=C.UTF-8 XDG_CONFIG_HOME=/nowhere setpriv --reuid 65534 --regid 65534 --clear-groups'
	start_top 120 24 -d 0.1
	wait_for 'looks like a PiP root, but you may not read it|no PiP program is running that you may see'
	keys w
	wait_for '/nowhere'
	end_top
	start_top 120 24 -d 0.1 -p "$root_pid"
	wait_for 'may not|no PiP program|Permission denied'
	end_top
	top=$own top_environment='LC_ALL=C.UTF-8'
	stop_root
fi

# 300 tasks; sizes from too small to large, and a storm of them.
start_root 300 "$task_program" many
start_top 100 30 -p "$root_pid" -d 0.2
wait_for '^pip-top 1 root, 300 tasks: '
keys N End
wait_for '^ +299 '
keys Home t
wait_for '├─ '
for size in '20 5' '19 4' '40 10' '500 200' '21 5' '80 24' '1 1' '200 6' '100 30'; do
	# shellcheck disable=SC2086 # two words
	set -- $size
	tm resize-window -x "$1" -y "$2" || framework_failed "resize $size"
done
wait_for '^pip-top 1 root, 300 tasks: '
tm resize-window -x 20 -y 5
wait_for '^PIPID +CPU% COMMAND|^PIPID .*COMM'
tm resize-window -x 12 -y 3
wait_for 'too small'
tm resize-window -x 500 -y 200
wait_for '^ +150 .*observer-task many'
end_top
stop_root

# Tasks come and go, forty programs.
cat >job.sh <<EOF
i=0
while [ \$i -lt 40 ]; do
	"$pip_exec" -n 3 sleep 0.05
	i=\$((i + 1))
done
EOF
start_top 80 24 -d 0.1
sh job.sh 9>&- &
churn=$!
started="$started $churn"
# (Not q: where no task is left to look at, it ends the program.)
keys 1 2 3 4 1 t t Enter Escape F6 Escape F2 Escape
wait "$churn"
wait_for '^pip-top [0-9]+ root'
end_top

# The root dies under it, and the details of one of its tasks are open.
start_root 3 "$task_program" orphan
start_top 300 24 -p "$root_pid" -d 0.1
wait_for 'orphan'
keys N End Enter
wait_for '^Task [0-2], process '
kill -KILL "$root_pid"
wait "$job"
exec 9>&-
wait_for 'The task has ended'
keys q
wait_for 'no PiP program is running|that process has ended|no task'
end_top

# Without colors, without UTF-8, with 8 and with 24-bit colors.
start_root 2 "$task_program" "gr$(printf '\303\274\303\237')e"
for setting in 'LC_ALL=C.UTF-8 NO_COLOR=1' 'LC_ALL=C TERM=vt100' \
	'LC_ALL=C.UTF-8 TERM=linux' 'LC_ALL=C.UTF-8 TERM=xterm-direct' \
	'LC_ALL=C.UTF-8 TERM=screen-256color' 'LC_ALL=C TERM=xterm-16'; do
	# Of ncurses-term, which need not be there: the same, made here.
	case $setting in
	*xterm-direct*)
		command -v tic >/dev/null || continue
		cat >direct.ti <<'EOF'
xterm-direct|of 24 bits,
	RGB, colors#0x1000000, pairs#0x7fff,
	setab=\E[%?%p1%{8}%<%t4%p1%d%e48\:2\:\:%p1%{65536}%/%d\:%p1%{256}%/%{255}%&%d\:%p1%{255}%&%d%;m,
	setaf=\E[%?%p1%{8}%<%t3%p1%d%e38\:2\:\:%p1%{65536}%/%d\:%p1%{256}%/%{255}%&%d\:%p1%{255}%&%d%;m,
	use=xterm-256color,
EOF
		tic -x -o terminfo direct.ti || framework_failed tic
		setting="$setting TERMINFO=$work_dir/terminfo"
		;;
	esac
	case $setting in
	*xterm-16)
		command -v tic >/dev/null || continue
		echo 'xterm-16|of 16 colors, colors#16, pairs#256, use=xterm-256color,' >16.ti
		tic -x -o terminfo 16.ti || framework_failed tic
		setting="$setting TERMINFO=$work_dir/terminfo"
		;;
	esac
	top_environment=$setting
	start_top 300 24 -p "$root_pid" -d 0.2 --tree
	wait_for '2 tasks: '
	case $setting in
	LC_ALL=C\ *) wait_for '[`]- .*gr\?\?e' ;;
	*) wait_for '└─ .*gr' ;;
	esac
	tm capture-pane -p -e >colored
	case $setting in
	*NO_COLOR* | *vt100*)
		! grep -qE "$(printf '\033')\\[[0-9;]*(3[0-7]|4[0-7]|38;)[0-9;]*m" colored ||
			fail "colors in spite of $setting"
		;;
	*)
		grep -qE "$(printf '\033')\\[[0-9;]*(3[0-7]|4[0-7]|38;|9[0-7])[0-9;]*m" colored ||
			fail "no colors with $setting"
		;;
	esac
	end_top
done
top_environment='LC_ALL=C.UTF-8 TERM=dumb'
start_top 80 24 -p "$root_pid"
wait_for "a terminal of type 'dumb' cannot place its cursor"
wait_for '^ended with 2'
top_environment='LC_ALL=C.UTF-8 TERM=no-such-type'
start_top 80 24 -p "$root_pid"
wait_for "no terminal of type 'no-such-type' is known"
top_environment='LC_ALL=C.UTF-8'
expect_status 2 "$top" </dev/null
expect_lines 1 'pip-top: standard input and output must be a terminal; -b prints without one' err

# Settings that are damaged never stop the start.
mkdir -p config/pip-top
for content in 'columns = none' 'delay = -1' 'garbage' "$(head -c 3000 /dev/zero | tr '\0' x)" 'sort = '; do
	echo "$content" >config/pip-top/settings
	start_top 80 24 -p "$root_pid" -d 0.2
	wait_for '2 tasks: '
	wait_for 'settings: line 1 is not understood and ignored'
	end_top
done
rm config/pip-top/settings
mkfifo config/pip-top/settings
start_top 80 24 -p "$root_pid" -d 0.2
wait_for '2 tasks: '
end_top
rm -r config

# Batch.
expect_status 0 "$top" -b -n 2 -d 0.1 --wide -p "$root_pid" -o pipid,state,command -s pipid
[ "$(grep -cE '^PIPID STATE +COMMAND$' out)" -eq 2 ] || fail "batch: $(cat out)"
[ "$(grep -cE '^ +[01] sleeping +.*observer-task' out)" -eq 4 ] || fail "batch: $(cat out)"
for arguments in '-n 0' '-n x' '-d 0' '-d x' '-o none' '-s none' '-p x' --color=pink word; do
	# shellcheck disable=SC2086 # two words
	expect_status 2 "$top" $arguments
	[ "$(wc -l <err)" -eq 1 ] || fail "$arguments: $(cat err)"
done
stop_root

# The map of switches, of ULPs that change places.
start_ring
start_top 100 20 -p "$ring" -d 0.2
wait_for '^ root .* (ready|running|decoupled) '
keys 2
wait_for 'ULPs: 0 (ready|decoupled|suspended|blocked)'
keys 4
keys '[' '[' '[' '[' '['
wait_for '^ +root +[0-9]+ +[0-9]+\|.*0.*1.*2.*\|'
keys 1
wait_for '^PIPID'
end_top
tm kill-server
kill -KILL "$ring"
wait "$ring"
started=
