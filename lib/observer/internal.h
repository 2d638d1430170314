/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the observer library share; tools include observer.h. */
#ifndef OBSERVER_INTERNAL_H
#define OBSERVER_INTERNAL_H

#include "observer.h"

#define PROBLEMS_MAX 64 /* more are counted, not kept */
#define MAPS_BUFFER_SIZE 16384
/* How the kernel names the table's memfd in maps and fd, memfd_create(2). */
#define OBSERVER_TABLE_PATH "/memfd:" PIP_TABLE_NAME " (deleted)"

struct observer {
	int proc;         /* descriptor of /proc */
	long ticks;       /* USER_HZ, unit of the times in /proc/PID/stat */
	long page;        /* bytes */
	int memfd_mount;  /* mount id that memfds have in fdinfo, -1 unknown */
	unsigned memfd_major, memfd_minor; /* their device in maps */
	bool memfd_known;
	bool query_unknown; /* a kernel before 6.11, see maps_query() */
	struct observer_root **roots;
	size_t nroots;
	uint8_t *members; /* of these roots, see pids_add_member() */
	struct observer_problem *problems;
	size_t nproblems;
	size_t denied;
};

/* maps.c, query.c: /proc/PID/maps, line by line or by questions */
struct observer_maps {
	int fd;
	size_t begin, end; /* what of buffer is not consumed yet */
	int error;         /* why reading stopped, 0 = end of file */
	uint64_t query;    /* the kernel is asked for what lies from here on */
	char buffer[MAPS_BUFFER_SIZE + 1];
};

struct observer_mapping {
	uint64_t low, high; /* addresses [low, high) */
	uint64_t offset;    /* in the file, bytes */
	uint64_t inode;
	unsigned major, minor;
	char permissions[4]; /* "r-xp", no NUL */
	const char *path;    /* in the maps' buffer, until the next line */
};

int maps_open(struct observer *observer, pid_t pid,
	      struct observer_maps *maps) OBSERVER_READ;
char *maps_next_line(struct observer_maps *maps, size_t *lengthp);
bool maps_parse_line(const char *line, struct observer_mapping *mapping);
bool maps_next(struct observer_maps *maps, struct observer_mapping *mapping);
bool maps_next_table(struct observer *observer, struct observer_maps *maps,
		     struct observer_mapping *mapping);
int maps_query_table(struct observer *observer, struct observer_maps *maps,
		     struct observer_mapping *mapping);
void maps_close(struct observer_maps *maps);

/* source.c: the bytes of a table */
struct observer_source {
	const char *map;  /* not NULL: mapped, and sealed against shrinking */
	int fd;           /* else not -1: read with pread */
	pid_t pid;        /* else read out of this process's memory */
	uint64_t address; /*   at this address */
	uint64_t size;    /* bytes */
};

int source_open(struct observer *observer, pid_t pid,
		const struct observer_mapping *mapping,
		struct observer_source **sourcep) OBSERVER_READ;
int source_read(const struct observer_source *source, uint64_t offset,
		void *buffer, size_t size) OBSERVER_READ;
int source_map(struct observer_source *source, uint64_t size) OBSERVER_READ;
void source_close(struct observer_source *source);

/* table.c */
int table_read_header(const struct observer_source *source,
		      struct pip_table_header *header,
		      char *text) OBSERVER_READ;
int table_read_entry(const struct observer_source *source,
		     const struct pip_table_header *header, uint32_t slot,
		     unsigned *patience,
		     struct pip_table_entry *entry) OBSERVER_READ;

/* namespace.c */
int pids_find_inner(struct observer *observer, pid_t pid, pid_t *innerp,
		    bool *foreignp) OBSERVER_READ;
int pids_open(struct observer *observer, pid_t pid,
	      struct observer_pids **pidsp) OBSERVER_READ;
pid_t pids_translate(const struct observer_pids *pids, pid_t inner);
void pids_add_member(struct observer *observer, pid_t pid);
bool pids_is_member(const struct observer *observer, pid_t pid);
void pids_close(struct observer_pids *pids);

/* refusal.c: with that scope of Yama's, and CAP_SYS_PTRACE or not */
const char *refusal_describe(int scope, bool capable);

/* stat.c */
void stat_read_thread(struct observer *observer, pid_t pid, pid_t tid,
		      struct observer_facts *facts);
void stat_read(struct observer *observer, pid_t pid, pid_t tid,
	       struct observer_facts *facts);
bool stat_parse(const char *text, long ticks, long page,
		struct observer_facts *facts);

/* scheduling.c: is the task as it was, and *facts what is known of it? */
bool scheduling_is_unchanged(struct observer *observer,
			     const struct observer_task *task,
			     const struct observer_task *old,
			     struct observer_facts *facts);

/* facts.c: 1 the same address space, 0 another, -1 can't tell */
int facts_share_memory(pid_t a, pid_t b);

/* remote.c: memory of another process; short reads are errors */
int remote_read(pid_t pid, uint64_t address, void *buffer,
		size_t size) OBSERVER_READ;
int remote_read_string(pid_t pid, uint64_t address, size_t limit,
		       char **textp, size_t *lengthp) OBSERVER_READ;

/* watch.c: around each read of memory that could wait for ever */
void watch_begin(pid_t pid);
void watch_end(void);

/* program.c: where a program was loaded, when the table does not say */
struct program_image {
	uint64_t bias;
	uint64_t dynamic; /* address of PT_DYNAMIC, 0 = none */
	uint64_t r_debug; /* DT_DEBUG, 0 = none, or not filled in yet */
};

uint64_t auxv_read(struct observer *observer, pid_t pid, uint64_t type);
int program_find(const struct observer_root *root,
		 const struct observer_task *task, pid_t reader,
		 struct program_image *image) OBSERVER_READ;

/* memory.c: call back for what is resident in [low, high) */
typedef void memory_visit(void *context, uint64_t low, uint64_t high);
int memory_visit_present(int pagemap, uint64_t low, uint64_t high,
			 memory_visit *visit, void *context) OBSERVER_READ;

/* observer.c */
void observer_forget(struct observer *observer);
int observer_open_file(struct observer *observer, pid_t pid,
		       const char *name, int flags); /* fd or -errno */
ssize_t observer_read_file(struct observer *observer, pid_t pid,
			   const char *name, char *buffer,
			   size_t size); /* bytes, NUL added, or -errno */
pid_t *observer_list_pids(struct observer *observer, size_t *countp);
void observer_add_problem(struct observer *observer, pid_t pid, int error,
			  uint64_t table_inode, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

#endif /* OBSERVER_INTERNAL_H */
