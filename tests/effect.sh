#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pip-probe-effect: what its instrumentations count is exactly what happened,
# and a run in which it is not is refused.
. "${srcdir:-.}/tests/effect-lib.sh"

# What needs no privilege.
measure switch 20002 recorder
expect_status 0 "$effect" -W lock -n 2 -m cpu -I recorder
grep -qx 'unit: ns per event (cpu time)' out || { show out; fail 'the unit of -m cpu'; }
measure mark 20003 recorder
measure couple 300 recorder pips
measure spawn 23 recorder 'command=sleep 9'
measure pingpong 503 recorder
measure ipc 500 recorder
measure dd 1009 recorder 'command=true; sleep 9'

# The order of runs, and the files.
expect_status 0 "$effect" -W malloc -e 1009 -n 3 -I recorder --csv out.csv \
	--html out.html
cut -d, -f1,2 out.csv | tr '\n' ' ' >order
[ "$(cat order)" = 'instrumentation,run none,1 recorder,1 none,2 recorder,2 none,3 recorder,3 ' ] ||
	{ show order; fail 'not in turns'; }
python3 - out.html <<'END' || fail 'the page is not well-formed, or not self-contained'
import html.parser, re, sys
class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.seen, self.text = [], [], ""
    def handle_starttag(self, tag, attributes):
        self.seen.append(tag)
        assert tag not in ("script", "link", "img", "iframe", "image", "object"), tag
        for name, value in attributes:
            assert name not in ("src", "href", "xlink:href", "data"), name
            assert name == "xmlns" or "//" not in (value or ""), value
            assert "url(" not in (value or ""), value
        if tag not in ("meta", "tr", "td", "th"):
            self.open.append(tag)
    def handle_startendtag(self, tag, attributes):
        self.seen.append(tag)
    def handle_endtag(self, tag):
        if tag not in ("meta", "tr", "td", "th"):
            assert self.open.pop() == tag, tag
    def handle_data(self, data):
        self.text += data
page = Page()
text = open(sys.argv[1], encoding="utf-8").read()
page.feed(text)
page.close()
assert not page.open, page.open
assert not re.search(r"@import|url\(", text)
assert page.seen.count("svg") >= 1 and page.seen.count("polyline") == 2
assert page.seen.count("circle") == 6
for wanted in "recorder", "Stddev", "confidence", "host: Linux":
    assert wanted in page.text, wanted
END
awk 'length > 80 { exit 1 }' out || { show out; fail 'wider than 80 columns'; }

# The same numbers everywhere; the levels that were asked for; what machine it was.
expect_status 0 "$effect" -q -W malloc -e 1009 -n 4 -c 80,99.5 -I recorder \
	--csv out.csv --json out.json
python3 - <<'END' || { show out.csv; show out.json; fail 'CSV, JSON, host'; }
import csv, json, os
d = json.load(open("out.json"))
rows = list(csv.reader(open("out.csv")))[1:]
for s in d["samples"]:
    values = [float(v) for name, _, v in rows if name == s["name"]]
    assert len(values) == 4 == s["n"]
    assert all(abs(v - w) <= 1e-8 * w for v, w in zip(values, s["values"])), s
levels = [c["confidence"] for c in d["samples"][1]["comparisons"]]
assert levels == [0.8, 0.995], levels
for c in d["samples"][1]["comparisons"]:
    assert c["proven"] == (abs(c["difference"]) > c["margin"]), c
    assert c["bootstrap_low"] <= c["bootstrap_high"], c
    assert c["smallest_provable"] == c["margin"], c
host, system = d["host"], os.uname()
assert host["kernel"] == f"{system.sysname} {system.release}", host
assert host["cpus"] == os.sysconf("SC_NPROCESSORS_ONLN"), host
assert host["cpu"] in open("/proc/cpuinfo").read() or host["cpu"] == "unknown CPU"
assert host["load_before"] >= 0 and host["load_after"] >= 0, host
steal = host["steal_percent"]
assert steal is None or 0 <= steal <= 100, host
assert d["failures"] == [], d
END
grep -qx 'Difference at 80.0% confidence\|No difference proven at 80.0% confidence' out &&
	grep -q ' at 99.5% confidence$' out && grep -q '^load: .*, steal .* %$' out ||
	{ show out; fail 'the levels, or the host'; }

# A terminal sees how far it is.
python3 - "$effect" <<'END' || fail 'no progress is shown'
import os, pty, sys
seen = b""
def read(fd):
    global seen
    data = os.read(fd, 4096)
    seen += data
    return data
status = pty.spawn([sys.argv[1], "-W", "malloc", "-e", "101", "-n", "2", "-I",
                    "recorder"], read)
assert status == 0, status
for turn in b"1 of 2: none", b"1 of 2: recorder", b"2 of 2: recorder":
    assert turn in seen, seen
END

# A command without known events: seconds.
expect_status 0 "$effect" -n 2 -I recorder -m cpu -- sh -c 'i=0; while [ $i -lt 99 ]; do i=$((i+1)); done'
grep -qx 'unit: s (cpu time)' out || { show out; fail 'the unit of a command'; }

# --- What is not as it should be ---------------------------------------------

refuses 1 'the workload has failed' -I recorder false
refuses 1 'No such file' -I recorder ./no-such-command
refuses 1 'no instrumentation is left' -I gdb true
# What looks on fails, if it gets the CPU before the workload has ended.
# shellcheck disable=SC2329,SC2317 # poll calls it
is_refused() {
	status=0
	"$effect" -n 1 -W malloc -e 101 -I "command=echo 'no more'; exit 1" \
		>out 2>err || status=$?
	[ $status -eq 1 ] && grep -q "exit 1: /bin/sh has ended: no more" err
}
poll is_refused || { show err; fail 'a command that fails is not noticed'; }
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
