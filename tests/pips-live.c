// SPDX-License-Identifier: BSD-2-Clause
/*
 * pips on a real program, its output compared with what /proc says.  Run in
 * the build directory; needs ./pips/pips and the programs beside this one.
 */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "observer-check.h"

#define NTASKS 7
#define NCOPIES 2
#define ROOT "tests/observer-root"
#define TASK "tests/observer-task"

static pid_t root_pid, copy[NCOPIES];
static int root_input;

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "pips-live: %s: %s\n", what, strerror(errno));
	exit(99);
}

/* Start a root; it is ready, with all its tasks, when it says so. */
static void start_root(const char *what)
{
	char tasks[16], copies[16], line[64] = "";
	int input[2], output[2];
	ssize_t n;

	if (pipe(input) || pipe(output))
		fail("pipe");
	snprintf(tasks, sizeof(tasks), "%d", NTASKS);
	snprintf(copies, sizeof(copies), "%d", NCOPIES);
	root_pid = fork();
	if (root_pid == 0) {
		dup2(input[0], 0);
		dup2(output[1], 1);
		close(input[0]);
		close(input[1]);
		close(output[0]);
		close(output[1]);
		execl(ROOT, ROOT, "-f", copies, tasks, TASK, what, "3",
		      "gr\xc3\xbc\xc3\x9f\n", (char *)NULL);
		_exit(99);
	}
	close(input[0]);
	close(output[1]);
	root_input = input[1];
	n = read(output[0], line, sizeof(line) - 1);
	if (n <= 0 || strncmp(line, "ready ", 6) != 0)
		fail(ROOT);
	if (sscanf(line, "ready %d %d %d", &root_pid, &copy[0], &copy[1]) != 3)
		fail("the line of " ROOT);
	close(output[0]);
}

static void end_root(void)
{
	int status = -1;

	close(root_input);
	waitpid(root_pid, &status, 0);
	check(status == 0, "the root ended with %#x", status);
}

/* The whole output of a command; to be freed. */
static char *run(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

static char *run(const char *format, ...)
{
	size_t used = 0, n, capacity = 1 << 16;
	char command[512], *text = malloc(capacity);
	va_list list;
	FILE *pipe;

	va_start(list, format);
	vsnprintf(command, sizeof(command), format, list);
	va_end(list);
	pipe = popen(command, "r");
	if (!pipe || !text)
		fail(command);
	/* Others may have programs of thousands of tasks. */
	while ((n = fread(text + used, 1, capacity - 1 - used, pipe)) > 0) {
		used += n;
		if (used + 1 < capacity)
			continue;
		capacity *= 2;
		text = realloc(text, capacity);
		if (!text)
			fail(command);
	}
	text[used] = '\0';
	check(pclose(pipe) == 0, "'%s' failed", command);
	return text;
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static int64_t number_of(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

static uint64_t address_of(const json_t *object, const char *name)
{
	return strtoull(text_of(object, name), NULL, 16);
}

/* A line of /proc/ROOT/maps or smaps. */
struct mapping {
	uint64_t low, high, offset;
	char path[PATH_MAX];
};

static bool parse_mapping(const char *line, struct mapping *mapping)
{
	int n = sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64
		       " %*s %*s %4095[^\n]", &mapping->low, &mapping->high,
		       &mapping->offset, mapping->path);

	if (n == 3)
		mapping->path[0] = '\0';
	return n >= 3;
}

static int64_t sum_rss(uint64_t low, uint64_t high)
{
	struct mapping mapping = { 0 };
	char path[64], line[PATH_MAX];
	int64_t sum = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/smaps", (int)root_pid);
	file = fopen(path, "r");
	if (!file)
		fail(path);
	while (fgets(line, sizeof(line), file)) {
		if (*line < 'A' || *line > 'Z')
			parse_mapping(line, &mapping);
		else if (strncmp(line, "Rss:", 4) == 0 && mapping.low >= low &&
			 mapping.low < high)
			sum += atoll(line + 4) * 1024;
	}
	fclose(file);
	return sum;
}

/* Is there a module of that file?  Names may be symbolic links. */
static bool has_module(const json_t *modules, const char *path)
{
	char real[PATH_MAX];
	size_t i;

	for (i = 0; i < json_array_size(modules); i++)
		if (realpath(text_of(json_array_get(modules, i), "path"),
			     real) && strcmp(real, path) == 0)
			return true;
	return false;
}

static bool is_mapped(uint64_t low, uint64_t high, const char *name)
{
	struct mapping mapping = { 0 };
	char path[64], line[PATH_MAX], real[PATH_MAX];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)root_pid);
	file = fopen(path, "r");
	if (!file || !realpath(name, real))
		fail(name);
	while (!found && fgets(line, sizeof(line), file))
		found = parse_mapping(line, &mapping) && mapping.low >= low &&
			mapping.low < high && strcmp(mapping.path, real) == 0;
	fclose(file);
	return found;
}

