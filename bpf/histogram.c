// SPDX-License-Identifier: BSD-2-Clause
#include <config.h>

#include "histogram.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BAR 32

void histogram_add(struct histogram *histogram, uint64_t value)
{
	int bucket = value == 0 ? 0 : 64 - __builtin_clzll(value);

	histogram->bucket[bucket]++;
	histogram->count++;
	histogram->sum += value;
	if (value > histogram->max)
		histogram->max = value;
}

static uint64_t low_of(int bucket)
{
	return bucket == 0 ? 0 : (uint64_t)1 << (bucket - 1);
}

static uint64_t high_of(int bucket)
{
	return bucket == 0 ? 0 : low_of(bucket) - 1 + low_of(bucket);
}

void histogram_print(const struct histogram *histogram, const char *unit)
{
	uint64_t most = 0;
	int first = -1, last = 0;

	for (int i = 0; i < 65; i++) {
		if (histogram->bucket[i] == 0)
			continue;
		if (first < 0)
			first = i;
		last = i;
		if (histogram->bucket[i] > most)
			most = histogram->bucket[i];
	}
	if (first < 0) {
		puts("  none");
		return;
	}
	printf("  %14s %-12s %9s\n", "", unit, "count");
	for (int i = first; i <= last; i++) {
		int n = (int)((double)histogram->bucket[i] * BAR /
			      (double)most + 0.999);
		char bar[BAR + 1];

		memset(bar, '*', (size_t)n);
		bar[n] = '\0';
		printf("  %12" PRIu64 " - %-11" PRIu64 " %9" PRIu64
		       " |%-*s|\n", low_of(i), high_of(i),
		       histogram->bucket[i], BAR, bar);
	}
	printf("  %" PRIu64 " in all, mean %" PRIu64 ", most %" PRIu64 "\n",
	       histogram->count, histogram->sum / histogram->count,
	       histogram->max);
}

json_t *histogram_json(const struct histogram *histogram)
{
	json_t *list = json_array();

	for (int i = 0; i < 65; i++)
		if (histogram->bucket[i] != 0)
			json_array_append_new(list, json_pack(
				"{s:I, s:I, s:I}",
				"low", (json_int_t)low_of(i),
				"high", (json_int_t)high_of(i),
				"count", (json_int_t)histogram->bucket[i]));
	return json_pack("{s:I, s:I, s:I, s:o}",
			 "count", (json_int_t)histogram->count,
			 "sum", (json_int_t)histogram->sum,
			 "max", (json_int_t)histogram->max, "buckets", list);
}

const char *format_short(uint64_t value, char text[16])
{
	static const char units[] = " kMGTPE";
	double number = (double)value;
	int unit = 0;

	while (number >= 999.5) {
		number /= 1000;
		unit++;
	}
	if (unit == 0)
		snprintf(text, 16, "%u", (unsigned)number);
	else
		snprintf(text, 16, number < 9.95 ? "%.1f%c" : "%.0f%c", number,
			 units[unit]);
	return text;
}
