// SPDX-License-Identifier: BSD-2-Clause
/* The parts of the observer library that need no process. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include <observer/internal.h>

#include "observer-check.h"

static void test_escape(void)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "", "" },
		{ "plain text", "plain text" },
		{ "tab\tnewline\nreturn\r", "tab\\tnewline\\nreturn\\r" },
		{ "\033[31mred", "\\x1b[31mred" },
		{ "back\\slash", "back\\\\slash" },
		{ "\x7f", "\\x7f" },
		{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
		{ "\xe6\xbc\xa2 \xf0\x9f\x90\xa7", "\xe6\xbc\xa2 \xf0\x9f\x90\xa7" },
		{ "\xc2\x9b" "1m", "\\xc2\\x9b1m" },       /* C1 control */
		{ "\xe2\x80\xae", "\\xe2\\x80\\xae" },     /* right to left */
		{ "\xff\xfe", "\\xff\\xfe" },
		{ "\xc0\xaf", "\\xc0\\xaf" },              /* overlong '/' */
		{ "\xe0\x80\xaf", "\\xe0\\x80\\xaf" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },     /* surrogate */
		{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },
		{ "cut \xe6\xbc", "cut \\xe6\\xbc" },
	};
	char out[64];
	size_t i, n;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		n = observer_escape_text(out, sizeof(out), cases[i].in,
					 strlen(cases[i].in));
		check(strcmp(out, cases[i].out) == 0, "case %zu: '%s'", i, out);
		check(n == strlen(out), "case %zu: length %zu", i, n);
	}
	/* Never through a character, never past the buffer. */
	for (i = 0; i <= 12; i++) {
		memset(out, '#', sizeof(out));
		n = observer_escape_text(out, i, "a\xc3\xbc\x01z", 5);
		check(n < i || i == 0, "size %zu: length %zu", i, n);
		check(out[i] == '#', "size %zu: byte behind it written", i);
		check(n == 0 || n == 1 || n == 3 || n == 7 || n == 8,
		      "size %zu: cut to %zu", i, n);
	}
	n = observer_copy_utf8(out, sizeof(out), "a\xff\n\xc3\xbc", 5);
	check(n == 7 && strcmp(out, "a\xef\xbf\xbd\n\xc3\xbc") == 0,
	      "utf8: '%s'", out);
}

static void test_stat(void)
{
	static const char tail[] =
		"S 10 11 12 34817 -1 4194304 100 0 0 0 250 7 0 0 20 0 3 0 "
		"123456 4096000 77 18446744073709551615 4096 8192 140000 0 0";
	static const char *const names[] = {
		"cat", "a b", ") Z 1 1 1", "((((", "", "\n) R",
	};
	struct observer_facts facts;
	char line[512];
	size_t i, length;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(line, sizeof(line), "4711 (%s) %s", names[i], tail);
		memset(&facts, 0, sizeof(facts));
		check(stat_parse(line, 100, 4096, &facts), "name '%s'",
		      names[i]);
		check(facts.state == 'S' && facts.ppid == 10, "state %c %d",
		      facts.state, (int)facts.ppid);
		check(facts.user_ns == 2500000000u &&
		      facts.system_ns == 70000000u, "times");
		check(facts.threads == 3, "threads %u", facts.threads);
		check(!facts.exiting, "flags: exiting");
		check(facts.started_ns == 1234560000000u, "start");
		check(facts.rss == 77 * 4096, "rss");
		check(facts.faults == 100, "faults");
	}
	check(stat_parse("4711 (cat) R 10 11 12 34817 -1 4194308 100 0 0 0 250 "
			 "7 0 0 20 0 3 0 123456 4096000 77 0 4096 8192 0 0 0",
			 100, 4096, &facts) && facts.exiting,
	      "PF_EXITING is not seen");
	/* Whatever is cut off is refused or complete, never read beyond. */
	snprintf(line, sizeof(line), "1 (cat) %s", tail);
	length = strlen(line);
	for (i = 0; i < length - 8; i++) {
		char cut[512];

		memcpy(cut, line, i);
		cut[i] = '\0';
		check(!stat_parse(cut, 100, 4096, &facts) || i > length - 12,
		      "cut at %zu", i);
	}
}

static void test_maps(void)
{
	static const char good[] =
		"1fffffe00000-1ffffff00000 rw-s 00001000 00:01 1042 "
		"                          /memfd:x y (deleted)";
	static const char *const bad[] = {
		"", "1000", "1000-", "1000-2000", "1000-2000 ", "1000-2000 rw-p",
		"1000-2000 rw-p ", "1000-2000 rw-p 0", "1000-2000 rw-p 0 00",
		"1000-2000 rw-p 0 00:0 ", "1000-2000 rw-p 0 00:01 1a ",
		"-2000 rw-p 0 00:01 1 ", "g-2000 rw-p 0 00:01 1 ",
		"Rss:                   4 kB",
	};
	struct observer_mapping mapping;
	size_t i;

	check(maps_parse_line(good, &mapping), "good line");
	check(mapping.low == 0x1fffffe00000 && mapping.high == 0x1ffffff00000,
	      "addresses");
	check(mapping.offset == 0x1000 && mapping.inode == 1042 &&
	      mapping.major == 0 && mapping.minor == 1, "numbers");
	check(memcmp(mapping.permissions, "rw-s", 4) == 0, "permissions");
	check(strcmp(mapping.path, "/memfd:x y (deleted)") == 0, "path '%s'",
	      mapping.path);
	check(maps_parse_line("1000-2000 rw-p 0 00:01 1 ", &mapping) &&
	      !*mapping.path, "no path");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		check(!maps_parse_line(bad[i], &mapping), "'%s'", bad[i]);
}

