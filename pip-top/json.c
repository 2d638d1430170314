// SPDX-License-Identifier: BSD-2-Clause
/*
 * A sample as one line of JSON.  docs/pip-top-json.md is the schema: what is
 * added here is added there, and what is renamed or removed raises the version.
 */
#include <config.h>

#include "ui.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define JSON_VERSION 1

static json_t *json_number(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (int64_t)value);
}

static json_t *json_positive(int64_t value)
{
	return value > 0 ? json_integer(value) : json_null();
}

/* Three digits behind the point are more than a rate has that mean something. */
static json_t *json_rate(bool known, double value)
{
	if (!known || !(value >= 0 && value < 1e15))
		return json_null();
	return json_real((double)(int64_t)(value * 1000 + 0.5) / 1000);
}

static json_t *json_pipid(int32_t pipid)
{
	return pipid == OBSERVER_PIPID_ROOT ? json_string("root") :
					      json_integer(pipid);
}

static json_t *json_address(uint64_t address)
{
	char text[32];

	if (!address)
		return json_null();
	snprintf(text, sizeof(text), "%#" PRIx64, address);
	return json_string(text);
}

static void add_counters(json_t *object, const struct pip_table_entry *entry)
{
	static const struct {
		const char *name;
		enum pip_table_counter counter;
	} names[] = {
		{ "switches", PIP_COUNT_SWITCHES },
		{ "yields", PIP_COUNT_YIELDS },
		{ "couples", PIP_COUNT_COUPLES },
		{ "decouples", PIP_COUNT_DECOUPLES },
		{ "suspends", PIP_COUNT_SUSPENDS },
		{ "resumes", PIP_COUNT_RESUMES },
		{ "barrier_waits", PIP_COUNT_BARRIER_WAITS },
		{ "lock_waits", PIP_COUNT_LOCK_WAITS },
	};
	json_t *counters = json_object();
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		json_object_set_new(counters, names[i].name, json_number(
				    entry->counters[names[i].counter]));
	json_object_set_new(object, "counters", counters);
}

static void add_rates(json_t *object, const struct top_task *task)
{
	const bool known = task->measured;
	const bool kernel = known && !task->task->facts.error;

	json_object_set_new(object, "cpu_percent",
			    json_rate(kernel, task->cpu));
	json_object_set_new(object, "wait_percent",
			    json_rate(kernel, task->wait));
	json_object_set_new(object, "user_switches_per_second",
			    json_rate(known, task->user_switches));
	json_object_set_new(object, "kernel_switches_per_second",
			    json_rate(known, task->kernel_switches));
	json_object_set_new(object, "couples_per_second",
			    json_rate(known, task->couples));
	json_object_set_new(object, "faults_per_second",
			    json_rate(known, task->faults));
}

static json_t *json_task(const struct top_task *task)
{
	const struct pip_table_entry *entry = &task->task->entry;
	const struct observer_facts *facts = &task->task->facts;
	const uint32_t mode = task->slot ? entry->mode :
					   task->program->root->header.mode;
	json_t *object = json_object();
	bool known = !facts->error, torn = task->task->torn;

	json_object_set_new(object, "pipid", json_pipid(task->task->pipid));
	json_object_set_new(object, "pid", json_positive(task->task->pid));
	json_object_set_new(object, "tid", json_positive(task->task->tid));
	json_object_set_new(object, "generation",
			    json_number(task->generation));
	json_object_set_new(object, "state", json_string(column_state(task)));
	json_object_set_new(object, "mode", torn ? json_null() :
			    json_string(pips_name_mode(mode)));
	json_object_set_new(object, "parent", torn || !task->slot ?
			    json_null() : json_pipid(entry->parent_pipid));
	json_object_set_new(object, "domain", torn ? json_null() :
			    json_pipid(entry->blt_kthread ?
				       entry->blt_domain :
				       task->task->pipid));
	json_object_set_new(object, "waits_on", torn ||
			    entry->blt_state != PIP_BLT_SUSPENDED ?
			    json_null() : json_address(entry->blt_waits_on));
	json_object_set_new(object, "cpu", known ?
			    json_integer(facts->cpu) : json_null());
	json_object_set_new(object, "threads", known ?
			    json_integer(facts->threads) : json_null());
	json_object_set_new(object, "cpu_seconds", known ?
			    json_real((double)(task->counts.cpu_ns / 1000000u) /
				      1000) : json_null());
	json_object_set_new(object, "rss_bytes", task->rss < 0 ? json_null() :
			    json_integer(task->rss));
	add_rates(object, task);
	if (!torn)
		add_counters(object, entry);
	json_object_set_new(object, "command", json_string(task->command));
	return object;
}

