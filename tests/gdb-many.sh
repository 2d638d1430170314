#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Of many tasks, libraries are read in another way (pip_gdb/libraries.py): they
# are all there, with everything that GDB knows by them, and so are the
# breakpoints that GDB sets for itself.
. "${srcdir:-.}/tests/gdb-common.sh"
require_gdb
number=30
everybody=$((number + 1))
TMPDIR=$work_dir/directories
export TMPDIR
mkdir "$TMPDIR" || framework_failed "no $TMPDIR"

# GDB 13 can be told; of others it is enough that everything is right.
is_told() { ${GDB:-gdb} --version | grep -q '^GNU gdb.* 13\.'; }

cat >count.py <<'EOP'
import collections
import gdb
from pip_gdb import libraries, vdso
print("INTERRUPTED", libraries.number_interrupted)
print("HIDDEN", vdso.number_hidden)
lines = gdb.execute("maint info breakpoints", to_string=True).splitlines()
for kind in ("longjmp master", "shlib events"):
    print(kind.upper(), len([line for line in lines if kind in line]))
yes = collections.Counter()
for inferior in gdb.inferiors():
    gdb.execute(f"inferior {inferior.num}", to_string=True)
    for line in gdb.execute("info sharedlibrary", to_string=True).splitlines():
        if " Yes " in line:
            yes[line.split("/")[-1].split(".so")[0].split("-")[0]] += 1
        elif " No " in line:
            print("NO", line)
    if inferior.num > 1:
        rank, local = (int(gdb.parse_and_eval(n)) for n in ("rank", "local_rank"))
        # One that has printed its number need not have come to work() yet.
        print("RANK", rank, local in (0, rank + 1000))
print("LIBRARIES", sorted(yes.items()))
EOP

check_all() { # INTERRUPTED
	expect_gdb_status 0
	if is_told; then
		expect_count 1 out "^INTERRUPTED $1\$"
		expect_count 1 out "^HIDDEN $number\$"
	fi
	expect_no_match err 'pip-gdb\|Python\|rror'
	expect_no_match out '^NO '
	for count in "'ld', $everybody" "'libc', $everybody" "'libpip', $everybody" \
		"'libgdb', $number"; do
		expect_match out "^LIBRARIES .*($count)"
	done
	expect_count 1 out "^SHLIB EVENTS $everybody\$"
	found=$(sed -n 's/^LONGJMP MASTER //p' out)
	[ "$found" -gt 0 ] && [ $((found % everybody)) -eq 0 ] ||
		fail_showing "$found breakpoints in longjmp() of $everybody"
	i=0
	while [ $i -lt $number ]; do
		expect_count 1 out "^RANK $i True\$"
		i=$((i + 1))
	done
	[ -z "$(ls -A "$TMPDIR")" ] || fail "left behind: $(ls -A "$TMPDIR")"
	# shellcheck disable=SC2086
	expect_running $root $tasks
}

start_root $number "$target"
run_gdb -batch -ex 'set solib-search-path /nowhere' -ex "pip attach $root" \
	-x count.py -ex 'pip bt' -ex 'show solib-search-path' -ex 'show sysroot' -ex 'pwd' \
	-ex 'pip detach' -ex 'show solib-search-path'
check_all $number
expect_match out '^ *library_step at gdb-target-library\.c:'
expect_count 2 out 'search path .* is /nowhere[:.]'
grep 'search path' out | tail -n 1 >after
expect_match after ' is /nowhere\.$'
expect_count 1 out '^The current system root is "\(target:\)*"\.$'
expect_count 1 out "^Working directory $(pwd -P)\\.\$"

# The working directory is no place to look for libraries.
before=$(pwd)
cd / || framework_failed 'cd /'
run_gdb_here() { # ARG...
	timeout -k 5 3000 "$pip_gdb" -nx "$@" >"$before/out" 2>"$before/err" </dev/null
}
status=0
run_gdb_here -batch -ex "pip attach $root" -x "$before/count.py" || status=$?
cd "$before" || framework_failed "cd $before"
check_all $number

# A breakpoint that was there before has a place in each task.
run_gdb -batch -ex 'set breakpoint pending on' -ex 'break work' \
	-ex "pip attach $root" -x count.py -ex 'info breakpoints'
check_all 0
expect_count $number out '^1\.[0-9]* *y .* in work at .* inf [0-9]*$'

# Later libraries are noticed, and names found in each task's own copy.
victim=$(nth_task 17)
run_gdb -p "$root" -batch -ex 'handle SIGUSR2 nostop noprint pass' \
	-ex 'break report_opened' -ex "shell kill -USR2 $victim" -ex 'pip continue' \
	-ex 'print rank' -ex 'info sharedlibrary' -ex 'info breakpoints'
expect_gdb_status 0
expect_count 1 out '^\$1 = 17$'
expect_count 1 out 'Yes.*/libm\.so'
expect_count $number out '^1\.[0-9]* *y .* in report_opened at .* inf [0-9]*$'
# shellcheck disable=SC2086
expect_running $root $tasks
stop_root
