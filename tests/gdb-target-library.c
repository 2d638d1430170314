/* SPDX-License-Identifier: BSD-2-Clause */
/* A library of gdb-target's own: each task has its own library_count. */
#include <unistd.h>

int library_step(int number);

long library_count;

int library_step(int number)
{
	library_count++;
	usleep(20000);
	return number;
}
