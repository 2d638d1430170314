# SPDX-License-Identifier: BSD-2-Clause
"""A new process goes on until it comes to an address, while GDB has not heard of
it: what a debugger does, by ptrace(2) itself.  GDB's main thread calls this: it
is the tracer.

For a task that is not wanted.  Its first instructions are its spawner's code, so
they must not have breakpoints of the spawner's in them, who in turn needs these
back as soon as the task has left.  What is left behind is a stopped process, as
a fork makes one, of which GDB lets go.
"""

import ctypes
import os
import platform
import signal
import time

PTRACE_CONT, PTRACE_SETOPTIONS, PTRACE_GETEVENTMSG = 7, 0x4200, 0x4201
PTRACE_PEEKUSER, PTRACE_POKEUSER = 3, 6
OPTION_EXIT, EVENT_EXIT = 0x40, 6
WALL = 0x40000000  # __WALL
# offsetof() in struct user (sys/user.h).
DEBUG_ADDRESS, DEBUG_STATUS, DEBUG_CONTROL = 848, 848 + 6 * 8, 848 + 7 * 8
PC = 16 * 8
# A hook of the program's runs in between, which may wait for the spawner, and
# that is stopped.
PATIENCE_S = 0.5
SHORTEST_S, LONGEST_S = 0.00005, 0.005

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long


def _ptrace(request: int, tid: int, address: int = 0, data: int = 0) -> None:
    if _libc.ptrace(request, tid, address, data) < 0:
        raise OSError(ctypes.get_errno(), "ptrace")


def find_child(tid: int) -> int:
    """Of a thread that is stopped at its fork; 0: it is not."""
    child = ctypes.c_ulong(0)
    if _libc.ptrace(PTRACE_GETEVENTMSG, tid, None, ctypes.byref(child)) < 0:
        return 0
    return child.value


def _wait(pid: int, deadline: float) -> int:
    """The status of its stop, or end; -1: there was none."""
    pause = SHORTEST_S
    while True:
        found, status = os.waitpid(pid, WALL | os.WNOHANG)
        if found == pid:
            return status
        if time.monotonic() > deadline:
            return -1
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_S)


def _stop(pid: int, signals: list) -> bool:
    """It has been given time enough."""
    os.kill(pid, signal.SIGSTOP)
    while True:
        status = _wait(pid, time.monotonic() + 60)
        if not os.WIFSTOPPED(status) or status >> 16 != 0:
            return False
        if os.WSTOPSIG(status) == signal.SIGSTOP:
            return False
        signals.append(os.WSTOPSIG(status))
        _ptrace(PTRACE_CONT, pid)


def _is_there(pid: int, address: int) -> bool:
    ctypes.set_errno(0)
    return _libc.ptrace(PTRACE_PEEKUSER, pid, PC, None) == address


def _go_on(pid: int, address: int, signals: list) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    number = 0
    while True:
        _ptrace(PTRACE_CONT, pid, 0, number)
        status = _wait(pid, deadline)
        if status == -1:
            return _stop(pid, signals)
        if not os.WIFSTOPPED(status) or status >> 16 != 0:
            return False  # it ends, while it is in the hook
        number = os.WSTOPSIG(status)
        if number == signal.SIGTRAP and _is_there(pid, address):
            return True
        if number in (signal.SIGSTOP, signal.SIGTRAP):
            # PIP_STOP_ON_START; or a breakpoint that is not its spawner's.
            signals.append(number)
            return False


def run_to(pid: int, address: int) -> bool:
    """A process that is stopped at its first instruction.  False: it has not come
    there, and is stopped elsewhere.  Signals wait for it as they did before.
    Raises OSError when it has been killed."""
    if platform.machine() != "x86_64":
        return False
    signals: list = []
    # Who ends must be there when GDB lets it go.
    _ptrace(PTRACE_SETOPTIONS, pid, 0, OPTION_EXIT)
    _ptrace(PTRACE_POKEUSER, pid, DEBUG_ADDRESS, address)
    _ptrace(PTRACE_POKEUSER, pid, DEBUG_CONTROL, 1)  # L0: when it is executed
    try:
        return _go_on(pid, address, signals)
    finally:
        _ptrace(PTRACE_POKEUSER, pid, DEBUG_CONTROL, 0)
        _ptrace(PTRACE_POKEUSER, pid, DEBUG_STATUS, 0)
        for number in signals:
            os.kill(pid, number)
