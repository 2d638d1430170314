#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pip-ipc: every mode over every channel moves exactly the bytes that it should
# in exactly the calls that it says, and prints what the lab's benchmark prints.
. "${srcdir:-.}/tests/testlib.sh"

ipc=$builddir/bench/ipc/pip-ipc

# --- The lab's text ----------------------------------------------------------

expect_status 0 "$ipc"
expect_lines 1 '[0-9]+\.[0-9]{2} KBytes/sec' out
expect_status 0 "$ipc" -q
[ ! -s out ] || fail '-q prints something'
expect_status 0 "$ipc" -v -i pipe 2thread
sed -n '1,8p' out | sed -E 's/[0-9]+\.[0-9]{9}$/S/; s/^[0-9]+\.[0-9]{2} /R /' >lab
cat >expected <<'END'
Benchmark configuration:
   buffersize: 131072
   totalsize: 16777216
   blockcount: 128
   mode: 2thread
   ipctype: pipe
   time: S
R KBytes/sec
END
diff expected lab || fail 'not the text of the lab'
# The rate is what the time says.
awk '/time:/ { t = $2 } /KBytes/ { r = $1 }
	END { d = 16384 / t / r; exit !(d > 0.999 && d < 1.001) }' out ||
	{ show out; fail 'the rate is not totalsize / time'; }

# What is measured if nothing is said: one thread, through a pipe.
expect_status 0 "$ipc" -v
for line in 'buffersize: 131072' 'totalsize: 16777216' 'blockcount: 128' \
	'mode: 1thread' 'ipctype: pipe'; do
	grep -qx "   $line" out || { show out; fail "not by default: $line"; }
done

# --- Every byte, every combination -------------------------------------------

need_json
# Sizes that divide, that do not, larger than what the kernel buffers, and of a
# byte.  47 combinations of two modes with a channel are not all.
expect_status 0 timeout 900 "$ipc" -i all -b 4096,100000,300000 -t 1000003 \
	--verify --json=all.json all
