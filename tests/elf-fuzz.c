/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * elf-fuzz [FILES [FIRST]]
 *
 * Give FILES (20,000) damaged ELF files to the reader and to the symbol
 * lookup.  File number N is always the same for the same set of originals, so
 * that a failure can be repeated with "elf-fuzz 1 N".
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <link.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf-image.h"
#include "elf-invariants.h"
#include "elf_file.h"
#include "elf_symbol.h"

#define FILES 20000
#define RACES 3000
#define BASES_MAX 10
#define PAGE 4096

/* An original, and the copy of it that is damaged and then repaired. */
static struct base {
	char name[256];
	unsigned char *original;
	size_t size;
	int fd;
	unsigned char *copy; /* the file behind fd, mapped */
	bool is_cut; /* the file is shorter than its mapping */
	bool is_dirty[8192]; /* pages; a larger file is not used */
} bases[BASES_MAX];
static unsigned nbases;

static uint64_t random_state;
static unsigned long counts[7], symbol_counts[7];
static unsigned long nfailed;

/* Found by it: GCC and clang may not drop it. */
__attribute__((used, noinline)) static int fuzz_start(void *arg)
{
	return arg == NULL;
}

static void die(const char *what)
{
	perror(what);
	exit(99);
}

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t next_random(void)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static uint64_t below(uint64_t n)
{
	return n == 0 ? 0 : next_random() % n;
}

/* ------------------------------------------------------------------ */
/* Originals */

static void add_base(const char *name, const void *bytes, size_t size)
{
	struct base *base = &bases[nbases];

	if (nbases == BASES_MAX || size < 64 || size > 8192 * PAGE)
		return;
	snprintf(base->name, sizeof(base->name), "%s", name);
	base->size = size;
	base->original = malloc(size);
	base->fd = memfd_create("elf-fuzz", MFD_CLOEXEC);
	if (base->original == NULL || base->fd < 0 ||
	    ftruncate(base->fd, (off_t)size) != 0)
		die("memfd");
	base->copy = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
			  base->fd, 0);
	if (base->copy == MAP_FAILED)
		die("mmap");
	memcpy(base->original, bytes, size);
	memcpy(base->copy, bytes, size);
	nbases++;
}

/* Files that are not installed are left out. */
static void add_base_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *bytes;

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && st.st_size > 0) {
		bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE,
			     fd, 0);
		if (bytes == MAP_FAILED)
			die(path);
		add_base(path, bytes, (size_t)st.st_size);
		munmap(bytes, (size_t)st.st_size);
	}
	close(fd);
}

static int add_libc(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	(void)arg;
	if (strstr(info->dlpi_name, "/libc.so") != NULL)
		add_base_file(info->dlpi_name);
	return 0;
}

static void collect_bases(void)
{
	struct elf_file self;
	struct image image;
	char why[160];
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	image_make(&image);
	add_base("a small program", &image, IMAGE_SIZE);
	image.phdr[IMAGE_PT_INTERP].p_type = PT_NULL;
	add_base("a small static PIE", &image, IMAGE_SIZE);
	add_base_file("/proc/self/exe");
	if (fd < 0 || elf_file_read(fd, &self, why, sizeof(why)) != 0)
		die("/proc/self/exe");
	close(fd);
	add_base_file(self.interp);
	dl_iterate_phdr(add_libc, NULL);
	add_base_file("/bin/true");
	add_base_file("/bin/sh");
	add_base_file("/sbin/ldconfig"); /* a static PIE on Debian */
	add_base_file("/lib/ld-musl-x86_64.so.1");
}

/* ------------------------------------------------------------------ */
/* Damage */

static void touch(struct base *base, size_t offset, size_t length)
{
	for (size_t page = offset / PAGE; page <= (offset + length - 1) / PAGE;
	     page++)
		base->is_dirty[page] = true;
}

static void put(struct base *base, uint64_t offset, const void *bytes,
		size_t length)
{
	if (length == 0 || length > base->size || offset > base->size - length)
		return;
	touch(base, offset, length);
	memcpy(base->copy + offset, bytes, length);
}

static void put_byte(struct base *base, uint64_t offset, uint64_t length)
{
	unsigned char byte = (unsigned char)next_random();

	put(base, offset + below(length), &byte, 1);
}

