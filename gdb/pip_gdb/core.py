# SPDX-License-Identifier: BSD-2-Clause
"""A core file as a session: every task an inferior with its own symbols.

Each inferior has the same core file open, so the memory of all tasks is in
each.  Registers are there for the process that the core file is of.
"""

import gdb

from . import attach, format as text, inferiors, settings, symbols, threadmode
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
    symbols.run(f"core-file {symbols.quote(path)}")
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
        _open_in(record, files.get(record.task.entry.index, program.memory.path))


def open_core(path: str, files=None) -> Attachment:
    """files: index -> the task's own core file.  Raises ProcessError."""
    program = CoreProgram(path)
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
    line = f"Core file of {text.count(len(records), 'process', 'processes')}"
    crashed = [r for r in records if r.task.pid == program.asked_pid]
    for entry in program.read_entries():
        if entry.tid in program.memory.threads and entry.is_thread:
            line += f"; its threads include {text.task_name(entry.label)}"
            break
    if crashed:
        line += (
            f"; it is of {text.task_name(crashed[0].task.label)} "
            f"(process {program.asked_pid})"
        )
    return line + ": see 'pip list', 'pip bt'.\n"
