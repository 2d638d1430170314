#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Nothing that a program has recorded is lost when it ends, however it ends, and
# whoever records it.
. "${srcdir:-.}/tests/trace-common.sh"

check_end() { # FILE MARKS
	grep -q 'how many, is$' record.err && fail "$1: $(cat record.err)"
	"$pip_trace" report --json -i "$1" >report.json || fail "$1: report"
	grep -q '"tail_unknown":false' report.json ||
		fail "$1: $(head -c 300 report.json)"
	expect_events "$1" mark "$2"
}

# As nobody, without any privilege, if that can be.
as_nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups \
		--bounding-set=-all --no-new-privs "$@"
}
runners='env'
if [ "$(id -u)" -eq 0 ]; then
	chmod 777 "$work_dir"
	if as_nobody "$target" 1 1 </dev/null >out 2>err; then
		runners='env as_nobody'
	else
		echo "only as root: $(cat err)"
	fi
fi

# The program ends right after its last event, but not before it was found.
record() { # FILE COMMAND...
	file=$1
	shift
	rm -f steps
	mkfifo steps || framework_failed 'mkfifo'
	$runner "$pip_trace" record --no-kernel -o "$file" -- "$@" <steps \
		>out 2>record.err &
	recorder=$!
	exec 9>steps
	poll test -s "$file" || fail "record: $(cat record.err)"
	echo >&9
	exec 9>&-
	status=0
	wait $recorder || status=$?
}

for runner in $runners; do
	for how in exit _exit 9 11; do
		echo "$runner, $how"
		file=$runner$how.data
		record "$file" "$target" last 10007 $how
		case $how in
		*exit) [ $status -eq 0 ] ;;
		*) [ $status -eq $((128 + how)) ] ;;
		esac || fail "exit status $status: $(cat record.err)"
		check_end "$file" 10007
	done
	# A shell's first program gets the memory, and only that.
	record "$runner.data" sh -c \
		"'$target' last 211 9; '$target' last 23 _exit </dev/null"
	check_end "$runner.data" 211
done

# It may also end before anybody could have found it: pip_init() waits.
for i in 1 2 3 4 5 6 7 8 9 10; do
	"$pip_trace" record --no-kernel -o soon.data -- \
		"$target" last 23 _exit </dev/null >out 2>record.err ||
		fail "$i: $(cat record.err)"
	check_end soon.data 23
done

# What is in PIP_TRACE_FD may be anything.
for number in '' x -1 1 2 3 99999999999 4294967295; do
	PIP_TRACE_FD=$number "$target" marks 7 </dev/null >out 2>err ||
		fail "PIP_TRACE_FD=$number: $(cat err)"
done
echo precious >file
PIP_TRACE_FD=3 "$target" marks 7 3<>file </dev/null >out 2>err ||
	fail "PIP_TRACE_FD of a file: $(cat err)"
grep -qx precious file || fail 'a file was used as memory'
exit 0
