#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every command of PiP shows its usage and its version, within 80 columns, and
# has a manual page.
. "${srcdir:-.}/tests/testlib.sh"

for name in pip-exec pip-backtrace pipcc pipfc pip-check pip-mode printpipmode pip-man \
	pip-tgkill pip-unpie pip-plugin piplnlibs pipnlibs; do
	command=$builddir/bin/$name
	# The original's pip-mode ends like that.
	case $name in
	pip-mode) status=2 ;;
	*) status=0 ;;
	esac
	expect_status $status "$command" --help
	[ ! -s err ] || fail "$name --help prints on stderr"
	grep -q "^Usage: $name" out || fail "$name --help does not show the usage"
	awk 'length > 80 { exit 1 }' out || fail "$name --help: more than 80 columns"
	expect_status 0 "$command" --version
	grep -q "^$name (.*) .*[0-9]" out || fail "$name --version: $(head -n 1 out)"
	[ -s "$top_srcdir/docs/man/$name.1" ] || fail "$name has no manual page"
	if [ -w /dev/full ]; then
		status=0
		"$command" --help >/dev/full 2>err || status=$?
		[ "$status" -ne 0 ] || fail "$name --help: a full disk is not noticed"
	fi
done
