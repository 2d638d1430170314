#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# 4,096 tasks: pips and pip-top show all of them.  They are of a program that is
# mapped in few pieces: vm.max_map_count does not have room for larger ones.
. "${srcdir:-.}/tests/top-lib.sh"

top_environment='LC_ALL=C.UTF-8 TZ=UTC'

# In a recording.
recording=$work_dir/many.rec
"$builddir/tests/top-recording-make" "$recording" many 4096 || framework_failed 'the recording'
expect_status 0 "$top" -b -n 1 --replay "$recording" -s pipid
[ "$(grep -c 'one-of-many' out)" -eq 4096 ] || fail "$(grep -c one-of-many out) tasks"
start_top 100 30 --replay "$recording" -s pipid
wait_for '^pip-top 1 root, 4096 tasks: 0 running, 4096 sleeping'
keys N End
wait_for '^ 4095 .*one-of-many 4095'
keys t
wait_for '└─ .*one-of-many|├─ .*one-of-many'
keys / 'many 2047' Enter Enter
wait_for '^Task 2047, process 102048'
keys Escape
end_top

# In a real program.
cat >small.c <<'EOF2'
#include <unistd.h>
int main(void)
{
	char byte;

	while (read(0, &byte, 1) > 0)
		;
	return 0;
}
EOF2
${CC:-cc} -Os -fPIE -static-pie -o "$work_dir/small" small.c 2>err ||
	skip "no static PIE can be linked: $(tail -n 1 err)"
[ "$(cat /proc/sys/vm/max_map_count)" -ge 65530 ] ||
	skip "vm.max_map_count is $(cat /proc/sys/vm/max_map_count)"
processes=$(awk '/^Max processes/ { print $3 }' /proc/self/limits)
[ "$(id -u)" -eq 0 ] || [ "$processes" = unlimited ] || [ "$processes" -ge 10000 ] ||
	skip "the limit of processes is $processes"
[ "$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)" -ge 1500000 ] ||
	skip "less than 1.5 GB of memory are available"
start_root 4096 "$work_dir/small"
all_sleep() {
	run_pips 0 -p "$root_pid" --no-header -o pipid,state
	[ "$(grep -cE '^ *[0-9]+ sleeping' out)" -eq 4096 ]
}
poll all_sleep || fail "pips: $(wc -l <out) lines, $(grep -c sleeping out) sleep"
if has_json; then
	run_pips 0 -p "$root_pid" --json
	[ "$(grep -c '"pipid": [0-9]' out)" -eq 4096 ] || fail 'pips --json'
fi
start_top 100 30 -p "$root_pid" -d 0.5 -s pipid
wait_for '^pip-top 1 root, 4096 tasks: 0 running, 4096 sleeping'
keys N End
wait_for '^ 4095 '
for key in 2 3 4 1 t; do
	keys "$key"
done
wait_for '├─ |└─ '
tm resize-window -x 500 -y 200
wait_for '^pip-top 1 root, 4096 tasks'
tm resize-window -x 40 -y 10
wait_for '^pip-top 1 root, 4096'
end_top
stop_root
