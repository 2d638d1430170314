/* SPDX-License-Identifier: BSD-2-Clause */
/* What kernel_events.c and stack_events.c share: libbpf, and why it fails. */
#ifndef BPF_SUPPORT_H
#define BPF_SUPPORT_H

#include <stdint.h>

#include <bpf/libbpf.h>

#define BPF_WHY_MAX 200 /* bytes of a reason */

/* Can BPF programs select a process here?  0, or an errno value and why. */
int bpf_check_machine(char *why);

/* Say what failed; returns error. */
int bpf_explain(int error, const char *what, char *why);

/* Let libbpf print nothing. */
void bpf_be_quiet(void);

/* Run a program of section iter once. */
int bpf_run_iterator(struct bpf_program *program);

/* Time spent in the programs, if their run time is measured. */
uint64_t bpf_sum_run_time(struct bpf_object *object);

#endif
