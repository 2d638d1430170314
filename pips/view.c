// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the kernel shows of the root only, for each task: memory map, arguments
 * and environment, auxiliary vector, program headers, descriptors.  The
 * layouts follow those of procstat(1) of FreeBSD.
 */
#include <config.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pips.h"

static void view_text(FILE *out, const char *text, size_t length)
{
	char *copy = malloc(4 * length + 1);

	if (!copy)
		pips_fail("out of memory");
	observer_escape_text(copy, 4 * length + 1, text, length);
	fputs(copy, out);
	free(copy);
}

static void view_who(FILE *out, const struct pips_row *row)
{
	char pipid[16] = "root", pid[16] = "-";

	if (row->task->slot)
		snprintf(pipid, sizeof(pipid), "%d", (int)row->task->pipid);
	if (row->task->pid > 0)
		snprintf(pid, sizeof(pid), "%d", (int)row->task->pid);
	fprintf(out, "%5s %7s ", pipid, pid);
}

static void view_strings(FILE *out, const struct pips_row *row,
			 const char *kind, const char *text, size_t size)
{
	const char *p = text;
	unsigned i;

	for (i = 0; p < text + size; i++) {
		char label[24];

		snprintf(label, sizeof(label), "%s[%u]", kind, i);
		view_who(out, row);
		fprintf(out, "%-10s ", label);
		view_text(out, p, strlen(p));
		fputc('\n', out);
		p += strlen(p) + 1;
	}
}

static int view_arguments(FILE *out, const struct pips_row *row)
{
	size_t size;
	char *text;
	int error = observer_read_arguments(row->root, row->task, true, &text,
					    &size, NULL);

	if (error)
		return error;
	view_strings(out, row, "argv", text, size);
	free(text);
	error = observer_read_environment(row->root, row->task, &text, &size);
	if (error)
		return error;
	view_strings(out, row, "env", text, size);
	free(text);
	return 0;
}

