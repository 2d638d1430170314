#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Rights that go away while pip-top runs: it says what is missing on one line,
# goes on with the rest, and shows all again when they come back.
# shellcheck disable=SC2086 # $as_user is several words, or none
. "${srcdir:-.}/tests/top-lib.sh"

# Root may look into everything.
as_user=
if [ "$(id -u)" -eq 0 ]; then
	as_user='setpriv --reuid 65534 --regid 65534 --clear-groups'
	chmod 755 "$work_dir"
fi
mkdir programs
cp "$top" "$pips" "$root_program" "$task_program" "$builddir/lib/.libs/libpip.so.0" \
	programs || framework_failed 'cp'
chmod 755 programs programs/*
LD_LIBRARY_PATH=$work_dir/programs
export LD_LIBRARY_PATH
top=$work_dir/programs/pip-top
$as_user "$top" --version >out 2>err ||
	skip "cannot run programs of $work_dir as another user: $(cat err)"
top_environment="LC_ALL=C.UTF-8 XDG_CONFIG_HOME=/nowhere $as_user"

# Two programs, of which one changes: its root and all its tasks, since to be
# looked into (or not) is a property of the address space.
start_program $as_user programs/observer-root 2 "$work_dir/programs/observer-task" stays
first_job=$job first_root=$root_pid
exec 8>&9
mv input input.first
start_program $as_user programs/observer-root -r 2 "$work_dir/programs/observer-task" hides
start_top 300 40 -d 0.1
wait_for '^pip-top 2 roots, 4 tasks'
wait_for_lines 3 'observer-.* stays'
wait_for_lines 3 'observer-.* hides'
for _ in 1 2; do
	kill -USR1 "$root_pid"
	wait_for "^program $root_pid is hidden: you may not look into it any more\$"
	wait_for '^pip-top 1 root, 2 tasks'
	wait_for_lines 3 'observer-.* stays'
	wait_for_lines 1 'is hidden|may not'
	# All keys do what they did.
	keys 2
	wait_for "^program $first_root: 3 kernel threads"
	keys 3
	wait_for "^program $first_root: [0-9.]+[KM] resident"
	keys 4 1
	kill -USR2 "$root_pid"
	wait_for '^pip-top 2 roots, 4 tasks'
	wait_gone 'is hidden'
	wait_for_lines 3 'observer-.* hides'
done
# The permissions of the table's file are those of opening it again: then it is
# read where the tasks have it.
kill -HUP "$root_pid"
kill -USR1 "$root_pid"
wait_for 'is hidden'
kill -USR2 "$root_pid"
wait_for '^pip-top 2 roots, 4 tasks'
wait_for_lines 3 '^ +(root|[01]) .* sleeping .*observer-.* hides'
end_top

# Alone, and between two scans: what the kernel hides is not known, the rest
# goes on.  (A scan is due when it has earned what the last one cost.)
start_top 120 40 -d 0.1 -p "$root_pid"
wait_for '^pip-top 1 root, 2 tasks'
keys Home Down Enter
wait_for '^Task [01], process'
kill -USR1 "$root_pid"
wait_for 'The task has ended|not known: (Permission denied|Operation not permitted|kernel.yama)'
keys q
wait_for "^process $root_pid: you may not look into it\$"
kill -USR2 "$root_pid"
wait_for '^pip-top 1 root, 2 tasks'
wait_gone 'may not'
end_top
kill -KILL "$root_pid"
exec 9>&-
wait "$job"
exec 9>&8 8>&-
job=$first_job

# Batch says it once, on stderr, and goes on.
start_program_again() {
	mv input input.second
	start_program $as_user programs/observer-root -r 1 "$work_dir/programs/observer-task" hides
}
exec 8>&9
start_program_again
# shellcheck disable=SC2086 # several words, or none
$as_user "$top" -b -d 0.1 -o pipid,state,command >batch.txt 2>batch.err 9>&- 8>&- &
watcher=$!
started="$started $watcher"
batch_has() { # REGEXP
	tail -n 20 batch.txt | grep -qE "$1"
}
poll batch_has '2 programs, 3 tasks' || fail "batch: $(tail -n 20 batch.txt)"
kill -USR1 "$root_pid"
poll batch_has '1 program, 2 tasks' || fail "batch: $(tail -n 20 batch.txt)"
told() {
	[ "$(grep -cx "pip-top: program $root_pid is hidden: you may not look into it any more" batch.err)" -eq 1 ]
}
poll told || fail "batch: $(cat batch.err)"
kill -USR2 "$root_pid"
poll batch_has '2 programs, 3 tasks' || fail "batch: $(tail -n 20 batch.txt)"
kill "$watcher"
wait "$watcher"
kill -KILL "$root_pid"
exec 9>&-
wait "$job"
exec 9>&8 8>&-
job=$first_job
tm kill-server # it has descriptor 8
stop_root

# One that changes its user while its tasks do not: of these the kernel shows
# less, and they are nevertheless what they were.
if [ "$(id -u)" -eq 0 ]; then
	start_program programs/observer-root -u 1 "$work_dir/programs/observer-task" other
	start_top 300 60 -d 0.1 -p "$root_pid" -s pipid
	wait_for '^ +0 .* sleeping .*observer-task other'
	keys N Home Down Enter
	wait_for '^Task 0, process'
	keys End
	wait_for 'not known: (Permission denied|Operation not permitted|kernel.yama)'
	keys q
	wait_for '^ +0 .* sleeping .*observer-task other'
	end_top
	"$pips" -p "$root_pid" >out 2>err || fail "pips: $(cat err)"
	stop_root
fi
