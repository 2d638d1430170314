// SPDX-License-Identifier: BSD-2-Clause
#include <config.h>

#include <stdbool.h>

#include "kernel_events.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "address_space.h"
#include "bpf_support.h"
#include "sched_reader.h"
#include "kernel_events.skel.h" /* has types of sched_ring.h */

#define CPUS_MAX 4096
#define FIRST_SAMPLES 5 /* of clocks */
#define FIRST_TRIES 50

struct kernel_events {
	struct kernel_events_bpf *skeleton;
	struct bpf_buffer buffer;
	struct sched_reader sched;
	kernel_events_sink sink;
	void *argument;
	int error;        /* what the sink has returned */
	bool sees_wakeups; /* on_wakeup() is attached */
	int ncpus;
	struct bpf_link *major[CPUS_MAX];
};

static int on_record(void *context, void *data, size_t size)
{
	struct kernel_events *events = context;

	if (events->error != 0)
		return 0;
	if (size == sizeof(struct trace_kernel_record))
		events->error = events->sink(events->argument, 0, data);
	else if (size == sizeof(struct sched_record))
		events->error = sched_reader_give(&events->sched, 0, data,
						  events->sink,
						  events->argument);
	return 0;
}
_Static_assert(sizeof(struct sched_record) !=
		       sizeof(struct trace_kernel_record),
	       "told apart by their sizes");

#define SWITCHES_OR_WAKEUPS (KERNEL_EVENTS_SCHED | KERNEL_EVENTS_WAKEUPS)

static const struct {
	const char *tracepoint;
	unsigned kinds; /* any of these */
} kinds_of[] = {
	{ "sched_switch", KERNEL_EVENTS_SCHED },
	/* It may turn out that waits are not known without it. */
	{ "sched_wakeup", SWITCHES_OR_WAKEUPS },
	{ "sched_wakeup_new", SWITCHES_OR_WAKEUPS },
	{ "sys_enter", KERNEL_EVENTS_SYSCALLS },
	{ "sys_exit", KERNEL_EVENTS_SYSCALLS },
	{ "page_fault_user", KERNEL_EVENTS_FAULTS },
	{ "signal_deliver", KERNEL_EVENTS_SIGNALS },
};

/* What is not asked for costs the program nothing. */
static void drop_unwanted(struct kernel_events_bpf *skeleton, unsigned kinds)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, skeleton->obj) {
		const char *name = strrchr(
			bpf_program__section_name(program), '/');

		for (size_t i = 0; i < sizeof(kinds_of) / sizeof(kinds_of[0]);
		     i++)
			if (name != NULL &&
			    strcmp(name + 1, kinds_of[i].tracepoint) == 0 &&
			    !(kinds & kinds_of[i].kinds))
				bpf_program__set_autoload(program, false);
	}
	if (!(kinds & KERNEL_EVENTS_FAULTS))
		bpf_program__set_autoload(skeleton->progs.on_major, false);
}

/* Not every machine has all of them: page faults are x86's. */
static void drop_unknown(struct kernel_events_bpf *skeleton,
			 const struct btf *btf)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, skeleton->obj) {
		const char *section = bpf_program__section_name(program);
		char name[96];

		if (strncmp(section, "tp_btf/", 7) != 0)
			continue;
		snprintf(name, sizeof(name), "btf_trace_%s", section + 7);
		if (btf__find_by_name_kind(btf, name, BTF_KIND_TYPEDEF) < 0)
			bpf_program__set_autoload(program, false);
	}
}

static bool has_member(const struct btf *btf, const char *type,
		       const char *name)
{
	int id = btf__find_by_name_kind(btf, type, BTF_KIND_STRUCT);
	const struct btf_type *found = btf__type_by_id(btf, (uint32_t)id);

	for (int i = 0; id >= 0 && i < btf_vlen(found); i++)
		if (strcmp(btf__name_by_offset(btf, btf_members(found)[i]
							    .name_off),
			   name) == 0)
			return true;
	return false;
}

