/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Spawn what cannot be a task: each gives its error and one line that says
 * why, the root lives on, and nothing is left behind.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pip/pip.h>

#include "elf-image.h"
#include "expect.h"

/* Run from the folder above tests/, as "make check" does. */
#define GOOD "tests/elf-symbol-program"
#define NOT_PIE "tests/bad-program-fixed"
#define ROUNDS 4
#define NOBODY 65534

static char dir[] = "/tmp/bad-programs.XXXXXX";
static char path[PATH_MAX]; /* of the program that is tried */
static int captured;        /* stderr goes there */
static unsigned char *good; /* the good program's file */
static size_t good_size;

static const char *current = "pip_init"; /* what is tried */

/* A hang is a failure. */
static void hang(int sig)
{
	(void)sig;
	dprintf(STDOUT_FILENO, "%s: hangs\n", current);
	_exit(1);
}

/* ------------------------------------------------------------------ */
/* Making files */

static pid_t owner; /* of dir: not a child of this test */

static void clean_up(void)
{
	char command[sizeof(dir) + 16];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	if (getpid() == owner && system(command) != 0)
		printf("%s is left\n", dir);
}

static const char *place(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void make_file(const char *name, const void *bytes, size_t size,
		      mode_t mode)
{
	int fd;

	unlink(place(name));
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size ||
	    fchmod(fd, mode) != 0)
		die(path);
	close(fd);
}

/* A copy of the good program in which a text is replaced by another. */
static void make_copy(const char *name, const char *from, const char *to)
{
	unsigned char *copy = malloc(good_size), *place;

	if (copy == NULL)
		die("malloc");
	memcpy(copy, good, good_size);
	place = memmem(copy, good_size, from, strlen(from) + 1);
	if (place == NULL || strlen(from) != strlen(to))
		die(from);
	memcpy(place, to, strlen(to));
	make_file(name, copy, good_size, 0755);
	free(copy);
}

