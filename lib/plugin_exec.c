/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Executing another program.  execl(3), execvp(3) and so on call execve(2)
 * inside libc, so it is libc's own that is replaced, as mmap() is (task.c).
 */
#include "plugin_exec.h"

#include <alloca.h>
#include <errno.h>

#include "plugin.h"
#include "plugin_restart.h"
#include "task.h"

/* More variables than these go on as they are. */
#define VARIABLES_MAX 16384

static long execute(const char *path, char *const *argv, char *const *envp)
{
	return arch_syscall3(SYS_execve, path, argv, envp);
}

static long execute_with_hooks(const char *path, char *const *argv,
			       char *const *envp)
{
	pip_event_data_t data = {
		.exec = { .path = path, .argv = argv, .envp = envp },
	};
	char text[PLUGIN_RESTART_TEXT];
	char *const *announced = envp;
	size_t count = 0;
	long result;

	plugin_raise(PIP_PLUGIN_EVENT_PRE_EXEC, &data);
	while (envp != NULL && envp[count] != NULL)
		count++;
	if (count > 0 && count <= VARIABLES_MAX)
		announced = plugin_restart_announce(
			envp, count, alloca((count + 2) * sizeof(*envp)), text);
	result = execute(path, argv, announced);
	data.exec.error = (int32_t)-result;
	plugin_raise(PIP_PLUGIN_EVENT_POST_EXEC, &data);
	return result;
}

static int replaced_execve(const char *path, char *const *argv,
			   char *const *envp)
{
	long result = plugin_is_active() && plugin_is_own_process() ?
			      execute_with_hooks(path, argv, envp) :
			      execute(path, argv, envp);

	errno = (int)-result;
	return -1;
}

void plugin_exec_start(const struct pip_root *root)
{
	task_redirect_execve(root, (void *)replaced_execve);
}
