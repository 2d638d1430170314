/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing the flight recorder (include/pip/pip_recorder.h). */
#ifndef PIP_RECORDER_WRITER_H
#define PIP_RECORDER_WRITER_H

#include <pip/pip_recorder.h>

#include "root.h"

/* At pip_init(): map it, and switch it on if PIP_TRACE says so.  EINVAL: that
 * makes no sense.  Where there is no memory for it, the program goes on
 * without. */
PIP_HIDDEN PIP_CHECKED int recorder_create(struct pip_root *root);
PIP_HIDDEN void recorder_destroy(struct pip_root *root);

/* At the end of pip_init(): if the memory is another's, who reads it may not
 * have found us yet, and we might be gone before. */
PIP_HIDDEN void recorder_await_reader(struct pip_root *root);

/* In the root, and in a task's constructor: events of this copy of libpip may
 * be recorded. */
PIP_HIDDEN void recorder_open(struct pip_root *root);
/* Not any more: pip_fin(), or a child made by fork(). */
PIP_HIDDEN void recorder_close(void);

/* The ring of a kernel thread that is about to begin; NULL: no recorder. */
PIP_HIDDEN struct pip_ring *recorder_ring(struct pip_slot *slot, pid_t tid);

/* A newer pair of clocks, see struct pip_recorder_header. */
PIP_HIDDEN void recorder_adjust_clock(struct pip_root *root);

/* The word that switches it; a constant 0 where there is none.  In blt.c. */
PIP_HIDDEN extern const volatile uint32_t *recorder_switch;

static inline bool recorder_is_on(void)
{
	return __builtin_expect(*recorder_switch != PIP_RECORDER_OFF, 0);
}

/* Record in the ring of a kernel thread, by that thread. */
PIP_HIDDEN void recorder_put(struct blt_kernel *kernel, enum pip_event event,
			     int32_t pipid, int32_t other, uint64_t argument);

/* Record something of the caller's, in the ring that it belongs to. */
PIP_HIDDEN void recorder_put_own(enum pip_event event, int32_t other,
				 uint64_t argument);

/* The same for a handler that may be in the code of another copy of libpip:
 * slot is whose kernel thread, or other thread, the caller is. */
PIP_HIDDEN void recorder_put_of(struct pip_slot *slot, enum pip_event event,
				int32_t other, uint64_t argument);

#endif
