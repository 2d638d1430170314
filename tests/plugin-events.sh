#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every event arrives, once, with its data, in the order of the plugins or in
# the reverse one; the chain ends where a hook ends it.
. "${srcdir:-.}/tests/testlib.sh"
. "$top_srcdir/tests/plugin-lib.sh"

root=-748 none=-751

# --- A task's life, and the root's -------------------------------------------

for mode in process thread; do
	PIP_MODE=$mode
	export PIP_MODE
	trace_run 0 "$pip_exec" --with-plugin "$tracers" "$program" nothing
	of_pipid 0 first >events
	expect_text events <<-END
		INIT 1
		TASK_START
		EXIT 0
		TASK_EXIT 0
	END
	grep -v '^0 ' trace.first | grep -v TASK_SPAWNED >events
	expect_text events <<-END
		$none INIT 0
		$root ROOT_INIT
		$root TASK_SPAWN 0 0 0
		$root TASK_WAIT 0 0
		$root ROOT_FIN
		$none EXIT 0
	END
	grep -qx -- "$root TASK_SPAWNED 0 0 pid" trace.first || fail "$mode: no TASK_SPAWNED"
	# In order, and for what comes after in the reverse one.
	grep ' 0 INIT\| 0 TASK_START\| 0 EXIT' "$PLUGIN_TRACE" | cut -d ' ' -f 1,3 >events
	expect_text events <<-END
		first INIT
		second INIT
		third INIT
		first TASK_START
		second TASK_START
		third TASK_START
		third EXIT
		second EXIT
		first EXIT
	END

	# --- Threads --------------------------------------------------------

	trace_run 0 "$pip_exec" --with-plugin "$tracers" "$program" threads exiting-thread cancelled-thread
	for event in THREAD_CREATED 'THREAD_START own' 'PTHREAD_START own' \
		'PTHREAD_EXIT own' 'THREAD_EXIT own'; do
		for plugin in first second third; do
			of_pipid 0 $plugin | grep -cx "$event" >count
			[ "$(cat count)" -eq 3 ] || { show "$PLUGIN_TRACE"; fail "$mode: not 3 times '$event' in $plugin"; }
		done
	done
	of_pipid 0 first | grep 'THREAD_[SE]' | head -n 4 >events
	expect_text events <<-END
		THREAD_START own
		PTHREAD_START own
		PTHREAD_EXIT own
		THREAD_EXIT own
	END

	# --- Ends -----------------------------------------------------------

	for end in exit:11 _exit:12 quick_exit:13 pthread_exit:0; do
		trace_run "${end#*:}" "$pip_exec" --with-plugin "$tracers" "$program" "${end%:*}"
		of_pipid 0 second | grep EXIT | grep -v THREAD >events
		expect_text events <<-END
			EXIT ${end#*:}
			TASK_EXIT ${end#*:}
		END
	done

	# --- Tasks of tasks, signals ------------------------------------------

		trace_run 0 "$pip_exec" --with-plugin "$tracers" "$program" nothing : \
		"$program" signal nothing
	of_pipid 1 first | grep SIGNAL >events
	expect_text events <<-END
		SIGNAL 1 0
	END
done
unset PIP_MODE

PIP_PLUGINS=$tracers
export PIP_PLUGINS
for words in 'root spawn fin' 'root signal fin'; do
	# shellcheck disable=SC2086 # words by intention
	trace_run 0 "$program" $words
	cp "$PLUGIN_TRACE" "trace of $words"
done
sed -n 's/^third -748 //p' 'trace of root spawn fin' | sed 's/[0-9]* pid/pid/' >events
expect_text events <<-END
	ROOT_INIT
	TASK_SPAWN 2 0 0
	TASK_SPAWNED 2 pid
	TASK_WAIT 2 0
	TASK_SPAWN 2 0 0
	TASK_SPAWNED 2 2 0
	ROOT_FIN
END
sed -n 's/^second -748 //p' 'trace of root signal fin' >events
expect_text events <<-END
	ROOT_INIT
	SIGNAL $root 0
	ROOT_FIN
END

# --- Decoupling and coupling, in the task's order ------------------------------

trace_run 0 "$program" root carry fin
of_pipid 1 first >events
expect_text events <<-END
	INIT 1
	TASK_START
	DECOUPLE $root
	DECOUPLED $root
	COUPLE $root
	COUPLED $root
	EXIT 0
	TASK_EXIT 0
END
grep ' 1 .*COUPLE' "$PLUGIN_TRACE" | cut -d ' ' -f 1,3 >events
expect_text events <<-END
	first DECOUPLE
	second DECOUPLE
	third DECOUPLE
	third DECOUPLED
	second DECOUPLED
	first DECOUPLED
	first COUPLE
	second COUPLE
	third COUPLE
	third COUPLED
	second COUPLED
	first COUPLED
END

# --- Forks and other programs ---------------------------------------------------

unset PIP_PLUGINS
trace_run 0 "$pip_exec" --with-plugin "$tracers" "$program" fork vfork
of_pipid 0 first >events
expect_text events <<-END
	INIT 1
	TASK_START
	ATFORK_PREPARE
	ATFORK_PARENT 0
	EXIT 0
	TASK_EXIT 0
END
# The child is no task.
grep -x -- "$none EXIT 5" trace.first >events
expect_lines 1 '.*' events
grep -cx -- "$none ATFORK_CHILD 0" trace.first | grep -qx 1 || fail 'no ATFORK_CHILD'

trace_run 8 "$pip_exec" --with-plugin "$tracers" "$program" failing-exec exec
of_pipid 0 first >events
expect_text events <<-END
	INIT 1
	TASK_START
	PRE_EXEC /nonexistent
	POST_EXEC 2
	PRE_EXEC /bin/sh
END
# A program that is linked with libpip has the plugins, too.
trace_run 0 "$pip_exec" --with-plugin "$tracers" "$program" exec-self
grep -- "^$none" trace.first | grep -v INIT >events
expect_text events <<-END
	$none POST_EXEC 0
	$none EXIT 0
	$none EXIT 0
END
sed -n '/POST_EXEC/,$p' trace.first | head -n 2 >events
expect_text events <<-END
	$none POST_EXEC 0
	$none INIT 0
END
# What that takes is not left in the environment, nor does a child inherit it.
PIP_PLUGINS=$tracers LD_PRELOAD='' "$pip_exec" env >environment || fail "env: $?"
grep -E 'RESTARTED|EXECUTED' environment && fail 'the environment has marks'
[ "$(grep -c '^PIP_PLUGINS=' environment)" -eq 1 ] || fail 'not one PIP_PLUGINS'
grep -qx 'LD_PRELOAD=' environment || fail 'LD_PRELOAD is not what it was'
PIP_PLUGINS=$tracers "$pip_exec" env >environment || fail "env: $?"
grep LD_PRELOAD environment && fail 'LD_PRELOAD is left'

# --- The chain ------------------------------------------------------------------

PLUGIN_STOP='second TASK_START' trace_run 0 "$pip_exec" --with-plugin "$tracers" "$program"
grep ' 0 [TE]' "$PLUGIN_TRACE" | cut -d ' ' -f 1,3 >events
expect_text events <<-END
	first TASK_START
	second TASK_START
	third EXIT
	second EXIT
	first EXIT
	third TASK_EXIT
	second TASK_EXIT
	first TASK_EXIT
END
PLUGIN_TWICE='first TASK_START' trace_run 0 "$pip_exec" --with-plugin "$tracers" "$program"
[ "$(grep -c ' 0 TASK_START' "$PLUGIN_TRACE")" -eq 3 ] || fail 'a second call had an effect'
grep -q "plugin 'first' calls PIP_NEXT_EVENT_HOOK(TASK_START) again" err || fail 'no warning'
PLUGIN_THREAD='first TASK_START' trace_run 0 "$pip_exec" --with-plugin "$tracers" "$program"
[ "$(grep -c ' 0 TASK_START' "$PLUGIN_TRACE")" -eq 1 ] || fail 'another thread passed it on'
grep -q 'outside of a hook, or by another thread' err || fail 'no warning'
PLUGIN_AFTER='first TASK_START' trace_run 0 "$pip_exec" --with-plugin "$tracers" "$program"
grep 'TASK_START' "$PLUGIN_TRACE" >events
expect_text events <<-END
	first 0 TASK_START
	second 0 TASK_START
	third 0 TASK_START
	first 0 TASK_START after
END

# --- What a hook does is no event in its thread ---------------------------------

PLUGIN_CALLS='second TASK_START' trace_run 0 "$pip_exec" --with-plugin "$tracers" "$program"
of_pipid 0 first >events
expect_text events <<-END
	INIT 1
	TASK_START
	THREAD_START own
	PTHREAD_START own
	PTHREAD_EXIT own
	THREAD_EXIT own
	EXIT 0
	TASK_EXIT 0
END

# --- Programs without libpip ----------------------------------------------------

trace_run 3 "$pip_exec" --with-plugin "$tracers" /bin/sh -c 'exit 3'
of_pipid 0 first >events
expect_text events <<-END
	INIT 1
	TASK_START
	EXIT 3
	TASK_EXIT 3
END
