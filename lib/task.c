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
#include "futex.h"
#include "message.h"
#include "table.h"

typedef int (*main_function)(int, char **, char **);
typedef int (*libc_start_function)(main_function, int, char **,
				   void (*)(void), void (*)(void),
				   void (*)(void), void *);

PIP_EXPORT int __libc_start_main(main_function program_main, int argc,
				 char **argv, void (*init)(void),
				 void (*fini)(void), void (*rtld_fini)(void),
				 void *stack_end);

/* The executable segment that holds code: [*low, *high), whole pages. */
static bool find_segment(const void *code, uintptr_t *low, uintptr_t *high)
{
	const Elf64_Phdr *phdr;
	const Elf64_Ehdr *ehdr;
	struct link_map *map;
	uintptr_t at;
	Dl_info info;

	if (dladdr1(code, &info, (void **)&map, RTLD_DL_LINKMAP) == 0)
		return false;
	ehdr = info.dli_fbase;
	phdr = (const void *)((const char *)ehdr + ehdr->e_phoff);
	for (int i = 0; i < ehdr->e_phnum; i++) {
		at = map->l_addr + phdr[i].p_vaddr;
		if (phdr[i].p_type != PT_LOAD || (uintptr_t)code < at ||
		    (uintptr_t)code >= at + phdr[i].p_memsz)
			continue;
		*low = at & ~4095ul;
		*high = (at + phdr[i].p_memsz + 4095) & ~4095ul;
		return true;
	}
	return false;
}

/*
 * The task's copy of libc's mmap() is replaced by ours (interpose.c), so that
 * the mappings libc makes by itself (thread stacks, locale files) are placed
 * in the window, too.
 *
 * The protection of the whole segment is changed and changed back: of one
 * page, the kernel would make three mappings and not join them again.  The
 * system call is made directly, because libc's mprotect() may be in there.
 */
static void redirect_libc_mmap(void)
{
	uint8_t *code = dlsym(RTLD_NEXT, "mmap");
	struct arch_mmap_site site;
	uintptr_t low, high;

	/* Only a function that is what we take it for. */
	if (code == NULL || arch_mmap_find(code, 48, &site) == 0 ||
	    !find_segment(code, &low, &high))
		return;
	if (arch_syscall3(SYS_mprotect, low, high - low,
			  PROT_READ | PROT_WRITE) != 0)
		return; /* a hardened kernel: some mappings stay unplaced */
	arch_redirect(code, (void *)mmap);
	arch_syscall3(SYS_mprotect, low, high - low, PROT_READ | PROT_EXEC);
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

/* A child made by fork() has a copy of the address space: it is no task, and
 * no root, and may become a root of its own. */
static void forget_after_fork(void)
{
	pip_self = NULL;
}

static void tell_spawner(struct pip_slot *slot, uint32_t what)
{
	atomic_store(&slot->loaded, what);
	futex_wake(&slot->loaded, 1);
}

__attribute__((constructor)) static void task_initialize(int argc, char **argv,
							  char **envp)
{
	struct pip_slot *slot = pip_slot_from_auxv();

	pthread_atfork(NULL, NULL, forget_after_fork);
	if (slot == NULL)
		return;
	pip_self = slot;
	redirect_libc_mmap();
	if (!find_start(&slot->start)) {
		tell_spawner(slot, 2);
		arch_syscall1(SYS_exit_group, 127);
	}
	publish(slot, argc, argv, envp);
	tell_spawner(slot, 1);
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
	return start(program_main, argc, argv, init, fini, rtld_fini,
		     stack_end);
}