/* Numbers at the edge of something, near what is there now. */
static uint64_t interesting(const struct base *base, uint64_t now)
{
	static const uint64_t edges[] = {
		0, 1, 2, 3, 7, 16, 56, 64, 0x1000, 0x10000, 0x200000,
		0x7fffffff, 0xffffffff, 0x40000000, 0x80000000, 0x400000000,
		0x7ffffffff000, 0x800000000000, 0x7fffffffffffffff,
		0x8000000000000000, 0xfffffffffffff000, 0xffffffffffffffff,
	};

	switch (below(9)) {
	case 0:
		return edges[below(sizeof(edges) / sizeof(edges[0]))];
	case 1:
		return now + below(9) - 4;
	case 2:
		return now + (below(5) - 2) * PAGE;
	case 3:
		return now ^ (UINT64_C(1) << below(64));
	case 4:
		return base->size + below(5) - 2;
	case 5:
		return base->size - now;
	case 6:
		return -now;
	case 7:
		return below(base->size);
	default:
		return now * 2;
	}
}

static void put_number(struct base *base, uint64_t offset, size_t length)
{
	uint64_t number = 0;

	if (length > base->size || offset > base->size - length)
		return;
	memcpy(&number, base->copy + offset, length);
	number = interesting(base, number);
	put(base, offset, &number, length); /* little-endian */
}

static const Elf64_Ehdr *header(const struct base *base)
{
	return (const Elf64_Ehdr *)base->original;
}

static uint64_t phdr_offset(const struct base *base)
{
	return header(base)->e_phoff +
	       below(header(base)->e_phnum) * sizeof(Elf64_Phdr);
}

/* Move a segment a bit, in memory and in the file, and change its length. */
static void move_segment(struct base *base, uint64_t offset)
{
	uint64_t distance = (below(1024) - 512) * 16;
	Elf64_Phdr phdr;

	if (base->size < sizeof(phdr) || offset > base->size - sizeof(phdr))
		return;
	memcpy(&phdr, base->copy + offset, sizeof(phdr));
	phdr.p_vaddr += distance;
	phdr.p_offset += distance;
	phdr.p_memsz -= distance;
	phdr.p_filesz = below(3) == 0 ? phdr.p_memsz : phdr.p_filesz - distance;
	put(base, offset, &phdr, sizeof(phdr));
}

static void damage_phdr(struct base *base)
{
	static const uint32_t types[] = { PT_LOAD, PT_LOAD, PT_INTERP,
					  PT_DYNAMIC, PT_NULL, PT_PHDR };
	uint64_t offset = phdr_offset(base), other = phdr_offset(base);
	uint32_t number;

	switch (below(12)) {
	case 0:
		put_byte(base, offset, sizeof(Elf64_Phdr));
		break;
	case 1: /* repeat one: overlaps, or is not sorted */
		put(base, offset, base->original + other, sizeof(Elf64_Phdr));
		break;
	case 2: /* swap two */
		put(base, offset, base->original + other, sizeof(Elf64_Phdr));
		put(base, other, base->original + offset, sizeof(Elf64_Phdr));
		break;
	case 3:
		number = types[below(6)];
		put(base, offset, &number, sizeof(number));
		break;
	case 4:
		number = (uint32_t)below(8);
		put(base, offset + offsetof(Elf64_Phdr, p_flags), &number,
		    sizeof(number));
		break;
	case 5: /* take a field from another */
		other += 8 + 8 * below(6);
		put(base, offset + 8 + 8 * below(6), base->original + other, 8);
		break;
	case 6:
	case 7:
		move_segment(base, offset);
		break;
	default:
		put_number(base, offset + 8 + 8 * below(6), 8);
	}
}

static void damage_header(struct base *base)
{
	static const unsigned char fields[][2] = {
		{ EHDR(e_type), 2 }, { EHDR(e_machine), 2 },
		{ EHDR(e_version), 4 }, { EHDR(e_entry), 8 },
		{ EHDR(e_phoff), 8 }, { EHDR(e_shoff), 8 },
		{ EHDR(e_phentsize), 2 }, { EHDR(e_phnum), 2 },
		{ EHDR(e_shentsize), 2 }, { EHDR(e_shnum), 2 },
		{ EHDR(e_shstrndx), 2 },
	};
	uint64_t i = below(16);

	if (i < 11)
		put_number(base, fields[i][0], fields[i][1]);
	else
		put_byte(base, 0, 64);
}

/* What a PT_INTERP or PT_DYNAMIC refers to. */
static void damage_contents(struct base *base, uint32_t type)
{
	const Elf64_Ehdr *ehdr = header(base);
	Elf64_Phdr phdr;

	for (unsigned i = 0; i < ehdr->e_phnum; i++) {
		memcpy(&phdr, base->original + ehdr->e_phoff + i * sizeof(phdr),
		       sizeof(phdr));
		if (phdr.p_type != type)
			continue;
		if (type == PT_DYNAMIC && below(2) == 0)
			put_number(base, phdr.p_offset +
				   8 * below(phdr.p_filesz / 8), 8);
		else
			put_byte(base, phdr.p_offset, phdr.p_filesz);
	}
}

