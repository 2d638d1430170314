# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What the tests of pip-probe-effect share.
. "${srcdir:-.}/tests/testlib.sh"

effect=$builddir/bench/effect/pip-probe-effect
need_command python3 python3
need_json

# WORKLOAD EVENTS INSTRUMENT...: measure, and check the counts in the JSON.
measure() {
	workload=$1
	events=$2
	shift 2
	for instrument; do
		set -- "$@" -I "$instrument"
		shift
	done
	expect_status 0 timeout 900 "$effect" -q -W "$workload" -e "$events" \
		-n 2 --json out.json "$@"
	python3 -c '
import json, sys
exact = ("usdt", "stack", "bpftrace", "bpftrace-stack", "lttng",
         "pip-trace-stacks")
d = json.load(open("out.json"))
events = int(sys.argv[1])
assert d["schema"] == "pip-probe-effect" and d["version"] == 1
assert d["events"] == events and d["unit"] == "ns per event", d
assert d["samples"][0]["name"] == "none", d
for s in d["samples"]:
    assert s["n"] == len(s["values"]) == 2 and min(s["values"]) > 0, s
    assert s["comparisons"] or s["name"] == "none", s
    if not s["name"].startswith("pip-trace"):
        assert s["lost"] == 0, s
    if s["name"] in exact:
        assert s["counted_last_run"] == events, s
    if s["name"] in ("recorder", "pip-trace") and d["workload"] in ("switch", "mark"):
        assert s["recorded_last_run"] == events, s
    if s["name"] == "pip-trace" and d["workload"] == "switch":
        assert s["counted_last_run"] + s["lost"] >= events, s
    if s["name"] == "syscalls" and d["workload"] == "dd":
        assert s["counted_last_run"] >= 2 * events, s
    # That of the calls which perf trace has seen; some may be lost.
    if s["name"] == "perf-trace" and d["workload"] == "dd":
        assert s["counted_last_run"] >= events / 2, s
    # There and back: each leaves the CPU, and gets it.
    if s["name"] == "pip-trace-sched" and d["workload"] == "pingpong":
        assert s["counted_last_run"] + s["lost"] >= 4 * events, s
    if "stack" in s["name"] and d["workload"] == "lock":
        assert s["stacks"] == 4, s
print(" ".join(s["name"] for s in d["samples"]))' "$events" >names ||
		{ show err; fail "$workload: $*"; }
	echo "$workload: $(cat names)"
}

# Is that instrumentation here?  Else $why says why not.
is_here() { # NAME
	why=$("$effect" --list | sed -n "s/^  $1 .*\[not here: \(.*\)\]\$/\1/p")
	[ -z "$why" ]
}

refuses() { # STATUS MESSAGE ARGUMENT...
	wanted=$1
	message=$2
	shift 2
	expect_status "$wanted" timeout 900 "$effect" -n 2 "$@"
	grep -qF -- "$message" err || { show err; fail "not '$message': $*"; }
}
