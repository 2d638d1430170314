#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pip-ipc and pip-probe-effect show their usage and their version, within 80
# columns, and their manual pages name every option.
. "${srcdir:-.}/tests/testlib.sh"

for command in "$builddir/bench/ipc/pip-ipc" \
	"$builddir/bench/effect/pip-probe-effect"; do
	name=${command##*/}
	expect_status 0 "$command" --help
	[ ! -s err ] || fail "$name --help prints on stderr"
	grep -q "^Usage: $name" out || fail "$name --help does not show the usage"
	awk 'length > 80 { exit 1 }' out || fail "$name --help: more than 80 columns"
	grep -oE -- '--[a-z-]+' out | sort -u >options
	[ "$(wc -l <options)" -ge 12 ] || framework_failed 'no options'
	while read -r option; do
		[ "$option" = --usage ] || sed 's/\\-/-/g' \
			"$top_srcdir/docs/man/$name.1" | grep -qF -- "$option" ||
			fail "$name(1) does not name $option"
	done <options
	expect_status 0 "$command" --version
	grep -q "^$name (.*) .*[0-9]" out || fail "$name --version: $(head -n 1 out)"
	expect_status 2 "$command" --no-such-option
	if [ -w /dev/full ]; then
		status=0
		"$command" --help >/dev/full || status=$?
		[ "$status" -ne 0 ] || fail "$name --help: a full disk is not noticed"
	fi
done

# What --list shows is what the page describes.
expect_status 0 "$builddir/bench/effect/pip-probe-effect" --list
sed -n 's/^  \([a-z-]*\) .*/\1/p' out >names
[ "$(wc -l <names)" -ge 20 ] || { show out; fail '--list is short'; }
while read -r name; do
	sed 's/\\-/-/g' "$top_srcdir/docs/man/pip-probe-effect.1" |
		grep -qE "^\.(B|BR|BI) .*\<$name\>" ||
		fail "pip-probe-effect(1) does not describe $name"
done <names