/* Each file mapped in the window is a module, and the other way round. */
static void check_modules(const json_t *task)
{
	const json_t *modules = json_object_get(task, "modules");
	const json_t *window = json_object_get(task, "window");
	uint64_t low = address_of(window, "low");
	uint64_t high = address_of(window, "high");
	struct mapping mapping;
	char path[64], line[PATH_MAX];
	FILE *file;
	size_t i;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)root_pid);
	file = fopen(path, "r");
	if (!file)
		fail(path);
	while (fgets(line, sizeof(line), file)) {
		if (!parse_mapping(line, &mapping) || mapping.low < low ||
		    mapping.low >= high || mapping.path[0] != '/')
			continue;
		check(has_module(modules, mapping.path), "PIPID %d: no module "
		      "'%s'", (int)number_of(task, "pipid"), mapping.path);
	}
	fclose(file);
	check(json_array_size(modules) >= 4, "%zu modules",
	      json_array_size(modules));
	for (i = 0; i < json_array_size(modules); i++) {
		const json_t *module = json_array_get(modules, i);

		check(i || strcmp(text_of(module, "kind"), "program") == 0,
		      "first module is a %s", text_of(module, "kind"));
		if (strcmp(text_of(module, "kind"), "vdso") == 0)
			continue;
		check(is_mapped(low, high, text_of(module, "path")),
		      "'%s' is not mapped", text_of(module, "path"));
		check(address_of(module, "bias") >= low &&
		      address_of(module, "bias") < high, "bias of '%s'",
		      text_of(module, "path"));
	}
}

static void check_arguments(const json_t *task, const char *what)
{
	const char *expected[] = { TASK, what, "3", "gr\xc3\xbc\xc3\x9f\n" };
	const json_t *arguments = json_object_get(task, "arguments");
	size_t i;

	check(json_array_size(arguments) == 4, "%zu arguments",
	      json_array_size(arguments));
	for (i = 0; i < 4; i++) {
		const char *argument = json_string_value(
			json_array_get(arguments, i));

		check(argument && strcmp(argument, expected[i]) == 0,
		      "argument %zu: '%s'", i, argument ? argument : "-");
	}
}

/* Fields of /proc/PID/stat. */
static void check_stat(const json_t *task)
{
	char path[64], line[1024] = "", state = 0, *p;
	int parent = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat",
		 (int)number_of(task, "pid"));
	file = fopen(path, "r");
	check(file && fgets(line, sizeof(line), file), "%s", path);
	if (file)
		fclose(file);
	p = strrchr(line, ')');
	check(p && sscanf(p, ") %c %d", &state, &parent) == 2, "'%s'", line);
	check(parent == root_pid, "PID %d is no child of the root",
	      (int)number_of(task, "pid"));
	check(state == 'S' &&
	      strcmp(text_of(task, "state"), "sleeping") == 0,
	      "state '%s', in /proc '%c'", text_of(task, "state"), state);
}

static void check_task(const json_t *task, int pipid)
{
	const json_t *window = json_object_get(task, "window");
	int64_t expected = sum_rss(address_of(window, "low"),
				   address_of(window, "high"));
	char real[PATH_MAX] = "";

	check(number_of(task, "pipid") == pipid, "PIPID %d",
	      (int)number_of(task, "pipid"));
	check(number_of(task, "tid") == number_of(task, "pid"), "TID");
	check(strcmp(text_of(task, "mode"), "process:preload") == 0, "mode %s",
	      text_of(task, "mode"));
	check(strcmp(text_of(task, "parent"), "root") == 0, "parent");
	check(realpath(TASK, real) &&
	      strcmp(text_of(task, "program"), real) == 0, "program '%s'",
	      text_of(task, "program"));
	check(number_of(task, "rss_bytes") == expected && expected > 3 << 20,
	      "rss %lld, in smaps %lld",
	      (long long)number_of(task, "rss_bytes"), (long long)expected);
	check(is_mapped(address_of(task, "load_bias"),
			address_of(task, "load_bias") + 1, TASK),
	      "load bias %s", text_of(task, "load_bias"));
	check_stat(task);
	check_arguments(task, "touch");
	check_modules(task);
}