need_command python3 python3
cat >check.py <<'END'
import json, sys
document = json.load(open("all.json"))
assert document["schema"] == "pip-ipc" and document["version"] == 1
results = document["results"]
seen = set()
for r in results:
    where = (r["mode"], r["ipctype"], r["buffersize"])
    seen.add(where)
    total, size = 1000003, r["buffersize"]
    blocks = -(-total // size)
    s, v = r["sender"], r["receiver"]
    assert r["totalsize"] == total and r["blockcount"] == blocks, where
    assert s["bytes"] == v["bytes"] == total, where
    assert r["verified"] and r["checksum"] == results[0]["checksum"], where
    if r["ipctype"] in ("shm", "ptr", "vmread"):
        assert s["calls"] == v["calls"] == blocks, where
        assert s["partial"] == v["partial"] == 0, where
    elif r["mode"] not in ("1thread", "2ulp"):
        assert s["calls"] == blocks, where # write(2) that blocks writes all
    # Each call ends a block, is partial, or in vain.
    for side in s, v:
        assert side["calls"] == blocks + side["partial"] + side["in_vain"] \
            or r["ipctype"] in ("shm", "ptr", "vmread"), (where, side)
assert len(seen) == len(results) == 3 * (5 * 5 - 1), len(results)
END
python3 check.py || fail 'the counts are wrong'

# One thread, blocks that fit into a pipe: a call each way for each block.
expect_status 0 "$ipc" -b 4096 -t 1M --csv 1thread
[ "$(tail -n 1 out | cut -d, -f1-5,8-13)" = 1thread,pipe,4096,1048576,256,256,256,0,0,0,0 ] ||
	{ show out; fail 'the CSV line'; }
# 128 KiB do not fit: two calls each way, each but the last partial.
expect_status 0 "$ipc" -t 1M --csv 1thread
[ "$(tail -n 1 out | cut -d, -f1-5,8-13)" = 1thread,pipe,131072,1048576,8,16,16,8,8,0,0 ] ||
	{ show out; fail 'the CSV line of partial calls'; }
# With a pipe of that size: one.
expect_status 0 "$ipc" -s -t 1M --csv 1thread
[ "$(tail -n 1 out | cut -d, -f8-14)" = 8,8,0,0,0,0,131072 ] ||
	{ show out; fail '-s has no effect'; }

# Of a socket, the kernel doubles what it is told.
expect_status 0 "$ipc" -s -i local -b 8192 -t 64K --csv 2proc
[ "$(tail -n 1 out | cut -d, -f14,15)" = 16384,16384 ] ||
	{ show out; fail '-s has no effect on sockets'; }
# The lab's sweep: each power of two.
expect_status 0 "$ipc" -b 4K:16M -t 16M --csv 1thread
[ "$(cut -d, -f3 out | tr '\n' ' ')" = 'buffersize 4096 8192 16384 32768 65536 131072 262144 524288 1048576 2097152 4194304 8388608 16777216 ' ] ||
	{ show out; fail 'the sizes of a sweep'; }

# The calls that it says are those that the kernel sees.
traced() { # MODE
	LD_LIBRARY_PATH=$builddir/lib/.libs strace -f -qq -y \
		-e trace=read,write -o trace "$real" -B -q -b 10000 -t 1000003 \
		--csv=counts.csv "$1" </dev/null || return 1
	grep -c ' write([0-9]*<pipe:' trace >writes
	grep -c ' read([0-9]*<pipe:' trace >reads
	[ "$(tail -n 1 counts.csv | cut -d, -f8,9)" = "$(cat writes),$(cat reads)" ] || {
		show counts.csv
		fail "$1: strace sees $(cat writes) writes and $(cat reads) reads"
	}
}
real=$builddir/bench/ipc/.libs/pip-ipc # not libtool's script
if [ -x "$real" ] && command -v strace >/dev/null &&
	strace -o /dev/null true 2>/dev/null; then
	for mode in 1thread 2thread 2proc 2pip 2ulp; do
		# A resumed call is a line more.
		traced "$mode" || framework_failed "strace $mode"
	done
	# -B: nothing is prepared, nobody waits for the machine.
	for bare in '' -B; do
		LD_LIBRARY_PATH=$builddir/lib/.libs strace -qq -o trace \
			-e trace=nanosleep,clock_nanosleep "$real" $bare -q 1thread ||
			framework_failed "strace $bare"
		naps=$(grep -c nanosleep trace)
		[ "$naps" -eq $((1 - ${#bare} / 2)) ] || fail "$naps naps with '$bare'"
	done
fi

# --- Latencies, tables, plots ------------------------------------------------

expect_status 0 "$ipc" -l --json 2pip
python3 -c '
import json, sys
l = json.load(sys.stdin)["results"][0]["latency_ns"]
values = [l[k] for k in ("min", "p50", "p90", "p99", "p99.9", "max")]
assert values == sorted(values) and values[0] > 0 and len(l) == 6' <out ||
	fail 'the percentiles are not in order'
# A single block: all of them are its own.
expect_status 0 "$ipc" -l -b 1M -t 1M --csv --json=one.json 2thread
python3 -c '
import json
r = json.load(open("one.json"))["results"][0]
assert len(set(r["latency_ns"].values())) == 1, r
assert r["latency_ns"]["min"] <= r["seconds"] * 1e9 + 1e6, r
line = open("out").read().splitlines()[1].split(",")
assert line[15:] == [str(r["latency_ns"]["min"])] * 6, line
assert float(line[5]) == round(r["seconds"], 9), line' || fail 'the latency of one block'
# What was asked for is in the JSON.
for option in bare touch verify; do
	expect_status 0 "$ipc" --json -b 4K -t 64K --$option
	python3 -c '
import json, sys
r = json.load(sys.stdin)["results"][0]
wanted = {"bare": ["bare"], "touch": ["touched"], "verify": ["touched", "verified"]}
names = ("bare", "touched", "verified")
assert [k for k in names if r[k]] == wanted[sys.argv[1]], r
assert ("checksum" in r) == r["verified"], r' $option <out || fail "--$option"
done
expect_status 0 "$ipc" -b 4K:64K -i pipe,shm -r 3 --plotter=own --svg=plot.svg \
	1thread 2thread
[ "$(wc -l <out)" -eq 21 ] || { show out; fail 'not 20 lines and a header'; }
awk 'length > 80 { exit 1 }' out || fail 'the table is wider than 80 columns'
python3 -c '
import xml.dom.minidom
d = xml.dom.minidom.parse("plot.svg")
assert len(d.getElementsByTagName("polyline")) == 4
assert len(d.getElementsByTagName("circle")) == 20' || fail 'the plot'

# A gnuplot that writes down what it is told.
mkdir path
cat >path/gnuplot <<END
#!/bin/sh
cat >"$work_dir/plot.gnuplot"
[ ! -e "$work_dir/broken" ] || exit 1
echo '<svg xmlns="http://www.w3.org/2000/svg"><desc>told</desc></svg>'
END
chmod +x path/gnuplot
plot() { # STATUS PLOTTER
	wanted=$1
	shift
	expect_status "$wanted" env PATH="$work_dir/path:$PATH" "$ipc" \
		-b 4K:64K -t 128K -i pipe,shm --svg=plot.svg "$@" 1thread 2thread
}
for plotter in '' --plotter=gnuplot; do
	plot 0 $plotter # no word if it is empty
	grep -q told plot.svg || fail 'gnuplot is there, and not asked'
	[ "$(grep -c '^\$series[0-3] << END$' plot.gnuplot)" -eq 4 ] ||
		fail 'not four series for gnuplot'
	[ "$(grep -cE '^[0-9]+ [0-9.e+]+$' plot.gnuplot)" -eq 20 ] ||
		fail 'not twenty points for gnuplot'
	grep -q 'title "2thread shm"' plot.gnuplot || fail 'no title'
done
plot 0 --plotter=own
grep -q polyline plot.svg || fail 'own'
touch broken
plot 0
grep -q polyline plot.svg || fail 'gnuplot failed, and there is no plot'
plot 1 --plotter=gnuplot
grep -q '^pip-ipc: gnuplot has failed' err || { show err; fail 'no message'; }
if command -v gnuplot >/dev/null; then
	expect_status 0 "$ipc" -b 4K:64K -t 128K -i pipe,shm --svg=plot.svg \
		--plotter=gnuplot 1thread
	python3 -c '
import xml.dom.minidom
d = xml.dom.minidom.parse("plot.svg")
assert d.documentElement.tagName == "svg"
text = d.toxml()
assert "1thread shm" in text and "KBytes/sec" in text' || fail 'the plot of gnuplot'
fi

# --- What goes wrong ---------------------------------------------------------

refuses() { # MESSAGE ARGUMENT...
	message=$1
	shift
	expect_status 2 "$ipc" "$@"
	grep -qF -- "$message" err || { show err; fail "not '$message': $*"; }
}
refuses "'3proc' is no mode" 3proc
refuses "-i: 'tcp' is not" -i tcp
refuses "'0' is no size" -b 0
refuses "'4X' is no size" -b 4X
refuses "'-1' is no size" -b -1
refuses "'99999999999999999999' is no size" -t 99999999999999999999
refuses '-b: no size' -b ''
refuses '-i: no channel' -i ,
refuses 'only one of --json, --csv and --svg' --json --csv
refuses "-b: 4097 is more than totalsize 4096" -b 4097 -t 4096
refuses '-i ptr needs one address space' -i ptr 2proc
refuses "-s: 'shm' has no buffer" -s -i shm
refuses "-r: '0'" -r 0
refuses "--plotter: 'x' is not" --plotter=x
refuses '-l: more than' -l -b 1 -t 1G
expect_status 1 "$ipc" --csv=/nonexistent/x
grep -q '/nonexistent/x: No such file' err || fail 'an unwritable file'
if [ -w /dev/full ]; then
	status=0
	"$ipc" >/dev/full 2>err || status=$?
	[ "$status" -eq 1 ] || fail 'a full disk is not noticed'
fi

# If one side is killed, the other does not wait for it for ever.
children() {
	pgrep -P "$job" >children
	# The first child of a root guards its tasks.
	case $mode in 2pip) wanted=3 ;; *) wanted=2 ;; esac
	[ "$(wc -l <children)" -eq $wanted ]
}
job_ended() {
	case $(ps -o stat= -p "$job") in Z* | '') ;; *) false ;; esac
}
[ -x "$real" ] || skip 'killing a side: not built by libtool'
for mode in 2proc 2pip; do
	for channel in pipe shm vmread; do
		start_job env LD_LIBRARY_PATH="$builddir/lib/.libs" "$real" \
			-t 1T -i $channel $mode
		poll children || fail "$mode over $channel: the processes are missing"
		kill -KILL "$(tail -n 1 children)"
		poll job_ended || fail "$mode over $channel goes on alone"
		expect_job_status 1
		grep -q "$mode over $channel.*killed by a signal" job.err ||
			{ show job.err; fail 'no message that says so'; }
	done
done