static void read_good(void)
{
	int fd = open(GOOD, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		die(GOOD);
	good_size = (size_t)st.st_size;
	good = malloc(good_size);
	if (good == NULL || read(fd, good, good_size) != (ssize_t)good_size)
		die(GOOD);
	close(fd);
}

/* ------------------------------------------------------------------ */
/* What the root has */

static int count_entries(const char *name)
{
	DIR *listing = opendir(name);
	int count = 0;

	if (listing == NULL)
		die(name);
	while (readdir(listing) != NULL)
		count++;
	closedir(listing);
	return count;
}

static int count_lines(const char *name)
{
	FILE *file = fopen(name, "re");
	int count = 0, c;

	if (file == NULL)
		die(name);
	while ((c = getc(file)) != EOF)
		count += c == '\n';
	fclose(file);
	return count;
}

static int count_children(void)
{
	char name[64];
	FILE *file;
	int count = 0, pid;

	snprintf(name, sizeof(name), "/proc/self/task/%d/children", getpid());
	file = fopen(name, "re");
	if (file == NULL) /* CONFIG_PROC_CHILDREN */
		return 0;
	while (fscanf(file, "%d", &pid) == 1)
		count++;
	fclose(file);
	return count;
}

/* ------------------------------------------------------------------ */
/* Spawning */

static void clear_captured(void)
{
	if (ftruncate(captured, 0) != 0 || lseek(captured, 0, SEEK_SET) != 0)
		die("ftruncate");
}

static const char *read_captured(void)
{
	static char text[8192];
	ssize_t n = pread(captured, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* Only a loader may have had something to say before. */
static bool is_one_line(const char *text)
{
	const char *ours = strstr(text, "PiP-ERR[");

	if (ours == NULL || (ours != text &&
			     strstr(ours, "its own message says why") == NULL))
		return false;
	return strchr(ours, '\n') == ours + strlen(ours) - 1;
}

/* A good program runs: the root is in order. */
static void expect_good(const char *after)
{
	char *argv[] = { (char *)GOOD, (char *)"quiet", NULL };
	int pipid = 0, status = -1, error;

	clear_captured();
	error = pip_spawn((char *)GOOD, argv, NULL, PIP_CPUCORE_ASIS, &pipid,
			  NULL, NULL, NULL);
	EXPECT(error == 0, "after %s: %s", after, strerrorname_np(error));
	if (error == 0)
		error = pip_wait(0, &status);
	EXPECT(error == 0 && status == 0, "after %s: status %#x, %s", after,
	       (unsigned)status, read_captured());
}

static void expect_failure(const char *what, int got, int error,
			   const char *part)
{
	const char *text = read_captured();
	int status;

	EXPECT(got == error, "%s: %s, not %s; %s", what, strerrorname_np(got),
	       strerrorname_np(error), text);
	EXPECT(is_one_line(text), "%s: \"%s\"", what, text);
	EXPECT(strstr(text, part) != NULL, "%s: \"%s\" has no \"%s\"", what,
	       text, part);
	EXPECT(pip_wait(0, &status) == ECHILD, "%s: there is a task", what);
}

static void expect_bad(const char *what, const char *program, int error,
		       const char *part)
{
	char *argv[] = { (char *)program, NULL };
	int pipid = 0, got;

	current = what;
	alarm(60);
	clear_captured();
	got = pip_spawn((char *)program, argv, NULL, PIP_CPUCORE_ASIS, &pipid,
			NULL, NULL, NULL);
	expect_failure(what, got, error, part);
	EXPECT(*program == '\0' || strstr(read_captured(), program) != NULL,
	       "%s: \"%s\" does not name it", what, read_captured());
	if (got == 0)
		pip_wait(0, NULL);
	expect_good(what);
}

static void expect_bad_function(const char *name, const char *part)
{
	pip_spawn_program_t program;
	int pipid = 0, got;

	clear_captured();
	pip_spawn_from_func(&program, (char *)GOOD, (char *)name, NULL, NULL,
			    NULL, NULL);
	got = pip_task_spawn(&program, PIP_CPUCORE_ASIS, 0, &pipid, NULL);
	EXPECT(got == ENOEXEC, "%s: %s", name, strerrorname_np(got));
	EXPECT(strstr(read_captured(), part) != NULL, "%s: \"%s\"", name,
	       read_captured());
	EXPECT(strstr(read_captured(), name) != NULL, "%s: \"%s\"", name,
	       read_captured());
	if (got == 0)
		pip_wait(0, NULL);
	expect_good(name);
}

/* ------------------------------------------------------------------ */
/* What is tried */

static void try_names(void)
{
	char name[PATH_MAX + 2];

	expect_bad("absent", place("absent"), ENOENT, "No such file");
	expect_bad("absent in PATH", "absent-program", ENOENT, "No such file");
	expect_bad("empty name", "", ENOENT, "No such file");
	make_file("file", "x", 1, 0644);
	expect_bad("file as folder", place("file/program"), ENOTDIR,
		   "Not a directory");
	symlink("loop", place("loop"));
	expect_bad("loop", path, ELOOP, "Too many levels");
	symlink("nowhere", place("dangling"));
	expect_bad("dangling link", path, ENOENT, "No such file");
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	name[0] = '/';
	clear_captured();
	expect_failure("long name", pip_spawn(name, NULL, NULL,
		       PIP_CPUCORE_ASIS, &(int){ 0 }, NULL, NULL, NULL),
		       ENAMETOOLONG, "File name too long");
}

static void try_kinds(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	make_file("no-x", good, good_size, 0644);
	expect_bad("no x bits", place("no-x"), EACCES, "");
	expect_bad("folder", dir, EACCES, "");
	expect_bad("device", "/dev/null", EACCES, "");
	unlink(place("fifo"));
	if (mkfifo(path, 0777) != 0)
		die(path);
	expect_bad("FIFO", path, EACCES, "");
	unlink(place("socket"));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", dir);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		die(path);
	expect_bad("socket", path, EACCES, "");
	close(fd);
	make_file("script", "#!/bin/sh\nexit 0\n", 17, 0755);
	expect_bad("script", path, ELIBSCN, "script");
	make_file("empty", "", 0, 0755);
	expect_bad("empty", path, EUNATCH, "empty");
	make_file("text", "exit 0\n", 7, 0755);
	expect_bad("short text", path, EUNATCH, "too short");
	make_file("zeros", "", 0, 0755);
	if (truncate(path, 1 << 20) != 0)
		die(path);
	expect_bad("zeros", path, ELIBBAD, "not an ELF file");
	expect_bad("fixed address", NOT_PIE, ELIBEXEC, "not PIE");
	expect_bad("loader", IMAGE_INTERP, ELIBEXEC, "a shared library");
}

static void try_truncated(void)
{
	const Elf64_Ehdr *ehdr = (const Elf64_Ehdr *)good;
	size_t headers = ehdr->e_phoff + ehdr->e_phnum * sizeof(Elf64_Phdr);
	size_t cuts[64], n = 0;

	cuts[n++] = 1;
	cuts[n++] = SELFMAG;
	cuts[n++] = EI_NIDENT;
	cuts[n++] = sizeof(*ehdr) - 1;
	for (size_t at = ehdr->e_phoff; at <= headers && n < 60;
	     at += sizeof(Elf64_Phdr))
		cuts[n++] = at;
	cuts[n++] = headers - 1;
	cuts[n++] = headers + 1;
	cuts[n++] = 4096;
	for (size_t i = 0; i < n; i++) {
		char what[64];

		snprintf(what, sizeof(what), "truncated to %zu bytes", cuts[i]);
		make_file("cut", good, cuts[i], 0755);
		expect_bad(what, path, cuts[i] < sizeof(*ehdr) ? EUNATCH :
			   ELIBBAD, cuts[i] < sizeof(*ehdr) ? "too short" :
			   "truncated");
	}
}

/* One field of the image's headers is set. */
static void try_field(const char *what, size_t offset, size_t size,
		      uint64_t value, int error, const char *part)
{
	struct image image;

	image_make(&image);
	memcpy((char *)&image + offset, &value, size);
	make_file("image", &image, IMAGE_SIZE, 0755);
	expect_bad(what, path, error, part);
}

static void try_headers(void)
{
	try_field("32-bit", EI_CLASS, 1, ELFCLASS32, ELIBBAD, "32-bit");
	try_field("big-endian", EI_DATA, 1, ELFDATA2MSB, ELIBBAD, "byte order");
	try_field("machine", EHDR(e_machine), 2, EM_AARCH64, ELIBBAD,
		  "another machine");
	try_field("object", EHDR(e_type), 2, ET_REL, ELIBBAD, "object file");
	try_field("core", EHDR(e_type), 2, ET_CORE, ELIBBAD, "core file");
	try_field("no headers", EHDR(e_phnum), 2, 0, ELIBBAD, "no program h");
	try_field("PN_XNUM", EHDR(e_phnum), 2, PN_XNUM, ELIBBAD, "65535");
	try_field("entry", EHDR(e_entry), 8, 0x100000, ELIBBAD, "entry point");
	try_field("offset", PHDR(IMAGE_DATA, p_offset), 8, 0x100000, ELIBBAD,
		  "not inside the file");
	try_field("file size", PHDR(IMAGE_RODATA, p_filesz), 8, 1ul << 40,
		  ELIBBAD, "larger in the file");
	try_field("memory size", PHDR(IMAGE_DATA, p_memsz), 8, -1ul, ELIBBAD,
		  "outside the address space");
	try_field("huge", PHDR(IMAGE_DATA, p_memsz), 8, 1ul << 40, ELIBBAD,
		  "too big");
	try_field("overlap", PHDR(IMAGE_RODATA, p_vaddr), 8, 0, ELIBBAD,
		  "overlaps");
	try_field("not sorted", PHDR(IMAGE_TEXT, p_vaddr), 8, 0x8000, ELIBBAD,
		  "not sorted");
	try_field("not congruent", PHDR(IMAGE_DATA, p_vaddr), 8, 0x2004,
		  ELIBBAD, "modulo the page size");
	try_field("alignment", PHDR(IMAGE_DATA, p_align), 8, 3, ELIBBAD,
		  "power of two");
}

/* The image, with this interpreter. */
static void try_interp(const char *what, const char *interp, int error,
		       const char *part)
{
	struct image image;

	image_make(&image);
	strcpy(image.rodata, interp);
	image.phdr[IMAGE_PT_INTERP].p_offset = 0x1000;
	image.phdr[IMAGE_PT_INTERP].p_filesz = strlen(interp) + 1;
	make_file("image", &image, IMAGE_SIZE, 0755);
	expect_bad(what, path, error, part);
}

static void try_interpreters(void)
{
	char interp[PATH_MAX];

	try_interp("relative", "ld.so", ELIBBAD, "not absolute");
	try_interp("absent", "/absent/ld-linux.so", ELIBACC, "/absent/ld-l");
	try_interp("folder", "/tmp", EACCES, "a directory");
	make_file("ld-text", "not a loader, but long enough to be read as the "
		  "header of an ELF file is", 72, 0755);
	strcpy(interp, path);
	try_interp("text", interp, ELIBBAD, "not an ELF file");
	make_file("ld-empty", "", 0, 0755);
	strcpy(interp, path);
	try_interp("empty", interp, EUNATCH, "empty");
	make_file("ld-program", good, good_size, 0755);
	strcpy(interp, path);
	try_interp("a program", interp, ELIBBAD, "needs an interpreter itself");
	strcpy(interp, place("fifo"));
	try_interp("FIFO", interp, EACCES, "not a regular file");
	place("image");
	strcpy(interp, path);
	try_interp("itself", interp, ELIBBAD, "needs an interpreter itself");
}

/* What only the loader finds out, in the new task. */
static void try_loading(void)
{
	struct image image;

	make_copy("no-library", "libc.so.6", "libX.so.6");
	expect_bad("missing library", path, ELIBEXEC, "libX.so.6");
	/* The headers are sound, but a dynamic program it is not: the loader
	 * says so, or crashes. */
	image_make(&image);
	make_file("image", &image, IMAGE_SIZE, 0755);
	expect_bad("no symbol table", path, ELIBEXEC, "load");
}

static void try_functions(void)
{
	expect_bad_function("absent_function", "start function");
	expect_bad_function("duplicate", "static functions");
	expect_bad_function("global_data", "data");
}

/* Odd, but sound: it runs, and ends like this. */
static void expect_end(const char *what, struct image *image, int wait_status)
{
	int pipid = 0, status = -1, error;

	current = what;
	image->phdr[IMAGE_PT_INTERP].p_type = PT_NULL; /* a static PIE */
	make_file("image", image, IMAGE_SIZE, 0755);
	clear_captured();
	error = pip_spawn(path, NULL, NULL, PIP_CPUCORE_ASIS, &pipid, NULL,
			  NULL, NULL);
	if (error == 0)
		error = pip_wait(0, &status);
	EXPECT(error == 0 && status == wait_status, "%s: %s, status %#x; %s",
	       what, strerrorname_np(error), (unsigned)status, read_captured());
	expect_good(what);
}

static void try_odd(void)
{
	/* exit_group(is this where it was linked, modulo 2 MiB? 0 : 1) */
	static const unsigned char where[] = {
		0x48, 0x8d, 0x3d, 0xf9, 0xff, 0xff, 0xff, /* lea -7(%rip), %rdi */
		0x48, 0x81, 0xef, 0x00, 0x18, 0x00, 0x00, /* sub $0x1800, %rdi */
		0xf7, 0xc7, 0xff, 0xff, 0x1f, 0x00, /* test $0x1fffff, %edi */
		0x40, 0x0f, 0x95, 0xc7,             /* setne %dil */
		0x40, 0x0f, 0xb6, 0xff,             /* movzbl %dil, %edi */
		0xb8, 0xe7, 0x00, 0x00, 0x00,       /* mov $231, %eax */
		0x0f, 0x05,                         /* syscall */
	};
	struct image image;

	image_make(&image);
	expect_end("static PIE", &image, 0);
	image_make(&image);
	image.code[0] = 0xf4; /* hlt */
	expect_end("crash at once", &image, SIGSEGV);
	image_make(&image);
	memcpy(image.text + 0x800, where, sizeof(where));
	image.ehdr.e_entry = 0x1800;
	image.phdr[IMAGE_TEXT].p_vaddr += 0x1000;
	image.phdr[IMAGE_RODATA].p_vaddr += 0x1000;
	image.phdr[IMAGE_DATA].p_vaddr += 0x1000;
	image.phdr[IMAGE_TEXT].p_align = 0x200000;
	expect_end("aligned, but not at its start", &image, 0);
	image_make(&image);
	image.phdr[IMAGE_TEXT].p_filesz = image.phdr[IMAGE_TEXT].p_memsz = 0x800;
	image.phdr[IMAGE_RODATA].p_vaddr = 0x800;
	image.phdr[IMAGE_RODATA].p_offset = 0x800;
	image.phdr[IMAGE_RODATA].p_flags |= PF_X;
	expect_end("two segments in a page", &image, 0);
}

/* Eight GiB of code, in a file of three pages. */
static void try_sparse(void)
{
	struct image image;
	int pipid = 0, status = -1, error;

	image_make(&image);
	for (int i = 0; i < IMAGE_NPHDR; i++)
		if (i != IMAGE_TEXT && i != IMAGE_DYNAMIC)
			image.phdr[i].p_type = PT_NULL;
	image.phdr[IMAGE_TEXT].p_filesz = 8ul << 30;
	image.phdr[IMAGE_TEXT].p_memsz = 8ul << 30;
	make_file("sparse", &image, IMAGE_SIZE, 0755);
	if (truncate(path, 8l << 30) != 0) {
		printf("sparse file not tried: %s\n", strerror(errno));
		return;
	}
	error = pip_spawn(path, NULL, NULL, PIP_CPUCORE_ASIS, &pipid, NULL,
			  NULL, NULL);
	if (error == 0)
		error = pip_wait(0, &status);
	EXPECT(error == 0 && status == 0, "%s, status %#x; %s",
	       strerrorname_np(error), (unsigned)status, read_captured());
	unlink(path);
}

static void try_all(void)
{
	try_names();
	try_kinds();
	try_truncated();
	try_headers();
	try_interpreters();
	try_loading();
	try_functions();
	try_odd();
	try_sparse();
}

static void start(void)
{
	int pipid, ntasks = 2;
	int error = pip_init(&pipid, &ntasks, NULL, PIP_MODE_PROCESS);

	if (error != 0) {
		printf("pip_init: %s\n", strerrorname_np(error));
		exit(99);
	}
	captured = memfd_create("stderr", MFD_CLOEXEC);
	if (captured < 0 || dup2(captured, STDERR_FILENO) < 0)
		die("memfd");
	expect_good("pip_init");
}

/* Files that root can read and somebody else cannot: in a process of its own. */
static void try_unprivileged(void)
{
	int status = -1;
	pid_t pid;

	make_file("no-x", good, good_size, 0644);
	make_file("only-owner", good, good_size, 0700);
	make_file("no-r", good, good_size, 0111);
	if (mkdir(place("closed"), 0000) != 0 || chmod(dir, 0755) != 0)
		die(path);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		char cwd[PATH_MAX], whole[PATH_MAX + sizeof(GOOD)] = GOOD;
		bool was_root = geteuid() == 0;

		if (was_root && (setgroups(0, NULL) != 0 ||
				 setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
				 setresuid(NOBODY, NOBODY, NOBODY) != 0)) {
			printf("not tried without privilege: setresuid: %s\n",
			       strerror(errno));
			exit(0);
		}
		prctl(PR_SET_DUMPABLE, 1); /* else /proc/self is root's */
		/* By its whole path, as libpip and its loader are opened:
		 * the build may be below a private folder, such as /root. */
		if (getcwd(cwd, sizeof(cwd)) == NULL ||
		    snprintf(whole, sizeof(whole), "%s/%s", cwd, GOOD) < 0 ||
		    access(whole, R_OK | X_OK) != 0) {
			printf("not tried without privilege: no access to %s\n",
			       whole);
			exit(0);
		}
		start();
		expect_bad("no x bits", place("no-x"), EACCES, "permission");
		if (was_root)
			expect_bad("only owner", place("only-owner"), EACCES,
				   "permission");
		expect_bad("no r bits", place("no-r"), EACCES, "permission");
		expect_bad("closed folder", place("closed/program"), EACCES,
			   "");
		fflush(stdout);
		_exit(failed != 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		die("waitpid");
	if (chmod(place("closed"), 0700) != 0)
		die(path);
	EXPECT(status == 0, "without privilege: status %#x", (unsigned)status);
}

int main(void)
{
	int fds = 0, maps = 0, children = 0, saved, error;

	signal(SIGALRM, hang);
	alarm(60);
	if (mkdtemp(dir) == NULL)
		die(dir);
	owner = getpid();
	atexit(clean_up);
	/* A folder that may not be searched would make it EACCES. */
	setenv("PATH", "/usr/bin:/bin", 1);
	read_good();
	try_unprivileged();
	saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
	start();
	for (int round = 0; round < ROUNDS; round++) {
		try_all();
		printf("round %d: %d descriptors, %d mappings, %d children\n",
		       round, count_entries("/proc/self/fd"),
		       count_lines("/proc/self/maps"), count_children());
		/* The first one loads libelf and fills caches. */
		if (round == 0) {
			fds = count_entries("/proc/self/fd");
			maps = count_lines("/proc/self/maps");
			children = count_children();
		}
	}
	EXPECT(count_entries("/proc/self/fd") == fds, "descriptors leaked");
	EXPECT(count_lines("/proc/self/maps") <= maps + 2, "mappings leaked");
	EXPECT(count_children() == children, "children are left");
	error = pip_fin();
	EXPECT(error == 0, "pip_fin: %s", strerrorname_np(error));
	dup2(saved, STDERR_FILENO);
	printf("%d checks, %d failed\n", ran, failed);
	return failed != 0;
}
