/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Process-in-Process: many processes in one address space.
 *
 * A program that calls pip_init() becomes the root.  Each program that it
 * spawns becomes a task: an ordinary process (own PID, descriptors, signals,
 * own copy of every variable and library) that lives in the root's address
 * space, so that a pointer of one is a pointer of all.
 *
 * The interface is that of the original PiP library, versions 2 and 3;
 * PIP_VERSION_MAJOR (2 or 3, default 3) selects which of the two a program
 * was written for.  Where they disagree, each description says how.
 *
 * Functions that return int return 0 or a positive errno value; they do not
 * set errno.  "Root" below is the process that called pip_init(), "task" is
 * what it spawned; a function may be called by both unless it says otherwise.
 * All of them may be called by any thread, none by a signal handler.
 */
#ifndef PIP_H
#define PIP_H

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#if defined(PIP_VERSION_MAJOR) && PIP_VERSION_MAJOR == 2
#include <semaphore.h>
#endif

#ifndef PIP_VERSION_MAJOR
#define PIP_VERSION_MAJOR 3
#endif
#if PIP_VERSION_MAJOR != 2 && PIP_VERSION_MAJOR != 3
#error "PIP_VERSION_MAJOR must be 2 or 3"
#endif

/* A function whose version 2 form differs has a symbol of its own. */
#if PIP_VERSION_MAJOR == 2
#define PIP_VERSIONED(symbol) __asm__(symbol)
#else
#define PIP_VERSIONED(symbol)
#endif

#ifndef INLINE
#define INLINE inline static
#endif

/* Execution modes: one of them, or PIP_OPTS_NONE, is given to pip_init(). */
#define PIP_OPTS_NONE 0x0
#define PIP_MODE_PTHREAD 0x1000U
#if PIP_VERSION_MAJOR == 2
#define PIP_MODE_PROCESS_PRELOAD 0x0100U
#define PIP_MODE_PROCESS_PIPCLONE 0x0400U
#define PIP_MODE_PROCESS_GOT_OBS 0x8000U
#define PIP_MODE_PROCESS 0x0500U
#define PIP_VALID_OPTS 0x9500U
#else
#define PIP_MODE_PROCESS 0x2000U
#define PIP_MODE_PROCESS_PRELOAD 0x2100U
#define PIP_MODE_PROCESS_PIPCLONE 0x2200U
#define PIP_MODE_PROCESS_GOT 0x2400U
#define PIP_VALID_OPTS 0x3700U
#endif
#define PIP_MODE_MASK 0xFF00U

/* Values of the environment variable PIP_MODE. */
#define PIP_ENV_MODE "PIP_MODE"
#define PIP_ENV_MODE_THREAD "thread"
#define PIP_ENV_MODE_PTHREAD "pthread"
#define PIP_ENV_MODE_PROCESS "process"
#define PIP_ENV_MODE_PROCESS_PRELOAD "process:preload"
#define PIP_ENV_MODE_PROCESS_PIPCLONE "process:pipclone"
#define PIP_ENV_MODE_PROCESS_GOT "process:got"
#if PIP_VERSION_MAJOR == 2
#define PIP_ENV_STACKSZ "PIP_STACKSIZE"
#define PIP_ENV_QUIET "PIP_QUIET"
#else
#define PIP_ENV_STACKSZ "PIP_STACKSZ"
#endif
/* Variables of pip-environment(7). */
#define PIP_ENV_STOP_ON_START "PIP_STOP_ON_START"
#define PIP_ENV_GDB_PATH "PIP_GDB_PATH"
#define PIP_ENV_GDB_COMMAND "PIP_GDB_COMMAND"
#define PIP_ENV_GDB_SIGNALS "PIP_GDB_SIGNALS"
#define PIP_ENV_SHOW_MAPS "PIP_SHOW_MAPS"
#define PIP_ENV_SHOW_PIPS "PIP_SHOW_PIPS"
/* Not of the original: tasks outlive a root that dies (any value). */
#define PIP_ENV_KEEP_TASKS "PIP_KEEP_TASKS"

