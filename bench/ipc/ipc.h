/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pip-ipc: one sender and one receiver, a channel between them, and a mode
 * that says what the two are: calls of one thread, threads, processes, PiP
 * tasks, or ULPs.
 *
 * Both sides are step functions that never wait: a step moves what it can and
 * says whether it could.  What waiting means is the mode's and the channel's
 * business (ipc_wait()).
 */
#ifndef PIP_IPC_H
#define PIP_IPC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define IPC_SLOTS 4u /* blocks that can be under way in memory */
#define IPC_MAGIC 0x5049502d495043ull
/* In the environment: descriptors "IN,OUT".  When both sides are there, "ready" is
 * said on the one, and each waits for a byte on the other; when all has
 * arrived, "done", and the receiver waits for one more. */
#define IPC_AWAITS "PIP_IPC_AWAITS"
#define IPC_LATENCIES_MAX (1u << 24)

struct ipc_run;

struct ipc_channel {
	const char *name;
	bool memory;    /* blocks go through slots, not a descriptor */
	bool one_space; /* sender and receiver must share an address space */
	bool pooled;    /* the receiver reads the sender's own buffer */
	bool sizes;     /* -s has a meaning */
	/* 0 or an errno value. */
	int (*open)(struct ipc_run *run);
	/* How many bytes were moved; 0: none can be now; -1: errno. */
	ssize_t (*send)(struct ipc_run *run, const char *from, size_t size);
	ssize_t (*receive)(struct ipc_run *run, char *to, size_t size,
			   const char **data);
};

struct ipc_mode {
	const char *name, *help;
	bool one_space;
	bool one_kernel_thread; /* nobody may block */
	int (*run)(struct ipc_run *run);
};

struct ipc_config {
	const struct ipc_mode *mode;
	const struct ipc_channel *channel;
	uint64_t buffer_size, total_size;
	bool bare, socket_buffers, verify, touch, latency;
};

/* One side; written by it alone. */
struct ipc_side {
	_Alignas(64) uint64_t bytes;
	uint64_t calls;   /* system calls, or hand-overs of a block */
	uint64_t partial; /* of these, moved less than was asked for */
	uint64_t retries; /* of these, moved nothing */
	uint64_t waits;
	uint64_t checksum;
	char *buffer;
	uint64_t block_bytes; /* of the block under way */
	bool block_begun;
	int error;            /* errno value */
	const char *what;     /* failed */
};

/* A block that is ready for the receiver. */
struct ipc_slot {
	const char *address;
	uint64_t size;
	pid_t pid;
};

/* A measurement.  In memory that is shared also between processes. */
struct ipc_run {
	uint64_t magic;
	struct ipc_config config;
	uint64_t blocks;
	int read_fd, write_fd;
	int await_fd, say_fd; /* of pip-probe-effect; -1: begin at once */
	long kernel_send, kernel_receive; /* sizes of the kernel's buffers */
	char *ring;        /* IPC_SLOTS blocks, for shm */
	uint64_t *sent_at; /* when each block was begun, with --latency */
	uint64_t begun, ended; /* CLOCK_MONOTONIC ns */
	struct ipc_side sender, receiver;
	/* Counts of blocks put into slots, and taken out; futexes. */
	_Alignas(64) _Atomic uint32_t head;
	_Atomic uint32_t sender_sleeps;
	_Alignas(64) _Atomic uint32_t tail;
	_Atomic uint32_t receiver_sleeps;
	_Alignas(64) _Atomic uint32_t ready;
	_Atomic uint32_t failed;
	_Atomic uint32_t said_ready;
	struct ipc_slot slots[IPC_SLOTS];
};

struct ipc_latency {
	uint64_t min, p50, p90, p99, p999, max;
};

/* What came out. */
struct ipc_result {
	struct ipc_config config;
	uint64_t blocks;
	double seconds, kbytes_per_second;
	struct ipc_side sender, receiver;
	long kernel_send, kernel_receive;
	struct ipc_latency latency;
};

