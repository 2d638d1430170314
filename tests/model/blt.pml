/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A model of how contexts come to kernel threads, and leave them, for spin
 * (Holzmann, "The SPIN Model Checker").  Two kernel threads, three contexts,
 * and a thread that is no context.  What each line stands for is in
 * docs/INTERNALS.md; blt-model.sh runs it.
 *
 * It looks at every interleaving of what the contexts may do within STEPS
 * steps together: yield, yield to one, go to the other kernel thread (couple
 * and decouple alike), suspend on a queue, resume another one somewhere.  What
 * the queue's lock protects is one step.
 *
 * Claims: a stack is used by one kernel thread at a time (assertions), and when
 * nothing can happen any more, every context has come to its end: none was
 * lost, no wake-up was missed.
 *
 * BROKEN_NO_ON_CPU, BROKEN_WAIT_FOREVER, BROKEN_SLEEP, BROKEN_NO_WAKE and
 * BROKEN_YIELD_TO leave out what makes one of them true; spin has to find that.
 */
#define NKERNELS 2
#define NCONTEXTS 3
#define NONE 7

#ifndef STEPS
#define STEPS 3
#endif

chan inbox[NKERNELS] = [NCONTEXTS] of { byte }; /* blt_kernel.inbox */
chan taken[NKERNELS] = [NCONTEXTS] of { byte }; /* ... after the exchange */
bool asleep[NKERNELS];   /* blt_kernel.asleep */
byte ring[NCONTEXTS];    /* blt_more.ring */
bool on_cpu[NCONTEXTS];  /* blt_more.on_cpu */
byte domain[NCONTEXTS];  /* blt.domain */
bool in_queue[NCONTEXTS];

/* Not in the program: what is claimed. */
byte users[NCONTEXTS];   /* kernel threads that use its stack */
byte steps; /* that have been taken */
byte ended;

/* blt_kernel_wake() */
inline wake(to)
{
	if
	:: asleep[to] -> asleep[to] = false
	:: else
	fi
}

/* blt_kernel_give() */
inline give(to, given)
{
	inbox[to]!given;
	wake(to)
}

/* blt_kernel_link() */
inline link(on, linked)
{
	on_cpu[linked] = true;
	ring[linked] = on
}

/* blt_kernel_take_in(); has_left() is the look at on_cpu */
inline take_in(by, self)
{
	atomic {
		do
		:: nempty(inbox[by]) -> inbox[by]?x; taken[by]!x
		:: empty(inbox[by]) -> break
		od
	}
	do
	:: nempty(taken[by]) ->
		taken[by]?x;
		if
		:: x == self -> link(by, x)
#ifdef BROKEN_NO_ON_CPU
		:: x != self -> link(by, x)
#else
		:: x != self && !on_cpu[x] -> link(by, x)
#ifndef BROKEN_WAIT_FOREVER
		:: x != self && on_cpu[x] -> give(by, x)
#endif
#endif
		fi
	:: empty(taken[by]) -> break
	od;
	x = 0
}

/* One of those on the ring but not this one; whichever. */
inline pick(owner, not_this)
{
	atomic {
		next = NONE;
		if
		:: ring[0] == owner && not_this != 0 -> next = 0
		:: ring[1] == owner && not_this != 1 -> next = 1
		:: ring[2] == owner && not_this != 2 -> next = 2
		:: else
		fi
	}
}

/* arch_switch(): save the old one's registers, use the new one's stack, and
 * only then clear what says that the old stack is in use */
inline switch_to(old, new, clear)
{
	atomic {
		users[old]--;
		if
		:: new != NONE -> assert(users[new] == 0); users[new]++
		:: else
		fi
	}
	if
	:: clear -> on_cpu[old] = false
	:: else
	fi
}

/* blt_leave() */
inline leave(from)
{
	take_in(from, current);
	pick(from, NONE);
	if
	:: next == current /* it came back before it had left */
	:: next != current ->
		switch_to(current, next, ring[current] != from);
		current = next
	fi
}

/* blt_leave_for(): the idle context wakes it, if there is no other to run */
inline leave_for(from, to)
{
	take_in(from, current);
	pick(from, NONE);
	if
	:: next != NONE -> wake(to)
	:: else
	fi;
	if
	:: next == current /* it came back before it had left */
	:: next != current ->
		switch_to(current, next, ring[current] != from);
		current = next
	fi;
#ifndef BROKEN_NO_WAKE
	if
	:: current == NONE -> wake(to) /* idle_main() */
	:: else
	fi
#endif
}

