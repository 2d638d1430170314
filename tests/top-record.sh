#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pip-top --record and --replay: what is replayed is what was shown, forward,
# back and with jumps; a damaged file is read as far as it goes.
. "${srcdir:-.}/tests/top-lib.sh"
TZ=UTC
export TZ
top_environment='LC_ALL=C.UTF-8 TZ=UTC'

# What batch prints while it records, it prints again of the recording.
start_root 3 "$task_program" threads 1
for form in '' --wide $json --tree; do
	# shellcheck disable=SC2086 # perhaps none
	expect_status 0 "$top" -b -n 3 -d 0.1 $form -p "$root_pid" --record live.rec
	mv out live
	# shellcheck disable=SC2086
	expect_status 0 "$top" -b $form --replay live.rec
	diff live out || fail "$form: the recording has something else"
	[ ! -s err ] || fail "$form: $(cat err)"
done
[ "$(grep -c worker-0 out)" -eq 9 ] || fail "no threads: $(cat out)"
[ "$(stat -c %a live.rec)" = 600 ] || fail 'others may read the recording'
# The tasks' states and counters in it are those of the table.
if has_json; then
	expect_status 0 "$top" --json -n 1 --replay live.rec
	"$pips" --json -p "$root_pid" >table
	for name in pid tid generation switches yields; do
		grep -o "\"$name\": *[0-9]*" table | tr -d ' ' | sort >expected
		grep -o "\"$name\":[0-9]*" out | sort | diff expected - || fail "$name"
	done
fi
stop_root

# On the screen: forward, back, to a sample, to a time, the speed.
recording=$work_dir/demo.rec
"$builddir/tests/top-recording-make" "$recording" demo || framework_failed 'the recording'
start_top 110 40 --replay "$recording" -s pipid
wait_for 'sample 1 of 30, speed 1$'
keys Z
wait_for PAUSED
keys ^
wait_for 'sample 1 of 30'
wait_for '22:13:20$'
wait_for '^ +0 +4712 .* - ' # no rates yet
keys '}' '}'
wait_for 'sample 3 of 30'
wait_for '22:13:22$'
wait_for '^ +2 +4714 .*188K .*particles --part 0'
keys '{'
wait_for 'sample 2 of 30'
wait_for '^ +2 +4714 .*688K .*particles --part 0'
keys : 20 Enter
wait_for 'sample 20 of 30'
screen
grep -v PAUSED screen >at20
keys : 5 Enter
wait_for 'sample 5 of 30'
# The same whether one comes from before or from behind, or step by step.
keys : 20 Enter
wait_for 'sample 20 of 30'
screen
grep -v PAUSED screen | diff at20 - || fail 'sample 20 is not the same again'
keys '{' '{' '}' '}'
wait_for 'sample 20 of 30'
screen_is_at20() {
	screen
	grep -v PAUSED screen | cmp -s at20 -
}
poll screen_is_at20 || fail "step by step: $(diff at20 screen)"
keys : '50%' Enter
wait_for 'sample 16 of 30'
keys : +4 Enter
wait_for 'sample 20 of 30'
keys : -10s Enter
wait_for 'sample 10 of 30'
keys : +1m Enter
wait_for 'sample 30 of 30'
keys : 22:13:31 Enter
wait_for 'sample 12 of 30'
for nonsense in x 12x 25:00 12:00:00:00 '101%'; do
	keys : "$nonsense" Enter
	wait_for "'$nonsense' is no sample"
done
keys ")"
wait_for 'speed 2$'
keys "(" "("
wait_for 'speed 0.5$'
# It has its screens, and nothing acts on it.
keys 2
wait_for '^program 4711: 3 kernel threads run 11 contexts'
wait_for 'ULPs:.* decoupled'
keys 3
wait_for '^program 4711: [0-9]+M resident'
keys 4
wait_for '^ +0 +4712 +[0-9]+\|.*0.*2.*4.*6.*\|$'
wait_for '^program 5900: its flight recorder is off'
keys 1
for key in k b g; do
	keys Escape $key
	wait_for 'this is a recording'
done
keys Enter
wait_for '^Counters'
wait_for 'A recording has no more of a task than this'
keys Escape
keys '$'
wait_for ' END'
wait_for 'sample 30 of 30'
wait_for '^pip-top 1 root'
end_top
# It goes by itself, a hundred times as fast.
start_top 110 40 --replay "$recording"
wait_for 'sample 1 of 30'
keys ')' ')' ')' ')' ')' ')' ')' ')' ')' ')'
wait_for 'sample 30 of 30'
end_top
# Keys of a recording are no keys without one.
start_top 110 24 -p $$
keys '}'
wait_for 'that is for --replay'
end_top

