/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many tasks at once use what libc and the loader keep global: dlopen, dlsym,
 * dl_iterate_phdr, locales, character sets, the name service, stdio, timers.
 */
#include <dlfcn.h>
#include <iconv.h>
#include <link.h>
#include <locale.h>
#include <netdb.h>
#include <pwd.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>

#include "role.h"
#include "runtime-library.h"
#include "self.h"

#define NTASKS 30
#define ROUNDS 4

static int self = -1;

static void use_dlopen(void)
{
	void *handle = dlopen("libm.so.6", RTLD_NOW), *other;
	double (*cosine)(double);
	int (*start)(void *);
	Dl_info info;
	int number = 5;

	CHECK_OR_STOP(handle != NULL);
	*(void **)&cosine = dlsym(handle, "cos");
	CHECK_OR_STOP(cosine != NULL);
	CHECK(cosine(0) == 1);
	CHECK(dladdr(*(void **)&cosine, &info) != 0 &&
	      strstr(info.dli_fname, "libm") != NULL);
	CHECK(dlclose(handle) == 0);
	CHECK(dlopen("libdoes-not-exist.so", RTLD_NOW) == NULL);
	CHECK(dlerror() != NULL);
	/* The program's own library, once more: the same copy. */
	handle = dlopen("libruntime-test.so", RTLD_NOW | RTLD_NOLOAD);
	CHECK_OR_STOP(handle != NULL);
	*(void **)&start = dlsym(handle, "library_start");
	CHECK_OR_STOP(start != NULL);
	CHECK_INT(start(&number), 5);
	CHECK(start == library_start);
	dlclose(handle);
	/* libc, by the name that the loader knows. */
	other = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
	CHECK(other != NULL);
	CHECK_PTR(dlsym(RTLD_DEFAULT, "pip_get_pipid"),
		  dlsym(dlopen(NULL, RTLD_NOW), "pip_get_pipid"));
}

static int note_object(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	/* Each task's objects are in its window. */
	if (info->dlpi_addr != 0 && strstr(info->dlpi_name, "vdso") == NULL) {
		const struct pip_table_entry *entry = self_entry(self);

		CHECK(info->dlpi_addr >= entry->window_low &&
		      info->dlpi_addr < entry->window_high);
	}
	++*(int *)arg;
	return 0;
}

static void use_objects(void)
{
	int count = 0;

	dl_iterate_phdr(note_object, &count);
	CHECK(count >= 4);
}

static void use_locale(int round)
{
	char text[32], want[32];

	CHECK(setlocale(LC_ALL, (self + round) % 2 ? "C.UTF-8" : "C") != NULL);
	check_sleep_ms(1);
	CHECK_STR(setlocale(LC_CTYPE, NULL),
		  (self + round) % 2 ? "C.UTF-8" : "C");
	CHECK_INT(MB_CUR_MAX, (self + round) % 2 ? 6 : 1);
	snprintf(text, sizeof(text), "%.2f", self + 0.5);
	snprintf(want, sizeof(want), "%d.50", self);
	CHECK_STR(text, want);
}

static void use_iconv(void)
{
	iconv_t cd = iconv_open("UTF-8", "ISO-8859-15");
	char in[] = "\xa4", out[8] = "", *inp = in, *outp = out;
	size_t inleft = 1, outleft = sizeof(out);

	if (cd == (iconv_t)-1)
		return; /* the modules are not installed */
	CHECK_INT(iconv(cd, &inp, &inleft, &outp, &outleft), 0);
	CHECK_STR(out, "\xe2\x82\xac");
	CHECK_INT(iconv_close(cd), 0);
}

static void use_name_service(void)
{
	struct addrinfo hints, *info = NULL;
	struct passwd *user;
	int error;

	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = SOCK_STREAM;
	error = getaddrinfo("localhost", "80", &hints, &info);
	if (error != 0)
		check_fail("getaddrinfo: %s", gai_strerror(error));
	else
		CHECK(info != NULL && info->ai_addr != NULL);
	freeaddrinfo(info);
	user = getpwuid(0);
	CHECK(user != NULL && user->pw_uid == 0);
}

static void use_stdio(int round)
{
	char line[64], want[64];
	FILE *stream = tmpfile();

	NEED(stream != NULL);
	for (int i = 0; i < 200; i++)
		fprintf(stream, "task %d round %d line %d\n", self, round, i);
	rewind(stream);
	for (int i = 0; i < 200; i++) {
		snprintf(want, sizeof(want), "task %d round %d line %d\n", self,
			 round, i);
		CHECK(fgets(line, sizeof(line), stream) == line);
		CHECK_STR(line, want);
	}
	fclose(stream);
}

static _Atomic int ticks;

static void tick(union sigval value)
{
	CHECK_INT(value.sival_int, self);
	ticks++;
}

/* glibc makes a thread of its own for this. */
static void use_timer(void)
{
	struct itimerspec once = { { 0, 0 }, { 0, 1000000 } };
	struct sigevent event;
	timer_t timer;
	int before = ticks;

	memset(&event, 0, sizeof(event));
	event.sigev_notify = SIGEV_THREAD;
	event.sigev_value.sival_int = self;
	event.sigev_notify_function = tick;
	NEED(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
	NEED(timer_settime(timer, 0, &once, NULL) == 0);
	CHECK_EVENTUALLY(ticks > before);
	NEED(timer_delete(timer) == 0);
}

static int play_root(int argc, char **argv)
{
	(void)argc, (void)argv;
	role_init(NTASKS);
	role_run_all(NTASKS, "task", EXITED(0));
	CHECK_STR(setlocale(LC_ALL, NULL), "C");
	return role_finish();
}

static int play_task(int argc, char **argv)
{
	(void)argc, (void)argv;
	CHECK_ERROR(pip_get_pipid(&self), 0);
	for (int round = 0; round < ROUNDS; round++) {
		use_dlopen();
		use_objects();
		use_locale(round);
		use_iconv();
		use_name_service();
		use_stdio(round);
		use_timer();
	}
	return check_finish();
}

static const struct role roles[] = {
	{ "root", play_root }, { "task", play_task }, { NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
