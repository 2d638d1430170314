// SPDX-License-Identifier: BSD-2-Clause
/* A file of numbers, one a line in the column that was asked for, as ministat
 * takes it: empty lines and what comes after "#" do not count. */
#include "effect.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Its square, times any number of values, is a number still. */
#define NUMBER_MOST 1e140

static bool parse_line(const char *name, unsigned long number, char *line,
		       int column, const char *delimiters,
		       struct sample *sample)
{
	char *rest, *word, *end;
	double value;

	line[strcspn(line, "#\r\n")] = '\0';
	word = strtok_r(line, delimiters, &rest);
	if (word == NULL)
		return true;
	for (int i = 1; i < column && word != NULL; i++)
		word = strtok_r(NULL, delimiters, &rest);
	if (word == NULL) {
		fprintf(stderr, "pip-probe-effect: %s:%lu: no column %d\n",
			name, number, column);
		return false;
	}
	errno = 0;
	value = strtod(word, &end);
	if (end == word || *end != '\0' || !isfinite(value)) {
		fprintf(stderr, "pip-probe-effect: %s:%lu: '%.40s' is no "
			"number\n", name, number, word);
		return false;
	}
	if (fabs(value) > NUMBER_MOST) {
		fprintf(stderr, "pip-probe-effect: %s:%lu: %.40s is too large "
			"to compute with\n", name, number, word);
		return false;
	}
	if (!sample_add(sample, value)) {
		fprintf(stderr, "pip-probe-effect: %s: %s\n", name,
			strerror(ENOMEM));
		return false;
	}
	return true;
}

bool numbers_read(const char *name, int column, const char *delimiters,
		  struct sample *sample)
{
	bool standard = strcmp(name, "-") == 0, good = true;
	FILE *file = standard ? stdin : fopen(name, "re");
	unsigned long number = 0;
	char *line = NULL;
	size_t size = 0;

	sample->name = standard ? "<stdin>" : name;
	if (file == NULL) {
		fprintf(stderr, "pip-probe-effect: %s: %s\n", name,
			strerror(errno));
		return false;
	}
	while (good && getline(&line, &size, file) >= 0)
		good = parse_line(name, ++number, line, column, delimiters,
				  sample);
	if (good && ferror(file)) {
		fprintf(stderr, "pip-probe-effect: %s: %s\n", name,
			strerror(errno));
		good = false;
	}
	free(line);
	if (!standard)
		fclose(file);
	if (good && sample->n < 3) {
		fprintf(stderr, "pip-probe-effect: %s: %zu numbers; it takes "
			"three at least\n", name, sample->n);
		good = false;
	}
	return good && sample_finish(sample);
}
