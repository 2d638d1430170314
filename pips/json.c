// SPDX-License-Identifier: BSD-2-Clause
/*
 * The listing for programs.  docs/pips-json.md is its schema: what is added
 * here is added there, and what is renamed or removed raises the version.
 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "pips.h"

#define JSON_VERSION 1

/* JSON's numbers lose bits above 2^53: addresses are text.  0 = null. */
json_t *pips_make_json_address(uint64_t address)
{
	char text[32];

	if (!address)
		return json_null();
	snprintf(text, sizeof(text), "%#" PRIx64, address);
	return json_string(text);
}

/* Bytes that are no UTF-8 become U+FFFD. */
json_t *pips_make_json_text(const char *text, size_t length)
{
	char *copy = malloc(3 * length + 1);
	json_t *string;

	if (!copy)
		pips_fail("out of memory");
	observer_copy_utf8(copy, 3 * length + 1, text, length);
	string = json_string(copy);
	free(copy);
	return string;
}

static json_t *json_number(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (int64_t)value);
}

static json_t *json_positive(int64_t value)
{
	return value > 0 ? json_integer(value) : json_null();
}

static json_t *json_range(uint64_t low, uint64_t high)
{
	if (!low || high <= low)
		return json_null();
	return json_pack("{s:o, s:o}", "low", pips_make_json_address(low),
			 "high", pips_make_json_address(high));
}

static json_t *json_pipid(int32_t pipid)
{
	return pipid == OBSERVER_PIPID_ROOT ? json_string("root") :
					      json_integer(pipid);
}

static json_t *json_arguments(const struct pips_row *row)
{
	json_t *array = json_array();
	size_t size, length;
	char *text, *p;

	if (observer_read_arguments(row->root, row->task, true, &text, &size,
				    NULL))
		pips_fail("out of memory");
	for (p = text; p < text + size; p += length + 1) {
		length = strlen(p);
		json_array_append_new(array, pips_make_json_text(p, length));
	}
	free(text);
	return array;
}

static json_t *json_flags(const struct observer_task *task)
{
	static const struct {
		uint32_t flag;
		const char *name;
	} names[] = {
		{ PIP_TASK_FLAG_OUTSIDE, "outside" },
		{ PIP_TASK_FLAG_TRUNCATED, "truncated" },
		{ PIP_TASK_FLAG_UNPLACED, "unplaced" },
	};
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (task->entry.flags & names[i].flag)
			json_array_append_new(array,
					      json_string(names[i].name));
	return array;
}

static json_t *json_counters(const struct pip_table_entry *entry)
{
	static const char *const names[] = {
		[PIP_COUNT_SPAWNS] = "spawns",
		[PIP_COUNT_WAITS] = "waits",
		[PIP_COUNT_EXPORTS] = "exports",
		[PIP_COUNT_IMPORTS] = "imports",
		[PIP_COUNT_YIELDS] = "yields",
		[PIP_COUNT_SWITCHES] = "switches",
		[PIP_COUNT_COUPLES] = "couples",
		[PIP_COUNT_DECOUPLES] = "decouples",
		[PIP_COUNT_SUSPENDS] = "suspends",
		[PIP_COUNT_RESUMES] = "resumes",
		[PIP_COUNT_BARRIER_WAITS] = "barrier_waits",
		[PIP_COUNT_LOCK_WAITS] = "lock_waits",
		[PIP_COUNT_UNPLACED] = "unplaced",
	};
	json_t *object = json_object();
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		json_object_set_new(object, names[i],
				    json_number(entry->counters[i]));
	return object;
}

static json_t *json_exit(const struct pip_table_entry *entry)
{
	int status = entry->wait_status;

	if (entry->state != PIP_STATE_ENDED)
		return json_null();
	if (WIFSIGNALED(status))
		return json_pack("{s:i}", "signal", WTERMSIG(status));
	return json_pack("{s:i}", "status", WEXITSTATUS(status));
}

