// SPDX-License-Identifier: BSD-2-Clause
/*
 * A PiP program whose memory is served by a userfaultfd that nobody reads: an
 * observer that reads a task's link map must not wait for it for ever.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <observer/observer.h>

#include "observer-check.h"
#include "observer-fixture.h"

#define TRAP_ADDRESS 0x230000000000u

/* In the root.  The descriptor is kept open, and never read. */
static void set_trap(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register trap = {
		.range = { TRAP_ADDRESS, 4096 },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) != 0) {
		printf("SKIP: no userfaultfd(2) for us: %s\n", strerror(errno));
		fflush(stdout);
		_exit(77);
	}
	if (mmap((void *)TRAP_ADDRESS, 4096, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) ==
		    MAP_FAILED ||
	    ioctl(fd, UFFDIO_REGISTER, &trap) != 0)
		fixture_fail("userfaultfd");
}

static int look(const struct fixture *fixture)
{
	struct observer_modules modules = { 0 };
	struct observer_tasks tasks = { 0 };
	struct observer *observer;
	struct observer_root *root;

	if (observer_open(&observer) ||
	    observer_scan(observer, fixture->root) ||
	    !(root = observer_get_root(observer, 0)) ||
	    observer_read_tasks(root, &tasks))
		return 99;
	observer_read_facts(root, &tasks);
	/* All but task 0 can be read, and then it is its turn. */
	if (observer_read_modules(root, &tasks.task[2], &modules) != 0)
		return 98;
	(void)!observer_read_modules(root, &tasks.task[1], &modules);
	return 97; /* it did answer */
}

int main(void)
{
	struct fixture fixture;
	char text[256] = "";
	int status, output[2];
	pid_t child;

	fixture_make(&fixture, 3, F_SEAL_SHRINK | F_SEAL_GROW);
	fixture_before_tasks = set_trap;
	fixture_start(&fixture, true);
	fixture_entry(&fixture, 1)->r_debug = TRAP_ADDRESS;
	if (pipe(output))
		fixture_fail("pipe");
	child = fork();
	if (child == 0) {
		dup2(output[1], STDERR_FILENO);
		_exit(look(&fixture));
	}
	close(output[1]);
	if (waitpid(child, &status, 0) != child)
		fixture_fail("waitpid");
	check(WIFEXITED(status) && WEXITSTATUS(status) == 2, "status %#x",
	      status);
	check(read(output[0], text, sizeof(text) - 1) > 0 &&
	      strstr(text, "its memory does not answer"), "'%s'", text);
	fixture_end(&fixture);
	return check_failures ? 1 : 0;
}
