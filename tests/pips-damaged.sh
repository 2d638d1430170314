#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Tables of another version, and damaged ones: one line says what is wrong with
# which process, and the exit status is 1.
. "${srcdir:-.}/tests/pips-lib.sh"

check_damage() { # FIELD VALUE REGEXP
	start_program "$builddir/tests/observer-damage" "$1" "$2"
	run_pips 1 -p "$root_pid"
	expect_error "pips: process $root_pid: its task table $3"
	if has_json; then
		run_pips 1 --json -p "$root_pid"
		grep -q "\"pid\": $root_pid" out || fail "JSON problems: $(cat out)"
	fi
	stop_root
}

check_damage version 2.0 \
	'has version 2\.0, this program reads versions 1\.x'
check_damage version 7.12 \
	'has version 7\.12, this program reads versions 1\.x'
check_damage magic 0x21 'is not a task table'
check_damage byte_order 0x04030201 \
	'has byte order 0x4030201, this program reads 0x1020304'
check_damage nentries 3000000000 'claims 3000000000 entries'
check_damage nentries 1000 'claims 1000 entries, [0-9]+ bytes, and has [0-9]+'
check_damage entry_size 64 'has entries of 64 bytes'
check_damage header_size 8 'has a header of 8 bytes'
