/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing one record into a ring: inline, for pip_yield(). */
#ifndef PIP_RECORD_H
#define PIP_RECORD_H

#include "arch.h"
#include "recorder.h"

/*
 * The number of an event; false: the ring is full.  exclusive: only the
 * caller's kernel thread writes this ring.  A signal handler may come between
 * any two instructions, so that the number is taken by one.
 */
static inline bool record_take_number(struct pip_ring *ring, bool exclusive,
				      uint64_t *number)
{
	if (__builtin_expect(*recorder_switch != PIP_RECORDER_STOP, 1)) {
		*number = exclusive ? arch_local_fetch_add(&ring->head, 1) :
				      __atomic_fetch_add(&ring->head, 1,
							 __ATOMIC_RELAXED);
		return true;
	}
	do {
		*number = __atomic_load_n(&ring->head, __ATOMIC_RELAXED);
		if (*number > ring->mask) {
			__atomic_fetch_add(&ring->stopped, 1, __ATOMIC_RELAXED);
			return false;
		}
	} while (!(exclusive ? arch_local_compare_exchange(
				       &ring->head, *number, *number + 1) :
			       __sync_bool_compare_and_swap(
				       &ring->head, *number, *number + 1)));
	return true;
}

/* The record counts from its sequence on, which is written last. */
static inline void record_write(struct pip_ring *ring, uint64_t number,
				uint64_t timestamp, enum pip_event event,
				int32_t pipid, int32_t other,
				uint64_t argument)
{
	struct pip_record *record =
		(struct pip_record *)(ring + 1) + (number & ring->mask);
	uint32_t before;

	/* Who was interrupted here while others have filled the ring: its
	 * record is overwritten already. */
	before = __atomic_load_n(&record->sequence, __ATOMIC_RELAXED);
	if (__builtin_expect((int32_t)(before - (uint32_t)number) > 0 &&
				     before != 0, 0))
		return;
	__atomic_store_n(&record->sequence, 0, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	record->timestamp = timestamp;
	record->event = (uint16_t)event;
	record->pipid = pipid;
	record->other = other;
	record->argument = argument;
	__atomic_store_n(&record->sequence, (uint32_t)number + 1,
			 __ATOMIC_RELEASE);
}

#endif
