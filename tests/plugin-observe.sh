#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Calls of hooks are probes, and records of the flight recorder.
. "${srcdir:-.}/tests/testlib.sh"
. "$top_srcdir/tests/plugin-lib.sh"

if command -v readelf >/dev/null && grep -q '^#define HAVE_SYS_SDT_H 1' "$builddir/config.h"; then
	readelf -n "$builddir/lib/.libs/libpip.so" 2>/dev/null | grep 'Name: plugin' |
		sort | uniq -c | sed 's/^ *//' >probes
	expect_text probes <<-END
		1     Name: plugin__begin
		1     Name: plugin__end
	END
fi

# Every hook, begun and ended.
expect_status 0 env PIP_TRACE=overwrite PIP_PLUGINS="$tracers" "$builddir/tests/plugin-recorder"
# The tools have names for it.
grep -aqs plugin_begin "$builddir/bpf/pip-trace" "$builddir/bpf/.libs/pip-trace" ||
	fail 'pip-trace has no name for it'
