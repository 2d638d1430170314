// SPDX-License-Identifier: BSD-2-Clause
/* The columns: one table for the screen, the menus, the settings, and help. */
#include <config.h>

#include "top.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

bool column_utf8;

static const struct pip_table_entry *entry_of(const struct top_task *task)
{
	static const struct pip_table_entry none;

	return task->task->torn ? &none : &task->task->entry;
}

/* Has it ever been scheduled by the runtime? */
static bool task_is_blt(const struct top_task *task)
{
	return entry_of(task)->blt_kthread != 0 ||
	       entry_of(task)->blt_state != PIP_BLT_COUPLED;
}

/* The PIPID of the kernel thread that runs it. */
static int32_t task_domain(const struct top_task *task)
{
	return task_is_blt(task) ? entry_of(task)->blt_domain :
				   task->task->pipid;
}

const char *column_state(const struct top_task *task)
{
	const char *kernel = pips_name_state(task->task);
	const struct observer_task *host;

	/* What the kernel knows of its death or stop counts more. */
	if (!task_is_blt(task) ||
	    (strcmp(kernel, "running") != 0 && strcmp(kernel, "sleeping") != 0))
		return kernel;
	if (entry_of(task)->blt_state == PIP_BLT_COUPLED)
		return kernel;
	if (entry_of(task)->blt_state != PIP_BLT_DECOUPLED)
		return pips_name_blt_state(entry_of(task)->blt_state);
	host = observer_find_slot(&task->program->observed,
				  (uint32_t)(task_domain(task) ==
					     OBSERVER_PIPID_ROOT ? 0 :
					     task_domain(task) + 1));
	if (host && !host->facts.error &&
	    (host->facts.state == 'S' || host->facts.state == 'D') &&
	    host->entry.blt_idle == PIP_BLT_IDLE_NOT)
		return "blocked";
	return "decoupled";
}

static void format_id(char *out, int64_t id)
{
	if (id > 0)
		snprintf(out, TOP_CELL, "%" PRId64, id);
	else
		strcpy(out, "-");
}

static void format_pipid(char *out, int32_t pipid)
{
	if (pipid == OBSERVER_PIPID_ROOT)
		strcpy(out, "root");
	else
		snprintf(out, TOP_CELL, "%" PRId32, pipid);
}

/* At most 5 characters: "0", "0.5", "12", "1.2K", "345K", "6.7M". */
void column_format_rate(char *out, size_t size, double value)
{
	static const char units[] = " KMGT";
	unsigned unit = 0;

	if (value < 0.05) {
		snprintf(out, size, "0");
		return;
	}
	while (value >= 999.5 && unit < sizeof(units) - 2) {
		value /= 1000;
		unit++;
	}
	if (unit)
		snprintf(out, size, "%.*f%c", value < 9.95, value,
			 units[unit]);
	else
		snprintf(out, size, "%.*f", value < 9.95, value);
}

/* What the runtime counts belongs to tasks; a thread has none of it. */
static void format_counted(char *out, const struct top_task *task,
			   double value)
{
	if (task->measured && task->kind != PIPS_THREAD)
		column_format_rate(out, TOP_CELL, value);
	else
		strcpy(out, "-");
}

static void format_measured(char *out, const struct top_task *task,
			    double value)
{
	if (task->measured)
		column_format_rate(out, TOP_CELL, value);
	else
		strcpy(out, "-");
}

static void format_share(char *out, const struct top_task *task, double value)
{
	if (!task->measured || task->task->facts.error)
		strcpy(out, "-");
	else
		pips_format_percent(out, TOP_CELL, value);
}

void column_format_spark(char *out, size_t size, const float *values,
			 unsigned count, bool utf8)
{
	static const char plain[] = " .:-=+*#";
	float most = 0;
	unsigned i, level;

	for (i = 0; i < count; i++)
		if (values[i] > most)
			most = values[i];
	*out = '\0';
	for (i = 0; i < count && size > 4; i++) {
		level = most > 0 ? (unsigned)(values[i] * 7.99f / most) : 0;
		if (level > 7)
			level = 7;
		if (utf8 && values[i] > 0)
			/* U+2581 to U+2588, lower blocks */
			snprintf(out, size, "\xe2\x96%c", 0x81 + level);
		else
			snprintf(out, size, "%c",
				 values[i] > 0 && !level ? '.' : plain[level]);
		size -= strlen(out);
		out += strlen(out);
	}
}

