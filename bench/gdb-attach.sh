#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# How long GDB takes to attach all tasks with their symbols, and to print all
# backtraces: gdb-attach.sh [TASKS]...  (default: 8 64 128 256), run in the
# build tree after `make && make check TESTS=`.
#
# Prints seconds: ATTACH, of it LIBS for reading the symbols of libraries, and BT
# for all backtraces, merged; CPU time of GDB, and its memory.  Beside pip-gdb, in
# the same run, what one would type by hand (BY_HAND= in the environment: not):
# attach, then tell GDB what it has attached.
case ${1-} in
-\? | --help)
	sed -n '/^# How long/,/^[^#]/s/^# \{0,1\}//p' "$0"
	exit 0
	;;
esac

: "${BENCH_PROGRAM:=./tests/gdb-target}"
gdb=${GDB:-gdb}
dir=$(mktemp -d) || exit 99
root=
trap '[ -z "$root" ] || kill -KILL $root; rm -rf "$dir"' EXIT
trap 'exit 99' HUP INT TERM

[ -x tests/gdb-root ] || {
	echo "gdb-attach.sh: no tests/gdb-root here: make check TESTS= builds it" >&2
	exit 99
}

# GDB commands for all tasks, in the order that one finds by oneself.
cat >"$dir/by_hand.py" <<'EOF'
import os, sys, time
import gdb

sys.dont_write_bytecode = True
sys.path.insert(0, os.environ["PACKAGE"])
from pip_gdb import program, survey

run = lambda command: gdb.execute(command, to_string=True)
found = program.Program(int(os.environ["ROOT"]))
looked = survey.Survey(found)
tasks = [looked.look_at(e) for e in found.read_entries() if e.is_alive]
start = time.monotonic()
for setting in ("pagination off", "confirm off", "exec-file-mismatch off",
                "schedule-multiple on", "suppress-cli-notifications on"):
    run("set " + setting)
for number, task in enumerate(tasks, 1):
    if number > 1:
        run("add-inferior")
        run(f"inferior {number}")
    run("set auto-solib-add off")
    run(f"attach {task.pid}")
    if not task.is_root:
        run("symbol-file")
        run(f"exec-file {task.symbol_file}")
        run(f"symbol-file -o {task.bias:#x} {task.symbol_file}")
    run("set auto-solib-add on")
    run("sharedlibrary")
attached = time.monotonic()
for inferior in gdb.inferiors():
    inferior.threads()[0].switch()
    run("backtrace")
EOF
cat >"$dir/measured.py" <<'EOF'
import time
from pip_gdb import symbols

reading = 0.0
run_command = symbols.run


def run_measured(command):
    """libraries.py reads by this."""
    global reading
    begin = time.monotonic()
    try:
        return run_command(command)
    finally:
        if command.startswith(("set sysroot", "nosharedlibrary", "python pip_gdb.lib")):
            reading += time.monotonic() - begin


symbols.run = run_measured
start = time.monotonic()
EOF
cat >"$dir/attached.py" <<'EOF'
import time
attached = time.monotonic()
EOF
cat >"$dir/report.py" <<'EOF'
import os, time
end = time.monotonic()
reading = f"{reading:.2f}" if "reading" in globals() else "-"
memory = next(line.split()[1] for line in open("/proc/self/status") if "VmHWM" in line)
print(f"{os.environ['LABEL']:>8} {len(gdb.inferiors()) - 1:>6} {attached - start:>8.2f}"
      f" {reading:>8} {end - attached:>8.2f} {time.process_time():>8.2f}"
      f" {int(memory) // 1024:>8}")
EOF

package=$(cat gdb/source-dir)
printf '%8s %6s %8s %8s %8s %8s %8s\n' METHOD TASKS ATTACH LIBS BT CPU MIB
[ $# -gt 0 ] || set -- 8 64 128 256
for tasks in "$@"; do
	: >"$dir/started"
	./tests/gdb-root "$tasks" "$BENCH_PROGRAM" >"$dir/started" &
	root=$!
	until grep -q ^ready "$dir/started"; do
		kill -0 $root 2>/dev/null || exit 99
		sleep 0.1
	done
	sleep 1
	for _ in 1 2 3; do
		LABEL=pip-gdb ./gdb/pip-gdb -nx -batch -x "$dir/measured.py" \
			-ex "pip attach $root" -x "$dir/attached.py" \
			-ex 'python bt = gdb.execute("pip bt", to_string=True)' \
			-x "$dir/report.py" 2>/dev/null | grep pip-gdb
		[ -n "${BY_HAND-1}" ] || continue
		LABEL='by hand' ROOT=$root PACKAGE=$package $gdb -nx -batch \
			-x "$dir/by_hand.py" -x "$dir/report.py" 2>/dev/null |
			grep 'by hand'
	done
	kill -KILL $root
	wait $root 2>/dev/null
	root=
done
