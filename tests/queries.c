/* SPDX-License-Identifier: BSD-2-Clause */
/* The small functions: system ids, locks, the malloc and dl families, and
 * messages. */
#include <dlfcn.h>
#include <limits.h>
#include <pip/pip_util.h>
#include <sys/time.h>

#include "capture.h"
#include "role.h"
#include "self.h"

#define NTASKS 3
#define API (PIP_VERSION_MAJOR)

/* What the original exports and declares nowhere. */
int pip_isa_piptask(void);
int pip_get_pid_(int pipid, pid_t *pidp);
int pip_is_debug_build(void);
int pip_raise_signal(void *task, int sig);
int pip_get_addr(int pipid, const char *name, void **addrp);
int pip_page_alloc(size_t size, void **blockp);
void *pip_memalign(size_t align, size_t size);
const char *pip_errname(int error);
char *pip_prefix_dir(void);

#if API == 2
#define lock pip_libc_lock
#define unlock pip_libc_unlock
#else
#define lock pip_glibc_lock
#define unlock pip_glibc_unlock
#endif

__attribute__((visibility("default"))) int exported_variable = 5;

struct shared {
	_Atomic int ready, leave;
	long counter;
	pid_t pid;
	int *variable;
	void *block;
};

static void check_uninitialised(void)
{
	pip_id_t id = 7;
	int flag = 7;
	char text[PIPIDLEN];

	CHECK_ERROR(pip_get_system_id(PIP_PIPID_ROOT, &id), EPERM);
	CHECK_ERROR(pip_is_threaded(&flag), EPERM);
	CHECK_ERROR(pip_is_shared_fd(&flag), EPERM);
	CHECK_ERROR(pip_yield(PIP_YIELD_DEFAULT), EPERM);
	CHECK_ERROR(pip_get_dlmopen_info(0, NULL, NULL), EPERM);
	CHECK_ERROR(pip_get_addr(0, "main", NULL), EPERM);
	CHECK_ERROR(pip_get_pid_(0, NULL), EPERM);
	CHECK_ERROR(pip_raise_signal(NULL, 0), EPERM);
	CHECK_INT(id, 7);
	CHECK_INT(flag, 7);
	CHECK_INT(pip_gettid(), gettid());
	CHECK_INT(pip_isa_piptask(), 0);
	lock(); /* of nobody */
	unlock();
	CHECK_INT(pip_idstr(text, sizeof(text)),
		  sizeof(text) - strlen(text));
	CHECK_CONTAINS(text, "(-)");
}

static void check_queries(pid_t root_pid)
{
	struct timeval now;
	pip_id_t id = 0;
	pid_t pid = 0;
	int flag = 7;

	CHECK_ERROR(pip_get_system_id(PIP_PIPID_ROOT, &id), 0);
	CHECK_INT(id, root_pid);
	CHECK_ERROR(pip_get_system_id(PIP_PIPID_MYSELF, &id), 0);
	CHECK_INT(id, getpid());
	CHECK_ERROR(pip_get_system_id(PIP_PIPID_MYSELF, NULL), 0);
	CHECK_ERROR(pip_get_pid_(PIP_PIPID_ROOT, &pid), 0);
	CHECK_INT(pid, root_pid);
	CHECK_ERROR(pip_get_system_id(PIP_PIPID_ANY, &id), EINVAL);
	CHECK_ERROR(pip_get_system_id(PIP_PIPID_NULL, &id), EINVAL);
	CHECK_ERROR(pip_get_system_id(-1, &id), API == 2 ? ERANGE : EINVAL);
	CHECK_ERROR(pip_get_system_id(NTASKS, &id), ERANGE);
	CHECK_ERROR(pip_get_system_id(NTASKS - 1, &id), ESRCH);
	CHECK_ERROR(pip_is_threaded(&flag), 0);
	CHECK_INT(flag, 0);
	flag = 7;
	CHECK_ERROR(pip_is_shared_fd(&flag), 0);
	CHECK_INT(flag, 0);
	CHECK_ERROR(pip_is_threaded(NULL), 0);
	CHECK_ERROR(pip_is_shared_fd(NULL), 0);
	CHECK_ERROR(pip_yield(PIP_YIELD_DEFAULT), 0);
	CHECK_ERROR(pip_yield(PIP_YIELD_USER), 0);
	CHECK_ERROR(pip_yield(PIP_YIELD_SYSTEM), 0);
	CHECK_INT(pip_gettid(), gettid());
	CHECK_INT(pip_is_debug_build(), 0);
	CHECK_INT(pip_isa_piptask(), getpid() != root_pid);
	CHECK_ERROR(pip_raise_signal(NULL, 0), 0);
	CHECK_ERROR(pip_raise_signal(&now, 0), EINVAL);
	NEED(gettimeofday(&now, NULL) == 0);
	CHECK(pip_gettime() >= (double)now.tv_sec);
}

