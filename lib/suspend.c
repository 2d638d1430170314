/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pip_suspend_all(): the coordinator's course.
 *
 *	stop everybody		each thread: PRE_SUSPEND_USER_THREAD
 *	for each of before[]:	each process calls its hooks; wait for all
 *	(an image of the address space would be written here)
 *	for each of after[]:	the same
 *	release everybody	each thread: RESUME_USER_THREAD
 *
 * Between two steps all have carried out the one before: a global barrier.
 * Whoever fails to do so in time ends the round for everybody; then the steps
 * of after[] still come, since hooks may have something to put right.
 */
#include "suspend.h"

#include <errno.h>
#include <signal.h>

#include <pip/pip_coordinate.h>

#include "futex.h"
#include "message.h"
#include "plugin.h"
#include "probe.h"
#include "root.h"
#include "spawn.h"

#define MS 1000000ul
#define TIMEOUT_MS 10000u
/* While hooks run: between two looks whether their process still lives. */
#define LOOK_NS (20l * 1000 * 1000)

static const uint32_t before[] = {
	PIP_PLUGIN_EVENT_THREADS_SUSPEND,
	PIP_PLUGIN_EVENT_SUSPENDED,
	PIP_PLUGIN_EVENT_LEADER_ELECTION,
	PIP_PLUGIN_EVENT_DRAIN,
	PIP_PLUGIN_EVENT_WRITE,
};

static const uint32_t after[] = {
	PIP_PLUGIN_EVENT_RESUME,
	PIP_PLUGIN_EVENT_REFILL,
	PIP_PLUGIN_EVENT_REGISTER_NAME_SERVICE_DATA,
	PIP_PLUGIN_EVENT_SEND_QUERIES,
	PIP_PLUGIN_EVENT_THREADS_RESUME,
};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* A round: what the coordinator keeps in its own memory, or while it holds all,
 * in the root's. */
struct course {
	struct pip_root *root;
	uint64_t patience; /* ns */
	bool was_away;     /* its context has come home for this */
	struct suspend_culprit culprit;
};

/* Of the round that is held. */
static struct course held;

static uint64_t self_id(void)
{
	return (uint64_t)arch_syscall1(SYS_getpid, 0) << 32 |
	       (uint32_t)arch_syscall1(SYS_gettid, 0);
}

bool suspend_forbids_waiting(void)
{
	struct pip_slot *self = pip_self;

	if (self == NULL)
		return false;
	return atomic_load(&self->root->suspend.owner) == self_id() ||
	       atomic_load(&self->suspend.hook_tid) ==
		       (pid_t)arch_syscall1(SYS_gettid, 0);
}

/* --- Steps -------------------------------------------------------------------- */

struct step {
	struct course *course;
	uint32_t event;
	uint64_t until;
	bool waiting, late;
	bool thorough; /* nothing has been heard for a while: who has died? */
};

static bool takes_part(const struct pip_slot *slot)
{
	return slot->suspend.runner != NULL && *slot->suspend.has_hooks;
}

static void give_order(struct pip_slot *slot, void *arg)
{
	const struct step *step = arg;
	struct suspend_thread *runner = slot->suspend.runner;

	if (slot == pip_self || !takes_part(slot))
		return;
	atomic_store(&runner->order, step->event);
	futex_wake(&runner->order, 1);
}

static void look_after(struct pip_slot *slot, void *arg)
{
	struct step *step = arg;
	struct suspend_thread *runner = slot->suspend.runner;

	if (slot == pip_self || !takes_part(slot) ||
	    atomic_load(&runner->done) == step->event)
		return;
	if ((step->thorough || step->late) && suspend_has_ended(slot)) {
		slot->suspend.runner = NULL;
		return;
	}
	step->waiting = true;
	if (!step->late)
		return;
	/* Late: the others go on without it. */
	if (step->course->culprit.pid == 0)
		step->course->culprit = (struct suspend_culprit){
			.pipid = slot->pipid,
			.pid = slot->entry->pid,
			.tid = runner->tid,
			.why = "a hook of a plugin does not return",
		};
	slot->suspend.late = true;
	slot->suspend.runner = NULL;
}

