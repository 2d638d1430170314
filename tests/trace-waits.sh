#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What a thread's waits for a CPU make of a recording is the same as what wakeups
# do, however it is cut into intervals; and what older recordings have.
. "${srcdir:-.}/tests/trace-common.sh"
need_command python3 python3

make_file() { # NAME MINOR END <LINES
	"$builddir/tests/trace-make" "$1.data" "$2" "$3" ||
		framework_failed "$1: trace-make"
}

# The root runs, is asleep from 1000 on, is woken at 1500, moved to another CPU
# at 1800, and runs at 2300; loses the CPU from 3000 to 3700; is asleep from 4000
# to 5000, runs at 6000, and is asleep from 7000 on.  Thread 101 is made at 3100,
# gets a CPU at 3300, and ends at 3400; what becomes of it is not always recorded.
# Thread 102 waits until 300, and is asleep from 400 on.
make_file waits 3 8000 <<-END
	1    0 in     100 0 0   0 0 0
	1  300 in     102 0 0   +300 +900 1
	1  400 out    102 0 1   0 +900 1
	1  500 in     100 0 0   0 +500 1
	1 1000 out    100 0 1   0 +500 1
	2 2300 in     100 1 0   +500 +1300 1
	2 3000 out    100 1 0   101 +1300 1
	2 3700 in     100 1 101 +700 +2000 1
	2 4000 out    100 1 1   0 +2000 1
	1 6000 in     100 0 0   +1000 +3000 1
	1 7000 out    100 0 1   0 +3000 1
	3 3100 wakeup 101 2 100 1 0 0
	3 3300 in     101 2 0   +200 +200 1
	3 3400 gone   101 2 0   0 0 0
	3 3500 out    101 2 0   0 +200 1
END
make_file wakeups 2 8000 <<-END
	1    0 in     100 0 0   0 0 0
	1    0 wakeup 102 0 100 0 0 0
	1  300 in     102 0 0   0 0 0
	1  400 out    102 0 1   0 0 0
	1  500 in     100 0 0   0 0 0
	1 1000 out    100 0 1   0 0 0
	1 1500 wakeup 100 0 102 0 0 0
	2 2300 in     100 1 0   0 0 0
	2 3000 out    100 1 0   101 0 0
	2 3700 in     100 1 101 0 0 0
	2 4000 out    100 1 1   0 0 0
	2 5000 wakeup 100 0 102 0 0 0
	1 6000 in     100 0 0   0 0 0
	1 7000 out    100 0 1   0 0 0
	3 3100 wakeup 101 2 100 1 0 0
	3 3300 in     101 2 0   0 0 0
	3 3400 gone   101 2 0   0 0 0
	3 3500 out    101 2 128 0 0 0
END

# --- Who has ended -----------------------------------------------------------

# It may still lose its CPU, and what it does then is not always recorded: it
# neither waits nor sleeps.  Its number may be used again.
make_file ended 2 5000 <<-END
	1  100 in     101 0 0   0 0 0
	0  200 gone   101 0 0   0 0 0
	1  300 out    101 0 0   0 0 0
	3  100 in     102 1 0   0 0 0
	0  200 gone   102 1 0   0 0 0
	3  300 out    102 1 128 0 0 0
	2 1000 wakeup 101 1 100 1 0 0
	2 1400 in     101 1 0   0 0 0
END
"$pip_trace" report -i ended.data >out || fail 'report'
for line in '101 .* 3.70 0.40 0.00' '102 .* 0.10 0.00 0.00'; do
	grep -qE "^$(echo "$line" | sed 's/ / +/g')\$" out || {
		show out
		fail "not '$line'"
	}
done

# --- Who was not seen to get a CPU -------------------------------------------

make_file unseen 3 2000 <<-END
	1    0 in     100 0 0   0 0 0
	1  100 out    100 0 0   0 +70 1
	1  900 out    100 0 0   0 +370 1
	1 1000 in     100 0 0   +100 +470 1
END
"$pip_trace" report -i unseen.data >out || fail 'report'
grep -qE '^100 .* 1\.60 +0\.40 +0\.00$' out || {
	show out
	fail 'not 1.6 ms on a CPU, and 0.4 ms waiting for one'
}

# --- In one piece ------------------------------------------------------------

for command in report summary timehist runqlat offcpu 'export --format folded' \
	'report --json' 'timehist --json' 'runqlat --json' \
	'offcpu --json'; do
	for file in waits wakeups; do
		# shellcheck disable=SC2086 # words
		"$pip_trace" $command -i $file.data >$file.out 2>err ||
			fail "$command: $(cat err)"
		# How many events it took; and nothing says that thread 102 was
		# asleep before it was woken.
		sed -E -e 's/"events":[0-9]+//; s/[0-9]+ events: //' \
			-e 's/"wakeups":[0-9]+//g' \
			-e 's/^( +0\.[0-9]+ +)1[0-9] /\1/' $file.out >$file.same
	done
	diff -u wakeups.same waits.same || fail "$command is not the same"
