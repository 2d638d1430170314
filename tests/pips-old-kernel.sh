#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# On a kernel without PROCMAP_QUERY, PAGEMAP_SCAN and kcmp, pips reads text
# instead and finds the same.
. "${srcdir:-.}/tests/pips-lib.sh"
need_memory "$(id -u)"

preload=$builddir/tests/.libs/observer-old-kernel.so
[ -e "$preload" ] || framework_failed "no $preload"

# All columns but CPU% and TIME, which go on.
list() {
	"$@" "$pips" -l --no-header -p "$root_pid" |
		awk '{ $9 = $11 = ""; print }'
}

for what in touch fork exec; do
	start_root -f 2 5 "$task_program" $what 2
	settled() {
		list env >new
		list env LD_PRELOAD="$preload" >old
		cmp -s old new && list env | cmp -s - new
	}
	poll settled || fail "$what: $(diff old new)"
	[ "$(wc -l <new)" -eq 6 ] || fail "$what: $(cat new)"
	pids=$(awk '{ print $2 }' new)
	for pid in $pids; do
		LD_PRELOAD=$preload "$pips" -M -p "$pid" >old ||
			fail "$what: modules of $pid"
		"$pips" -M -p "$pid" >new.modules
		cmp old new.modules || fail "$what: modules of $pid differ"
	done
	# Copies are none, and nothing is found twice.
	LD_PRELOAD=$preload "$pips" --no-header >all
	[ "$(grep -cE "^ root +$root_pid " all)" -eq 1 ] || fail "all: $(cat all)"
	copies=$(cut -d' ' -f3- ready)
	for copy in $copies; do
		! grep -qE "^ root +$copy " all || fail "copy $copy: $(cat all)"
	done
	stop_root
done
