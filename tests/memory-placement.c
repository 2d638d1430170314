/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whatever a task maps, by itself or through libc, lies in its window, whoever
 * asked for it; it is gone once the PIPID is used again, and after pip_fin().
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <iconv.h>
#include <locale.h>
#include <netdb.h>
#include <pthread.h>
#include <pwd.h>
#include <sys/mman.h>
#include <sys/shm.h>

#include "maps.h"
#include "role.h"

#define NTASKS 3
#define PIPID 1 /* with a neighbour on each side */
#define MIB (1 << 20)

static void *sink; /* keeps allocations */

static void use_nothing(void)
{
}

static void use_malloc(void)
{
	for (size_t size = 1; size < 200u << 20; size *= 3) {
		char *block = malloc(size);

		NEED(block != NULL);
		memset(block, 1, size < MIB ? size : MIB);
		sink = block;
	}
}

static void use_realloc(void)
{
	char *block = NULL;

	for (size_t size = 100; size < 100u << 20; size *= 2) {
		block = realloc(block, size);
		NEED(block != NULL);
		block[size - 1] = 1;
	}
	sink = block;
}

static void use_locale(void)
{
	CHECK(setlocale(LC_ALL, "C.UTF-8") != NULL);
	sink = newlocale(LC_ALL_MASK, "C.UTF-8", NULL);
}

static void *run_briefly(void *arg)
{
	sink = malloc(100000);
	return arg;
}

static void *run_for_ever(void *arg)
{
	sink = malloc(100000);
	for (;;)
		pause();
	return arg;
}

static void use_threads(void)
{
	pthread_t thread[10];
	pthread_attr_t attr;

	for (int i = 0; i < 10; i++)
		NEED(pthread_create(&thread[i], NULL, run_briefly, NULL) == 0);
	for (int i = 0; i < 10; i++)
		NEED(pthread_join(thread[i], NULL) == 0);
	NEED(pthread_attr_init(&attr) == 0);
	NEED(pthread_attr_setstacksize(&attr, 64 << 20) == 0);
	NEED(pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED) == 0);
	for (int i = 0; i < 5; i++)
		NEED(pthread_create(&thread[i], &attr, run_briefly, NULL) ==
		     0);
}

/* They still run when the task ends. */
static void use_leaked_threads(void)
{
	pthread_t thread;

	for (int i = 0; i < 10; i++)
		NEED(pthread_create(&thread, NULL, run_for_ever, NULL) == 0);
}

static void use_dlopen(void)
{
	NEED((sink = dlopen("libm.so.6", RTLD_NOW)) != NULL);
	NEED((sink = dlopen("libresolv.so.2", RTLD_NOW)) != NULL);
	NEED((sink = dlmopen(LM_ID_NEWLM, "libm.so.6", RTLD_NOW)) != NULL);
}

/* Modules of libc: name service and character sets. */
static void use_modules(void)
{
	struct addrinfo *info = NULL;

	getaddrinfo("localhost", "80", NULL, &info);
	sink = getpwnam("nobody");
	sink = iconv_open("UTF-16", "ISO-8859-15");
	CHECK(sink != (void *)-1);
}

static void use_files(void)
{
	FILE *stream = fopen("/proc/self/maps", "re");
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	NEED(stream != NULL && fd >= 0);
	getc(stream);
	sink = stream;
	for (int i = 0; i < 20; i++)
		NEED((sink = mmap(NULL, MIB, PROT_READ,
				  i % 2 ? MAP_SHARED : MAP_PRIVATE, fd, 0)) !=
		     MAP_FAILED);
	NEED((sink = mmap64(NULL, 10, PROT_READ, MAP_PRIVATE, fd, 4096)) !=
	     MAP_FAILED);
}

