#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# All figures of docs/PROBE-EFFECT.md in one go, in about ten minutes
# on a quiet machine.  To be run in the build directory:
#     SOURCE/bench/effect/matrix.sh [FILE]
# prints the blocks of that document; with FILE, they replace those that are
# between its lines "<!-- NAME -->" and "<!-- end -->", and all else stays.
# What fails twice leaves its block as it was, and is named at the end; the status
# is 1 then.  QUICK=1 takes few runs, to try it out.  BLOCKS="goals lock" makes
# these blocks only.
set -eu

effect=bench/effect/pip-probe-effect
ipc=bench/ipc/pip-ipc
document=${1:-}
all='machine goals promises matrix lock lock_whole dd_malloc sizes effects modes'
[ -x $effect ] && [ -x $ipc ] || {
	echo 'matrix.sh: run me in the build directory, after make' >&2
	exit 2
}
[ -z "$document" ] || [ -w "$document" ] || {
	echo "matrix.sh: $document: cannot be written" >&2
	exit 2
}
for block in ${BLOCKS:-}; do
	case " $all " in
	*" $block "*) ;;
	*) echo "matrix.sh: BLOCKS: there is no '$block'" >&2; exit 2 ;;
	esac
done
blocks=$(mktemp -d)
trap 'rm -rf "$blocks"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if [ -n "${QUICK:-}" ]; then
	many=3 some=3 few=2
else
	many=20 some=10 few=6
fi

say() {
	echo "$(date +%T) $*" >&2
}

# With -k, status 1 says that an instrumentation is missing.
is_good() { # STATUS
	[ "$1" -eq 0 ] || { [ "$1" -eq 1 ] && [ -s "$blocks/out" ]; }
}

attempt() {
	status=0
	timeout -k 30 1200 "$@" >"$blocks/out" 2>"$blocks/err" || status=$?
	grep '^pip-probe-effect: ' "$blocks/err" >&2 || :
	is_good $status
}

# run COMMAND...: what it prints, below the command as one would type it.
run() {
	say "$*"
	printf '    '
	for word; do
		word=${word#bench/*/}
		case $word in
		*[\ =]*' '*) printf '"%s" ' "$word" ;;
		*) printf '%s ' "$word" ;;
		esac
	done | fold -s -w 72 | sed '2,$s/^/        /; $!s/ *$/ \\/; s/ *$//'
	printf '\n\n'
	attempt "$@" || {
		cat "$blocks/err" >&2
		say 'again'
		attempt "$@"
	}
}

indent() {
	expand | sed 's/^/    /; s/ *$//'
}

# --- The machine --------------------------------------------------------------

machine() {
	attempt $effect -q -W malloc -e 1000 -n 3 -I recorder
	sed -n 's/^host: //p; s/^cpus: /CPUs: /p' "$blocks/out" | indent
	echo "    load: $(cut -d' ' -f1 /proc/loadavg) when it began"
	[ -z "${QUICK:-}" ] || echo '    few runs (QUICK=1): only to try it out'
}

# --- The goals ----------------------------------------------------------------

# The table at the end, and what was counted.
table() {
	sed -n '/^x none: /,$p' "$blocks/out" | indent
}

goals() {
	: >"$blocks/goals"
	run $effect -qk -W mark -m cpu -e 2000000 -n $many -I recorder
	table
	sed -n '/^INSTRUMENTATION/,$s/^/mark /p' "$blocks/out" >>"$blocks/goals"
	echo
	run $effect -qk -W switch -m cpu -e 2000000 -n $many -I recorder \
		-I pips -I pip-top
	table
	sed -n '/^INSTRUMENTATION/,$s/^/switch /p' "$blocks/out" >>"$blocks/goals"
	echo
	run $effect -qk -W pingpong -e 20000 -n $many -I sched \
		-I pip-trace-sched -I pip-trace
	table
	sed -n '/^INSTRUMENTATION/,$s/^/pingpong /p' "$blocks/out" >>"$blocks/goals"
}

# From the same output, so that what is said is what was measured.
promises() {
	[ -s "$blocks/goals" ] || return 1
	awk '
		function holds(good) { return good ? "yes" : "**no**" }
		{ adds[$1, $2] = $4; ratio[$1, $2] = $5; least[$1, $2] = $6
		  verdict[$1, $2] = $7 }
		function unseen(tool) {
			if (!(("switch", tool) in verdict))
				return "not measured | "
			return sprintf("%s, %+.2g ns (least that would show: %s) | %s", \
				verdict["switch", tool] == "no" ? \
				"no difference proven" : "a difference", \
				adds["switch", tool], least["switch", tool], \
				holds(verdict["switch", tool] == "no"))
		}
		function part(tool) { return 100 * (ratio["pingpong", tool] - 1) }
		END {
			print "| promise | measured | holds |"
			print "|---|---|---|"
			printf "| the flight recorder: below 12 ns per event | %.1f ns (`mark`) | %s |\n", \
				adds["mark", "recorder"], \
				holds(adds["mark", "recorder"] < 12)
			printf "| `pips`: no difference proven | %s |\n", unseen("pips")
			printf "| `pip-top`: no difference proven | %s |\n", unseen("pip-top")
			printf "| `pip-trace-sched`: below 9 %% of a pipe ping-pong | %+.1f %% (counting the same events: %+.1f %%) | %s |\n", \
				part("pip-trace-sched"), part("sched"), \
				holds(part("pip-trace-sched") < 9)
		}' "$blocks/goals"
}

