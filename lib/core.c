/* SPDX-License-Identifier: BSD-2-Clause */
/* coreno: which cores a task is bound to. */
#include <errno.h>
#include <string.h>

#include "message.h"
#include "spawn.h"

void core_probe(struct pip_root *root)
{
	cpu_set_t before, all;

	CPU_ZERO(&root->cores);
	if (sched_getaffinity(0, sizeof(before), &before) != 0)
		return;
	/* The kernel cuts a mask down to what the cpuset allows; that is the
	 * set that the root could bind to, whatever it is bound to now. */
	memset(&all, 0xff, sizeof(all));
	if (sched_setaffinity(0, sizeof(all), &all) != 0 ||
	    sched_getaffinity(0, sizeof(root->cores), &root->cores) != 0)
		root->cores = before;
	(void)sched_setaffinity(0, sizeof(before), &before);
	root->ncores = CPU_COUNT(&root->cores);
}

/* The number of the n-th core that is set. */
static int nth_core(const cpu_set_t *cores, int n)
{
	int core = 0;

	for (;; core++)
		if (CPU_ISSET((size_t)core, cores) && n-- == 0)
			return core;
}

int core_select(const struct pip_root *root, uint32_t coreno, int api,
		cpu_set_t *cores, bool *bind)
{
	uint32_t flag = coreno & PIP_CPUCORE_FLAG_MASK;
	uint32_t number = coreno & PIP_CPUCORE_CORENO_MASK;
	uint32_t max = api == 2 ? 1u << 20 : (1u << 20) - 1;

	*bind = flag != PIP_CPUCORE_ASIS;
	if (flag != 0 && flag != PIP_CPUCORE_ASIS && flag != PIP_CPUCORE_ABS)
		return EINVAL;
	if (flag != PIP_CPUCORE_ASIS && number >= max)
		return EINVAL;
	if (!*bind)
		return 0;
	CPU_ZERO(cores);
	if (flag == PIP_CPUCORE_ABS) {
		*bind = number < CPU_SETSIZE && CPU_ISSET(number, &root->cores);
		if (*bind)
			CPU_SET(number, cores);
		else
			warning_message("CPU %u is none that the root may use: "
					"the task is not bound", number);
	} else if (root->ncores > 0) {
		CPU_SET((size_t)nth_core(&root->cores,
					 (int)(number % (uint32_t)root->ncores)),
			cores);
	} else {
		*bind = false;
	}
	return 0;
}
