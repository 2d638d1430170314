/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The barriers.  Who arrives says so, in its slot, and counts; who seems to be
 * the last looks whether all are there, and opens the barrier.  Those who wait
 * look as well, now and then, one at a time: somebody may have ended instead of
 * arriving, and tells nobody.
 */
#include "coordinate.h"

#include <errno.h>
#include <limits.h>

#include <pip/pip_coordinate.h>

#include "alive.h"
#include "futex.h"
#include "plugin.h"
#include "root.h"
#include "thread_mode.h"

/* Between two looks. */
#define LOOK_NS_MIN (2l * 1000 * 1000)
#define LOOK_NS_MAX (64l * 1000 * 1000)
/* Of a context that naps instead, which is much shorter. */
#define NAPS_PER_LOOK 32

#define ONE ((uint64_t)1 << 32) /* added to a state: one more has arrived */

typedef bool (*all_function)(struct rendezvous *rendezvous, uint32_t round);

static uint32_t round_of(uint64_t state)
{
	return (uint32_t)state;
}

static uint32_t count_of(uint64_t state)
{
	return (uint32_t)(state >> 32);
}

static void open_barrier(struct rendezvous *rendezvous, uint32_t round)
{
	uint64_t state = atomic_load(&rendezvous->state);

	do
		if (round_of(state) != round)
			return;
	while (!atomic_compare_exchange_weak(&rendezvous->state, &state,
					     (uint32_t)(round + 1)));
	futex_wake(&rendezvous->round, INT_MAX);
}

static void examine(struct rendezvous *rendezvous, uint32_t round,
		    all_function all)
{
	uint32_t self = (uint32_t)arch_syscall1(SYS_gettid, 0);
	uint32_t other = 0;

	if (!atomic_compare_exchange_strong(&rendezvous->examiner, &other,
					    self) &&
	    (!alive_has_ended((pid_t)other) ||
	     !atomic_compare_exchange_strong(&rendezvous->examiner, &other,
					     self)))
		return;
	if (all(rendezvous, round))
		open_barrier(rendezvous, round);
	atomic_store(&rendezvous->examiner, 0);
}

static void wait_for_others(struct rendezvous *rendezvous, uint32_t round,
			    all_function all)
{
	long timeout = LOOK_NS_MIN;
	unsigned naps = 0;

	blt_begin_naps();
	while (atomic_load(&rendezvous->round) == round) {
		if (blt_nap_instead(rendezvous)) {
			if (++naps % NAPS_PER_LOOK != 0)
				continue;
		} else {
			futex_wait(&rendezvous->round, round, timeout);
			if (timeout < LOOK_NS_MAX)
				timeout *= 2;
		}
		if (atomic_load(&rendezvous->round) == round)
			examine(rendezvous, round, all);
	}
}

/* --- All tasks ---------------------------------------------------------------- */

/* Has it arrived in that round?  Marks begin at 0, rounds as well. */
static bool is_there(const struct pip_slot *slot, unsigned which, uint32_t round)
{
	return atomic_load(&slot->barrier_marks[which]) == round + 1;
}

/* Neither arrived nor ended. */
static bool is_missing(struct pip_slot *slot, unsigned which, uint32_t round)
{
	uint32_t state = atomic_load(&slot->state);
	pid_t pid = atomic_load(&slot->pid);

	if (state == SLOT_IDLE || is_there(slot, which, round))
		return false;
	if (state == SLOT_LOADING) /* its spawner may have died */
		return !lock_is_orphaned(&slot->root->lock) || pid > 1;
	if (pid <= 1) /* it is being recorded that it has ended */
		return false;
	return root_is_threaded(slot->root) ?
		       atomic_load(&slot->end.state) != END_DONE :
		       !alive_process_has_ended(pid);
}

static bool all_tasks(struct rendezvous *rendezvous, uint32_t round)
{
	struct pip_root *root = pip_self->root;
	unsigned which = (unsigned)(rendezvous - root->barriers);

	if (root->table->spawned_total < atomic_load(&rendezvous->ntasks))
		return false;
	if (which == 1 && !is_there(&root->self, which, round))
		return false;
	for (uint32_t i = 0; i + 1 < root->table->nused; i++)
		if (is_missing(&root->slots[i], which, round))
			return false;
	return true;
}

/* How many are likely to come. */
static uint64_t expected(const struct pip_root *root, unsigned which)
{
	return root->table->spawned_total - root->table->ended_total + which;
}

static void ask_for(struct rendezvous *rendezvous, uint32_t ntasks)
{
	uint32_t before = atomic_load(&rendezvous->ntasks);

	while (before < ntasks &&
	       !atomic_compare_exchange_weak(&rendezvous->ntasks, &before,
					     ntasks))
		;
}

