#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The protocol by which contexts change kernel threads holds in every
# interleaving of a small model; and where something essential is left out of
# it, that is found.
. "${srcdir:-.}/tests/testlib.sh"

need_command spin spin
CC=${CC:-cc}
need_command "${CC%% *}" gcc

broken='NO_ON_CPU WAIT_FOREVER SLEEP NO_WAKE YIELD_TO'

# Search all states, in a directory of its own.  What pan says is in pan.out.
search() { # DIRECTORY [-DBROKEN_...]
	mkdir "$1" && cd "$1" || framework_failed 'mkdir'
	shift
	expect_status 0 spin -a "-DSTEPS=${PIP_TEST_STEPS:-3}" "$@" \
		"$top_srcdir/tests/model/blt.pml"
	# -DSAFETY: no cycles are looked for; -E: that a kernel thread may sleep
	# for ever is checked by the model itself.
	# shellcheck disable=SC2086 # CC may have arguments
	compile $CC -O2 -w -DSAFETY -DCOLLAPSE -o pan pan.c
	./pan -m200000 -E >pan.out 2>&1
	grep -q 'Full statespace search' pan.out && grep -q '^State-vector' pan.out ||
		framework_failed "spin's verifier: $(head -n 5 pan.out)"
	! grep -q 'max search depth too small' pan.out ||
		framework_failed 'spin looks not deep enough'
}

# At the same time: compiling them takes longer than searching.
searches=
for name in $broken; do
	(search "$name" "-DBROKEN_$name") &
	searches="$searches $!"
done
(search whole) || exit
for search in $searches; do
	wait "$search" || exit
done

if ! grep -q 'errors: 0$' whole/pan.out; then
	(cd whole && ./pan -r >trail.out 2>&1) || :
	show whole/pan.out
	show whole/trail.out
	fail 'the protocol is wrong'
fi
states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' whole/pan.out)
echo "no error in $states states"

for name in $broken; do
	grep -q 'assertion violated' "$name/pan.out" || {
		show "$name/pan.out"
		fail "BROKEN_$name is not noticed"
	}
	grep -q 'errors: 1$' "$name/pan.out" || fail "BROKEN_$name: no error counted"
done
