// SPDX-License-Identifier: BSD-2-Clause
/*
 * consistency: system calls that a decoupled context makes, on the kernel
 * thread of another task, and so with that one's PID, descriptors, signals
 * and credentials.  Only PiP programs can have this bug.
 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "histogram.h"
#include "model.h"
#include "names.h"

struct foreign {
	int32_t pipid, owner;
	int number;
	uint64_t count;
};

struct consistency {
	struct foreign *foreign;
	size_t count;
	uint64_t calls, own, harmless;
	struct histogram latency; /* of those that depend on the process */
};

static void on_span(struct analysis *analysis, const struct model_span *span)
{
	struct consistency *all = analysis->state;
	struct foreign *foreign;
	size_t i;

	if (span->kind != SPAN_SYSCALL)
		return;
	all->calls++;
	if (span->pipid == span->owner ||
	    model_context(analysis->model, span->pipid) == NULL ||
	    model_context(analysis->model, span->owner) == NULL)
		return;
	if (syscall_is_own(span->number)) {
		all->own++;
		histogram_add(&all->latency, span->end - span->begin);
	} else {
		all->harmless++;
	}
	for (i = 0; i < all->count; i++)
		if (all->foreign[i].pipid == span->pipid &&
		    all->foreign[i].owner == span->owner &&
		    all->foreign[i].number == span->number)
			break;
	if (i == all->count) {
		if ((i & (i - 1)) == 0)
			all->foreign = reallocarray(all->foreign,
						    i == 0 ? 1 : 2 * i,
						    sizeof(*foreign));
		if (all->foreign == NULL)
			trace_fail("out of memory");
		all->foreign[all->count++] = (struct foreign){
			span->pipid, span->owner, span->number, 0 };
	}
	all->foreign[i].count++;
}

static int compare(const void *a, const void *b)
{
	const struct foreign *x = a, *y = b;
	bool own_x = syscall_is_own(x->number),
	     own_y = syscall_is_own(y->number);

	if (own_x != own_y)
		return own_x ? -1 : 1;
	return (x->count < y->count) - (x->count > y->count);
}

static void print_json(const struct consistency *all, json_t *document)
{
	json_t *list = json_array();
	char name[2][TRACE_NAME_MAX], text[24];

	for (size_t i = 0; i < all->count; i++)
		json_array_append_new(list, json_pack(
			"{s:s, s:s, s:s, s:I, s:b}",
			"task", trace_name(all->foreign[i].pipid, name[0]),
			"as", trace_name(all->foreign[i].owner, name[1]),
			"syscall", name_of_syscall(all->foreign[i].number,
						   text),
			"count", (json_int_t)all->foreign[i].count,
			"inconsistent",
			syscall_is_own(all->foreign[i].number)));
	json_object_update_new(document, json_pack(
		"{s:I, s:I, s:I, s:o, s:o}",
		"syscalls", (json_int_t)all->calls,
		"inconsistent", (json_int_t)all->own,
		"harmless", (json_int_t)all->harmless,
		"latency_ns", histogram_json(&all->latency), "calls", list));
}

static void print(struct analysis *analysis, json_t *document)
{
	struct consistency *all = analysis->state;
	char name[2][TRACE_NAME_MAX], text[24];

	if (all->count != 0)
		qsort(all->foreign, all->count, sizeof(*all->foreign),
		      compare);
	if (document != NULL) {
		print_json(all, document);
		return;
	}
	if (!(trace_file_header(analysis->file)->flags & TRACE_FLAG_KERNEL)) {
		puts("The recording has no events of the kernel: nothing can "
		     "be said.");
		return;
	}
	printf("%" PRIu64 " of %" PRIu64 " system calls were made with the PID "
	       "of another task;\n%" PRIu64 " more do not depend on it.\n",
	       all->own, all->calls, all->harmless);
	if (all->count != 0)
		printf("\n%-6s %-6s %-24s %12s  %s\n", "TASK", "AS", "SYSCALL",
		       "COUNT", "");
	for (size_t i = 0; i < all->count; i++)
		printf("%-6s %-6s %-24s %12" PRIu64 "  %s\n",
		       trace_name(all->foreign[i].pipid, name[0]),
		       trace_name(all->foreign[i].owner, name[1]),
		       name_of_syscall(all->foreign[i].number, text),
		       all->foreign[i].count,
		       syscall_is_own(all->foreign[i].number) ?
			       "inconsistent" : "harmless");
	if (all->own != 0) {
		puts("\nThe inconsistent ones: from entry to return");
		histogram_print(&all->latency, "ns");
	}
}

static void reset(struct analysis *analysis)
{
	struct consistency *all = analysis->state;

	free(all->foreign);
	memset(all, 0, sizeof(*all));
}

int command_consistency(const struct trace_options *options)
{
	struct consistency all = { 0 };
	struct analysis analysis = {
		.state = &all,
		.span = on_span,
		.print = print,
		.reset = reset,
	};

	return trace_run(options, &analysis);
}