static int check(int ntasks, unsigned flags)
{
	if (pip_self == NULL)
		return EPERM;
	if (ntasks < 0 || (flags & ~PIP_BARRIER_ROOT) != 0 ||
	    (slot_is_root(pip_self) && (flags & PIP_BARRIER_ROOT) == 0))
		return EINVAL;
	return suspend_forbids_waiting() ? EDEADLK : 0;
}

int pip_global_barrier(int ntasks, unsigned flags)
{
	unsigned which = flags & PIP_BARRIER_ROOT ? 1 : 0;
	struct rendezvous *rendezvous;
	uint64_t state;
	uint32_t round;
	int error = check(ntasks, flags);

	if (error != 0)
		return error;
	rendezvous = &pip_self->root->barriers[which];
	ask_for(rendezvous, (uint32_t)ntasks);
	/* Before it is counted: nobody opens the barrier without us. */
	round = atomic_load(&rendezvous->round);
	atomic_store(&pip_self->barrier_marks[which], round + 1);
	state = atomic_fetch_add(&rendezvous->state, ONE) + ONE;
	if (round_of(state) == round &&
	    count_of(state) >= expected(pip_self->root, which) &&
	    all_tasks(rendezvous, round))
		open_barrier(rendezvous, round);
	wait_for_others(rendezvous, round, all_tasks);
	return 0;
}

int pip_name_service(int ntasks, unsigned flags)
{
	int error = check(ntasks, flags);

	if (error != 0)
		return error;
	plugin_raise(PIP_PLUGIN_EVENT_REGISTER_NAME_SERVICE_DATA, NULL);
	error = pip_global_barrier(ntasks, flags);
	if (error == 0)
		plugin_raise(PIP_PLUGIN_EVENT_SEND_QUERIES, NULL);
	return error;
}

/* --- All threads of a task ---------------------------------------------------- */

struct count {
	struct pip_slot *slot;
	uint32_t threads;
};

/* Threads that the runtime has made lend their thread pointer to hooks, and
 * know nothing of barriers. */
static bool is_lender(const struct pip_root *root, pid_t tid)
{
	for (uint32_t i = 0; i + 1 < root->table->nused; i++)
		if (atomic_load(&root->slots[i].hook.state) == HOOK_LENT &&
		    atomic_load(&root->slots[i].hook.lender) == tid)
			return true;
	return false;
}

static void count_thread(void *arg, pid_t tid)
{
	struct count *count = arg;
	struct pip_root *root = count->slot->root;

	if (root_is_threaded(root) && threads_owner(root, tid) != count->slot)
		return;
	if (is_lender(root, tid) || alive_has_ended(tid))
		return;
	count->threads++;
}

static pid_t process_of(const struct pip_slot *slot)
{
	return slot_is_root(slot) || root_is_threaded(slot->root) ?
		       slot->root->pid :
		       atomic_load(&slot->pid);
}

static int count_threads(struct pip_slot *slot, uint32_t *threads)
{
	struct count count = { .slot = slot };
	long error = threads_list(process_of(slot), count_thread, &count, NULL);

	*threads = count.threads;
	return error < 0 ? (int)-error : 0;
}

/* At most so many, without asking about each.  In thread mode that does not
 * say much. */
static int estimate_threads(struct pip_slot *slot, uint32_t *threads)
{
	long count = 0;
	long error = threads_list(process_of(slot), NULL, NULL, &count);

	*threads = root_is_threaded(slot->root) ? 1 : (uint32_t)count;
	return error < 0 ? (int)-error : 0;
}

static bool all_threads(struct rendezvous *rendezvous, uint32_t round)
{
	uint64_t state = atomic_load(&rendezvous->state);
	uint32_t threads;

	return round_of(state) == round &&
	       count_threads(pip_self, &threads) == 0 &&
	       count_of(state) >= threads;
}

int pip_local_barrier(void)
{
	struct rendezvous *rendezvous;
	uint32_t threads;
	uint64_t state;
	int error;

	if (pip_self == NULL)
		return EPERM;
	if (suspend_forbids_waiting())
		return EDEADLK;
	error = estimate_threads(pip_self, &threads);
	if (error != 0)
		return error;
	rendezvous = &pip_self->local_barrier;
	state = atomic_fetch_add(&rendezvous->state, ONE) + ONE;
	if (count_of(state) >= threads &&
	    all_threads(rendezvous, round_of(state)))
		open_barrier(rendezvous, round_of(state));
	wait_for_others(rendezvous, round_of(state), all_threads);
	return 0;
}
