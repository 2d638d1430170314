// SPDX-License-Identifier: BSD-2-Clause
/* What the sender and the receiver do. */
#include "ipc.h"

#include <errno.h>
#include <pip/pip.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

uint64_t ipc_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static struct ipc_side *get_side(struct ipc_run *run, bool sender)
{
	return sender ? &run->sender : &run->receiver;
}

void ipc_side_fail(struct ipc_run *run, bool sender, const char *what,
		   int error)
{
	struct ipc_side *side = get_side(run, sender);

	if (side->error == 0) {
		side->what = what;
		side->error = error;
	}
	atomic_store(&run->failed, 1);
}

int ipc_side_prepare(struct ipc_run *run, bool sender)
{
	const struct ipc_config *config = &run->config;
	struct ipc_side *side = get_side(run, sender);
	size_t size = config->buffer_size *
		      (sender && config->channel->pooled ? IPC_SLOTS : 1);

	side->checksum = IPC_CHECKSUM_SEED;
	side->buffer = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (side->buffer == MAP_FAILED) {
		side->buffer = NULL;
		return errno;
	}
	/* With Yama, the receiver is let in by this alone; without, it is an
	 * error that does not matter. */
	if (sender)
		prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	/* Page faults are not what is measured. */
	if (!config->bare) {
		memset(side->buffer, 1, size);
		if (sender && run->ring != NULL)
			memset(run->ring, 1, IPC_SLOTS * config->buffer_size);
	}
	return 0;
}

bool ipc_side_is_done(const struct ipc_run *run, bool sender)
{
	return (sender ? run->sender.bytes : run->receiver.bytes) ==
	       run->config.total_size;
}

/* Of the block that the side is at. */
static size_t block_size(const struct ipc_run *run, const struct ipc_side *side)
{
	uint64_t begin = side->bytes - side->block_bytes;
	uint64_t left = run->config.total_size - begin;

	return left < run->config.buffer_size ? left : run->config.buffer_size;
}

/* Every byte is written once, or read once. */
static void touch(volatile char *data, size_t size, bool write)
{
	volatile uint64_t *words = (volatile uint64_t *)data;
	size_t i;

	for (i = 0; i < size / 8; i++)
		if (write)
			words[i] = i;
		else
			(void)words[i];
	for (i *= 8; i < size; i++)
		if (write)
			data[i] = 1;
		else
			(void)data[i];
}

static char *begin_block(struct ipc_run *run, uint64_t number, size_t size)
{
	struct ipc_side *side = &run->sender;
	char *block = side->buffer;

	if (run->config.channel->pooled)
		block += number % IPC_SLOTS * run->config.buffer_size;
	if (side->block_begun)
		return block;
	if (number == 0)
		run->begun = ipc_now();
	if (run->config.latency)
		run->sent_at[number] = ipc_now();
	if (run->config.verify) {
		ipc_fill(block, size, side->bytes);
		side->checksum = ipc_checksum(side->checksum, block, size);
	} else if (run->config.touch) {
		touch(block, size, true);
	}
	side->block_begun = true;
	return block;
}

static bool step_sender(struct ipc_run *run)
{
	const struct ipc_channel *channel = run->config.channel;
	struct ipc_side *side = &run->sender;
	uint64_t number = side->bytes / run->config.buffer_size;
	size_t size = block_size(run, side);
	char *block;
	ssize_t n;

	/* The buffer that a block is made in must not be under way still. */
	if (channel->memory && !ipc_memory_has_room(run))
		return false;
	block = begin_block(run, number, size);
	n = channel->send(run, block + side->block_bytes,
			  size - side->block_bytes);
	if (n < 0) {
		ipc_side_fail(run, true, "send", errno);
		return true;
	}
	if (n == 0)
		return false;
	if (channel->memory)
		side->calls++;
	side->bytes += (uint64_t)n;
	side->block_bytes += (uint64_t)n;
	if (side->block_bytes < size) {
		side->partial++;
	} else {
		side->block_bytes = 0;
		side->block_begun = false;
	}
	return true;
}

static void check(struct ipc_run *run, const char *data, size_t size)
{
	struct ipc_side *side = &run->receiver;

	if (ipc_compare(data, size, side->bytes) != size)
		ipc_side_fail(run, false, "verify: a byte is wrong", EILSEQ);
	side->checksum = ipc_checksum(side->checksum, data, size);
}

static void finish_block(struct ipc_run *run)
{
	uint64_t *sent_at = run->sent_at;

	/* The time of sending becomes the latency. */
	if (run->config.latency) {
		uint64_t number = (run->receiver.bytes - 1) /
				  run->config.buffer_size;

		sent_at[number] = ipc_now() - sent_at[number];
	}
	run->receiver.block_bytes = 0;
}

static bool step_receiver(struct ipc_run *run)
{
	const struct ipc_channel *channel = run->config.channel;
	struct ipc_side *side = &run->receiver;
	size_t size = block_size(run, side);
	const char *data = NULL;
	ssize_t n;

	n = channel->receive(run, side->buffer + side->block_bytes,
			     size - side->block_bytes, &data);
	if (n < 0) {
		ipc_side_fail(run, false, "receive", errno);
		return true;
	}
	if (n == 0)
		return false;
	if (run->config.verify)
		check(run, data, (size_t)n);
	else if (run->config.touch)
		touch((char *)data, (size_t)n, false);
	if (channel->memory) {
		ipc_memory_release(run);
		side->calls++;
	}
	side->bytes += (uint64_t)n;
	side->block_bytes += (uint64_t)n;
	if (side->block_bytes < size)
		side->partial++;
	else
		finish_block(run);
	if (ipc_side_is_done(run, false))
		run->ended = ipc_now();
	return true;
}

bool ipc_side_step(struct ipc_run *run, bool sender)
{
	return sender ? step_sender(run) : step_receiver(run);
}

static void wait_turn(struct ipc_run *run, bool sender)
{
	get_side(run, sender)->waits++;
	if (run->config.mode->one_kernel_thread)
		pip_yield(PIP_YIELD_USER);
	else
		ipc_memory_wait(run, sender);
}

/* Both begin when both are there. */
static void meet(struct ipc_run *run)
{
	atomic_fetch_add(&run->ready, 1);
	while (atomic_load(&run->ready) < 2 && !atomic_load(&run->failed))
		if (run->config.mode->one_kernel_thread)
			pip_yield(PIP_YIELD_USER);
		else
			sched_yield();
}

int ipc_side_play(struct ipc_run *run, bool sender)
{
	int error = ipc_side_prepare(run, sender);

	if (error != 0)
		ipc_side_fail(run, sender, "buffer", error);
	meet(run);
	ipc_await_begin(run, sender);
	while (!ipc_side_is_done(run, sender) && !atomic_load(&run->failed))
		if (!ipc_side_step(run, sender))
			wait_turn(run, sender);
	/* The receiver may read the sender's memory until it has all. */
	while (sender && run->config.channel->pooled &&
	       atomic_load(&run->tail) != atomic_load(&run->head) &&
	       !atomic_load(&run->failed))
		if (run->config.mode->one_kernel_thread)
			pip_yield(PIP_YIELD_USER);
		else
			sched_yield();
	ipc_await_end(run, sender);
	return (int)atomic_load(&run->failed);
}
