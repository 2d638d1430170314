/* SPDX-License-Identifier: BSD-2-Clause */
/* Functions are found in symbol tables; damaged tables are refused. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <elf.h>
#include <limits.h>

#include "elf_symbol.h"
#include "expect.h"

#define THREADS 8

static char directory[PATH_MAX];

/* Programs of this test lie beside it. */
static int open_program(const char *name)
{
	char path[PATH_MAX + 64];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die(path);
	return fd;
}

/* local -1: no matter which. */
static void expect_found(int fd, const char *name, uint64_t address, int local)
{
	uint64_t value = 0;
	int is_local = -1;
	char why[200] = "";
	int error = elf_symbol_find(fd, name, &value, &is_local, why,
				    sizeof(why));

	if (error == ELIBACC) {
		printf("SKIP: %s\n", why);
		exit(77);
	}
	EXPECT(error == 0, "%s: %s \"%s\"", name, strerrorname_np(error), why);
	EXPECT(address == 0 || value == address, "%s: 0x%" PRIx64 ", not 0x%"
	       PRIx64, name, value, address);
	EXPECT(local < 0 || is_local == local, "%s: is_local %d", name, is_local);
	EXPECT(why[0] == '\0', "%s: \"%s\"", name, why);
}

static void expect_refused(int fd, const char *name, int error, const char *part)
{
	uint64_t value = 1;
	int is_local = 2;
	char why[200];
	int got = elf_symbol_find(fd, name, &value, &is_local, why, sizeof(why));

	EXPECT(got == error, "%s: %s \"%s\"", name, strerrorname_np(got), why);
	EXPECT(strstr(why, part) != NULL, "%s: \"%s\"", name, why);
	EXPECT(strlen(why) < 160 && strpbrk(why, "\n\033") == NULL, "%s", why);
	EXPECT(value == 1 && is_local == 2, "%s: results were written", name);
}

/* The first call loads libelf: all threads at once. */
static pthread_barrier_t barrier;
static uint64_t values[THREADS];

static void *find_main(void *value)
{
	char why[200];
	int is_local;
	int fd = open_program("elf-symbol-program");

	pthread_barrier_wait(&barrier);
	for (int i = 0; i < 20; i++)
		if (elf_symbol_find(fd, "main", value, &is_local, why,
				    sizeof(why)) != 0)
			*(uint64_t *)value = 0;
	close(fd);
	return NULL;
}

static void check_threads(void)
{
	pthread_t threads[THREADS];

	pthread_barrier_init(&barrier, NULL, THREADS);
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, find_main, &values[i]) != 0)
			die("pthread_create");
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 1; i < THREADS; i++)
		EXPECT(values[i] == values[0], "thread %d", i);
}

/* What the program itself says of its functions. */
static void check_values(int fd)
{
	char path[PATH_MAX + 64], name[64];
	unsigned long address;
	int n = 0;
	FILE *file;

	snprintf(path, sizeof(path), "'%s/elf-symbol-program'", directory);
	file = popen(path, "r");
	if (file == NULL)
		die(path);
	while (fscanf(file, "%63s %lx", name, &address) == 2) {
		bool local = strcmp(name, "static_function") == 0 ||
			     strcmp(name, "aliased") == 0 ||
			     strcmp(name, "same_name") == 0;

		/* Some linkers make a hidden symbol LOCAL. */
		expect_found(fd, name, address,
			     strcmp(name, "hidden_function") == 0 ? -1 : local);
		n++;
	}
	EXPECT(pclose(file) == 0 && n == 7, "%s printed %d lines", path, n);
}

static void check_variants(void)
{
	int fd = open_program("elf-symbol-program");

	check_values(fd);
	expect_refused(fd, "absent_function", ENOENT, "is not found");
	expect_refused(fd, "", ENOENT, "is not found");
	expect_refused(fd, "duplicate", ENOEXEC, "is defined by 2 static");
	expect_refused(fd, "global_data", ENOEXEC, "is data, not a function");
	expect_refused(fd, "indirect_function", ENOEXEC, "ifunc");
	expect_refused(fd, "elf-symbol-program.c", ENOENT, "is not found");
	close(fd);

	fd = open_program("elf-symbol-stripped");
	expect_refused(fd, "static_function", ENOENT, "stripped");
	expect_refused(fd, "global_function", ENOENT, "stripped");
	expect_refused(fd, "printf", ENOENT, "in a library");
	close(fd);

	fd = open_program("elf-symbol-dynamic"); /* .dynsym only */
	expect_found(fd, "global_function", 0, 0);
	expect_found(fd, "weak_function", 0, 0);
	expect_refused(fd, "static_function", ENOENT, "stripped");
	expect_refused(fd, "global_data", ENOEXEC, "is data");
	close(fd);
}

