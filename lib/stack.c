/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "place.h"

#define PAGE 4096ul
#define RANDOM_SIZE 16 /* of AT_RANDOM */
/* The last bytes of a stack are zero, as the kernel leaves them: glibc reads
 * on behind the environment when it takes GLIBC_TUNABLES apart (2.36). */
#define TOP_SIZE 8
#define GUARD (1ul << 20) /* as wide as the kernel's stack_guard_gap */

/* How much the arguments need: strings and pointers. */
struct measure {
	size_t bytes;
	size_t count;
};

static void measure_add(struct measure *measure, const char *string)
{
	measure->bytes += strlen(string) + 1;
	measure->count++;
}

static struct measure measure_arguments(const struct stack_plan *plan)
{
	struct measure measure = { 0, 0 };

	for (unsigned i = 0; i < plan->nprefix; i++)
		measure_add(&measure, plan->prefix[i]);
	for (int i = plan->nprefix != 0 && plan->argv[0] != NULL;
	     plan->argv[i] != NULL; i++)
		measure_add(&measure, plan->argv[i]);
	return measure;
}

/* Copy a string to where *text points and say where it is. */
static uint64_t put_string(char **text, const char *string)
{
	size_t size = strlen(string) + 1;
	char *at = *text;

	memcpy(at, string, size);
	*text += size;
	return (uint64_t)at;
}

/*
 * The root's auxiliary vector, as the kernel made it, with what differs for
 * the task.  The rest (vDSO, hardware capabilities, page size, rseq sizes) is
 * the address space's or the machine's.
 */
static size_t make_auxv(Elf64_auxv_t *auxv, const struct pip_slot *slot,
			const struct stack_plan *plan, uint64_t execfn,
			uint64_t platform, uint64_t random)
{
	const Elf64_auxv_t ours[] = {
		{ AT_PHDR, { plan->phdr } },
		{ AT_PHENT, { sizeof(Elf64_Phdr) } },
		{ AT_PHNUM, { plan->nphdr } },
		{ AT_BASE, { plan->base } },
		{ AT_ENTRY, { plan->entry } },
		{ AT_UID, { getuid() } },
		{ AT_EUID, { geteuid() } },
		{ AT_GID, { getgid() } },
		{ AT_EGID, { getegid() } },
		{ AT_RANDOM, { random } },
		{ AT_EXECFN, { execfn } },
		{ AT_PLATFORM, { platform } },
		{ PIP_AT_SLOT, { (uint64_t)slot } },
		{ AT_NULL, { 0 } },
	};
	static const uint64_t inherited[] = {
		AT_SYSINFO_EHDR, AT_HWCAP, AT_HWCAP2, AT_PAGESZ, AT_CLKTCK,
		AT_FLAGS, AT_SECURE, AT_MINSIGSTKSZ, 27 /* rseq size */,
		28 /* rseq alignment */, 29 /* AT_HWCAP3 */, 30 /* AT_HWCAP4 */,
	};
	const Elf64_auxv_t *roots = slot->root->auxv;
	size_t n = 0;

	for (; roots->a_type != AT_NULL; roots++)
		for (size_t i = 0; i < sizeof(inherited) / sizeof(inherited[0]);
		     i++)
			if (roots->a_type == inherited[i])
				auxv[n++] = *roots;
	for (size_t i = 0; plan->told_features && i < n; i++)
		if (auxv[i].a_type == AT_HWCAP)
			auxv[i].a_un.a_val = getauxval(AT_HWCAP);
	memcpy(auxv + n, ours, sizeof(ours));
	return n + sizeof(ours) / sizeof(ours[0]);
}

