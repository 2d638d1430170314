/* SPDX-License-Identifier: BSD-2-Clause */
#include "plugin_crash.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "arch.h"
#include "blt_crash.h"
#include "exception_report.h"
#include "line.h"
#include "plugin_list.h"

#define STACK_SIZE (64ul << 10)

static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
#define NSIGNALS (sizeof(signals) / sizeof(signals[0]))

/* Whose code is it? */
static const struct plugin *find_plugin(uint64_t pc)
{
	for (unsigned i = 0; i < plugin_count; i++)
		if (pc >= plugin_list[i].low && pc < plugin_list[i].high)
			return &plugin_list[i];
	return NULL;
}

static void put_place(struct line *line, uint64_t pc)
{
	const struct plugin *plugin = find_plugin(pc);
	const char *name;

	line_put(line, " at ");
	line_put_hexadecimal(line, pc);
	if (plugin == NULL)
		return;
	name = strrchr(plugin->path, '/');
	line_put(line, " (");
	line_put(line, name != NULL ? name + 1 : plugin->path);
	line_put(line, "+");
	line_put_hexadecimal(line, pc - plugin->low);
	line_put(line, ")");
}

static void report(const struct plugin *plugin, const char *event, int sig,
		   const siginfo_t *info, uint64_t pc)
{
	struct line line;

	if (getenv("PIP_QUIET") != NULL)
		return;
	line_begin(&line, pip_self);
	line_put(&line, "plugin '");
	line_put(&line, plugin->name);
	line_put(&line, "' has crashed in its ");
	line_put(&line, event != NULL ? "hook of " : "own code");
	if (event != NULL)
		line_put(&line, event);
	line_put(&line, ": SIG");
	line_put_signal(&line, sig);
	put_place(&line, pc);
	if (info->si_code > 0 && (sig == SIGSEGV || sig == SIGBUS)) {
		line_put(&line, ", address ");
		line_put_hexadecimal(&line, (uint64_t)info->si_addr);
	}
	line_put(&line, "; it is ");
	line_put(&line, plugin->path);
	line_write(&line);
}

void plugin_crash_report(int sig, const siginfo_t *info, const void *context)
{
	uint64_t pc = arch_interrupted_pc(context);
	const struct plugin *plugin = find_plugin(pc);
	pip_event_t event;
	unsigned number;

	if (plugin_count == 0)
		return;
	if (plugin_find_active(arch_interrupted_sp(context), &number, &event)) {
		/* What it has called is its own doing. */
		if (plugin == NULL)
			plugin = &plugin_list[number];
		report(plugin, plugin == &plugin_list[number] ?
				       pip_event_name(event) :
				       NULL,
		       sig, info, pc);
	} else if (plugin != NULL) {
		report(plugin, NULL, sig, info, pc);
	}
}

static void handle(int sig, siginfo_t *info, void *context)
{
	if (pip_self != NULL)
		blt_crash_report(pip_self, sig, context);
	plugin_crash_report(sig, info, context);
	exception_take_default_action(sig, info);
}

/* A hook may use up the stack. */
static void make_stack(void)
{
	stack_t stack = { .ss_size = STACK_SIZE }, before;

	if (sigaltstack(NULL, &before) != 0 ||
	    (before.ss_flags & SS_DISABLE) == 0)
		return;
	stack.ss_sp = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (stack.ss_sp != MAP_FAILED)
		sigaltstack(&stack, NULL);
}

static bool is_handler(const struct sigaction *action)
{
	return (action->sa_flags & SA_SIGINFO) != 0 &&
	       action->sa_sigaction == handle;
}

static bool is_default(const struct sigaction *action)
{
	return (action->sa_flags & SA_SIGINFO) == 0 &&
	       action->sa_handler == SIG_DFL;
}

/* Replace what is there, if it is what is asked for. */
static void replace(bool (*is_wanted)(const struct sigaction *),
		    const struct sigaction *action)
{
	for (unsigned i = 0; i < NSIGNALS; i++) {
		struct sigaction before;

		if (sigaction(signals[i], NULL, &before) == 0 &&
		    is_wanted(&before))
			sigaction(signals[i], action, NULL);
	}
}

void plugin_crash_start(void)
{
	struct sigaction action = {
		.sa_sigaction = handle,
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART,
	};

	if (plugin_count == 0)
		return;
	if (pip_self != NULL) {
		pip_self->plugin_crash = plugin_crash_report;
		if (root_is_threaded(pip_self->root))
			return;
	}
	make_stack();
	sigfillset(&action.sa_mask);
	replace(is_default, &action);
}

void plugin_crash_stop(void)
{
	struct sigaction action = { .sa_handler = SIG_DFL };

	if (plugin_count != 0)
		replace(is_handler, &action);
}
