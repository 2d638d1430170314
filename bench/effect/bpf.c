// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF programs of a few instructions, and bpf(2) itself: what they cost is the
 * least that any tracer costs.
 *
 * Counts are a map of 64-bit numbers.  BPF_COUNT adds to number 0.  BPF_STACK
 * has one number per stack, whose index is the kernel's number of the stack,
 * and a last one for stacks that could not be taken.
 */
#include "effect.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STACKS 4096
#define STACK_DEPTH 127
#define LOG_SIZE 4096

struct bpf_counter {
	enum bpf_kind kind;
	int counts, stacks, program;
	int links[PROBE_PLACES_MAX];
	int nlinks;
};

__attribute__((format(printf, 2, 3))) static void explain(char *reason,
							   const char *format,
							   ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(reason, EFFECT_REASON_MAX, format, args);
	va_end(args);
}

static int call_bpf(enum bpf_cmd command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int make_map(enum bpf_map_type type, uint32_t value, uint32_t entries)
{
	union bpf_attr attr = { .map_type = type, .key_size = 4,
				.value_size = value, .max_entries = entries };

	return call_bpf(BPF_MAP_CREATE, &attr);
}

/* An instruction: code, destination, source, offset, immediate. */
#define OP(c, d, s, o, i) \
	((struct bpf_insn){ .code = (c), .dst_reg = (d), .src_reg = (s), \
			    .off = (o), .imm = (i) })
#define MOVE(d, s) OP(BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define SET(d, i) OP(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)
#define CALL(f) OP(BPF_JMP | BPF_CALL, 0, 0, 0, f)
#define EXIT OP(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
#define LOAD_MAP(d, fd)                                                    \
	OP(BPF_LD | BPF_DW | BPF_IMM, d, BPF_PSEUDO_MAP_FD, 0, fd), \
		OP(0, 0, 0, 0, 0)

static size_t append(struct bpf_insn *code, size_t at,
		     const struct bpf_insn *more, size_t n)
{
	memcpy(code + at, more, n * sizeof(*more));
	return at + n;
}
#define APPEND(...)                                                       \
	do {                                                              \
		const struct bpf_insn more_[] = { __VA_ARGS__ };          \
		n = append(code, n, more_, sizeof(more_) / sizeof(*more_)); \
	} while (0)

static size_t write_program(const struct bpf_counter *counter, pid_t tgid,
			    struct bpf_insn *code)
{
	size_t n = 0;

	APPEND(MOVE(6, 1));
	if (tgid != 0)
		APPEND(CALL(BPF_FUNC_get_current_pid_tgid),
		       OP(BPF_ALU64 | BPF_RSH | BPF_K, 0, 0, 0, 32),
		       OP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2, tgid), SET(0, 0),
		       EXIT);
	if (counter->kind == BPF_STACK)
		APPEND(MOVE(1, 6), LOAD_MAP(2, counter->stacks),
		       SET(3, BPF_F_USER_STACK), CALL(BPF_FUNC_get_stackid),
		       OP(BPF_JMP | BPF_JSGE | BPF_K, 0, 0, 1, 0),
		       SET(0, STACKS));
	else
		APPEND(SET(0, 0));
	if (counter->kind != BPF_NOTHING)
		APPEND(OP(BPF_STX | BPF_MEM | BPF_W, 10, 0, -4, 0), MOVE(2, 10),
		       OP(BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, -4),
		       LOAD_MAP(1, counter->counts),
		       CALL(BPF_FUNC_map_lookup_elem),
		       OP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2, 0), SET(1, 1),
		       OP(BPF_STX | BPF_ATOMIC | BPF_DW, 0, 1, 0, BPF_ADD));
	APPEND(SET(0, 0), EXIT);
	return n;
}

static int load_program(const struct bpf_counter *counter,
			enum bpf_prog_type type, pid_t tgid)
{
	struct bpf_insn code[64];
	size_t n = write_program(counter, tgid, code);
	union bpf_attr attr = { .prog_type = type,
				.insns = (uint64_t)(uintptr_t)code,
				.insn_cnt = (uint32_t)n,
				.license = (uint64_t)(uintptr_t) "GPL" };

	return call_bpf(BPF_PROG_LOAD, &attr);
}

static void destroy(struct bpf_counter *counter)
{
	for (int i = 0; i < counter->nlinks; i++)
		close(counter->links[i]);
	if (counter->program >= 0)
		close(counter->program);
	if (counter->stacks >= 0)
		close(counter->stacks);
	if (counter->counts >= 0)
		close(counter->counts);
	free(counter);
}

