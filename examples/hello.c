/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The smallest task: who am I, and where is my copy of a variable?
 *
 *     pip-exec -n 4 examples/hello
 *
 * Without pip-exec it is an ordinary process.
 */
#include <stdio.h>
#include <unistd.h>

#include <pip/pip.h>

static int variable; /* every task has its own */

int main(void)
{
	int pipid, ntasks;

	if (!pip_isa_task()) {
		printf("Hello from process %d, no task of PiP\n", (int)getpid());
		return 0;
	}
	pip_get_pipid(&pipid);
	pip_get_ntasks(&ntasks);
	variable = 100 + pipid;
	printf("Hello from PIPID %d of %d, process %d: variable = %d at %p\n",
	       pipid, ntasks, (int)getpid(), variable, (void *)&variable);
	return 0;
}
