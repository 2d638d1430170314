/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plugins: shared objects that are loaded into the root and into every task,
 * as PIP_PLUGINS or pip-exec --with-plugin name them.
 *
 * A plugin may define pip_event_hook(), which is called at the events below,
 * and functions of the same name as others, which are then called in place of
 * those (wrapper functions, NEXT_FNC).  It says who it is, and which version
 * of this header it was compiled with, by one line in one of its files:
 *
 *	PIP_PLUGIN("name");
 *
 * pip_plugin(7) is the whole story, with a table of the events.
 */
#ifndef PIP_PLUGIN_H
#define PIP_PLUGIN_H

#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>

#define PIP_ENV_PLUGINS "PIP_PLUGINS"

/* The version of all this.  A plugin of another one is refused. */
#define PIP_PLUGIN_API 1u
#define PIP_PLUGIN_MAGIC 0x50694e50u /* "PNiP" in memory */

#define PIP_PLUGINS_MAX 64    /* at once */
#define PIP_PLUGIN_NAME_MAX 31 /* bytes of a name */

/*
 * Those marked "post" come after what they report, and go through the plugins
 * in the reverse of the order in which these are named; all others go through
 * them in that order.  Numbers are part of the interface: new ones are added
 * at the end of their group.  (PIP_EVENT_... are the flight recorder's records,
 * pip_recorder.h.)
 */
typedef enum pip_plugin_event {
	PIP_PLUGIN_EVENT_NONE = 0,

	/* The process: the root, or a task. */
	PIP_PLUGIN_EVENT_INIT = 1,  /* before the program; data->init */
	PIP_PLUGIN_EVENT_EXIT = 2,  /* post: the program ends; data->exit */
	PIP_PLUGIN_EVENT_PRE_EXEC = 3,  /* data->exec */
	PIP_PLUGIN_EVENT_POST_EXEC = 4, /* post: before INIT in the new program,
					 * or in the old one, which goes on
					 * (data->exec.error) */
	PIP_PLUGIN_EVENT_ATFORK_PREPARE = 5,
	PIP_PLUGIN_EVENT_ATFORK_PARENT = 6, /* post; data->fork */
	PIP_PLUGIN_EVENT_ATFORK_CHILD = 7,  /* post; data->fork */
	PIP_PLUGIN_EVENT_ROOT_INIT = 8, /* post: pip_init() has made the root */
	PIP_PLUGIN_EVENT_ROOT_FIN = 9,  /* pip_fin() is about to */

	/* Threads other than the first one; data->thread. */
	PIP_PLUGIN_EVENT_THREAD_CREATED = 16, /* post, in the creator */
	PIP_PLUGIN_EVENT_THREAD_START = 17,   /* in the new one: it begins */
	PIP_PLUGIN_EVENT_THREAD_EXIT = 18,    /* post: nothing comes after it */
	PIP_PLUGIN_EVENT_PTHREAD_START = 19,  /* its function is called */
	PIP_PLUGIN_EVENT_PTHREAD_EXIT = 20,   /* post: it has returned, or calls
					       * pthread_exit() */

	/* Tasks. */
	PIP_PLUGIN_EVENT_TASK_SPAWN = 32,   /* in the spawner; data->spawn */
	PIP_PLUGIN_EVENT_TASK_SPAWNED = 33, /* post; data->spawn */
	PIP_PLUGIN_EVENT_TASK_START = 34,   /* in it: main is called */
	PIP_PLUGIN_EVENT_TASK_EXIT = 35,    /* post: the last; data->exit */
	PIP_PLUGIN_EVENT_TASK_WAIT = 36,    /* post: who waited; data->wait */
	PIP_PLUGIN_EVENT_SIGNAL = 37,       /* pip_kill() and its like;
					     * data->signal */

	/* User contexts; data->domain. */
	PIP_PLUGIN_EVENT_DECOUPLE = 48,  /* it is about to leave home */
	PIP_PLUGIN_EVENT_DECOUPLED = 49, /* post: it has arrived there */
	PIP_PLUGIN_EVENT_COUPLE = 50,    /* it is about to come home */
	PIP_PLUGIN_EVENT_COUPLED = 51,   /* post: it is there */

	/* All tasks are suspended, and go on; data->round. */
	PIP_PLUGIN_EVENT_WAIT_FOR_SUSPEND = 64,
	PIP_PLUGIN_EVENT_PRE_SUSPEND_USER_THREAD = 65, /* each thread */
	PIP_PLUGIN_EVENT_THREADS_SUSPEND = 66, /* they have stopped */
	PIP_PLUGIN_EVENT_SUSPENDED = 67,
	PIP_PLUGIN_EVENT_LEADER_ELECTION = 68,
	PIP_PLUGIN_EVENT_DRAIN = 69,
	PIP_PLUGIN_EVENT_WRITE = 70,
	PIP_PLUGIN_EVENT_RESUME = 71,  /* post, as all that follow: it goes on */
	PIP_PLUGIN_EVENT_RESTART = 72, /* reserved: another process goes on */
	PIP_PLUGIN_EVENT_REFILL = 73,
	PIP_PLUGIN_EVENT_REGISTER_NAME_SERVICE_DATA = 74,
	PIP_PLUGIN_EVENT_SEND_QUERIES = 75,
	PIP_PLUGIN_EVENT_THREADS_RESUME = 76,
	PIP_PLUGIN_EVENT_RESUME_USER_THREAD = 77, /* each thread */

	PIP_PLUGIN_EVENT_MAX = 96 /* none is beyond */
} pip_event_t;

/*
 * What an event says.  It and all that it points to is valid until the hook
 * returns.  Which member of the union holds is said above; in other events all
 * of it is 0.
 */