/* PIPIDs: 0 to ntasks - 1, or one of these. */
#define PIP_MAGIC_NUM (-747)
#define PIP_PIPID_ROOT (PIP_MAGIC_NUM - 1)
#define PIP_PIPID_MYSELF (PIP_MAGIC_NUM - 2)
#define PIP_PIPID_SELF PIP_PIPID_MYSELF
#define PIP_PIPID_ANY (PIP_MAGIC_NUM - 3)
#define PIP_PIPID_NULL (PIP_MAGIC_NUM - 4)

/*
 * pip_init() takes up to PIP_NTASKS_MAX, and PIP_NTASKS_DEFAULT when it is given
 * no number, which is as much as the original can do.
 */
#define PIP_NTASKS_MAX 4096
#define PIP_NTASKS_DEFAULT 300

/* coreno: a plain number n is the n-th core that the root may run on. */
#define PIP_CPUCORE_FLAG_SHIFT 24
#define PIP_CPUCORE_FLAG_MASK 0xFF000000U
#define PIP_CPUCORE_CORENO_MASK 0x00FFFFFFU
#if PIP_VERSION_MAJOR == 2
#define PIP_CPUCORE_CORENO_MAX (1U << 20)
#else
#define PIP_CPUCORE_CORENO_MAX ((1U << 20) - 1)
#endif
#define PIP_CPUCORE_ASIS 0x01000000U /* leave the affinity as it is */
#define PIP_CPUCORE_ABS 0x02000000U  /* | n: CPU n as the kernel counts */

#define PIP_YIELD_DEFAULT 0U
#define PIP_YIELD_USER 1U
#define PIP_YIELD_SYSTEM 2U

#if PIP_VERSION_MAJOR == 2
#define PIP_STACK_SIZE (16UL << 20)
#define PIP_STACK_SIZE_MIN (4UL << 20)
#define PIP_STACK_SIZE_MAX (1024UL << 30)
#define PIP_HAVE_LDPIP
#endif

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/*
 * What to start.  Fill it in with pip_spawn_from_main() or
 * pip_spawn_from_func(); nothing is copied until the spawn.
 */
typedef struct {
	char *prog;     /* path; without a slash it is searched on PATH */
	char **argv;    /* NULL-terminated; NULL: { prog, NULL } */
	char **envv;    /* NULL-terminated */
	char *funcname; /* start function int f(void *), NULL: main */
	void *arg;      /* its argument */
#if PIP_VERSION_MAJOR == 2
	void *aux; /* what pip_get_aux() of the task returns */
	void *reserved[2];
#else
	void *exp; /* given to the task's pip_init() instead of the root's */
	void *aux;
	void *reserved[2];
#endif
} pip_spawn_program_t;

typedef int (*pip_spawnhook_t)(void *);

/*
 * Spawn hooks: functions of the spawner that run in the new task's kernel
 * process (its PID, its descriptors) on the spawner's variables; malloc(),
 * free() and stdio are safe in them.  They run while the spawner does, so what
 * they share with it wants a lock.
 * before: when the descriptors with FD_CLOEXEC are still open.  If it does not
 * return 0, the program is not started, and that value becomes the exit
 * status; the spawn itself has succeeded.  The spawn waits for it, but not for
 * longer than a fifth of a second.
 * after: when the task returns from its start function or calls exit() or
 * pip_exit(), after all handlers of the program; not for _exit() or a signal,
 * nor in a task whose program is of musl or static.
 */
typedef struct {
	pip_spawnhook_t before;
	pip_spawnhook_t after; /* its value is ignored */
	void *hookarg;         /* the argument of both */
	void *reserved[5];
} pip_spawn_hook_t;

typedef uintptr_t pip_id_t;

