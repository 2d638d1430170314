#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Wrapper functions nest in the order of the plugins, in the root and in every
# task, also around libpip's functions, and constructors find them in place.
. "${srcdir:-.}/tests/testlib.sh"
. "$top_srcdir/tests/plugin-lib.sh"

nested=$(printf '%s 0 alarm\n' first second third
	printf '%s 0 pip_get_ntasks\n' first second third)
PLUGIN_WRAPS=1
export PLUGIN_WRAPS
for mode in process thread; do
	# In a task; pip-exec, the root, calls pip_get_ntasks() as well.
	trace_run 0 env PIP_MODE=$mode "$pip_exec" --with-plugin "$tracers" "$program" wrap
	grep -E 'TASK_START|alarm' "$PLUGIN_TRACE" | sed -n '/third 0 TASK_START/,$p' |
		grep alarm >wrapped
	echo "$nested" | grep alarm | expect_text wrapped
	# In the root.
	trace_run 0 env PIP_MODE=$mode PIP_PLUGINS="$tracers" "$program" root wrap fin
	grep -E 'alarm|ntasks' "$PLUGIN_TRACE" >wrapped
	echo "$nested" | expect_text wrapped
done

# Before the program's constructors, after INIT.
trace_run 0 env PROGRAM_CONSTRUCTOR=1 "$pip_exec" --with-plugin "$plugins/first.so" "$program"
sed -n 's/^0 //p' trace.first | grep -v ntasks | head -n 3 >calls
expect_text calls <<-END
	INIT 1
	alarm
	TASK_START
END
trace_run 0 env PROGRAM_CONSTRUCTOR=1 PIP_PLUGINS="$plugins/first.so" "$program"
expect_text trace.first <<-END
	-751 INIT 0
	0 alarm
	-751 EXIT 0
END
# Handlers of atexit(3) run between the two ends.
trace_run 0 "$pip_exec" --with-plugin "$plugins/first.so" "$program" handler
sed -n 's/^0 //p' trace.first | grep -v ntasks | tail -n 3 >calls
expect_text calls <<-END
	EXIT 0
	alarm
	TASK_EXIT 0
END

# A library that is nothing but a wrapper.
expect_status 0 "$pip_exec" --with-plugin "$plugins/libplain.so:$plugins/first.so" "$program" wrap
grep -qx plain err || fail 'libplain.so wraps nothing'

# Programs that know nothing of PiP, and libc's own mappings in the window of
# the task although mmap() is wrapped.
expect_status 0 "$pip_exec" --with-plugin "$tracers" -n 3 sh -c 'seq 20 | sort -n | tail -n 1'
expect_lines 3 20 out
cat >mapper.c <<'END'
#include <stdio.h>
#include <stdlib.h>
int main(void)
{
	char *block = malloc(10 << 20); /* libc maps it */
	int local;
	/* A window has at least 4 GiB. */
	printf("%d\n", ((long)block ^ (long)&local) >> 42 == 0);
	return 0;
}
END
compile "${CC:-gcc}" -fPIE -pie -o mapper mapper.c
expect_status 0 "$pip_exec" --with-plugin "$tracers" ./mapper
expect_lines 1 1 out

# What nobody has.
PLUGIN_CALL_NOBODY=1 "$pip_exec" --with-plugin "$plugins/no-next.so" true >out 2>err
grep -q "plugin 'no-next' wraps nobody_has_this(), but no library has it" err || {
	show err
	fail 'a missing function'
}
