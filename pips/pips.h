/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of pips share. */
#ifndef PIPS_H
#define PIPS_H

#include <observer/observer.h>

#include <jansson.h>

/* Exit status, see pips(1). */
enum { PIPS_LISTED = 0, PIPS_NONE = 1, PIPS_ERROR = 2 };

struct pips_options {
	pid_t pid;           /* -p: the program it belongs to; 0 = all */
	char **patterns;     /* names, patterns, PIDs; NULL at the end */
	size_t npatterns;
	const char *columns; /* -o, or NULL */
	const char *sort;    /* a column, or NULL */
	const char *modes;   /* -m, or NULL */
	bool roots, tasks;   /* -r, -t: only these */
	bool family, descent; /* -f, -d */
	bool tree, totals, csv, metrics;
	bool user;           /* u: as in ps u */
	const struct pips_view *view; /* -v -c -x -e -F, or NULL */
	double watch;        /* seconds between listings, 0 = list once */
	int signal;          /* -k, -s; 0 = none */
	bool verbose;
	const char *ps, *top; /* -P, -T: options for it, comma between */
	bool detailed;       /* -l */
	bool modules;        /* -m */
	bool backtrace;      /* -b; with it: */
	bool flat;           /*   each stack by itself */
	bool stop;           /*   stop each thread for that */
	size_t frames;       /*   of a stack at most; 0 = the default */
	bool json;
	bool header;
	bool wide;
	enum { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER } color;
};

enum pips_kind {
	PIPS_ROOT,
	PIPS_TASK,   /* runs on a kernel thread of its own */
	PIPS_BLT,    /* a task whose context runs on another's */
	PIPS_THREAD, /* of a task, and not its first */
};

/* What one line of output is about. */
struct pips_row {
	const struct pips_options *options;
	struct observer_root *root;
	const struct observer_task *task;
	uint64_t now; /* CLOCK_BOOTTIME, ns */
	unsigned depth; /* in the tree */
	enum pips_kind kind;
	const char *thread; /* its name, if it is one; task is then made up */
};

/* list.c, modules.c, json.c: how a program with its tasks is shown */
struct pips_table;
struct pips_table *pips_new_table(const struct pips_options *options);
bool pips_wants_shared(const struct pips_table *table);
void pips_add_row(struct pips_table *table, const struct pips_row *row);
void pips_print_table(struct pips_table *table);
void pips_free_table(struct pips_table *table);

int pips_print_modules(const struct pips_row *row, bool header);
json_t *pips_make_json_modules(const struct pips_row *row);

size_t pips_line_width(const struct pips_options *options); /* 0: any */

/* stacks.c: with elfutils only, see pips_check_backtraces() */
struct pips_backtraces;
void pips_check_backtraces(void);
struct pips_backtraces *pips_open_backtraces(const struct pips_options *options,
					     struct observer_root *root,
					     const struct observer_tasks *tasks);
int pips_add_backtraces(struct pips_backtraces *backtraces,
			 const struct pips_row *row);
void pips_print_backtraces(struct pips_backtraces *backtraces, bool separate);
json_t *pips_make_json_backtraces(struct pips_backtraces *backtraces,
				  const struct pips_row *row);
void pips_close_backtraces(struct pips_backtraces *backtraces);
/* view.c: one aspect of each task */
struct pips_view {
	int key; /* the option's letter */
	const char *name;
	const char *header;
	/* 0, or why some is missing; NULL: the map, of all tasks at once */
	int (*print)(FILE *out, const struct pips_row *row);
};

extern const struct pips_view pips_views[]; /* ends with key 0 */
void pips_name_owner(char *text, size_t size,
		     const struct observer_range *range);
void pips_print_range(FILE *out, const struct observer_range *range);
bool pips_owns(const struct observer_task *task,
	       const struct observer_range *range);

json_t *pips_new_json(void);
void pips_add_json_program(json_t *document, struct observer_root *root,
			   const struct observer_tasks *tasks,
			   const struct pips_row *rows, size_t count);
void pips_print_json(json_t *document, const struct observer *observer);
json_t *pips_make_json_address(uint64_t address);
json_t *pips_make_json_text(const char *text, size_t length);

/* format.c: each writes at most size bytes, with the NUL */
void pips_format_bytes(char *out, size_t size, uint64_t bytes);
void pips_format_time(char *out, size_t size, uint64_t ns);
void pips_format_percent(char *out, size_t size, double percent);
size_t pips_measure(const char *text);
size_t pips_cut(const char *text, size_t width);

/* task.c: what is derived from a task */
const char *pips_name_state(const struct observer_task *task);
const char *pips_name_mode(uint32_t mode);
const char *pips_name_blt_state(uint32_t state);
const char *pips_name_module(enum observer_module_kind kind);
bool pips_is_listed(const struct pips_row *row);
bool pips_matches(const struct pips_row *row);
const char *pips_name_kind(enum pips_kind kind);
enum pips_kind pips_get_kind(const struct observer_task *task);
void pips_make_thread(struct observer_task *made,
		      const struct observer_root *root,
		      const struct observer_task *task,
		      const struct observer_thread *thread);
uint64_t pips_cpu_time(const struct observer_task *task);
double pips_cpu_percent(const struct pips_row *row);
uint64_t pips_start_time(const struct pips_row *row);
char *pips_command_line(const struct pips_row *row);

/* select.c: which tasks, and in which order */
size_t pips_select(const struct pips_options *options,
		   struct observer_root *root, struct observer_tasks *tasks,
		   const struct observer_threads *threads, uint64_t now,
		   struct pips_row **rows);
long pips_find_spawner(struct observer_tasks *tasks, size_t i);

/* tree.c: the selected ones as a tree, their threads with them */
size_t pips_order_tree(const struct pips_options *options,
		       struct observer_root *root,
		       struct observer_tasks *tasks,
		       const struct observer_threads *threads,
		       const bool *selected, uint64_t now,
		       struct pips_row **rows);

/* metrics.c */
void pips_add_metrics(const struct pips_row *rows, size_t count);
void pips_print_metrics(void);

/* act.c: each ends the program, or returns its exit status */
void pips_add_target(const struct pips_row *row);
int pips_signal_targets(const struct pips_options *options);
int pips_run_on_targets(const struct pips_options *options);
int pips_parse_signal(const char *text);

/* pips.c */
_Noreturn void pips_fail(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

#endif /* PIPS_H */
