// SPDX-License-Identifier: BSD-2-Clause
#include <config.h>

#include "stack_events.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "address_space.h"
#include "bpf_support.h"
#include "stack_events.skel.h"

struct stack_events {
	struct stack_events_bpf *skeleton;
	struct bpf_buffer buffer;
	stack_events_sink sink;
	void *argument;
	struct bpf_link *exec;
	struct bpf_link **link;
	size_t nlinks;
};
_Static_assert(STACK_EVENTS_WHY_MAX >= BPF_WHY_MAX, "");

static int on_event(void *context, void *data, size_t size)
{
	struct stack_events *events = context;
	const struct stack_event *event = data;

	if (size >= sizeof(*event) && size - sizeof(*event) >= event->size)
		events->sink(events->argument, event,
			     (const char *)(event + 1));
	return 0;
}

static int fail(struct stack_events *events, int error, const char *what,
		char *why)
{
	stack_events_close(events);
	return bpf_explain(error, what, why);
}

int stack_events_open(pid_t root, size_t buffer, size_t stack_bytes,
		      bool measure, stack_events_sink sink, void *argument,
		      struct stack_events **eventsp, char *why)
{
	struct stack_events *events;
	int error = bpf_check_machine(why);

	if (error != 0)
		return error;
	bpf_be_quiet();
	events = calloc(1, sizeof(*events));
	if (events == NULL)
		return fail(NULL, ENOMEM, "memory", why);
	events->sink = sink;
	events->argument = argument;
	events->skeleton = stack_events_bpf__open();
	if (events->skeleton == NULL)
		return fail(events, errno, "BPF programs", why);
	bpf_map__set_max_entries(events->skeleton->maps.events,
				 (uint32_t)buffer);
	events->skeleton->rodata->stack_chunks =
		(unsigned)(stack_bytes / STACK_CHUNK);
	events->skeleton->bss->root_pid = root;
	events->skeleton->bss->address_space = NO_ADDRESS_SPACE;
	error = -stack_events_bpf__load(events->skeleton);
	if (error != 0)
		return fail(events, error, "loading BPF programs", why);
	error = bpf_buffer_open(&events->buffer, events->skeleton->maps.events,
				on_event, events, measure, why);
	if (error != 0) {
		stack_events_close(events);
		return error;
	}
	events->exec = bpf_program__attach(events->skeleton->progs.on_exec);
	if (events->exec == NULL)
		return fail(events, errno, "attaching BPF programs", why);
	error = stack_events_follow(events, root);
	if (error != 0)
		return fail(events, error, "BPF iterator", why);
	*eventsp = events;
	return 0;
}

static struct bpf_link *attach_one(struct stack_events *events, pid_t root,
				   const struct stack_place *place, size_t i)
{
	/* A process's address space is what the kernel selects: all tasks'. */
	LIBBPF_OPTS(bpf_uprobe_opts, opts);

	if (place->file == NULL)
		return bpf_program__attach_tracepoint(
			events->skeleton->progs.on_tracepoint,
			place->category, place->tracepoint);
	return bpf_program__attach_uprobe_opts(
		events->skeleton->progs.on_probe, root, place->file,
		place->offsets[i], &opts);
}

int stack_events_attach(struct stack_events *events, pid_t root,
			const struct stack_place *place, char *why)
{
	size_t n = place->file != NULL ? place->noffsets : 1;
	struct bpf_link **list =
		reallocarray(events->link, events->nlinks + n, sizeof(*list));
	int error;

	if (list == NULL)
		return bpf_explain(ENOMEM, "memory", why);
	events->link = list;
	for (size_t i = 0; i < n; i++) {
		struct bpf_link *link = attach_one(events, root, place, i);

		if (link == NULL) {
			error = errno;
			if (place->file == NULL && error == ENOENT)
				snprintf(why, STACK_EVENTS_WHY_MAX,
					 "no tracepoint %s:%s in "
					 "/sys/kernel/tracing/events",
					 place->category, place->tracepoint);
			else
				bpf_explain(error, place->file != NULL ?
					    place->file : place->tracepoint,
					    why);
			return error;
		}
		events->link[events->nlinks++] = link;
	}
	return 0;
}

void stack_events_detach(struct stack_events *events)
{
	while (events->nlinks != 0)
		bpf_link__destroy(events->link[--events->nlinks]);
}

int stack_events_follow(struct stack_events *events, pid_t root)
{
	events->skeleton->bss->root_pid = root;
	return bpf_run_iterator(events->skeleton->progs.find_root);
}

int stack_events_drain(struct stack_events *events)
{
	return bpf_buffer_drain(&events->buffer);
}

uint64_t stack_events_seen(const struct stack_events *events)
{
	return events->skeleton->bss->seen;
}

uint64_t stack_events_lost(const struct stack_events *events)
{
	return events->skeleton->bss->lost;
}

uint64_t stack_events_cost(const struct stack_events *events)
{
	return bpf_buffer_cost(&events->buffer, events->skeleton->obj);
}

void stack_events_take_lost(struct stack_events *events,
			    void (*put)(void *argument, uint64_t address,
					uint64_t count),
			    void *argument)
{
	int map = bpf_map__fd(events->skeleton->maps.without_stack);
	uint32_t key;
	uint64_t count;

	/* Taken away one by one: who adds meanwhile makes a new one. */
	while (bpf_map_get_next_key(map, NULL, &key) == 0 &&
	       bpf_map_lookup_and_delete_elem(map, &key, &count) == 0)
		if (count != 0)
			put(argument, (uint64_t)key << 32, count);
}

void stack_events_close(struct stack_events *events)
{
	if (events == NULL)
		return;
	stack_events_detach(events);
	bpf_link__destroy(events->exec);
	free(events->link);
	bpf_buffer_close(&events->buffer);
	stack_events_bpf__destroy(events->skeleton);
	free(events);
}
