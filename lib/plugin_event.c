/* SPDX-License-Identifier: BSD-2-Clause */
/* What events there are. */
#include "plugin.h"

static const struct {
	const char *name;
	bool is_post;
} events[PIP_PLUGIN_EVENT_MAX] = {
#define PRE(name) [PIP_PLUGIN_EVENT_##name] = { #name, false }
#define POST(name) [PIP_PLUGIN_EVENT_##name] = { #name, true }
	PRE(INIT),
	POST(EXIT),
	PRE(PRE_EXEC),
	POST(POST_EXEC),
	PRE(ATFORK_PREPARE),
	POST(ATFORK_PARENT),
	POST(ATFORK_CHILD),
	POST(ROOT_INIT),
	PRE(ROOT_FIN),
	POST(THREAD_CREATED),
	PRE(THREAD_START),
	POST(THREAD_EXIT),
	PRE(PTHREAD_START),
	POST(PTHREAD_EXIT),
	PRE(TASK_SPAWN),
	POST(TASK_SPAWNED),
	PRE(TASK_START),
	POST(TASK_EXIT),
	POST(TASK_WAIT),
	PRE(SIGNAL),
	PRE(DECOUPLE),
	POST(DECOUPLED),
	PRE(COUPLE),
	POST(COUPLED),
	PRE(WAIT_FOR_SUSPEND),
	PRE(PRE_SUSPEND_USER_THREAD),
	PRE(THREADS_SUSPEND),
	PRE(SUSPENDED),
	PRE(LEADER_ELECTION),
	PRE(DRAIN),
	PRE(WRITE),
	POST(RESUME),
	POST(RESTART),
	POST(REFILL),
	POST(REGISTER_NAME_SERVICE_DATA),
	POST(SEND_QUERIES),
	POST(THREADS_RESUME),
	POST(RESUME_USER_THREAD),
#undef PRE
#undef POST
};

const char *pip_event_name(pip_event_t event)
{
	return (unsigned)event < PIP_PLUGIN_EVENT_MAX ? events[event].name :
							NULL;
}

int pip_event_is_post(pip_event_t event)
{
	return (unsigned)event < PIP_PLUGIN_EVENT_MAX && events[event].is_post;
}
