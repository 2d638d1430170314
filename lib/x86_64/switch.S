/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The user-level context switch.
 *
 * A context that does not run is its stack pointer: what a called function
 * must preserve (psABI 3.2.1: rbx, rbp, r12 to r15, and the control bits of
 * MXCSR and of the x87 unit) lies there, and above it the return address.
 * Everything else is the caller's to save, which the compiler has done.
 */
#define SYS_arch_prctl 158
#define ARCH_SET_FS 0x1002
#define EINTR 4

	/* Beside pip_yield(): one page for both. */
	.section .text.hot, "ax", @progbits

/*
 * int arch_switch(uint64_t *save, uint64_t *next, uint64_t thread_pointer,
 *		   _Atomic uint32_t *on_cpu)
 *
 * The order of stores is such that whoever is killed in here leaves at most one
 * context without a stack pointer: the one that it ran.
 *
 * The other context is returned to by a jump: the CPU predicts where a return
 * goes from the calls before it, and those were this context's.
 */
	.globl	arch_switch
	.hidden	arch_switch
	.type	arch_switch, @function
	.balign	64
arch_switch:
	.cfi_startproc
	pushq	%rbp
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rbp, 0
	pushq	%rbx
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rbx, 0
	pushq	%r12
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r12, 0
	pushq	%r13
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r13, 0
	pushq	%r14
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r14, 0
	pushq	%r15
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r15, 0
	subq	$8, %rsp
	.cfi_adjust_cfa_offset 8
	stmxcsr	(%rsp)
	fnstcw	4(%rsp)
	movl	(%rsp), %r8d
	movzwl	4(%rsp), %r9d
	movq	(%rsi), %r10
	movq	%rsp, (%rdi)
	movq	$0, (%rsi)
	movq	%r10, %rsp
	/* From here on nothing touches the old stack: another kernel thread
	 * may run on it. */
	movl	$0, (%rcx)
	cmpb	$0, arch_has_fsgsbase(%rip)
	je	3f
	wrfsbase %rdx
	.globl	arch_switch_resume
	.hidden	arch_switch_resume
arch_switch_resume:
	/* Loading them is dear, and they hardly ever differ. */
	cmpl	(%rsp), %r8d
	jne	4f
1:	cmpw	4(%rsp), %r9w
	jne	5f
2:	addq	$8, %rsp
	.cfi_remember_state
	.cfi_adjust_cfa_offset -8
	popq	%r15
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r15
	popq	%r14
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r14
	popq	%r13
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r13
	popq	%r12
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r12
	popq	%rbx
	.cfi_adjust_cfa_offset -8
	.cfi_restore %rbx
	popq	%rbp
	.cfi_adjust_cfa_offset -8
	.cfi_restore %rbp
	movl	$EINTR, %eax
	popq	%rcx
	.cfi_adjust_cfa_offset -8
	.cfi_register %rip, %rcx
	jmp	*%rcx
	.cfi_restore_state
3:	/* A CPU or kernel without FSGSBASE. */
	movl	$SYS_arch_prctl, %eax
	movl	$ARCH_SET_FS, %edi
	movq	%rdx, %rsi
	syscall
	jmp	arch_switch_resume
4:	ldmxcsr	(%rsp)
	jmp	1b
5:	fldcw	4(%rsp)
	jmp	2b
	.cfi_endproc
	.size	arch_switch, . - arch_switch

/* Where a new context begins, see arch_context_make(). */
	.globl	arch_context_start
	.hidden	arch_context_start
	.type	arch_context_start, @function
arch_context_start:
	.cfi_startproc
	.cfi_undefined %rip
	xorl	%ebp, %ebp
	movq	%rbx, %rdi
	call	*%r12
	hlt
	.cfi_endproc
	.size	arch_context_start, . - arch_context_start

#define SYS_rt_sigprocmask 14
#define SYS_rt_sigreturn 15
#define SYS_sigaltstack 131
#define UC_STACK 16			/* offsets in the kernel's ucontext */
#define UC_SIGMASK 296

/* Where a signal handler returns to.  GDB and the unwinder, by which threads
 * are cancelled, know a signal frame by these very bytes; GDB looks at them only
 * in functions with "sigaction" in their name (amd64_linux_sigtramp_p()). */
	.globl	arch_sigaction_return
	.hidden	arch_sigaction_return
	.type	arch_sigaction_return, @function
	nop				/* unwinders look up the byte before */
arch_sigaction_return:
	movq	$SYS_rt_sigreturn, %rax
	syscall
	hlt
	.size	arch_sigaction_return, . - arch_sigaction_return

/*
 * Take the registers of the ucontext at the stack pointer.  Signal mask and
 * signal stack stay what this kernel thread has.
 */
	.globl	arch_take_signal_frame
	.hidden	arch_take_signal_frame
	.type	arch_take_signal_frame, @function
arch_take_signal_frame:
	movl	$SYS_rt_sigprocmask, %eax
	xorl	%edi, %edi
	xorl	%esi, %esi
	leaq	UC_SIGMASK(%rsp), %rdx
	movl	$8, %r10d
	syscall
	movl	$SYS_sigaltstack, %eax
	xorl	%edi, %edi
	leaq	UC_STACK(%rsp), %rsi
	syscall
	movl	$SYS_rt_sigreturn, %eax
	syscall
	hlt
	.size	arch_take_signal_frame, . - arch_take_signal_frame

	.section .note.GNU-stack, "", @progbits
