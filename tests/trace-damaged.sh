#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Damaged trace files: an error or what can be read, never a crash or a hang.
. "${srcdir:-.}/tests/trace-common.sh"

sanitized=$builddir/tests/trace-sanitized
ASAN_OPTIONS=exitcode=98:allocator_may_return_null=1
UBSAN_OPTIONS=exitcode=98
export ASAN_OPTIONS UBSAN_OPTIONS

"$pip_trace" record -o whole.data -- "$target" 3 11 </dev/null >/dev/null \
	2>record.err || fail "record: $(cat record.err)"

try() { # FILE COMMAND...
	file=$1
	shift
	status=0
	timeout 30 "$sanitized" "$@" -i "$file" >out 2>err || status=$?
	[ $status -eq 0 ] || [ $status -eq 2 ] || {
		tail -n 30 err
		cp "$file" "${TMPDIR:-/tmp}/trace-damaged.data"
		fail "status $status: seed $seed: $*"
	}
}

seed=0
for command in report summary timehist map runqlat offcpu syscalls faults ulp \
	consistency; do
	try whole.data $command
	[ $status -eq 0 ] || fail "$command fails on what is not damaged"
done
set -- report 'summary 0.01' timehist map runqlat syscalls faults \
	consistency 'export --format chrome' 'export --format svg' \
	'export --format ctf -o ctf' 'report --json' 'map --json'
while [ $seed -lt 120 ]; do
	seed=$((seed + 1))
	"$builddir/tests/trace-damage" whole.data damaged.data $seed ||
		framework_failed 'trace-damage'
	command=$1
	shift
	set -- "$@" "$command"
	# shellcheck disable=SC2086 # words
	try damaged.data $command
done

# What is cut off is read as far as it goes, and that is said.
head -c $(($(wc -c <whole.data) / 2)) whole.data >half.data
try half.data report
grep -q 'half.data is cut off at byte [0-9]*; what is before is used' err ||
	fail "$(cat err)"
[ $status -eq 0 ] && [ -s out ] || fail 'nothing was read'
exit 0
