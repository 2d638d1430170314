/* SPDX-License-Identifier: BSD-2-Clause */
/* A C++ task that asks who it is, and exits with its PIPID. */
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include <pip/pip.h>

#ifndef PIPCC
#error "not compiled with pipcc"
#endif

static int own_pipid()
{
	int pipid = -1;

	if (pip_get_pipid(&pipid) != 0)
		throw std::runtime_error("no task");
	return pipid;
}

int main(int argc, char **argv)
{
	std::vector<std::string> words(argv + 1, argv + argc);

	try {
		std::cout << "C++ task " << own_pipid() << " of "
			  << PIP_VERSION_MAJOR;
	} catch (const std::runtime_error &error) {
		std::cout << "C++ " << error.what();
		return 99;
	}
	for (const std::string &word : words)
		std::cout << " [" << word << "]";
	std::cout << std::endl;
	return own_pipid();
}
