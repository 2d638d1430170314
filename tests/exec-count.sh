#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pip-exec starts as many tasks as asked for, numbered over all sections, each
# with its own PID and its own variables.
. "${srcdir:-.}/tests/testlib.sh"

line='Hello from PIPID [0-9]+ of [0-9]+, process [0-9]+: variable = [0-9]+ at 0x[0-9a-f]+'

# Distinct values of what a sed expression picks from each line of out.
distinct() { # SED-EXPRESSION
	sed -E "s/$1/\1/" out | sort -u | wc -l
}

expect_tasks() { # NUMBER ARGUMENT...
	n=$1
	shift
	expect_status 0 "$pip_exec" "$@"
	expect_lines "$n" "$line" out
	[ "$(distinct '.*process ([0-9]+):.*')" -eq "$n" ] ||
		fail "$n tasks have not $n PIDs"
	[ "$(distinct '.* at (.*)')" -eq "$n" ] ||
		fail "$n tasks have not $n variables"
	# PIPID i of n, and its variable is 100 + i: all of them, each once.
	sed -E 's/.*PIPID ([0-9]+) of ([0-9]+),.*variable = ([0-9]+) .*/\1 \2 \3/' out |
		sort -n >numbers
	i=0
	while [ "$i" -lt "$n" ]; do
		echo "$i $n $((100 + i))"
		i=$((i + 1))
	done | diff - numbers || fail "wrong PIPIDs, counts or values for $n tasks"
}

hello=$examples/hello
expect_tasks 1 "$hello"
expect_tasks 8 -n 8 "$hello"
expect_tasks 64 -n 64 "$hello"
expect_tasks 6 "$hello" : -n 3 "$hello" :: -n2 "$hello" :

# Sections start different programs, in the order of the command line.
expect_status 0 "$pip_exec" -n 2 /bin/echo one 1 : -n 3 "$hello" : /bin/echo 'two  2'
grep -v '^Hello' out >echoed
expect_sorted echoed <<'END'
one 1
one 1
two  2
END
sed -nE 's/.*PIPID ([0-9]+) of 6,.*/\1/p' out >pipids
expect_sorted pipids <<'END'
2
3
4
END
