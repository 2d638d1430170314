#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A root of its own gets its plugins before anything of it runs, as the same
# process with the same arguments; and where that cannot be, later.
. "${srcdir:-.}/tests/testlib.sh"
. "$top_srcdir/tests/plugin-lib.sh"

cat >root.c <<'END'
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <pip/pip.h>
extern char **environ;
int main(int argc, char **argv, char **envp)
{
	char comm[17] = "";
	int n = 1;
	Elf64_auxv_t *auxv;

	prctl(PR_GET_NAME, comm);
	printf("%d %s %d", getpid(), comm, argc);
	for (int i = 0; i < argc; i++)
		printf(" '%s'", argv[i]);
	printf("\n");
	/* The auxiliary vector is behind the environment. */
	while (*envp++ != NULL)
		;
	for (auxv = (void *)envp; auxv->a_type != AT_NULL; auxv++)
		if (auxv->a_type == AT_PAGESZ)
			printf("page %d\n", auxv->a_un.a_val == 4096);
	printf("preload '%s'\n", getenv("LD_PRELOAD") ? getenv("LD_PRELOAD") : "-");
	fflush(stdout);
	if (argc > 3)
		return 0;
	return pip_init(NULL, &n, NULL, 0);
}
END
compile "${CC:-gcc}" -I"$top_srcdir/include" -o a.root root.c -L"$builddir/lib/.libs" -lpip -Wl,-rpath,"$builddir/lib/.libs"
PIP_PLUGINS=$tracers
export PIP_PLUGINS

# Same PID: exec from a shell that tells its own.
: >"$PLUGIN_TRACE"
sh -c 'echo $$; exec ./a.root "an argument" ""' >out || fail 'root'
pid=$(head -n 1 out)
expect_text out <<-END
	$pid
	$pid a.root 3 './a.root' 'an argument' ''
	page 1
	preload '-'
END
grep -q 'third -748 ROOT_INIT' "$PLUGIN_TRACE" || fail 'no events'
# What was in LD_PRELOAD is there, and again afterwards.
cp "$plugins/libplain.so" . && expect_status 0 env LD_PRELOAD=./libplain.so ./a.root
grep -qx "preload './libplain.so'" out || { show out; fail 'LD_PRELOAD has changed'; }
# By hand.
: >"$PLUGIN_TRACE"
expect_status 0 env LD_PRELOAD="$tracers" ./a.root
[ "$(grep -c ' ROOT_INIT' "$PLUGIN_TRACE")" -eq 3 ] || fail 'by hand'
# Long environments and arguments.
big=$(head -c 100000 /dev/zero | tr '\0' x)
BIG=$big expect_status 0 ./a.root "$big"
grep -q "^[0-9]* a.root 2 " out || fail 'a big environment'
# With a command of the loader, which has taken its arguments away.
loader=$(sed -n 's/.*interpreter: \(.*\)]/\1/p' <<-END
	$(readelf -l a.root 2>/dev/null)
END
)
if [ -n "$loader" ]; then
	: >"$PLUGIN_TRACE"
	expect_status 0 "$loader" ./a.root 'an argument'
	grep -q "^[0-9]* [^ ]* 2 './a.root' 'an argument'" out || { show out; fail "$loader ./a.root"; }
	grep -q 'wrap nothing in this process' err || { show err; fail 'no warning'; }
	[ "$(grep -c ' INIT' "$PLUGIN_TRACE")" -eq 3 ] || { show "$PLUGIN_TRACE"; fail 'events by the loader'; }
fi
# A program that is no root: events all the same, if it is linked with libpip.
: >"$PLUGIN_TRACE"
expect_status 0 ./a.root 1 2 3
[ "$(grep -c ' EXIT 0' "$PLUGIN_TRACE")" -eq 3 ] || fail 'no root'
# pip_init(), pip_fin() and again.
: >"$PLUGIN_TRACE"
expect_status 0 "$program" root spawn fin root spawn fin
[ "$(grep -c 'first -748 ROOT_FIN' "$PLUGIN_TRACE")" -eq 2 ] || fail 'pip_init() again'
[ "$(grep -c 'first 2 INIT' "$PLUGIN_TRACE")" -eq 2 ] || fail 'tasks of the second'

# --- PIP_PLUGINS that the program itself sets -----------------------------------

unset PIP_PLUGINS
trace_run 0 env LATE_PLUGINS="$tracers" "$program" late root names spawn fin
grep -q 'wrap nothing in this process' err || fail 'no warning'
of_pipid 2 first >events
expect_text events <<-END
	INIT 1
	TASK_START
	EXIT 0
	TASK_EXIT 0
END
sed -n 's/^-748 //p' trace.first | sed 's/[0-9]* pid/pid/' >events
expect_text events <<-END
	INIT 0
	ROOT_INIT
	TASK_SPAWN 2 0 0
	TASK_SPAWNED 2 pid
	TASK_WAIT 2 0
	TASK_SPAWN 2 0 0
	TASK_SPAWNED 2 2 0
	ROOT_FIN
END
grep -q -- '-751 EXIT 0' trace.first || fail 'no EXIT'
# The names of plugins, in a task.
trace_run 0 "$pip_exec" --with-plugin "$tracers" "$program" names

# A child of a task that becomes a root.
trace_run 0 "$pip_exec" --with-plugin "$tracers" "$program" fork-root
sed -n 's/^2 //p' trace.third >events
expect_text events <<-END
	INIT 1
	TASK_START
	EXIT 0
	TASK_EXIT 0
END
[ "$(grep -c '^-748 ROOT_INIT' trace.third)" -eq 2 ] || fail 'a root in a child'

# --- A plugin that is replaced while the root runs ------------------------------

cp "$plugins/first.so" changing.so
cat >spawner.c <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pip/pip.h>
int main(void)
{
	char *argv[] = { (char *)"true", NULL };
	int n = 1, pipid = 0, error;
	pip_spawn_program_t program;

	if (pip_init(NULL, &n, NULL, 0) != 0 || system("rm -f changing.so") != 0)
		return 99;
	pip_spawn_from_main(&program, argv[0], argv, NULL, NULL, NULL);
	error = pip_task_spawn(&program, PIP_CPUCORE_ASIS, 0, &pipid, NULL);
	printf("%s\n", strerrorname_np(error));
	return 0;
}
END
compile "${CC:-gcc}" -D_GNU_SOURCE -I"$top_srcdir/include" -o spawner spawner.c -L"$builddir/lib/.libs" -lpip -Wl,-rpath,"$builddir/lib/.libs"
expect_status 0 env PIP_PLUGINS=./changing.so ./spawner
expect_lines 1 ELIBACC out
grep -q "plugin '.*changing.so' is not loaded" err || { show err; fail 'a plugin is gone'; }

# --- Tasks that cannot have plugins ---------------------------------------------

printf 'int main(void) { return 9; }\n' >nine.c
if "${CC:-gcc}" -static-pie -o nine nine.c 2>/dev/null; then
	trace_run 9 "$pip_exec" --with-plugin "$tracers" -n 3 ./nine
	[ "$(grep -c "nine': plugins are not loaded into it: it is statically linked" err)" -eq 1 ] || { show err; fail 'static'; }
	[ "$(grep -c '^-748 TASK_WAIT' trace.first)" -eq 3 ] || fail 'static: the root has no events'
fi
if command -v musl-gcc >/dev/null && musl-gcc -fPIE -pie -o nine nine.c 2>/dev/null; then
	trace_run 9 "$pip_exec" --with-plugin "$tracers" ./nine
	grep -q "plugins are not loaded into it: its loader is not glibc's" err || { show err; fail 'musl'; }
fi
