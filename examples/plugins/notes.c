/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For descriptors: it writes into its file, waits until its standard input
 * ends, and writes on.  With a second argument it loses its file meanwhile, as
 * a program does that is restarted.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char byte;
	int fd;

	if (argc < 2)
		return 2;
	fd = open(argv[1], O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (fd < 0 || write(fd, "before\n", 7) != 7) {
		perror(argv[1]);
		return 1;
	}
	if (argc > 2) /* behind the plugin's back */
		syscall(SYS_close, fd);
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	if (write(fd, "after\n", 6) != 6) {
		perror(argv[1]);
		return 1;
	}
	return close(fd) != 0;
}
