/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "backtrace_report.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <backtrace/backtrace.h>

#include "backtrace_signal.h"

#define DESCRIPTION_SIZE 4096

static const struct backtrace_style wide = { .wide = true };

struct report {
	const struct report_options *options;
	FILE *out;
	struct timespec start;
	struct observer *observer;
	struct observer_root *root;
	struct observer_tasks tasks;
	const struct observer_task *task; /* that it is about */
	pid_t tid;
	struct backtrace *backtrace;
};

/* --- Whom it is about ------------------------------------------------------ */

/* The process of a thread; 0: there is none. */
static pid_t find_process(pid_t tid)
{
	char path[64], line[256];
	int pid = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
	file = fopen(path, "re");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "Tgid: %d", &pid) == 1)
			break;
	if (file != NULL)
		fclose(file);
	return (pid_t)pid;
}

static void find_root(struct report *report)
{
	const struct observer_problem *problem;
	int pid = (int)report->options->pid, error;

	error = observer_open(&report->observer);
	if (error != 0)
		report_fail("/proc: %s", strerror(error));
	error = observer_scan(report->observer, report->options->pid);
	if (error == ESRCH)
		report_fail("process %d: no such process", pid);
	if (error == EACCES)
		report_fail("process %d: you may not look into it", pid);
	if (error != 0)
		report_fail("/proc: %s", strerror(error));
	report->root = observer_get_root(report->observer, 0);
	problem = observer_get_problem(report->observer, 0);
	if (report->root == NULL && problem != NULL)
		report_fail("%s", problem->text);
	if (report->root == NULL)
		report_fail("process %d does not belong to a PiP program", pid);
	error = observer_read_tasks(report->root, &report->tasks);
	if (error != 0)
		report_fail("process %d: its tasks cannot be read: %s", pid,
			    strerror(error));
	observer_read_facts(report->root, &report->tasks);
}

static void find_task(struct report *report)
{
	pid_t pid = find_process(report->options->pid);

	report->tid = report->options->pid;
	report->task = observer_find_task(&report->tasks, report->tid);
	if (report->task == NULL && pid != 0)
		report->task = observer_find_task(&report->tasks, pid);
	if (report->task == NULL)
		report_fail("process %d is not a task", (int)report->tid);
}

/* In thread mode a process has many tasks: the stack decides. */
static void find_task_of_stack(struct report *report, uint64_t sp)
{
	uint64_t low, high;
	size_t i;

	if (report->root->header.mode != PIP_TABLE_MODE_THREAD ||
	    report->task->tid == report->tid)
		return;
	for (i = 0; i < report->tasks.count; i++)
		if (observer_get_window(report->root,
					report->tasks.task[i].slot, &low,
					&high) && sp >= low && sp < high)
			report->task = &report->tasks.task[i];
}

static const char *name_task(const struct observer_task *task, char *text,
			     size_t size)
{
	if (task->slot == 0)
		snprintf(text, size, "the root");
	else
		snprintf(text, size, "task %d", (int)task->pipid);
	return text;
}

/* --- Where it goes --------------------------------------------------------- */

/* %p: PID, %i: PIPID, %%. */
static void expand_name(const struct report *report, char *name, size_t size)
{
	const char *at;
	size_t used = 0;

	for (at = report->options->output; *at != '\0' && used < size; at++) {
		const char letter = *at == '%' ? at[1] : '\0';
		char value[16] = { *at };

		if (letter == 'p')
			snprintf(value, sizeof(value), "%d",
				 (int)report->task->pid);
		else if (letter == 'i' && report->task->slot == 0)
			snprintf(value, sizeof(value), "root");
		else if (letter == 'i')
			snprintf(value, sizeof(value), "%d",
				 (int)report->task->pipid);
		at += letter == 'p' || letter == 'i' || letter == '%';
		used += (size_t)snprintf(name + used, size - used, "%s", value);
	}
}

/* In large pieces: others may write there at the same time. */
static FILE *open_stderr(void)
{
	static char buffer[1u << 16];

	setvbuf(stderr, buffer, _IOFBF, sizeof(buffer));
	return stderr;
}

