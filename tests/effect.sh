#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pip-probe-effect: what its instrumentations count is exactly what happened,
# and a run in which it is not is refused.
. "${srcdir:-.}/tests/testlib.sh"

effect=$builddir/bench/effect/pip-probe-effect
need_command python3 python3

# WORKLOAD EVENTS INSTRUMENT...: measure, and check the counts in the JSON.
measure() {
	workload=$1
	events=$2
	shift 2
	for instrument; do
		set -- "$@" -I "$instrument"
		shift
	done
	expect_status 0 timeout 300 "$effect" -q -W "$workload" -e "$events" \
		-n 2 --json out.json "$@"
	python3 -c '
import json, sys
exact = ("usdt", "stack", "bpftrace", "bpftrace-stack")
d = json.load(open("out.json"))
events = int(sys.argv[1])
assert d["schema"] == "pip-probe-effect" and d["version"] == 1
assert d["events"] == events and d["unit"] == "ns per event", d
assert d["samples"][0]["name"] == "none", d
for s in d["samples"]:
    assert s["n"] == len(s["values"]) == 2 and min(s["values"]) > 0, s
    assert s["lost"] == 0, s
    assert s["comparisons"] or s["name"] == "none", s
    if s["name"] in exact:
        assert s["counted_last_run"] == events, s
    if s["name"] in ("recorder", "pip-trace") and d["workload"] == "switch":
        assert s["recorded_last_run"] == events, s
    if s["name"] == "syscalls" and d["workload"] == "dd":
        assert s["counted_last_run"] >= 2 * events, s
    if "stack" in s["name"] and d["workload"] == "lock":
        assert s["stacks"] == 4, s
print(" ".join(s["name"] for s in d["samples"]))' "$events" >names ||
		{ show err; fail "$workload: $*"; }
	echo "$workload: $(cat names)"
}

# What needs no privilege.
measure switch 20002 recorder
expect_status 0 "$effect" -W lock -n 2 -m cpu -I recorder
grep -qx 'unit: ns per event (cpu time)' out || { show out; fail 'the unit of -m cpu'; }
measure couple 300 recorder pips
measure spawn 23 recorder 'command=sleep 9'
measure ipc 500 recorder
measure dd 1009 recorder 'command=true; sleep 9'

# The order of runs, and the files.
expect_status 0 "$effect" -W malloc -e 1009 -n 3 -I recorder --csv out.csv \
	--html out.html
cut -d, -f1,2 out.csv | tr '\n' ' ' >order
[ "$(cat order)" = 'instrumentation,run none,1 recorder,1 none,2 recorder,2 none,3 recorder,3 ' ] ||
	{ show order; fail 'not in turns'; }
grep -q '<svg' out.html && grep -q '</html>' out.html || fail 'the page'
grep -qE 'https?://' out.html && ! grep -qE 'xmlns="http://www.w3.org/2000/svg"' out.html &&
	fail 'the page is not self-contained'
awk 'length > 80 { exit 1 }' out || { show out; fail 'wider than 80 columns'; }

# A command without known events: seconds.
expect_status 0 "$effect" -n 2 -I recorder -m cpu -- sh -c 'i=0; while [ $i -lt 99 ]; do i=$((i+1)); done'
grep -qx 'unit: s (cpu time)' out || { show out; fail 'the unit of a command'; }

# --- What is not as it should be ---------------------------------------------

refuses() { # STATUS MESSAGE ARGUMENT...
	wanted=$1
	message=$2
	shift 2
	expect_status "$wanted" timeout 300 "$effect" -n 2 "$@"
	grep -qF -- "$message" err || { show err; fail "not '$message': $*"; }
}
refuses 1 'the workload has failed' -I recorder false
refuses 1 'No such file' -I recorder ./no-such-command
refuses 1 'no instrumentation is left' -I gdb true
refuses 1 'command=false: /bin/sh has ended' -I command=false true
refuses 1 'did 0 events instead of 10' -W 'dd=bs=4k if=/dev/null' -e 10 -I recorder
refuses 2 "there is no workload 'x'" -W x
refuses 2 "there is no instrumentation 'x'" -I x true
refuses 2 'either a workload or a command' -W lock true
refuses 2 'no workload (-W) and no command' -I recorder
refuses 2 "'three' is not FILE" -P three true
refuses 2 'can only tell wall and cpu time' -W lock -m user
refuses 2 'an even number' -W switch -e 3
refuses 1 'has no function no_such_function' -P "$builddir/lib/.libs/libpip.so:no_such_function" -I usdt true
refuses 1 'not an ELF file' -P "$top_srcdir/README.md:x" -I usdt true
expect_status 0 "$effect" --list
grep -q '^  dd  ' out && grep -q '^  gdb  ' out || { show out; fail '--list'; }

# --- What needs the kernel's help --------------------------------------------

if grep -qE '^  usdt .*not here' out; then
	skip "probes: $(sed -n 's/^  usdt .*not here: \(.*\)]/\1/p' out)"
fi
measure switch 10006 usdt-empty usdt stack sched syscalls
measure couple 300 usdt stack
measure spawn 23 usdt stack
measure malloc 10007 usdt stack
measure dd 1009 syscalls
# What looks on does not keep anything from being done.
for tool in pip-top/pip-top bpf/pip-trace; do
	[ ! -x "$builddir/$tool" ] || measure switch 20002 "${tool#*/}"
done
# The lecture's number of locks, each with its stack.
measure lock 57446 usdt stack
# A function of a library that everybody has, in a command that calls it a few
# times: without a known number of events it is only reported.
libc=$(ldd /bin/sh | sed -n 's/.*=> \(.*libc.so.6\) .*/\1/p')
if [ -n "$libc" ]; then
	expect_status 0 "$effect" -n 2 -I usdt -I stack -P "$libc:malloc" \
		-m system dd if=/dev/zero of=/dev/null count=10 status=none
	awk '/usdt: / { split($0, w, "counted "); u = w[2] + 0 }
		/stack: / { split($0, w, "counted "); s = w[2] + 0 }
		END { exit !(u > 0 && u == s) }' out ||
		{ show out; fail 'the calls of malloc'; }
	# It is refused when it is not the number that it should be.
	refuses 1 'events instead of 10007' -e 10007 -I usdt -P "$libc:malloc" \
		dd if=/dev/zero of=/dev/null count=10 status=none
fi
if command -v bpftrace >/dev/null && [ "$(id -u)" -eq 0 ]; then
	measure lock 10007 bpftrace bpftrace-stack
fi
