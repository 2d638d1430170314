/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All that the runtime needs of the CPU.  A port to another one is another
 * folder with this header and its .c and .S files.
 */
#ifndef PIP_ARCH_H
#define PIP_ARCH_H

#include <elf.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

/*
 * A system call that touches neither errno nor any other thread-local
 * variable: a new task runs before it has a thread pointer of its own.
 * Calling convention: x86-64 psABI, appendix A.2.1.
 */
static inline long arch_syscall6(long number, long a, long b, long c, long d,
				 long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10),
			   "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

#define arch_syscall4(n, a, b, c, d) \
	arch_syscall6(n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define arch_syscall3(n, a, b, c) arch_syscall4(n, a, b, c, 0)
#define arch_syscall2(n, a, b) arch_syscall4(n, a, b, 0, 0)
#define arch_syscall1(n, a) arch_syscall4(n, a, 0, 0, 0)

/* Can the thread pointer be read and changed without a system call? */
extern bool arch_has_fsgsbase __attribute__((visibility("hidden")));

/* The thread pointer, through the TCB's pointer to itself (psABI, TLS). */
static inline uint64_t arch_thread_pointer(void)
{
	uint64_t pointer;

	__asm__("movq %%fs:0, %0" : "=r"(pointer));
	return pointer;
}

static inline uint64_t arch_stack_pointer(void)
{
	uint64_t pointer;

	__asm__("movq %%rsp, %0" : "=r"(pointer));
	return pointer;
}

/* The same without reading memory, where the CPU can. */
static inline uint64_t arch_read_thread_pointer(void)
{
	uint64_t pointer;

	/* Volatile, both: else the compiler reads the TCB, a page that may be
	 * in no cache, in any case. */
	if (!arch_has_fsgsbase)
		__asm__ volatile("movq %%fs:0, %0" : "=r"(pointer));
	else
		__asm__ volatile("rdfsbase %0" : "=r"(pointer));
	return pointer;
}

/* A copy of a TCB: it points to itself, at 0 (psABI) and at 16, where glibc
 * keeps pthread_self(). */
static inline void arch_set_self_pointers(uint64_t tcb)
{
	((uint64_t *)tcb)[0] = ((uint64_t *)tcb)[2] = tcb;
}

/* Change it.  Nothing thread-local may be used until it is back. */
static inline void arch_set_thread_pointer(uint64_t pointer)
{
	arch_syscall2(SYS_arch_prctl, 0x1002 /* ARCH_SET_FS */, pointer);
}

/*
 * Leave the running context for another one.  *save becomes what *next is: the
 * stack pointer of a context that does not run; *next becomes 0: it runs.
 * thread_pointer: next's.
 * *on_cpu becomes 0 when nothing touches the left context's stack any more.
 * Comes back, when somebody switches to *save, with EINTR: what pip_yield()
 * returns after a switch, which can so be its last call.
 */
__attribute__((visibility("hidden"))) int
arch_switch(uint64_t *save, uint64_t *next, uint64_t thread_pointer,
	    _Atomic uint32_t *on_cpu);

/* The place in arch_switch() from which a saved context goes on, and where its
 * unwind information holds. */
extern char arch_switch_resume[] __attribute__((visibility("hidden")));

/* A new context that calls function(arg), which must not return. */
__attribute__((visibility("hidden"))) uint64_t
arch_context_make(uint64_t stack_top, void (*function)(void *), void *arg);

/*
 * The registers that a signal has interrupted, as a context of its own: how
 * many bytes it takes, and making it in so much memory (aligned to 64 bytes),
 * for which the stack pointer to switch to is returned.  arch_sigaction_return() is
 * what a handler returns to.
 */
__attribute__((visibility("hidden"))) size_t
arch_signal_frame_size(const void *ucontext);
__attribute__((visibility("hidden"))) uint64_t
arch_signal_frame_copy(void *memory, const void *ucontext);
__attribute__((visibility("hidden"))) uint64_t
arch_interrupted_pc(const void *ucontext);
__attribute__((visibility("hidden"))) uint64_t
arch_interrupted_sp(const void *ucontext);
__attribute__((visibility("hidden"))) void arch_sigaction_return(void);

/*
 * Has the signal interrupted a system call, which is about to return EINTR?
 * Then which one, and its argument number n (from 0).  arch_call_again(): let
 * it be made anew instead, one argument (-1: none) changed.
 */
__attribute__((visibility("hidden"))) bool
arch_call_interrupted(const void *ucontext, uint32_t *number);
__attribute__((visibility("hidden"))) uint64_t
arch_call_argument(const void *ucontext, unsigned n);
__attribute__((visibility("hidden"))) void
arch_call_again(void *ucontext, uint32_t number, int argument, uint64_t value);

/* The CPU's counter, which runs at a constant rate and is the same on all CPUs
 * where the kernel uses it as its clock (Intel SDM, RDTSC). */
static inline uint64_t arch_timestamp(void)
{
	return __builtin_ia32_rdtsc();
}

/* The value before; safe against signal handlers, not against other CPUs. */
static inline uint64_t arch_local_fetch_add(uint64_t *value, uint64_t add)
{
	__asm__ volatile("xaddq %0, %1"
			 : "+r"(add), "+m"(*value)
			 :
			 : "memory", "cc");
	return add;
}

/* The same: store wanted if the value is still expected. */
static inline bool arch_local_compare_exchange(uint64_t *value,
					       uint64_t expected,
					       uint64_t wanted)
{
	bool done;

	__asm__ volatile("cmpxchgq %3, %1"
			 : "=@ccz"(done), "+m"(*value), "+a"(expected)
			 : "r"(wanted)
			 : "memory");
	return done;
}

/* In a loop that waits for another CPU (Intel SDM, PAUSE). */
static inline void arch_pause(void)
{
	__asm__ volatile("pause" ::: "memory");
}

/*
 * clone3(2), and clone(2).  The child calls fn(arg) on the given stack (that
 * of args; the one that ends at stack_top), which must not return; it has the
 * caller's thread pointer.  parent_tid and child_tid: where the kernel stores
 * the child's PID with CLONE_PARENT_SETTID and CLONE_CHILD_SETTID.  Returns
 * the child's PID or a negative errno value.
 */
__attribute__((visibility("hidden"))) long
arch_clone3(void *args, size_t size, void (*fn)(void *), void *arg);
__attribute__((visibility("hidden"))) long
arch_clone(unsigned long flags, void *stack_top, void (*fn)(void *), void *arg,
	   void *parent_tid, void *child_tid);

/* Start a program: the stack pointer at its argument vector, all else zero
 * (psABI 3.4.1, initial process stack). */
__attribute__((visibility("hidden"), noreturn)) void
arch_start(uintptr_t stack_pointer, uintptr_t entry);

/*
 * The place of a system call that makes or moves a mapping: a displacement
 * from the start of the code, how many bytes may be replaced there, and which
 * call it is (SYS_mmap or SYS_mremap).
 */
struct arch_map_site {
	uint32_t offset;
	uint8_t length;
	uint8_t number;
};
#define ARCH_MAP_SITES_MAX 8

/* Bytes that arch_map_patch() needs for each site, near the code. */
#define ARCH_STUB_SIZE 160

/* Find them.  Returns how many (at most ARCH_MAP_SITES_MAX) were stored. */
__attribute__((visibility("hidden"))) unsigned
arch_map_find(const uint8_t *code, size_t size, struct arch_map_site *sites);

/*
 * Make the call at site take its address from *next (which it advances) when
 * the program gives none, as long as it stays below limit.  stub: room for
 * ARCH_STUB_SIZE bytes of code within 2 GiB.  Both must be writable now and
 * executable when they run.
 */
__attribute__((visibility("hidden"))) void
arch_map_patch(uint8_t *code, const struct arch_map_site *site, uint8_t *stub,
	       _Atomic uint64_t *next, uint64_t limit);

/*
 * Where code ends its process: displacements of instructions from which on
 * the code does nothing but that, with the status in the first argument's
 * register.  Returns how many (at most ARCH_EXIT_SITES_MAX) were stored.
 */
#define ARCH_EXIT_SITES_MAX 4
__attribute__((visibility("hidden"))) unsigned
arch_exit_find(const uint8_t *code, size_t size, uint32_t *sites);

/* Does the code make the system call of that number? */
__attribute__((visibility("hidden"))) bool
arch_call_find(const uint8_t *code, size_t size, uint32_t number);

/* Make the code at site call function instead, which does not return.  stub:
 * room for ARCH_EXIT_STUB_SIZE bytes, as above. */
#define ARCH_EXIT_STUB_SIZE 32
__attribute__((visibility("hidden"))) void
arch_exit_patch(uint8_t *code, uint32_t site, uint8_t *stub,
		void (*function)(int status));

/*
 * What a loader finds out about the CPU, for the next one (features.c).  All
 * zero: nothing was learnt.  dev, ino: the loader's file.
 */
struct arch_features {
	uint64_t dev, ino;
	uint64_t offset; /* of bytes[] from the start of the loader */
	uint64_t size;
	uint8_t bytes[1024];
};

/* Learn it from a loader of that file that was mapped with that bias and has
 * started.  False: there is nothing to be learnt. */
__attribute__((visibility("hidden"))) bool
arch_features_learn(struct arch_features *features, uint64_t dev, uint64_t ino,
		    uint64_t bias);

/* Write it into a loader that was mapped but not started.  False: it is
 * another loader's. */
__attribute__((visibility("hidden"))) bool
arch_features_tell(const struct arch_features *features, uint64_t dev,
		   uint64_t ino, uint64_t bias);

/* Code that jumps to target, wherever it is put. */
#define ARCH_JUMP_SIZE 14
__attribute__((visibility("hidden"))) void
arch_make_jump(uint8_t code[ARCH_JUMP_SIZE], const void *target);

#endif
