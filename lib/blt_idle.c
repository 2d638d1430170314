/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The idle context of a kernel thread: what runs on it while its task's own
 * context is elsewhere, or suspended, and no other can run.
 *
 * Our own code in it uses nothing thread-local.  But the program's signal
 * handlers run there, too, at the same time as its context runs somewhere
 * else: with its thread pointer they would change its errno, and take locks
 * that it holds for their own.  So the idle context has a copy of the
 * thread-control block and of the thread-local variables, as they are when it
 * is made.
 */
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/rseq.h>

#include "arch.h"
#include "blt_crash.h"
#include "probe.h"

#define STACK_SIZE (64ul << 10)
#define TLS_MAX (64ul << 10) /* larger ones are not copied */
#define MEMORY_SIZE (STACK_SIZE + TLS_MAX)
#define TCB_ALIGN 64

static void idle_main(void *arg)
{
	struct blt_kernel *kernel = arg;

	for (;;) {
		struct blt *next;

		if (kernel->to_wake != NULL) {
			blt_kernel_wake(kernel->to_wake);
			kernel->to_wake = NULL;
		}
		next = blt_kernel_pick(kernel, NULL);
		if (next == NULL) {
			blt_kernel_wait(kernel, kernel->nap_ns);
			if (!blt_kernel_has_mail(kernel))
				blt_kernel_end_naps(kernel);
			continue;
		}
		blt_set_running(next, kernel);
		probe_switch(kernel, PIP_PIPID_NULL, next->pipid);
		arch_switch(&kernel->idle_stack_pointer, &next->stack_pointer,
			    next->thread_pointer, &kernel->ignored);
	}
}

/* The lowest thread-local variable that is at a fixed distance from the TCB. */
static int find_lowest(struct dl_phdr_info *info, size_t size, void *arg)
{
	uint64_t *lowest = arg, data = (uint64_t)info->dlpi_tls_data;
	uint64_t tcb = arch_thread_pointer();

	(void)size;
	if (data != 0 && data < *lowest && tcb - data < TLS_MAX)
		*lowest = data;
	return 0;
}

/* libc tells debuggers (nptl_db) how large its struct pthread is, which begins
 * with the TCB. */
static size_t tcb_size(void)
{
	const uint32_t *size = dlsym(RTLD_DEFAULT, "_thread_db_sizeof_pthread");

	return size != NULL ? *size : 0;
}

/* Copy the caller's into memory.  Returns the copy's thread pointer, or the
 * caller's if that cannot be. */
static uint64_t copy_tls(char *memory)
{
	uint64_t tcb = arch_thread_pointer(), lowest = tcb, copy;
	size_t size = tcb_size();

	dl_iterate_phdr(find_lowest, &lowest);
	if (size == 0 || tcb - lowest + TCB_ALIGN + size > TLS_MAX)
		return tcb;
	copy = ((uint64_t)memory + tcb - lowest + TCB_ALIGN - 1) &
	       ~(TCB_ALIGN - 1ul);
	/* As much of an alignment as the original has. */
	copy += tcb % TCB_ALIGN;
	memcpy((void *)(copy - (tcb - lowest)), (void *)lowest,
	       tcb - lowest + size);
	arch_set_self_pointers(copy);
	return copy;
}

/*
 * The kernel writes the number of the CPU, and looks for a critical section,
 * where the thread has registered (rseq(2)): in the TCB of this context, which
 * will run on other kernel threads.  glibc then asks by a system call.
 */
static void unregister_rseq(void)
{
	struct rseq *area = (void *)(arch_thread_pointer() +
				     (uint64_t)__rseq_offset);

	if (__rseq_size == 0 || (int)area->cpu_id < 0)
		return;
	/* Its size is 32, whatever part of that is in use. */
	if (arch_syscall4(SYS_rseq, area, 32, RSEQ_FLAG_UNREGISTER, RSEQ_SIG) ==
	    0)
		area->cpu_id = (uint32_t)RSEQ_CPU_ID_REGISTRATION_FAILED;
}

int blt_kernel_prepare(struct pip_slot *slot)
{
	struct blt_kernel *kernel = &slot->kernel;
	char *memory;

	if (kernel->idle_memory != NULL)
		return 0;
	memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		return ENOMEM;
	unregister_rseq();
	atomic_store(&slot->root->has_blts, true);
	kernel->idle_memory = memory;
	kernel->idle_thread_pointer = copy_tls(memory + STACK_SIZE);
	kernel->idle_stack_pointer = arch_context_make(
		(uint64_t)memory + STACK_SIZE, idle_main, kernel);
	return 0;
}

void blt_kernel_finish(struct blt_kernel *kernel)
{
	blt_crash_finish(kernel);
	if (kernel->idle_memory != NULL)
		munmap(kernel->idle_memory, MEMORY_SIZE);
	kernel->idle_memory = NULL;
}
