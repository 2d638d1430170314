// SPDX-License-Identifier: BSD-2-Clause
#include <config.h>

#include "bpf_support.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>

/* The initial PID namespace, PROC_PID_INIT_INO of the kernel. */
#define INITIAL_PID_NAMESPACE 0xeffffffcu

static int ignore_message(enum libbpf_print_level level, const char *format,
			  va_list list)
{
	(void)level;
	(void)format;
	(void)list;
	return 0;
}

void bpf_be_quiet(void)
{
	libbpf_set_print(ignore_message);
}

int bpf_check_machine(char *why)
{
	struct stat status;

	if (access("/sys/kernel/btf/vmlinux", R_OK) != 0) {
		snprintf(why, BPF_WHY_MAX,
			 "the kernel has no BTF (/sys/kernel/btf/vmlinux)");
		return ENOTSUP;
	}
	if (stat("/proc/self/ns/pid", &status) == 0 &&
	    (uint32_t)status.st_ino != INITIAL_PID_NAMESPACE) {
		snprintf(why, BPF_WHY_MAX,
			 "this is not the initial PID namespace, whose PIDs "
			 "BPF programs see");
		return ENOTSUP;
	}
	return 0;
}

int bpf_explain(int error, const char *what, char *why)
{
	if (error == EPERM || error == EACCES)
		snprintf(why, BPF_WHY_MAX,
			 "%s: not permitted (needs CAP_BPF and CAP_PERFMON, "
			 "and no lockdown)", what);
	else
		snprintf(why, BPF_WHY_MAX, "%s: %s", what, strerror(error));
	return error;
}

int bpf_run_iterator(struct bpf_program *program)
{
	struct bpf_link *link = bpf_program__attach(program);
	char text[64];
	int fd;

	if (link == NULL)
		return errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	if (fd >= 0) {
		while (read(fd, text, sizeof(text)) > 0)
			;
		close(fd);
	}
	bpf_link__destroy(link);
	return fd < 0 ? -fd : 0;
}

static uint64_t sum_run_time(struct bpf_object *object)
{
	struct bpf_program *program;
	uint64_t sum = 0;

	bpf_object__for_each_program(program, object) {
		struct bpf_prog_info info = { 0 };
		uint32_t size = sizeof(info);
		int fd = bpf_program__fd(program);

		if (fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &size) == 0)
			sum += info.run_time_ns;
	}
	return sum;
}

int bpf_buffer_open(struct bpf_buffer *buffer, const struct bpf_map *map,
		    ring_buffer_sample_fn give, void *argument, bool measure,
		    char *why)
{
	int fd;

	buffer->ring = ring_buffer__new(bpf_map__fd(map), give, argument, NULL);
	if (buffer->ring == NULL)
		return bpf_explain(errno, "BPF ring buffer", why);
	fd = measure ? bpf_enable_stats(BPF_STATS_RUN_TIME) : -1;
	if (fd > 0)
		buffer->stats = fd;
	return 0;
}

int bpf_buffer_drain(struct bpf_buffer *buffer)
{
	int n = ring_buffer__consume(buffer->ring);

	return n < 0 ? -n : 0;
}

uint64_t bpf_buffer_cost(const struct bpf_buffer *buffer,
			 struct bpf_object *object)
{
	return buffer->stats == 0 ? 0 : sum_run_time(object);
}

void bpf_buffer_close(struct bpf_buffer *buffer)
{
	ring_buffer__free(buffer->ring);
	if (buffer->stats != 0)
		close(buffer->stats);
}
