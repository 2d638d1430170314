// SPDX-License-Identifier: BSD-2-Clause
/* One measurement. */
#include "ipc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static void complain(const struct ipc_config *config, const char *what,
		     int error)
{
	fprintf(stderr, "pip-ipc: %s over %s, buffersize %llu: %s: %s\n",
		config->mode->name, config->channel->name,
		(unsigned long long)config->buffer_size, what,
		strerror(error));
}

static void *get_shared(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static int prepare(struct ipc_run *run, const struct ipc_config *config)
{
	int error;

	run->magic = IPC_MAGIC;
	run->config = *config;
	run->read_fd = run->write_fd = -1;
	ipc_await_open(run);
	run->blocks = (config->total_size + config->buffer_size - 1) /
		      config->buffer_size;
	if (config->latency) {
		run->sent_at = get_shared(run->blocks * sizeof(uint64_t));
		if (run->sent_at == NULL)
			return errno;
		if (!config->bare)
			memset(run->sent_at, 0,
			       run->blocks * sizeof(uint64_t));
	}
	error = config->channel->open(run);
	if (error == 0 && !config->bare) {
		/* Let what was started before come to rest. */
		fflush(NULL);
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	}
	return error;
}

static void clean_up(struct ipc_run *run)
{
	const struct ipc_config *config = &run->config;

	if (run->read_fd >= 0)
		close(run->read_fd);
	if (run->write_fd >= 0)
		close(run->write_fd);
	if (run->ring != NULL)
		munmap(run->ring, IPC_SLOTS * config->buffer_size);
	if (run->sent_at != NULL)
		munmap(run->sent_at, run->blocks * sizeof(uint64_t));
	/* The buffers of other modes were in memory that is gone. */
	if (strstr(config->mode->name, "thread") == NULL)
		return;
	if (run->receiver.buffer != NULL)
		munmap(run->receiver.buffer, config->buffer_size);
	if (run->sender.buffer != NULL)
		munmap(run->sender.buffer,
		       config->buffer_size *
			       (config->channel->pooled ? IPC_SLOTS : 1));
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* The smallest value that so many in a thousand do not exceed. */
static uint64_t pick(const uint64_t *sorted, uint64_t n, uint64_t permille)
{
	uint64_t rank = (n * permille + 999) / 1000;

	return sorted[rank == 0 ? 0 : rank - 1];
}

static struct ipc_latency sum_up(uint64_t *samples, uint64_t n)
{
	qsort(samples, n, sizeof(*samples), compare);
	return (struct ipc_latency){ samples[0],	  pick(samples, n, 500),
				     pick(samples, n, 900),
				     pick(samples, n, 990),
				     pick(samples, n, 999), samples[n - 1] };
}

/* Why it has failed, or does not count. */
static int find_error(const struct ipc_run *run, const char **what)
{
	const struct ipc_side *sides[] = { &run->receiver, &run->sender };

	/* EPIPE of one side is what the other's failure looks like. */
	for (int pass = 0; pass < 2; pass++)
		for (int i = 0; i < 2; i++)
			if (sides[i]->error != 0 &&
			    (pass == 1 || sides[i]->error != EPIPE)) {
				*what = sides[i]->what;
				return sides[i]->error;
			}
	*what = "not all bytes have arrived";
	if (run->receiver.bytes != run->config.total_size ||
	    run->sender.bytes != run->config.total_size)
		return EIO;
	*what = "verify: the checksums differ";
	return run->receiver.checksum != run->sender.checksum ? EILSEQ : 0;
}

static void take(struct ipc_run *run, struct ipc_result *result)
{
	memset(result, 0, sizeof(*result));
	result->config = run->config;
	result->blocks = run->blocks;
	result->seconds = (double)(run->ended - run->begun) / 1e9;
	result->kbytes_per_second =
		(double)run->config.total_size / 1024 / result->seconds;
	result->sender = run->sender;
	result->receiver = run->receiver;
	result->kernel_send = run->kernel_send;
	result->kernel_receive = run->kernel_receive;
	if (run->config.latency)
		result->latency = sum_up(run->sent_at, run->blocks);
}

int ipc_measure(const struct ipc_config *config, struct ipc_result *result)
{
	struct ipc_run *run = get_shared(sizeof(*run));
	const char *what = "memory";
	int error;

	if (run == NULL) {
		complain(config, what, errno);
		return -1;
	}
	error = prepare(run, config);
	if (error != 0) {
		what = config->socket_buffers ?
			       "cannot have a channel of that size" :
			       "cannot open the channel";
	} else {
		config->mode->run(run);
		error = find_error(run, &what);
	}
	if (error != 0)
		complain(config, what, error);
	else
		take(run, result);
	clean_up(run);
	munmap(run, sizeof(*run));
	return error == 0 ? 0 : -1;
}
