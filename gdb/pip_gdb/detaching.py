# SPDX-License-Identifier: BSD-2-Clause
"""A detach that neither stops nor ends anybody.

GDB stops a thread with a SIGSTOP of its own, and waits until it is reported.
Interrupted in between (by Ctrl-C, while another task's end makes it stop all), it
forgets that it is waiting.  The next detach then takes that SIGSTOP for a signal
of the program's, and passes it on: the task stays stopped for good (GDB 13:
stop_all_threads() in infrun.c; stop_wait_callback(), get_detach_signal() in
linux-nat.c).  So SIGSTOP is not passed on during a detach.  At other times it
is: it may be meant.

Ctrl-C during such a stop is also sent on as a SIGINT to an inferior that counts
as running and does not run any more (target_pass_ctrlc() in target.c); after the
detach that would end it.  So a SIGINT that comes from GDB is taken out of what
is pending.

A second Ctrl-C while GDB ends would make it leave out the remaining inferiors
(quit_force() in top.c): it is blocked then.
"""

import re
import signal

import gdb

from . import hooks, pending

_was_passed = False  # SIGSTOP, before pass_stops(False)


def pass_stops(passed: bool) -> None:
    """Whether SIGSTOP is passed on to who is detached; True: as it was before."""
    global _was_passed  # pylint: disable=global-statement
    if passed and _was_passed:
        _was_passed = False
        gdb.execute("handle SIGSTOP pass", to_string=True)
    if passed or _was_passed:
        return
    # "SIGSTOP  Yes  Yes  Yes  Stopped (signal)": stop, print, pass
    line = gdb.execute("info signals SIGSTOP", to_string=True)
    if re.search(r"^SIGSTOP\s+\S+\s+\S+\s+Yes\b", line, re.MULTILINE):
        _was_passed = True
        gdb.execute("handle SIGSTOP nopass", to_string=True)


def _take_interrupts() -> None:
    """Out of all inferiors."""
    for inferior in gdb.inferiors():
        if inferior.pid <= 0:
            continue
        try:
            tids = [thread.ptid[1] for thread in inferior.threads()]
            pending.take_interrupt(inferior.pid, tids)
        except (OSError, gdb.error):
            pass  # it has ended meanwhile


def _leave_ended() -> None:
    """While a thread is selected that has ended, which GDB has not reported yet,
    every command fails in its end, when GDB looks for the frame."""
    try:
        gdb.execute("info signals", to_string=True)
        return
    except gdb.error:
        pass
    for inferior in gdb.inferiors():
        for thread in inferior.threads():
            thread.switch()
            try:
                gdb.newest_frame()
                return
            except gdb.error:
                pass


def _begin() -> None:
    """SIGINT is blocked: what has come before is dealt with here."""
    for _ in range(2):
        try:
            # GDB looks for an interrupt at each line of "info signals".
            _leave_ended()
            break
        except KeyboardInterrupt:
            pass
    try:
        pass_stops(False)
    except gdb.error:
        pass  # all have ended: nobody is detached
    _take_interrupts()


class Detaching:
    """with Detaching(): inferiors are detached, to the end."""

    def __enter__(self):
        self._blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        self._outermost = not _was_passed
        _begin()

    def __exit__(self, *_):
        try:
            if self._outermost:
                pass_stops(True)
        except gdb.error:
            pass  # the selected thread has ended: done nevertheless
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, self._blocked)


_commands: list = []  # the `detach` that is executed


def begin_command() -> None:
    _commands.append(Detaching())
    _commands[-1].__enter__()


def end_command() -> None:
    """Not if it has failed: then before the next prompt."""
    while _commands:
        _commands.pop().__exit__()


_finished = False


def _finish(_event) -> None:
    """GDB ends, and detaches all that it has attached."""
    global _finished  # pylint: disable=global-statement
    while not _finished:
        try:
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            _begin()
            _finished = True
        except KeyboardInterrupt:
            pass


def register() -> None:
    for command in ("detach", "detach inferiors"):
        hooks.install(
            command, before="detaching.begin_command", after="detaching.end_command"
        )
    gdb.events.before_prompt.connect(end_command)
    exiting = getattr(gdb.events, "gdb_exiting", None)  # since GDB 12
    # Several, as an interrupt that hits the first instruction costs one.
    for _ in range(3 if exiting is not None else 0):
        exiting.connect(lambda event: _finish(event))  # pylint: disable=W0108