static void text_pipid(char *out, const struct top_task *task)
{
	if (task->kind == PIPS_THREAD)
		strcpy(out, "-");
	else
		format_pipid(out, task->task->pipid);
}

static double value_pipid(const struct top_task *task)
{
	return task->task->pipid;
}

static void text_pid(char *out, const struct top_task *task)
{
	format_id(out, task->task->pid);
}

static double value_pid(const struct top_task *task)
{
	return task->task->pid;
}

static void text_tid(char *out, const struct top_task *task)
{
	format_id(out, task->task->tid);
}

static double value_tid(const struct top_task *task)
{
	return task->task->tid;
}

static void text_root(char *out, const struct top_task *task)
{
	format_id(out, task->program->root->pid);
}

static double value_root(const struct top_task *task)
{
	return task->program->root->pid;
}

static void text_user(char *out, const struct top_task *task)
{
	snprintf(out, TOP_CELL, "%s", task->program->user_name);
}

static void text_parent(char *out, const struct top_task *task)
{
	if (task->kind == PIPS_ROOT || task->task->torn)
		strcpy(out, "-");
	else
		format_pipid(out, entry_of(task)->parent_pipid);
}

static double value_parent(const struct top_task *task)
{
	return entry_of(task)->parent_pipid;
}

static void text_kind(char *out, const struct top_task *task)
{
	strcpy(out, pips_name_kind(task->kind));
}

static void text_state(char *out, const struct top_task *task)
{
	snprintf(out, TOP_CELL, "%s", column_state(task));
}

static void text_mode(char *out, const struct top_task *task)
{
	const char *name = pips_name_mode(task->slot ?
					  entry_of(task)->mode :
					  task->program->root->header.mode);

	snprintf(out, TOP_CELL, "%.*s", (int)strcspn(name, ":"), name);
}

static void text_sched(char *out, const struct top_task *task)
{
	if (task->task->torn || task->kind == PIPS_THREAD)
		strcpy(out, "-");
	else if (task_domain(task) == task->task->pipid)
		strcpy(out, "own");
	else
		format_pipid(out, task_domain(task));
}

static double value_sched(const struct top_task *task)
{
	return task_domain(task);
}

static void text_processor(char *out, const struct top_task *task)
{
	if (task->task->facts.error)
		strcpy(out, "-");
	else
		snprintf(out, TOP_CELL, "%u", (unsigned)task->task->facts.cpu);
}

static double value_processor(const struct top_task *task)
{
	return task->task->facts.cpu;
}

static void text_cpu(char *out, const struct top_task *task)
{
	format_share(out, task, task->cpu);
}

static double value_cpu(const struct top_task *task)
{
	return task->cpu;
}

static void text_rss(char *out, const struct top_task *task)
{
	if (task->rss < 0)
		strcpy(out, "-");
	else
		pips_format_bytes(out, TOP_CELL, (uint64_t)task->rss);
}

static double value_rss(const struct top_task *task)
{
	return (double)task->rss;
}

static void text_usw(char *out, const struct top_task *task)
{
	format_counted(out, task, task->user_switches);
}

static double value_usw(const struct top_task *task)
{
	return task->user_switches;
}

static void text_ksw(char *out, const struct top_task *task)
{
	format_measured(out, task, task->kernel_switches);
}

static double value_ksw(const struct top_task *task)
{
	return task->kernel_switches;
}

static void text_couples(char *out, const struct top_task *task)
{
	format_counted(out, task, task->couples);
}

static double value_couples(const struct top_task *task)
{
	return task->couples;
}

static void text_faults(char *out, const struct top_task *task)
{
	format_measured(out, task, task->faults);
}

static double value_faults(const struct top_task *task)
{
	return task->faults;
}

static void text_wait(char *out, const struct top_task *task)
{
	format_share(out, task, task->wait);
}

static double value_wait(const struct top_task *task)
{
	return task->wait;
}

static void text_waits_on(char *out, const struct top_task *task)
{
	if (entry_of(task)->blt_state == PIP_BLT_SUSPENDED &&
	    entry_of(task)->blt_waits_on)
		snprintf(out, TOP_CELL, "%#" PRIx64,
			 entry_of(task)->blt_waits_on);
	else
		strcpy(out, "-");
}

static void text_threads(char *out, const struct top_task *task)
{
	format_id(out, task->task->facts.error ? 0 :
		       task->task->facts.threads);
}