# --- The matrix ---------------------------------------------------------------

# WORKLOAD OPTION...: a line "WORKLOAD|INSTRUMENTATION|CELL" for each.
column() {
	workload=$1
	shift
	run $effect -qk -W "$workload" -n $few -L 120 "$@" -I all >>"$blocks/commands"
	awk -v workload="${workload%%=*}" '
		function show(ns) {
			if (ns >= 1e6 || ns <= -1e6)
				return sprintf("%.3g ms", ns / 1e6)
			if (ns >= 1e3 || ns <= -1e3)
				return sprintf("%.3g µs", ns / 1e3)
			return sprintf("%.3g ns", ns)
		}
		/ has failed, and is left out:$/ {
			print workload "|" $1 "|failed"
			next
		}
		# What is not kept is cheaper.
		/^. [a-z-]+: [0-9]+ events, .*lost [0-9]+$/ {
			if ($NF > 0)
				lost[substr($2, 1, length($2) - 1)] = 100 * $NF / $3
			next
		}
		/^INSTRUMENTATION/ { on = 1; next }
		on && NF {
			cell = "< " show($5)
			if ($6 == "reference")
				cell = show($2)
			if ($6 == "different")
				cell = ($3 > 0 ? "+" : "") show($3)
			if ($1 in lost)
				cell = cell sprintf(" (%s %% lost)", \
					lost[$1] < 1 ? "< 1" : int(lost[$1] + 0.5))
			print workload "|" $1 "|" cell
		}' "$blocks/out" >>"$blocks/cells"
}

matrix() {
	: >"$blocks/cells"
	: >"$blocks/commands"
	column switch -m cpu -e 200000
	column mark -m cpu -e 200000
	column couple -e 5000
	column pingpong -e 5000
	column spawn -e 50
	column lock -m cpu -e 57446
	column malloc -m cpu -e 50000
	column "ipc=-b 4K -i pipe 2pip" -e 4096
	column dd -m cpu -e 20000
	grep -v '^$' "$blocks/commands"
	echo
	awk -F '|' '
		!($1 in column) { column[$1] = ++columns; name[columns] = $1 }
		!($2 in row) { row[$2] = ++rows; title[rows] = $2 }
		{ cell[row[$2], column[$1]] = $3 }
		END {
			line = "| |"
			for (c = 1; c <= columns; c++)
				line = line " " name[c] " |"
			print line
			line = "|---|"
			for (c = 1; c <= columns; c++)
				line = line "---|"
			print line
			for (r = 1; r <= rows; r++) {
				line = "| " title[r] " |"
				for (c = 1; c <= columns; c++)
					line = line " " cell[r, c] " |"
				print line
			}
		}' "$blocks/cells"
}

# --- The lecture --------------------------------------------------------------

# Without the host and the plot.
report() {
	sed -n '/^    N  /,$p' "$blocks/out" | indent
}

lock() {
	run $effect -qk -W lock -m cpu -n $some -s -I usdt -I stack \
		-I pip-trace-stacks
	report
	sed -n '/^INSTRUMENTATION/,$p' "$blocks/out" >"$blocks/lock_costs"
}

# What that many stacks are in a whole program.
lock_whole() {
	[ -s "$blocks/lock_costs" ] || return 1
	awk '
		$1 == "stack" && $3 > 0 {
			all = $3 * 57446 / 1e6
			printf "At %.2f µs each (`stack`), 57,446 stacks are %.0f ms: a program in\n", $3 / 1e3, all
			printf "which that many acquisitions are spread over %.0f ms sees the lecture'"'"'s factor.\n", all / 2.7
		}' "$blocks/lock_costs"
}

dd_malloc() {
	libc=$(ldd /bin/dd | sed -n 's/.*=> \(.*libc\.so\.6\) .*/\1/p')
	run $effect -qk -n $some -e 2 -m system -I usdt -I stack \
		-P "$libc:malloc" \
		dd if=/dev/zero of=/dev/null bs=10M count=100 status=none
	table
}

# --- The laboratory -----------------------------------------------------------

# BUFFERSIZE and then for each file the rate in million KBytes/sec and how often
# read(2) was called, from CSV.
join_sizes() { # CHANNEL FILE
	awk -F , -v channel="$1" '$2 == channel {
		size = $3 / 1024 " KiB"
		if ($3 >= 1048576)
			size = $3 / 1048576 " MiB"
		print size "|" sprintf("%.2f", $7 / 1e6) "|" $9 }' "$2"
}

