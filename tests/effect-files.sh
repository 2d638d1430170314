#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pip-probe-effect compares files of numbers as ministat does, and gets what an
# independent computation gets.
. "${srcdir:-.}/tests/testlib.sh"

effect=$builddir/bench/effect/pip-probe-effect

# --- The text, the numbers of which were worked out by hand ------------------

printf '%s\n' 1 2 3 4 5 >a
printf '# a comment\n\n%s\n%s\n%s # another\n%s\n%s\n' 11 12 13 14 15 >b
expect_status 0 "$effect" -q -w 23 a b
cat >expected <<'END'
x a
+ b
+---------------------+
|xx x xx      ++ + +++|
||__A__|     |__A__|  |
+---------------------+
    N           Min           Max        Median           Avg        Stddev
x   5             1             5             3             3     1.5811388
+   5            11            15            13            13     1.5811388
Difference at 95.0% confidence
	10 +/- 2.306
	333.333% +/- 76.8667%
	(Student's t, pooled s = 1.58114)
END
grep -v '^|' expected >text.expected
grep -v '^|' out | diff text.expected - || fail 'not the text of ministat'
# The plot: five of each, and the bars, in as many columns as were asked for.
[ "$(grep '^|' out | tr -cd x | wc -c)" -eq 5 ] || { show out; fail 'not 5 x'; }
[ "$(grep '^|' out | tr -cd + | wc -c)" -eq 5 ] || { show out; fail 'not 5 +'; }
awk '/^[|+]-|^\|/ && length != 23 { exit 1 }' out || { show out; fail 'the width'; }
# The average and the median are one: A hides M, as there.
[ "$(grep '^|' out | tr -cd A | wc -c)" -eq 2 ] || { show out; fail 'not 2 A'; }

expect_status 0 "$effect" -q --no-plot a a
grep -qx 'No difference proven at 95.0% confidence' out || { show out; fail 'a and a'; }
expect_status 0 "$effect" -q --no-plot -c 80,99.5 a b
grep -qx 'Difference at 80.0% confidence' out || fail '-c 80'
grep -qx 'Difference at 99.5% confidence' out || fail '-c 99.5'
printf 'p;1;10\nq;2;20\nr;4;30\n' >columns
expect_status 0 "$effect" -q --no-plot -C 3 -d ';' columns
grep -qE '^x +3 +10 +30 +20 +20 +10$' out || { show out; fail '-C and -d'; }
expect_status 0 sh -c "'$effect' -q --no-plot - <a"
grep -qx 'x <stdin>' out || fail 'standard input'

# The end of a line as other systems write it.
printf '1\r\n2\r\n3\r\n' >crlf
expect_status 0 "$effect" -q --no-plot crlf
grep -qE '^x +3 +1 +3 +2 +2 +1$' out || { show out; fail 'CR LF'; }

# --- Against Python, which integrates the density ----------------------------

need_command python3 python3
cat >check.py <<'END'
import math, random, re, shutil, statistics, subprocess, sys

def quantile(confidence, freedom):
    def density(x):
        return math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)
            - (freedom + 1) / 2 * math.log1p(x * x / freedom)) \
            / math.sqrt(freedom * math.pi)
    def inside(t, steps=600): # Simpson's rule
        h = t / steps
        return 2 * h / 3 * sum(density(i * h) * (1 if i in (0, steps) else
            4 if i % 2 else 2) for i in range(steps + 1))
    low, high = 0, 100
    for _ in range(45):
        middle = (low + high) / 2
        low, high = (middle, high) if inside(middle) < confidence else (low, middle)
    return low

def bootstrap(a, b, level): # of the medians' difference, without ours
    found = sorted(statistics.median(random.choices(b, k=len(b))) -
        statistics.median(random.choices(a, k=len(a))) for _ in range(2000))
    tail = (1 - level / 100) / 2
    return found[int(tail * 2000)], found[1999 - int(tail * 2000)]

def close(text, value):
    return abs(float(text) - value) <= 2e-5 * abs(value) + 1e-12