done

"$pip_trace" report -i waits.data >out || fail 'report'
#             switches on a CPU  delay  wait
for line in '100 R 0 4 3.00 2.50 2.50' \
	'101 R 0 1 0.10 0.20 0.00' \
	'102 R 0 1 0.10 0.30 7.60'; do
	# shellcheck disable=SC2086 # words
	set -- $line
	grep -qE "^$1 +$2 +$3 +$4 +0.00 +$5 +$6 +$7\$" out || {
		show out
		fail "not '$line'"
	}
done
"$pip_trace" report --json -i waits.data >json || fail 'report'
python3 - <<'END' || fail 'wakeups'
import json
threads = {t["tid"]: t for t in json.load(open("json"))["threads"]}
# Twice out of its sleep; one that is new; and one that was not seen asleep.
assert [threads[i]["wakeups"] for i in (100, 101, 102)] == [2, 1, 0], threads
assert threads[102]["spans"]["runnable"] == {
    "count": 1, "ns": 300000, "max_ns": 300000}, threads
END

# --- In intervals ------------------------------------------------------------

# Neither is time counted twice, nor a wait shortened where it is cut.
for interval in 0.001 0.0017 0.0025 0.0031 1; do
	for file in waits wakeups; do
		for command in runqlat offcpu summary; do
			"$pip_trace" $command --json -i $file.data $interval \
				>$file.$command 2>err || fail "$(cat err)"
		done
	done
	python3 - <<'END' || fail "intervals of $interval s"
import json
def read(name):
    return [json.loads(line) for line in open(name)]
def add(reports, name):
    return {k: sum(r[name][k] for r in reports) for k in ("count", "sum")}
for name in "waits", "wakeups":
    waits = add(read(name + ".runqlat"), "runnable")
    assert waits == {"count": 5, "sum": 3000000}, (name, waits)
    asleep = add(read(name + ".offcpu"), "sleep")
    assert asleep == {"count": 2, "sum": 1500000}, (name, asleep)
    for r in read(name + ".summary"):
        length = r["end_ns"] - r["begin_ns"]
        spans = r["total"]["spans"]
        # 101 is there for 300 or 400 us, the others always.
        known = sum(spans[i]["ns"] for i in ("cpu", "runnable", "sleep"))
        assert 2 * length <= known <= 2 * length + 400000, (name, r)
END
done

# --- What cannot be ----------------------------------------------------------

# No flag, a counter that goes backwards, and waits of thousands of years: as if
# nothing were known, or from the moment on that it fell asleep.
make_file odd 3 5000 <<-END
	1  100 in  100 0 0 0 +500 1
	1  200 out 100 0 1 0 +500 1
	1  300 in  100 0 0 +50 +600 0
	1  400 out 100 0 1 0 +600 1
	1  500 in  100 0 0 +30 +10 1
	1  600 out 100 0 1 0 +10 1
	1  800 in  100 0 0 0 18446744073709551615 1
	1  900 out 100 0 1 0 +20 1
	1 1000 in  100 0 0 18446744073709551615 +10 1
	1 1100 out 100 0 1 0 +20 1
	1 1200 in  101 0 0 18446744073709551615 0 1
	1 1300 out 101 0 1 0 0 1
END
"$pip_trace" runqlat --json -i odd.data >out || fail 'runqlat'
python3 - <<'END' || fail 'what cannot be'
import json
r = json.load(open("out"))
root = r["tasks"][0]["runnable"]
# 0, 30, 200, 100; and of thread 101 since the beginning
assert root["ns"] == 1530000 and root["count"] == 5, root
END
for command in report runqlat timehist offcpu 'summary 0.001'; do
	# shellcheck disable=SC2086 # words
	"$builddir/tests/trace-sanitized" $command -i odd.data >out 2>err ||
		fail "$command: $(cat err)"
	! grep -q 'runtime error' err || fail "$command: $(cat err)"
done

# Only wakeups: nobody is known to wait, or to be asleep.
grep wakeup <<-END | make_file only 3 5000
	1  100 wakeup 100 0 0 0 0 0
	1  900 wakeup 101 0 0 0 0 0
END
"$pip_trace" summary --json -i only.data 0.001 >json || fail 'summary'
grep -q '"runnable":{"count":0,"ns":0,' json || fail "$(cat json)"
! grep -q '"runnable":{"count":[1-9]' json || fail "$(cat json)"
exit 0