sizes() {
	run $ipc -b 4K:16M -i pipe,local -r $some --csv 2thread
	cp "$blocks/out" "$blocks/plain"
	run $ipc -b 4K:1M -i pipe,local -r $some -s --csv 2thread
	cp "$blocks/out" "$blocks/sized"
	echo '| buffersize | pipe | reads | pipe -s | reads | local | reads | local -s | reads |'
	echo '|---|---|---|---|---|---|---|---|---|'
	for channel in pipe local; do
		join_sizes $channel "$blocks/plain" >"$blocks/$channel"
		join_sizes $channel "$blocks/sized" >"$blocks/$channel-s"
	done
	awk -F '|' -v folder="$blocks" '
		function read_all(name,   line, part) {
			while ((getline line < (folder "/" name)) > 0) {
				split(line, part, "|")
				rate[name, part[1]] = part[2] " | " part[3]
			}
		}
		function get(name, size) {
			return (name, size) in rate ? rate[name, size] : " | "
		}
		BEGIN { read_all("pipe-s"); read_all("local"); read_all("local-s") }
		{
			print "| " $1 " | " $2 " | " $3 " | " get("pipe-s", $1) \
				" | " get("local", $1) " | " get("local-s", $1) " |"
		}' "$blocks/pipe"
}

effects() {
	: >"$blocks/cells"
	: >"$blocks/commands"
	for size in 4K 64K 1M; do
		for channel in 'pipe' 'local' 'local -s'; do
			run $effect -qk -W "ipc=-b $size -i $channel 2thread" \
				-e 16384 -n $some -I syscalls -I perf \
				>>"$blocks/commands"
			awk -v size=$size -v channel="$channel" '
				/^INSTRUMENTATION/ { on = 1; next }
				on && NF {
					value[$1] = $2
					verdict[$1] = $6
				}
				function show(name) {
					if (!(name in value))
						return ""
					part = 100 * (value[name] / value["none"] - 1)
					if (verdict[name] == "different")
						return sprintf("%+.0f %%", part)
					return sprintf("%+.0f %% (not proven)", part)
				}
				END {
					printf "| %s | %s | %.2f | %s | %s |\n", size,
						channel, value["none"] / 1e3,
						show("syscalls"), show("perf")
				}' "$blocks/out" >>"$blocks/cells"
		done
	done
	sed '/^$/q' "$blocks/commands"
	printf '| buffersize | channel | none, µs per 4 KiB | syscalls | perf |\n'
	echo '|---|---|---|---|---|'
	cat "$blocks/cells"
}

# "MODE CHANNEL RATE" from CSV, as a table.
cross() { # FILE SUFFIX
	awk -F , -v suffix="$2" '
		NR == 1 { next }
		!($2 in row) { row[$2] = ++rows; title[rows] = $2 }
		{ rate[$2, $1] = sprintf("%.2f", $7 / 1e6) }
		END {
			split("1thread 2thread 2proc 2pip 2ulp", modes, " ")
			for (r = 1; r <= rows; r++) {
				line = "| " title[r] suffix " |"
				for (m = 1; m <= 5; m++)
					line = line " " rate[title[r], modes[m]] " |"
				print line
			}
		}' "$1"
}

modes() {
	run $ipc -b 64K -i all -r $some --csv all
	cp "$blocks/out" "$blocks/plain"
	run $ipc -b 64K -i all -r $some --csv --touch all
	echo '| | 1thread | 2thread | 2proc | 2pip | 2ulp |'
	echo '|---|---|---|---|---|---|'
	cross "$blocks/plain" ''
	cross "$blocks/out" ', --touch'
}

# --- All of them --------------------------------------------------------------

begun=$(date +%s)
failed=
say 'begins'
for block in $all; do
	case " ${BLOCKS:-$all} " in
	*" $block "*) ;;
	*) continue ;;
	esac
	before=$(date +%s)
	# In a process of its own, where set -e holds.
	status=0
	(trap - EXIT; set -e; $block >"$blocks/$block.new") &
	wait $! || status=$?
	if [ $status -eq 0 ] && [ -s "$blocks/$block.new" ]; then
		mv "$blocks/$block.new" "$blocks/$block.md"
	else
		failed="$failed $block"
	fi
	say "$block: $(($(date +%s) - before)) s"
	[ -n "$document" ] || [ ! -e "$blocks/$block.md" ] || {
		printf '<!-- %s -->\n\n' "$block"
		cat "$blocks/$block.md"
		printf '\n<!-- end -->\n\n'
	}
done
minutes=$((($(date +%s) - begun + 59) / 60))
[ ! -e "$blocks/machine.md" ] ||
	echo "    all of it took $minutes minutes" >>"$blocks/machine.md"
if [ -n "$document" ]; then
	awk -v folder="$blocks" '
		/^<!-- [a-z_]+ -->$/ && $2 != "end" {
			file = folder "/" $2 ".md"
			print
			if ((getline line < file) <= 0)
				next
			print ""
			do
				print line
			while ((getline line < file) > 0)
			print ""
			skipping = 1
			next
		}
		/^<!-- end -->$/ { skipping = 0 }
		!skipping' "$document" >"$blocks/document"
	cat "$blocks/document" >"$document"
fi
say "done in $minutes minutes"
[ -z "$failed" ] || {
	echo "matrix.sh: failed, and as they were:$failed" >&2
	exit 1
}
