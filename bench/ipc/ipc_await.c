// SPDX-License-Identifier: BSD-2-Clause
/*
 * For pip-probe-effect: what is to be attached to tasks is attached when they
 * are there, and before they begin.
 */
#include "ipc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../effect/await.h"

/* The first measurement only: there is one that asks. */
void ipc_await_open(struct ipc_run *run)
{
	static bool asked;
	const char *text = getenv(IPC_AWAITS);

	run->await_fd = run->say_fd = -1;
	if (text != NULL && !asked &&
	    sscanf(text, "%d,%d", &run->await_fd, &run->say_fd) != 2)
		run->await_fd = run->say_fd = -1;
	asked = true;
}

static void say(struct ipc_run *run, bool sender, const char *text)
{
	size_t length = strlen(text);

	if (write(run->say_fd, text, length) != (ssize_t)length)
		ipc_side_fail(run, sender, "whom to tell", errno);
}

static void await(struct ipc_run *run, bool sender)
{
	if (!await_byte(run->await_fd))
		ipc_side_fail(run, sender, "whom to wait for", EPIPE);
}

/* Both are there: whoever is first says so, and each takes a byte.  Of ULPs, the
 * first one blocks the second, too. */
void ipc_await_begin(struct ipc_run *run, bool sender)
{
	if (run->await_fd < 0)
		return;
	if (atomic_exchange(&run->said_ready, 1) == 0)
		say(run, sender, "ready\n");
	await(run, sender);
	if (!await_recorder())
		ipc_side_fail(run, sender, "the flight recorder", ETIMEDOUT);
}

void ipc_await_end(struct ipc_run *run, bool sender)
{
	if (run->await_fd < 0 || sender || atomic_load(&run->failed))
		return;
	say(run, sender, "done\n");
	await(run, sender);
}