#if PIP_VERSION_MAJOR == 2
/* Initialise it with pip_barrier_init(); what is in it is the library's. */
typedef struct pip_barrier {
	int count_init;
	volatile uint32_t count;
	volatile int gsense;
	sem_t semaphore[2];
} pip_barrier_t;
#endif

extern char **environ;

INLINE void pip_spawn_from_main_(pip_spawn_program_t *progp, char *prog,
				 char **argv, char **envv, void *exp, void *aux)
{
	memset(progp, 0, sizeof(*progp));
	progp->prog = prog != NULL || argv == NULL ? prog : argv[0];
	progp->argv = argv;
	progp->envv = envv != NULL ? envv : environ;
	progp->aux = aux;
#if PIP_VERSION_MAJOR == 2
	progp->reserved[0] = exp;
#else
	progp->exp = exp;
#endif
}

INLINE void pip_spawn_from_func_(pip_spawn_program_t *progp, char *prog,
				 char *funcname, void *arg, char **envv,
				 void *exp, void *aux)
{
	memset(progp, 0, sizeof(*progp));
	progp->prog = prog;
	progp->funcname = funcname;
	progp->arg = arg;
	progp->envv = envv != NULL ? envv : environ;
	progp->aux = aux;
#if PIP_VERSION_MAJOR == 2
	progp->reserved[0] = exp;
#else
	progp->exp = exp;
#endif
}

/*
 * void pip_spawn_from_main(progp, prog, argv, envv, [exp,] aux)
 *
 * Describe a start at main.  prog NULL means argv[0], envv NULL the caller's
 * environ.  exp is version 3's; both argument lists are taken whatever the
 * version, told apart by their number.
 */
#define PIP_PICK_7_(a, b, c, d, e, f, g, ...) g
#define pip_spawn_from_main_5_(p, prog, argv, envv, aux) \
	pip_spawn_from_main_(p, prog, argv, envv, NULL, aux)
#define pip_spawn_from_main(...)                                          \
	PIP_PICK_7_(__VA_ARGS__, pip_spawn_from_main_,                    \
		    pip_spawn_from_main_5_, too_few_arguments, , , )      \
	(__VA_ARGS__)

/*
 * void pip_spawn_from_func(progp, prog, funcname, arg, envv, [exp,] aux)
 *
 * Describe a start at the function funcname of prog, int f(void *), which is
 * called with arg after the program's constructors and whose value becomes
 * the exit status.  The function may be static, and the program need not be
 * linked with -rdynamic, as long as its symbol table is not stripped.
 */
#define PIP_PICK_8_(a, b, c, d, e, f, g, h, ...) h
#define pip_spawn_from_func_6_(p, prog, func, arg, envv, aux) \
	pip_spawn_from_func_(p, prog, func, arg, envv, NULL, aux)
#define pip_spawn_from_func(...)                                          \
	PIP_PICK_8_(__VA_ARGS__, pip_spawn_from_func_,                    \
		    pip_spawn_from_func_6_, too_few_arguments, , , )      \
	(__VA_ARGS__)

/* Describe the hooks of a spawn; reserved[] is left alone. */
INLINE void pip_spawn_hook(pip_spawn_hook_t *hook, pip_spawnhook_t before,
			   pip_spawnhook_t after, void *hookarg)
{
	hook->before = before;
	hook->after = after;
	hook->hookarg = hookarg;
}

/*
 * Make the caller the root, or, in a task, ask what the root gave.
 *
 * Root: *ntasksp is how many tasks may exist at once, 1 to PIP_NTASKS_MAX
 * (NULL: PIP_NTASKS_DEFAULT); *root_expp is an address handed to every task's own
 * pip_init(); *pipidp becomes PIP_PIPID_ROOT.  opts is PIP_OPTS_NONE or a
 * PIP_MODE_*; with none, the environment variable PIP_MODE decides.
 * Task: *ntasksp becomes the root's number, *root_expp the root's address (it
 * is left alone if the root gave none), *pipidp the task's PIPID.  Always 0.
 * Each pointer may be NULL.
 *
 * Errors, in this order: EBUSY already initialised; EINVAL *ntasksp < 1;
 * EOVERFLOW *ntasksp > PIP_NTASKS_MAX; EINVAL opts not valid; EPERM opts and
 * PIP_MODE contradict each other, or SIGCHLD is blocked; ENOMEM, ENFILE,
 * EMFILE no memory or descriptor for the task table.
 * Version 2 ignores unknown low bits of opts, version 3 refuses them (EINVAL).
 */