static void json_add_facts(json_t *object, const struct pips_row *row)
{
	const struct observer_task *task = row->task;
	uint64_t start = pips_start_time(row);
	double percent = pips_cpu_percent(row);
	struct timespec now;
	json_t *value;

	clock_gettime(CLOCK_REALTIME, &now);
	json_object_set_new(object, "cpu_percent", percent < 0 ?
			    json_null() : json_real(percent));
	json_object_set_new(object, "cpu_seconds", percent < 0 ? json_null() :
			    json_real((double)pips_cpu_time(task) / 1e9));
	json_object_set_new(object, "rss_bytes", task->rss < 0 ? json_null() :
			    json_integer(task->rss));
	json_object_set_new(object, "page_faults", task->facts.error ?
			    json_null() : json_number(task->facts.faults));
	json_object_set_new(object, "threads", task->facts.error ?
			    json_null() : json_integer(task->facts.threads));
	value = !start || start > row->now ? json_null() :
		json_real((double)now.tv_sec + (double)now.tv_nsec / 1e9 -
			  (double)(row->now - start) / 1e9);
	json_object_set_new(object, "started", value);
}

static void json_add_addresses(json_t *object, const struct pips_row *row)
{
	const struct pip_table_entry *entry = &row->task->entry;
	uint64_t low = 0, high = 0;

	observer_get_window(row->root, row->task->slot, &low, &high);
	json_object_set_new(object, "window", json_range(low, high));
	json_object_set_new(object, "load_bias",
			    pips_make_json_address(entry->load_bias));
	json_object_set_new(object, "loader_base",
			    pips_make_json_address(entry->loader_base));
	json_object_set_new(object, "r_debug",
			    pips_make_json_address(entry->r_debug));
	json_object_set_new(object, "fs_base",
			    pips_make_json_address(entry->fs_base));
	json_object_set_new(object, "start_address",
			    pips_make_json_address(entry->start_address));
	json_object_set_new(object, "stack",
			    json_range(entry->stack_low, entry->stack_high));
}

static void json_add_entry(json_t *object, const struct pips_row *row)
{
	const struct pip_table_entry *entry = &row->task->entry;

	json_object_set_new(object, "generation",
			    json_number(entry->generation));
	json_object_set_new(object, "parent", row->task->slot ?
			    json_pipid(entry->parent_pipid) : json_null());
	json_object_set_new(object, "program",
			    pips_make_json_text(entry->program,
						strlen(entry->program)));
	json_object_set_new(object, "function", entry->func[0] ?
			    pips_make_json_text(entry->func,
						strlen(entry->func)) :
			    json_null());
	json_object_set_new(object, "flags", json_flags(row->task));
	json_object_set_new(object, "exit", json_exit(entry));
	json_object_set_new(object, "blt", json_string(
			    pips_name_blt_state(entry->blt_state)));
	json_object_set_new(object, "domain", json_pipid(entry->blt_kthread ?
			    entry->blt_domain : row->task->pipid));
	json_object_set_new(object, "waits_on", pips_make_json_address(
			    entry->blt_state == PIP_BLT_SUSPENDED ?
			    entry->blt_waits_on : 0));
	json_object_set_new(object, "counters", json_counters(entry));
	json_add_addresses(object, row);
}

static json_t *json_task(const struct pips_row *row,
			 struct pips_backtraces *backtraces)
{
	const struct observer_task *task = row->task;
	uint32_t mode = task->slot ? task->entry.mode : row->root->header.mode;
	json_t *object = json_object();

	json_object_set_new(object, "pipid", json_pipid(task->pipid));
	json_object_set_new(object, "pid", json_positive(task->pid));
	json_object_set_new(object, "tid", json_positive(task->tid));
	json_object_set_new(object, "state",
			    json_string(pips_name_state(task)));
	json_object_set_new(object, "mode", json_string(pips_name_mode(mode)));
	json_object_set_new(object, "torn", json_boolean(task->torn));
	json_object_set_new(object, "executed", json_boolean(task->executed));
	json_add_facts(object, row);
	json_object_set_new(object, "arguments", json_arguments(row));
	if (!task->torn)
		json_add_entry(object, row);
	if (row->options->modules)
		json_object_set_new(object, "modules",
				    pips_make_json_modules(row));
	if (backtraces)
		json_object_set_new(object, "stacks",
				    pips_make_json_backtraces(backtraces, row));
	return object;
}