int stack_read_auxv(struct pip_root *root)
{
	/* Not getauxval(): glibc's answers for AT_HWCAP differ from what the
	 * kernel gave it. */
	int fd = open("/proc/self/auxv", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return errno;
	/* Without the last one, which stays AT_NULL whatever was read. */
	n = read(fd, root->auxv, sizeof(root->auxv) - sizeof(root->auxv[0]));
	close(fd);
	return n > 0 ? 0 : EIO;
}

/* AT_RANDOM, from a pool: a system call for each task would cost more than
 * all else that is done here.  The caller holds root->lock. */
static void take_random(struct pip_root *root, char *random)
{
	if (root->random_left < RANDOM_SIZE) {
		root->random_left = sizeof(root->random);
		if (getrandom(root->random, sizeof(root->random),
			      GRND_NONBLOCK) != sizeof(root->random))
			memcpy(root->random, (void *)getauxval(AT_RANDOM),
			       RANDOM_SIZE);
	}
	root->random_left -= RANDOM_SIZE;
	memcpy(random, root->random + root->random_left, RANDOM_SIZE);
}

static int map_stack(struct pip_slot *slot, struct stack_layout *layout)
{
	size_t size = slot->root->stack_size;
	uint64_t at = place_take(slot, GUARD + size, PAGE);
	void *stack;

	if (at == 0)
		return ENOMEM;
	stack = mmap((void *)(at + GUARD), size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK |
			     MAP_FIXED,
		     -1, 0);
	if (stack == MAP_FAILED)
		return errno;
	layout->low = at + GUARD;
	layout->high = at + GUARD + size;
	/* Nothing may ever be placed in the gap below it. */
	slot->wrap_low = layout->high;
	return 0;
}

/* Stacks of different tasks use different lines of a page, and so of the
 * cache: user-level switches go through many of them. */
static uint64_t colour_of(const struct pip_slot *slot)
{
	return (unsigned)slot->pipid * 192u % 4096u;
}

int stack_make(struct pip_slot *slot, const struct stack_plan *plan,
	       struct stack_layout *layout)
{
	const char *platform = (const char *)getauxval(AT_PLATFORM);
	struct measure arguments = measure_arguments(plan);
	struct measure environment = { 0, 0 };
	uint64_t execfn, platform_at = 0, *word;
	Elf64_auxv_t auxv[PIP_AUXV_MAX];
	size_t strings, words, nauxv;
	char *text, *random;
	int error;

	for (int i = 0; plan->envp[i] != NULL; i++)
		measure_add(&environment, plan->envp[i]);
	strings = arguments.bytes + environment.bytes +
		  strlen(plan->execfn) + 1 + RANDOM_SIZE + TOP_SIZE;
	strings += platform != NULL ? strlen(platform) + 1 : 0;
	words = 1 + arguments.count + 1 + environment.count + 1;
	if (strings + words * sizeof(uint64_t) > slot->root->stack_size / 4)
		return E2BIG;
	error = map_stack(slot, layout);
	if (error != 0)
		return error;

	text = (char *)layout->high - strings;
	random = text;
	text += RANDOM_SIZE;
	take_random(slot->root, random);
	execfn = layout->high - TOP_SIZE - strlen(plan->execfn) - 1;
	memcpy((char *)execfn, plan->execfn, strlen(plan->execfn) + 1);
	if (platform != NULL)
		platform_at = put_string(&text, platform);
	nauxv = make_auxv(auxv, slot, plan, execfn, platform_at,
			  (uint64_t)random);
	layout->pointer = (layout->high - strings - nauxv * sizeof(auxv[0]) -
			   words * sizeof(uint64_t) - colour_of(slot)) & ~15ul;

	word = (uint64_t *)layout->pointer;
	*word++ = arguments.count;
	layout->argc = (int)arguments.count;
	layout->argv = (uint64_t)word;
	for (unsigned i = 0; i < plan->nprefix; i++)
		*word++ = put_string(&text, plan->prefix[i]);
	for (int i = plan->nprefix != 0 && plan->argv[0] != NULL;
	     plan->argv[i] != NULL; i++)
		*word++ = put_string(&text, plan->argv[i]);
	*word++ = 0;
	layout->envp = (uint64_t)word;
	for (int i = 0; plan->envp[i] != NULL; i++)
		*word++ = put_string(&text, plan->envp[i]);
	*word++ = 0;
	layout->auxv = (uint64_t)word;
	memcpy(word, auxv, nauxv * sizeof(auxv[0]));
	return 0;
}
