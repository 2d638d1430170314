/* SPDX-License-Identifier: BSD-2-Clause */
/* What an export format has to offer. */
#ifndef EXPORT_H
#define EXPORT_H

#include "model.h"

struct export {
	FILE *file;        /* NULL for a format that writes a directory */
	const char *output;
	const struct analysis *analysis;
	uint64_t begin, end; /* of the file */
	void *state;
};

struct export_format {
	const char *name;
	bool directory; /* -o names one, and is needed */
	void (*begin)(struct export *export);
	void (*event)(struct export *export, const struct trace_event *event);
	void (*span)(struct export *export, const struct model_span *span);
	void (*end)(struct export *export);
};

extern const struct export_format export_chrome, export_folded, export_csv,
	export_json, export_svg, export_ctf;

/* As in JSON, with the quotes. */
void export_put_string(FILE *file, const char *text);

#endif
