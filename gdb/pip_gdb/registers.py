# SPDX-License-Identifier: BSD-2-Clause
"""Registers of threads that GDB has stopped, as the kernel gives them to its
tracer (ptrace(2)): GDB's main thread, which runs this."""

import ctypes
import signal
import struct
from typing import List, Tuple

PTRACE_GETSIGINFO, PTRACE_GETREGSET = 0x4202, 0x4204
NT_PRSTATUS = 1
SIGINFO_SIZE = 128
MAX_SIZE = 64 << 10  # of a register set; AVX-512's has 2.6 KiB, AMX' 11

# Machine -> register sets beside the general ones, as the kernel dumps them.
REGISTER_SETS = {
    62: (("CORE", 2), ("LINUX", 0x202)),  # NT_PRFPREG, NT_X86_XSTATE
    183: (("CORE", 2), ("LINUX", 0x401)),  # NT_PRFPREG, NT_ARM_TLS
}

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_long, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long


class _Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]


def read_set(tid: int, kind: int) -> bytes:
    """A register set; b"" when the kernel has none such.  Raises OSError when
    the thread is gone."""
    buffer = ctypes.create_string_buffer(MAX_SIZE)
    vector = _Vector(ctypes.cast(buffer, ctypes.c_void_p), MAX_SIZE)
    if _libc.ptrace(PTRACE_GETREGSET, tid, kind, ctypes.byref(vector)) != 0:
        error = ctypes.get_errno()
        if kind == NT_PRSTATUS:
            raise OSError(error, "its registers can't be read")
        return b""
    return buffer.raw[: vector.size]


def read_others(tid: int, machine: int) -> List[Tuple[str, int, bytes]]:
    """(name, type, data) of notes for the other register sets."""
    found = []
    for name, kind in REGISTER_SETS.get(machine, ()):
        data = read_set(tid, kind)
        if data:
            found.append((name, kind, data))
    return found


def read_signal(tid: int) -> Tuple[int, bytes]:
    """The signal that has stopped it, 0 for a debugger's own; and all that the
    kernel says of it (siginfo_t)."""
    buffer = ctypes.create_string_buffer(SIGINFO_SIZE)
    if _libc.ptrace(PTRACE_GETSIGINFO, tid, 0, buffer) != 0:
        return 0, b""
    number = struct.unpack_from("=i", buffer.raw)[0]
    if number in (signal.SIGTRAP, signal.SIGSTOP):
        number = 0
    return number, buffer.raw