/* ------------------------------------------------------------------ */
/* Damaged tables */

static unsigned char *original, *copy;
static size_t size;
static int copy_fd;

#define COPY_SHDR(n) \
	((Elf64_Shdr *)(copy + ((Elf64_Ehdr *)copy)->e_shoff) + (n))

static Elf64_Shdr *find_symtab(void)
{
	for (unsigned i = 0; i < ((Elf64_Ehdr *)copy)->e_shnum; i++)
		if (COPY_SHDR(i)->sh_type == SHT_SYMTAB)
			return COPY_SHDR(i);
	fprintf(stderr, "the program has no .symtab\n");
	exit(99);
}

static Elf64_Sym *find_symbol(const char *name)
{
	Elf64_Shdr *symtab = find_symtab();
	Elf64_Sym *sym = (Elf64_Sym *)(copy + symtab->sh_offset);
	char *strings = (char *)copy + COPY_SHDR(symtab->sh_link)->sh_offset;

	while (strcmp(strings + sym->st_name, name) != 0)
		sym++;
	return sym;
}

static void repair(void)
{
	if (ftruncate(copy_fd, (off_t)size) != 0)
		die("ftruncate");
	memcpy(copy, original, size);
}

#define DAMAGED(statement, error, part)                          \
	do {                                                     \
		statement;                                       \
		expect_refused(copy_fd, "main", error, part);    \
		repair();                                        \
	} while (0)

static void make_copy(void)
{
	int fd = open_program("elf-symbol-program");
	struct stat st;

	if (fstat(fd, &st) != 0)
		die("fstat");
	size = (size_t)st.st_size;
	original = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	copy_fd = memfd_create("elf-symbol", MFD_CLOEXEC);
	if (original == MAP_FAILED || copy_fd < 0 ||
	    ftruncate(copy_fd, (off_t)size) != 0)
		die("memfd");
	copy = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, copy_fd, 0);
	if (copy == MAP_FAILED)
		die("mmap");
	repair();
}

static void check_damaged_header(void)
{
	Elf64_Ehdr *ehdr = (Elf64_Ehdr *)copy;

	expect_found(copy_fd, "main", 0, 0);
	DAMAGED(copy[1] = 'e', ELIBBAD, "not an ELF file of this machine");
	DAMAGED(ehdr->e_ident[EI_CLASS] = ELFCLASS32, ELIBBAD, "not an ELF file");
	DAMAGED(ehdr->e_ident[EI_DATA] = ELFDATA2MSB, ELIBBAD, "not an ELF file");
	DAMAGED(ehdr->e_machine = EM_AARCH64, ELIBBAD, "not an ELF file of this");
	DAMAGED(ehdr->e_shnum = 0, ELIBBAD, "section headers");
	DAMAGED(ehdr->e_shnum = 0xffff, ELIBBAD, "section headers");
	DAMAGED(ehdr->e_shentsize = 0, ELIBBAD, "section headers");
	DAMAGED(ehdr->e_shentsize = 40, ELIBBAD, "section headers");
	DAMAGED(ehdr->e_shoff = size, ELIBBAD, "section headers");
	DAMAGED(ehdr->e_shoff = (uint64_t)-64, ELIBBAD, "section headers");
	DAMAGED(ehdr->e_shoff = 0, ENOENT, "stripped");
	DAMAGED(ehdr->e_phnum = 0, ENOEXEC, "not in an executable segment");
	DAMAGED(ehdr->e_phoff = size, ENOEXEC, "not in an executable segment");
	DAMAGED(find_symbol("main")->st_value = (uint64_t)-4, ENOEXEC,
		"not in an executable segment (at 0xfffffffffffffffc)");
	DAMAGED(find_symbol("main")->st_value = 0, ENOEXEC, "not in an exec");
	DAMAGED(find_symbol("main")->st_info = ELF64_ST_INFO(STB_GLOBAL, STT_TLS),
		ENOEXEC, "is data");
	DAMAGED(find_symbol("main")->st_info = ELF64_ST_INFO(STB_GLOBAL,
		STT_NOTYPE), ENOEXEC, "without a type");
	DAMAGED(find_symbol("main")->st_shndx = SHN_UNDEF, ENOENT,
		"in a library");
}

