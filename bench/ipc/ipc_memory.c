// SPDX-License-Identifier: BSD-2-Clause
/*
 * Channels through memory.  A block is put into a slot: shm copies it there
 * and out again, ptr leaves its address, vmread leaves its address and the
 * receiver asks the kernel for a copy (process_vm_readv(2)).
 *
 * Whoever finds nothing to do spins a little, and then sleeps on the other's
 * count.  The flag "sleeps" saves the wake-up call while nobody does: it is
 * stored before the count is looked at again, and the count is stored before
 * the flag is looked at, both sequentially consistent, so that one of the two
 * sees the other (Dekker).
 */
#include "ipc.h"

#include <errno.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define SPINS 2000

int ipc_shm_open(struct ipc_run *run)
{
	run->ring = mmap(NULL, IPC_SLOTS * run->config.buffer_size,
			 PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
			 0);
	if (run->ring != MAP_FAILED)
		return 0;
	run->ring = NULL;
	return errno;
}

bool ipc_memory_has_room(struct ipc_run *run)
{
	return atomic_load(&run->head) - atomic_load(&run->tail) < IPC_SLOTS;
}

bool ipc_memory_has_block(struct ipc_run *run)
{
	return atomic_load(&run->head) != atomic_load(&run->tail);
}

static void move_on(_Atomic uint32_t *count, _Atomic uint32_t *sleeps)
{
	atomic_fetch_add(count, 1);
	if (atomic_load(sleeps) != 0)
		syscall(SYS_futex, count, FUTEX_WAKE, 1, NULL, NULL, 0);
}

void ipc_memory_release(struct ipc_run *run)
{
	move_on(&run->tail, &run->sender_sleeps);
}

/* Not for ever: the other side may have failed. */
static void sleep_on(_Atomic uint32_t *count, uint32_t value,
		     _Atomic uint32_t *sleeps)
{
	static const struct timespec most = { .tv_nsec = 100 * 1000 * 1000 };

	atomic_store(sleeps, 1);
	if (atomic_load(count) == value)
		syscall(SYS_futex, count, FUTEX_WAIT, value, &most, NULL, 0);
	atomic_store(sleeps, 0);
}

void ipc_memory_wait(struct ipc_run *run, bool sender)
{
	bool (*may_go_on)(struct ipc_run *) =
		sender ? ipc_memory_has_room : ipc_memory_has_block;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	for (int i = 0; i < (cpus > 1 ? SPINS : 1); i++) {
		if (may_go_on(run))
			return;
		__builtin_ia32_pause();
	}
	if (sender)
		sleep_on(&run->tail, atomic_load(&run->head) - IPC_SLOTS,
			 &run->sender_sleeps);
	else
		sleep_on(&run->head, atomic_load(&run->tail),
			 &run->receiver_sleeps);
}

ssize_t ipc_memory_send(struct ipc_run *run, const char *from, size_t size)
{
	uint32_t number = atomic_load_explicit(&run->head,
					       memory_order_relaxed) %
			  IPC_SLOTS;
	struct ipc_slot *slot = &run->slots[number];

	if (!ipc_memory_has_room(run))
		return 0;
	slot->address = from;
	slot->size = size;
	slot->pid = getpid();
	if (run->ring != NULL) {
		slot->address = run->ring + number * run->config.buffer_size;
		memcpy((char *)slot->address, from, size);
	}
	move_on(&run->head, &run->receiver_sleeps);
	return (ssize_t)size;
}

static const struct ipc_slot *next_block(struct ipc_run *run, size_t size)
{
	const struct ipc_slot *slot;

	if (!ipc_memory_has_block(run))
		return NULL;
	slot = &run->slots[atomic_load_explicit(&run->tail,
						memory_order_relaxed) %
			   IPC_SLOTS];
	if (slot->size > size)
		errno = EMSGSIZE;
	return slot;
}

ssize_t ipc_shm_receive(struct ipc_run *run, char *to, size_t size,
			const char **data)
{
	const struct ipc_slot *slot = next_block(run, size);

	if (slot == NULL)
		return 0;
	if (slot->size > size)
		return -1;
	memcpy(to, slot->address, slot->size);
	*data = to;
	return (ssize_t)slot->size;
}

ssize_t ipc_ptr_receive(struct ipc_run *run, char *to, size_t size,
			const char **data)
{
	const struct ipc_slot *slot = next_block(run, size);

	(void)to;
	if (slot == NULL)
		return 0;
	if (slot->size > size)
		return -1;
	*data = slot->address;
	return (ssize_t)slot->size;
}

ssize_t ipc_vmread_receive(struct ipc_run *run, char *to, size_t size,
			   const char **data)
{
	const struct ipc_slot *slot = next_block(run, size);
	struct iovec local, remote;
	size_t done = 0;

	if (slot == NULL)
		return 0;
	if (slot->size > size)
		return -1;
	/* The kernel moves 2 GiB at most in a call. */
	while (done < slot->size) {
		ssize_t n;

		local = (struct iovec){ to + done, slot->size - done };
		remote = (struct iovec){ (char *)slot->address + done,
					 slot->size - done };
		n = process_vm_readv(slot->pid, &local, 1, &remote, 1, 0);
		if (n <= 0)
			return -1;
		done += (size_t)n;
	}
	*data = to;
	return (ssize_t)slot->size;
}