/* Among all programs of the machine, ours is once; its copies are none. */
static void test_all(void)
{
	char *text = run("./pips/pips --no-header -r -o pid");
	char *line;
	int found = 0;

	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		int pid = atoi(line);

		found += pid == root_pid;
		check(pid != copy[0] && pid != copy[1], "a copy is listed");
	}
	check(found == 1, "the program is listed %d times", found);
	free(text);
}

static void test_json(void)
{
	char *text = run("./pips/pips --json --modules -p %d", (int)root_pid);
	json_error_t error;
	json_t *document = json_loads(text, 0, &error);
	const json_t *programs = json_object_get(document, "programs"), *tasks;
	const json_t *program = json_array_get(programs, 0);
	size_t i;

	check(document, "line %d: %s", error.line, error.text);
	check(strcmp(text_of(document, "schema"), "pips") == 0 &&
	      number_of(document, "version") == 1, "schema");
	check(json_array_size(programs) == 1 &&
	      number_of(program, "root_pid") == root_pid, "%zu programs",
	      json_array_size(programs));
	tasks = json_object_get(program, "tasks");
	check(json_array_size(tasks) == NTASKS + 1, "%zu tasks",
	      json_array_size(tasks));
	for (i = 1; i < json_array_size(tasks); i++)
		check_task(json_array_get(tasks, i), (int)i - 1);
	json_decref(document);
	free(text);
}

/* The plain listing: its columns, its width, its order. */
static void test_list(void)
{
	char *text = run("unset COLUMNS; ./pips/pips -p %d", (int)root_pid);
	char *line = strtok(text, "\n"), first[16], state[16], mode[32];
	int n = 0, pid, tid;
	char percent[16], rss[16], time[16], command[128];

	/* PIDs of six digits make their columns wider. */
	check(line && sscanf(line, "PIPID PID TID STATE MODE CPU%% RSS TIME "
			     "COMMAND%n", &n) == 0 &&
	      n == (int)strlen(line) && n <= 80, "header '%s'", line);
	n = 0;
	while ((line = strtok(NULL, "\n"))) {
		char expected[16] = "root";

		if (n)
			snprintf(expected, sizeof(expected), "%d", n - 1);
		/* "ü" and "ß" are two bytes each. */
		check(strlen(line) <= 82, "%zu columns: '%s'", strlen(line),
		      line);
		check(sscanf(line, "%15s %d %d %15s %31s %15s %15s %15s "
			     "%127[^\n]", first, &pid, &tid, state, mode,
			     percent, rss, time, command) == 9, "'%s'", line);
		check(strcmp(first, expected) == 0, "PIPID '%s'", first);
		check(strcmp(mode, "process") == 0, "mode '%s'", mode);
		check(n || pid == root_pid, "root first");
		check(strncmp(command, n ? TASK : ROOT, 15) == 0,
		      "command '%s'", command);
		n++;
	}
	check(n == NTASKS + 1, "%d lines", n);
	free(text);
}

static void test_list_options(void)
{
	char *text = run("./pips/pips --wide --no-header -p %d observer-task "
			 "| wc -l", (int)root_pid);

	check(atoi(text) == NTASKS, "by name: %s", text);
	free(text);
	text = run("./pips/pips --wide -p %d 'observer-t*' | "
		   "grep -c 'touch 3 gr\xc3\xbc\xc3\x9f\\\\n$'", (int)root_pid);
	check(atoi(text) == NTASKS, "by pattern, escaped: %s", text);
	free(text);
	text = run("COLUMNS=70 ./pips/pips -p %d | wc -L", (int)root_pid);
	check(atoi(text) <= 70, "COLUMNS=70: %s", text);
	free(text);
	text = run("./pips/pips --color=always -p %d | grep -c '\033'",
		   (int)root_pid);
	check(atoi(text) == 2, "colored lines: %s", text);
	free(text);
	text = run("NO_COLOR=1 ./pips/pips -l -p %d | tr -d '\\n' | "
		   "tr -d '[:print:]\\200-\\377' | wc -c", (int)root_pid);
	check(atoi(text) == 0, "control characters: %s", text);
	free(text);
}

int main(void)
{
	start_root("touch");
	test_all();
	test_json();
	test_list();
	test_list_options();
	end_root();
	return check_failures ? 1 : 0;
}