/* Section headers, and what the tables of symbols and strings contain. */
static void damage_sections(struct base *base)
{
	const Elf64_Ehdr *ehdr = header(base);
	Elf64_Shdr shdr;
	uint64_t offset;

	if (ehdr->e_shnum == 0)
		return;
	offset = ehdr->e_shoff + below(ehdr->e_shnum) * sizeof(shdr);
	for (unsigned tries = 0; tries < 20; tries++) {
		memcpy(&shdr, base->original + offset, sizeof(shdr));
		if (shdr.sh_type == SHT_SYMTAB || shdr.sh_type == SHT_STRTAB ||
		    shdr.sh_type == SHT_DYNSYM)
			break;
		offset = ehdr->e_shoff + below(ehdr->e_shnum) * sizeof(shdr);
	}
	if (below(2) == 0) {
		uint64_t field = below(10); /* in 4-byte words and 8-byte ones */

		put_number(base, offset + (field < 2 ? field * 4 :
					   8 + (field - 2) * 8 % 56),
			   field < 2 ? 4 : 8);
	} else if (below(4) > 0) {
		put_byte(base, offset, sizeof(shdr));
	} else {
		put_byte(base, shdr.sh_offset, shdr.sh_size);
	}
}

static void splice_in(struct base *base)
{
	const struct base *other = &bases[below(nbases)];
	uint64_t from = below(2) == 0 ? 0 : below(other->size);
	uint64_t to = below(2) == 0 ? below(1024) : below(base->size);
	uint64_t length = 1 + below(below(2) == 0 ? 64 : 4096);

	if (below(4) == 0) /* the whole table of program headers */
		from = to = 64;
	if (from < other->size && length <= other->size - from)
		put(base, to, other->original + from, length);
}

static void resize(struct base *base)
{
	uint64_t size;

	switch (below(4)) {
	case 0:
		size = below(1024);
		break;
	case 1: /* sparse, up to 4 TiB */
		size = base->size + below(UINT64_C(1) << below(43));
		break;
	default:
		size = below(base->size);
	}
	if (ftruncate(base->fd, (off_t)size) != 0)
		die("ftruncate");
	base->is_cut = true;
}

static void damage(struct base *base)
{
	uint64_t n = 1 + below(below(3) == 0 ? 8 : 2);

	while (n-- > 0) {
		uint64_t kind = below(20);

		if (kind < 10)
			damage_phdr(base);
		else if (kind < 12)
			damage_header(base);
		else if (kind < 13)
			damage_contents(base, PT_INTERP);
		else if (kind < 15)
			damage_contents(base, PT_DYNAMIC);
		else if (kind < 18)
			damage_sections(base);
		else
			splice_in(base);
	}
	if (below(8) == 0)
		resize(base); /* last: the mapping cannot be used any more */
}

static void repair(struct base *base)
{
	size_t pages = (base->size + PAGE - 1) / PAGE;

	if (base->is_cut && ftruncate(base->fd, (off_t)base->size) != 0)
		die("ftruncate");
	for (size_t page = 0; page < pages; page++) {
		size_t offset = page * PAGE;
		size_t length = base->size - offset < PAGE ?
				base->size - offset : PAGE;

		if (base->is_cut || base->is_dirty[page])
			memcpy(base->copy + offset, base->original + offset,
			       length);
	}
	memset(base->is_dirty, 0, pages);
	base->is_cut = false;
}

/* ------------------------------------------------------------------ */
/* Checks */

