#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Context switches that pip-trace records are those that the kernel has counted,
# each, and they are where they belong among the events of the flight recorder;
# and threads have waited for a CPU as long as the kernel says.
. "${srcdir:-.}/tests/trace-common.sh"

has_kernel || skip "$(grep -h 'no kernel events' probe.err)"

# The marks' values before and after, and what was recorded between the last
# mark before and the last after.  Of wakeups, a new thread's is always there.
summarise() { # FILE
	"$pip_trace" export -q --format csv -i "$1" |
		awk -F, -v root="$target_pid" '
		$3 == "mark" {
			value[!!begun] = $9
			out[!!begun] = outs
		}
		$3 == "begin" { begun = 1 }
		$3 == "sched_out" && $5 == root { outs++ }
		$3 == "wakeup" && $9 == 0 { wakeups++ }
		END {
			print value[1] - value[0], out[1] - out[0], wakeups + 0
		}'
}

check() { # FILE KINDS
	nothing_lost "$1" || fail "$1: events were lost: $(cat record.err)"
	kinds=$2
	# shellcheck disable=SC2046 # words
	set -- $(summarise "$1")
	echo "$kinds: $1 switches, recorded: $2; wakeups: $3"
	[ "$1" -gt 0 ] || fail 'the kernel has counted no switches'
	[ "$1" -eq "$2" ] || fail "$2 switches instead of $1"
	# Not one for each: some are woken before they sleep.
	case $kinds-$has_waits in
	sched-yes) [ "$3" -eq 0 ] || fail "$3 wakeups, not asked for" ;;
	*) [ "$3" -gt 0 ] || fail 'no wakeups' ;;
	esac
}

# The target's part, recorded with these kinds.
record_target() { # KINDS FILE COMMAND...
	kinds=$1 file=$2
	shift 2
	start_target "$@"
	: >"$file"
	$trace_command record --kernel-events="$kinds" --kernel-buffer 64 \
		-o "$file" -p "$target_pid" 2>record.err &
	recorder=$!
	# Its header is written when all is attached.
	poll test -s "$file" || fail "$(cat record.err)"
	step_target
	poll grep -q 'done' target.out || fail 'the program hangs'
	kill -TERM $recorder
	wait $recorder || fail "record: $(cat record.err)"
	end_target
}

# Per thread, from its birth until it has said how long it has waited: the sum of
# its waits, what the next record says that the kernel has counted, and what the
# thread has said; the sum for all of its life; and at how many switches the wait
# is not known, or not since the wakeup, and how many wakeups there were.
# There are kernels that hide the switches of some threads, also from perf(1): who
# gets the CPU from these was not seen to get it.
compare_waits() { # FILE
	"$pip_trace" export -q --format csv -i "$1" | awk -F, -v out=target.out '
		BEGIN {
			while ((getline line <out) > 0)
				if (split(line, word, " ") == 4 &&
				    word[1] == "waits") {
					said[word[2]] = word[3]
					switches[word[2]] = word[4]
				}
		}
		!($5 in said) { next }
		$3 == "wakeup" && $9 == 1 { since[$5] = $1; state[$5] = 0 }
		$3 == "wakeup" && $9 == 0 && state[$5] && !woken[$5] {
			woken[$5] = $1
		}
		$3 == "sched_out" {
			if (($5 in since) && !ended[$5]) {
				unseen[$5]++
				sum[$5] += $10 - total[$5]
			}
			if (outs[$5]++ == switches[$5])
				print "thread", sum[$5], $10, said[$5], outs[$5]
			since[$5] = $1
			state[$5] = $8
			total[$5] = $10
			known[$5] = $11
			woken[$5] = 0
		}
		$3 == "exit" { ended[$5] = 1 }
		$3 == "sched_in" && ($5 in since) && !ended[$5] {
			wait = $1 - since[$5]
			if (state[$5] && known[$5] && $11 == 1)
				wait = $10 - total[$5]
			else if (state[$5])
				unknown++
			sum[$5] += wait
			if (woken[$5] && $11 == 1) {
				difference = wait - ($1 - woken[$5])
				most = 20000 + wait / 20
				compared++
				others += difference > most ||
					  difference < -most
			}
			delete since[$5]
		}
		END {
			for (tid in unseen)
				print "unseen", unseen[tid], tid
			for (tid in sum)
				if (!unseen[tid])
					printf "life %d %.3f\n", tid, sum[tid] / 1e6
			print "wakeups", unknown + 0, others + 0, compared + 0
		}'
}

