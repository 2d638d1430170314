/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Libraries that are plugins, and some that are none, as they are compiled:
 *	(nothing)	only a wrapper function: any library will do
 *	NO_DESCRIPTION	a hook, but no PIP_PLUGIN()
 *	BAD_NAME	a name with a blank
 *	NO_FUNCTION	calls what nobody has
 *	NO_NEXT		wraps what nobody has
 *	CONSTRUCTOR	crashes before anything has begun
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <pip/pip_plugin.h>

int nobody_has_this(void);

#ifdef NO_DESCRIPTION
void pip_event_hook(pip_event_t event, pip_event_data_t *data)
{
	PIP_NEXT_EVENT_HOOK(event, data);
}
#elif defined(BAD_NAME)
PIP_PLUGIN("bad name");
#elif defined(NO_FUNCTION)
PIP_PLUGIN("no-function");
void pip_event_hook(pip_event_t event, pip_event_data_t *data)
{
	(void)data;
	if (event == PIP_PLUGIN_EVENT_SEND_QUERIES)
		nobody_has_this();
}
#elif defined(NO_NEXT)
PIP_PLUGIN("no-next");
int nobody_has_this(void)
{
	return NEXT_FNC(nobody_has_this)();
}
__attribute__((constructor)) static void call_it(void)
{
	if (getenv("PLUGIN_CALL_NOBODY") != NULL)
		nobody_has_this();
}
#elif defined(CONSTRUCTOR)
PIP_PLUGIN("constructor");
__attribute__((constructor)) static void crash(void)
{
	int *volatile nowhere = (int *)16;

	if (getenv("PLUGIN_CONSTRUCTOR_CRASHES") != NULL)
		*nowhere = 1;
}
#else
unsigned int alarm(unsigned int seconds)
{
	void *symbol = dlsym(RTLD_NEXT, "alarm");
	unsigned int (*next)(unsigned int);

	__builtin_memcpy(&next, &symbol, sizeof(next));
	if (write(STDERR_FILENO, "plain\n", 6) != 6)
		abort();
	return next(seconds);
}
#endif
