# SPDX-License-Identifier: BSD-2-Clause
"""A task as a debugger sees it: where its stack is, and how to look at it.

In process mode a task is an inferior.  In thread mode it is a thread of the
root's inferior.  The user context of a BLT can be somewhere else: nowhere,
when it is ready or suspended, and on another task's kernel thread when it is
decoupled; it is then shown in its own inferior, which has its symbols.
"""

import contextlib
import os
from typing import Iterator, List, NamedTuple, Optional

import gdb

from . import attach, context, inferiors, pipids, settings, symbols, table, unwinder
from .inferiors import Attachment, Record, Selection

NOTHING_ATTACHED = "no PiP program is attached: 'pip attach PID' attaches one"

# Where a task's context is.
# In a core file, of all but one task only saved contexts are known.
OWN, SAVED, ELSEWHERE, LOST, NOWHERE = "own", "saved", "elsewhere", "lost", "nowhere"
NO_REGISTERS = "its registers are not in this core file"


class View(NamedTuple):
    """A task of an attached program."""

    attachment: Attachment
    entry: table.Entry
    record: Optional[Record]  # the inferior; None: it has none
    threads: list  # GDB's; [] without inferior
    place: str

    @property
    def label(self) -> str:
        return self.entry.label

    @property
    def pid(self) -> int:
        return self.record.task.pid if self.record else self.entry.pid

    @property
    def reason(self) -> str:
        """Why it has no inferior."""
        if self.entry.is_thread and self.record is None:
            # All threads of the root's process are attached, or none.
            if any(r.task.is_root for r in self.attachment.live_records()):
                return "ended"
        return self.attachment.program.why_not(self.entry)

    @property
    def state(self) -> str:
        """One word."""
        if self.record is None:
            gone = self.reason in ("ended", "gone", "free")
            return "ended" if gone else "detached"
        if not self.threads:
            return "ended"
        if any(thread.is_running() for thread in self.threads):
            return "running"
        if self.entry.state == table.STATE_LOADING:
            return "loading"
        if self.place == LOST:
            return "running"
        return self.entry.blt_name or "stopped"

    @property
    def states(self) -> List[str]:
        """All words that select it."""
        words = [self.state]
        if self.record is not None and self.threads:
            words.append(self.entry.blt_name or "coupled")
            if words[0] not in ("running", "ended"):
                words.append("stopped")
        return words

    @property
    def program_file(self) -> str:
        """What GDB's symbol file of its program is called."""
        if self.record is not None and symbols.is_kept():
            return os.path.realpath(self.record.task.symbol_file)
        return gdb.current_progspace().filename or ""

    @property
    def main_thread(self):
        """Its kernel thread."""
        return self.threads[0] if self.threads else None


def _owner_of_thread(entries, thread) -> Optional[table.Entry]:
    """In thread mode: whose thread that is, by its TID, else by its stack."""
    tid = thread.ptid[1]
    for entry in entries:
        if entry.tid == tid and entry.is_alive:
            return entry
    if thread.is_running():
        return None
    try:
        thread.switch()
        sp = int(gdb.newest_frame().read_register("sp")) & (1 << 64) - 1
    except gdb.error:
        return None
    for entry in entries:
        if entry.is_thread and entry.window_low <= sp < entry.window_high:
            return entry
    return None


def _split_threads(entries, record: Record):
    """Of the root's inferior: PIPID index -> threads."""
    inferior = inferiors.find_inferior(record.number)
    threads = sorted(inferior.threads(), key=lambda thread: thread.num)
    if not any(entry.is_thread and entry.is_alive for entry in entries):
        return {0: threads}
    split = {}
    for thread in threads:
        owner = _owner_of_thread(entries, thread)
        split.setdefault(owner.index if owner else 0, []).append(thread)
    for entry in entries:
        own = split.get(entry.index, [])
        own.sort(key=lambda thread: (thread.ptid[1] != entry.tid, thread.num))
    return split


def _place(program, entry: table.Entry, threads) -> str:
    if not threads:
        return NOWHERE
    if entry.has_saved_context:
        return SAVED
    if entry.blt_state == table.BLT_DECOUPLED and entry.blt_kthread != entry.tid:
        return ELSEWHERE if program.has_registers(entry.blt_kthread) else LOST
    return OWN if program.has_registers(entry.tid) else LOST


def has_own_threads(view: View) -> bool:
    """Or those of the only process that a core file has the registers of?"""
    return view.attachment.program.has_registers(view.entry.tid)


