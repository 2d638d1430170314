// SPDX-License-Identifier: BSD-2-Clause
/*
 * The screen of scheduling domains: each kernel thread with the contexts
 * (BLTs, ULPs) that it runs, and how many of them wait for it.
 */
#include <config.h>

#include "ui.h"

#include <stdlib.h>
#include <string.h>

struct domain {
	unsigned contexts, ready, suspended, running;
	const struct top_task *runs; /* who has the kernel thread now */
};

static void name_pipid(char *out, size_t size, int32_t pipid)
{
	if (pipid == OBSERVER_PIPID_ROOT)
		snprintf(out, size, "root");
	else
		snprintf(out, size, "%d", (int)pipid);
}

/* Position of the domain's task in the program's list, or -1. */
static long domain_find(const struct top_program *program,
			const struct top_task *task)
{
	const struct pip_table_entry *entry = &task->task->entry;
	int64_t slot = (int64_t)entry->blt_domain + 1;
	const struct top_task *host;

	if (task->task->torn || (!entry->blt_kthread &&
				 entry->blt_state == PIP_BLT_COUPLED))
		return task - program->task;
	if (entry->blt_domain == OBSERVER_PIPID_ROOT)
		slot = 0;
	host = sample_find_slot(program, slot);
	return host ? host - program->task : -1;
}

static void domain_count(struct domain *domain, const struct top_task *task)
{
	domain->contexts++;
	switch (task->task->entry.blt_state) {
	case PIP_BLT_READY:
		domain->ready++;
		break;
	case PIP_BLT_SUSPENDED:
		domain->suspended++;
		break;
	case PIP_BLT_COUPLED:
	case PIP_BLT_DECOUPLED:
		domain->running++;
		domain->runs = task;
		break;
	}
}

static void domain_print(struct top_lines *lines, const struct top_task *host,
			 const struct domain *domain, double switches)
{
	const struct pip_table_entry *entry = &host->task->entry;
	char name[16], runs[16] = "-", rate[16], cpu[16] = "-";
	const char *state = pips_name_state(host->task);

	name_pipid(name, sizeof(name), host->task->pipid);
	if (entry->blt_idle == PIP_BLT_IDLE_SPINNING)
		state = "looks";
	else if (entry->blt_idle == PIP_BLT_IDLE_ASLEEP)
		state = "asleep";
	else if (domain->runs)
		name_pipid(runs, sizeof(runs), domain->runs->task->pipid);
	column_format_rate(rate, sizeof(rate), switches);
	if (host->measured && !host->task->facts.error)
		pips_format_percent(cpu, sizeof(cpu), host->cpu);
	lines_add(lines, domain->ready ? COLOR_WARN : COLOR_TEXT,
		  "%6s %7d %5s %-8s %5s %5u %5u %5u %5s  %s", name,
		  (int)host->task->tid, cpu, state, runs, domain->contexts,
		  domain->ready, domain->suspended, rate, host->command);
}

static void domain_print_members(struct top_lines *lines,
				 const struct top_program *program,
				 const long *where, long host)
{
	char text[512], name[16];
	size_t used = 0, i, left = 0;

	for (i = 0; i < program->count; i++) {
		const struct top_task *task = &program->task[i];
		const char *state;

		if (where[i] != host || (long)i == host)
			continue;
		if (used > 400) {
			left++;
			continue;
		}
		name_pipid(name, sizeof(name), task->task->pipid);
		state = column_state(task);
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 " %s %s", name, state);
	}
	if (left)
		snprintf(text + used, sizeof(text) - used, " and %zu more",
			 left);
	if (used)
		lines_add(lines, COLOR_DIM, "               ULPs:%s", text);
}

static void domains_fill_program(const struct top_program *program,
				 struct top_lines *lines)
{
	struct domain *domain = calloc(program->count + 1, sizeof(*domain));
	double *switches = calloc(program->count + 1, sizeof(*switches));
	long *where = calloc(program->count + 1, sizeof(*where));
	size_t i, kernel_threads = 0, homeless = 0;

	if (!domain || !where || !switches)
		pips_fail("out of memory");
	for (i = 0; i < program->count; i++) {
		where[i] = domain_find(program, &program->task[i]);
		if (where[i] < 0) {
			homeless++;
			continue;
		}
		domain_count(&domain[where[i]], &program->task[i]);
		switches[where[i]] += program->task[i].user_switches;
	}
	for (i = 0; i < program->count; i++)
		kernel_threads += domain[i].contexts > 0;
	lines_add(lines, COLOR_TITLE, "program %d: %zu kernel threads run %zu "
		  "contexts", (int)program->root->reader, kernel_threads,
		  program->count);
	for (i = 0; i < program->count; i++) {
		if (!domain[i].contexts)
			continue;
		domain_print(lines, &program->task[i], &domain[i],
			     switches[i]);
		if (domain[i].contexts > 1 || where[i] != (long)i)
			domain_print_members(lines, program, where, (long)i);
	}
	if (homeless)
		lines_add(lines, COLOR_BAD, "%zu contexts are in no domain "
			  "that exists", homeless);
	free(domain);
	free(switches);
	free(where);
}

void domains_fill(struct top *top, struct top_lines *lines)
{
	size_t i;

	lines_add(lines, COLOR_LABEL, "%6s %7s %5s %-8s %5s %5s %5s %5s %5s  "
		  "%s", "DOMAIN", "TID", "CPU%", "THREAD", "RUNS", "CTXS",
		  "READY", "SUSP", "USW/s", "COMMAND");
	for (i = 0; i < top->sample.nprograms; i++)
		domains_fill_program(top->sample.program[i], lines);
}