/* HAS_WAITS of sched_ring.bpf.h. */
static bool has_sched_info(const struct btf *btf)
{
	return has_member(btf, "task_struct", "sched_info") &&
	       has_member(btf, "sched_info", "last_queued") &&
	       has_member(btf, "sched_info", "run_delay");
}

static void attach_major(struct kernel_events *events)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_PAGE_FAULTS_MAJ,
		.sample_period = 1,
	};
	int ncpus = libbpf_num_possible_cpus();

	/* Without it, faults are counted, and none is known to be major. */
	for (int cpu = 0; cpu < ncpus && cpu < CPUS_MAX; cpu++) {
		int fd = (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1,
				      PERF_FLAG_FD_CLOEXEC);
		struct bpf_link *link;

		if (fd < 0)
			continue;
		link = bpf_program__attach_perf_event(
			events->skeleton->progs.on_major, fd);
		if (link == NULL)
			close(fd);
		else
			events->major[events->ncpus++] = link;
	}
}

static int attach(struct kernel_events *events)
{
	struct bpf_program *program;
	int error = 0;

	bpf_object__for_each_program(program, events->skeleton->obj) {
		const char *section = bpf_program__section_name(program);
		struct bpf_link **link = NULL;

		if (strncmp(section, "tp_btf/", 7) != 0 ||
		    !bpf_program__autoload(program) ||
		    (program == events->skeleton->progs.on_wakeup &&
		     !events->sees_wakeups))
			continue;
		for (int i = 0; i < events->skeleton->skeleton->prog_cnt; i++)
			if (*events->skeleton->skeleton->progs[i].prog ==
			    program)
				link = events->skeleton->skeleton->progs[i]
					       .link;
		if (link == NULL)
			continue;
		*link = bpf_program__attach(program);
		if (*link == NULL && error == 0)
			error = errno;
	}
	if (bpf_program__autoload(events->skeleton->progs.on_major))
		attach_major(events);
	return error;
}

/* Where switches do not say how long somebody has waited. */
static int see_wakeups(struct kernel_events *events)
{
	struct kernel_events_bpf *skeleton = events->skeleton;

	if (events->sees_wakeups || events->sched.cpus == 0 ||
	    sched_reader_has_waits(&events->sched) ||
	    !bpf_program__autoload(skeleton->progs.on_wakeup))
		return 0;
	skeleton->links.on_wakeup =
		bpf_program__attach(skeleton->progs.on_wakeup);
	if (skeleton->links.on_wakeup == NULL)
		return errno;
	events->sees_wakeups = true;
	return 0;
}

int kernel_events_follow(struct kernel_events *events, pid_t root)
{
	events->skeleton->bss->root_pid = root;
	return bpf_run_iterator(events->skeleton->progs.find_root);
}

/* Rings for the CPUs, if switches are wanted. */
static void plan_rings(struct kernel_events *events, const struct btf *btf,
		       unsigned kinds, size_t bytes)
{
	struct kernel_events_bpf *skeleton = events->skeleton;

	events->sched.size = 1;
	if (kinds & SWITCHES_OR_WAKEUPS)
		sched_reader_plan(&events->sched, bytes);
	if (events->sched.cpus == 0)
		return;
	events->sched.has_waits &= has_sched_info(btf);
	events->sees_wakeups = (kinds & KERNEL_EVENTS_WAKEUPS) ||
			       !events->sched.trusts_clock ||
			       !events->sched.has_waits;
	skeleton->rodata->sees_wakeups = events->sees_wakeups;
	bpf_map__set_max_entries(skeleton->maps.sched_rings,
				 events->sched.cpus);
	bpf_map__set_max_entries(skeleton->maps.sched_records,
				 events->sched.cpus * events->sched.size);
	skeleton->bss->reader_tid = (int)syscall(SYS_gettid);
}

static int map_rings(struct kernel_events *events)
{
	if (events->sched.cpus == 0)
		return 0;
	return sched_reader_map(&events->sched,
				bpf_map__fd(events->skeleton->maps.sched_rings),
				bpf_map__fd(events->skeleton->maps
						    .sched_records));
}

