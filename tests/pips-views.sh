#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The views of pips, on a program of three tasks: each shows the task's own,
# and agrees with the kernel where the kernel knows.
. "${srcdir:-.}/tests/pips-lib.sh"
need_memory "$(id -u)"

PIP_VIEW_TEST='a value: 1'
export PIP_VIEW_TEST
start_root 3 "$task_program" one 'two words'
pid_of() { # PIPID
	"$pips" -p "$root_pid" --no-header -o pipid,pid |
		awk -v pipid="$1" '$1 == pipid { print $2 }'
}
task=$(pid_of 1)
program=$(readlink -f "$task_program")

# Memory: every mapping once, in order, each with an owner.
run_pips 0 -v --no-header -p "$root_pid"
awk '{ print $2 "-" $3 }' out >mine
cut -d' ' -f1 "/proc/$root_pid/maps" | sed 's/^0*//; s/-0*/-/' |
	grep -v '^ffffffffff600000' >kernel
grep -v '^ffffffffff600000' mine | diff kernel - || fail 'the map is not that of /proc'
# What is whose alone, and shared: as in smaps (below a megabyte, where it is
# not rounded).
# (Who reads the table has it mapped as well; and the kernel may take memory
# away between the two looks.)
is_as_in_smaps() {
	run_pips 0 -v --no-header -p "$root_pid"
	awk '/^[0-9a-f]+-/ { if (NR > 1) print low, private "K", shared "K"
			split($1, range, "-"); low = range[1]; sub(/^0*/, "", low)
			private = shared = 0 }
		/^Private_(Clean|Dirty):/ { private += $2 }
		/^Shared_(Clean|Dirty):/ { shared += $2 }' "/proc/$root_pid/smaps" |
		sed 's/ 0K/ 0/g' | sort >kernel
	awk '$1 != "runtime" && $1 != "kernel" { print $2, $7, $8 }' out |
		grep -v M | sort >mine
	[ "$(wc -l <mine)" -gt 50 ] || fail "mappings: $(wc -l <mine)"
	comm -23 mine kernel >different
	[ ! -s different ]
}
poll is_as_in_smaps || fail "not as in smaps: $(cat different)"
grep -qE '^ +root .* rw-p .* D +\[stack\]' out || fail "flags: $(cat out)"
is_shared() {
	run_pips 0 -p "$root_pid" --csv -o shared --no-header -t
	sum=$(awk '{ sum += $1 } END { printf "%d", sum }' out)
	all=$(awk '/^[0-9a-f]+-/ { window = substr($1, 1, 2) == "20" && index($1, "-") == 13 }
		/^Shared_/ && window { sum += $2 }
		END { printf "%d", sum * 1024 }' "/proc/$root_pid/smaps")
	[ "$sum" -eq "$all" ]
}
poll is_shared || fail "shared: $sum, in smaps $all"
run_pips 0 -p "$root_pid" --totals
sed 1q out | grep -qE ' RSS SHARED +TIME COMMAND$' || fail "totals: $(cat out)"
run_pips 0 -v --no-header -p "$root_pid"
awk '{ print $1 }' out | sort -u | tr '\n' ' ' >owners
grep -qx '0 1 2 kernel root runtime ' owners || fail "owners: $(cat owners)"
grep -qE '^runtime .* rw-s .*/memfd:pip-task-table' out ||
	fail "the task table: $(grep table out)"
for pipid in 0 1 2; do
	[ "$(count "^ +$pipid .* r-xp .* $program\$" out)" -eq 1 ] ||
		fail "task $pipid has not mapped its program once"
done
# One task's part is that of the whole.  (What others have mapped, too, is shared:
# that changes when they come and go.)
is_part_of_whole() {
	run_pips 0 -v --no-header -p "$root_pid"
	grep -E '^ +1 ' out >expected
	run_pips 0 -v --no-header -p "$task"
	diff expected out >different
}
poll is_part_of_whole || fail "the map of a task: $(cat different)"

# Arguments and environment.
run_pips 0 -c --no-header -p "$task"
expect_start=$(printf '    1 %7d argv[0]    %s\n    1 %7d argv[1]    one\n    1 %7d argv[2]    two words' \
	"$task" "$task_program" "$task" "$task")
[ "$(head -n 3 out)" = "$expect_start" ] || fail "arguments: $(head -n 3 out)"
grep -qE '^ +1 +[0-9]+ env\[[0-9]+\] +PIP_VIEW_TEST=a value: 1$' out ||
	fail "environment: $(cat out)"

# The auxiliary vector: AT_PHDR leads into the task's program.
run_pips 0 -x --no-header -p "$task"
grep -qE "^ +1 +$task AT_PAGESZ +$(getconf PAGESIZE)\$" out || fail "auxv: $(cat out)"
grep -qE "^ +1 +$task AT_PHDR +0x20[0-9a-f]+\$" out || fail "auxv: $(cat out)"

# Program headers and libraries: load biases as those of --modules.
run_pips 0 -e --no-header -p "$task"
if command -v readelf >/dev/null; then
	wanted=$(readelf -lW "$task_program" | grep -cE '^ +[A-Z_]+ +0x')
	got=$(grep -cE '^ +1 +[0-9]+ ([A-Z_]+|0x[0-9a-f]+) +[r-][w-][x-] ' out)
	[ "$wanted" -eq "$got" ] || fail "$got program headers, not $wanted"
fi
awk '$4 == "bias" { print $5 }' out | sort >biases
"$pips" --modules --no-header -p "$task" | awk '{ print $3 }' | sort |
	diff - biases || fail 'load biases'

# Descriptors.
run_pips 0 -F --no-header -p "$task"
awk '{ print $3 }' out | sort >mine
find "/proc/$task/fd" -mindepth 1 -printf '%f\n' | sort | diff - mine ||
	fail 'descriptors'
grep -qE '^ +1 +[0-9]+ +0 r.{4} +0 pipe:\[[0-9]+\]$|^ +1 +[0-9]+ +0 r.{4} +0 .*/input$' out ||
	fail "standard input: $(cat out)"
# A header for each.
for view in v c x e F; do
	run_pips 0 "-$view" -p "$task"
	sed 1q out | grep -qE '^ *(PIPID|OWNER) ' || fail "-$view has no header"
done
stop_root
