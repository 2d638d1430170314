#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A root with AddressSanitizer in it can have plugins, and errors of its own are
# found as ever: with the sanitizer's library linked in, and as the compiler does it
# by itself (gcc: a shared one).
. "${srcdir:-.}/tests/testlib.sh"

cat >root.c <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pip/pip.h>
int main(int argc, char **argv)
{
	char *task[] = { "/bin/true", NULL };
	int n = 2, status = -1, pipid = 0;
	volatile char *block = malloc(16);

	(void)argv;
	if (pip_init(NULL, &n, NULL, 0) != 0 ||
	    pip_spawn(task[0], task, NULL, PIP_CPUCORE_ASIS, &pipid, NULL, NULL,
		      NULL) != 0 ||
	    pip_wait(pipid, &status) != 0 || status != 0)
		return 1;
	free((void *)block);
	if (argc > 1)
		return block[3];
	return pip_fin();
}
END

logger=$builddir/examples/plugins/logger.so
[ -f "$logger" ] || framework_failed "no $logger"

build() { # PROGRAM COMPILER-OPTION...
	program=$1
	shift
	${CC:-gcc} -g -fsanitize=address "$@" -I "$top_srcdir/include" \
		-o "$program" root.c -L "$builddir/lib/.libs" -lpip \
		-Wl,-rpath,"$builddir/lib/.libs" >compile.log 2>&1
}

check() { # PROGRAM
	expect_status 0 "./$1"
	[ ! -s out ] && [ ! -s err ] || { show err; fail "$1 without plugins"; }
	expect_status 0 env PIP_PLUGINS="$logger" "./$1"
	for line in 'logger root: ROOT_INIT' \
		'logger root: TASK_WAIT PIPID 0, wait status 0' \
		'logger 0: TASK_START'; do
		cat out err | grep -qx "$line" ||
			{ show out; show err; fail "$1: no '$line'"; }
	done
	status=0
	PIP_PLUGINS=$logger "./$1" error >out 2>err || status=$?
	[ "$status" -ne 0 ] && grep -q 'AddressSanitizer: heap-use-after-free' err ||
		{ show err; fail "$1: its error was not found"; }
}

# That leaks are looked for is another matter, which needs ptrace(2).
ASAN_OPTIONS=detect_leaks=0
export ASAN_OPTIONS
build linked -static-libasan || build linked -static-libsan ||
	skip "the compiler has no AddressSanitizer: $(tail -n 1 compile.log)"
check linked

# pip_plugin(7): it wants to be the first library, and plugins are before it.
ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0
build shared || framework_failed "cannot compile: $(tail -n 1 compile.log)"
check shared
