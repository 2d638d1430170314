/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libpip inside a task: what happens between the loader's last relocation and
 * main().
 *
 * libpip is linked with -z initfirst, so the loader runs its constructor
 * before every other one, the program's DT_PREINIT_ARRAY included: a task is
 * initialised before any code of its program runs.
 */
#include "task.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arch.h"
#include "exception_report.h"
#include "exit.h"
#include "futex.h"
#include "hook.h"
#include "interpose.h"
#include "memory_fd.h"
#include "plugin.h"
#include "plugin_load.h"
#include "probe.h"
#include "table.h"
#include "thread_mode.h"

/* Where in mmap() and mremap() the system call is, at the most. */
#define FUNCTION_SIZE 64
#define ACTION_SIZE 256 /* the same of rt_sigaction in __libc_sigaction() */

typedef int (*main_function)(int, char **, char **);
typedef int (*libc_start_function)(main_function, int, char **,
				   void (*)(void), void (*)(void),
				   void (*)(void), void *);

PIP_EXPORT int __libc_start_main(main_function program_main, int argc,
				 char **argv, void (*init)(void),
				 void (*fini)(void), void (*rtld_fini)(void),
				 void *stack_end);

/* Write to code the other way, where /proc/self/mem is not to be had: the
 * kernel splits the mapping in three.  The system call is made directly,
 * because libc's mprotect() may be in that very page. */
static bool write_unprotected(void *to, const void *from, size_t size)
{
	uintptr_t start = (uintptr_t)to & ~4095ul;
	uintptr_t end = ((uintptr_t)to + size + 4095) & ~4095ul;

	if (arch_syscall3(SYS_mprotect, start, end - start,
			  PROT_READ | PROT_WRITE) != 0)
		return false;
	memcpy(to, from, size);
	arch_syscall3(SYS_mprotect, start, end - start, PROT_READ | PROT_EXEC);
	return true;
}

/* Make the function at code jump to ours. */
static bool write_jump(const struct pip_root *root, void *code, void *ours)
{
	uint8_t jump[ARCH_JUMP_SIZE];

	arch_make_jump(jump, ours);
	return (root != NULL &&
		memory_fd_write(root, code, jump, sizeof(jump))) ||
	       write_unprotected(code, jump, sizeof(jump));
}

/* Make libc's function called name jump to ours. */
static void redirect(const struct pip_root *root, const char *name,
		     uint8_t number, void *ours)
{
	struct arch_map_site sites[ARCH_MAP_SITES_MAX];
	uint8_t *code = dlsym(RTLD_NEXT, name);

	/* Only a function that is what we take it for. */
	if (code == NULL || arch_map_find(code, FUNCTION_SIZE, sites) == 0 ||
	    sites[0].number != number)
		return;
	(void)write_jump(root, code, ours);
}

bool task_redirect_exit(const struct pip_root *root)
{
	uint32_t sites[ARCH_EXIT_SITES_MAX];
	uint8_t *code = dlsym(RTLD_NEXT, "_exit");

	return code != NULL &&
	       arch_exit_find(code, FUNCTION_SIZE, sites) != 0 &&
	       write_jump(root, code, (void *)exit_now);
}

bool task_redirect_action(const struct pip_root *root)
{
	/* All of libc's calls go through it, not only the program's. */
	uint8_t *code = dlsym(RTLD_NEXT, "__libc_sigaction");

	return code != NULL &&
	       arch_call_find(code, ACTION_SIZE, SYS_rt_sigaction) &&
	       write_jump(root, code, (void *)thread_action_set);
}

void task_redirect_execve(const struct pip_root *root, void *ours)
{
	uint8_t *code = dlsym(RTLD_NEXT, "execve");

	if (code != NULL && arch_call_find(code, FUNCTION_SIZE, SYS_execve))
		(void)!write_jump(root, code, ours);
}

/*
 * mmap() and mremap() of the task's copy of libc are replaced by ours
 * (interpose.c), so that the mappings libc makes by itself (heap, thread
 * stacks, locale files) are placed in the window, too.  Where a hardened
 * kernel does not let us, they are placed by the kernel, and stay until the
 * root ends.
 */
static void redirect_libc(const struct pip_root *root)
{
	redirect(root, "mmap", SYS_mmap, (void *)interpose_mmap);
	redirect(root, "mremap", SYS_mremap, (void *)interpose_mremap);
}

/* A task that cannot start tells why, and ends. */
static _Noreturn void give_up(struct pip_slot *slot, enum pip_loaded why)
{
	atomic_store(&slot->loaded, why);
	futex_wake(&slot->loaded, 1);
	exit_now(127);
}

