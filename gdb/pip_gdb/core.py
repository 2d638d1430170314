# SPDX-License-Identifier: BSD-2-Clause
"""A core file as a session: every task an inferior with its own symbols.

Each inferior has the same core file open, so the memory of all tasks is in
each.  Registers are there for the process that the core file is of.

With an index each inferior has a core file of its own.
"""

import os
from typing import Dict

import gdb

from . import attach, coreindex, format as text, inferiors, settings, symbols, threadmode
from .corefile import CoreProgram
from .inferiors import Attachment, Record
from .process import ProcessError
from .survey import Survey


def _add_inferior() -> int:
    before = {inferior.num for inferior in gdb.inferiors()}
    # A copy of a core target without its process makes GDB 13 abort.
    symbols.run("add-inferior -no-connection")
    return next(i.num for i in gdb.inferiors() if i.num not in before)


def _set_symbols(record: Record) -> None:
    name = text.task_name(record.task.label)
    if record.task.problem:
        attach.warn(f"{name}: {record.task.program}: {record.task.problem}")
    try:
        symbols.set_symbols(record.number, record.task)
    except gdb.error as error:
        attach.warn(f"{name}: {error}")


def _open_in(record: Record, path: str) -> None:
    """Raises gdb.error."""
    symbols.run(f"inferior {record.number}")
    symbols.run(f"core-file {symbols.find_plain_path(path)}")
    symbols.read_libraries()
    try:
        # GDB warns here, and only once, when the registers are not there.
        symbols.run("info registers rip")
    except gdb.error:
        pass


def _open_all(attachment: Attachment, files) -> None:
    program = attachment.program
    survey = Survey(program)
    first = gdb.selected_inferior()
    numbers = [] if first.pid else [first.num]
    for entry in program.read_entries():
        if entry.is_thread or program.why_not(entry):
            continue
        added = not numbers
        number = _add_inferior() if added else numbers.pop()
        record = Record(number, survey.look_at(entry), added)
        attachment.records[number] = record
        _set_symbols(record)
    # GDB gives the process ID to the inferior that comes first, and a false
    # one, for which there are no registers, to the others.
    records = list(attachment.records.values())
    records.sort(key=lambda record: record.task.pid != program.asked_pid)
    for record in records:
        index = record.task.entry.index
        path = files.get(index, program.memory.path)
        try:
            _open_in(record, path)
        except gdb.error as error:
            if path == program.memory.path:
                raise
            attach.warn(f"{text.task_name(record.task.label)}: {error}")
            program.forget_threads(record.task.label)
            _open_in(record, program.memory.path)


def _find_file(index: coreindex.Index, directory: str, name: str) -> str:
    """Raises ProcessError."""
    path = os.path.join(directory, name)
    if name != index.memory and directory != index.directory:
        # It says where the memory is; that is elsewhere now.
        data = coreindex.read_core(path)
        moved = coreindex.move_core(data, index.directory, directory)
        if moved is None:
            raise ProcessError(f"core file {path}: it is damaged")
        return symbols.make_file(f"pip-{name}", moved)
    if not os.path.isfile(path):
        raise ProcessError(f"core file {path}: it is missing")
    return path


def _find_files(
    program: CoreProgram, index: coreindex.Index, directory: str
) -> Dict[int, str]:
    """Index of a task -> its core file.  The others have all of the memory, so
    they can be looked at without one."""
    files = {}
    for label, name in coreindex.find_cores(index).items():
        try:
            path = _find_file(index, directory, name)
        except ProcessError as error:
            attach.warn(f"{text.task_name(label)}: {error}: no registers")
            program.forget_threads(label)
            continue
        files[0 if label == "root" else int(label) + 1] = path
    return files


def open_any(path: str) -> Attachment:
    """A core file, an index, or a directory that has one.  Raises
    ProcessError."""
    if not coreindex.is_index(path):
        return open_core(CoreProgram(path))
    index, directory = coreindex.read_index(path)
    program = CoreProgram(os.path.join(directory, index.memory))
    program.add_threads(index)
    try:
        files = _find_files(program, index, directory)
    except BaseException:
        program.close()
        raise
    return open_core(program, files)


def open_core(program: CoreProgram, files=None) -> Attachment:
    """files: index -> the task's own core file.  Raises ProcessError."""
    path = program.memory.path
    attachment = Attachment(program)
    attach.allow_descriptors(program.header.nused)
    try:
        with settings.during(settings.WHILE_ATTACHING):
            _open_all(attachment, files or {})
    except gdb.error as error:
        program.close()
        raise ProcessError(f"core file {path}: {error}") from error
    inferiors.attachments.append(attachment)
    inferiors.install()
    threadmode.refresh(attachment)
    select_crashed(attachment)
    return attachment


def select_crashed(attachment: Attachment) -> None:
    """The task that the core file is of, else the root."""
    pid = attachment.program.asked_pid
    records = attachment.live_records()
    chosen = [r for r in records if r.task.pid == pid] or records
    if chosen:
        with settings.quietly():
            symbols.run(f"inferior {chosen[0].number}")


def describe(attachment: Attachment) -> str:
    """Lines: what the core file is of."""
    program = attachment.program
    records = attachment.live_records()
    processes = text.count(len(records), "process", "processes")
    crashed = [r for r in records if r.task.pid == program.asked_pid]
    hint = ": see 'pip list', 'pip bt'.\n"
    if program.is_index:
        line = f"Core files of {processes}"
        if program.signal and crashed:
            name = text.task_name(crashed[0].task.label)
            line += f"; {name} was stopped by signal {program.signal}"
        return line + hint
    line = f"Core file of {processes}"
    for entry in program.read_entries():
        if program.has_registers(entry.tid) and entry.is_thread:
            line += f"; its threads include {text.task_name(entry.label)}"
            break
    if crashed:
        line += (
            f"; it is of {text.task_name(crashed[0].task.label)} "
            f"(process {program.asked_pid})"
        )
    return line + hint
