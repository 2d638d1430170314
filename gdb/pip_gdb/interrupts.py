# SPDX-License-Identifier: BSD-2-Clause
"""What must not be left half done is not interrupted: Ctrl-C waits for its end.

GDB hands an interrupt that has come on to Python, which raises KeyboardInterrupt
at the first instruction of what GDB calls next: before any `try` there, and GDB
takes the failure of a breakpoint's stop() for a yes.  But what C calls through
ctypes does not fail: so Python is called by C, more than once, and only the first
call is the one that the interrupt hits.  It comes again by a timer, when GDB does
not run Python, and stops the program as it always does.
"""

import ctypes
import functools
import os
import signal
import struct
import sys
from typing import Callable

ABSORB, BLOCK, WORK = range(3)

CLOCK_MONOTONIC, SIGEV_SIGNAL = 1, 0
AGAIN_NS = 5_000_000

_interrupted = False
_timers: list = []
_chained = sys.unraisablehook


def _note_unraisable(failure) -> None:
    global _interrupted  # pylint: disable=global-statement
    if failure.exc_type is KeyboardInterrupt:
        _interrupted = True
    else:
        _chained(failure)


sys.unraisablehook = _note_unraisable


def _make_timer():
    """One that sends SIGINT to this process (timer_create(2)); None: there is
    none."""
    libc = ctypes.CDLL(None)
    # sigev_value, sigev_signo, sigev_notify, and room.
    event = struct.pack("=qii48x", 0, signal.SIGINT, SIGEV_SIGNAL)
    timer = ctypes.c_void_p()
    create = getattr(libc, "timer_create", None)  # glibc 2.34
    if create is None or create(CLOCK_MONOTONIC, event, ctypes.byref(timer)) != 0:
        return None
    libc.timer_settime.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p] + [
        ctypes.c_void_p
    ]
    return lambda spec: libc.timer_settime(timer, 0, spec, None)


def _interrupt_again() -> None:
    if not _timers:
        _timers.append(_make_timer())
    if _timers[0] is None:
        os.kill(os.getpid(), signal.SIGINT)
    else:
        _timers[0](struct.pack("=4q", 0, 0, 0, AGAIN_NS))


def _finish(before) -> None:
    global _interrupted  # pylint: disable=global-statement
    again = _interrupted or signal.SIGINT in signal.sigpending()
    if again:
        _interrupted = False
        signal.sigtimedwait({signal.SIGINT}, 0)
        _interrupt_again()
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


def hold_during(function: Callable[[], object]) -> Callable[[], int]:
    """The function, for GDB to call; returns 0, whatever happens."""
    before = set()

    def call(turn: int) -> int:
        nonlocal before
        if turn == BLOCK:
            before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        elif turn == WORK:
            try:
                function()
            finally:
                _finish(before)
        return 0

    callback = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_int)(call)
    # C that calls it three times; the first of those with the largest result is 0.
    return functools.partial(max, (ABSORB, BLOCK, WORK), key=callback)
