/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which mode opts and PIP_MODE select together: every row and column of the
 * tables of both versions, as pure logic (lib/mode.c is compiled in).
 *
 * Differences to the original: process:got is accepted, PIP_MODE=process goes
 * with version 2's PIP_MODE_PROCESS, pipclone is always available.
 */
#include <ctype.h>

#include "check.h"
#include "mode.h"

enum { P = PIP_TABLE_MODE_PROCESS_PRELOAD,
       C = PIP_TABLE_MODE_PROCESS_PIPCLONE,
       G = PIP_TABLE_MODE_PROCESS_GOT,
       T = PIP_TABLE_MODE_THREAD,
       PERM = -EPERM,
       INVAL = -EINVAL };

/* The columns.  NULL = unset. */
static const char *const environments[] = {
	NULL, "", "process", "process:preload", "process:pipclone",
	"thread", "pthread", "process:got", "processes",
};
#define NCOLUMNS (sizeof(environments) / sizeof(environments[0]))

struct row {
	uint32_t opts;
	int want[NCOLUMNS];
};

#define ALL_INVAL { INVAL, INVAL, INVAL, INVAL, INVAL, INVAL, INVAL, INVAL, INVAL }

static const struct row rows2[] = {
	{ 0,      { P, P, P, P, C, T, T, G, PERM } },
	{ 0x1000, { T, T, PERM, PERM, PERM, T, T, PERM, PERM } },
	{ 0x0500, { P, P, P, P, C, PERM, PERM, G, PERM } },
	{ 0x0100, { P, P, P, P, PERM, PERM, PERM, PERM, PERM } },
	{ 0x0400, { C, C, C, PERM, C, PERM, PERM, PERM, PERM } },
	{ 0x8000, ALL_INVAL },
	{ 0x1100, ALL_INVAL },
	{ 0x1400, ALL_INVAL },
	{ 0x1500, ALL_INVAL },
	{ 0x0200, ALL_INVAL },
	{ 0x2000, ALL_INVAL },
	{ 0x2100, ALL_INVAL },
	{ 0x4000, ALL_INVAL },
	{ 0x8100, ALL_INVAL },
	{ 0x0800, ALL_INVAL },
	{ 0xff00, ALL_INVAL },
	/* Bits outside the mask are ignored. */
	{ 0x000001, { P, P, P, P, C, T, T, G, PERM } },
	{ 0x0000ff, { P, P, P, P, C, T, T, G, PERM } },
	{ 0xffff0000, { P, P, P, P, C, T, T, G, PERM } },
	{ 0x04ff, { C, C, C, PERM, C, PERM, PERM, PERM, PERM } },
};

static const struct row rows3[] = {
	{ 0,      { P, P, P, P, C, T, T, G, PERM } },
	{ 0x1000, { T, T, PERM, PERM, PERM, T, T, PERM, PERM } },
	{ 0x2000, { P, P, P, P, C, PERM, PERM, G, PERM } },
	{ 0x2100, { P, P, P, P, PERM, PERM, PERM, PERM, PERM } },
	{ 0x2200, { C, C, C, PERM, C, PERM, PERM, PERM, PERM } },
	{ 0x2400, { G, G, G, PERM, PERM, PERM, PERM, G, PERM } },
	{ 0x3000, ALL_INVAL },
	{ 0x3700, ALL_INVAL },
	{ 0x2300, ALL_INVAL },
	{ 0x2700, ALL_INVAL },
	{ 0x1100, ALL_INVAL },
	{ 0x0100, ALL_INVAL },
	{ 0x0400, ALL_INVAL },
	{ 0x0500, ALL_INVAL },
	{ 0x8000, ALL_INVAL },
	{ 0xff00, ALL_INVAL },
	/* A PIP_SYNC_* flag may be there, other bits may not. */
	{ 0x0001, { P, P, P, P, C, T, T, G, PERM } },
	{ 0x2208, { C, C, C, PERM, C, PERM, PERM, PERM, PERM } },
	{ 0x0010, ALL_INVAL },
	{ 0x0080, ALL_INVAL },
	{ 0x2110, ALL_INVAL },
	{ 0x10000, ALL_INVAL },
	{ 0x80000000, ALL_INVAL },
};

/* 0 as it is, 1 upper case, 2 every other letter. */
static const char *in_case(const char *text, int style, char buffer[64])
{
	size_t i;

	if (text == NULL)
		return NULL;
	for (i = 0; text[i] != '\0'; i++)
		buffer[i] = style == 1 || (style == 2 && i % 2) ?
				    (char)toupper((unsigned char)text[i]) :
				    text[i];
	buffer[i] = '\0';
	return buffer;
}

static void check_row(int api, const struct row *row)
{
	for (unsigned column = 0; column < NCOLUMNS; column++)
		for (int style = 0; style < 3; style++) {
			char buffer[64];
			const char *text = in_case(environments[column], style,
						   buffer);
			unsigned mode = 77;
			int error = mode_select(api, row->opts, text, &mode);
			int got = error != 0 ? -error : (int)mode;

			if (got != row->want[column])
				check_fail("version %d, opts 0x%x, PIP_MODE=%s: "
					   "%d, not %d", api, row->opts,
					   text != NULL ? text : "(unset)", got,
					   row->want[column]);
			if (error != 0)
				CHECK_INT(mode, 77);
		}
}

/* Text that is nearly right is wrong. */
static void check_other_texts(void)
{
	static const char *const texts[] = {
		" ", "process ", " process", "process:", "process:preloa",
		"process:preload ", "preload", "pipclone", "got", "threads",
		"pthreads", "thread,process", "process:thread", "1", "\xff",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		for (int api = 2; api <= 3; api++) {
			unsigned mode;

			CHECK_ERROR(mode_select(api, 0, texts[i], &mode),
				    EPERM);
		}
}

static void check_names(void)
{
	static const struct {
		unsigned mode;
		const char *name;
		char letter;
		uint32_t bits2, bits3;
	} rows[] = {
		{ P, "process:preload", ':', 0x0100, 0x2100 },
		{ C, "process:pipclone", ';', 0x0400, 0x2200 },
		{ G, "process:got", '.', 0x0100, 0x2400 },
		{ T, "pthread", '|', 0x1000, 0x1000 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK_STR(mode_name(rows[i].mode), rows[i].name);
		CHECK_INT(mode_letter(rows[i].mode), rows[i].letter);
		CHECK_INT(mode_bits(2, rows[i].mode), rows[i].bits2);
		CHECK_INT(mode_bits(3, rows[i].mode), rows[i].bits3);
	}
}

int main(void)
{
	check_start();
	for (size_t i = 0; i < sizeof(rows2) / sizeof(rows2[0]); i++)
		check_row(2, &rows2[i]);
	for (size_t i = 0; i < sizeof(rows3) / sizeof(rows3[0]); i++)
		check_row(3, &rows3[i]);
	check_other_texts();
	check_names();
	return check_finish();
}
