#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The protocol by which contexts change kernel threads holds in every
# interleaving of a small model; and where something essential is left out of
# it, that is found.
. "${srcdir:-.}/tests/testlib.sh"

need_command spin spin
CC=${CC:-cc}
need_command "${CC%% *}" gcc

# Search all states.  Prints what pan says.
search() { # [-DBROKEN_...]
	rm -f pan*
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

search
if ! grep -q 'errors: 0$' pan.out; then
	./pan -r >trail.out 2>&1 || :
	show pan.out
	show trail.out
	fail 'the protocol is wrong'
fi
states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' pan.out)
echo "no error in $states states"

for broken in NO_ON_CPU WAIT_FOREVER SLEEP NO_WAKE YIELD_TO; do
	search "-DBROKEN_$broken"
	grep -q 'assertion violated' pan.out || {
		show pan.out
		fail "BROKEN_$broken is not noticed"
	}
	grep -q 'errors: 1$' pan.out || fail "BROKEN_$broken: no error counted"
done
