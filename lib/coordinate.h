/* SPDX-License-Identifier: BSD-2-Clause */
/* Barriers among all tasks, and among the threads of one (pip_coordinate.h). */
#ifndef PIP_COORDINATE_PRIVATE_H
#define PIP_COORDINATE_PRIVATE_H

#include <stdatomic.h>
#include <stdint.h>

struct rendezvous {
	union {
		_Atomic uint64_t state; /* both: */
		struct { /* as little-endian CPUs have it */
			_Atomic uint32_t round; /* a futex */
			uint32_t count; /* how many have arrived in it, more
					 * or less */
		};
	};
	_Atomic uint32_t ntasks;   /* the highest that was asked for */
	_Atomic uint32_t examiner; /* TID of who looks whether all are there */
};

#define RENDEZVOUS_GLOBAL 2 /* without the root, and with it */

#endif
