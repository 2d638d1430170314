/* SPDX-License-Identifier: BSD-2-Clause */
/* Becoming a root, and ceasing to be one. */
#include <dlfcn.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "arch.h"
#include "blt_crash.h"
#include "exception_report.h"
#include "memory_fd.h"
#include "message.h"
#include "mode.h"
#include "place.h"
#include "plugin.h"
#include "plugin_crash.h"
#include "plugin_load.h"
#include "probe.h"
#include "reap.h"
#include "root.h"
#include "spawn.h"
#include "stack.h"
#include "table.h"
#include "task.h"
#include "thread_mode.h"
#include "wait.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

PIP_EXPORT int pip2_init(int *pipidp, int *ntasksp, void **root_expp, int opts);
PIP_EXPORT int pip2_is_initialized(void);
PIP_EXPORT int pip2_get_mode(int *modep);

/* Two threads of the root may call pip_init() at the same time. */
static pthread_mutex_t init_mutex = PTHREAD_MUTEX_INITIALIZER;

/*
 * The program break belongs to the address space, and each task's libc has
 * its own idea of it: one that grows or trims "its" heap would take the
 * others'.  With a page in the way the break cannot grow, and every malloc
 * that would use it falls back to mmap().
 */
static void guard_brk(struct pip_root *root)
{
	uintptr_t brk_now = (uintptr_t)sbrk(0);
	void *at = (void *)((brk_now + 4095) & ~4095ul);

	at = mmap(at, 4096, PROT_NONE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	/* EEXIST: something is in the way already, which does as well. */
	root->brk_guard = at != MAP_FAILED ? at : NULL;
	mallopt(M_TRIM_THRESHOLD, -1);
}

/* Where our own file is: tasks preload it. */
static int find_libpip(char *path, size_t size)
{
	Dl_info info;
	char *real;

	if (dladdr(&init_mutex, &info) == 0 || info.dli_fname == NULL)
		return ENOENT;
	real = realpath(info.dli_fname, NULL);
	if (real == NULL)
		return errno;
	if (strpbrk(real, " :") != NULL || strlen(real) >= size) {
		error_message("libpip is installed as '%s', a path that the "
			      "loader cannot preload: it must hold neither "
			      "blank nor colon", real);
		free(real);
		return ELIBACC;
	}
	strcpy(path, real);
	free(real);
	return 0;
}

static void init_slot(struct pip_root *root, struct pip_slot *slot, int pipid)
{
	unsigned index = pipid == PIP_PIPID_ROOT ? 0 : (unsigned)pipid + 1;

	slot->root = root;
	slot->pipid = pipid;
	slot->entry = table_entry(root->table, index);
	slot->entry->pipid = pipid;
	blt_renew(slot, root->policy, false);
	if (pipid == PIP_PIPID_ROOT) {
		atomic_store(&slot->names.life, 1);
		return;
	}
	slot->window_low = root->window_base +
			   (uint64_t)pipid * root->window_size;
	/* The rest is for the names that it exports, see names.h. */
	slot->window_high = slot->window_low + root->window_size - NAMES_AREA;
}

/* "R:name", unless it is called that already. */
static void name_root(unsigned mode)
{
	char comm[17] = "", named[20];

	prctl(PR_GET_NAME, comm);
	if (comm[0] == 'R' && comm[1] == mode_letter(mode))
		return;
	snprintf(named, sizeof(named), "R%c%s", mode_letter(mode), comm);
	prctl(PR_SET_NAME, named);
}

/* The words of /proc/self/cmdline, which is this process's own: it was made
 * by execve(2). */
static void publish_command(struct pip_table_entry *entry)
{
	FILE *file = fopen("/proc/self/cmdline", "re");
	size_t n;

	if (file == NULL)
		return;
	n = fread(entry->command, 1, sizeof(entry->command), file);
	if (n == sizeof(entry->command)) {
		entry->command[n - 1] = '\0';
		entry->flags |= PIP_TASK_FLAG_TRUNCATED;
	}
	fclose(file);
}

static void publish_root(struct pip_root *root)
{
	struct pip_table_entry *entry = root->self.entry;
	char path[PATH_MAX] = "";

	if (readlink("/proc/self/exe", path, sizeof(path) - 1) < 0)
		path[0] = '\0';
	table_write_begin(entry);
	entry->generation = 1;
	entry->flags = PIP_TASK_FLAG_ROOT;
	entry->pid = entry->tid = root->pid;
	entry->mode = root->mode;
	entry->spawned = root->table->created;
	entry->fs_base = arch_thread_pointer();
	entry->envp = (uint64_t)environ;
	entry->parent_pipid = PIP_PIPID_NULL;
	table_put_text(entry, entry->program, sizeof(entry->program), path);
	publish_command(entry);
	task_publish_link_map(entry);
	entry->state = PIP_STATE_RUNNING;
	table_write_end(entry);
}

static int make_root(int ntasks, unsigned mode, uint32_t policy, void *exp)
{
	size_t size = sizeof(struct pip_root) +
		      (size_t)ntasks * sizeof(struct pip_slot);
	struct pip_root *root;
	int error;

	size = (size + 4095) & ~4095ul;
	root = mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (root == MAP_FAILED)
		return ENOMEM;
	root->pid = getpid();
	root->ntasks = ntasks;
	root->mode = mode;
	root->policy = policy;
	root->exp = exp;
	root->size = size;
	root->stack_size = stack_size_from_environment();
	error = find_libpip(root->libpip, sizeof(root->libpip));
	if (error == 0)
		error = plugin_load_for_tasks(root);
	if (error == 0)
		error = stack_read_auxv(root);
	if (error == 0)
		error = place_choose_region(ntasks, &root->window_base,
					    &root->window_size);
	if (error == 0)
		error = table_create(root);
	if (error == 0) {
		error = recorder_create(root);
		if (error != 0)
			table_destroy(root);
	}
	if (error != 0) {
		free(root->preload);
		munmap(root, size);
		return error;
	}
	root->window_shift = (unsigned)__builtin_ctzll(root->window_size);
	memory_fd_open(root);
	core_probe(root);
	guard_brk(root);
	root->has_membarrier =
		arch_syscall3(SYS_membarrier,
			      MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0,
			      0) == 0;
	root->leave = arch_switch;
	root->crash_handler = blt_crash_handler;
	root->sigreturn = arch_sigaction_return;
	init_slot(root, &root->self, PIP_PIPID_ROOT);
	for (int i = 0; i < ntasks; i++)
		init_slot(root, &root->slots[i], i);
	root->magic = PIP_ROOT_MAGIC;
	pip_self = &root->self;
	alloc_set_owner(pip_self);
	blt_open(&root->self);
	suspend_open(&root->self);
	recorder_open(root);
	probe_root_init(root->pid, ntasks, (int)mode);
	name_root(mode);
	publish_root(root);
	if (root->plugins != NULL)
		root->self.plugin_crash = plugin_crash_report;
	if (root_is_threaded(root))
		thread_mode_start(root);
	recorder_await_reader(root);
	return 0;
}

static int init_root(int ntasks, void *exp, uint32_t opts, int api)
{
	uint32_t policy;
	unsigned mode;
	sigset_t mask;
	int error;

	if (pip_self != NULL)
		return EBUSY;
	if (ntasks < 1)
		return EINVAL;
	if (ntasks > PIP_NTASKS_MAX)
		return EOVERFLOW;
	error = mode_select(api, opts, getenv(PIP_ENV_MODE), &mode);
	if (error != 0) {
		if (error == EPERM)
			warning_message("PIP_MODE='%s' does not go with the "
					"mode that the program asks for",
					getenv(PIP_ENV_MODE));
		return error;
	}
	if (sigprocmask(SIG_BLOCK, NULL, &mask) == 0 &&
	    sigismember(&mask, SIGCHLD) == 1)
		return EPERM;
	error = blt_policy(api == 3 ? opts : 0, 0, &policy);
	if (error != 0)
		return error;
	if (mode == PIP_TABLE_MODE_THREAD &&
	    getenv(PIP_ENV_STOP_ON_START) != NULL)
		warning_message("PIP_STOP_ON_START is ignored in thread mode: "
				"a stop stops all threads of the root");
	error = make_root(ntasks, mode, policy, exp);
	if (error == 0)
		exception_report_start(pip_self, environ,
				       mode != PIP_TABLE_MODE_THREAD);
	return error;
}

/* What a task's pip_init() answers. */
static int ask_root(const struct pip_slot *task, int *ntasksp, void **expp)
{
	void *exp = task->exp != NULL ? task->exp : task->root->exp;

	if (ntasksp != NULL)
		*ntasksp = task->root->ntasks;
	if (expp != NULL && exp != NULL)
		*expp = exp;
	return 0;
}

static int initialize(int *pipidp, int *ntasksp, void **expp, uint32_t opts,
		      int api)
{
	int error;

	if (pip_isa_task()) {
		error = ask_root(pip_self, ntasksp, expp);
	} else {
		pthread_mutex_lock(&init_mutex);
		error = init_root(ntasksp != NULL ? *ntasksp : PIP_NTASKS_DEFAULT,
				  expp != NULL ? *expp : NULL, opts, api);
		pthread_mutex_unlock(&init_mutex);
		if (error == 0) {
			plugin_begin(0, NULL, environ); /* if they come late */
			plugin_main_begins();
			plugin_raise(PIP_PLUGIN_EVENT_ROOT_INIT, NULL);
		}
	}
	if (error == 0 && pipidp != NULL)
		*pipidp = pip_self->pipid;
	return error;
}

int pip_init(int *pipidp, int *ntasksp, void **root_expp, uint32_t opts)
{
	return initialize(pipidp, ntasksp, root_expp, opts, 3);
}

int pip2_init(int *pipidp, int *ntasksp, void **root_expp, int opts)
{
	return initialize(pipidp, ntasksp, root_expp, (uint32_t)opts, 2);
}

int pip_fin(void)
{
	struct pip_root *root;

	if (pip_self == NULL)
		return EPERM;
	if (!slot_is_root(pip_self)) {
		exception_report_stop();
		return 0;
	}
	(void)pip_couple();
	plugin_raise(PIP_PLUGIN_EVENT_ROOT_FIN, NULL);
	root = pip_self->root;
	spawn_lock(root);
	wait_recover(root);
	for (int i = 0; i < root->ntasks; i++)
		if (atomic_load(&root->slots[i].state) != SLOT_IDLE) {
			lock_release(&root->lock);
			return EBUSY;
		}
	reap_leftovers(root);
	reap_finish(root);
	exception_report_stop();
	guardian_stop(root);
	suspend_close(&root->self);
	if (root_is_threaded(root))
		thread_mode_stop(root);
	for (int i = 0; i < root->ntasks; i++) {
		if (root->slots[i].has_memory)
			place_release(&root->slots[i]);
		names_release(&root->slots[i]);
	}
	names_release(&root->self);
	publish_release(root);
	probe_root_fin(root->pid);
	recorder_close();
	blt_kernel_finish(&root->self.kernel);
	alloc_set_owner(NULL);
	pip_self = NULL;
	blt_own = NULL;
	if (root->brk_guard != NULL)
		munmap(root->brk_guard, 4096);
	memory_fd_close(root);
	/* For those who have it mapped. */
	root->table->finished = table_now();
	recorder_destroy(root);
	table_destroy(root);
	free(root->preload);
	munmap(root, root->size);
	return 0;
}

int pip_is_initialized(void)
{
	return pip_self != NULL ? (int)mode_bits(3, pip_self->root->mode) : 0;
}

int pip2_is_initialized(void)
{
	if (pip_self == NULL)
		return 0;
	/* The original answers with the mask of all process modes. */
	return pip_self->root->mode == PIP_TABLE_MODE_THREAD ? 0x1000 : 0x0500;
}

static int get_mode(int *modep, int api)
{
	if (pip_self == NULL)
		return EPERM;
	if (modep != NULL)
		*modep = (int)mode_bits(api, pip_self->root->mode);
	return 0;
}

int pip_get_mode(int *modep)
{
	return get_mode(modep, 3);
}

int pip2_get_mode(int *modep)
{
	return get_mode(modep, 2);
}

const char *pip_get_mode_str(void)
{
	return pip_self != NULL ? mode_name(pip_self->root->mode) : NULL;
}
