/* SPDX-License-Identifier: BSD-2-Clause */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf_symbol.h"
#include "message.h"

#define WHY_SIZE 256

/* Does path name a regular file that may be executed? */
static int check_executable(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return errno;
	if (!S_ISREG(st.st_mode))
		return EACCES;
	if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) != 0)
		return EACCES;
	return 0;
}

/*
 * Search PATH as execvp(3) does: what may not be executed is passed over, and
 * is the answer only if nothing better follows.
 */
int program_search_path(const char *path, const char *name, char *found,
			size_t size)
{
	int error = ENOENT;

	if (path == NULL)
		path = "/usr/local/bin:/bin:/usr/bin";
	for (;;) {
		size_t length = strcspn(path, ":");
		int n = snprintf(found, size, "%.*s%s%s", (int)length, path,
				 length != 0 ? "/" : "./", name);

		if (n > 0 && (size_t)n < size) {
			int this_error = check_executable(found);

			if (this_error == 0)
				return 0;
			if (this_error == EACCES)
				error = EACCES;
		}
		if (path[length] == '\0')
			return error;
		path += length + 1;
	}
}

static int make_absolute(const char *path, char *absolute, size_t size)
{
	size_t used = 0;

	if (*path != '/') {
		if (getcwd(absolute, size) == NULL)
			return errno;
		used = strlen(absolute);
		if (strncmp(path, "./", 2) == 0)
			path += 2;
		if (used + 1 >= size)
			return ENAMETOOLONG;
		if (used > 1)
			absolute[used++] = '/';
	}
	if (strlen(path) >= size - used)
		return ENAMETOOLONG;
	strcpy(absolute + used, path);
	return 0;
}

static int find_program(const char *name, char *path, size_t size)
{
	char found[PATH_MAX];
	int error;

	if (*name == '\0')
		return ENOENT;
	if (strchr(name, '/') != NULL) {
		error = check_executable(name);
		return error != 0 ? error : make_absolute(name, path, size);
	}
	error = program_search_path(getenv("PATH"), name, found, sizeof(found));
	return error != 0 ? error : make_absolute(found, path, size);
}

static enum program_kind kind_of(const char *interp)
{
	const char *name;

	if (*interp == '\0')
		return PROGRAM_STATIC;
	name = strrchr(interp, '/');
	name = name != NULL ? name + 1 : interp;
	if (strncmp(name, "ld-linux", 8) == 0)
		return PROGRAM_GLIBC;
	if (strncmp(name, "ld-musl", 7) == 0)
		return PROGRAM_MUSL;
	return PROGRAM_OTHER;
}

static int open_loader(struct program *program)
{
	const char *interp = program->interp;

	/* Do not wait for a FIFO's writer: image_read() refuses it. */
	program->loader_fd = open(interp, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (program->loader_fd >= 0)
		return 0;
	error_message("'%s' needs the loader '%s': %s", program->path, interp,
		      strerror(errno));
	return errno == ENOENT ? ELIBACC : errno;
}

/* Find and open it for reading; *fd is -1 on error.  path has PATH_MAX bytes. */
static int open_program(const char *name, char *path, int *fd, char *why,
			size_t whysize)
{
	int error = find_program(name, path, PATH_MAX);

	*fd = -1;
	if (error == 0) {
		*fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (*fd < 0)
			error = errno;
	}
	if (error == EACCES)
		snprintf(why, whysize, "not an executable file, or no "
				       "permission to read and execute it");
	return error;
}

static void explain(const char *name, int error, const char *why)
{
	if (*why != '\0')
		error_message("'%s' is %s", name, why);
	else
		error_message("'%s': %s", name, strerror(error));
}

int program_check(const char *name, bool verbose)
{
	char path[PATH_MAX], why[WHY_SIZE] = "";
	struct elf_file elf;
	int fd, error = open_program(name, path, &fd, why, sizeof(why));

	if (error == 0) {
		error = elf_file_read(fd, &elf, why, sizeof(why));
		close(fd);
	}
	if (error != 0 && verbose)
		explain(name, error, why);
	return error;
}

int program_open(const char *name, struct program *program)
{
	char why[WHY_SIZE] = "";
	int error;

	program->loader_fd = -1;
	error = open_program(name, program->path, &program->fd, why,
			     sizeof(why));
	if (error == 0)
		error = image_read(program->fd, false, &program->image, why,
				   sizeof(why));
	if (error != 0) {
		explain(name, error, why);
		program_close(program);
		return error;
	}
	strcpy(program->interp, program->image->elf.interp);
	program->kind = kind_of(program->interp);
	if (program->kind != PROGRAM_STATIC)
		error = open_loader(program);
	if (error != 0)
		program_close(program);
	return error;
}

void program_close(struct program *program)
{
	if (program->fd >= 0)
		close(program->fd);
	if (program->loader_fd >= 0)
		close(program->loader_fd);
	program->fd = program->loader_fd = -1;
}

int program_find_start(const struct program *program, struct pip_start *start)
{
	char why[WHY_SIZE] = "";
	int is_local = 0, error;

	if (program->kind != PROGRAM_GLIBC) {
		error_message("'%s' cannot be started at '%s': only programs "
			      "of glibc's loader can",
			      program->path, start->name);
		return ENOEXEC;
	}
	error = elf_symbol_find(program->fd, start->name, &start->value,
				&is_local, why, sizeof(why));
	if (error == 0 && is_local)
		warning_message("start function '%s' of '%s' is static",
				start->name, program->path);
	/* It may be in one of the program's libraries: its own dynamic linker
	 * is asked once they are loaded (task.c). */
	if (error == ENOENT) {
		start->value = 0;
		return 0;
	}
	if (error != 0)
		error_message("'%s': start function '%s' %s", program->path,
			      start->name, why);
	return error;
}
