/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the patched system calls of a task's loader become (patch.c): an
 * address from the task's window is chosen where the program gives none.
 *
 * These are templates: patch.c copies one, puts the two addresses in place of
 * the numbers NEXT and LIMIT, and appends a jump back.  A system call leaves
 * every register but rax, rcx and r11 as it was, and code around it relies on
 * that; the red zone below the stack pointer may be in use, too.
 */
#define SYS_mmap	9
#define SYS_mremap	25
#define NEXT		0x7065786e5f706970	/* the bump pointer's address */
#define LIMIT		0x74696d696c706970	/* the end of the window */
#define ENOMEM		12
#define MAYMOVE		1	/* MREMAP_MAYMOVE, linux/mman.h */
#define MAYMOVE_FIXED	3
#define FLAGS		7	/* all that there are, with MREMAP_DONTUNMAP */
#define RED_ZONE	128	/* x86-64 psABI, 3.2.2 */

	.section .rodata

	.macro template name
	.globl	\name
	.hidden	\name
\name:
	.endm

/* rcx = place for as many bytes as in \length; "above" if there is none. */
	.macro take_place length
	movabsq	$NEXT, %r11
	leaq	4095(\length), %rcx
	andq	$-4096, %rcx
	lock xaddq %rcx, (%r11)
	movabsq	$LIMIT, %r11
	leaq	(%rcx,\length), %rax
	cmpq	%r11, %rax
	.endm

/* mmap(rdi addr, rsi length, rdx prot, r10 flags, r8 fd, r9 offset) */
template arch_stub_mmap
	testq	%rdi, %rdi
	jne	1f
	take_place %rsi
	ja	1f
	movq	%rcx, %rdi
1:	movl	$SYS_mmap, %eax
	syscall
template arch_stub_mmap_end

/* mremap(rdi old, rsi old_size, rdx new_size, r10 flags, r8 new): in place if
 * that works, as the kernel does; else to a place of the window. */
template arch_stub_mremap
	leaq	-RED_ZONE(%rsp), %rsp
	pushq	%r8
	pushq	%r10
	movl	%r10d, %ecx
	andl	$FLAGS, %ecx
	cmpl	$MAYMOVE, %ecx
	jne	1f
	xorl	%r10d, %r10d
	movl	$SYS_mremap, %eax
	syscall
	cmpq	$-ENOMEM, %rax
	jne	2f
	take_place %rdx
	movl	$MAYMOVE, %r10d
	ja	1f
	movq	%rcx, %r8
	movl	$MAYMOVE_FIXED, %r10d
1:	movl	$SYS_mremap, %eax
	syscall
2:	popq	%r10
	popq	%r8
	leaq	RED_ZONE(%rsp), %rsp
template arch_stub_mremap_end

	.section .note.GNU-stack, "", @progbits
