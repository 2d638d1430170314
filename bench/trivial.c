/* SPDX-License-Identifier: BSD-2-Clause */
/* The least a program can do; with an argument it stays until it is killed. */
#include <unistd.h>

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		pause();
	return 0;
}
