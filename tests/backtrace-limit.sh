#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Whatever is run on an exception may hang, or be killed: the task dies of its
# signal all the same, and others get their turn.
. "${srcdir:-.}/tests/backtrace-lib.sh"

# An installation of its own, with a program of ours in it.
mkdir lib bin
cp "$builddir/lib/.libs/libpip.so.0.0.0" lib/libpip.so.0
hang() {
	cat >bin/pip-backtrace <<-END
		#!/bin/sh
		echo \$\$ >>$work_dir/pids
		exec sleep 1000
	END
	chmod +x bin/pip-backtrace
}

run_crash() { # STATUS ARGUMENTS...
	wanted=$1
	shift
	expect_status "$wanted" env LD_PRELOAD="$work_dir/lib/libpip.so.0" \
		PIP_BACKTRACE=1 "$@"
	mv out status.out
	mv err out
	: >err
}

# --- One that hangs -----------------------------------------------------------
hang
run_crash 0 PIP_REPORT_TIMEOUT=1 "$crash" task segv 2
want "PIP_BACKTRACE: '$work_dir/lib/../bin/pip-backtrace' was killed after 1 s"
[ "$(count 'was killed after' out)" -eq 2 ] || fail_showing 'not both'
[ "$(sort status.out | tr '\n' ,)" = '0 b,1 b,' ] || fail_showing 'the status is another one'
for pid in $(cat pids); do
	! kill -0 "$pid" 2>/dev/null || fail "process $pid is still there"
done

# The debugger as well.
cat >debugger <<'END'
#!/bin/sh
exec sleep 1000
END
chmod +x debugger
expect_status 0 env PIP_REPORT_TIMEOUT=1 PIP_GDB_PATH="$work_dir/debugger" "$crash" task segv
grep -q "PIP_GDB_PATH: .* was killed after 1 s" err || fail "$(cat err)"

# --- One that is missing ------------------------------------------------------
rm bin/pip-backtrace
mkdir bin/pip-backtrace
run_crash 0 "$crash" task segv
want "PIP_BACKTRACE: '.*/bin/pip-backtrace' cannot be executed \\(EACCES\\)"
rmdir bin/pip-backtrace

# --- The task is killed while it reports: others are not held up --------------
hang
rm -f pids
started=
env LD_PRELOAD="$work_dir/lib/libpip.so.0" PIP_BACKTRACE=1 \
	PIP_REPORT_TIMEOUT=0 "$crash" task segv 2 >job.out 2>job.err </dev/null &
job=$!
started=$job
one_hangs() {
	[ -e pids ] && [ "$(wc -l <pids)" -eq "$1" ]
}
poll one_hangs 1 || fail 'no report was begun'
first=$(sed -n 1p pids)
task=$(awk '{ sub(/.*\) /, ""); print $2 }' "/proc/$first/stat")
kill -KILL "$task"
poll one_hangs 2 || fail 'the other task did not get its turn'
second=$(sed -n 2p pids)
started="$job $first $second"
kill -KILL "$first" "$second"
expect_job_status 0
[ "$(sort job.out | tr '\n' ,)" = '0 9,1 b,' ] ||
	[ "$(sort job.out | tr '\n' ,)" = '0 b,1 9,' ] || fail "$(cat job.out)"