static bool is_done(struct step *step)
{
	step->waiting = false;
	suspend_for_each(step->course->root, look_after, step);
	return !step->waiting;
}

/* The hooks of all processes; true when all have returned. */
static bool carry_out(struct course *course, uint32_t event)
{
	struct pip_slot *self = pip_self;
	struct step step = {
		.course = course,
		.event = event,
		.until = suspend_now() + course->patience,
	};

	probe_suspend_all_step(self->pipid, (int)event);
	suspend_for_each(course->root, give_order, &step);
	self->suspend.raise(event, 0);
	for (;;) {
		uint32_t news = atomic_load(&course->root->suspend.news);

		if (is_done(&step))
			return !step.late;
		if (step.late)
			return false;
		if (suspend_now() > step.until) {
			step.late = true;
			continue;
		}
		step.thorough = !suspend_sleep(course->root, news, LOOK_NS);
	}
}

static void raise_own(uint32_t event)
{
	pip_self->suspend.raise(event, (pid_t)arch_syscall1(SYS_gettid, 0));
}

/* --- Beginning ---------------------------------------------------------------- */

/* Become the coordinator.  EBUSY. */
static int claim(struct pip_root *root)
{
	struct suspend *suspend = &root->suspend;
	uint64_t owner = atomic_load(&suspend->owner);

	if (suspend_is_orphaned(owner))
		suspend_recover(root, owner);
	owner = 0;
	return atomic_compare_exchange_strong(&suspend->owner, &owner,
					      self_id()) ?
		       0 :
		       EBUSY;
}

static void count_member(struct pip_slot *slot, void *arg)
{
	uint32_t *members = arg;

	if (slot->suspend.runner != NULL || slot == pip_self)
		++*members;
}

static int stop_all(struct course *course, struct suspend_work *work)
{
	struct suspend *suspend = &course->root->suspend;
	uint32_t members = 0, round;
	int error;

	suspend->number++;
	suspend->members = 0;
	suspend->leader = PIP_PIPID_NULL;
	/* One whose hook has returned since, in no round. */
	atomic_store(&suspend->stopped, NULL);
	round = atomic_fetch_add(&suspend->round, 1) + 1;
	if (atomic_exchange(&pip_self->suspend.told, round) != round)
		raise_own(PIP_PLUGIN_EVENT_WAIT_FOR_SUSPEND);
	raise_own(PIP_PLUGIN_EVENT_PRE_SUSPEND_USER_THREAD);
	error = suspend_threads_stop(work, suspend_now() + course->patience,
				     &course->culprit);
	if (error != 0)
		return error;
	suspend_for_each(course->root, count_member, &members);
	suspend->members = members;
	return 0;
}

static int suspend_steps(struct course *course)
{
	for (unsigned i = 0; i < LENGTH(before); i++) {
		if (before[i] == PIP_PLUGIN_EVENT_LEADER_ELECTION)
			course->root->suspend.leader = pip_self->pipid;
		if (!carry_out(course, before[i]))
			return ETIMEDOUT;
	}
	return 0;
}

/* --- Going on ----------------------------------------------------------------- */

static void continue_one(struct pip_slot *slot, void *arg)
{
	(void)arg;
	suspend_continue(slot);
}

static void look_inside(struct pip_slot *slot, void *arg)
{
	struct step *step = arg;

	/* Not again: it will go on when its hook returns. */
	if (!slot->suspend.late && atomic_load(&slot->suspend.inside) != 0 &&
	    !(step->thorough && suspend_has_ended(slot)))
		step->waiting = true;
}

