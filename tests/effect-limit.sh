#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pip-probe-effect: a workload or an instrumentation that hangs is named, and
# ended with all that it has started; so is everything if it is told to end.
. "${srcdir:-.}/tests/effect-lib.sh"

# GDBs that are none; "$*" has the PID that pip-gdb was given.
cat >gdb-silent <<'END'
#!/bin/sh
[ "$1" != --configuration ] || exit 0
exec sleep 1000
END
cat >gdb-deaf <<'END'
#!/bin/sh
[ "$1" != --configuration ] || exit 0
trap '' INT
echo attached
sleep 1000
END
cat >gdb-harmful <<'END'
#!/bin/sh
[ "$1" != --configuration ] || exit 0
pid=$(expr "$*" : '.*attach_first(\([0-9]*\)')
kill -STOP $(ps -o pid= --ppid $pid)
echo attached
exec sleep 1000
END
chmod +x gdb-*

# They wait for the limit, all at the same time.
started=
try() { # NAME ARGUMENT...
	name=$1
	shift
	started="$started $name"
	(
		status=0
		timeout -k 9 600 "$effect" -q -L 12 -n 1 --no-plot "$@" \
			>"$name.out" 2>"$name.err" || status=$?
		echo $status >"$name.status"
	) &
}

try endless -I recorder sleep 1000
try orphans -I recorder sh -c 'setsid sleep 1000 & (setsid sleep 1000 &); sleep 1000'
# shellcheck disable=SC2016
try stopped -I recorder sh -c 'kill -STOP $$'
if is_here gdb; then
	GDB=$work_dir/gdb-silent try silent -W couple -e 100 -I gdb
	GDB=$work_dir/gdb-deaf try deaf -W couple -e 100 -k --json=deaf.json \
		-I gdb -I recorder
	GDB=$work_dir/gdb-harmful try harmful -W couple -e 100 -I gdb
fi
# What was there before is not its own.
# shellcheck disable=SC2016
sh -c 'sleep 1000 & echo $! >earlier; exec "$@"' - "$effect" -q -L 12 -n 1 \
	-I recorder sleep 1000 >earlier.out 2>earlier.err &
earlier=$!

expect() { # NAME REGEXP
	grep -qE -- "$2" "$1.err" || {
		show "$1.out"
		show "$1.err"
		fail "$1: not '$2'"
	}
}
status=0
wait $earlier || status=$?
[ $status -eq 1 ] || fail "status $status of what had a child before"
kill "$(cat earlier)" || fail 'it has ended a child that was there before'
wait
for name in $started; do
	[ "$(cat "$name.status")" = 1 ] || {
		show "$name.err"
		fail "$name: status $(cat "$name.status")"
	}
done
poll all_ended || fail 'it has left processes'
expect endless '^pip-probe-effect: none: the workload does not end its work within 12 s \(--limit\)$'
expect orphans '^pip-probe-effect: none: the workload does not end its work'
expect stopped ' within 12 s \(--limit\): process [0-9]* \(sh\) is stopped$'
if is_here gdb; then
	expect silent '^pip-probe-effect: gdb: it does not get ready within 12 s'
	expect deaf '^pip-probe-effect: gdb: it was interrupted, and does not end within 12 s'
	expect harmful '^pip-probe-effect: gdb: the workload does not end.* within 12 s .*: process [0-9]* .* is stopped$'
	grep -q '^gdb has failed, and is left out:$' deaf.out &&
		grep -q '^recorder .* too few runs$' deaf.out ||
		{ show deaf.out; fail '-k does not go on'; }
	python3 -c '
import json
d = json.load(open("deaf.json"))
assert [s["name"] for s in d["samples"]] == ["none", "recorder"], d
assert [f["name"] for f in d["failures"]] == ["gdb"], d
assert "does not end" in d["failures"][0]["reason"], d' || fail 'the JSON of -k'
fi
refuses 2 "-L: '0' is no number" -L 0 true

# Told to end, it ends what runs, and dies of that signal.
for signal in INT TERM HUP; do
	start_job "$effect" -q -n 1 -I 'command=sleep 1000' -- sh -c \
		'echo >begun; (setsid sleep 1000 &); sleep 1000'
	poll test -e begun || framework_failed 'the command did not begin'
	kill -$signal "$job"
	case $signal in INT) code=130 ;; TERM) code=143 ;; HUP) code=129 ;; esac
	expect_job_status "$code"
	poll all_ended || fail "SIG$signal: it has left processes"
	grep -q ': interrupted by signal' job.err || { show job.err; fail "SIG$signal"; }
	rm begun
done
