/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The flight recorder from outside: by another process while many threads
 * write as fast as they can, and no torn record is taken for a good one; and
 * from core files, of the kernel's and of gcore(1)'s making, with every record.
 */
#include <elf.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "recorder-check.h"

#define TASKS 2
#define SNAPSHOTS 307

static struct {
	_Atomic bool stop;
	_Atomic int arrived;
} seen;
static typeof(seen) *shared;

/* --- Means to copy --- */

static bool copy_by_vm(void *arg, uint64_t from, void *to, size_t size)
{
	struct iovec local = { to, size }, remote = { (void *)from, size };

	return process_vm_readv(*(pid_t *)arg, &local, 1, &remote, 1, 0) ==
	       (ssize_t)size;
}

static bool copy_by_mem(void *arg, uint64_t from, void *to, size_t size)
{
	return pread(*(int *)arg, to, size, (off_t)from) == (ssize_t)size;
}

struct core {
	const char *data;
	size_t size;
};

static bool copy_from_core(void *arg, uint64_t from, void *to, size_t size)
{
	const struct core *core = arg;
	const Elf64_Ehdr *header = (const void *)core->data;
	const Elf64_Phdr *segment =
		(const void *)(core->data + header->e_phoff);

	for (int i = 0; i < header->e_phnum; i++, segment++)
		if (segment->p_type == PT_LOAD && from >= segment->p_vaddr &&
		    from + size <= segment->p_vaddr + segment->p_filesz &&
		    segment->p_offset + segment->p_filesz <= core->size) {
			memcpy(to,
			       core->data + segment->p_offset +
				       (from - segment->p_vaddr),
			       size);
			return true;
		}
	return false;
}

static bool map_core(struct core *core, const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	NEED(fstat(fd, &st) == 0);
	core->size = (size_t)st.st_size;
	core->data = mmap(NULL, core->size, PROT_READ, MAP_PRIVATE, fd, 0);
	NEED(core->data != MAP_FAILED);
	close(fd);
	return true;
}

/* --- Live --- */

static void *mark_on(void *arg)
{
	for (uint64_t i = 1; !shared->stop; i++)
		recorder_mark_pair(i);
	return arg;
}

static int play_writer(int argc, char **argv)
{
	pthread_t threads[2];

	(void)argc, (void)argv;
	shared = role_shared();
	for (int i = 0; i < 2; i++)
		NEED(pthread_create(&threads[i], NULL, mark_on, NULL) == 0);
	shared->arrived++;
	mark_on(NULL);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	return check_finish();
}

/* In another process.  Its exit status: 0 if all is well. */
static int observe(recorder_copy *copy, void *arg, uint64_t address)
{
	uint64_t accepted = 0, lost = 0, heads[2 * (TASKS + 1)] = { 0 };
	struct recorder_view view;

	check_failures = 0;
	CHECK_OR_STOP(recorder_open_view(&view, copy, arg, address));
	for (int n = 0; n < SNAPSHOTS || accepted < MARKS; n++)
		for (uint32_t i = 0; i < 2 * view.header.nkernel; i++) {
			struct recorder_ring ring;

			CHECK_OR_STOP(recorder_read(&view, i, &ring));
			CHECK(ring.ring.head >= heads[i]);
			heads[i] = ring.ring.head;
			accepted += ring.count;
			lost += ring.lost;
			for (uint64_t j = 0; j < ring.count; j++)
				if (ring.records[j].event == PIP_EVENT_MARK)
					CHECK(recorder_is_pair(
						&ring.records[j]));
			free(ring.records);
		}
	CHECK(lost > 0);
	return check_finish();
}

static void check_live(uint32_t mode, const char *trace)
{
	int ntasks = TASKS, mem;
	uint64_t address;
	pid_t pids[2], root = getpid();
	char path[64];

	NEED(setenv(PIP_ENV_TRACE, trace, 1) == 0);
	CHECK_ERROR(pip_init(NULL, &ntasks, NULL, mode), 0);
	CHECK_ERROR(pip_export(&seen), 0);
	seen.stop = false;
	seen.arrived = 0;
	for (int i = 0; i < TASKS; i++)
		CHECK_ERROR(role_spawn(&i, "writer", NULL), 0);
	CHECK_EVENTUALLY(seen.arrived == TASKS);
	address = self_table()->recorder_address;
	snprintf(path, sizeof(path), "/proc/%d/mem", root);
	for (int i = 0; i < 2; i++) {
		pids[i] = fork();
		NEED(pids[i] >= 0);
		if (pids[i] != 0)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (i == 0)
			_exit(observe(copy_by_vm, &root, address));
		mem = open(path, O_RDONLY | O_CLOEXEC);
		NEED(mem >= 0);
		_exit(observe(copy_by_mem, &mem, address));
	}
	for (int i = 0; i < 2; i++)
		CHECK_STATUS(role_join(pids[i]), EXITED(0));
	seen.stop = true;
	for (int i = 0; i < TASKS; i++) {
		int status;

		CHECK_ERROR(pip_wait(i, &status), 0);
		CHECK_STATUS(status, EXITED(0));
	}
	CHECK_ERROR(pip_fin(), 0);
}