/* What differs between the modes. */
static void start_mode(struct pip_slot *slot, char **envp)
{
	if (!root_is_threaded(slot->root))
		memory_fd_drop(slot->root);
	else if (!thread_mode_start_task(slot, envp))
		give_up(slot, LOADED_NO_EXIT);
}

void task_publish_link_map(struct pip_table_entry *entry)
{
	entry->r_debug = (uint64_t)&_r_debug;
	if (_r_debug.r_map != NULL)
		entry->load_bias = _r_debug.r_map->l_addr;
}

/* Where the auxiliary vector is now: the loader, run as a command, has moved
 * it when it took its own arguments away. */
static uint64_t find_auxv(char **envp)
{
	while (*envp != NULL)
		envp++;
	return (uint64_t)(envp + 1);
}

static void publish(struct pip_slot *slot, int argc, char **argv, char **envp)
{
	struct pip_table_entry *entry = slot->entry;

	table_write_begin(entry);
	entry->argc = argc;
	entry->argv = (uint64_t)argv;
	entry->envp = (uint64_t)envp;
	entry->auxv = find_auxv(envp);
	entry->fs_base = arch_thread_pointer();
	entry->window_used = atomic_load(&slot->next);
	entry->flags &= ~PIP_TASK_FLAG_OUTSIDE;
	task_publish_link_map(entry);
	entry->state = PIP_STATE_RUNNING;
	table_write_end(entry);
}

/* Resolve the start function.  False: there is none of that name. */
static bool find_start(struct pip_start *start)
{
	if (!start->by_name)
		return true;
	if (start->value != 0)
		start->address =
			(void *)(_r_debug.r_map->l_addr + start->value);
	else
		start->address = dlsym(RTLD_DEFAULT, start->name);
	return start->address != NULL;
}

__attribute__((constructor)) static void task_initialize(int argc, char **argv,
							  char **envp)
{
	struct pip_slot *slot = pip_slot_from_auxv();

	pthread_atfork(NULL, NULL, slot_forget);
	if (slot == NULL) {
		plugin_load_at_start(argc, argv, envp);
		return;
	}
	pip_self = slot;
	alloc_set_owner(slot);
	redirect_libc(slot->root);
	if (!plugin_load_in_task(slot, envp))
		give_up(slot, LOADED_NO_PLUGIN);
	suspend_open(slot);
	start_mode(slot, envp);
	if (!find_start(&slot->start))
		give_up(slot, LOADED_NO_START);
	publish(slot, argc, argv, envp);
	exception_report_start(slot, envp,
			       !root_is_threaded(slot->root));
	blt_open(slot);
	hook_register_after(slot);
	exit_register();
	recorder_open(slot->root);
	probe_task_start(slot->pipid, slot->entry->pid);
	atomic_store(&slot->loaded, LOADED_OK);
	futex_wake(&slot->loaded, 1);
}

/* Stands in for main when a task starts at another function. */
static int call_start_function(int argc, char **argv, char **envp)
{
	struct pip_start *start = &pip_self->start;
	int (*function)(void *);

	(void)argc, (void)argv, (void)envp;
	memcpy(&function, &start->address, sizeof(function));
	return function(start->arg);
}

static main_function main_of_program;

/* Between libc and the program's main. */
static int run_main(int argc, char **argv, char **envp)
{
	bool is_task = pip_isa_task();
	int status;

	if (is_task && pip_self->blt.inactive)
		blt_start_inactive();
	plugin_main_begins();
	status = main_of_program(argc, argv, envp);
	if (is_task)
		blt_end();
	plugin_end(status);
	return status;
}

/*
 * glibc calls main through this function, of which there are two versions:
 * programs linked before 2.34 pass their own constructors' caller in init,
 * and must reach the old one.
 */
int __libc_start_main(main_function program_main, int argc, char **argv,
		      void (*init)(void), void (*fini)(void),
		      void (*rtld_fini)(void), void *stack_end)
{
	void *symbol = dlvsym(RTLD_NEXT, "__libc_start_main",
			      init != NULL ? "GLIBC_2.2.5" : "GLIBC_2.34");
	libc_start_function start;

	if (symbol == NULL)
		symbol = dlsym(RTLD_NEXT, "__libc_start_main");
	memcpy(&start, &symbol, sizeof(start));
	if (pip_self != NULL && !slot_is_root(pip_self)) {
		if (pip_self->start.by_name)
			program_main = call_start_function;
		pip_self->entry->start_address =
			pip_self->start.by_name ?
				(uint64_t)pip_self->start.address :
				(uint64_t)program_main;
	}
	plugin_begin(argc, argv, argv + argc + 1);
	if (pip_isa_task() || plugin_is_active()) {
		main_of_program = program_main;
		program_main = run_main;
	}
	return start(program_main, argc, argv, init, fini, rtld_fini,
		     stack_end);
}