static double value_threads(const struct top_task *task)
{
	return task->task->facts.threads;
}

static void text_time(char *out, const struct top_task *task)
{
	pips_format_time(out, TOP_CELL, task->counts.cpu_ns);
}

static double value_time(const struct top_task *task)
{
	return (double)task->counts.cpu_ns;
}

static void text_spark(char *out, const struct top_task *task)
{
	if (task->kind == PIPS_THREAD)
		strcpy(out, "-");
	else
		column_format_spark(out, TOP_CELL, task->spark, TOP_SPARK,
				    column_utf8);
}

static void text_command(char *out, const struct top_task *task)
{
	snprintf(out, TOP_CELL, "%s", task->command); /* to sort by */
}

const struct top_column top_columns[] = {
	{ "pipid", "PIPID", 5, false, false, 99, text_pipid, value_pipid,
	  "number of the task in its program, or root" },
	{ "pid", "PID", 7, false, false, 90, text_pid, value_pid,
	  "process id" },
	{ "tid", "TID", 7, false, false, 2, text_tid, value_tid,
	  "thread id: the PID, but in thread mode" },
	{ "root", "ROOT", 7, false, false, 0, text_root, value_root,
	  "PID of the program's root" },
	{ "parent", "PARENT", 6, false, false, 0, text_parent, value_parent,
	  "who spawned it" },
	{ "kind", "KIND", 6, true, false, 0, text_kind, NULL,
	  "root, task, blt (on another's thread), thread" },
	{ "user", "USER", 8, true, false, 0, text_user, NULL, "whose it is" },
	{ "state", "STATE", 9, true, false, 80, text_state, NULL,
	  "what it does" },
	{ "mode", "MODE", 7, true, false, 1, text_mode, NULL,
	  "process or thread" },
	{ "sched", "SCHED", 5, false, false, 40, text_sched, value_sched,
	  "whose kernel thread runs it: a PIPID, or its own" },
	{ "cpu", "CPU", 3, false, false, 3, text_processor,
	  value_processor, "CPU that it runs on, or ran on last" },
	{ "cpu%", "CPU%", 5, false, true, 85, text_cpu, value_cpu,
	  "share of one CPU that it uses" },
	{ "rss", "RSS", 5, false, true, 60, text_rss, value_rss,
	  "resident memory of its window; of the root, the rest" },
	{ "usw", "USW/s", 5, false, true, 50, text_usw, value_usw,
	  "user-level context switches per second" },
	{ "ksw", "KSW/s", 5, false, true, 45, text_ksw, value_ksw,
	  "how often per second a CPU switched to it" },
	{ "couple", "COUPLE/s", 8, false, true, 4, text_couples, value_couples,
	  "couples per second" },
	{ "faults", "FAULTS/s", 8, false, true, 5, text_faults, value_faults,
	  "page faults per second" },
	{ "wait", "WAIT", 5, false, true, 6, text_wait, value_wait,
	  "percent of the time that it could run and had no CPU" },
	{ "waitson", "WAITS-ON", 14, true, false, 0, text_waits_on, NULL,
	  "address of the queue or object that it is suspended on" },
	{ "threads", "THR", 3, false, true, 0, text_threads, value_threads,
	  "how many threads it has" },
	{ "time", "TIME", 8, false, true, 70, text_time, value_time,
	  "CPU time" },
	{ "spark", "SWITCHES", TOP_SPARK, true, true, 0, text_spark, value_usw,
	  "switches in the last samples, the newest on the right" },
	{ "command", "COMMAND", 7, true, false, 100, text_command, NULL,
	  "name that it was started by, and arguments" },
};

const unsigned top_ncolumns = sizeof(top_columns) / sizeof(top_columns[0]);

int column_find(const char *name)
{
	unsigned i;

	for (i = 0; i < top_ncolumns; i++)
		if (strcasecmp(top_columns[i].name, name) == 0 ||
		    strcasecmp(top_columns[i].header, name) == 0)
			return (int)i;
	return -1;
}

int column_compare(unsigned column, const struct top_task *a,
		   const struct top_task *b)
{
	const struct top_column *by = &top_columns[column];
	char x[TOP_CELL], y[TOP_CELL];

	if (by->value) {
		double p = by->value(a), q = by->value(b);

		return (p > q) - (p < q);
	}
	if (by->text == text_command)
		return strcmp(a->command, b->command);
	by->text(x, a);
	by->text(y, b);
	return strcmp(x, y);
}
