#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The values that pip-top shows are those of /proc and of the runtime, of tasks
# that have worked and are stopped now, so that nothing changes any more.
. "${srcdir:-.}/tests/top-lib.sh"

need_json
need_command python3 python3
start_root 2 "$task_program" spin
task_pids=$("$pips" -p "$root_pid" -t --no-header -o pid)
has_worked() {
	for pid in $task_pids; do
		[ "$(cut -d' ' -f1 "/proc/$pid/schedstat")" -gt 100000000 ] || return 1
	done
}
poll has_worked || fail 'the tasks do not work'
# shellcheck disable=SC2086 # two words
kill -STOP $task_pids
are_stopped() {
	for pid in $task_pids; do
		grep -q '^State:.T' "/proc/$pid/status" || return 1
	done
}
poll are_stopped || fail 'the tasks do not stop'

expect_status 0 "$top" --json -n 1 -d 0.1 -p "$root_pid"
"$pips" --json -p "$root_pid" >pips.json || fail 'pips'
python3 - <<'EOF' || fail "$(cat out)"
import json
top = json.load(open("out"))["programs"][0]
pips = json.load(open("pips.json"))["programs"][0]
assert len(top["tasks"]) == len(pips["tasks"]) == 3
for task, other in zip(top["tasks"], pips["tasks"]):
    folder = "/proc/%d/" % task["pid"]
    stat = open(folder + "stat").read().rsplit(")", 1)[1].split()
    run, wait, switches = map(int, open(folder + "schedstat").read().split())
    assert task["pid"] == other["pid"] and task["tid"] == task["pid"]
    assert task["pipid"] == other["pipid"]
    assert task["threads"] == int(stat[17]), task
    assert task["cpu"] == int(stat[36]), task
    assert task["cpu_seconds"] == run // 1000000 / 1000, (task, run)
    assert task["rss_bytes"] == other["rss_bytes"] > 1 << 20, (task, other)
    for name, value in task["counters"].items():
        assert value == other["counters"][name], (task, other)
    if task["pipid"] == "root":
        continue
    assert task["state"] == "stopped" and stat[0] == "T", task
    assert task["cpu_percent"] == task["kernel_switches_per_second"] == 0
    assert task["faults_per_second"] == 0, task
assert top["rss_bytes"] - top["root_rss_bytes"] >= sum(
    t["rss_bytes"] for t in top["tasks"] if t["pipid"] != "root"), top
EOF
# The same on the screen.
start_top 160 20 -p "$root_pid" -d 0.2 -s pipid -o pid,state,cpu,cpu%,ksw,faults,wait,threads
for pid in $task_pids; do
	cpu=$(sed 's/.*) //' "/proc/$pid/stat" | cut -d' ' -f37)
	wait_for "^ *$pid stopped +$cpu +0\\.0 +0 +0 +0\\.0 +1$"
done
end_top
# shellcheck disable=SC2086
kill -CONT $task_pids
stop_root
