// SPDX-License-Identifier: BSD-2-Clause
/*
 * The text format of Prometheus (exposition format 0.0.4).  All samples of one
 * metric must stand together, so tasks are collected first.
 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pips.h"

struct task_metrics {
	char *labels;
	double value[16]; /* NaN does not occur: see known */
	bool known[16];
};

static struct task_metrics *collected;
static size_t ncollected, capacity;

static double metric_cpu(const struct pips_row *row)
{
	return pips_cpu_percent(row) < 0 ? -1 :
	       (double)pips_cpu_time(row->task) / 1e9;
}

static double metric_rss(const struct pips_row *row)
{
	return (double)row->task->rss;
}

static double metric_threads(const struct pips_row *row)
{
	return row->task->facts.error ? -1 : (double)row->task->facts.threads;
}

static double metric_faults(const struct pips_row *row)
{
	return row->task->facts.error ? -1 : (double)row->task->facts.faults;
}

static double metric_counter(const struct pips_row *row,
			     enum pip_table_counter counter)
{
	return row->task->torn ? -1 :
	       (double)row->task->entry.counters[counter];
}

static double metric_switches(const struct pips_row *row)
{
	return metric_counter(row, PIP_COUNT_SWITCHES);
}

static double metric_couples(const struct pips_row *row)
{
	return metric_counter(row, PIP_COUNT_COUPLES);
}

static double metric_suspends(const struct pips_row *row)
{
	return metric_counter(row, PIP_COUNT_SUSPENDS);
}

static double metric_up(const struct pips_row *row)
{
	return !row->task->facts.error && !row->task->gone &&
	       row->task->facts.state != 'Z';
}

static const struct {
	const char *name, *type, *help;
	double (*value)(const struct pips_row *row); /* negative: not known */
} metrics[] = {
	{ "pip_task_up", "gauge", "1 while the task is alive, else 0.",
	  metric_up },
	{ "pip_task_cpu_seconds_total", "counter", "CPU time.", metric_cpu },
	{ "pip_task_resident_memory_bytes", "gauge",
	  "Resident memory of its part of the address space.", metric_rss },
	{ "pip_task_threads", "gauge", "Threads.", metric_threads },
	{ "pip_task_page_faults_total", "counter", "Page faults.",
	  metric_faults },
	{ "pip_task_user_switches_total", "counter",
	  "User-level context switches.", metric_switches },
	{ "pip_task_couples_total", "counter", "Couples.", metric_couples },
	{ "pip_task_suspends_total", "counter", "Suspends.",
	  metric_suspends },
};

#define METRICS (sizeof(metrics) / sizeof(metrics[0]))

/* A label's value: backslash, quote and newline are escaped. */
static size_t label_append(char *out, const char *text)
{
	size_t used = 0;

	for (; *text; text++) {
		if (*text == '\\' || *text == '"' || *text == '\n')
			out[used++] = '\\';
		out[used++] = *text == '\n' ? 'n' : *text;
	}
	return used;
}

static char *metric_labels(const struct pips_row *row)
{
	const char *path = row->task->torn ? "" : row->task->entry.program;
	const char *slash = strrchr(path, '/');
	char name[PIP_TABLE_PROGRAM_MAX * 3 + 1], pipid[16] = "root";
	char *labels = malloc(sizeof(name) * 2 + 128);
	size_t used;

	if (!labels)
		pips_fail("out of memory");
	if (row->task->slot)
		snprintf(pipid, sizeof(pipid), "%d", (int)row->task->pipid);
	observer_copy_utf8(name, sizeof(name), slash ? slash + 1 : path,
			   strlen(slash ? slash + 1 : path));
	/* A PIPID is used again: with the PID a series is of one task. */
	used = (size_t)sprintf(labels, "root=\"%d\",pipid=\"%s\",pid=\"%d\","
			       "program=\"", (int)row->root->reader, pipid,
			       (int)row->task->pid);
	used += label_append(labels + used, name);
	strcpy(labels + used, "\"");
	return labels;
}

void pips_add_metrics(const struct pips_row *rows, size_t count)
{
	size_t i, m;

	for (i = 0; i < count; i++) {
		struct task_metrics *task;

		/* The past is for whoever scraped then. */
		if (rows[i].task->slot && !rows[i].task->torn &&
		    rows[i].task->entry.state == PIP_STATE_ENDED)
			continue;
		if (ncollected == capacity) {
			capacity = capacity ? capacity * 2 : 64;
			collected = reallocarray(collected, capacity,
						 sizeof(*collected));
			if (!collected)
				pips_fail("out of memory");
		}
		task = &collected[ncollected++];
		task->labels = metric_labels(&rows[i]);
		for (m = 0; m < METRICS; m++) {
			task->value[m] = metrics[m].value(&rows[i]);
			task->known[m] = task->value[m] >= 0;
		}
	}
}

void pips_print_metrics(void)
{
	size_t i, m;

	for (m = 0; m < METRICS; m++) {
		printf("# HELP %s %s\n# TYPE %s %s\n", metrics[m].name,
		       metrics[m].help, metrics[m].name, metrics[m].type);
		for (i = 0; i < ncollected; i++)
			if (collected[i].known[m])
				printf("%s{%s} %.15g\n", metrics[m].name,
				       collected[i].labels,
				       collected[i].value[m]);
	}
	for (i = 0; i < ncollected; i++)
		free(collected[i].labels);
	ncollected = 0;
}
