/* SPDX-License-Identifier: BSD-2-Clause */
/* Which execution mode pip_init()'s opts and PIP_MODE select together. */
#ifndef PIP_MODE_H
#define PIP_MODE_H

#include <stdint.h>

#include "root.h"

/*
 * api is 2 or 3: they number the modes differently.  Returns 0 and an enum
 * pip_table_mode; EINVAL opts make no sense; EPERM opts and environment
 * contradict each other, or the environment names no mode.
 */
PIP_HIDDEN PIP_CHECKED int mode_select(int api, uint32_t opts,
				       const char *environment, unsigned *mode);

/* The PIP_MODE_* bits of a mode in one version's numbers. */
PIP_HIDDEN uint32_t mode_bits(int api, unsigned mode);

/* Its name as PIP_MODE takes it and pip_get_mode_str() gives it. */
PIP_HIDDEN const char *mode_name(unsigned mode);

/* The letter that follows the first one in a task's comm. */
PIP_HIDDEN char mode_letter(unsigned mode);

#endif
