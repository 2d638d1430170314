/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a program is started: execve(2) in user space.
 *
 * A loader that can be run as a command is: `ld.so --preload LIBPIP --argv0
 * ARGV0 PROGRAM ARGS...`.  It maps the program and its libraries by itself,
 * and $ORIGIN comes out right, which it would not if we mapped the program as
 * the kernel does (the loader would ask /proc/self/exe, the root's).
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "image.h"
#include "message.h"
#include "spawn.h"
#include "table.h"
#include "thread_mode.h"

/* Fill in what the loader is told. */
static void plan_command(const struct pip_slot *slot,
			 const struct program *program, char *const *argv,
			 struct stack_plan *plan)
{
	const char *argv0 = argv[0] != NULL ? argv[0] : program->path;
	unsigned n = 0;

	switch (program->kind) {
	case PROGRAM_GLIBC:
		plan->prefix[n++] = program->interp;
		plan->prefix[n++] = "--preload";
		plan->prefix[n++] = slot->root->preload;
		plan->prefix[n++] = "--argv0";
		plan->prefix[n++] = argv0;
		plan->prefix[n++] = program->path;
		break;
	case PROGRAM_MUSL:
		plan->prefix[n++] = program->interp;
		plan->prefix[n++] = "--argv0";
		plan->prefix[n++] = argv0;
		plan->prefix[n++] = "--";
		plan->prefix[n++] = program->path;
		break;
	case PROGRAM_STATIC:
	case PROGRAM_OTHER:
		break;
	}
	plan->nprefix = n;
}

/* Once: a root may spawn many. */
static void warn_outside(struct pip_root *root, const struct program *program)
{
	if (root->plugins == NULL ||
	    atomic_exchange(&root->has_warned_outside, true))
		return;
	warning_message("'%s': plugins are not loaded into it: %s",
			program->path,
			program->kind == PROGRAM_STATIC ?
				"it is statically linked" :
				"its loader is not glibc's");
}

/* Say why the program, or the loader that it needs, is not mapped. */
static void explain(const struct program *program, bool loader, int error,
		    const char *why)
{
	if (*why == '\0')
		limit_explain(error, program->path);
	else if (loader)
		error_message("'%s' needs the loader '%s', which is %s",
			      program->path, program->interp, why);
	else
		error_message("'%s' is %s", program->path, why);
}

/* Map the program or its loader and describe it as AT_PHDR and the like do. */
static int map_as_program(struct pip_slot *slot, const struct program *program,
			  bool loader, struct stack_plan *plan, uint64_t *bias)
{
	int fd = loader ? program->loader_fd : program->fd;
	struct image *image;
	char why[256] = "";
	int error;

	error = image_read(fd, loader, &image, why, sizeof(why));
	if (error == 0)
		error = image_map(slot, fd, image, bias);
	if (error != 0) {
		explain(program, loader, error, why);
		return error;
	}
	plan->phdr = image->elf.phdr_vaddr + *bias;
	plan->nphdr = image->elf.nphdr;
	plan->entry = image->elf.entry + *bias;
	return 0;
}

static int map_images(struct pip_slot *slot, const struct program *program,
		      struct stack_plan *plan, uint64_t *start)
{
	struct pip_table_entry *entry = slot->entry;
	struct stack_plan unused;
	uint64_t bias = 0;
	int error = 0;

	/* The program, where its loader does not map it. */
	if (program->kind == PROGRAM_STATIC || program->kind == PROGRAM_OTHER) {
		error = map_as_program(slot, program, false, plan, &bias);
		entry->load_bias = bias;
		*start = plan->entry;
	}
	if (error != 0 || program->kind == PROGRAM_STATIC)
		return error;
	/* The loader. */
	error = map_as_program(slot, program, true,
			       program->kind == PROGRAM_OTHER ? &unused : plan,
			       &bias);
	if (error != 0)
		return error;
	entry->loader_base = bias;
	if (program->kind == PROGRAM_OTHER) {
		plan->base = bias;
		*start = unused.entry;
	} else {
		*start = plan->entry;
	}
	return 0;
}

/* Does the environment set anything for the loader to tune? */
static bool has_tunables(char *const *envp)
{
	for (; *envp != NULL; envp++)
		if (strncmp(*envp, "GLIBC_TUNABLES=", 15) == 0)
			return true;
	return false;
}

/* Spare glibc's loader the questions that the first one has asked. */
static bool tell_features(const struct pip_slot *slot,
			  const struct program *program, char *const *envp)
{
	const struct arch_features *features = &slot->root->features;
	struct stat st;

	if (features->size == 0 || has_tunables(envp) ||
	    fstat(program->loader_fd, &st) != 0)
		return false;
	return arch_features_tell(features, st.st_dev, st.st_ino,
				  slot->entry->loader_base);
}

void loader_learn(struct pip_slot *slot, const struct program *program)
{
	struct pip_root *root = slot->root;
	struct stat st;

	if (root->features_asked || program->kind != PROGRAM_GLIBC ||
	    fstat(program->loader_fd, &st) != 0)
		return;
	root->features_asked = true;
	if (!arch_features_learn(&root->features, st.st_dev, st.st_ino,
				 slot->entry->loader_base))
		root->features.size = 0;
}

/* In thread mode libpip has to be inside, for a task to end alone. */
static int check_mode(const struct pip_root *root,
		      const struct program *program)
{
	static const char *const kinds[] = {
		[PROGRAM_MUSL] = "its libc is musl",
		[PROGRAM_STATIC] = "it is statically linked",
		[PROGRAM_OTHER] = "its loader is not glibc's",
	};
	const char *why = NULL;

	if (!root_is_threaded(root))
		return 0;
	if (program->kind != PROGRAM_GLIBC)
		why = kinds[program->kind];
	else if (!thread_mode_is_own_loader(root, program->loader_fd))
		why = "its loader is not the root's";
	if (why == NULL)
		return 0;
	error_message("'%s' cannot be a task in thread mode: %s, so libpip "
		      "cannot be inside it; use process mode",
		      program->path, why);
	return ELIBEXEC;
}

int loader_prepare(struct pip_slot *slot, const struct program *program,
		   char *const *argv, char *const *envp,
		   struct child_plan *child, struct stack_layout *layout)
{
	struct stack_plan plan = {
		.argv = argv,
		.envp = envp,
		.execfn = program->path,
	};
	int error;

	slot->outside = program->kind != PROGRAM_GLIBC;
	error = check_mode(slot->root, program);
	if (error != 0)
		return error;
	if (slot->outside)
		warn_outside(slot->root, program);
	plan_command(slot, program, argv, &plan);
	error = map_images(slot, program, &plan, &child->entry);
	if (error != 0)
		return error;
	plan.told_features = program->kind == PROGRAM_GLIBC &&
			     tell_features(slot, program, envp);
	error = stack_make(slot, &plan, layout);
	if (error == E2BIG)
		error_message("arguments and environment of '%s' do not fit "
			      "into a quarter of its stack (%zu KiB): raise "
			      "PIP_STACKSIZE, and RLIMIT_STACK if it is lower",
			      program->path, slot->root->stack_size >> 10);
	else if (error == ENOMEM)
		limit_explain(error, program->path);
	child->stack_pointer = layout->pointer;
	return error;
}