int pip_init(int *pipidp, int *ntasksp, void **root_expp,
#if PIP_VERSION_MAJOR == 2
	     int opts
#else
	     uint32_t opts
#endif
	     ) PIP_VERSIONED("pip2_init");

/*
 * Give everything back: root only in effect, a task gets 0.
 *
 * Memory of finished tasks is unmapped: pointers into it are invalid from here.
 * Errors: EPERM not initialised; EBUSY a task has not been waited for.
 */
int pip_fin(void);

/* Non-zero (the mode bits) once pip_init() has succeeded, and in a task. */
int pip_is_initialized(void) PIP_VERSIONED("pip2_is_initialized");

/*
 * Start a program as a task.  Root, or a task: its child is the root's too.
 *
 * progp: what to start.  coreno: where (PIP_CPUCORE_*, or a number taken
 * modulo the count of usable cores); failing to bind only warns.  opts: 0.
 * *pipidp: which PIPID, or PIP_PIPID_ANY (also when pipidp is NULL); it
 * becomes the PIPID used.  hookp: may be NULL; see pip_spawn_hook_t.
 * Returns when the program and its libraries are mapped and relocated, before
 * its constructors run.  Descriptors with FD_CLOEXEC are closed in the task,
 * caught signals are reset as execve(2) does.
 *
 * Errors, in this order: EINVAL progp is NULL; EPERM not initialised; EINVAL
 * no program, a PIPID or a coreno that cannot be; EDEADLK all are suspended by
 * the caller, or it is a hook of that (pip_suspend_all()); EAGAIN the PIPID is in
 * use or none is free; ENOENT, EACCES (not a regular or not an executable file),
 * ELIBSCN (a script), EUNATCH (shorter than an ELF header), ELIBBAD (not ELF,
 * another machine, or inconsistent), ELIBEXEC (not position-independent, or
 * its loader refused it: the loader says why on stderr), ELIBACC (the loader
 * that it names does not exist; libelf is missing, which a start function
 * needs), ENOEXEC (start function not found, or several of that name), what
 * open(2) says of a path (ENOTDIR, ELOOP, ENAMETOOLONG); E2BIG arguments and
 * environment take more than a quarter of the stack; ENOMEM, EAGAIN a limit of
 * the machine: a message names the limit, its value and how to raise it.
 */
int pip_task_spawn(pip_spawn_program_t *progp, uint32_t coreno, uint32_t opts,
		   int *pipidp, pip_spawn_hook_t *hookp)
	PIP_VERSIONED("pip2_task_spawn");

/* pip_spawn_from_main(), pip_spawn_hook() and pip_task_spawn() in one call. */
int pip_spawn(char *filename, char **argv, char **envv,
#if PIP_VERSION_MAJOR == 2
	      int coreno,
#else
	      uint32_t coreno,
#endif
	      int *pipidp, pip_spawnhook_t before, pip_spawnhook_t after,
	      void *hookarg) PIP_VERSIONED("pip2_spawn");

/*
 * Publish one address of the caller for pip_import().
 * Errors: EPERM not initialised.  Version 2 also: EINVAL exp is NULL; EBUSY
 * already exported.  Version 3 overwrites, and takes NULL.
 */
int pip_export(void *exp) PIP_VERSIONED("pip2_export");

