/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plugin: process IDs that stay the same, whatever the kernel assigns.
 *
 * Task N is process 1000 * (N + 1), and its children are the numbers after
 * that.  Each process has a table of the children that it knows; of other tasks
 * it finds the real number among what they have published.  After a restart,
 * new real numbers would be set for the same virtual ones (pip_virtual_id_set()).
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pip/pip.h>
#include <pip/pip_coordinate.h>
#include <pip/pip_plugin.h>
#include <pip/pip_virtual_id.h>

PIP_PLUGIN("pids");

#define PER_TASK 1000

static pip_virtual_ids_t *table; /* NULL: this is no task */
static int64_t own;

static void publish(void)
{
	int64_t real = NEXT_FNC(getpid)();

	(void)pip_publish(&own, sizeof(own), &real, sizeof(real));
}

static void begin(int pipid)
{
	own = (pipid + 1) * (int64_t)PER_TASK;
	if (pip_virtual_ids_create(&table, own + 1, own + PER_TASK - 1) != 0 ||
	    pip_virtual_id_set(table, own, NEXT_FNC(getpid)()) != 0)
		abort();
	publish();
}

void pip_event_hook(pip_event_t event, pip_event_data_t *data)
{
	if (event == PIP_PLUGIN_EVENT_INIT && data->pipid >= 0)
		begin(data->pipid);
	/* Where the kernel's number may have changed. */
	if (event == PIP_PLUGIN_EVENT_REGISTER_NAME_SERVICE_DATA && table != NULL)
		publish();
	PIP_NEXT_EVENT_HOOK(event, data);
}

/* --- Translation ------------------------------------------------------------ */

static pid_t to_real(pid_t id)
{
	int64_t wanted = id, real;
	size_t size = sizeof(real);

	if (table == NULL || id <= 0) /* 0, -1 and groups mean something else */
		return id;
	if (pip_virtual_id_to_real(table, wanted, &real) == 0 ||
	    pip_query(&wanted, sizeof(wanted), &real, &size) == 0)
		return (pid_t)real;
	return id;
}

static pid_t to_virtual(pid_t real)
{
	int64_t id;

	if (table != NULL && real > 0 &&
	    pip_virtual_id_to_virtual(table, real, &id) == 0)
		return (pid_t)id;
	return real;
}

/* --- Wrapper functions ------------------------------------------------------ */

pid_t getpid(void)
{
	return table != NULL ? (pid_t)own : NEXT_FNC(getpid)();
}

int kill(pid_t pid, int sig)
{
	return NEXT_FNC(kill)(to_real(pid), sig);
}

/* The child has to know its number as well, so it is chosen before there is a
 * real one; until then it stands for one that no process has. */
pid_t fork(void)
{
	int64_t id = 0;
	pid_t pid;

	if (table == NULL)
		return NEXT_FNC(fork)();
	if (pip_virtual_id_add(table, -own, &id) != 0) {
		errno = EAGAIN;
		return -1;
	}
	pid = NEXT_FNC(fork)();
	if (pid < 0) {
		(void)pip_virtual_id_remove(table, id);
		return -1;
	}
	if (pid == 0)
		own = id;
	(void)pip_virtual_id_set(table, id,
				 pid == 0 ? NEXT_FNC(getpid)() : pid);
	return pid == 0 ? 0 : (pid_t)id;
}

pid_t waitpid(pid_t pid, int *status, int options)
{
	pid_t real = NEXT_FNC(waitpid)(to_real(pid), status, options);
	pid_t id = to_virtual(real);

	/* Nobody will ask for it again, and the kernel may assign it anew. */
	if (real > 0 && table != NULL &&
	    (options & (WUNTRACED | WCONTINUED)) == 0)
		(void)pip_virtual_id_remove(table, id);
	return id;
}