/* Appended: the reports of several tasks may go to one file. */
static FILE *open_output(const struct report *report)
{
	char name[PATH_MAX] = "";
	FILE *out;
	int fd;

	if (report->options->output == NULL ||
	    report->options->output[0] == '\0')
		return report->options->crash ? open_stderr() : stdout;
	expand_name(report, name, sizeof(name));
	fd = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY |
			O_NONBLOCK, 0666);
	out = fd < 0 ? NULL : fdopen(fd, "a");
	if (out != NULL)
		return out;
	fprintf(stderr, "pip-backtrace: '%s' cannot be written: %s\n", name,
		strerror(errno));
	if (!report->options->crash)
		exit(REPORT_ERROR);
	return open_stderr();
}

/* What there is of it is to be seen, whatever comes. */
static void flush(struct report *report)
{
	if (fflush(report->out) != 0 || ferror(report->out) != 0)
		report_fail("the report cannot be written: %s",
			    strerror(errno));
}

/* --- The parts ------------------------------------------------------------- */

static void put_address(struct report *report, const char *what,
			uint64_t address)
{
	char text[DESCRIPTION_SIZE];

	backtrace_describe_address(report->backtrace, address, text,
				   sizeof(text));
	fprintf(report->out, "%s 0x%" PRIx64 "%s%s\n", what, address,
		*text != '\0' ? ": " : "", text);
}

static void put_sender(struct report *report, const siginfo_t *info)
{
	const struct observer_task *sender =
		observer_find_task(&report->tasks, info->si_pid);
	char name[32];

	fprintf(report->out, "sender: process %d", (int)info->si_pid);
	if (sender != NULL)
		fprintf(report->out, ", %s",
			name_task(sender, name, sizeof(name)));
	fputc('\n', report->out);
}

static void put_signal(struct report *report)
{
	char text[256];
	siginfo_t info;

	if (backtrace_read_memory(report->backtrace, report->options->siginfo,
				  &info, sizeof(info)) != 0) {
		fputs("signal: cannot be read\n", report->out);
		return;
	}
	backtrace_signal_describe(&info, text, sizeof(text));
	fprintf(report->out, "signal: %s\n", text);
	if (backtrace_signal_has_address(&info))
		put_address(report, "address:", (uint64_t)info.si_addr);
	if (backtrace_signal_has_sender(&info))
		put_sender(report, &info);
}

static void put_registers(struct report *report,
			  const struct backtrace_registers *registers)
{
	/* By their DWARF numbers. */
	static const char *const names[BACKTRACE_REGISTERS] = {
		"rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", "r8",
		"r9",  "r10", "r11", "r12", "r13", "r14", "r15", "rip",
	};
	int i;

	fputs("registers:\n", report->out);
	for (i = 0; i < BACKTRACE_REGISTERS; i++)
		fprintf(report->out, "  %-3s %016" PRIx64 "%s", names[i],
			registers->value[i],
			i % 3 == 2 || i + 1 == BACKTRACE_REGISTERS ? "\n" : "");
}

static void put_stack(struct report *report,
		      const struct backtrace_stack *stack)
{
	char name[32];
	const struct observer_task *task =
		observer_find_slot(&report->tasks, stack->slot);

	fprintf(report->out, "stack of %s",
		name_task(task, name, sizeof(name)));
	if (stack->tid != 0)
		fprintf(report->out, ", thread %d", (int)stack->tid);
	fputs(":\n", report->out);
	backtrace_print_stack(report->out, stack, &wide);
}

static void put_crash(struct report *report)
{
	uint64_t context = report->options->context;
	struct backtrace_stacks stacks = { 0 };
	struct backtrace_registers registers;

	put_signal(report);
	if (backtrace_read_context(report->backtrace, context, &registers) !=
	    0) {
		fputs("registers: cannot be read\n", report->out);
		return;
	}
	put_address(report, "instruction:", registers.value[BACKTRACE_PC]);
	put_registers(report, &registers);
	flush(report);
	if (backtrace_read_registers(report->backtrace, report->task,
				     report->tid, &registers, &stacks) != 0)
		report_fail("out of memory");
	put_stack(report, &stacks.stack[0]);
	backtrace_free_stacks(&stacks);
	flush(report);
}

