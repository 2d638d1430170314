/* SPDX-License-Identifier: BSD-2-Clause */
/* Making a kernel task that shares the address space, and starting a program. */

#define SYS_clone 56
#define SYS_clone3 435

	.text

/* long arch_clone3(void *args, size_t size, void (*fn)(void *), void *arg) */
	.globl	arch_clone3
	.hidden	arch_clone3
	.type	arch_clone3, @function
arch_clone3:
	.cfi_startproc
	movq	%rdx, %r8		/* fn and arg survive the system call */
	movq	%rcx, %r9
	movl	$SYS_clone3, %eax
	syscall
	testq	%rax, %rax
	jz	1f
	ret
1:	.cfi_undefined %rip		/* the child: nothing to return to */
	xorl	%ebp, %ebp
	movq	%r9, %rdi
	call	*%r8
	hlt
	.cfi_endproc
	.size	arch_clone3, . - arch_clone3

/* long arch_clone(unsigned long flags, void *stack_top, fn, arg, parent_tid,
 *		   child_tid) */
	.globl	arch_clone
	.hidden	arch_clone
	.type	arch_clone, @function
arch_clone:
	.cfi_startproc
	subq	$16, %rsi		/* fn and arg go to the child's stack */
	movq	%rcx, 8(%rsi)
	movq	%rdx, 0(%rsi)
	movq	%r8, %rdx		/* parent_tid */
	movq	%r9, %r10		/* child_tid */
	xorl	%r8d, %r8d		/* no tls */
	movl	$SYS_clone, %eax
	syscall
	testq	%rax, %rax
	jz	1f
	ret
1:	.cfi_undefined %rip
	xorl	%ebp, %ebp
	popq	%rax
	popq	%rdi
	call	*%rax
	hlt
	.cfi_endproc
	.size	arch_clone, . - arch_clone

/* void arch_start(uintptr_t stack_pointer, uintptr_t entry) */
	.globl	arch_start
	.hidden	arch_start
	.type	arch_start, @function
arch_start:
	.cfi_startproc
	.cfi_undefined %rip
	movq	%rdi, %rsp
	movq	%rsi, %rax
	xorl	%edx, %edx		/* no function to register with atexit */
	xorl	%ebp, %ebp		/* the outermost frame */
	xorl	%ebx, %ebx
	xorl	%ecx, %ecx
	xorl	%esi, %esi
	xorl	%edi, %edi
	xorl	%r8d, %r8d
	xorl	%r9d, %r9d
	xorl	%r10d, %r10d
	xorl	%r11d, %r11d
	xorl	%r12d, %r12d
	xorl	%r13d, %r13d
	xorl	%r14d, %r14d
	xorl	%r15d, %r15d
	jmp	*%rax
	.cfi_endproc
	.size	arch_start, . - arch_start

	.section .note.GNU-stack, "", @progbits