static const char *view_name_aux(uint64_t type)
{
	static const char *const names[] = {
		[AT_IGNORE] = "AT_IGNORE", [AT_EXECFD] = "AT_EXECFD",
		[AT_PHDR] = "AT_PHDR", [AT_PHENT] = "AT_PHENT",
		[AT_PHNUM] = "AT_PHNUM", [AT_PAGESZ] = "AT_PAGESZ",
		[AT_BASE] = "AT_BASE", [AT_FLAGS] = "AT_FLAGS",
		[AT_ENTRY] = "AT_ENTRY", [AT_NOTELF] = "AT_NOTELF",
		[AT_UID] = "AT_UID", [AT_EUID] = "AT_EUID",
		[AT_GID] = "AT_GID", [AT_EGID] = "AT_EGID",
		[AT_PLATFORM] = "AT_PLATFORM", [AT_HWCAP] = "AT_HWCAP",
		[AT_CLKTCK] = "AT_CLKTCK", [AT_SECURE] = "AT_SECURE",
		[AT_BASE_PLATFORM] = "AT_BASE_PLATFORM",
		[AT_RANDOM] = "AT_RANDOM", [AT_HWCAP2] = "AT_HWCAP2",
		[27] = "AT_RSEQ_FEATURE_SIZE", [28] = "AT_RSEQ_ALIGN",
		[29] = "AT_HWCAP3", [30] = "AT_HWCAP4",
		[AT_EXECFN] = "AT_EXECFN", [AT_SYSINFO] = "AT_SYSINFO",
		[AT_SYSINFO_EHDR] = "AT_SYSINFO_EHDR",
		[AT_MINSIGSTKSZ] = "AT_MINSIGSTKSZ",
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

/* Numbers that people read in decimal; the others are addresses and bits. */
static bool view_aux_is_decimal(uint64_t type)
{
	return type == AT_PHENT || type == AT_PHNUM || type == AT_PAGESZ ||
	       type == AT_UID || type == AT_EUID || type == AT_GID ||
	       type == AT_EGID || type == AT_CLKTCK || type == AT_SECURE ||
	       type == AT_MINSIGSTKSZ || type == 27 || type == 28;
}

static int view_auxv(FILE *out, const struct pips_row *row)
{
	struct observer_aux aux[OBSERVER_AUX_MAX];
	size_t count, i;
	int error = observer_read_auxv(row->root, row->task, aux, &count);

	for (i = 0; i < count; i++) {
		const char *name = view_name_aux(aux[i].type);
		char number[32];

		snprintf(number, sizeof(number), "%" PRIu64, aux[i].type);
		view_who(out, row);
		fprintf(out, view_aux_is_decimal(aux[i].type) ?
			"%-20s %" PRIu64 "\n" : "%-20s %#" PRIx64 "\n",
			name ? name : number, aux[i].value);
	}
	return error;
}

static const char *view_name_segment(uint32_t type, char *number, size_t size)
{
	static const struct {
		uint32_t type;
		const char *name;
	} names[] = {
		{ PT_NULL, "NULL" }, { PT_LOAD, "LOAD" },
		{ PT_DYNAMIC, "DYNAMIC" }, { PT_INTERP, "INTERP" },
		{ PT_NOTE, "NOTE" }, { PT_PHDR, "PHDR" }, { PT_TLS, "TLS" },
		{ PT_GNU_EH_FRAME, "EH_FRAME" }, { PT_GNU_STACK, "STACK" },
		{ PT_GNU_RELRO, "RELRO" }, { PT_GNU_PROPERTY, "PROPERTY" },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].type == type)
			return names[i].name;
	snprintf(number, size, "%#x", type);
	return number;
}

static int view_elf(FILE *out, const struct pips_row *row)
{
	struct observer_segment segments[OBSERVER_SEGMENTS_MAX];
	struct observer_modules modules = { 0 };
	uint64_t bias = 0;
	size_t count, i;
	int error = observer_read_segments(row->root, row->task, segments,
					   &count, &bias);

	for (i = 0; i < count; i++) {
		char number[16];

		view_who(out, row);
		fprintf(out, "%-8s %c%c%c %#14" PRIx64 " %#10" PRIx64
			" %#10" PRIx64 "\n",
			view_name_segment(segments[i].type, number,
					  sizeof(number)),
			segments[i].flags & PF_R ? 'r' : '-',
			segments[i].flags & PF_W ? 'w' : '-',
			segments[i].flags & PF_X ? 'x' : '-',
			segments[i].address + bias, segments[i].file_size,
			segments[i].memory_size);
	}
	if (error)
		return error;
	error = observer_read_modules(row->root, row->task, &modules);
	for (i = 0; i < modules.count; i++) {
		const struct observer_module *module = &modules.module[i];

		view_who(out, row);
		fprintf(out, "%-8s bias %#12" PRIx64 " ",
			pips_name_module(module->kind), module->bias);
		view_text(out, module->path, strlen(module->path));
		fputc('\n', out);
	}
	observer_free_modules(&modules);
	return error;
}

/* As in the column FLAGS of procstat(1): access and what changes writes. */
static int view_descriptors(FILE *out, const struct pips_row *row)
{
	struct observer_descriptors list = { 0 };
	int error = observer_read_descriptors(row->root, row->task, &list);
	size_t i;

	for (i = 0; i < list.count; i++) {
		const struct observer_descriptor *d = &list.descriptor[i];
		unsigned access = d->flags & O_ACCMODE;

		view_who(out, row);
		fprintf(out, "%5d %c%c%c%c%c %10" PRIu64 " ", d->fd,
			access != O_WRONLY ? 'r' : '-',
			access != O_RDONLY ? 'w' : '-',
			d->flags & O_APPEND ? 'a' : '-',
			d->flags & O_NONBLOCK ? 'n' : '-',
			d->flags & O_CLOEXEC ? 'c' : '-', d->position);
		view_text(out, d->target, strlen(d->target));
		fputc('\n', out);
	}
	observer_free_descriptors(&list);
	return error;
}

void pips_name_owner(char *text, size_t size,
		     const struct observer_range *range)
{
	static const char *const names[] = {
		[OBSERVER_OWNER_ROOT] = "root",
		[OBSERVER_OWNER_TASK] = "task",
		[OBSERVER_OWNER_ENDED] = "ended",
		[OBSERVER_OWNER_NOBODY] = "nobody",
		[OBSERVER_OWNER_RUNTIME] = "runtime",
		[OBSERVER_OWNER_KERNEL] = "kernel",
	};

	if (range->owner == OBSERVER_OWNER_TASK)
		snprintf(text, size, "%d", (int)range->pipid);
	else
		snprintf(text, size, "%s", names[range->owner]);
}

static void view_bytes(char *out, size_t size, int64_t bytes)
{
	if (bytes < 0)
		snprintf(out, size, "-");
	else
		pips_format_bytes(out, size, (uint64_t)bytes);
}

void pips_print_range(FILE *out, const struct observer_range *range)
{
	char size[16], resident[16], private[16], shared[16], owner[16];

	pips_format_bytes(size, sizeof(size), range->high - range->low);
	view_bytes(resident, sizeof(resident), range->resident);
	view_bytes(private, sizeof(private), range->private);
	view_bytes(shared, sizeof(shared), range->shared);
	pips_name_owner(owner, sizeof(owner), range);
	fprintf(out, "%7s %12" PRIx64 " %12" PRIx64 " %s %5s %5s %5s %5s %-3s ",
		owner, range->low, range->high, range->permissions, size,
		resident, private, shared, *range->flags ? range->flags : "-");
	view_text(out, range->path, strlen(range->path));
	fputc('\n', out);
}

/* Does the range belong to the task?  All that is no task's: to the root. */
bool pips_owns(const struct observer_task *task,
	       const struct observer_range *range)
{
	if (range->owner == OBSERVER_OWNER_TASK ||
	    range->owner == OBSERVER_OWNER_ENDED)
		return task->slot && task->pipid == range->pipid;
	return task->slot == 0;
}

const struct pips_view pips_views[] = {
	{ 'v', "maps", "  OWNER        START          END PRT   SIZE   RES  PRIV   SHR FLG "
	  "PATH",
	  NULL },
	{ 'c', "arguments", "PIPID     PID WHAT       TEXT", view_arguments },
	{ 'x', "auxv", "PIPID     PID NAME                 VALUE", view_auxv },
	{ 'e', "elf", "PIPID     PID TYPE     PRT        ADDRESS       FILE"
	  "     MEMORY", view_elf },
	{ 'F', "files", "PIPID     PID    FD FLAGS        POS TARGET",
	  view_descriptors },
	{ 0, NULL, NULL, NULL },
};
