# SPDX-License-Identifier: BSD-2-Clause
"""Stacks that no kernel thread is on: GDB shows them without a register being
written.

While a context is shown, an unwinder claims frame 0 of one thread, and says
that its caller's registers are those of the context.  Frame 1 and all above
are then the context's own (with inline functions in frame 0, from a higher
number on); a frame filter leaves the others out of `bt`.
"""

import itertools
from typing import Dict, Optional

import gdb
import gdb.unwinder

from . import settings

NAME = "pip-context"
# Registers of which the values are to be passed on, if they are there.
_ALL = (
    "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10",
    "r11", "r12", "r13", "r14", "r15", "rip", "fs_base",
)  # fmt: skip


class FrameId:
    """What GDB tells frames apart by."""

    def __init__(self, sp, pc):
        self.sp = sp
        self.pc = pc


class ContextUnwinder(gdb.unwinder.Unwinder):
    """Claims the innermost frame of one thread."""

    def __init__(self):
        super().__init__(NAME)
        self.enabled = False
        self.ptid = None
        self.registers: Dict[str, int] = {}

    def __call__(self, pending):
        if gdb.selected_thread() is None or gdb.selected_thread().ptid != self.ptid:
            return None
        sp = pending.read_register("rsp")
        pc = pending.read_register("rip")
        if int(sp) != self._sp or int(pc) != self._pc:
            return None
        # Frames get larger addresses outwards: frame 0 is put below frame 1.
        below = gdb.Value(self.registers["rsp"] - 16).cast(sp.type)
        info = pending.create_unwind_info(FrameId(below, pc))
        for name, value in self.registers.items():
            kind = pending.read_register(name).type
            info.add_saved_register(name, gdb.Value(value).cast(kind))
        return info

    def show(self, registers: Dict[str, int]) -> None:
        """In the selected thread, until hide()."""
        gdb.invalidate_cached_frames()
        self.enabled = False
        frame = gdb.newest_frame()
        self._sp = int(frame.read_register("rsp")) & (1 << 64) - 1
        self._pc = frame.pc()
        self.ptid = gdb.selected_thread().ptid
        self.registers = registers
        self.enabled = True
        gdb.invalidate_cached_frames()

    def hide(self) -> None:
        self.enabled = False
        self.ptid = None
        gdb.invalidate_cached_frames()


class ContextFilter:
    """Frame 0 is not the context's."""

    def __init__(self):
        self.name = NAME
        self.priority = 1000
        self.enabled = True
        gdb.frame_filters[self.name] = self

    def filter(self, frames):
        if not is_showing():
            return frames
        return itertools.islice(frames, find_first()[1], None)


_unwinder: Optional[ContextUnwinder] = None


def _install() -> ContextUnwinder:
    global _unwinder  # pylint: disable=global-statement
    if _unwinder is None:
        _unwinder = ContextUnwinder()
        gdb.unwinder.register_unwinder(None, _unwinder, replace=True)
        ContextFilter()
    return _unwinder


def is_showing() -> bool:
    return _unwinder is not None and _unwinder.enabled


def find_first():
    """The context's first frame, and how many are before it: the one that the
    unwinder has claimed, and functions that are inline in it.  None: the
    context can't be unwound."""
    frame, before = gdb.newest_frame(), 1
    while frame is not None and frame.type() == gdb.INLINE_FRAME:
        frame, before = frame.older(), before + 1
    return (frame.older() if frame is not None else None), before


def read_registers() -> Dict[str, int]:
    """Of the selected thread, as it is."""
    frame = gdb.newest_frame()
    mask = (1 << 64) - 1
    return {name: int(frame.read_register(name)) & mask for name in _ALL}


# A function would be called with the registers that are seen, on the stack of a
# context that is not on this kernel thread.
NO_CALLS = {"may-call-functions": "off"}


class Context:
    """with Context(registers): the selected thread is seen to be in it, and
    its first frame is selected.  Raises gdb.error."""

    def __init__(self, registers: Dict[str, int]):
        self._registers = registers
        self._settings: dict = {}

    def __enter__(self):
        _install().show(self._registers)
        self._settings = settings.apply(NO_CALLS)
        try:
            first, _ = find_first()
            if first is None:
                raise gdb.error("the saved context can't be unwound")
            first.select()
        except BaseException:
            self._end()
            raise
        return self

    def _end(self):
        _install().hide()
        settings.apply(self._settings)

    def __exit__(self, *_):
        self._end()
