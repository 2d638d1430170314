/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plugin: sleep(3) a second longer.  Loaded together with sleep1, whichever
 * of the two is named first is the outer one.
 */
#include <stdio.h>
#include <unistd.h>

#include <pip/pip_plugin.h>

PIP_PLUGIN("sleep2");

unsigned int sleep(unsigned int seconds)
{
	unsigned int left;

	printf("sleep2: makes it %u\n", seconds + 1);
	left = NEXT_FNC(sleep)(seconds + 1);
	printf("sleep2: back\n");
	return left;
}
