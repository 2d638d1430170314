/* SPDX-License-Identifier: BSD-2-Clause */
/* libpip inside a task. */
#ifndef PIP_TASK_H
#define PIP_TASK_H

#include "root.h"

/* Write where the caller's own program and link map are into its entry. */
PIP_HIDDEN void task_publish_link_map(struct pip_table_entry *entry);

#endif