/* --- Core files --- */

static int play_marks(int argc, char **argv)
{
	(void)argc, (void)argv;
	for (uint64_t i = 0; i < MARKS; i++)
		recorder_mark_pair(i);
	return 0;
}

static void check_core(const char *path, uint64_t address)
{
	struct recorder_view view;
	struct core core;

	CHECK_OR_STOP(map_core(&core, path));
	CHECK_OR_STOP(recorder_open_view(&view, copy_from_core, &core,
					 address));
	view.is_core = true;
	CHECK(view.header.last.ns > view.header.first.ns);
	CHECK_INT(recorder_count(&view, PIP_EVENT_MARK, PIP_PIPID_ROOT, -1),
		  MARKS);
	CHECK_INT(recorder_count(&view, PIP_EVENT_MARK, 0, -1), MARKS);
	CHECK_INT(recorder_count(&view, PIP_EVENT_TASK_WAIT, -1, 0), 1);
	munmap((void *)core.data, core.size);
}

/* A root that has something recorded; it ends in the way that it is told. */
static pid_t start_crasher(uint32_t mode, bool crash, uint64_t *addressp)
{
	_Atomic uint64_t *address = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
					 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	int ntasks = 300; /* not all that is dumped, see check_kernel_core() */
	pid_t pid;

	NEED(address != MAP_FAILED);
	pid = fork();
	NEED(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)!setrlimit(RLIMIT_CORE, &limit);
		NEED(setenv(PIP_ENV_TRACE, "overwrite:16384", 1) == 0);
		CHECK_ERROR(pip_init(NULL, &ntasks, NULL, mode), 0);
		role_run("marks", NULL);
		for (uint64_t i = 0; i < MARKS; i++)
			recorder_mark_pair(i);
		*address = self_table()->recorder_address;
		while (!crash)
			pause();
		abort();
	}
	if (!crash)
		CHECK_EVENTUALLY(*address != 0);
	else
		(void)role_join(pid);
	*addressp = *address;
	munmap((void *)address, 4096);
	return pid;
}

static void check_kernel_core(uint32_t mode)
{
	char pattern[256] = "", path[64];
	int fd = open("/proc/sys/kernel/core_pattern", O_RDONLY | O_CLOEXEC);
	struct stat st;
	uint64_t address;
	pid_t pid;

	NEED(fd >= 0 && read(fd, pattern, sizeof(pattern) - 1) > 0);
	close(fd);
	pattern[strcspn(pattern, "\n")] = '\0';
	if (strcmp(pattern, "core") != 0) {
		check_say("not tested: kernel.core_pattern is '%s'", pattern);
		return;
	}
	pid = start_crasher(mode, true, &address);
	snprintf(path, sizeof(path), "core.%d", pid);
	if (access(path, F_OK) != 0) /* kernel.core_uses_pid */
		strcpy(path, "core");
	if (access(path, F_OK) != 0) {
		check_say("not tested: no core file was written");
		return;
	}
	check_core(path, address);
	/* Rings of 300 tasks that never were would be 300 MiB. */
	NEED(stat(path, &st) == 0);
	CHECK(st.st_size < 100 << 20);
	NEED(unlink(path) == 0);
}

static void check_gcore(uint32_t mode)
{
	char command[96], path[64];
	uint64_t address;
	pid_t pid;

	if (system("command -v gcore >/dev/null") != 0) {
		check_say("not tested: no gcore");
		return;
	}
	pid = start_crasher(mode, false, &address);
	snprintf(command, sizeof(command),
		 "gcore -o by-gcore %d >gcore.log 2>&1", pid);
	snprintf(path, sizeof(path), "by-gcore.%d", pid);
	if (system(command) == 0)
		check_core(path, address);
	else
		check_say("not tested: gcore fails");
	NEED(kill(pid, SIGKILL) == 0);
	(void)role_join(pid);
	unlink(path);
	unlink("gcore.log");
}

static int play_root(int argc, char **argv)
{
	static const uint32_t modes[] = { PIP_MODE_PROCESS, PIP_MODE_PTHREAD };
	char directory[] = "/tmp/pip-recorder.XXXXXX";

	(void)argc, (void)argv;
	unsetenv(PIP_ENV_MODE);
	shared = &seen;
	NEED(mkdtemp(directory) != NULL && chdir(directory) == 0);
	for (int i = 0; i < 2; i++) {
		check_live(modes[i], "overwrite:64");
		check_live(modes[i], "overwrite:4096");
		check_kernel_core(modes[i]);
		check_gcore(modes[i]);
	}
	NEED(chdir("/") == 0);
	CHECK(rmdir(directory) == 0);
	/* The guardians of those that were killed. */
	while (waitpid(-1, NULL, 0) > 0)
		;
	return check_finish();
}

static const struct role roles[] = {
	{ "root", play_root },
	{ "writer", play_writer },
	{ "marks", play_marks },
	{ NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