static void check_messages(void)
{
	char who[PIPIDLEN], expected[2 * PIPIDLEN], buffer[4];
	const char *text;

	CHECK_INT(pip_idstr(who, sizeof(who)), sizeof(who) - strlen(who));
	CHECK_INT(pip_idstr(buffer, sizeof(buffer)), 0);
	CHECK_INT(strlen(buffer), 3);
	capture_begin();
	pip_info_mesg("information %d", 1);
	pip_warn_mesg("warning %d", 2);
	pip_err_mesg("error %d", 3);
	pip_info_fmesg(stderr, "to a file %d", 4);
	pip_debug_info();
	pip_check_addr((char *)"a", &exported_variable);
	pip_check_addr((char *)"b", NULL);
	pip_print_fd(stderr, STDERR_FILENO);
	pip_print_fds(stderr);
	pip_print_maps();
	pip_print_dsos();
	pip_print_loaded_solibs(stderr);
	pip_backtrace_fd(0, STDERR_FILENO);
	text = capture_end();
	snprintf(expected, sizeof(expected), "PiP-INFO[%s] information 1\n",
		 who);
	CHECK_CONTAINS(text, expected);
	snprintf(expected, sizeof(expected), "PiP-WARN[%s] warning 2\n", who);
	CHECK_CONTAINS(text, expected);
	snprintf(expected, sizeof(expected), "PiP-ERR[%s] error 3\n", who);
	CHECK_CONTAINS(text, expected);
	CHECK_CONTAINS(text, "to a file 4\n");
	CHECK_CONTAINS(text, "b: (nil) is not mapped\n");
	CHECK_CONTAINS(text, "/memfd:captured-stderr");
	NEED(setenv("PIP_QUIET", "", 1) == 0);
	capture_begin();
	pip_info_mesg("not to be seen");
	CHECK_STR(capture_end(), "");
	NEED(unsetenv("PIP_QUIET") == 0);
	CHECK_STR(pip_errname(EPERM), "EPERM");
	CHECK_STR(pip_errname(-5), "(unknown)");
}

static void check_malloc(void)
{
	void *block = NULL;
	char *prefix = pip_prefix_dir();

	CHECK(prefix != NULL && *prefix == '/');
	free(prefix);
	CHECK_ERROR(pip_page_alloc(1, &block), 0);
	CHECK_INT((uintptr_t)block % 4096, 0);
	memset(block, 1, 4096);
	free(block);
	CHECK_ERROR(pip_page_alloc((size_t)-5, &block), ENOMEM);
	CHECK_ERROR(pip_page_alloc(1, NULL), EINVAL);
	block = pip_memalign(256, 10);
	CHECK_INT((uintptr_t)block % 256, 0);
	free(block);
#if API == 2
	block = pip_calloc(3, 100);
	CHECK(block != NULL && ((char *)block)[299] == 0);
	CHECK(pip_malloc_usable_size(block) >= 300);
	block = pip_realloc(block, 5000);
	CHECK(block != NULL && ((char *)block)[299] == 0);
	pip_free(block);
	CHECK_ERROR(pip_posix_memalign(&block, 3, 10), EINVAL);
	CHECK_ERROR(pip_posix_memalign(&block, 64, 10), 0);
	CHECK_INT((uintptr_t)block % 64, 0);
	pip_free(block);
	pip_free(pip_malloc(0));
	CHECK_PTR(pip_malloc((size_t)-1000), NULL);
#endif
}

static void check_dl(void)
{
	void *handle = pip_dlopen(NULL, RTLD_LAZY), *symbol;
	Dl_info info;

	CHECK(handle != NULL);
	symbol = pip_dlsym(handle, "pip_init");
	CHECK_PTR(symbol, dlsym(RTLD_DEFAULT, "pip_init"));
	CHECK(pip_dladdr(symbol, &info) != 0);
	CHECK_STR(info.dli_sname, "pip_init");
	CHECK_PTR(pip_dlsym(handle, "no such symbol"), NULL);
	CHECK(pip_dlerror() != NULL);
	CHECK_INT(pip_dlclose(handle), 0);
	CHECK_PTR(pip_dlopen("/no/such/library", RTLD_NOW), NULL);
	/* The caller is this program, not libpip. */
	CHECK_PTR(pip_dlsym(RTLD_NEXT, "malloc"), dlsym(RTLD_NEXT, "malloc"));
}

static void check_pie(void)
{
#if API == 3
	CHECK_ERROR(pip_check_pie(role_path, 1), 0);
	CHECK_ERROR(pip_check_pie("/no/such/program", 0), ENOENT);
	CHECK_ERROR(pip_check_pie("/dev/null", 0), EACCES);
	CHECK_ERROR(pip_check_pie(NULL, 0), EINVAL);
#endif
}

