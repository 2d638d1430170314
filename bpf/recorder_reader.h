/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading the flight recorder of another process while it is written
 * (include/pip/pip_recorder.h).  Nothing is stopped; of the program, only the
 * switch is written, and that only by recorder_reader_switch().
 *
 * Functions that return int return 0 or an errno value.
 */
#ifndef RECORDER_READER_H
#define RECORDER_READER_H

#include <stdbool.h>
#include <sys/types.h>

#include <pip/pip_recorder.h>
#include <pip/pip_table.h>

#include "observer/observer.h"

#define READER_BATCH 4096 /* records at most that are read at once */

struct recorder_cursor {
	uint64_t next;    /* number of the next event to read */
	uint64_t lost;    /* of those before, since the start */
	uint64_t read;
	uint64_t gap;     /* lost since the last batch */
	uint64_t stopped_before; /* pip_ring.stopped at the start */
	unsigned stuck;   /* how often the next was not complete */
};

struct recorder_reader {
	pid_t pid;               /* a live process of the address space */
	uint64_t table_address;
	uint64_t address, size;  /* of the recorder */
	int fd;                  /* the memfd itself, or -1 */
	struct pip_recorder_header header; /* checked; names not yet */
	struct pip_table_header table;     /* as last seen */
	uint32_t nrings;         /* twice nkernel */
	uint32_t nused;          /* rings in use, of either half */
	struct pip_ring *rings;  /* as last seen */
	struct recorder_cursor *cursor;
	struct pip_record *buffer;
	bool gone;               /* its memory has gone away */
};

enum recorder_from {
	RECORDER_FROM_NOW,   /* what comes */
	RECORDER_FROM_PAST,  /* and what is still there */
	RECORDER_FROM_START, /* all; what is not there any more is lost */
};

/* Some records of a ring; valid until the next call. */
struct recorder_batch {
	uint32_t ring, count;
	uint64_t first, lost;
	const struct pip_ring *header;
	const struct pip_record *records;
};

/* given: a memfd that the program may have taken for its recorder, or -1.
 * ENODATA: it has no recorder; EPROTONOSUPPORT, EBADMSG: one that this cannot
 * read. */
int recorder_reader_open(struct observer_root *root, int given,
			 enum recorder_from from,
			 struct recorder_reader **readerp);
void recorder_reader_close(struct recorder_reader *reader);

/* The program that has taken a memfd may go on: it was found, or is not looked
 * for any more. */
void recorder_reader_let_go(int given);

/* Look how far the rings are.  ESRCH: the program has ended, or has called
 * pip_fin(); what is in the rings can be read if reader->fd is not -1. */
int recorder_reader_look(struct recorder_reader *reader);

/* The next records of a ring as of the last look; count 0: no more.  last:
 * what is not complete now never will be. */
int recorder_reader_read(struct recorder_reader *reader, uint32_t ring,
			 bool last, struct recorder_batch *batch);

/* How full the fullest ring was at the last look, in 1/1000. */
unsigned recorder_reader_fill(const struct recorder_reader *reader);

/* The names of the program's own events, header->names of them. */
int recorder_reader_names(struct recorder_reader *reader,
			  char (*names)[PIP_RECORDER_NAME_MAX], uint32_t *np);

/* Set the switch; *beforep is what it was. */
int recorder_reader_switch(struct recorder_reader *reader, uint32_t mode,
			   uint32_t *beforep);

void recorder_reader_sum(const struct recorder_reader *reader,
			 uint64_t *read, uint64_t *lost, uint64_t *stopped);

#endif
