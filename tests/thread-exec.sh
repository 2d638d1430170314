#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The tools and thread mode: pip-exec, pip-mode, pips; and what is refused.
. "${srcdir:-.}/tests/testlib.sh"

PIP_MODE=thread
export PIP_MODE

expect_status 0 "$pip_exec" -n 4 /bin/true
expect_status 9 "$pip_exec" sh -c 'exit 3' : sh -c 'exit 9' : sh -c 'exit 7'
expect_status 0 "$pip_exec" -n 8 sh -c 'echo $$'
[ "$(sort -u <out | wc -l)" -eq 1 ] || fail "8 tasks have several PIDs"
# One shell only with pipes and children: they are the process's, and several
# close each other's and wait for each other's.
expect_status 5 "$pip_exec" bash -c '(exit 4); seq 5 | wc -l; exit 5'
expect_lines 1 5 out
expect_status 5 "$pip_exec" -n 3 bash -c 'echo 4; exit 5'
expect_lines 3 4 out

# One that cannot be started ends the others, and not pip-exec itself.
expect_status 2 "$pip_exec" sleep 1000 : -n 2 ./nothing

# Tests of process mode that are not about what tasks share here: PID, directory,
# descriptors, children, file locks, signals to the process.
for name in cxx function path refuse usage; do
	(cd "$builddir" && srcdir=$top_srcdir \
		"$top_srcdir/tests/exec-$name.sh") >log 2>&1
	status=$?
	[ $status -eq 0 ] || [ $status -eq 77 ] ||
		fail "exec-$name in thread mode: status $status: $(cat log)"
done

# What cannot carry libpip would end everybody when it ends.
printf 'int main(void) { return 0; }\n' >plain.c
if cc -static-pie -o static plain.c 2>/dev/null; then
	expect_status 83 "$pip_exec" ./static
	grep -q 'thread mode: it is statically linked' err || fail "$(cat err)"
fi
if command -v musl-gcc >/dev/null && musl-gcc -pie -fPIE -o musl plain.c 2>/dev/null; then
	expect_status 83 "$pip_exec" ./musl
	grep -q 'thread mode: its libc is musl' err || fail "$(cat err)"
fi

# A signal for the process is for all.
"$pip_exec" -n 2 sleep 1000 >out 2>err &
pid=$!
two_threads() {
	[ "$("$builddir/pips/pips" -p "$pid" 2>/dev/null |
		awk '$5 == "thread" && $1 != "root" && $3 != $2' | wc -l)" -eq 2 ]
}
poll two_threads || fail "pips does not show two threads"
"$builddir/pips/pips" -p "$pid" >list
root=$(awk '$1 == "root" { print $2 }' list)
[ -n "$root" ] || fail "pips shows no root: $(cat list)"
# top shows threads, of the one process.
mkdir fake
# shellcheck disable=SC2016 # for that shell
printf '#!/bin/sh\necho "$@"\n' >fake/top
chmod +x fake/top
PATH=$PWD/fake:$PATH "$builddir/pips/pips" -T -p "$pid" >top
grep -qx -- "-H -p $root" top || fail "pips -T runs: top $(cat top)"
kill -TERM "$root"
wait "$pid"
status=$?
[ $status -eq 143 ] || fail "after SIGTERM: status $status"

unset PIP_MODE
"$builddir/bin/pip-mode" -T "$builddir/bin/printpipmode" >out || fail "pip-mode -T"
grep -qx pthread out || grep -qx thread out || fail "pip-mode -T: $(cat out)"