/*
 * Get the address that a task or the root exported; NULL if none yet.  Never
 * blocks.  expp may be NULL.
 * Errors: EPERM not initialised; EINVAL pipid is PIP_PIPID_ANY or _NULL;
 * ERANGE no such PIPID (version 3: negative ones are EINVAL).  Version 2
 * also: ESRCH the task has ended.  Version 3 goes on returning what an ended
 * task exported until its PIPID is used again.
 */
int pip_import(int pipid, void **expp) PIP_VERSIONED("pip2_import");

/*
 * Publish an address under a name, printf(3)'s format and what belongs to it.
 *
 * The name may have any length, and none (format "" or NULL); exp may be NULL.
 * Names of a task that has ended are gone when its PIPID is used again.
 * Errors: EPERM not initialised; ENOMEM; EBUSY the caller has exported that
 * name already; EILSEQ, EOVERFLOW the format cannot be carried out.
 */
int pip_named_export(void *exp, const char *format, ...)
	__attribute__((__format__(__printf__, 2, 3)));

/*
 * Get what a task or the root has exported under a name.
 *
 * pip_named_import() waits until it is exported, pip_named_tryimport() does
 * not.  expp may be NULL.  From a task that has ended but was not waited for,
 * names can still be imported.
 * Errors, in this order: EPERM not initialised; EINVAL, ERANGE as pip_import()
 * has them; EDEADLK pipid is the caller, and it has not exported the name;
 * ESRCH there is no such task (never spawned, or waited for), or it has ended
 * without exporting it; ECANCELED it has ended meanwhile; EAGAIN (tryimport)
 * not exported yet; ENOMEM, EILSEQ, EOVERFLOW as pip_named_export().
 */
int pip_named_import(int pipid, void **expp, const char *format, ...)
	PIP_VERSIONED("pip2_named_import")
	__attribute__((__format__(__printf__, 3, 4)));
int pip_named_tryimport(int pipid, void **expp, const char *format, ...)
	PIP_VERSIONED("pip2_named_tryimport")
	__attribute__((__format__(__printf__, 3, 4)));

/*
 * A pointer per task for the program's own use; initially what the spawn
 * program's aux says, NULL in the root.  auxp may be NULL.
 * Error: EPERM not initialised.
 */
int pip_set_aux(void *aux);
int pip_get_aux(void **auxp);

/*
 * Wait until a task has ended: the root for any, a task for those that it has
 * spawned.
 *
 * *status (may be NULL) becomes a wait(2) status word.  Afterwards the PIPID
 * may be used again; the task's memory stays readable until it is.
 * pip_trywait() does not block.  The _any forms take whichever task ends
 * first and say which in *pipidp (may be NULL).  Children of the root that
 * are not tasks are never waited for.  In the root, the _any forms leave what a
 * task has spawned to that task while it lives.
 *
 * Errors: EPERM not initialised, or called by a task that has not spawned
 * pipid, or (_any) anything; EDEADLK pipid is the
 * root or the caller; EINVAL pipid is PIP_PIPID_ANY or _NULL; ERANGE no such
 * PIPID; ECHILD never spawned, or already waited for, or (the try forms) not
 * ended yet; the _any forms: no task is left.
 */
int pip_wait(int pipid, int *status);
int pip_trywait(int pipid, int *status);
int pip_wait_any(int *pipidp, int *status);
int pip_trywait_any(int *pipidp, int *status);

/*
 * End the caller: exit(3), of this task only when a task calls it.  Does not
 * return.  May be called before pip_init().
 */
void pip_exit(int status) __attribute__((noreturn));

#if PIP_VERSION_MAJOR == 2
/*
 * A barrier for n participants: any mix of the root, tasks and their threads.
 *
 * pip_barrier_wait() blocks until n have called it, and returns 0; the barrier
 * can be used again at once.  pip_barrier_fin() ends its use.
 * Errors: EPERM (not wait) not initialised; init: EINVAL n < 1; fin: EBUSY
 * somebody waits.
 */
int pip_barrier_init(pip_barrier_t *barrp, int n)
	PIP_VERSIONED("pip2_barrier_init");