static void *map(size_t size, int flags)
{
	void *address = mmap(NULL, size, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	NEED(address != MAP_FAILED);
	return address;
}

static void use_mmap(void)
{
	char *block = map(3 * MIB, 0);

	sink = map(1ul << 34, MAP_NORESERVE); /* a quarter of a window */
	sink = map(MIB, MAP_STACK | MAP_GROWSDOWN);
	sink = map(MIB, MAP_POPULATE);
	NEED(mprotect(block + MIB, MIB, PROT_NONE) == 0);
	NEED(munmap(block, 4096) == 0);
	/* A suggestion is none that must be followed. */
	NEED((sink = mmap((void *)0x10000000, MIB, PROT_READ,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) != MAP_FAILED);
	/* A place of its own in its own mapping. */
	NEED(mmap(block + 2 * MIB, 4096, PROT_READ,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
	     block + 2 * MIB);
	NEED((sink = mmap(NULL, MIB, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0)) != MAP_FAILED);
}

/* More than a window holds, in turns: it goes round in it. */
static void use_window_up(void)
{
	const struct pip_table_entry *entry = self_entry(PIPID);
	size_t window = entry->window_high - entry->window_low;
	char *kept = map(5 * MIB, 0);

	memset(kept, 7, 5 * MIB);
	for (int i = 0; i < 40; i++) {
		size_t size = window / 8 + (size_t)i * 4096;
		char *block = map(size, MAP_NORESERVE);

		block[0] = block[size - 1] = 1;
		NEED(munmap(block, size) == 0);
	}
	for (int i = 0; i < 5 * MIB; i += 4096)
		CHECK_INT(kept[i], 7);
	for (int i = 0; i < 1000; i++)
		sink = map(MIB, 0);
}

static void use_mremap(void)
{
	char *block = map(MIB, 0), *behind;

	block[0] = 1;
	/* Something behind it, so that it has to move. */
	behind = mmap(block + MIB, 4096, PROT_NONE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	NEED(behind == block + MIB);
	block = mremap(block, MIB, 8 * MIB, MREMAP_MAYMOVE);
	CHECK_OR_STOP(block != MAP_FAILED);
	CHECK_INT(block[0], 1);
	block[8 * MIB - 1] = 1;
	CHECK_PTR(mremap(block, 8 * MIB, 4096, MREMAP_MAYMOVE), block);
	CHECK_PTR(mremap(block, 4096, 2 * 4096, 0), block);
	errno = 0;
	CHECK_PTR(mremap(block, 4096, 1ul << 46, MREMAP_MAYMOVE), MAP_FAILED);
	CHECK_ERROR(errno, ENOMEM);
}

/* What garbage collectors do: move the pages, keep the place. */
static void use_mremap_dontunmap(void)
{
	char *block = map(MIB, 0), *moved;

	block[0] = 1;
	moved = mremap(block, MIB, MIB, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
	CHECK_OR_STOP(moved != MAP_FAILED);
	CHECK_INT(moved[0], 1);
	CHECK_INT(block[0], 0);
}

/* Without libc: it may go anywhere, but it has to be given back. */
static void use_mremap_of_shared(void)
{
	char *block = mmap(NULL, MIB, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0), *second;

	NEED(block != MAP_FAILED);
	block[0] = 1;
	/* Size 0 of a shared mapping makes a second one, mremap(2). */
	second = mremap(block, 0, MIB, MREMAP_MAYMOVE);
	CHECK_OR_STOP(second != MAP_FAILED);
	CHECK_INT(second[0], 1);
	CHECK(second != block);
}

static void use_shmat(void)
{
	int id = shmget(IPC_PRIVATE, 100000, IPC_CREAT | 0600);
	char *first, *second;

	if (id < 0) {
		check_say("no System V shared memory here");
		return;
	}
	first = shmat(id, NULL, 0);
	second = shmat(id, NULL, SHM_RDONLY);
	shmctl(id, IPC_RMID, NULL);
	CHECK_OR_STOP(first != (void *)-1 && second != (void *)-1);
	first[99999] = 1;
	CHECK_INT(second[99999], 1);
	CHECK(shmdt(second) == 0);
}

static void use_child(void)
{
	FILE *stream = popen("echo out", "re");
	char line[16] = "";

	NEED(stream != NULL && fgets(line, sizeof(line), stream) != NULL);
	CHECK_STR(line, "out\n");
	CHECK_INT(system("exit 3"), EXITED(3));
	sink = stream; /* not closed */
}

static void end_kill(void)
{
	use_malloc();
	use_leaked_threads();
	raise(SIGKILL);
}

static void end_fault(void)
{
	use_mmap();
	*(volatile int *)(uintptr_t)getenv("PIP_TEST_NO_SUCH") = 1;
}

static void end_execve(void)
{
	use_malloc();
	execl("/bin/true", "true", (char *)NULL);
}

static const struct use {
	const char *name;
	void (*use)(void);
	int status;
} uses[] = {
	{ "nothing", use_nothing, EXITED(0) },
	{ "malloc", use_malloc, EXITED(0) },
	{ "realloc", use_realloc, EXITED(0) },
	{ "locale", use_locale, EXITED(0) },
	{ "threads", use_threads, EXITED(0) },
	{ "leaked-threads", use_leaked_threads, EXITED(0) },
	{ "dlopen", use_dlopen, EXITED(0) },
	{ "modules", use_modules, EXITED(0) },
	{ "files", use_files, EXITED(0) },
	{ "mmap", use_mmap, EXITED(0) },
	{ "window-up", use_window_up, EXITED(0) },
	{ "mremap", use_mremap, EXITED(0) },
	{ "mremap-dontunmap", use_mremap_dontunmap, EXITED(0) },
	{ "mremap-shared", use_mremap_of_shared, EXITED(0) },
	{ "shmat", use_shmat, EXITED(0) },
	{ "child", use_child, EXITED(0) },
	{ "kill", end_kill, KILLED(SIGKILL) },
	{ "fault", end_fault, KILLED(SIGSEGV) },
	{ "execve", end_execve, EXITED(0) },
};
#define NUSES (sizeof(uses) / sizeof(uses[0]))

static void run(const char *use, int expected)
{
	int pipid = PIPID, status = -1;

	CHECK_ERROR(role_spawn(&pipid, "task", use, NULL), 0);
	CHECK_ERROR(pip_wait(pipid, &status), 0);
	if ((status & ~0x80) != expected)
		check_say("using '%s':", use);
	CHECK_STATUS(status, expected);
}

/* What a flag of mmap(2) forces out of the window is at least admitted. */
static void check_forced_out(void)
{
	run("32bit", EXITED(0));
	CHECK((self_entry(PIPID)->flags & PIP_TASK_FLAG_UNPLACED) != 0);
	CHECK(self_entry(PIPID)->counters[PIP_COUNT_UNPLACED] > 0);
}

static void use_32bit(void)
{
	sink = map(4096, MAP_32BIT);
	CHECK((unsigned long)sink < 1ul << 31);
}

static int play_root(int argc, char **argv)
{
	static struct maps before, used, after;
	unsigned long low, high;
	int witness = 0, inside;

	(void)argc, (void)argv;
	role_init(NTASKS);
	CHECK_ERROR(role_spawn(&witness, "sleep", NULL), 0);
	run("nothing", EXITED(0));
	run("nothing", EXITED(0));
	low = self_entry(PIPID)->window_low;
	high = self_entry(PIPID)->window_high;
	CHECK(low < high);
	for (size_t i = 0; i < NUSES; i++) {
		maps_take(&before);
		inside = maps_count_in(&before, low, high);
		run(uses[i].name, uses[i].status);
		maps_take(&used);
		CHECK(maps_check_new(&before, &used, low, high, uses[i].name) >
		      3);
		if (self_entry(PIPID)->flags & PIP_TASK_FLAG_UNPLACED)
			check_fail("%s: mappings lie outside the window",
				   uses[i].name);
		run("nothing", EXITED(0));
		maps_take(&after);
		maps_check_new(&before, &after, low, high, "afterwards");
		if (maps_count_in(&after, low, high) != inside)
			check_fail("%s: there are %d mappings in the window, not %d",
				   uses[i].name,
				   maps_count_in(&after, low, high), inside);
	}
	/* Nobody's mapping crosses a border. */
	for (int i = 0; i < after.count; i++)
		CHECK(after.map[i].end <= low || after.map[i].start >= high ||
		      (after.map[i].start >= low && after.map[i].end <= high));
	check_forced_out();
	NEED(self_kill(witness, SIGKILL) == 0);
	CHECK_ERROR(pip_wait(witness, NULL), 0);
	low = self_table()->window_base;
	high = low + NTASKS * self_table()->window_size;
	CHECK_ERROR(pip_fin(), 0);
	maps_take(&after);
	CHECK_INT(maps_count_in(&after, low, high), 0);
	/* Children that tasks have left are ours now (see check_start()). */
	while (waitpid(-1, NULL, 0) > 0)
		;
	CHECK(check_is_childless());
	return check_finish();
}

static int play_task(int argc, char **argv)
{
	(void)argc;
	if (strcmp(argv[1], "32bit") == 0)
		use_32bit();
	for (size_t i = 0; i < NUSES; i++)
		if (strcmp(uses[i].name, argv[1]) == 0)
			uses[i].use();
	return check_finish();
}

static const struct role roles[] = {
	{ "root", play_root },
	{ "task", play_task },
	{ "sleep", role_sleep },
	{ NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
