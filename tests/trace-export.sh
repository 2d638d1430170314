#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What pip-trace export writes is what other programs read.
. "${srcdir:-.}/tests/trace-common.sh"

"$pip_trace" record -o trace.data -- "$target" 5 101 </dev/null >/dev/null \
	2>record.err || fail "record: $(cat record.err)"
for format in chrome csv json svg folded; do
	"$pip_trace" export --format $format -i trace.data -o out.$format \
		2>err || fail "$format: $(cat err)"
	[ -s out.$format ] || fail "$format: nothing"
done

# The Trace Event Format, by its rules.
"$builddir/tests/trace-chrome" out.chrome 505 || fail 'chrome'

# All lines have all columns, and time goes on.
awk -F, 'NF != 11 { exit 1 }' out.csv || fail 'csv: columns'
tail -n +2 out.csv | cut -d, -f1 | sort -cn || fail 'csv: order'
events=$(($(wc -l <out.csv) - 1))

[ "$(grep -c '^{"ns"' out.json)" -eq "$events" ] || fail 'json: events'
grep -vE '^[^ ;]*;[^ ]+ [0-9]+$' out.folded && fail 'folded'
grep -q '</svg>' out.svg || fail 'svg'
! command -v xmllint >/dev/null || xmllint --noout out.svg || fail 'svg: XML'

"$pip_trace" export --format ctf -i trace.data 2>err && fail 'ctf without -o'
grep -q 'which?' err || fail "$(cat err)"
"$pip_trace" export --format ctf -i trace.data -o ctf 2>err ||
	fail "ctf: $(cat err)"
if command -v babeltrace2 >/dev/null; then
	babeltrace2 ctf >bt.out 2>bt.err || fail "ctf: $(cat bt.err)"
	[ ! -s bt.err ] || fail "ctf: $(cat bt.err)"
	[ "$(wc -l <bt.out)" -eq "$events" ] ||
		fail "ctf: $(wc -l <bt.out) events instead of $events"
	[ "$(grep -c pip:mark: bt.out)" -eq 505 ] || fail 'ctf: marks'
else
	echo 'babeltrace2 is missing: CTF was not read again'
fi

# A program's name is no order to the terminal, and always JSON.
name=$(printf 'a\033[31m\377;b c')
cp "$target" "./$name" || framework_failed 'cp'
"$pip_trace" record -o name.data -- "./$name" 2 3 </dev/null >/dev/null \
	2>record.err || fail "record: $(cat record.err)"
for command in report map faults; do
	"$pip_trace" $command -i name.data >out 2>err || fail "$(cat err)"
	LC_ALL=C grep -q "$(printf '[\033\377]')" out && fail "$command: raw name"
	"$pip_trace" $command --json -i name.data >out 2>err || fail "$(cat err)"
	"$builddir/tests/trace-chrome" --json out || fail "$command --json"
done
"$pip_trace" export --format chrome -i name.data -o name.chrome ||
	fail 'chrome'
"$builddir/tests/trace-chrome" name.chrome 6 || fail 'chrome'

# All others print something of it, within 80 columns.
for command in report summary timehist map runqlat offcpu syscalls faults ulp \
	consistency; do
	"$pip_trace" $command -i trace.data >out 2>err ||
		fail "$command: $(cat err)"
	[ -s out ] || fail "$command prints nothing"
	awk 'length > 80 { print; exit 1 }' out || fail "$command: too wide"
	"$pip_trace" $command --json -i trace.data >out 2>err ||
		fail "$command --json: $(cat err)"
	"$builddir/tests/trace-chrome" --json out || fail "$command --json"
done
exit 0
