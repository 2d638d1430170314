/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "backtrace_signal.h"

#include <stdio.h>
#include <string.h>

#ifndef SYS_SECCOMP
#define SYS_SECCOMP 1 /* asm-generic/siginfo.h; glibc 2.36 has it not */
#endif

/* sigaction(2), "The si_code field". */
static const struct {
	int signal, code; /* signal 0: any */
	const char *name, *meaning;
} codes[] = {
	{ SIGSEGV, SEGV_MAPERR, "SEGV_MAPERR", "nothing is mapped there" },
	{ SIGSEGV, SEGV_ACCERR, "SEGV_ACCERR", "the mapping does not allow it" },
	{ SIGSEGV, SEGV_BNDERR, "SEGV_BNDERR", "bounds check" },
	{ SIGSEGV, SEGV_PKUERR, "SEGV_PKUERR", "protection key" },
	{ SIGSEGV, SI_KERNEL, "SI_KERNEL",
	  "an address that is none, or a forbidden instruction" },
	{ SIGBUS, BUS_ADRALN, "BUS_ADRALN", "alignment" },
	{ SIGBUS, BUS_ADRERR, "BUS_ADRERR",
	  "no memory is there: behind the end of a file?" },
	{ SIGBUS, BUS_OBJERR, "BUS_OBJERR", "hardware error" },
	{ SIGBUS, BUS_MCEERR_AR, "BUS_MCEERR_AR", "memory error" },
	{ SIGFPE, FPE_INTDIV, "FPE_INTDIV", "integer division by zero" },
	{ SIGFPE, FPE_INTOVF, "FPE_INTOVF", "integer overflow" },
	{ SIGFPE, FPE_FLTDIV, "FPE_FLTDIV", "division by zero" },
	{ SIGFPE, FPE_FLTOVF, "FPE_FLTOVF", "overflow" },
	{ SIGFPE, FPE_FLTUND, "FPE_FLTUND", "underflow" },
	{ SIGFPE, FPE_FLTRES, "FPE_FLTRES", "inexact result" },
	{ SIGFPE, FPE_FLTINV, "FPE_FLTINV", "invalid operation" },
	{ SIGILL, ILL_ILLOPC, "ILL_ILLOPC", "illegal opcode" },
	{ SIGILL, ILL_ILLOPN, "ILL_ILLOPN", "illegal operand" },
	{ SIGILL, ILL_ILLADR, "ILL_ILLADR", "illegal addressing mode" },
	{ SIGILL, ILL_ILLTRP, "ILL_ILLTRP", "illegal trap" },
	{ SIGILL, ILL_PRVOPC, "ILL_PRVOPC", "privileged opcode" },
	{ SIGTRAP, TRAP_BRKPT, "TRAP_BRKPT", "breakpoint" },
	{ SIGTRAP, TRAP_TRACE, "TRAP_TRACE", "trace" },
	{ SIGTRAP, TRAP_HWBKPT, "TRAP_HWBKPT", "hardware breakpoint" },
	{ SIGTRAP, SI_KERNEL, "SI_KERNEL", "a breakpoint instruction" },
	{ SIGSYS, SYS_SECCOMP, "SYS_SECCOMP",
	  "seccomp forbids that system call" },
	{ 0, SI_USER, "SI_USER", "sent by kill" },
	{ 0, SI_TKILL, "SI_TKILL", "sent by tgkill, as raise and abort do" },
	{ 0, SI_QUEUE, "SI_QUEUE", "sent by sigqueue" },
	{ 0, SI_TIMER, "SI_TIMER", "a timer" },
	{ 0, SI_KERNEL, "SI_KERNEL", "sent by the kernel" },
};

void backtrace_signal_describe(const siginfo_t *info, char *text, size_t size)
{
	const char *name = sigabbrev_np(info->si_signo);
	size_t used, i;

	if (name != NULL)
		snprintf(text, size, "SIG%s (%d)", name, info->si_signo);
	else
		snprintf(text, size, "signal %d", info->si_signo);
	used = strlen(text);
	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if ((codes[i].signal == 0 ||
		     codes[i].signal == info->si_signo) &&
		    codes[i].code == info->si_code) {
			snprintf(text + used, size - used, ", %s: %s",
				 codes[i].name, codes[i].meaning);
			break;
		}
	if (i == sizeof(codes) / sizeof(codes[0]))
		snprintf(text + used, size - used, ", si_code %d",
			 info->si_code);
	used = strlen(text);
	if (info->si_signo == SIGSYS && info->si_code == SYS_SECCOMP)
		snprintf(text + used, size - used, " (number %d)",
			 info->si_syscall);
}

bool backtrace_signal_has_address(const siginfo_t *info)
{
	return info->si_code > 0 && info->si_code != SI_KERNEL &&
	       (info->si_signo == SIGSEGV || info->si_signo == SIGBUS ||
		info->si_signo == SIGFPE || info->si_signo == SIGILL ||
		info->si_signo == SIGSYS);
}

bool backtrace_signal_has_sender(const siginfo_t *info)
{
	return info->si_code == SI_USER || info->si_code == SI_TKILL ||
	       info->si_code == SI_QUEUE;
}