/* pip_task_queue_dequeue(): of those that wait, whichever */
inline dequeue(first)
{
	atomic {
		if
		:: in_queue[0] -> first = 0; in_queue[0] = false
		:: in_queue[1] -> first = 1; in_queue[1] = false
		:: in_queue[2] -> first = 2; in_queue[2] = false
		:: else -> first = NONE
		fi
	}
}

/* pip_yield(): also with mail, as in yield_carefully() */
inline step_yield(here)
{
	take_in(here, current);
	pick(here, current);
	if
	:: next != NONE ->
		switch_to(current, next, false);
		current = next
	:: else
	fi
}

/* pip_yield_to() */
inline step_yield_to(here)
{
	if
	:: next = 0
	:: next = 1
	:: next = 2
	fi;
	take_in(here, current);
	if
#ifdef BROKEN_YIELD_TO
	:: next != current && domain[next] == domain[current] ->
		if
		:: ring[next] != NONE ->
			switch_to(current, next, false);
			current = next
		:: else
		fi
#else
	:: next != current && ring[next] == here ->
		switch_to(current, next, false);
		current = next
#endif
	:: else
	fi
}

/* pip_couple(), pip_decouple() */
inline step_move(here)
{
	atomic { ring[current] = NONE; domain[current] = 1 - here };
	inbox[1 - here]!current; /* blt_kernel_post() */
	leave_for(here, 1 - here)
}

/* pip_suspend_and_enqueue(), blt_begin_suspend() */
inline step_suspend(here)
{
	atomic { ring[current] = NONE; in_queue[current] = true };
	leave(here)
}

/* pip_dequeue_and_resume(), blt_make_ready(), hand_over() */
inline step_resume(here)
{
	dequeue(next);
	if
	:: next != NONE ->
		if
		:: domain[next] = here;
			if
			:: !on_cpu[next] -> link(here, next)
			:: else -> give(here, next)
			fi
		:: domain[next] = 1 - here; give(1 - here, next)
		fi
	:: else
	fi
}

proctype kernel_thread(byte k; byte current)
{
	byte next = NONE, x;

running:
	assert(users[current] == 1 && ring[current] == k);
	if
	:: atomic { steps < STEPS -> steps++ };
		if
		:: step_yield(k)
		:: step_yield_to(k)
		:: step_move(k)
		:: step_suspend(k)
		:: step_resume(k)
		fi
	:: else -> /* its program ends */
		atomic { ring[current] = NONE; ended++ };
		leave(k)
	fi;
	next = NONE;
	if
	:: current != NONE -> goto running
	:: else
	fi;
idle: /* idle_main() */
	take_in(k, NONE);
	pick(k, NONE);
	if
	:: next != NONE ->
		current = next;
		next = NONE;
		atomic { assert(users[current] == 0); users[current]++ };
		goto running
	:: else
	fi;
#ifdef BROKEN_SLEEP
	if
	:: nempty(inbox[k]) -> goto idle
	:: empty(inbox[k])
	fi;
	asleep[k] = true;
	!asleep[k];
#else
	asleep[k] = true; /* sleep_for_mail() */
	if
	:: nempty(inbox[k])
	:: empty(inbox[k]) -> !asleep[k] /* FUTEX_WAIT: not if it is 0 by now */
	fi;
#endif
	asleep[k] = false;
	goto idle
}

/* A thread that is no context resumes what is suspended, so that it is no
 * mistake of the model when all contexts suspend themselves. */
proctype thread()
{
	byte c = NONE;

	do
	:: in_queue[0] || in_queue[1] || in_queue[2] ->
		dequeue(c);
		if
		:: c != NONE ->
			if
			:: domain[c] = 0
			:: domain[c] = 1
			fi;
			give(domain[c], c);
			c = NONE
		:: else
		fi
	od
}

init {
	atomic {
		/* One runs on each, and the third is on the first one's ring. */
		ring[0] = 0; ring[1] = 1; ring[2] = 0;
		domain[0] = 0; domain[1] = 1; domain[2] = 0;
		on_cpu[0] = true; on_cpu[1] = true; on_cpu[2] = true;
		users[0] = 1; users[1] = 1;
		run kernel_thread(0, 0);
		run kernel_thread(1, 1);
		run thread()
	};
	timeout; /* nothing can happen any more */
	assert(ended == NCONTEXTS)
}
