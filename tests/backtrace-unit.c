/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts of the backtrace library that need no program: DWARF expressions,
 * the tree, lists of PIPIDs.  Built with sanitizers where there are any.
 */
#include <config.h>

#include <dwarf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <backtrace/internal.h>

static int failures;

#define CHECK(condition)                                                   \
	((condition) ? (void)0 :                                           \
		       (void)(failures++, printf("%s:%d: %s\n", __FILE__, \
						 __LINE__, #condition)))

/* --- Expressions ---------------------------------------------------------- */

static uint64_t stack_words[16] __attribute__((aligned(4096)));

static int evaluate(const Dwarf_Op *operations, size_t count, uint64_t *value)
{
	static struct backtrace_memory memory;
	const struct backtrace_registers registers = {
		.value = { [7] = (uint64_t)stack_words, [16] = 0x1234 },
		.known = 1u << 7 | 1u << 16,
	};
	const struct expression expression = {
		.registers = &registers,
		.memory = &memory,
		.has_cfa = true,
		.cfa = 0x1000,
	};
	bool is_value;

	memory_forget(&memory, getpid());
	return expression_evaluate(&expression, operations, count, value,
				   &is_value);
}

static void test_expressions(void)
{
	/* The CFA in a PLT entry, as linkers write it: rsp + 8 +
	 * ((rip & 15) >= 11) * 8. */
	const Dwarf_Op plt[] = {
		{ .atom = DW_OP_breg7, .number = 8 },
		{ .atom = DW_OP_breg16, .number = 0 },
		{ .atom = DW_OP_lit15 },
		{ .atom = DW_OP_and },
		{ .atom = DW_OP_lit11 },
		{ .atom = DW_OP_ge },
		{ .atom = DW_OP_lit3 },
		{ .atom = DW_OP_shl },
		{ .atom = DW_OP_plus },
	};
	const Dwarf_Op saved[] = {
		{ .atom = DW_OP_breg7, .number = 24 },
		{ .atom = DW_OP_deref },
	};
	const Dwarf_Op unknown[] = { { .atom = DW_OP_breg6, .number = 16 } };
	const Dwarf_Op below[] = { { .atom = DW_OP_plus } };
	const Dwarf_Op nowhere[] = {
		{ .atom = DW_OP_lit8 },
		{ .atom = DW_OP_deref },
	};
	const Dwarf_Op endless[] = {
		{ .atom = DW_OP_skip, .number = (Dwarf_Word)-3, .offset = 0 },
	};
	const Dwarf_Op branch[] = {
		{ .atom = DW_OP_lit1, .offset = 0 },
		{ .atom = DW_OP_bra, .number = 1, .offset = 1 },
		{ .atom = DW_OP_lit7, .offset = 4 },
		{ .atom = DW_OP_lit9, .offset = 5 },
	};
	const Dwarf_Op other[] = { { .atom = DW_OP_entry_value } };
	Dwarf_Op deep[100];
	uint64_t value = 0;
	size_t i;

	stack_words[3] = 0x77;
	CHECK(evaluate(plt, 9, &value) == 0 &&
	      value == (uint64_t)stack_words + 8);
	CHECK(evaluate(saved, 2, &value) == 0 && value == 0x77);
	CHECK(evaluate(unknown, 1, &value) == ENODATA);
	CHECK(evaluate(below, 1, &value) == ENOTSUP);
	CHECK(evaluate(nowhere, 2, &value) == EFAULT);
	CHECK(evaluate(endless, 1, &value) == ENOTSUP);
	CHECK(evaluate(branch, 4, &value) == 0 && value == 9);
	CHECK(evaluate(other, 1, &value) == ENOTSUP);
	CHECK(evaluate(other, 0, &value) == ENOTSUP);
	for (i = 0; i < 100; i++)
		deep[i] = (Dwarf_Op){ .atom = DW_OP_lit1 };
	CHECK(evaluate(deep, 100, &value) == ENOTSUP);
}

/* --- Lists of PIPIDs ------------------------------------------------------- */

static void check_pipids(const char *expected, size_t tasks, size_t size,
			 size_t count, ...)
{
	int32_t pipids[64];
	char text[256];
	va_list list;
	size_t i;

	va_start(list, count);
	for (i = 0; i < count; i++)
		pipids[i] = va_arg(list, int);
	va_end(list);
	CHECK(backtrace_format_pipids(text, size, pipids, count) == tasks);
	if (strcmp(text, expected) != 0) {
		printf("'%s', not '%s'\n", text, expected);
		failures++;
	}
}

static void test_pipids(void)
{
	check_pipids("", 0, 256, 0);
	check_pipids("7", 1, 256, 1, 7);
	check_pipids("0-3,7", 5, 256, 5, 7, 1, 0, 3, 2);
	check_pipids("root,0", 2, 256, 2, 0, OBSERVER_PIPID_ROOT);
	check_pipids("0,2", 2, 256, 5, 2, 0, 2, 2, 0);
	check_pipids("1-2", 2, 256, 2, 1, 2);
	check_pipids("0,2,...", 5, 9, 5, 0, 2, 4, 6, 8);
}

/* --- The tree ------------------------------------------------------------- */

static struct backtrace_line lines[] = {
	{ (char *)"main", (char *)"/src/prog.c", 10 },
	{ (char *)"work", (char *)"/src/prog.c", 20 },
	{ (char *)"wait_here", NULL, 0 },
	{ (char *)"bad\n\033name", NULL, 0 },
};
static const struct backtrace_place places[] = {
	{ "/bin/prog", 0x10, 0, true, 1, &lines[0] },
	{ "/bin/prog", 0x20, 0, true, 1, &lines[1] },
	{ "/lib/libc.so", 0x30, 4, true, 1, &lines[2] },
	{ "/lib/libc.so", 0x40, 4, true, 1, &lines[3] },
};
static struct backtrace_frame frames[] = {
	{ .place = &places[2] },	       /* wait_here in work in main */
	{ .place = &places[1], .back = 1 },
	{ .place = &places[0], .back = 1 },
	{ .place = &places[3] },	       /* the bad name in main */
	{ .place = &places[0], .back = 1 },
};

static void test_tree(void)
{
	const struct backtrace_style style = { .width = 80 };
	const struct backtrace_style narrow = { .width = 10 };
	struct backtrace_stack list[] = {
		{ .slot = 1, .pipid = 0, .nframes = 3, .frames = frames },
		{ .slot = 2, .pipid = 1, .nframes = 2, .frames = frames + 3 },
		{ .slot = 3, .pipid = 2, .nframes = 3, .frames = frames },
		{ .slot = 3, .pipid = 2, .nframes = 1, .frames = frames + 2 },
		{ .slot = 4, .pipid = 3, .end = BACKTRACE_END_RUNNING },
	};
	const struct backtrace_stacks stacks = { list, 5, 5 }, none = { 0 };
	char *text = NULL, *line;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	CHECK(backtrace_print_tree(out, &stacks, &style) == 0);
	fflush(out);
	CHECK(strcmp(text,
		     "[0-2] 3 tasks, 4 stacks\n"
		     "  main at prog.c:10\n"
		     "  [0,2] 2 tasks\n"
		     "    work at prog.c:20\n"
		     "    wait_here+0x4 (libc.so)\n"
		     "  [1] 1 task\n"
		     "    bad\\n\\x1bname+0x4 (libc.so)\n"
		     "  [2] 1 task\n"
		     "    (here)\n"
		     "[3] 1 task\n"
		     "  (it is running: --stop would show where)\n") == 0);
	if (failures)
		fputs(text, stdout);
	fseek(out, 0, SEEK_SET);
	CHECK(backtrace_print_tree(out, &none, &style) == 0);
	CHECK(backtrace_print_tree(out, &stacks, &narrow) == 0);
	fclose(out);
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		CHECK(strlen(line) <= 80);
	free(text);
}

int main(void)
{
	test_expressions();
	test_pipids();
	test_tree();
	return failures != 0;
}