/* Without the thread that is in the handler: it has been shown. */
static void read_task(struct report *report, const struct observer_task *task,
		      struct backtrace_stacks *stacks)
{
	size_t before = stacks->count, i;

	if (backtrace_read_task(report->backtrace, task, stacks) != 0)
		report_fail("out of memory");
	for (i = before; report->options->crash && i < stacks->count; i++)
		if (stacks->stack[i].tid == report->tid) {
			free(stacks->stack[i].frames);
			stacks->count--;
			memmove(&stacks->stack[i], &stacks->stack[i + 1],
				(stacks->count - i) * sizeof(*stacks->stack));
			break;
		}
}

static void put_task(struct report *report)
{
	struct backtrace_stacks stacks = { 0 };
	size_t i;

	read_task(report, report->task, &stacks);
	for (i = 0; i < stacks.count; i++)
		put_stack(report, &stacks.stack[i]);
	backtrace_free_stacks(&stacks);
	flush(report);
}

/* Most of the time limit is over. */
static bool is_late(const struct report *report)
{
	struct timespec now;

	if (report->options->time_limit == 0)
		return false;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - report->start.tv_sec) * 4 >=
	       (time_t)report->options->time_limit * 3;
}

static void put_others(struct report *report)
{
	struct backtrace_stacks stacks = { 0 };
	size_t i, left = 0;

	for (i = 0; i < report->tasks.count; i++) {
		if (&report->tasks.task[i] == report->task)
			continue;
		if (is_late(report))
			left++;
		else
			read_task(report, &report->tasks.task[i], &stacks);
	}
	if (stacks.count > 0) {
		fputs("stacks of the others:\n", report->out);
		if (backtrace_print_tree(report->out, &stacks, &wide) != 0)
			report_fail("out of memory");
	}
	if (left > 0)
		fprintf(report->out, "%zu tasks were not looked at: the time "
			"limit is near\n", left);
	backtrace_free_stacks(&stacks);
	flush(report);
}

static void put_head(struct report *report)
{
	const struct observer_task *task = report->task;
	char path[4 * PIP_TABLE_PROGRAM_MAX], name[32];

	observer_escape_text(path, sizeof(path), task->entry.program,
			     strlen(task->entry.program));
	fprintf(report->out, "--- pip-backtrace: %s, PID %d, thread %d, "
		"program %s\n", name_task(task, name, sizeof(name)),
		(int)task->pid, (int)report->tid, *path != '\0' ? path : "?");
}

/* Without them there would be a report without anything in it. */
static void check_rights(struct report *report)
{
	const char *why = observer_explain_refusal();
	char byte;

	if (why != NULL &&
	    backtrace_read_memory(report->backtrace,
				  report->root->table_address, &byte, 1) != 0)
		report_fail("process %d may not be read: %s", (int)report->tid,
			    why);
}

/* A crashing process lets us read it, perhaps not its root (Yama). */
static void open_backtrace(struct report *report)
{
	if (backtrace_open(report->root, &report->tasks,
			   report->options->stop ? BACKTRACE_STOP : 0,
			   &report->backtrace) != 0)
		report_fail("out of memory");
	if (!report->task->executed)
		backtrace_set_reader(report->backtrace, report->task->pid);
	if (report->options->frames != 0)
		backtrace_set_limit(report->backtrace, report->options->frames);
	check_rights(report);
}

int report_write(const struct report_options *options)
{
	struct report report = { .options = options };
	char name[32];

	clock_gettime(CLOCK_MONOTONIC, &report.start);
	find_root(&report);
	find_task(&report);
	if (options->crash)
		find_task_of_stack(&report, options->context);
	report.out = open_output(&report);
	open_backtrace(&report);
	put_head(&report);
	if (options->crash)
		put_crash(&report);
	put_task(&report);
	if (options->others)
		put_others(&report);
	fprintf(report.out, "--- end of the report on %s\n",
		name_task(report.task, name, sizeof(name)));
	flush(&report);
	if (report.out != stdout && report.out != stderr &&
	    fclose(report.out) != 0)
		report_fail("the report cannot be written: %s",
			    strerror(errno));
	backtrace_close(report.backtrace);
	observer_free_tasks(&report.tasks);
	observer_close(report.observer);
	return REPORT_DONE;
}