# The screen records as well.
start_root 2 "$task_program" beta
start_top 110 24 -p "$root_pid" -d 0.1 --record screen.rec
wait_for '   recording$'
# One recorder is as good as the other; a few samples are.
has_samples() {
	"$top" -b --replay screen.rec >out 2>err && [ "$(grep -c ^pip-top out)" -ge 3 ]
}
poll has_samples || fail "recording: $(cat err)"
end_top
stop_root
expect_status 0 "$top" -b --wide --replay screen.rec
grep -q 'observer-task beta' out || fail "the recording of the screen: $(head out)"

# The map of switches, of three ULPs and the root on one kernel thread; and the
# reason why there is none.
start_ring
expect_status 0 "$top" -b -n 3 -d 0.1 -p "$ring" --record switches.rec
kill -KILL "$ring"
wait "$ring"
started=
start_top 100 20 --replay "$work_dir/switches.rec"
wait_for '^pip-top 1 root, 3 tasks'
keys Z '$' 4
wait_for '^program [0-9]+: [0-9.e+]+ us$'
wait_for '^ +root +[0-9]+ +[1-9][0-9]*\|.*0.*1.*2.*@.*\|$'
wait_for '^program [0-9]+: [0-9.e+]+ us$'
before=$(sed -n 's/^program [0-9]*: \(.*\) us$/\1/p' screen)
keys '[' '['
is_shorter() {
	screen
	awk -v a="$before" -v b="$(sed -n 's/^program [0-9]*: \(.*\) us$/\1/p' screen)" \
		'BEGIN { exit !(b * 3 < a) }'
}
poll is_shorter || fail "a shorter time: $(cat screen)"
end_top
start_root 1 "$task_program"
expect_status 0 "$top" -b -n 2 -d 0.1 -p "$root_pid" --record switches.rec
stop_root
start_top 100 20 --replay "$work_dir/switches.rec"
wait_for '^pip-top 1 root, 1 task'
keys 4
wait_for 'flight recorder is off: start it with PIP_TRACE=overwrite'
end_top

# Damaged files: as far as they go.
size=$(stat -c %s "$recording")
for cut in $((size - 1)) $((size / 2)); do
	head -c "$cut" "$recording" >cut.rec
	expect_status 0 "$top" -b --replay cut.rec
	expect_lines 1 'pip-top: the recording is damaged from here on: sample [0-9]+, byte [0-9]+: the file ends in it' err
	"$top" -b --replay "$recording" | head -c "$(stat -c %s out)" | cmp - out ||
		fail "what is left of $cut bytes"
done
cp "$recording" flip.rec
printf x | dd of=flip.rec bs=1 seek=$((size / 2)) conv=notrunc 2>/dev/null
expect_status 0 "$top" -b --replay flip.rec
expect_lines 1 'pip-top: .*: its checksum is wrong' err
start_top 110 24 --replay "$work_dir/flip.rec"
wait_for 'sample 1 of'
keys '$'
wait_for ' END'
end_top
# What is none.
patch_header() { # OFFSET OCTAL
	cp "$recording" other.rec
	# shellcheck disable=SC2059 # it is octal
	printf "\\$2" | dd of=other.rec bs=1 seek="$1" conv=notrunc 2>/dev/null
}
refuses() { # FILE REASON
	expect_status 2 "$top" -b --replay "$1"
	expect_lines 1 "pip-top: $1: $2" err
}
patch_header 0 130
refuses other.rec 'is no recording of pip-top'
patch_header 8 2
refuses other.rec 'was written on a machine of another byte order'
patch_header 12 1
refuses other.rec 'has version 1\.0, this program reads 2\.x'
patch_header 14 7 # a minor one is not in the way
expect_status 0 "$top" -b -n 1 --replay other.rec
patch_header 24 1
refuses other.rec 'has a damaged header'
head -c 64 "$recording" >empty.rec
refuses empty.rec 'has no sample'
head -c 100 "$recording" >empty.rec
refuses empty.rec 'has no sample: sample 1, byte 64: the file ends in it'
: >empty.rec
refuses empty.rec 'is no recording of pip-top'
refuses none.rec 'No such file or directory'
mkfifo pipe.rec
refuses pipe.rec 'is no file'
expect_status 2 "$top" -b --record none/x.rec
expect_lines 1 'pip-top: none/x.rec: No such file or directory' err
expect_status 2 "$top" --record a --replay b
expect_lines 1 'pip-top: either --record or --replay can be specified' err
# A full disk ends the recording, with -b the program.
if [ -w /dev/full ]; then
	expect_status 2 "$top" -b -n 1 -p $$ --record /dev/full
	expect_lines 1 'pip-top: /dev/full: No space left on device' err
fi
