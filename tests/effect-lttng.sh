#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pip-probe-effect -I lttng: each event of each workload is an event of LTTng-UST
# too, in root, in tasks, and in a ULP on another task's kernel thread; none is
# lost, and no daemon stays.
. "${srcdir:-.}/tests/effect-lib.sh"

is_here lttng || skip "$why"

measure lock 57446 lttng
measure malloc 10007 lttng
measure mark 10007 lttng
measure spawn 23 lttng
measure couple 307 lttng
measure switch 20002 lttng
measure pingpong 503 lttng

# A command has no such events, and that is one line.
expect_status 1 "$effect" -n 2 -I lttng true
grep -qx 'pip-probe-effect: lttng is left out: only with a built-in .*' err ||
	{ show err; fail 'a command under lttng'; }