int pip_barrier_wait(pip_barrier_t *barrp) PIP_VERSIONED("pip2_barrier_wait");
int pip_barrier_fin(pip_barrier_t *barrp) PIP_VERSIONED("pip2_barrier_fin");
#endif

/*
 * End all tasks and the root: whoever waits for the root sees it killed by
 * SIGABRT.  Before pip_init(): abort(3).
 */
void pip_abort(void) __attribute__((__noreturn__));

/* A signal to every task, SIGTERM or SIGKILL.  Root only.  Error: EPERM. */
#if PIP_VERSION_MAJOR == 3
int pip_kill_all_tasks(void);
#else
int pip_kill_all_child_tasks(void);
#endif

/* Let others run.  flag: PIP_YIELD_*; version 2 has no use for it.  EPERM. */
int pip_yield(int flag) PIP_VERSIONED("pip2_yield");

/* Own PIPID, PIP_PIPID_ROOT in the root.  pipidp may be NULL.  Error: EPERM. */
int pip_get_pipid(int *pipidp);

/*
 * How many tasks may exist at once, as given to pip_init().  ntasksp may be
 * NULL.  Error: EPERM not initialised.
 */
int pip_get_ntasks(int *ntasksp);

/* The PIP_MODE_* in force.  modep may be NULL.  Error: EPERM not initialised. */
int pip_get_mode(int *modep) PIP_VERSIONED("pip2_get_mode");

/* Its name as PIP_MODE takes it; NULL when not initialised. */
const char *pip_get_mode_str(void);

/*
 * What the system calls a task: its TID, in thread mode its pthread_t.  idp may
 * be NULL.
 * Errors: EPERM, EINVAL, ERANGE as pip_import() has them; ESRCH never spawned,
 * or waited for.
 */
int pip_get_system_id(int pipid, pip_id_t *idp)
	PIP_VERSIONED("pip2_get_system_id");

/* 1 if tasks are threads of the root (and share its descriptors), else 0.
 * flagp may be NULL.  Error: EPERM not initialised. */
int pip_is_threaded(int *flagp);
int pip_is_shared_fd(int *flagp);

/* The caller's TID. */
pid_t pip_gettid(void);

/* 1 in the root (a task), else 0; both 0 when not initialised. */
int pip_isa_root(void);
int pip_isa_task(void);

/*
 * The link map of a task's program (in glibc, a handle for dlsym(3)) and the
 * number of its name space.  Errors: EPERM, EINVAL, ERANGE as pip_import() has
 * them; ESRCH no such task; ENOTSUP libpip is not in it.
 */
int pip_get_dlmopen_info(int pipid, void **handlep, long *lmidp);

#if PIP_VERSION_MAJOR == 2
/* malloc(3) and its family: free() and realloc() take any task's blocks, and
 * so do the plain ones. */
void *pip_malloc(size_t size);
size_t pip_malloc_usable_size(void *block);
void pip_free(void *block);
void *pip_calloc(size_t count, size_t size);
void *pip_realloc(void *block, size_t size);
int pip_posix_memalign(void **blockp, size_t align, size_t size);

/* Two recursive locks among the root and all tasks.  A task that dies with
 * one loses it.  libpip itself takes neither. */
void pip_libc_lock(void);
void pip_libc_unlock(void);
void pip_universal_lock(void);
void pip_universal_unlock(void);
#else
/* A recursive lock among the root and all tasks, which libpip does not take. */
void pip_glibc_lock(void);
void pip_glibc_unlock(void);

/* Can path be spawned?  0, or what pip_task_spawn() would say; with flag, a
 * message says why not. */
int pip_check_pie(const char *path, int flag);
#endif

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#include "pip_dlfcn.h"
#include "pip_signal.h"
#if PIP_VERSION_MAJOR == 2
#include "pip_util.h" /* for what version 2 declares here */
#else
#include "pip_blt.h"
#endif

#endif /* PIP_H */
