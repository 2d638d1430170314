# SPDX-License-Identifier: BSD-2-Clause
"""Tasks whose loader is at work: they get their symbols when it is done, and
before any code of their program runs.

Until then, all that GDB knows of such a task is one name, for the place where its
loader says that it has changed its list (spawning.py has a breakpoint there).
It is a new task, or one that was being loaded when it was attached.
"""

import os
from typing import Dict

import gdb

from . import attach, elf, inferiors, settings, symbols, table, threadmode, vdso
from .inferiors import Attachment, Record, Selection
from .libraries import LOADER_SIZE
from .survey import Survey, Task

LOADED = threadmode.LOADED
_known: Dict[tuple, Dict[str, int]] = {}


def find_loader_symbols(path: str) -> Dict[str, int]:
    try:
        info = os.stat(path)
    except OSError:
        return {}
    key = (info.st_dev, info.st_ino, info.st_mtime_ns)
    if key not in _known:
        _known[key] = elf.find_dynamic_symbols(path, ("_dl_debug_state", "_r_debug"))
    return _known[key]


def _is_done(attachment: Attachment, entry, values: Dict[str, int]) -> bool:
    if "_r_debug" not in values:
        return True
    r_debug = entry.loader_base + values["_r_debug"]
    return elf.is_consistent(attachment.program.memory.read, r_debug)


def set_symbols(attachment: Attachment, record: Record, survey: Survey) -> None:
    task = survey.look_at(record.task.entry, is_mapped=True)
    task = task._replace(pid=record.task.pid)
    attachment.records[record.number] = record._replace(task=task)
    symbols.set_symbols(record.number, task)
    symbols.read_libraries()
    vdso.add_to_new(attachment.program)
    if task.problem:
        attach.warn(f"pip {task.label}: {task.program}: {task.problem}")


def await_loader(task: Task, values: Dict[str, int]) -> None:
    """In the selected inferior, which is the task's."""
    address = task.entry.loader_base + values["_dl_debug_state"]
    data = elf.build_symbol_file(task.machine, LOADED, address)
    symbols.run(f"symbol-file {symbols.make_file('pip-loader', data)}")


def begin_thread(attachment: Attachment, survey: Survey, entry) -> None:
    """A task of thread mode.  The root's inferior is selected."""
    values = find_loader_symbols(survey.find_loader(entry))
    if "_dl_debug_state" not in values:
        return
    address = entry.loader_base + values["_dl_debug_state"]
    path = attachment.program.find_prefix() + os.fsdecode(entry.program)
    machine = survey.look_at(entry).machine
    threadmode.begin(attachment, entry, os.path.realpath(path), address, machine)


def _end_thread() -> bool:
    """False: it is no task of thread mode."""
    pc = gdb.newest_frame().pc()
    for attachment in inferiors.attachments:
        survey = None
        for entry in attachment.program.read_entries():
            if not entry.is_thread or not entry.is_alive:
                continue
            if not entry.loader_base <= pc < entry.loader_base + LOADER_SIZE:
                continue
            survey = survey or Survey(attachment.program)
            values = find_loader_symbols(survey.find_loader(entry))
            if entry.loader_base + values.get("_dl_debug_state", 0) != pc:
                continue
            if _is_done(attachment, entry, values):
                with settings.during(settings.WHILE_ATTACHING):
                    threadmode.add_task(attachment, survey, entry, is_mapped=True)
            return True
    return False


def end() -> None:
    """In a task, whenever its loader has changed the list."""
    if _end_thread():
        return
    found = inferiors.find_selected()
    if found is None:
        return
    attachment, record = found
    survey = Survey(attachment.program)
    entry = record.task.entry
    values = find_loader_symbols(survey.find_loader(entry))
    if _is_done(attachment, entry, values):
        with settings.during(settings.WHILE_ATTACHING):
            set_symbols(attachment, record, survey)


def _follow_task(attachment: Attachment, survey: Survey, record: Record) -> None:
    symbols.run(f"inferior {record.number}")
    entry = record.task.entry
    values = find_loader_symbols(survey.find_loader(entry))
    is_done = entry.state != table.STATE_LOADING or _is_done(attachment, entry, values)
    if is_done or "_dl_debug_state" not in values:
        set_symbols(attachment, record, survey)
    else:
        await_loader(record.task, values)


def follow(attachment: Attachment) -> None:
    """Those that were being loaded when they were attached.  All are stopped."""
    now = {entry.index: entry for entry in attachment.program.read_entries()}
    waiting = []
    for record in attachment.live_records():
        old = record.task.entry
        entry = now.get(old.index)
        if old.state != table.STATE_LOADING or record.task.symbol_file:
            continue
        if entry is not None and entry.generation == old.generation:
            waiting.append(record._replace(task=record.task._replace(entry=entry)))
    threads = [
        entry
        for entry in now.values()
        if entry.is_thread and entry.state == table.STATE_LOADING
    ]
    if not waiting and not threads:
        return
    survey = Survey(attachment.program)
    with Selection(), settings.during(settings.WHILE_ATTACHING):
        for record in waiting:
            attachment.records[record.number] = record
            try:
                _follow_task(attachment, survey, record)
            except gdb.error as error:
                attach.warn(f"pip {record.task.label}: {error}")
        for entry in threads:
            _follow_thread(attachment, survey, entry)


def _follow_thread(attachment: Attachment, survey: Survey, entry) -> None:
    root = attachment.live_records()[0]
    values = find_loader_symbols(survey.find_loader(entry))
    if not root.task.is_root or threadmode.find_objfiles(attachment, entry):
        return
    symbols.run(f"inferior {root.number}")
    if _is_done(attachment, entry, values):
        threadmode.add_task(attachment, survey, entry, is_mapped=True)
    else:
        begin_thread(attachment, survey, entry)
