/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calling the hooks of the plugins: one calls the next.
 *
 * What a hook does itself is no event for plugins: a hook of COUPLED that
 * couples would go on for ever.  So while a thread is in a hook, nothing is
 * raised in it.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "message.h"
#include "plugin_list.h"
#include "probe.h"

struct plugin plugin_list[PIP_PLUGINS_MAX];
unsigned plugin_count;

/* A hook does not need more of its stack than this. */
#define STACK_MAX (64ul << 20)

/* A call of a hook, on its caller's stack. */
struct call {
	struct call *outer; /* of the plugin that has called this one */
	pip_event_t event;
	pip_event_data_t *data;
	unsigned position; /* in the order of this event */
	bool has_passed_on;
};

/* The innermost one.  A context that changes kernel threads takes it along. */
static __thread struct call *active __attribute__((tls_model("initial-exec")));

/* Which plugin is at that position? */
static unsigned number_at(pip_event_t event, unsigned position)
{
	return pip_event_is_post(event) ? plugin_count - 1 - position : position;
}

static void call_from(unsigned position, pip_event_t event,
		      pip_event_data_t *data)
{
	struct call call = { .outer = active, .event = event, .data = data };
	unsigned number;

	while (position < plugin_count &&
	       plugin_list[number_at(event, position)].hook == NULL)
		position++;
	if (position >= plugin_count)
		return;
	number = number_at(event, position);
	call.position = position;
	active = &call;
	probe_plugin_begin(data->pipid, (int)number, event,
			   plugin_list[number].name);
	plugin_list[number].hook(event, data);
	probe_plugin_end(data->pipid, (int)number, event);
	active = call.outer;
}

void plugin_call_hooks(pip_event_t event, pip_event_data_t *data)
{
	pip_event_data_t nothing = { 0 };
	int before = errno, cancel_state;

	if (active != NULL)
		return;
	if (data == NULL)
		data = &nothing;
	data->size = sizeof(*data);
	data->event = event;
	data->pipid = pip_self != NULL ? pip_self->pipid : PIP_PIPID_NULL;
	/* A thread that ends in a hook would leave it half done. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	call_from(0, event, data);
	pthread_setcancelstate(cancel_state, NULL);
	errno = before;
}

void pip_next_event_hook(pip_event_t event, pip_event_data_t *data)
{
	struct call *call = active;

	if (call == NULL) {
		warning_message("PIP_NEXT_EVENT_HOOK(%s) is called outside of "
				"a hook, or by another thread than the hook's",
				pip_event_name(event) ?: "?");
		return;
	}
	if (call->has_passed_on) {
		warning_message(
			"plugin '%s' calls PIP_NEXT_EVENT_HOOK(%s) again",
			plugin_list[number_at(call->event, call->position)].name,
			pip_event_name(call->event));
		return;
	}
	call->has_passed_on = true;
	call_from(call->position + 1, call->event,
		  data != NULL ? data : call->data);
}

bool plugin_find_active(uint64_t stack_pointer, unsigned *number,
			pip_event_t *event)
{
	/* In a handler the thread pointer may be somebody else's, and this no
	 * frame of the thread's at all. */
	if ((uint64_t)active - stack_pointer > STACK_MAX)
		return false;
	*number = number_at(active->event, active->position);
	*event = active->event;
	return true;
}

const char *pip_plugin_name(unsigned number)
{
	return number < plugin_count ? plugin_list[number].name : NULL;
}

void pip_plugin_no_function(const char *name, const void *plugin)
{
	const struct pip_plugin *description = plugin;

	error_message("plugin '%s' wraps %s(), but no library has it",
		      description->name, name);
	abort();
}