static json_t *json_table(const struct observer_root *root)
{
	const struct pip_table_header *header = &root->header;
	char version[16];

	snprintf(version, sizeof(version), "%u.%u", header->version_major,
		 header->version_minor);
	return json_pack("{s:s, s:o, s:o, s:I, s:o, s:o, s:o}",
			 "version", version,
			 "runtime", pips_make_json_text(header->runtime,
							strlen(header->runtime)),
			 "address", pips_make_json_address(root->table_address),
			 "tasks_max", (json_int_t)header->nentries - 1,
			 "window_size", json_number(header->window_size),
			 "spawned", json_number(header->spawned_total),
			 "ended", json_number(header->ended_total));
}

json_t *pips_new_json(void)
{
	json_t *document = json_pack("{s:s, s:i, s:[]}", "schema", "pips",
				     "version", JSON_VERSION, "programs");

	if (!document)
		pips_fail("out of memory");
	return document;
}

static json_t *json_node(const struct pips_row *row)
{
	const struct observer_task *task = row->task;
	json_t *object = json_object();

	json_object_set_new(object, "kind",
			    json_string(pips_name_kind(row->kind)));
	json_object_set_new(object, "pipid", json_pipid(task->pipid));
	json_object_set_new(object, "pid", json_positive(task->pid));
	json_object_set_new(object, "tid", json_positive(task->tid));
	json_object_set_new(object, "state",
			    json_string(pips_name_state(task)));
	if (row->thread) {
		json_object_set_new(object, "name", pips_make_json_text(
				    row->thread, strlen(row->thread)));
		json_add_facts(object, row);
		json_object_del(object, "rss_bytes");
		json_object_del(object, "threads");
	} else {
		json_object_set_new(object, "blt", json_string(task->torn ?
				    "unknown" : pips_name_blt_state(
				    task->entry.blt_state)));
	}
	json_object_set_new(object, "children", json_array());
	return object;
}

/* Rows are in the order of the tree, and a child is one deeper. */
static json_t *json_tree(const struct pips_row *rows, size_t count)
{
	json_t *tree = json_array(), *above[128] = { tree };
	size_t i;

	for (i = 0; i < count; i++) {
		json_t *node = json_node(&rows[i]);
		unsigned depth = rows[i].depth;

		json_array_append_new(above[depth], node);
		above[depth + 1] = json_object_get(node, "children");
	}
	return tree;
}

void pips_add_json_program(json_t *document, struct observer_root *root,
			   const struct observer_tasks *tasks,
			   const struct pips_row *rows, size_t count)
{
	json_t *program = json_object(), *list = json_array();
	struct pips_backtraces *backtraces = NULL;
	size_t i;

	json_object_set_new(program, "root_pid", json_positive(root->pid));
	json_object_set_new(program, "root_alive", json_boolean(root->alive));
	json_object_set_new(program, "rss_bytes", tasks->memory_known ?
			    json_number(tasks->total_rss) : json_null());
	json_object_set_new(program, "table", json_table(root));
	if (count && rows[0].options->backtrace)
		backtraces = pips_open_backtraces(rows[0].options, root,
						  tasks);
	for (i = 0; i < count; i++)
		if (!rows[i].thread)
			json_array_append_new(list, json_task(&rows[i],
							      backtraces));
	if (backtraces)
		pips_close_backtraces(backtraces);
	json_object_set_new(program, "tasks", list);
	if (count && rows[0].options->tree)
		json_object_set_new(program, "tree", json_tree(rows, count));
	json_array_append_new(json_object_get(document, "programs"), program);
}

void pips_print_json(json_t *document, const struct observer *observer)
{
	const struct observer_problem *problem;
	json_t *problems = json_array();
	size_t i;

	for (i = 0; (problem = observer_get_problem(observer, i)); i++)
		json_array_append_new(problems, json_pack(
			"{s:i, s:s, s:s}", "pid", (int)problem->pid,
			"error", strerrorname_np(problem->error), "text",
			problem->text));
	json_object_set_new(document, "problems", problems);
	json_object_set_new(document, "denied_processes",
			    json_number(observer_count_denied(observer)));
	json_dumpf(document, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(15));
	putchar('\n');
	json_decref(document);
}