static struct pip_table_header make_header(void)
{
	struct pip_table_header header = {
		.byte_order = PIP_TABLE_BYTE_ORDER,
		.version_major = PIP_TABLE_VERSION_MAJOR,
		.header_size = sizeof(header),
		.entry_size = sizeof(struct pip_table_entry),
		.nentries = 10,
		.nused = 10,
		.table_size = 16384,
		.window_base = 0x200000000000,
		.window_size = 0x1000000000,
		.created = 1,
	};

	memcpy(header.magic, PIP_TABLE_MAGIC, sizeof(header.magic));
	return header;
}

/* One field of a good header is changed; what is said of it? */
#define check_header(expected, words, change)                                 \
	do {                                                                  \
		struct pip_table_header header = make_header();               \
		char text[OBSERVER_PROBLEM_MAX];                              \
		int error;                                                    \
		change;                                                       \
		error = observer_check_header(&header, 16384, text);          \
		check(error == (expected), "%s: %s", #change,                 \
		      strerror(error));                                       \
		check(strstr(text, words), "%s: '%s'", #change, text);        \
	} while (0)

static void test_header_size(void)
{
	struct pip_table_header good = make_header();
	char text[OBSERVER_PROBLEM_MAX];
	size_t size;

	for (size = 0; size < 16384; size += 97)
		check((observer_check_header(&good, size, text) == 0) ==
		      (size >= 256 + 10 * 1024), "%zu bytes: '%s'", size, text);
}

static void test_header(void)
{
	check_header(0, "", (void)0);
	check_header(0, "", header.version_minor = 9);
	check_header(EBADMSG, "not a task table", header.magic[7] = 'e');
	check_header(EAGAIN, "being made", memset(header.magic, 0, 8));
	check_header(EAGAIN, "being made", header.created = 0);
	check_header(EBADMSG, "byte order", header.byte_order = 0x04030201);
	check_header(EPROTONOSUPPORT, "version 2.7, this program reads "
		     "versions 1.x",
		     (header.version_major = 2, header.version_minor = 7));
	check_header(EPROTONOSUPPORT, "version 0.1",
		     (header.version_major = 0, header.version_minor = 1));
	check_header(EBADMSG, "header of 0", header.header_size = 0);
	check_header(EBADMSG, "header of 257", header.header_size = 257);
	check_header(EBADMSG, "header of", header.header_size = 0xffffffc0);
	check_header(EBADMSG, "entries of 0", header.entry_size = 0);
	check_header(EBADMSG, "entries of 960", header.entry_size = 960);
	check_header(EBADMSG, "entries of", header.entry_size = 0xffffffc0);
	check_header(EBADMSG, "claims 0 entries", header.nentries = 0);
	check_header(EBADMSG, "claims 4294967295", header.nentries = ~0u);
	check_header(EBADMSG, "claims 16 entries", header.nentries = 16);
	check_header(0, "", header.nentries = 15);
	check_header(EBADMSG, "has 4096", header.table_size = 4096);
	check_header(0, "", header.table_size = ~0ull);
	check_header(0, "", header.window_size = 0);
	check_header(EBADMSG, "not aligned", header.window_base = 12345);
	check_header(EBADMSG, "not aligned", header.window_size = 1);
	check_header(EBADMSG, "do not fit", header.window_base = ~0xfffull);
	check_header(EBADMSG, "do not fit", header.window_size = ~0xfffull);
}

/* Who may read: anybody; ancestors; root; nobody (Yama.rst). */
static void test_refusal(void)
{
	check(!refusal_describe(0, false), "scope 0 refuses");
	check(!refusal_describe(4, false), "scope 4 is unknown, and refuses");
	check(!refusal_describe(1, true) && !refusal_describe(2, true),
	      "root is refused");
	check(strstr(refusal_describe(1, false), "ptrace_scope is 1") != NULL,
	      "scope 1: '%s'", refusal_describe(1, false));
	check(strstr(refusal_describe(2, false), "ptrace_scope is 2") != NULL,
	      "scope 2: '%s'", refusal_describe(2, false));
	check(refusal_describe(3, true) && refusal_describe(3, false),
	      "scope 3 lets somebody in");
	check(strcmp(observer_explain_error(ENOENT), strerror(ENOENT)) == 0,
	      "ENOENT: '%s'", observer_explain_error(ENOENT));
}

int main(void)
{
	test_escape();
	test_stat();
	test_maps();
	test_header();
	test_header_size();
	test_refusal();
	return check_failures ? 1 : 0;
}