uint64_t ipc_now(void);

/* ipc_channel.c, ipc_memory.c */
extern const struct ipc_channel ipc_channels[];
ssize_t ipc_memory_send(struct ipc_run *run, const char *from, size_t size);
ssize_t ipc_shm_receive(struct ipc_run *run, char *to, size_t size,
			const char **data);
ssize_t ipc_ptr_receive(struct ipc_run *run, char *to, size_t size,
			const char **data);
ssize_t ipc_vmread_receive(struct ipc_run *run, char *to, size_t size,
			   const char **data);
int ipc_shm_open(struct ipc_run *run);
bool ipc_memory_has_room(struct ipc_run *run);
bool ipc_memory_has_block(struct ipc_run *run);
void ipc_memory_release(struct ipc_run *run);
void ipc_memory_wait(struct ipc_run *run, bool sender);

/* ipc_pattern.c: a byte of the stream depends on its place in it. */
void ipc_fill(char *buffer, size_t size, uint64_t offset);
/* Where the first wrong byte is, or size. */
size_t ipc_compare(const char *data, size_t size, uint64_t offset);
uint64_t ipc_checksum(uint64_t checksum, const char *data, size_t size);
#define IPC_CHECKSUM_SEED 0xcbf29ce484222325ull

/* ipc_side.c */
/* Get buffers; 0 or an errno value. */
int ipc_side_prepare(struct ipc_run *run, bool sender);
/* One step; false if it could not move anything. */
bool ipc_side_step(struct ipc_run *run, bool sender);
bool ipc_side_is_done(const struct ipc_run *run, bool sender);
/* All of it.  0, or it has failed. */
int ipc_side_play(struct ipc_run *run, bool sender);
void ipc_side_fail(struct ipc_run *run, bool sender, const char *what,
		   int error);

/* ipc_mode.c, ipc_pip.c */
extern const struct ipc_mode ipc_modes[];
int ipc_run_2pip(struct ipc_run *run);
int ipc_run_2ulp(struct ipc_run *run);
/* main() of the tasks. */
int ipc_play_task(void);
bool ipc_is_task_of_ours(void);

/* ipc_await.c */
void ipc_await_open(struct ipc_run *run);
void ipc_await_begin(struct ipc_run *run, bool sender);
void ipc_await_end(struct ipc_run *run, bool sender);

/* ipc_run.c: measure once.  0, or a message was printed. */
int ipc_measure(const struct ipc_config *config, struct ipc_result *result);

/* Reports. */
enum ipc_plotter { IPC_PLOT_AUTO, IPC_PLOT_GNUPLOT, IPC_PLOT_OWN };
struct ipc_report {
	enum ipc_plotter plotter;
	const char *csv, *json, *svg; /* file names, "-" is stdout */
	bool quiet, verbose;
};
void ipc_print_lab(FILE *file, const struct ipc_result *result, bool verbose);
void ipc_print_table(FILE *file, const struct ipc_result *results, size_t n);
int ipc_write_csv(FILE *file, const struct ipc_result *results, size_t n);
int ipc_write_json(FILE *file, const struct ipc_result *results, size_t n);
int ipc_write_svg(FILE *file, const struct ipc_result *results, size_t n,
		  enum ipc_plotter plotter);

/* ipc_args.c */
#define IPC_LIST_MAX 64
struct ipc_args {
	struct ipc_config common;
	struct ipc_report report;
	const struct ipc_mode *modes[IPC_LIST_MAX];
	const struct ipc_channel *channels[IPC_LIST_MAX];
	uint64_t sizes[IPC_LIST_MAX];
	size_t nmodes, nchannels, nsizes;
	unsigned repeat;
};
void ipc_parse(int argc, char **argv, struct ipc_args *args);
/* "4K", "16M", 123; false if it is no size. */
bool ipc_parse_size(const char *text, uint64_t *size);

#endif
