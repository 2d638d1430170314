#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pip-unpie and piplnlibs say that nothing needs doing, and do nothing.
. "${srcdir:-.}/tests/testlib.sh"

pip_unpie=$builddir/bin/pip-unpie
cp "$programs/signal-log" pie
compile "${CC:-gcc}" -no-pie -fno-pie -o fixed "$program_sources/plain.c" -pthread
printf '#!/bin/sh\n' >script
: >empty
cksum pie fixed script empty >before

expect_status 0 "$pip_unpie" pie
expect_lines 1 'pie: nothing to do: .*' out
expect_status 0 "$pip_unpie" -c pie
[ ! -s out ] || fail '-c prints something'
expect_status 0 "$pip_unpie" fixed
expect_lines 1 'fixed: unchanged, .*not PIE' out
expect_status 1 "$pip_unpie" -c fixed
expect_lines 1 "pip-unpie: 'fixed' is not PIE" err
for option in '' -c; do
	# shellcheck disable=SC2086 # none, or one
	for file in script empty; do
		expect_status 1 "$pip_unpie" $option "$file"
		expect_lines 1 "pip-unpie: '$file' is .*" err
	done
	# shellcheck disable=SC2086 # none, or one
	for file in no-such-file . /dev/null; do
		expect_status 2 "$pip_unpie" $option "$file"
		expect_lines 1 "pip-unpie: '$file'.*" err
	done
done
expect_status 2 "$pip_unpie"
expect_status 2 "$pip_unpie" -c
expect_status 2 "$pip_unpie" pie fixed
expect_status 2 "$pip_unpie" -x pie
cksum pie fixed script empty | diff before - || fail 'a file was changed'

for name in piplnlibs pipnlibs; do
	for option in '' -r -s; do
		# shellcheck disable=SC2086 # none, or one
		expect_status 0 "$builddir/bin/$name" $option
		grep -q "^$name: nothing to do" out || fail "$name does not say why"
		[ "$(tail -n 1 out)" = 'piplnlibs succeeded' ] || fail "$name: the last line"
	done
	expect_status 2 "$builddir/bin/$name" -x
done
