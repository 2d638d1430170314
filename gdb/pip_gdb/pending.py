# SPDX-License-Identifier: BSD-2-Clause
"""Signals that wait for a process which GDB has stopped (ptrace(2)).  GDB's main
thread calls this: it is the tracer."""

import ctypes
import os
import platform
import signal
import struct
import time
from typing import List, Tuple

PTRACE_CONT, PTRACE_PEEKSIGINFO = 7, 0x4209
PEEK_SHARED = 1  # those of the process, not of one thread
SIGINFO_SIZE = 128
MOST = 64  # of which one is looked for
SI_USER = 0
WALL = 0x40000000  # threads, too
SYS_TGKILL = {"x86_64": 234, "aarch64": 131}
LOOKS, LOOK_S = 200, 0.005

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long


class _Peek(ctypes.Structure):
    _fields_ = [
        ("offset", ctypes.c_uint64),
        ("flags", ctypes.c_uint32),
        ("number", ctypes.c_int32),
    ]


def has_interrupt(tid: int, sender: int) -> bool:
    """Does a SIGINT of that process wait for the process of a stopped thread?"""
    peek = _Peek(0, PEEK_SHARED, MOST)
    buffer = ctypes.create_string_buffer(MOST * SIGINFO_SIZE)
    found = _libc.ptrace(PTRACE_PEEKSIGINFO, tid, ctypes.byref(peek), buffer)
    for index in range(max(found, 0)):
        # si_signo, si_errno, si_code, padding, si_pid (sigaction(2))
        number, _, code, _, pid = struct.unpack_from(
            "=5i", buffer.raw, index * SIGINFO_SIZE
        )
        if number == signal.SIGINT and code == SI_USER and pid == sender:
            return True
    return False


def _read_state(tid: int) -> Tuple[str, bool, bool]:
    """Its state, is SIGINT blocked, and does one wait for its process?"""
    fields = {}
    with open(f"/proc/{tid}/status", encoding="utf-8", errors="replace") as file:
        for line in file:
            key, _, value = line.partition(":")
            fields[key] = value.split()
    bit = 1 << signal.SIGINT - 1
    return (
        fields.get("State", ["?"])[0],
        int(fields.get("SigBlk", ["0"])[0], 16) & bit != 0,
        int(fields.get("ShdPnd", ["0"])[0], 16) & bit != 0,
    )


def _wait_for_stop(tid: int) -> bool:
    """One that runs takes the signal at once, or stops for another one."""
    for _ in range(LOOKS):
        state, blocked, waits = _read_state(tid)
        if blocked or not waits or state in "ZX":
            return False
        if state == "t":
            return True
        time.sleep(LOOK_S)
    return False


def _is_reported(tid: int) -> bool:
    """Has GDB heard of its stop?"""
    flags = os.WSTOPPED | os.WEXITED | os.WNOHANG | os.WNOWAIT | WALL
    return os.waitid(os.P_PID, tid, flags) is None


def _go_on(tid: int) -> int:
    """Until its next stop; the signal, 0: it has ended."""
    if _libc.ptrace(PTRACE_CONT, tid, None, None) != 0:
        raise OSError(ctypes.get_errno(), "it does not go on")
    _, status = os.waitpid(tid, WALL)
    return os.WSTOPSIG(status) if os.WIFSTOPPED(status) else 0


def _send(pid: int, tid: int, number: int) -> None:
    _libc.syscall(SYS_TGKILL[platform.machine()], pid, tid, number)


def _take_from(pid: int, tid: int) -> None:
    reported = _is_reported(tid)
    others = []
    if not reported:
        status = os.waitpid(tid, WALL)[1]
        if not os.WIFSTOPPED(status):
            return
        others.append(os.WSTOPSIG(status))
    while has_interrupt(tid, os.getpid()):
        number = _go_on(tid)
        if number == signal.SIGINT:
            break
        if number == 0:
            return
        others.append(number)
    for number in others:
        _send(pid, tid, number)
    if not reported:
        # So that it stops again for what GDB waits for.
        _libc.ptrace(PTRACE_CONT, tid, None, None)


def take_interrupt(pid: int, tids: List[int]) -> None:
    """Take a SIGINT that this process has sent to one that it traces: a thread
    goes on, and stops again for the signal before it executes anything.  Raises
    OSError when it has ended."""
    if platform.machine() not in SYS_TGKILL or not _read_state(pid)[2]:
        return
    for tid in tids:
        if _wait_for_stop(tid) and has_interrupt(tid, os.getpid()):
            _take_from(pid, tid)