__attribute__((format(printf, 3, 4)))
static void fail(const struct base *base, uint64_t number, const char *format,
		 ...)
{
	va_list args;

	if (++nfailed > 20)
		return;
	printf("file %" PRIu64 " (of %s): ", number, base->name);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

static const int errors[7] = { 0, EUNATCH, ELIBSCN, ELIBBAD, ELIBEXEC, ENOEXEC,
			       ENOENT };

static void count(const struct base *base, uint64_t number, int error,
		  const char *why, unsigned long *counters)
{
	for (const char *p = why; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == '\177')
			fail(base, number, "control character in \"%s\"", why);
	if ((error == 0) != (why[0] == '\0'))
		fail(base, number, "%d but \"%s\"", error, why);
	for (unsigned i = 0; i < 7; i++)
		if (errors[i] == error) {
			counters[i]++;
			return;
		}
	fail(base, number, "%s: %s", strerrorname_np(error), why);
}

static void check_file(struct base *base, uint64_t number)
{
	struct elf_file elf;
	char why[160];
	const char *broken;
	int error, loader_error;

	loader_error = elf_file_read_loader(base->fd, &elf, why, sizeof(why));
	count(base, number, loader_error, why, counts);
	if (loader_error != 0) {
		error = elf_file_read(base->fd, &elf, why, sizeof(why));
		count(base, number, error, why, counts);
		if (error != 0)
			return;
	}
	broken = elf_invariants_check(&elf);
	if (broken == NULL)
		broken = elf_invariants_check_file(&elf, base->fd);
	if (broken != NULL)
		fail(base, number, "not kept: %s", broken);
}

static void check_symbol(struct base *base, uint64_t number)
{
	static const char *const names[] = { "fuzz_start", "main", "malloc",
					     "_start", "" };
	uint64_t value = 0;
	int is_local = -1, error;
	char why[160];

	error = elf_symbol_find(base->fd, names[below(5)], &value, &is_local,
				why, sizeof(why));
	if (error == ELIBACC) {
		printf("SKIP: %s\n", why);
		exit(77);
	}
	count(base, number, error, why, symbol_counts);
	if (error == 0 && is_local != 0 && is_local != 1)
		fail(base, number, "is_local is %d", is_local);
}

/* ------------------------------------------------------------------ */
/* A file that changes while it is read */

static atomic_bool is_racing;

static void *race(void *arg)
{
	struct base *base = arg;
	uint64_t value = 0;
	int is_local;
	char why[160];

	while (atomic_load(&is_racing)) {
		struct elf_file elf;

		if (elf_file_read(base->fd, &elf, why, sizeof(why)) == 0) {
			const char *broken = elf_invariants_check(&elf);

			if (broken != NULL)
				fail(base, 0, "while it changes: %s", broken);
		}
		/* Whatever it says is right. */
		if (elf_symbol_find(base->fd, "fuzz_start", &value, &is_local,
				    why, sizeof(why)) == 0 && is_local > 1)
			fail(base, 0, "while it changes: is_local");
	}
	return NULL;
}

static void check_races(struct base *base)
{
	pthread_t thread;

	atomic_store(&is_racing, true);
	if (pthread_create(&thread, NULL, race, base) != 0)
		die("pthread_create");
	for (unsigned i = 0; i < RACES; i++) {
		damage(base);
		repair(base);
	}
	atomic_store(&is_racing, false);
	pthread_join(thread, NULL);
}

static void report(const char *what, const unsigned long *counters)
{
	printf("%s:", what);
	for (unsigned i = 0; i < 7; i++)
		printf(" %s %lu", errors[i] == 0 ? "accepted" :
		       strerrorname_np(errors[i]), counters[i]);
	putchar('\n');
}

int main(int argc, char **argv)
{
	uint64_t files = argc > 1 ? strtoull(argv[1], NULL, 0) : FILES;
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 0) : 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	fuzz_start(NULL);
	collect_bases();
	for (unsigned i = 0; i < nbases; i++) {
		printf("from %s, %zu bytes\n", bases[i].name, bases[i].size);
		check_file(&bases[i], 0);
		check_symbol(&bases[i], 0);
	}
	memset(counts, 0, sizeof(counts));
	memset(symbol_counts, 0, sizeof(symbol_counts));
	for (uint64_t number = first; number < first + files; number++) {
		struct base *base = &bases[number % nbases];

		random_state = number * 0x2545f4914f6cdd1d;
		damage(base);
		check_file(base, number);
		if (number / nbases % 4 == 0)
			check_symbol(base, number);
		repair(base);
	}
	if (files >= FILES)
		check_races(&bases[2]);
	report("read", counts);
	report("symbols", symbol_counts);
	/* Damage that is always, or never, found tests nothing. */
	if (files >= FILES && (counts[0] < files / 20 || counts[3] < files / 20 ||
			       counts[1] == 0 || counts[4] == 0 ||
			       symbol_counts[0] == 0 || symbol_counts[3] == 0 ||
			       symbol_counts[6] == 0)) {
		printf("the damage is too uniform\n");
		return 99;
	}
	for (unsigned i = 0; i < nbases; i++) {
		munmap(bases[i].copy, bases[i].size);
		close(bases[i].fd);
		free(bases[i].original);
	}
	printf("%" PRIu64 " files, %lu failed\n", files, nfailed);
	return nfailed != 0;
}
