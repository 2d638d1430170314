# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What tests of plugins share.  Sourced after testlib.sh.
# shellcheck disable=SC2034,SC2154 # its variables, and for those who source this

plugins=$builddir/tests/plugins
program=$builddir/tests/plugin-program
tracers=$plugins/first.so:$plugins/second.so:$plugins/third.so
[ -e "$plugins/third.so" ] || framework_failed 'no plugins: make check builds them'
PLUGIN_TRACE=$work_dir/trace
export PLUGIN_TRACE

# Run with plugins; then the trace of one of them is in TRACE.PLUGIN.
trace_run() { # STATUS COMMAND...
	: >"$PLUGIN_TRACE"
	expect_status "$@"
	for plugin in first second third; do
		sed -n "s/^$plugin //p" "$PLUGIN_TRACE" >"trace.$plugin"
	done
}

# The lines of FILE, in this order, are those of stdin.
expect_text() { # FILE
	cat >expected
	diff -u expected "$1" >difference || {
		show difference
		fail "$1 is not what it should be"
	}
}

# The events of one process.
of_pipid() { # PIPID PLUGIN
	sed -n "s/^$1 //p" "trace.$2"
}