typedef struct pip_event_data {
	uint32_t size;  /* of this structure, for the libpip that calls */
	uint32_t event; /* pip_event_t, the same as the hook's argument */
	int32_t pipid;  /* the caller's PIPID, PIP_PIPID_ROOT, or PIP_PIPID_NULL:
			 * neither root nor task: before pip_init(), after
			 * pip_fin(), and in a child made by fork() */
	uint32_t reserved;
	union {
		struct {
			int32_t argc;
			int32_t is_task; /* 0: it may become a root */
			char **argv, **envp;
		} init;
		struct {
			int32_t status; /* as given to exit(3) */
		} exit;
		struct {
			const char *path; /* NULL in the new program */
			char *const *argv, *const *envp;
			int32_t error; /* POST_EXEC in the old one: errno */
		} exec;
		struct {
			int32_t parent_pipid; /* whose child it is */
		} fork;
		struct {
			uint64_t thread; /* pthread_t; START, EXIT: one's own */
			uint64_t start;  /* the address of its function */
			uint64_t arg;
		} thread;
		struct {
			const char *program;
			char *const *argv; /* NULL: the name alone */
			const char *function; /* NULL: main */
			int32_t pipid; /* SPAWN: as asked for, PIP_PIPID_ANY */
			int32_t pid;   /* SPAWNED: PID (thread mode: TID) */
			int32_t error; /* SPAWNED: 0 or an errno value */
		} spawn;
		struct {
			int32_t pipid;
			int32_t status; /* of wait(2) */
		} wait;
		struct {
			int32_t to; /* PIPID */
			int32_t signal;
		} signal;
		struct {
			int32_t pipid; /* of the scheduler: that it leaves, or
					* goes to */
		} domain;
		struct {
			uint64_t number;  /* of this suspension, from 1 */
			int32_t leader;   /* PIPID, from LEADER_ELECTION on;
					   * before PIP_PIPID_NULL */
			uint32_t members; /* processes that take part */
			int32_t restarted; /* 0; reserved for RESTART */
			int32_t reason;   /* as given to who has asked for it */
			int32_t tid;      /* *_USER_THREAD: the thread */
		} round;
		uint64_t words[14]; /* its size is fixed */
	};
} pip_event_data_t;

/* Who a plugin is; PIP_PLUGIN() defines it. */
struct pip_plugin {
	uint32_t magic; /* PIP_PLUGIN_MAGIC */
	uint32_t api;   /* PIP_PLUGIN_API */
	uint32_t size;  /* of this structure */
	uint32_t reserved;
	const char *name; /* letters, digits, '-', '_', '.', '+' */
	uint64_t words[4];
};

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* What a plugin defines. */
extern const struct pip_plugin pip_plugin_description;
void pip_event_hook(pip_event_t event, pip_event_data_t *data);

/* Call the hook of the next plugin; see PIP_NEXT_EVENT_HOOK. */
void pip_next_event_hook(pip_event_t event, pip_event_data_t *data);

/* "INIT"; NULL: there is no such event. */
const char *pip_event_name(pip_event_t event);

/* 1: it goes through the plugins in reverse order.  0: it does not, or there
 * is no such event. */
int pip_event_is_post(pip_event_t event);

/*
 * The names of the plugins that are loaded, in their order.  Returns NULL for
 * numbers that are too high.
 */
const char *pip_plugin_name(unsigned number);

/* For NEXT_FNC(): there is no such function.  Says so, and aborts. */
void pip_plugin_no_function(const char *name, const void *plugin)
	__attribute__((__noreturn__));

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

/* Once in a plugin, outside of all functions. */
#define PIP_PLUGIN(plugin_name)                                           \
	const struct pip_plugin pip_plugin_description = {                \
		PIP_PLUGIN_MAGIC, PIP_PLUGIN_API,                         \
		sizeof(struct pip_plugin), 0, plugin_name, { 0 }          \
	}

/*
 * In pip_event_hook(): let the next plugin know.  To be called once in a call
 * of the hook, from its thread; what comes before it is done before the next
 * plugins' hooks, what comes after it after them.  A hook that does not call
 * it ends the chain: the rest learn nothing of this event.  A second call in
 * the same call of the hook does nothing, but for a warning.
 */
#define PIP_NEXT_EVENT_HOOK(event, data) pip_next_event_hook(event, data)

/*
 * In a wrapper function: the function of that name which the wrapper hides,
 * of the next plugin or of a library.  It is looked up once; from then on the
 * cost is that of an indirect call.
 *
 *	unsigned sleep(unsigned seconds)
 *	{
 *		return NEXT_FNC(sleep)(seconds);
 *	}
 *
 * dlsym(3) goes by who calls it, so this must be in the plugin's own code.
 */
#define NEXT_FNC(function)                                                \
	(__extension__({                                                  \
		static __typeof__(&function) pip_found;                   \
		__typeof__(&function) pip_next =                          \
			__atomic_load_n(&pip_found, __ATOMIC_RELAXED);    \
                                                                          \
		if (__builtin_expect(pip_next == NULL, 0)) {              \
			void *pip_symbol = dlsym(RTLD_NEXT, #function);   \
                                                                          \
			if (pip_symbol == NULL)                           \
				pip_plugin_no_function(                   \
					#function,                        \
					&pip_plugin_description);         \
			__builtin_memcpy(&pip_next, &pip_symbol,          \
					 sizeof(pip_next));               \
			__atomic_store_n(&pip_found, pip_next,            \
					 __ATOMIC_RELAXED);               \
		}                                                         \
		pip_next;                                                 \
	}))

#ifndef __cplusplus
_Static_assert(sizeof(pip_event_data_t) == 128, "ABI: size of an event");
_Static_assert(sizeof(struct pip_plugin) == 56, "ABI: size of a description");
#endif

#endif /* PIP_PLUGIN_H */