static struct bpf_counter *create(enum bpf_kind kind, enum bpf_prog_type type,
				  pid_t tgid, char *reason)
{
	struct bpf_counter *counter = calloc(1, sizeof(*counter));

	if (counter == NULL)
		return NULL;
	counter->kind = kind;
	counter->counts = counter->stacks = counter->program = -1;
	if (kind != BPF_NOTHING)
		counter->counts = make_map(BPF_MAP_TYPE_ARRAY, 8, STACKS + 1);
	if (kind == BPF_STACK)
		counter->stacks = make_map(BPF_MAP_TYPE_STACK_TRACE,
					   8 * STACK_DEPTH, STACKS);
	if ((kind == BPF_NOTHING || counter->counts >= 0) &&
	    (kind != BPF_STACK || counter->stacks >= 0))
		counter->program = load_program(counter, type, tgid);
	if (counter->program >= 0)
		return counter;
	explain(reason, "bpf(2): %s%s", strerror(errno),
		errno == EPERM ? ": it wants CAP_BPF and CAP_PERFMON" : "");
	destroy(counter);
	return NULL;
}

static int read_uprobe_type(void)
{
	FILE *file = fopen("/sys/bus/event_source/devices/uprobe/type", "re");
	int type = -1;

	if (file != NULL) {
		if (fscanf(file, "%d", &type) != 1)
			type = -1;
		fclose(file);
	}
	return type;
}

static int attach_place(const struct bpf_counter *counter,
			const struct effect_probe *probe, uint64_t offset,
			pid_t pid)
{
	struct perf_event_attr attr = { .size = sizeof(attr) };
	int fd;

	attr.type = (uint32_t)read_uprobe_type();
	attr.config1 = (uint64_t)(uintptr_t)probe->file;
	attr.config2 = offset;
	fd = (int)syscall(SYS_perf_event_open, &attr, pid, -1, -1,
			  PERF_FLAG_FD_CLOEXEC);
	if (fd >= 0 &&
	    (ioctl(fd, PERF_EVENT_IOC_SET_BPF, counter->program) < 0 ||
	     ioctl(fd, PERF_EVENT_IOC_ENABLE, 0) < 0)) {
		int error = errno;

		close(fd);
		errno = error;
		fd = -1;
	}
	return fd;
}

struct bpf_counter *bpf_attach_probe(enum bpf_kind kind,
				     const struct effect_probe *probe,
				     pid_t pid, char *reason)
{
	uint64_t offsets[PROBE_PLACES_MAX];
	int n = probe_find(probe, offsets, reason);
	struct bpf_counter *counter;

	if (n < 0)
		return NULL;
	counter = create(kind, BPF_PROG_TYPE_KPROBE, 0, reason);
	for (int i = 0; counter != NULL && i < n; i++) {
		int link = attach_place(counter, probe, offsets[i], pid);

		if (link < 0) {
			explain(reason, "%s: cannot attach a uprobe: %s",
				probe->file, strerror(errno));
			destroy(counter);
			return NULL;
		}
		counter->links[counter->nlinks++] = link;
	}
	return counter;
}

struct bpf_counter *bpf_attach_tracepoint(const char *name, pid_t tgid,
					  char *reason)
{
	struct bpf_counter *counter = create(
		BPF_COUNT, BPF_PROG_TYPE_RAW_TRACEPOINT, tgid, reason);
	union bpf_attr attr = { 0 };
	int link;

	if (counter == NULL)
		return NULL;
	attr.raw_tracepoint.name = (uint64_t)(uintptr_t)name;
	attr.raw_tracepoint.prog_fd = (uint32_t)counter->program;
	link = call_bpf(BPF_RAW_TRACEPOINT_OPEN, &attr);
	if (link < 0) {
		explain(reason, "tracepoint %s: %s", name, strerror(errno));
		destroy(counter);
		return NULL;
	}
	counter->links[counter->nlinks++] = link;
	return counter;
}

static uint64_t read_count(const struct bpf_counter *counter, uint32_t key)
{
	uint64_t value = 0;
	union bpf_attr attr = { .map_fd = (uint32_t)counter->counts,
				.key = (uint64_t)(uintptr_t)&key,
				.value = (uint64_t)(uintptr_t)&value };

	return call_bpf(BPF_MAP_LOOKUP_ELEM, &attr) < 0 ? 0 : value;
}

int bpf_finish(struct bpf_counter *counter, struct effect_run *run,
	       char *reason)
{
	(void)reason;
	if (counter->kind == BPF_COUNT)
		run->counted = read_count(counter, 0);
	if (counter->kind == BPF_STACK) {
		run->counted = run->lost = read_count(counter, STACKS);
		run->stacks = 0;
		for (uint32_t i = 0; i < STACKS; i++) {
			uint64_t count = read_count(counter, i);

			run->counted += count;
			run->stacks += count != 0;
		}
	}
	destroy(counter);
	return 0;
}

const char *bpf_check(void)
{
	static char reason[EFFECT_REASON_MAX];
	struct bpf_counter *counter;

	if (read_uprobe_type() < 0)
		return "this kernel has no uprobes (CONFIG_UPROBE_EVENTS)";
	counter = create(BPF_COUNT, BPF_PROG_TYPE_KPROBE, 0, reason);
	if (counter == NULL)
		return reason;
	destroy(counter);
	return NULL;
}
