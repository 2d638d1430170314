#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Each bpftrace script counts exactly what a program does, with 2 and with many
# tasks, in process and in thread mode, from its start and attached later.
. "${srcdir:-.}/tests/testlib.sh"

need_command bpftrace bpftrace
[ "$(id -u)" -eq 0 ] || skip 'bpftrace has to be run as root'
[ "$(stat -L -c %i /proc/self/ns/pid)" = 4026531836 ] ||
	skip 'this is not the first PID namespace'
grep -q ':pip:switch$' <<END || skip 'libpip has no probes: install systemtap-sdt-dev'
$(bpftrace -l "usdt:$builddir/lib/.libs/libpip.so:*" 2>/dev/null)
END
timeout 60 bpftrace -e 'tracepoint:raw_syscalls:sys_enter { exit(); }' >try 2>&1 ||
	skip "bpftrace does not work here: $(tail -n 1 try)"

pip_bpftrace=$builddir/bpftrace/pip-bpftrace
target=$builddir/tests/bpftrace-target

# Run one script on a fresh program.  What it prints is in out.
trace() { # SCRIPT WHAT NTASKS COUNT
	timeout 120 "$pip_bpftrace" -o out "$1" -- "$target" "$2" "$3" "$4" \
		>target.out 2>err || {
		status=$?
		show err
		fail "$mode: pip-bpftrace $1 $2 $3 $4: exit status $status"
	}
	grep -qiE 'lost [0-9]+ events' err && fail "$mode: $1 has lost events"
}

# The value of a map's key, "" if there is none.
value() { # MAP KEY
	sed -n "s/^@$1\\[$2\\]: //p" out
}

expect() { # NUMBER MAP KEY
	actual=$(value "$2" "$3")
	[ "$actual" = "$1" ] && return
	show out
	fail "$mode: @$2[$3] is '$actual' and not $1"
}

expect_scalar() { # NUMBER MAP
	grep -qx "@$2: $1" out && return
	show out
	fail "$mode: @$2 is not $1"
}

# What a histogram adds up to.
expect_histogram() { # NUMBER MAP
	actual=$(awk -v map="@$2:" '
		$1 == map { inside = 1; next }
		inside && NF == 0 { exit }
		inside { sub(/^\[[^)]*[])] */, ""); sum += $1 }
		END { print sum + 0 }' out)
	[ "$actual" = "$1" ] && return
	show out
	fail "$mode: the histogram @$2 has $actual and not $1"
}

# From one PIPID to another, on whichever kernel thread.
expect_switches() { # NUMBER FROM TO
	actual=$(sed -n "s/^@switches\\[[0-9]*, $2, $3\\]: //p" out |
		awk '{ sum += $1 } END { print sum + 0 }')
	[ "$actual" = "$1" ] && return
	show out
	fail "$mode: $actual and not $1 switches from $2 to $3"
}

check_switches() { # NTASKS COUNT
	i=0
	while [ $i -lt "$1" ]; do
		# Back it is one more if one leaves to the other.
		expect_switches "$2" $i $((i + 1))
		i=$((i + 2))
	done
	sum=$(sed -n 's/^@switches.*: //p' out | awk '{ sum += $1 } END { print sum }')
	expect_scalar "$sum" total
}

check_syscalls() { # NTASKS COUNT
	i=0
	while [ $i -lt "$1" ]; do
		expect "$2" calls "$i, 110" # getppid
		i=$((i + 1))
	done
}

# Every other task makes them while it is the root's guest, and again at home.
check_consistency() { # NTASKS COUNT
	i=0 sum=0
	while [ $i -lt "$1" ]; do
		expect "$2" calls "$i, -748, 110"
		sum=$((sum + $2))
		i=$((i + 2))
	done
	[ "$(grep -c '^@calls.*, 110\]' out)" -eq $((($1 + 1) / 2)) ] || {
		show out
		fail "$mode: calls of others"
	}
}

check_all() { # NTASKS COUNT SPAWNS
	trace switches switches "$1" "$2"
	check_switches "$1" "$2"

	trace couple-latency couples "$1" "$2"
	i=0
	while [ $i -lt "$1" ]; do
		expect "$2" couples $i
		expect "$2" decouples $i
		i=$((i + 1))
	done
	expect_histogram $(($1 * $2)) couple_ns
	expect_histogram $(($1 * $2)) decouple_ns

	trace spawn spawns "$1" "$3"
	expect_scalar "$3" started
	expect "$3" ended_with_status 7
	expect_histogram "$3" spawn_us
	expect_histogram "$3" load_us
	[ "$(sed -n 's/^@spawns\[.*\]: //p' out)" = "$3" ] || fail "$mode: @spawns"

	trace blocked blocked "$1" "$2"
	i=0
	while [ $i -lt "$1" ]; do
		expect "$2" barrier_waits $i
		# Counted in the task table, too.
		expect "$(sed -n "s/^suspends $i: //p" target.out)" suspends $i
		i=$((i + 1))
	done
	expect_histogram $(($1 * $2)) barrier_us

	trace syscalls-by-task syscalls "$1" "$2"
	check_syscalls "$1" "$2"

	trace consistency consistency "$1" "$2"
	check_consistency "$1" "$2"
}

# --- Attached to a program that runs ----------------------------------------

target_pid=''
clean_up() {
	[ -z "$target_pid" ] || kill -KILL "$target_pid" 2>/dev/null
}

is_attached() {
	bpftrace_pid=$(ps -o pid= --ppid "$launcher" | while read -r pid; do
		[ "$(cat "/proc/$pid/comm")" = bpftrace ] && echo "$pid"
	done)
	[ -n "$bpftrace_pid" ] &&
		grep -qE '^(232|281|22) ' "/proc/$bpftrace_pid/syscall" 2>/dev/null
}

attach() { # SCRIPT WHAT NTASKS COUNT
	rm -f go out
	mkfifo go
	"$target" "$2" "$3" "$4" wait <go >target.out 2>&1 &
	target_pid=$!
	exec 9>go
	poll grep -qx ready target.out || fail "$mode: the program is not ready"
	# The PID of any task will do.
	pid=$("$builddir/pips/pips" --no-header -p "$target_pid" |
		awk '$1 == "1" { print $2 }')
	"$pip_bpftrace" -o out "$1" -p "$pid" >launcher.out 2>err 9>&- &
	launcher=$!
	poll is_attached || { show err; fail "$mode: $1 does not attach"; }
	echo go >&9
	exec 9>&-
	wait "$target_pid" || { show target.out; fail "$mode: $2 has failed"; }
	target_pid=''
	# It ends with the program.
	wait "$launcher" || { show err; fail "$mode: $1: exit status $?"; }
}

for mode in process thread; do
	PIP_MODE=$mode
	export PIP_MODE
	check_all 2 10007 211
	check_all 30 331 31

	attach switches switches 2 10007
	check_switches 2 10007
	attach syscalls-by-task syscalls 300 101
	check_syscalls 300 101
	attach consistency consistency 3 10007
	check_consistency 3 10007
done
