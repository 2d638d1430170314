# SPDX-License-Identifier: BSD-2-Clause
"""Registers of a user context that does not run.

lib/x86_64/switch.S leaves them on the context's stack; from the lowest
address: MXCSR and the x87 control word, r15, r14, r13, r12, rbx, rbp, the
return address.  blt_sp is the lowest address and blt_pc a place of the switch
whose unwind information holds there, so the debugger finds them by itself, if
it can read libpip's; and here is what to do when it can't.
"""

import struct
from typing import Dict

from . import elf

_FRAME = struct.Struct("=8x7Q")
_NAMES = ("r15", "r14", "r13", "r12", "rbx", "rbp", "rip")
MACHINE_X86_64 = 62


class ContextError(Exception):
    """Why a saved context can't be shown."""


def read_context(read: elf.Reader, entry, machine: int) -> Dict[str, int]:
    """Register -> value of who called the switch."""
    if machine != MACHINE_X86_64:
        raise ContextError(f"contexts of machine {machine} are not known")
    if entry.blt_sp == 0:
        raise ContextError("it has not left its kernel thread yet")
    data = read(entry.blt_sp, _FRAME.size)
    if len(data) < _FRAME.size:
        raise ContextError(f"its stack at {entry.blt_sp:#x} can't be read")
    registers = dict(zip(_NAMES, _FRAME.unpack(data)))
    registers["rsp"] = entry.blt_sp + _FRAME.size
    if entry.blt_fs:
        registers["fs_base"] = entry.blt_fs
    return registers
