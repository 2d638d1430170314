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

# Every hook, begun and ended; 23 signals to itself, in three plugins.
signals=$(yes signal | head -n 23)
# shellcheck disable=SC2086 # words by intention
"$builddir/bpf/pip-trace" record -o trace.pip -- "$pip_exec" --with-plugin "$tracers" \
	"$program" $signals >out 2>err || { show err; fail 'pip-trace record'; }
"$builddir/bpf/pip-trace" export --format=text trace.pip >text 2>err || { show err; fail 'pip-trace export'; }
for event in plugin_begin plugin_end; do
	[ "$(grep -cw "$event" text)" -ge $((3 * 23)) ] || { show text; fail "$event"; }
done
