#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every form of output of pips, as tests/golden has it: PIDs, addresses, sizes
# and times, which are never the same, by their names; blanks, which depend on
# how wide these are, as one.
. "${srcdir:-.}/tests/pips-lib.sh"
need_memory "$(id -u)"

# Numbers that nothing else has: in a new PID namespace they begin with 1.
if [ "$PPID" -eq 1 ]; then
	echo 20000 >/proc/sys/kernel/ns_last_pid
fi 2>/dev/null
cp "$root_program" "$task_program" . || framework_failed cp
PIP_GOLDEN=here
export PIP_GOLDEN
start_program "$root_program" 2 "$work_dir/observer-task" threads 1 'two words'
all_there() {
	"$pips" -p "$root_pid" --tree >out &&
		[ "$(grep -c ' worker-0' out)" -eq 2 ] &&
		[ "$(grep -c ' sleeping ' out)" -eq 5 ]
}
poll all_there || fail "the program: $(cat out)"
"$pips" -p "$root_pid" --no-header -o pid >pids
"$pips" -p "$root_pid" --tree --no-header -o kind,tid |
	awk '$1 == "thread" { print $2 }' >tids
{
	n=0
	while read -r pid; do
		printf '%s\n' "s,\\b$pid\\b,PID$n,g"
		n=$((n + 1))
	done <pids
	n=0
	while read -r tid; do
		printf '%s\n' "s,\\b$tid\\b,TID$n,g"
		n=$((n + 1))
	done <tids
	cat <<EOF2
s,$work_dir,DIR,g
s,$root_program,DIR/observer-root,g
s,${builddir}[^ ":]*/,DIR/,g
s,\\b0x[0-9a-f]{2\\,}(\\+[0-9.]+[KMGT]),ADDRESS\\1,g
s,\\b0x[0-9a-f]{2\\,}\\b,ADDRESS,g
s,\\b[0-9a-f]{12}\\b,ADDRESS,g
s,\\b20[0-9][0-9]-[0-9-]+T[0-9:]+\\b,DATE,g
s,\\b[0-9][0-9]:[0-9][0-9]:[0-9][0-9]\\b,TIME,g
s,\\b[0-9]+(\\.[0-9])?[KM]\\b,SIZE,g
s,\\b[0-9]+(\\.[0-9])? (SIZE|- TIME),PERCENT \\2,g
EOF2
} >names
golden() { # NAME, WITH THE OUTPUT IN out
	sed -E 's/ +/ /g; s/ $//' out | sed -E -f names >normal
	expect_golden "$1" normal
}
run_pips 0 -p "$root_pid" --wide
golden pips
run_pips 0 -p "$root_pid" -l
golden pips-long
run_pips 0 u -p "$root_pid" --wide
sed -i "s/^$(id -un) /USER /" out
golden pips-user
run_pips 0 -p "$root_pid" --tree --wide
golden pips-tree
run_pips 0 -p "$root_pid" --wide --totals
golden pips-totals
run_pips 0 -p "$root_pid" --csv -o root,pipid,pid,parent,kind,state,blt,domain,mode,flags,thr,program,command
golden pips-csv
# Of numbers that are never the same only that they are.
! has_json || run_pips 0 -p "$root_pid" --json --tree
sed -E -i 's/("(cpu_percent|cpu_seconds|rss_bytes|page_faults|started|generation|waits|exports|imports|unplaced|address|window_size|denied_processes)": )[0-9.e+-]+/\1NUMBER/' out
! has_json || golden pips-json
run_pips 0 -p "$root_pid" --openmetrics
sed -E -i 's/^([a-z_]+\{.*\}) [0-9.e+-]+$/\1 NUMBER/' out
golden pips-openmetrics
task=$(sed -n 2p pids)
run_pips 0 -M -p "$task"
grep -vE ' library ' out >some && mv some out
golden pips-modules
run_pips 0 -v -p "$task"
# What is resident the kernel may take away.
grep -E 'OWNER|observer-task' out |
	awk 'NR > 1 { $5 = $6 = $7 = $8 = "SIZE" } { print }' >some && mv some out
golden pips-maps
run_pips 0 -c -p "$task"
grep -E 'WHAT|argv|PIP_GOLDEN=' out | sed 's/env\[[0-9]*\]/env[N]/' >some && mv some out
golden pips-arguments
# The kernel's version decides what else is in it.
run_pips 0 -x -p "$task"
grep -E 'NAME|AT_(PHDR|PHENT|PHNUM|PAGESZ|ENTRY|SECURE|EXECFN|CLKTCK) ' out |
	sed -E 's/(AT_PHNUM +)[0-9]+/\1NUMBER/' >some && mv some out
golden pips-auxv
run_pips 0 -e -p "$task"
grep -E 'TYPE| (PHDR|INTERP|DYNAMIC|STACK|program|loader|vdso) ' out >some && mv some out
golden pips-elf
run_pips 0 -F -p "$task"
grep -E 'TARGET|^ +[0-9]+ +[0-9]+ +[01] ' out | sed -E 's,[0-9]+ ([^ ]*/ready)$,POS \1,' >some && mv some out
golden pips-files
if "$pips" -b -p "$task" >out 2>err; then
	sed 's/ at [^ ]*:[0-9]*$/ at SOURCE/; s/+0x[0-9a-f]*/+OFFSET/' out |
		grep -E '^program|^\[| (main|work) ' >some && mv some out
	golden pips-backtrace
fi
stop_root
