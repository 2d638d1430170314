/* SPDX-License-Identifier: BSD-2-Clause */
/* Histograms with a bucket for each power of two. */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <jansson.h>
#include <stdint.h>

struct histogram {
	uint64_t bucket[65]; /* [0]: 0; [n]: from 2^(n-1) to 2^n - 1 */
	uint64_t count, sum, max;
};

void histogram_add(struct histogram *histogram, uint64_t value);
void histogram_print(const struct histogram *histogram, const char *unit);
json_t *histogram_json(const struct histogram *histogram);

/* "12", "3.4k", "5.6M": 4 characters or less. */
const char *format_short(uint64_t value, char text[16]);

#endif