static int play_task(int argc, char **argv)
{
	struct shared *shared = role_shared();

	(void)argc;
	check_queries(atoi(argv[1]));
	check_messages();
	check_malloc();
	check_dl();
	shared->variable = &exported_variable;
	shared->block = malloc(100);
	shared->pid = getpid();
	shared->ready = 1;
	CHECK_EVENTUALLY(shared->leave);
	CHECK_INT(exported_variable, 6);
	return check_finish();
}

static void check_task(struct shared *shared)
{
	int pipid = 0, status = -1;
	char root_pid[16];
	void *address = NULL, *handle = NULL;
	pip_id_t id = 0;
	long lmid = -1;

	snprintf(root_pid, sizeof(root_pid), "%d", (int)getpid());
	CHECK_ERROR(pip_get_addr(0, "exported_variable", &address), ESRCH);
	CHECK_ERROR(role_spawn(&pipid, "task", root_pid, NULL), 0);
	CHECK_EVENTUALLY(shared->ready);
	CHECK_ERROR(pip_get_system_id(0, &id), 0);
	CHECK_INT(id, shared->pid);
	CHECK_ERROR(pip_get_addr(0, "exported_variable", &address), 0);
	CHECK_PTR(address, shared->variable);
	CHECK_ERROR(pip_get_addr(0, "no_such_symbol", &address), ENOENT);
	CHECK_ERROR(pip_get_addr(0, NULL, &address), EINVAL);
	CHECK_ERROR(pip_get_dlmopen_info(0, &handle, &lmid), 0);
	CHECK_INT(lmid, 0);
	address = dlsym(handle, "exported_variable");
	CHECK_PTR(address, shared->variable);
	CHECK(address != &exported_variable);
	(*(int *)address)++;
#if API == 2
	pip_free(shared->block);
#else
	free(shared->block);
#endif
	shared->leave = 1;
	CHECK_ERROR(pip_wait(0, &status), 0);
	CHECK_STATUS(status, EXITED(0));
	CHECK_ERROR(pip_get_system_id(0, &id), ESRCH);
	CHECK_ERROR(pip_get_dlmopen_info(0, NULL, NULL), ESRCH);
}

/* Count with the lock held, twice over; or take it once; or die with it. */
static int play_locker(int argc, char **argv)
{
	struct shared *shared = role_shared();

	(void)argc;
	if (argv[1] != NULL && strcmp(argv[1], "once") == 0) {
		lock();
		shared->counter++;
		unlock();
		return 0;
	}
	if (argv[1] != NULL) {
		lock();
		lock();
		shared->ready = 1;
		return role_sleep(0, NULL);
	}
	for (int i = 0; i < 3000; i++) {
		lock();
		lock();
		shared->counter++;
		unlock();
		shared->counter++;
		unlock();
	}
	return check_finish();
}

static void check_locks(struct shared *shared)
{
	int pipid = 0, status = -1;

	unlock(); /* not taken: of no effect */
	shared->counter = 0;
	for (int i = 0; i < NTASKS; i++)
		CHECK_ERROR(role_spawn(NULL, "locker", NULL), 0);
	for (int i = 0; i < NTASKS; i++) {
		CHECK_ERROR(pip_wait_any(NULL, &status), 0);
		CHECK_STATUS(status, EXITED(0));
	}
	CHECK_INT(shared->counter, NTASKS * 6000);

	/* Taken twice: given back once is not given back. */
	lock();
	lock();
	unlock();
	CHECK_ERROR(role_spawn(&pipid, "locker", "once", NULL), 0);
	check_sleep_ms(50);
	CHECK_INT(shared->counter, NTASKS * 6000);
	unlock();
	CHECK_ERROR(pip_wait(0, &status), 0);
	CHECK_INT(shared->counter, NTASKS * 6000 + 1);

	shared->ready = 0;
	CHECK_ERROR(role_spawn(&pipid, "locker", "dies", NULL), 0);
	CHECK_EVENTUALLY(shared->ready);
	NEED(self_kill(0, SIGKILL) == 0);
	lock(); /* taken over */
	unlock();
	CHECK_ERROR(pip_wait(0, NULL), 0);
#if API == 2
	pip_universal_lock();
	pip_universal_lock();
	pip_universal_unlock();
	pip_universal_unlock();
#endif
}

static int play_root(int argc, char **argv)
{
	static struct shared shared;
	int ntasks = NTASKS;

	(void)argc, (void)argv;
	check_uninitialised();
	CHECK_ERROR(pip_init(NULL, &ntasks, NULL, 0), 0);
	CHECK_ERROR(pip_export(&shared), 0);
	check_queries(getpid());
	check_messages();
	check_malloc();
	check_dl();
	check_pie();
	check_task(&shared);
	check_locks(&shared);
	return role_finish();
}

static const struct role roles[] = {
	{ "root", play_root },
	{ "task", play_task },
	{ "locker", play_locker },
	{ NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
