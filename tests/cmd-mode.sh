#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pip-mode sets PIP_MODE for a command or shows it; printpipmode prints the
# names that the original prints.
. "${srcdir:-.}/tests/testlib.sh"

pip_mode=$builddir/bin/pip-mode printpipmode=$builddir/bin/printpipmode
unset PIP_MODE

expect_mode() { # MODE OPTION...
	mode=$1
	shift
	for option; do
		expect_status 0 "$pip_mode" "$option"
		expect_lines 1 "PIP_MODE=$mode" out
		# shellcheck disable=SC2016 # for the inner shell
		expect_status 5 "$pip_mode" "$option" sh -c 'echo "$PIP_MODE"; exit 5'
		expect_lines 1 "$mode" out
	done
}
expect_mode process -P -p --process
expect_mode process:preload -L -l --process:preload
expect_mode process:pipclone -C -c --process:pipclone
expect_mode process:got -G -g --process:got
expect_mode thread -T -t --thread --pthread

# What a program then runs in.
expect_status 0 "$printpipmode"
expect_lines 1 process:preload out
while read -r option mode; do
	expect_status 0 "$pip_mode" "$option" "$printpipmode"
	expect_lines 1 "$mode" out
	[ ! -s err ] || fail "$option: something is on stderr"
done <<'END'
-P process:preload
-L process:preload
-C process:pipclone
-G process:got
END
# A task must be the program itself, not libtool's script.
real=$builddir/bin/.libs/printpipmode
[ -x "$real" ] || real=$printpipmode
expect_status 0 env LD_LIBRARY_PATH="$builddir/lib/.libs" "$pip_mode" -C "$pip_exec" -n 2 "$real"
expect_lines 2 process:pipclone out
expect_status 1 env PIP_MODE=nonsense "$printpipmode"
grep -qx 'pip_init() fails (Operation not permitted)' err || fail "no mode: $(cat err)"
[ ! -s out ] || fail 'a mode that is none is printed'

# Without a mode the environment is as it is, and no word is dropped.
expect_status 0 "$pip_mode" echo one 'two words'
expect_lines 1 'one two words' out
# shellcheck disable=SC2016 # for the inner shell
expect_status 0 env PIP_MODE=process:got "$pip_mode" sh -c 'echo "$PIP_MODE"'
expect_lines 1 process:got out
# shellcheck disable=SC2016 # for the inner shell
expect_status 0 "$pip_mode" sh -c 'echo "${PIP_MODE-unset}"'
expect_lines 1 unset out
expect_status 0 env PIP_MODE=process:got "$pip_mode"
expect_lines 1 process:got out
expect_status 0 "$pip_mode" -P -- echo -n -- x
expect_status 0 "$pip_mode" -P -G
expect_lines 1 PIP_MODE=process:got out

expect_status 127 "$pip_mode" -P ./no-such-command
expect_lines 1 "pip-mode: './no-such-command' is not found" err
expect_status 1 "$pip_mode" -x true
expect_lines 1 "pip-mode: unknown option '-x': .*" err
expect_status 2 "$pip_mode" -u
expect_status 2 "$printpipmode" --no-such-option