static json_t *json_program(const struct top *top,
			    const struct top_program *program)
{
	json_t *object = json_object(), *tasks = json_array();
	size_t i;

	json_object_set_new(object, "root_pid",
			    json_positive(program->root->pid));
	json_object_set_new(object, "user",
			    json_string(program->user_name));
	json_object_set_new(object, "rss_bytes",
			    json_number(program->total_rss));
	json_object_set_new(object, "root_rss_bytes",
			    json_number(program->outside_rss));
	for (i = 0; i < program->count; i++)
		if (pattern_matches(&top->view.filter, &program->task[i]))
			json_array_append_new(tasks,
					      json_task(&program->task[i]));
	json_object_set_new(object, "tasks", tasks);
	return object;
}

static json_t *json_totals(const struct top_sample *sample)
{
	bool known = sample->seconds > 0;
	json_t *object = json_pack("{s:I, s:i, s:i, s:i, s:i, s:i, s:i}",
				   "tasks", (json_int_t)sample->ntasks,
				   "running", (int)sample->running,
				   "sleeping", (int)sample->sleeping,
				   "ready", (int)sample->ready,
				   "suspended", (int)sample->suspended,
				   "decoupled", (int)sample->decoupled,
				   "other", (int)sample->other);

	if (!object)
		pips_fail("out of memory");
	json_object_set_new(object, "user_switches_per_second",
			    json_rate(known, sample->user_switches));
	json_object_set_new(object, "kernel_switches_per_second",
			    json_rate(known, sample->kernel_switches));
	json_object_set_new(object, "couples_per_second",
			    json_rate(known, sample->couples));
	json_object_set_new(object, "faults_per_second",
			    json_rate(known, sample->faults));
	json_object_set_new(object, "rss_bytes",
			    json_number(sample->memory_bytes));
	return object;
}

void json_print_sample(const struct top *top)
{
	const struct top_sample *sample = &top->sample;
	json_t *object = json_object(), *cpus = json_array();
	json_t *programs = json_array();
	size_t i;

	json_object_set_new(object, "schema", json_string("pip-top"));
	json_object_set_new(object, "version", json_integer(JSON_VERSION));
	json_object_set_new(object, "time", json_real(
			    (double)(sample->realtime / 1000000u) / 1000));
	json_object_set_new(object, "seconds",
			    json_rate(sample->seconds > 0, sample->seconds));
	for (i = 0; i < sample->ncpus; i++)
		json_array_append_new(cpus, json_pack("{s:o, s:o}",
			"user_percent", json_rate(true,
				sample->cpu[i].user_percent),
			"system_percent", json_rate(true,
				sample->cpu[i].system_percent)));
	json_object_set_new(object, "cpus", cpus);
	json_object_set_new(object, "totals", json_totals(sample));
	for (i = 0; i < sample->nprograms; i++)
		json_array_append_new(programs, json_program(
			top, sample->program[i]));
	json_object_set_new(object, "programs", programs);
	json_dumpf(object, stdout, JSON_COMPACT | JSON_REAL_PRECISION(15));
	putchar('\n');
	json_decref(object);
}