def _look_at(attachment: Attachment) -> List[View]:
    program = attachment.program
    entries = program.read_entries()
    records = {record.task.entry.index: record for record in attachment.live_records()}
    root = records.get(0)
    with Selection(), settings.quietly():
        in_root = _split_threads(entries, root) if root else {}
    views = []
    for entry in entries:
        record = root if entry.is_thread else records.get(entry.index)
        threads = []
        if record is not None and record is not root:
            if entry.is_alive and program.translate(entry.pid) == record.task.pid:
                # In a core file, whoever it is of; _place() says.
                inferior = inferiors.find_inferior(record.number)
                threads = sorted(inferior.threads(), key=lambda thread: thread.num)
        elif record is not None:
            threads = in_root.get(entry.index, [])
        if not threads:
            record = None
        views.append(View(attachment, entry, record, threads, _place(program, entry, threads)))
    return views


def find_views(selection: Optional[pipids.Selection] = None) -> List[View]:
    """The tasks of all programs: those that were asked for, else all that
    have an inferior.  Raises gdb.GdbError."""
    if not any(True for _ in inferiors.all_records()):
        raise gdb.GdbError(NOTHING_ATTACHED)
    attach.remove_ended()
    views = [v for attachment in inferiors.attachments for v in _look_at(attachment)]
    if selection is None:
        return [view for view in views if view.record is not None]
    return [view for view in views if selection.has(view.entry, view.states)]


def find_living(selection: pipids.Selection, who: str) -> List[View]:
    views = [view for view in find_views(selection) if view.record is not None]
    if not views:
        raise gdb.GdbError(f"{who}: no attached task is one of those")
    return views


def find_view(label: str) -> View:
    """One task, by what it is called."""
    known = find_views(pipids.ALL)
    for view in known:
        if view.label == label:
            if view.record is None:
                raise gdb.GdbError(f"pip {label} is {view.reason or 'not attached'}")
            return view
    labels = [view.label for view in known]
    raise gdb.GdbError(f"no task {label}: there are {pipids.describe(labels)}")


def find_stopped() -> Optional[View]:
    """Of the selected thread, without asking the others; None: it is no
    task's.  For a breakpoint's stop method, so it must be quick."""
    inferior, thread = gdb.selected_inferior(), gdb.selected_thread()
    for attachment in inferiors.attachments:
        record = attachment.records.get(inferior.num)
        if record is None or thread is None:
            continue
        entry = record.task.entry
        if record.task.is_root and attachment.program.header.mode == table.MODE_THREAD:
            entries = attachment.program.read_entries()
            entry = _owner_of_thread(entries, thread) or entry
        return View(attachment, entry, record, [thread], OWN)
    return None


def _find_kernel_thread(view: View):
    """That which runs a decoupled context."""
    for record in view.attachment.live_records():
        inferior = inferiors.find_inferior(record.number)
        for thread in inferior.threads():
            if thread.ptid[1] == view.entry.blt_kthread:
                return thread
    return None


def context_registers(view: View):
    """Registers of a context that is not on its own kernel thread.  Raises
    gdb.error."""
    if view.place == SAVED:
        try:
            return context.read_context(
                view.attachment.program.memory.read,
                view.entry,
                view.record.task.machine,
            )
        except context.ContextError as error:
            raise gdb.error(f"pip {view.label}: {error}") from error
    thread = _find_kernel_thread(view)
    if thread is None or thread.is_running():
        raise gdb.error(
            f"pip {view.label}: kernel thread {view.entry.blt_kthread}, which runs "
            f"it, is {'not attached' if thread is None else 'running'}"
        )
    thread.switch()
    registers = unwinder.read_registers()
    # GDB looks callers up one byte before their pc, which is behind a call;
    # here it is not.
    registers["rip"] += 1
    return registers


_looked_at: List[View] = []


def find_looked_at() -> Optional[View]:
    """Whose stack looking_at() has selected; the thread may be another's."""
    return _looked_at[-1] if _looked_at else None


@contextlib.contextmanager
def looking_at(view: View, wants_stack: bool = False) -> Iterator[None]:
    """The task's stack is the selected one.  Raises gdb.error where it has
    none that can be looked at.  Use it within `with Selection()`."""
    _looked_at.append(view)
    try:
        with _stack_selected(view, wants_stack):
            yield
    finally:
        _looked_at.pop()


@contextlib.contextmanager
def _stack_selected(view: View, wants_stack: bool) -> Iterator[None]:
    if view.main_thread is None:
        raise gdb.error(f"pip {view.label} has no inferior")
    if view.main_thread.is_running():
        raise gdb.error("it is running")
    if view.place == LOST and wants_stack:
        raise gdb.error(NO_REGISTERS)
    if view.place in (OWN, NOWHERE, LOST):
        view.main_thread.switch()
        yield
        return
    registers = context_registers(view)
    view.main_thread.switch()
    with unwinder.Context(registers):
        yield


def switch_to(view: View) -> None:
    """Select the task's inferior and kernel thread, for good."""
    with settings.quietly():
        if view.main_thread is not None and view.main_thread.is_valid():
            symbols.run(f"inferior {view.record.number}")
            view.main_thread.switch()
