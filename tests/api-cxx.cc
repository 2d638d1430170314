// SPDX-License-Identifier: BSD-2-Clause
// The headers in C++, and a C++ program as root and task.
#include <pip/pip.h>
#include <pip/pip_table.h>

#include <climits>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include "check.h"

namespace {

// Constructed and destroyed in each task, by the task.
struct Counter {
	static thread_local int in_thread;
	int value;
	pid_t maker;
	Counter() : value(7), maker(getpid()) {}
};
thread_local int Counter::in_thread = 1;
Counter counter;

int throw_and_catch(int depth)
{
	try {
		if (depth == 0)
			throw std::runtime_error("at the bottom");
		return throw_and_catch(depth - 1);
	} catch (const std::runtime_error &error) {
		return error.what() == std::string("at the bottom");
	}
}

int play_task(int *sum)
{
	int pipid = -1, caught = 0;
	std::vector<std::thread> threads;

	CHECK_INT(counter.maker, getpid());
	CHECK_INT(counter.value, 7);
	CHECK_INT(Counter::in_thread, 1);
	CHECK_ERROR(pip_get_pipid(&pipid), 0);
	for (int i = 0; i < 4; i++)
		threads.emplace_back([&caught] {
			for (int n = 0; n < 100; n++)
				__atomic_fetch_add(&caught, throw_and_catch(20),
						   __ATOMIC_RELAXED);
		});
	for (auto &thread : threads)
		thread.join();
	CHECK_INT(caught, 400);
	__atomic_fetch_add(sum, pipid + 1, __ATOMIC_RELAXED);
	std::cout << "task " << pipid << std::endl;
	return check_finish();
}

} // namespace

int main(int argc, char **argv)
{
	char path[PATH_MAX];
	int ntasks = 8, sum = 0, pipid, status;
	void *exp = &sum;

	if (pip_isa_task()) {
		CHECK_ERROR(pip_init(nullptr, nullptr, &exp, 0), 0);
		return play_task(static_cast<int *>(exp));
	}
	(void)argc;
	NEED(realpath(argv[0], path) != nullptr);
	check_start();
	CHECK_ERROR(pip_init(&pipid, &ntasks, &exp, PIP_MODE_PROCESS), 0);
	CHECK_INT(pipid, PIP_PIPID_ROOT);
	for (int i = 0; i < ntasks; i++) {
		char *args[] = { path, nullptr };
		pip_spawn_program_t program;
		pip_spawn_hook_t hook;

		pip_spawn_from_main(&program, path, args, nullptr, nullptr);
		if (i % 2)
			pip_spawn_from_main(&program, path, args, nullptr,
					    nullptr, nullptr);
		pip_spawn_hook(&hook, nullptr, nullptr, nullptr);
		pipid = PIP_PIPID_ANY;
		CHECK_ERROR(pip_task_spawn(&program, PIP_CPUCORE_ASIS, 0,
					   &pipid, &hook),
			    0);
		CHECK_INT(pipid, i);
	}
	for (int i = 0; i < ntasks; i++) {
		CHECK_ERROR(pip_wait_any(&pipid, &status), 0);
		CHECK_STATUS(status, EXITED(0));
	}
	CHECK_INT(sum, 36);
	CHECK_ERROR(pip_fin(), 0);
	return check_finish();
}