/* Each time that we sleep is a sample; one of them is in time. */
static void take_first_samples(struct kernel_events *events)
{
	struct timespec moment = { 0, 1 };

	for (int i = 0; events->sched.cpus != 0 && i < FIRST_TRIES &&
			events->sched.clock.samples < FIRST_SAMPLES;
	     i++) {
		nanosleep(&moment, NULL);
		sched_reader_look(&events->sched,
				  &events->skeleton->bss->sched_sample);
	}
}

static int fail(struct kernel_events *events, int error, const char *what,
		char *why)
{
	kernel_events_close(events);
	return bpf_explain(error, what, why);
}

int kernel_events_open(pid_t root, unsigned kinds, size_t size, bool measure,
		       kernel_events_sink sink, void *argument,
		       struct kernel_events **eventsp, char *why)
{
	struct kernel_events *events;
	struct btf *btf;
	int error = bpf_check_machine(why);

	if (error != 0)
		return error;
	bpf_be_quiet();
	events = calloc(1, sizeof(*events));
	if (events == NULL)
		return fail(NULL, ENOMEM, "memory", why);
	events->sink = sink;
	events->argument = argument;
	btf = btf__load_vmlinux_btf();
	if (btf == NULL)
		return fail(events, errno, "/sys/kernel/btf/vmlinux", why);
	events->skeleton = kernel_events_bpf__open();
	if (events->skeleton == NULL) {
		error = errno;
		btf__free(btf);
		return fail(events, error, "BPF programs", why);
	}
	drop_unwanted(events->skeleton, kinds);
	drop_unknown(events->skeleton, btf);
	bpf_map__set_max_entries(events->skeleton->maps.events,
				 (uint32_t)size);
	plan_rings(events, btf, kinds, size);
	btf__free(btf);
	events->skeleton->bss->address_space = NO_ADDRESS_SPACE;
	error = -kernel_events_bpf__load(events->skeleton);
	if (error != 0)
		return fail(events, error, "loading BPF programs", why);
	error = bpf_buffer_open(&events->buffer, events->skeleton->maps.events,
				on_record, events, measure, why);
	if (error != 0) {
		kernel_events_close(events);
		return error;
	}
	error = map_rings(events);
	if (error != 0)
		return fail(events, error, "memory of BPF programs", why);
	if (root != 0)
		error = kernel_events_follow(events, root);
	if (error != 0)
		return fail(events, error, "BPF iterator", why);
	error = attach(events);
	if (error != 0)
		return fail(events, error, "attaching BPF programs", why);
	if (kinds & KERNEL_EVENTS_SCHED)
		take_first_samples(events);
	error = see_wakeups(events);
	if (error != 0)
		return fail(events, error, "attaching BPF programs", why);
	*eventsp = events;
	return 0;
}

int kernel_events_drain(struct kernel_events *events)
{
	int error;

	sched_reader_look(&events->sched,
			  &events->skeleton->bss->sched_sample);
	error = see_wakeups(events);
	if (error != 0)
		return error;
	error = bpf_buffer_drain(&events->buffer);
	if (events->error == 0)
		events->error = sched_reader_drain(&events->sched, events->sink,
						   events->argument);
	return events->error != 0 ? events->error : error;
}

unsigned kernel_events_fill(const struct kernel_events *events)
{
	return sched_reader_fill(&events->sched);
}

uint64_t kernel_events_lost(const struct kernel_events *events)
{
	return events->skeleton->bss->lost + sched_reader_lost(&events->sched);
}

uint64_t kernel_events_cost(const struct kernel_events *events)
{
	return bpf_buffer_cost(&events->buffer, events->skeleton->obj);
}

void kernel_events_close(struct kernel_events *events)
{
	if (events == NULL)
		return;
	for (int i = 0; i < events->ncpus; i++)
		bpf_link__destroy(events->major[i]);
	sched_reader_unmap(&events->sched);
	bpf_buffer_close(&events->buffer);
	kernel_events_bpf__destroy(events->skeleton);
	free(events);
}
