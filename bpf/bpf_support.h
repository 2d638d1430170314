/* SPDX-License-Identifier: BSD-2-Clause */
/* What kernel_events.c and stack_events.c share: libbpf, and why it fails. */
#ifndef BPF_SUPPORT_H
#define BPF_SUPPORT_H

#include <stdbool.h>
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

/* The ring buffer that programs write into, and what they cost. */
struct bpf_buffer {
	struct ring_buffer *ring;
	int stats; /* descriptor that keeps run times measured, or 0 */
};

/* Each entry is given to that function.  All 0 before; fails with an errno
 * value and why. */
int bpf_buffer_open(struct bpf_buffer *buffer, const struct bpf_map *map,
		    ring_buffer_sample_fn give, void *argument, bool measure,
		    char *why);
/* Give all that is there.  Returns an errno value. */
int bpf_buffer_drain(struct bpf_buffer *buffer);
/* Time spent in the programs; 0 = not measured. */
uint64_t bpf_buffer_cost(const struct bpf_buffer *buffer,
			 struct bpf_object *object);
void bpf_buffer_close(struct bpf_buffer *buffer);

#endif
