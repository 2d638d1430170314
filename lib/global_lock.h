/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PIP_GLOBAL_LOCK_H
#define PIP_GLOBAL_LOCK_H

#include "lock.h"

struct global_lock {
	struct pip_lock lock;
	unsigned depth; /* how often the holder has taken it [the holder] */
};

#endif
