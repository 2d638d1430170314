# SPDX-License-Identifier: BSD-2-Clause
"""Which inferior is which task, and `info inferiors` that says so."""

from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

import gdb

from . import format as text, settings
from .program import Program
from .survey import Task


class Record(NamedTuple):
    """An inferior that is a task."""

    number: int  # GDB's
    task: Task
    added: bool  # by us: detaching removes it again


class Attachment:
    """A PiP program that is attached."""

    def __init__(self, program: Program):
        self.program = program
        self.records: Dict[int, Record] = {}  # by inferior number

    def live_records(self) -> List[Record]:
        """Those whose process is still the task's, root first, by PIPID."""
        live = []
        known = {inferior.num: inferior for inferior in gdb.inferiors()}
        for record in self.records.values():
            inferior = known.get(record.number)
            if inferior is None or inferior.pid == 0:
                continue
            # In a core file's inferiors, who crashed is always the process.
            if inferior.pid == record.task.pid or self.program.is_core:
                live.append(record)
        return sorted(live, key=lambda record: record.task.entry.index)


attachments: List[Attachment] = []


def find_inferior(number: int) -> Optional["gdb.Inferior"]:
    for inferior in gdb.inferiors():
        if inferior.num == number:
            return inferior
    return None


def all_records() -> Iterator[Record]:
    for attachment in attachments:
        yield from attachment.live_records()


def is_somebody_running() -> bool:
    return any(
        thread.is_running()
        for inferior in gdb.inferiors()
        for thread in inferior.threads()
    )


def find_selected() -> Optional[Tuple[Attachment, Record]]:
    """Of the selected inferior, if its process is the task's."""
    inferior = gdb.selected_inferior()
    for attachment in attachments:
        record = attachment.records.get(inferior.num)
        if record is not None and record.task.pid == inferior.pid:
            return attachment, record
    return None


def find_attachment(program: Program) -> Optional[Attachment]:
    """The attachment of the same program."""
    for attachment in attachments:
        known = attachment.program.mapping
        if known.object_id == program.mapping.object_id and attachment.live_records():
            return attachment
    return None


def drop_dead_attachments() -> None:
    for attachment in list(attachments):
        if not attachment.live_records():
            attachment.program.close()
            attachments.remove(attachment)


class Selection:
    """The selected thread and frame, to come back to."""

    def __enter__(self):
        self._inferior = gdb.selected_inferior().num
        self._thread = gdb.selected_thread()
        try:
            self._frame = gdb.selected_frame()
        except gdb.error:
            self._frame = None
        return self

    def __exit__(self, *_):
        try:
            if self._thread is not None and self._thread.is_valid():
                self._thread.switch()
                if self._frame is not None and self._frame.is_valid():
                    self._frame.select()
            elif find_inferior(self._inferior) is not None:
                with settings.quietly():
                    gdb.execute(f"inferior {self._inferior}", to_string=True)
        except gdb.error:
            pass  # it runs now: the thread is selected, frames it has none


def _connection(inferior) -> str:
    """As GDB's own column."""
    connection = getattr(inferior, "connection", None)
    if connection is None:
        return ""
    kind = f"{connection.num} ({connection.type}"
    if connection.details:
        kind += f" {connection.details}"
    return kind + ")"


def _executable(inferior, record: Optional[Record]) -> str:
    """As GDB's own column, but for a task always its program."""
    if record is not None:
        return record.task.program
    space = inferior.progspace
    # executable_filename: since GDB 16.
    return getattr(space, "executable_filename", None) or space.filename or ""


def format_inferiors(wanted: Optional[List[int]]) -> str:
    """The table of GDB's `info inferiors`, each task's name at the end."""
    records = {record.number: record for record in all_records()}
    selected = gdb.selected_inferior().num
    rows = []
    for inferior in sorted(gdb.inferiors(), key=lambda inferior: inferior.num):
        if wanted is not None and inferior.num not in wanted:
            continue
        record = records.get(inferior.num)
        rows.append(
            (
                "*" if inferior.num == selected else " ",
                str(inferior.num),
                f"process {inferior.pid}" if inferior.pid else "<null>",
                _connection(inferior),
                text.clean(_executable(inferior, record)),
                f"({text.task_name(record.task.label)})" if record else "",
            )
        )
    if not rows:
        return "No inferiors.\n"
    width = max([20] + [len(row[3]) for row in rows])
    lines = f"  {'Num':<4} {'Description':<17} {'Connection':<{width}} Executable\n"
    for mark, number, process, connection, executable, name in rows:
        lines += (
            f"{mark} {number:<4} {process:<17} {connection:<{width}} "
            f"{executable:<17} {name}".rstrip() + "\n"
        )
    return lines


class InfoInferiors(gdb.Command):
    """Print a list of inferiors being managed.
Usage: info inferiors [ID]...
If IDs are specified, the list is limited to just those inferiors.
By default all inferiors are displayed.

An inferior that is a PiP root or task is marked (pip root) or (pip PIPID)."""

    def __init__(self):
        super().__init__("info inferiors", gdb.COMMAND_STATUS, gdb.COMPLETE_NONE)

    def invoke(self, argument, from_tty):
        del from_tty
        try:
            wanted = text.parse_numbers(argument) if argument.strip() else None
        except ValueError as error:
            raise gdb.GdbError(str(error)) from error
        gdb.write(format_inferiors(wanted))


_installed: List[InfoInferiors] = []


def install() -> None:
    """Take `info inferiors` over, from the first attach on: a session
    without PiP tasks is stock GDB's."""
    if not _installed:
        _installed.append(InfoInferiors())