static void check_damaged_tables(void)
{
	DAMAGED(find_symtab()->sh_entsize = 0, ELIBBAD, "entries of 0 bytes");
	DAMAGED(find_symtab()->sh_entsize = 16, ELIBBAD, "entries of 16 bytes");
	DAMAGED(find_symtab()->sh_size -= 1, ELIBBAD, "symbol table");
	DAMAGED(find_symtab()->sh_size = 24ul << 50, ELIBBAD, "512 MiB");
	DAMAGED(find_symtab()->sh_offset = size, ELIBBAD, "symbol table");
	DAMAGED(find_symtab()->sh_offset = (uint64_t)-24, ELIBBAD, "symbol table");
	DAMAGED(find_symtab()->sh_link = 0, ELIBBAD, "section 0, which has no");
	DAMAGED(find_symtab()->sh_link = 999, ELIBBAD, "section 999, which");
	DAMAGED(find_symtab()->sh_link = (uint32_t)-1, ELIBBAD, "no strings");
	DAMAGED(COPY_SHDR(find_symtab()->sh_link)->sh_type = SHT_NOBITS, ELIBBAD,
		"no strings");
	DAMAGED(COPY_SHDR(find_symtab()->sh_link)->sh_size = 0, ELIBBAD,
		"does not end");
	DAMAGED(COPY_SHDR(find_symtab()->sh_link)->sh_size -= 1, ELIBBAD,
		"string table does not end");
	DAMAGED(COPY_SHDR(find_symtab()->sh_link)->sh_offset = size - 1, ELIBBAD,
		"string table");
	DAMAGED(COPY_SHDR(find_symtab()->sh_link)->sh_size = 1ul << 40, ELIBBAD,
		"string table has 0x10000000000 bytes, more than 512 MiB");
	DAMAGED(((Elf64_Sym *)(copy + find_symtab()->sh_offset))[1].st_name =
		(uint32_t)-1, ELIBBAD, "name of the file's symbol 1 is outside");
	/* As sparse as that: it must not be read into memory. */
	DAMAGED(find_symtab()->sh_size = 24ul << 35;
		if (ftruncate(copy_fd, (off_t)1 << 41) != 0) die("ftruncate"),
		ELIBBAD, "more than 512 MiB");
	DAMAGED(find_symtab()->sh_type = SHT_PROGBITS, ENOENT, "stripped");
	for (unsigned cut = 200; cut-- > 0;) {
		if (ftruncate(copy_fd, (off_t)cut) != 0)
			die("ftruncate");
		expect_refused(copy_fd, "main", ELIBBAD, cut < 64 ?
			       "not an ELF file" : "section headers");
	}
	repair();
	expect_found(copy_fd, "main", 0, 0);
	expect_refused(-1, "main", ELIBBAD, "not a regular one");
}

/* A libelf that is none: in a process of its own, where none is loaded. */
static int check_without_libelf(void)
{
	int fd = open_program("elf-symbol-program");

	expect_refused(fd, "main", ELIBACC, "libelf.so.1");
	expect_refused(fd, "main", ELIBACC, "install libelf"); /* tries again */
	close(fd);
	return failed;
}

static void run_without_libelf(void)
{
	char template[] = "/tmp/elf-symbol.XXXXXX", path[64];
	int fd, status = -1;
	pid_t pid;

	if (mkdtemp(template) == NULL)
		die("mkdtemp");
	snprintf(path, sizeof(path), "%s/libelf.so.1", template);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	if (fd < 0 || write(fd, "no library\n", 11) != 11)
		die(path);
	close(fd);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		setenv("LD_LIBRARY_PATH", template, 1);
		execl("/proc/self/exe", "elf-symbol", "--without-libelf", NULL);
		_exit(99);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		die("waitpid");
	unlink(path);
	rmdir(template);
	EXPECT(status == 0, "status %#x", (unsigned)status);
}

int main(int argc, char **argv)
{
	ssize_t n = readlink("/proc/self/exe", directory, sizeof(directory) - 1);

	if (n < 0)
		die("/proc/self/exe");
	dirname(directory);
	if (argc > 1 && strcmp(argv[1], "--without-libelf") == 0)
		return check_without_libelf();
	run_without_libelf();
	check_threads();
	check_variants();
	make_copy();
	check_damaged_header();
	check_damaged_tables();
	munmap(original, size);
	munmap(copy, size);
	printf("%d checks, %d failed\n", ran, failed);
	return failed != 0;
}
