#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A signal that nobody in a task handles is seen in the kernel, once.
. "${srcdir:-.}/tests/trace-common.sh"

has_kernel || skip "no events of the kernel: $(cat probe.err)"

record() { # FILE COMMAND...
	file=$1
	shift
	"$pip_trace" record -o "$file" -- "$@" >out 2>record.err
	nothing_lost "$file" || fail "$file: $(cat record.err)"
	"$pip_trace" export -q --format csv -i "$file" >"$file.csv" ||
		fail "export of $file"
}

exceptions() { # FILE SIGNAL: of the kernel's, those of tasks
	grep -cE "^[0-9]*,kernel,exception,T[0-9]*,[0-9]*,[0-9]*,[0-9]*,$2," \
		"$1.csv"
}

expect_exceptions() { # FILE SIGNAL NUMBER
	n=$(exceptions "$1" "$2")
	[ "$n" -eq "$3" ] || fail "$1: $n exceptions $2 instead of $3"
}

for number in 9 11 15; do
	# The shell is replaced by what is killed; it has no handler.
	record $number.data env PIP_MODE=process "$pip_exec" -n 23 \
		sh -c "kill -$number \$\$"
	expect_exceptions $number.data $number 23
	"$pip_trace" report -i $number.data |
		grep -q '^ended by a signal: .*T0 .*T22$' ||
		fail "report: $("$pip_trace" report -i $number.data | tail)"
	"$pip_trace" report --json -i $number.data |
		grep -q '"exceptions": *1,' || fail 'report --json'
done
# What is ignored, or handled, or an orderly end, is none.
record none.data env PIP_MODE=process "$pip_exec" -n 7 \
	sh -c 'trap : TERM; kill -TERM $$; kill -CHLD $$; kill -CONT $$; exit 9'
expect_exceptions none.data '[0-9]*' 0
"$pip_trace" report -i none.data | grep 'ended by a signal.* T' &&
	fail 'nobody was ended by a signal'
exit 0
