/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an ended task has left (variables, heap, stack) can be read and written
 * until its PIPID is used again or pip_fin(), and then all of it is gone.
 */
#include <sys/mman.h>

#include "maps.h"
#include "role.h"

#define SIZE (3 << 20)

static int variable = 1;

struct left {
	int *variable, *on_stack, *local;
	char *heap, *mapped;
	const char *constant;
};

static __thread int local = 5;

static void check_left(const struct left *left, int value)
{
	CHECK_INT(*left->variable, value);
	CHECK_INT(*left->on_stack, value + 1);
	CHECK_INT(*left->local, value + 2);
	CHECK_STR(left->constant, "constant");
	for (int i = 0; i < SIZE; i += 4001) {
		CHECK_INT(left->heap[i], value);
		CHECK_INT(left->mapped[i], value + 3);
	}
}

static struct left *volatile from_task;

static struct left end_task(int pipid, int value, const char *how, int expected)
{
	char text[16];
	int status = -1;

	snprintf(text, sizeof(text), "%d", value);
	from_task = NULL;
	CHECK_ERROR(role_spawn(&pipid, "task", text, how, NULL), 0);
	CHECK_ERROR(pip_wait(pipid, &status), 0);
	CHECK_STATUS(status, expected);
	CHECK_INT(self_entry(pipid)->state, PIP_STATE_ENDED);
	CHECK_OR_STOP(from_task != NULL);
	return *from_task;
}

static void check_gone(const struct left *left)
{
	CHECK(!maps_is_readable(left->variable));
	CHECK(!maps_is_readable(left->on_stack));
	CHECK(!maps_is_readable(left->local));
	CHECK(!maps_is_readable(left->heap));
	CHECK(!maps_is_readable(left->mapped));
	CHECK(!maps_is_readable(left->constant));
}

static int play_root(int argc, char **argv)
{
	struct left first, second, third;
	static struct maps maps;
	unsigned long low, high;
	int pipid = 0;

	(void)argc, (void)argv;
	role_init(8);
	CHECK_ERROR(pip_export((void *)&from_task), 0);
	first = end_task(0, 10, "return", EXITED(0));
	low = self_entry(0)->window_low;
	high = self_entry(0)->window_high;
	CHECK((unsigned long)first.heap >= low &&
	      (unsigned long)first.heap < high);
	check_left(&first, 10);
	second = end_task(1, 20, "kill", KILLED(SIGKILL));
	third = end_task(2, 30, "_exit", EXITED(4));
	check_left(&first, 10);
	check_left(&second, 20);
	check_left(&third, 30);
	/* It may be written, and other PIPIDs come and go. */
	*first.variable = 11;
	memset(first.heap, 12, SIZE);
	for (int i = 0; i < 20; i++)
		end_task(3 + i % 5, 40, "return", EXITED(0));
	CHECK_INT(*first.variable, 11);
	CHECK_INT(first.heap[SIZE - 1], 12);
	check_left(&second, 20);
	check_left(&third, 30);

	/* The PIPID is used again: a musl program would be as good. */
	CHECK_ERROR(role_spawn(&pipid, "nothing", NULL), 0);
	CHECK_ERROR(pip_wait(pipid, NULL), 0);
	CHECK(!maps_is_readable(first.heap + SIZE - 1));
	check_left(&second, 20);

	CHECK_ERROR(pip_fin(), 0);
	check_gone(&second);
	check_gone(&third);
	maps_take(&maps);
	CHECK_INT(maps_count_in(&maps, low, low + 8 * (high - low)), 0);
	CHECK(check_is_childless());
	return check_finish();
}

static int play_task(int argc, char **argv)
{
	struct left **root = role_shared();
	static struct left left;
	int on_stack = atoi(argv[1]) + 1;

	(void)argc;
	variable = atoi(argv[1]);
	local = variable + 2;
	left.variable = &variable;
	left.on_stack = &on_stack;
	left.local = &local;
	left.constant = "constant";
	left.heap = malloc(SIZE);
	left.mapped = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	NEED(left.heap != NULL && left.mapped != MAP_FAILED);
	memset(left.heap, variable, SIZE);
	memset(left.mapped, variable + 3, SIZE);
	*root = &left;
	if (strcmp(argv[2], "kill") == 0)
		raise(SIGKILL);
	/* Not exit(3), which would go on using the stack. */
	_exit(strcmp(argv[2], "_exit") == 0 ? 4 : 0);
}

static int play_nothing(int argc, char **argv)
{
	(void)argc, (void)argv;
	return 0;
}

static const struct role roles[] = {
	{ "root", play_root },
	{ "task", play_task },
	{ "nothing", play_nothing },
	{ NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