# Clocks are read at different moments, and some threads are moved meanwhile: a
# tenth and 20 us for each switch are far from what a wait too much would make.
check_waits() { # FILE
	nothing_lost "$1" || fail "$1: events were lost: $(cat record.err)"
	compare_waits "$1" >waits.txt
	cat waits.txt
	grep '^life' waits.txt >waits.life
	[ "$(grep -c '^thread' waits.txt)" -eq 3 ] || fail 'not three threads'
	awk '$1 == "thread" {
			most = $4 / 10 + 20000 * $5 + 1000000
			if ($3 != $4 || $2 > $4 + most || $2 < $4 - most)
				exit 1
			all += $4
		}
		# Of three threads, one or two wait.
		END { exit all < 10000000 }' waits.txt ||
		fail 'they have not waited as long as the kernel says'
}

trace_command=$pip_trace has_waits=yes
case $(cat /sys/devices/system/clocksource/clocksource0/current_clocksource) in
tsc | kvm-clock | hyperv_clocksource_tsc_page) ;;
*) has_waits=no ;;
esac
grep -qs ' [1-9][0-9]*$' /proc/self/schedstat || has_waits=no
[ "$(uname -m)" = x86_64 ] || has_waits=no

for kinds in sched sched,wakeups,syscalls,faults,signals; do
	record_target "$kinds" sched.data switches 10007
	check sched.data "$kinds"
done

# A clock that run queues do not have: then wakeups are recorded, too.
echo hpet >clocksource
cat >untrusted <<-END
	#!/bin/sh
	mount --bind "$PWD/clocksource" \
		/sys/devices/system/clocksource/clocksource0/current_clocksource &&
		exec "\$@"
END
chmod +x untrusted
if [ $has_waits = yes ] && unshare -m ./untrusted true 2>/dev/null; then
	trace_command="unshare -m ./untrusted $pip_trace"
	has_waits=no
	record_target sched sched.data switches 10007
	check sched.data sched
	"$pip_trace" export -q --format csv -i sched.data |
		awk -F, '$3 == "wakeup" && $9 == 0 { wakeups++ }
			$3 == "sched_in" && $11 != 0 { known++ }
			END { exit !(wakeups > 0 && known == 0) }' ||
		fail 'no wakeups, or waits by a clock that is not to be trusted'
	trace_command=$pip_trace has_waits=yes
fi

if [ $has_waits = no ]; then
	echo 'how long threads wait is not known here: not tested'
	exit 0
fi
for kinds in sched sched,wakeups; do
	record_target "$kinds" waits.data waits 300
	check_waits waits.data
	case $kinds in
	# To the nanosecond, but for those who are moved from one CPU to another
	# while they wait: what that takes is not counted.
	*wakeups) awk '$1 == "wakeups" { exit $4 < 100 || 2 * $3 > $4 }' \
		waits.txt || fail 'wakeups were at other moments' ;;
	*) awk '$1 == "wakeups" { exit $2 > 3 || $4 != 0 }' waits.txt ||
		fail 'somebody has waited for a time that is not known'
		"$pip_trace" report -i waits.data >report.txt || fail 'report'
		awk 'FILENAME == "waits.life" { sum[$2] = $3; m++; next }
			$1 in sum && NF == 8 {
				n++
				wrong += $7 > sum[$1] + 0.02 || $7 < sum[$1] - 0.02
			}
			END { exit n != m || wrong != 0 }' \
			waits.life report.txt || {
			show report.txt
			fail 'report has other waits'
		} ;;
	esac
done
exit 0
