# SPDX-License-Identifier: BSD-2-Clause
"""The status of x86's debug registers.

The bits of DR6 that say which hardware breakpoint has stopped a thread stay
until somebody clears them (Intel SDM, 18.2.3), beyond the end of a debugger.
GDB 13 asks them whenever an int3 stops a thread, and takes an old bit for a
hardware breakpoint that is gone: it ignores the int3, and the thread goes on
with half an instruction.
"""

import ctypes
import platform

PTRACE_POKEUSER = 6
DR6 = 848 + 6 * 8  # offsetof(struct user, u_debugreg[6])

_libc = None


def clear_status(tid: int) -> None:
    """Of a thread that GDB has stopped.  GDB's main thread calls this: it is
    the tracer.  Where that can't be done, nothing is lost."""
    global _libc  # pylint: disable=global-statement
    if platform.machine() != "x86_64":
        return
    if _libc is None:
        _libc = ctypes.CDLL(None)
        _libc.ptrace.argtypes = [ctypes.c_long] * 4
    _libc.ptrace(PTRACE_POKEUSER, tid, DR6, 0)
