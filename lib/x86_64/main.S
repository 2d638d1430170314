/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where libpip.so starts when it is run as a program (-Wl,-e,pip_main).  As at
 * any process entry (System V ABI, AMD64 supplement, "Process Initialization")
 * the stack holds argc and argv[], and there is nowhere to return to.
 */
	.text

	.globl	pip_main
	.type	pip_main, @function
pip_main:
	.cfi_startproc
	.cfi_undefined %rip
	xorl	%ebp, %ebp		/* the outermost frame */
	movl	(%rsp), %edi		/* argc */
	leaq	8(%rsp), %rsi		/* argv */
	andq	$-16, %rsp
	call	libpip_main
	hlt
	.cfi_endproc
	.size	pip_main, . - pip_main

	.section .note.GNU-stack, "", @progbits
