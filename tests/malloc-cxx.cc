// SPDX-License-Identifier: BSD-2-Clause
// new in one task, delete in another: objects, arrays, aligned ones, and the
// containers of a library that each task has a copy of.
#include <atomic>
#include <climits>
#include <cstdlib>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <unistd.h>
#include <vector>

#include <pip/pip.h>

#include "check.h"

namespace {

constexpr int ntasks = 8;
constexpr int nrounds = 200;

struct Shape {
	std::string name;
	std::vector<int> points;
	std::map<int, std::string> labels;
	std::unique_ptr<int[]> raw;

	explicit Shape(int seed)
		: name("shape " + std::to_string(seed) +
		       " with a name that does not fit into the object"),
		  points(static_cast<size_t>(seed % 1000 + 1), seed),
		  raw(new int[100])
	{
		for (int i = 0; i < 20; i++)
			labels[i] = name + std::to_string(i);
		raw[99] = seed;
	}
	bool isSound(int seed) const
	{
		return points.size() == static_cast<size_t>(seed % 1000 + 1) &&
		       points.back() == seed && labels.size() == 20 &&
		       labels.at(19) == name + "19" && raw[99] == seed;
	}
};

struct alignas(256) Wide {
	char bytes[256];
};

struct Shared {
	std::atomic<Shape *> shapes[ntasks];
	std::atomic<Wide *> wides[ntasks];
	std::atomic<char *> arrays[ntasks];
	std::atomic<int> deleted;
};

template <class T> T *take(std::atomic<T *> &box)
{
	T *object;

	while ((object = box.exchange(nullptr)) == nullptr)
		usleep(50);
	return object;
}

template <class T> void put(std::atomic<T *> &box, T *object)
{
	T *empty = nullptr;

	while (!box.compare_exchange_weak(empty, object)) {
		empty = nullptr;
		usleep(50);
	}
}

// Each makes for its neighbour and deletes what it gets.
int playTask(Shared *shared)
{
	int self = -1, next;

	CHECK_ERROR(pip_get_pipid(&self), 0);
	next = (self + 1) % ntasks;
	for (int round = 0; round < nrounds; round++) {
		put(shared->shapes[next], new Shape(round));
		put(shared->wides[next], new Wide[2]);
		put(shared->arrays[next], new char[static_cast<size_t>(
						  1 + round * 997)]);

		Shape *shape = take(shared->shapes[self]);
		CHECK(shape->isSound(round));
		shape->points.resize(3000, 1); // by another than its maker
		shape->labels[77] = std::string(300, 'x');
		delete shape;
		Wide *wide = take(shared->wides[self]);
		CHECK(reinterpret_cast<uintptr_t>(wide) % 256 == 0);
		delete[] wide;
		delete[] take(shared->arrays[self]);
		shared->deleted++;
	}
	try {
		volatile size_t size = PTRDIFF_MAX;
		char *volatile array = new char[size];
		CHECK(array == nullptr); // does not come to this
		delete[] array;
	} catch (const std::bad_alloc &) {
	}
	return check_finish();
}

} // namespace

int main(int argc, char **argv)
{
	static Shared shared;
	char path[PATH_MAX];
	int number = ntasks, status = -1;
	void *exp = &shared;

	(void)argc;
	if (pip_isa_task()) {
		CHECK_ERROR(pip_init(nullptr, nullptr, &exp, 0), 0);
		return playTask(static_cast<Shared *>(exp));
	}
	NEED(realpath(argv[0], path) != nullptr);
	check_start();
	CHECK_ERROR(pip_init(nullptr, &number, &exp, 0), 0);
	for (int i = 0; i < ntasks; i++) {
		char *args[] = { path, nullptr };
		int pipid = i;

		CHECK_ERROR(pip_spawn(path, args, nullptr, PIP_CPUCORE_ASIS,
				      &pipid, nullptr, nullptr, nullptr),
			    0);
	}
	for (int i = 0; i < ntasks; i++) {
		CHECK_ERROR(pip_wait_any(nullptr, &status), 0);
		CHECK_STATUS(status, EXITED(0));
	}
	CHECK_INT(shared.deleted, ntasks * nrounds);
	CHECK_ERROR(pip_fin(), 0);
	return check_finish();
}