random.seed(57446)
proven = compared = 0
for number in range(12):
    n, m = random.randint(3, 60), random.randint(3, 60)
    a = [random.gauss(100, 9) for _ in range(n)]
    b = [random.gauss(100 + number, 9) for _ in range(m)]
    for name, values in ("p", a), ("q", b):
        open(name, "w").write("".join("%.17g\n" % v for v in values))
    level = random.choice([80, 90, 95, 98, 99])
    out = subprocess.run([sys.argv[1], "-q", "--no-plot", "-c", str(level),
        "p", "q"], capture_output=True, text=True, check=True).stdout
    rows = [re.split(" +", l)[1:] for l in out.splitlines() if re.match("[x+] +[0-9]+ ", l)]
    for row, v in zip(rows, (a, b)):
        assert int(row[0]) == len(v)
        for text, value in zip(row[1:], (min(v), max(v), statistics.median(v),
                statistics.mean(v), statistics.stdev(v))):
            assert close(text, value), (out, value)
    s = math.sqrt(((n - 1) * statistics.variance(a) + (m - 1) * statistics.variance(b)) / (n + m - 2))
    t = round(quantile(level / 100, n + m - 2), 3)
    margin = t * s * math.sqrt(1 / n + 1 / m)
    difference = statistics.mean(b) - statistics.mean(a)
    assert ("No difference" not in out) == (abs(difference) > margin), (out, margin)
    # What ministat does not say.
    more = subprocess.run([sys.argv[1], "--no-plot", "-c", str(level), "p", "q"],
        capture_output=True, text=True, check=True).stdout
    for text, v in zip(re.findall(r"\tMAD (\S+)", more), (a, b)):
        middle = statistics.median(v)
        assert close(text, statistics.median([abs(x - middle) for x in v])), more
    low, high = map(float, re.search(r"medians differ by (\S+) to (\S+) ", more).groups())
    low2, high2 = bootstrap(a, b, level)
    assert abs(low - low2) < 0.2 * (high2 - low2), (more, low2)
    assert abs(high - high2) < 0.2 * (high2 - low2), (more, high2)
    smallest = re.search(r"could have shown: (\S+), (\S+)%", more).groups()
    assert abs(float(smallest[0]) - margin) <= 0.01 * margin, (more, margin)
    if abs(difference) > margin:
        proven += 1
        found = re.search(r"\n\t(\S+) \+/- (\S+)\n\t(\S+)% \+/- (\S+)%\n.*= (\S+)\)", out).groups()
        scale = 100 / statistics.mean(a)
        for text, value in zip(found, (difference, margin, difference * scale, margin * scale, s)):
            assert close(text, value), (out, value)
    # And what ministat(1) itself prints, where it is installed.  Above 100
    # degrees of freedom it takes infinitely many.
    if shutil.which("ministat") and n + m - 2 <= 100:
        theirs = subprocess.run(["ministat", "-c", str(level), "p", "q"],
            capture_output=True, text=True, check=True).stdout
        a, b = ([l.split() for l in text.splitlines() if l[:1] not in "|+"
            or re.match("[+] +[0-9q]", l)] for text in (theirs, out))
        assert [len(l) for l in a] == [len(l) for l in b], (theirs, out)
        for l in a + b: # an older one takes the upper of two medians
            if l[0] in "x+" and len(l) == 7:
                l[4] = "median"
        for x, y in zip(sum(a, []), sum(b, [])):
            x, y = x.strip("()%"), y.strip("()%")
            assert x == y or close(x, float(y)), (x, y, theirs, out)
        compared += 1
assert 2 <= proven <= 11, proven
print("compared with ministat:", compared)
END
python3 check.py "$effect" || fail 'Python gets something else'

# --- What else a comparison can be written as --------------------------------

need_json
cp a 'a, "b" <c>'
cp a "$(printf 'not-utf8-\377')"
printf '0\n0\n0\n' >zeros
expect_status 0 "$effect" -c 90,99 --csv=out.csv --json=out.json \
	--html=out.html zeros 'a, "b" <c>' "$(printf 'not-utf8-\377')"
grep -q '^Difference at 90.0% confidence' out || fail 'no text beside the files'
python3 - <<'END' || { show out.csv; show out.json; fail 'CSV, JSON or HTML of files'; }
import csv, json
d = json.load(open("out.json"))
assert d["schema"] == "pip-probe-effect" and d["version"] == 1, d
names = ["zeros", 'a, "b" <c>', "not-utf8-?"]
assert [s["name"] for s in d["samples"]] == names, d
assert d["samples"][1]["values"] == [1, 2, 3, 4, 5] and d["samples"][1]["mad"] == 1
c = d["samples"][1]["comparisons"]
assert [x["confidence"] for x in c] == [0.9, 0.99] and c[0]["difference"] == 3
assert c[0]["relative_percent"] is None # of nothing
rows = list(csv.reader(open("out.csv", errors="replace")))
assert rows[0] == ["file", "number", "value"] and len(rows) == 14, rows
assert [r[1:] for r in rows if r[0] == names[1]] == [
    [str(i), str(i)] for i in range(1, 6)], rows
page = open("out.html", errors="replace").read()
assert "a, &quot;b&quot; &lt;c&gt;" in page and "<c>" not in page
assert page.count("<polyline") == 3 and page.count("<circle") == 13
END
expect_status 0 "$effect" --json=- a b
python3 -m json.tool <out >document || fail 'JSON on standard output is not alone'

# --- What goes wrong ---------------------------------------------------------

refuses() { # STATUS MESSAGE ARGUMENT...
	wanted=$1
	message=$2
	shift 2
	expect_status "$wanted" "$effect" "$@"
	grep -qF -- "$message" err || { show err; fail "not '$message': $*"; }
}
printf '1\n2\nthree\n' >words
printf '1\n2\n' >two
printf '1\n2\ninf\n' >infinite
refuses 1 "words:3: 'three' is no number" words
refuses 1 "infinite:3: 'inf' is no number" infinite
printf '1\n2\n1e200\n' >large
refuses 1 'large:3: 1e200 is too large' large
refuses 1 '/nonexistent/x: No such file' --csv=/nonexistent/x a
refuses 2 'only one of --csv, --json and --html' --json=- --csv=- a
refuses 1 'two: 2 numbers; it takes three at least' a two
refuses 1 'missing: No such file' missing
refuses 1 'a:1: no column 2' -C 2 a
refuses 1 '.: Is a directory' .
refuses 2 "-c: '0'" -c 0 a
refuses 2 "-c: 'x'" -c x a
refuses 2 "-w: '5'" -w 5 a
refuses 2 'what is to be run?'
refuses 2 'more than 7 files' a a a a a a a a
