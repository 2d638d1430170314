/* SPDX-License-Identifier: BSD-2-Clause */
/* For key_values: tasks that let their plugins find each other. */
#include <stdio.h>
#include <string.h>

#include <pip/pip.h>
#include <pip/pip_coordinate.h>

int main(void)
{
	int ntasks = 0, error = pip_get_ntasks(&ntasks);

	if (error == 0) /* pip-exec's number is that of its tasks */
		error = pip_name_service(ntasks, 0);
	if (error != 0)
		fprintf(stderr, "exchange: %s\n", strerror(error));
	return error != 0;
}
