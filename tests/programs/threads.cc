// SPDX-License-Identifier: BSD-2-Clause
// Threads, exceptions across them, thread-local objects and destructors.
#include <cstdio>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

static int destroyed_locals;

struct local {
	int value = 0;
	~local()
	{
		__atomic_fetch_add(&destroyed_locals, 1, __ATOMIC_RELAXED);
	}
};
static thread_local local mine;

static int deep(int depth)
{
	std::string unwound(100, 'x'); // to be destroyed by the unwinder
	if (depth == 0)
		throw std::runtime_error("bottom");
	return deep(depth - 1) + static_cast<int>(unwound.size());
}

static int work(int n)
{
	mine.value += n;
	try {
		deep(50);
	} catch (const std::runtime_error &error) {
		if (std::string(error.what()) == "bottom")
			return mine.value;
	}
	return -1;
}

static int rethrow()
{
	auto future = std::async(std::launch::async, [] { return deep(3); });
	try {
		return future.get();
	} catch (const std::exception &error) {
		return 1000;
	}
}

int main()
{
	std::vector<std::thread> threads;
	std::vector<int> results(10);

	for (int i = 0; i < 10; i++)
		threads.emplace_back([&results, i] { results[i] = work(i); });
	for (auto &thread : threads)
		thread.join();
	int sum = rethrow();
	for (int result : results)
		sum += result;
	std::printf("sum %d destroyed %d\n", sum, destroyed_locals);
	return 0;
}
