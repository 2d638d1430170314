/* SPDX-License-Identifier: BSD-2-Clause */
/* What a signal says of itself. */
#ifndef PIP_BACKTRACE_SIGNAL_H
#define PIP_BACKTRACE_SIGNAL_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

/* "SIGSEGV (11), SEGV_MAPERR: nothing is mapped at the address". */
void backtrace_signal_describe(const siginfo_t *info, char *text, size_t size);

/* Is there an address that it is about, si_addr? */
bool backtrace_signal_has_address(const siginfo_t *info);

/* Was it sent by a process, si_pid? */
bool backtrace_signal_has_sender(const siginfo_t *info);

#endif