static void release_all(struct course *course, struct suspend_work *work)
{
	struct pip_root *root = course->root;
	struct step step = {
		.until = suspend_now() + course->patience,
	};

	suspend_threads_release(work);
	atomic_fetch_add(&root->suspend.round, 1);
	suspend_for_each(root, continue_one, NULL);
	do {
		uint32_t news = atomic_load(&root->suspend.news);

		/* Those whose signal came late. */
		suspend_threads_release(work);
		step.waiting = false;
		suspend_for_each(root, look_inside, &step);
		if (step.waiting)
			step.thorough = !suspend_sleep(root, news, LOOK_NS);
	} while (step.waiting && suspend_now() < step.until);
	atomic_store(&root->suspend.stopped, NULL);
}

static void finish(struct course *course, struct suspend_work *work, int error)
{
	struct pip_root *root = course->root;

	probe_suspend_all_end(pip_self->pipid, error);
	suspend_work_end(work);
	root->suspend.work = NULL;
	lock_release(&root->lock);
	atomic_store(&root->suspend.owner, 0);
	if (course->culprit.pid != 0)
		error_message("pip_suspend_all: PIPID:%d does not stop (PID "
			      "%d, thread %d): %s",
			      course->culprit.pipid, (int)course->culprit.pid,
			      (int)course->culprit.tid, course->culprit.why);
	if (course->was_away)
		(void)pip_decouple(NULL);
}

/* Steps after a stop, in full or in part. */
static int resume(struct course *course, struct suspend_work *work, int error)
{
	for (unsigned i = 0; i < LENGTH(after); i++)
		if (!carry_out(course, after[i]) && error == 0)
			error = ETIMEDOUT;
	release_all(course, work);
	raise_own(PIP_PLUGIN_EVENT_RESUME_USER_THREAD);
	finish(course, work, error);
	return error;
}

static int run(struct course *course, struct suspend_work *work, bool hold)
{
	int error = stop_all(course, work);

	if (error != 0) { /* no hook knows of a stop */
		release_all(course, work);
		raise_own(PIP_PLUGIN_EVENT_RESUME_USER_THREAD);
		finish(course, work, error);
		return error;
	}
	error = suspend_steps(course);
	if (error != 0 || !hold)
		return resume(course, work, error);
	held = *course;
	course->root->suspend.work = work;
	return 0;
}

static int begin(struct course *course, struct suspend_work **workp)
{
	struct pip_root *root = course->root;
	int error = claim(root);

	if (error != 0)
		return error;
	error = suspend_work_begin(root, workp);
	if (error == 0 && !spawn_lock_within(root, course->patience)) {
		suspend_work_end(*workp);
		error_message("pip_suspend_all: a spawn does not return");
		error = ETIMEDOUT;
	}
	if (error != 0)
		atomic_store(&root->suspend.owner, 0);
	return error;
}

int pip_suspend_all(int reason, unsigned flags, unsigned timeout_ms)
{
	struct course course = {
		.patience = (timeout_ms != 0 ? timeout_ms : TIMEOUT_MS) * MS,
	};
	struct suspend_work *work;
	int error;

	if (pip_self == NULL)
		return EPERM;
	if ((flags & ~PIP_SUSPEND_HOLD) != 0)
		return EINVAL;
	if (suspend_forbids_waiting())
		return EDEADLK;
	course.root = pip_self->root;
	course.was_away = pip_couple() == 0;
	error = begin(&course, &work);
	if (error != 0) {
		if (course.was_away)
			(void)pip_decouple(NULL);
		return error;
	}
	course.root->suspend.reason = reason;
	probe_suspend_all_begin(pip_self->pipid, reason);
	return run(&course, work, (flags & PIP_SUSPEND_HOLD) != 0);
}

int pip_resume_all(void)
{
	struct suspend *suspend;
	struct course course;

	if (pip_self == NULL)
		return EPERM;
	suspend = &pip_self->root->suspend;
	if (atomic_load(&suspend->owner) != self_id() ||
	    suspend->work == NULL ||
	    atomic_load(&pip_self->suspend.hook_tid) != 0)
		return EPERM;
	course = held;
	return resume(&course, suspend->work, 0);
}
