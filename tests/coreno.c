/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * On which cores a task runs: as the root, the n-th of those that the root
 * could use, or a CPU by the kernel's number; what cannot be only warns.
 */
#include <sched.h>

#include "capture.h"
#include "role.h"
#include "self.h"

static struct shared {
	cpu_set_t affinity; /* as the task has found it */
	int cpu;            /* where it ran */
} shared;

static cpu_set_t usable; /* all that the root could be bound to */
static int nusable;

static cpu_set_t run(uint32_t coreno)
{
	char *argv[] = { role_path, (char *)"task", NULL };
	int status = -1;

	memset(&shared, 0, sizeof(shared));
	shared.cpu = -1;
	CHECK_ERROR(pip_spawn(role_path, argv, NULL, coreno, NULL, NULL, NULL,
			      NULL),
		    0);
	CHECK_ERROR(pip_wait_any(NULL, &status), 0);
	CHECK_STATUS(status, EXITED(0));
	CHECK(shared.cpu >= 0 &&
	      CPU_ISSET((size_t)shared.cpu, &shared.affinity));
	CHECK_INT(self_entry(0)->coreno, coreno);
	return shared.affinity;
}

static cpu_set_t only(size_t cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return set;
}

static void check_bound(uint32_t coreno, size_t cpu)
{
	cpu_set_t got = run(coreno), want = only(cpu);

	if (!CPU_EQUAL(&got, &want))
		check_fail("coreno 0x%x: %d CPUs, not just CPU %zu", coreno,
			   CPU_COUNT(&got), cpu);
}

static size_t nth_usable(int n)
{
	size_t cpu = 0;

	while (!CPU_ISSET(cpu, &usable) || n-- > 0)
		cpu++;
	return cpu;
}

static void check_numbers(void)
{
	for (int n = 0; n < 3 * nusable; n++)
		check_bound((uint32_t)n, nth_usable(n % nusable));
	check_bound((1 << 20) - 2, nth_usable(((1 << 20) - 2) % nusable));
	for (int n = 0; n < nusable; n++)
		check_bound(PIP_CPUCORE_ABS | (uint32_t)nth_usable(n),
			    nth_usable(n));
}

/* As the root is at that moment. */
static void check_asis(void)
{
	cpu_set_t got = run(PIP_CPUCORE_ASIS), one = only(nth_usable(0));

	CHECK(CPU_EQUAL(&got, &usable));
	/* The number beside it does not matter. */
	got = run(PIP_CPUCORE_ASIS | 5);
	CHECK(CPU_EQUAL(&got, &usable));
	NEED(sched_setaffinity(0, sizeof(one), &one) == 0);
	got = run(PIP_CPUCORE_ASIS);
	CHECK(CPU_EQUAL(&got, &one));
	/* A plain number counts all that the root could use. */
	check_bound((uint32_t)nusable - 1, nth_usable(nusable - 1));
	NEED(sched_setaffinity(0, sizeof(usable), &usable) == 0);
}

/* There is no such CPU: the task runs, not bound, and we are told. */
static void check_warning(void)
{
	static const uint32_t numbers[] = { CPU_SETSIZE - 1, CPU_SETSIZE,
					    (1 << 20) - 2 };

	for (int i = 0; i < 3; i++) {
		char number[16];
		const char *text;
		cpu_set_t got;

		capture_begin();
		got = run(PIP_CPUCORE_ABS | numbers[i]);
		text = capture_end();
		CHECK(CPU_EQUAL(&got, &usable));
		snprintf(number, sizeof(number), "%u", numbers[i]);
		CHECK_CONTAINS(text, "PiP-WARN");
		CHECK_CONTAINS(text, number);
		/* Once. */
		CHECK(strchr(text, '\n') == text + strlen(text) - 1);
	}
}

static int play_root(int argc, char **argv)
{
	cpu_set_t before;

	(void)argc, (void)argv;
	NEED(sched_getaffinity(0, sizeof(usable), &usable) == 0);
	nusable = CPU_COUNT(&usable);
	if (CPU_ISSET(CPU_SETSIZE - 1, &usable))
		SKIP("this machine has too many CPUs for the test");
	role_init(2);
	CHECK_ERROR(pip_export(&shared), 0);
	check_numbers();
	check_asis();
	check_warning();
	/* The root itself is where it was. */
	NEED(sched_getaffinity(0, sizeof(before), &before) == 0);
	CHECK(CPU_EQUAL(&before, &usable));
	CHECK_ERROR(pip_fin(), 0);
	/* Bound at pip_init(): the others can still be used. */
	before = only(nth_usable(0));
	NEED(sched_setaffinity(0, sizeof(before), &before) == 0);
	role_init(2);
	CHECK_ERROR(pip_export(&shared), 0);
	check_bound((uint32_t)nusable - 1, nth_usable(nusable - 1));
	NEED(sched_getaffinity(0, sizeof(usable), &usable) == 0);
	CHECK(CPU_EQUAL(&before, &usable));
	return role_finish();
}

static int play_task(int argc, char **argv)
{
	struct shared *root = role_shared();

	(void)argc, (void)argv;
	NEED(sched_getaffinity(0, sizeof(root->affinity), &root->affinity) ==
	     0);
	root->cpu = sched_getcpu();
	return 0;
}

static const struct role roles[] = {
	{ "root", play_root }, { "task", play_task }, { NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
