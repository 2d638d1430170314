/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "message.h"
#include "stack.h"

#define SIZE_DEFAULT (16ul << 20)
#define SIZE_MIN (1ul << 20)
#define SIZE_MAX_BYTES (16ul << 30)

/* The factor that a suffix stands for; 0 = none that is known. */
static unsigned long long factor(const char *suffix)
{
	if (suffix[0] != '\0' && suffix[1] != '\0')
		return 0;
	switch (toupper((unsigned char)suffix[0])) {
	case 'B':
		return 1;
	case '\0':
	case 'K':
		return 1ull << 10;
	case 'M':
		return 1ull << 20;
	case 'G':
		return 1ull << 30;
	case 'T':
		return 1ull << 40;
	default:
		return 0;
	}
}

/* Bytes, or 0 when the text is no size. */
static unsigned long long parse_size(const char *text)
{
	unsigned long long number, unit;
	char *end;

	if (!isdigit((unsigned char)*text))
		return 0;
	errno = 0;
	number = strtoull(text, &end, 10);
	unit = factor(end);
	if (errno != 0 || unit == 0)
		return 0;
	return number > ~0ull / unit ? ~0ull : number * unit;
}

size_t stack_size_from_environment(void)
{
	static const char *const names[] = { "PIP_STACKSIZE", "PIP_STACKSZ",
					     "KMP_STACKSIZE", "GOMP_STACKSIZE",
					     "OMP_STACKSIZE" };
	unsigned long long size = SIZE_DEFAULT;
	struct rlimit limit;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *text = getenv(names[i]);

		if (text == NULL || *text == '\0')
			continue;
		size = parse_size(text);
		if (size == 0) {
			warning_message("%s='%s' is no size (a number with "
					"B, K, M, G or T behind it); "
					"tasks get %lu MiB",
					names[i], text, SIZE_DEFAULT >> 20);
			size = SIZE_DEFAULT;
		} else if (getrlimit(RLIMIT_STACK, &limit) == 0 &&
			   limit.rlim_cur != RLIM_INFINITY &&
			   size > limit.rlim_cur) {
			size = limit.rlim_cur;
		}
		break;
	}
	if (size < SIZE_MIN)
		size = SIZE_MIN;
	if (size > SIZE_MAX_BYTES)
		size = SIZE_MAX_BYTES;
	return (size + 4095) & ~4095ul;
}
