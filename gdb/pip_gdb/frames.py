# SPDX-License-Identifier: BSD-2-Clause
"""GDB's frames as stacks.Frame."""

import collections
from typing import List, Tuple

import gdb

from . import format as text, table, threadmode, unwinder, vdso, views
from .stacks import Frame, Stack
from .views import View

MAX_FRAMES = 1000
# The outermost ones are found behind all others.  Who has more is in a loop.
MAX_PASSED = 1_000_000
MORE_FRAMES = "more frames"
# Frames to look at for one of the program's own.
WHERE_FRAMES = 64


def has_lookup(space) -> bool:
    return hasattr(space, "objfile_for_address")  # since GDB 15


def read_frame(frame) -> Frame:
    sal = frame.find_sal()
    symtab = sal.symtab
    space = gdb.current_progspace()
    library = space.solib_name(frame.pc()) or ""
    if not library and symtab is None:
        objfile = space.objfile_for_address(frame.pc()) if has_lookup(space) else None
        library = vdso.find_name(objfile.filename) if objfile is not None else ""
    if not library:
        library = symtab.objfile.filename if symtab is not None else ""
    return Frame(
        function=text.decoded(frame.name) or "",
        address=frame.pc(),
        path=text.decoded(lambda: symtab.filename) if symtab is not None else "",
        line=sal.line if symtab is not None else 0,
        object=library or "",
    )


def read_frames(limit: int = MAX_FRAMES) -> Tuple[List[Frame], str]:
    """Of the selected stack, and why there are no more.  limit: that many at
    most, if negative the outermost ones."""
    found, reason = _read_innermost(limit) if limit > 0 else _read_outermost(-limit)
    described: List[Frame] = []
    try:
        for frame in found:
            described.append(read_frame(frame))
    except gdb.error as error:
        return described, str(error)
    return described, reason


def _read_outermost(limit: int):
    found, reason = _read_innermost(MAX_PASSED)
    return list(collections.deque(found, limit)), reason


def _read_innermost(limit: int):
    """GDB's frames."""
    found: list = []
    try:
        frame = gdb.newest_frame()
        if unwinder.is_showing():
            frame, _ = unwinder.find_first()
        while frame is not None and len(found) < limit:
            found.append(frame)
            following = frame.older()
            if following is None:
                reason = frame.unwind_stop_reason()
                if reason >= gdb.FRAME_UNWIND_UNAVAILABLE:
                    return found, gdb.frame_stop_reason_string(reason)
            frame = following
    except gdb.error as error:
        return found, str(error)
    return found, MORE_FRAMES if frame is not None else ""


def find_note(view: View) -> str:
    """What to know of a stack beside its frames."""
    entry = view.entry
    if view.place == views.SAVED:
        return f"({entry.blt_name})"
    if view.place == views.ELSEWHERE:
        return f"(decoupled, runs on kernel thread {entry.blt_kthread})"
    return ""


def describe_kernel_thread(view: View) -> str:
    """What a task's own kernel thread does when its context is not on it."""
    if view.entry.blt_idle != table.IDLE_NOT:
        return "idle kernel thread"
    for other in views.find_views():
        if (
            other.entry.blt_state == table.BLT_DECOUPLED
            and other.entry.blt_kthread == view.entry.tid
        ):
            return f"kernel thread, runs pip {other.label}"
    return "kernel thread"


def _stack(view: View, thread, note: str, frames, reason) -> Stack:
    return Stack(
        label=view.label,
        pid=view.pid,
        tid=thread.ptid[1],
        name=text.decoded(lambda: thread.name) or "",
        note=note,
        frames=frames,
        ended_by=reason,
    )


def read_stacks(view: View, limit: int = MAX_FRAMES) -> List[Stack]:
    """Of its context and of its other threads.  Changes the selection."""
    stacks = []
    main = view.main_thread
    if view.place == views.LOST:
        return [_stack(view, main, f"({views.NO_REGISTERS})", [], views.NO_REGISTERS)]
    if view.place in (views.SAVED, views.ELSEWHERE):
        try:
            with views.looking_at(view):
                frames, reason = read_frames(limit)
            stacks.append(_stack(view, main, find_note(view), frames, reason))
        except gdb.error as error:
            stacks.append(_stack(view, main, f"({error})", [], str(error)))
    for thread in view.threads:
        if view.place == views.SAVED and not views.has_own_threads(view):
            break
        if thread is main and view.place != views.OWN:
            continue  # what it does is another context's, or nothing
        if thread.is_running():
            stacks.append(_stack(view, thread, "(running)", [], ""))
            continue
        try:
            thread.switch()
        except gdb.error as error:
            stacks.append(_stack(view, thread, f"({error})", [], str(error)))
            continue
        frames, reason = read_frames(limit)
        stacks.append(_stack(view, thread, "", frames, reason))
    return stacks


def _is_own(frame, program) -> bool:
    """Does a frame lie in the task's program, rather than a library?"""
    symtab = frame.find_sal().symtab
    return symtab is not None and symtab.objfile.filename == program


def describe_where(view: View) -> str:
    """The innermost frame of the program itself, else the innermost."""
    try:
        with views.looking_at(view, wants_stack=True):
            program = view.program_file
            if view.entry.is_thread:
                files = threadmode.find_objfiles(view.attachment, view.entry)
                program = files[0].filename if files else ""
            frame = gdb.newest_frame()
            if unwinder.is_showing():
                frame, _ = unwinder.find_first()
            chosen = frame
            for _ in range(WHERE_FRAMES):
                if frame is None:
                    break
                if _is_own(frame, program):
                    chosen = frame
                    break
                frame = frame.older()
            return _describe(read_frame(chosen))
    except gdb.error as error:
        return f"({error})"


def _describe(frame: Frame) -> str:
    return text.place(
        frame.function, frame.address, frame.path, frame.line, frame.object
    )
