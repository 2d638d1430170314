# SPDX-License-Identifier: BSD-2-Clause
"""After `kill` of a root: its tasks end with it."""

from typing import List

import gdb

from . import attach, breakpoints, inferiors, process, settings, symbols
from .inferiors import Attachment, Record
from .process import ProcessError


def _is_ended(inferior) -> bool:
    try:
        return process.read_status(inferior.pid).state in "ZX"
    except ProcessError:
        return True


def _find_orphans(attachment: Attachment) -> List[int]:
    """The inferiors of a program whose root was killed."""
    live = {record.number for record in attachment.live_records()}
    roots = {r.number for r in attachment.records.values() if r.task.is_root}
    if attachment.program.is_core or not roots or roots & live:
        return []
    return [
        inferior.num
        for inferior in gdb.inferiors()
        if inferior.pid > 0
        and (
            inferior.num in live
            or _is_ended(inferior)
            or attachment.program.has_table(inferior.pid)
        )
    ]


_is_killing = False


def follow_kill() -> None:
    """After `kill`: tasks end with their root, for which they need not run.  GDB
    would keep them, and fail whenever it asks one for its registers."""
    global _is_killing  # pylint: disable=global-statement
    if _is_killing:
        return
    for attachment in inferiors.attachments:
        orphans = _find_orphans(attachment)
        if not orphans:
            continue
        task = next(iter(attachment.records.values())).task
        # First the selected one: it has ended, and there is little else that GDB
        # does with it.
        selected = gdb.selected_inferior().num
        _is_killing = True
        try:
            for number in sorted(orphans, key=lambda number: number != selected):
                symbols.run(f"kill inferiors {number}")
        finally:
            _is_killing = False
        with settings.during(settings.WHILE_ATTACHING), breakpoints.KeptEnabled():
            for number in orphans:
                attach.remove(Record(number, task, True))
            attach.remove_ended()
