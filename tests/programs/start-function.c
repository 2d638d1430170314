/* SPDX-License-Identifier: BSD-2-Clause */
/* Start functions for pip-exec -f: one of them static, none exported. */
#include <stdio.h>
#include <stdlib.h>

static int constructed;

__attribute__((constructor)) static void construct(void)
{
	constructed = 1;
}

/* Nobody calls it here, hence "used". */
__attribute__((used)) static int answer(void *arg)
{
	printf("answer %s %s\n", arg == NULL ? "NULL" : "not NULL",
	       constructed ? "constructed" : "not constructed");
	return 42;
}

int question(void *arg);

int question(void *arg)
{
	(void)arg;
	puts("question");
	exit(7);
}

int main(void)
{
	puts("main");
	return 3;
}
