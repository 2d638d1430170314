/* SPDX-License-Identifier: BSD-2-Clause */
#include "plugin_load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/single_threaded.h>

#include "message.h"
#include "plugin_crash.h"
#include "plugin_exec.h"
#include "plugin_files.h"
#include "plugin_object.h"
#include "plugin_restart.h"

#define WHY_SIZE 1024

/* Of a root, or of what may become one. */
static struct {
	struct plugin_files files;
	bool is_read; /* PIP_PLUGINS has been looked at and named some */
	bool is_waiting; /* for libc to be initialised */
	int error;    /* why there are none, */
	char why[WHY_SIZE]; /* in words */
} own;

static int check_names(const struct plugin *plugin, char *why, size_t whysize)
{
	for (unsigned i = 0; i < plugin_count; i++)
		if (strcmp(plugin_list[i].name, plugin->name) == 0) {
			snprintf(why, whysize,
				 "two plugins are called '%s': '%s' and '%s'",
				 plugin->name, plugin_list[i].path,
				 plugin->path);
			return EINVAL;
		}
	return 0;
}

static int read_objects(char *const *paths, unsigned count, bool may_load,
			bool check_functions, char *why, size_t whysize)
{
	for (unsigned i = 0; i < count; i++) {
		struct plugin *plugin = &plugin_list[plugin_count];
		int error = plugin_object_read(paths[i], may_load,
					       check_functions, plugin, why,
					       whysize);

		if (error == 0)
			error = check_names(plugin, why, whysize);
		if (error != 0) {
			plugin_count = 0;
			return error;
		}
		plugin_count++;
	}
	return 0;
}

bool plugin_load_in_task(const struct pip_slot *slot, char **envp)
{
	const struct plugin_files *files = slot->root->plugins;
	char why[WHY_SIZE];

	if (files == NULL)
		return true;
	if (read_objects(files->paths, files->count, false, false, why,
			 sizeof(why)) != 0) {
		error_message("%s", why);
		return false;
	}
	plugin_crash_start();
	plugin_exec_start(slot->root);
	plugin_restart_forget(envp);
	return true;
}

/* The first one that is not loaded; NULL: all are. */
static const char *find_unloaded(const struct plugin_files *files)
{
	for (unsigned i = 0; i < files->count; i++)
		if (!plugin_object_is_loaded(files->paths[i]))
			return files->paths[i];
	return NULL;
}

/* Learn about all of them; load those that are not loaded. */
static void load_own(void)
{
	bool may_load = find_unloaded(&own.files) != NULL;

	if (may_load)
		warning_message("PIP_PLUGINS: wrapper functions of the plugins "
				"wrap nothing in this process: it could not be "
				"started with them (LD_PRELOAD)");
	/* A child that a task has made by fork() has those of the task. */
	plugin_count = 0;
	own.error = read_objects(own.files.paths, own.files.count, may_load,
				 true, own.why, sizeof(own.why));
	if (own.error != 0)
		return;
	plugin_crash_start();
	/* Code that another thread may be in cannot be replaced. */
	if (__libc_single_threaded)
		plugin_exec_start(NULL);
}

/* False: it names none. */
static bool find_own(const char *text, const char *library_path)
{
	if (text == NULL || text[strspn(text, ":")] == '\0' ||
	    getauxval(AT_SECURE) != 0)
		return false;
	own.is_read = true;
	own.error = plugin_files_find(text, library_path, &own.files, own.why,
				      sizeof(own.why));
	return true;
}

void plugin_load_at_start(int argc, char **argv, char **envp)
{
	const char *library_path =
		plugin_restart_variable(envp, "LD_LIBRARY_PATH");
	const char *unloaded;
	bool was_restarted;

	(void)argc;
	if (!find_own(plugin_restart_variable(envp, PIP_ENV_PLUGINS),
		      library_path))
		return;
	was_restarted = plugin_restart_undo(envp);
	if (own.error != 0)
		return;
	unloaded = find_unloaded(&own.files);
	if (unloaded == NULL) {
		load_own();
	} else if (was_restarted) {
		own.error = ELIBACC;
		snprintf(own.why, sizeof(own.why),
			 "plugin '%s': the loader has refused it; its own "
			 "message says why", unloaded);
	} else {
		plugin_restart(own.files.list, argv, envp);
		own.is_waiting = true;
	}
}

void plugin_load_rest(void)
{
	if (own.is_waiting)
		load_own();
	own.is_waiting = false;
}

static int load_for_root(struct pip_root *root)
{
	bool is_late = !own.is_read && find_own(getenv(PIP_ENV_PLUGINS),
						getenv("LD_LIBRARY_PATH"));

	if (!own.is_read)
		return 0;
	if (is_late && own.error == 0)
		load_own();
	if (own.error != 0) {
		error_message("%s", own.why);
		/* Perhaps the program can do better. */
		plugin_files_free(&own.files);
		own.is_read = own.error == 0;
		return own.error;
	}
	root->plugins = &own.files;
	return 0;
}

/* In front of libpip: what they wrap may be libpip's. */
static int format_preload(struct pip_root *root)
{
	const char *list = root->plugins != NULL ? root->plugins->list : "";

	if (asprintf(&root->preload, "%s%s%s", list, *list != '\0' ? ":" : "",
		     root->libpip) < 0) {
		root->preload = NULL;
		return ENOMEM;
	}
	return 0;
}

int plugin_load_for_tasks(struct pip_root *root)
{
	int error = load_for_root(root);

	return error != 0 ? error : format_preload(root);
}
