# SPDX-License-Identifier: BSD-2-Clause
"""`pip list`: everybody in the table, and where they are."""

import os

import gdb

from . import format as text, inferiors, table
from .inferiors import Record

# Frames to look at for one of the program's own.
WHERE_FRAMES = 64


def _is_own(frame) -> bool:
    """Does a frame lie in the inferior's program, rather than a library?"""
    symtab = frame.find_sal().symtab
    program = gdb.selected_inferior().progspace.filename
    return symtab is not None and symtab.objfile.filename == program


def _describe_frame(frame) -> str:
    sal = frame.find_sal()
    path = sal.symtab.filename if sal.symtab is not None else ""
    library = gdb.solib_name(frame.pc()) or ""
    return text.place(frame.name() or "", frame.pc(), path, sal.line, library)


def describe_where(thread) -> str:
    """The innermost frame of the program itself, else the innermost."""
    try:
        thread.switch()
        frame = innermost = gdb.newest_frame()
        for _ in range(WHERE_FRAMES):
            if frame is None:
                break
            if _is_own(frame):
                return _describe_frame(frame)
            frame = frame.older()
        return _describe_frame(innermost)
    except gdb.error as error:
        return f"({error})"


def _describe_state(inferior) -> str:
    threads = inferior.threads()
    if not threads:
        return "ended"
    running = [thread for thread in threads if thread.is_running()]
    return "running" if running else "stopped"


def _attached_row(record: Record):
    inferior = inferiors.find_inferior(record.number)
    state = _describe_state(inferior)
    where = ""
    if state == "stopped":
        thread = min(inferior.threads(), key=lambda thread: thread.num)
        where = describe_where(thread)
        if record.task.entry.state == table.STATE_LOADING:
            state = "loading"
    program = text.shorten(os.path.basename(record.task.program), 16)
    return (
        record.task.label,
        str(record.number),
        str(record.task.pid),
        state,
        program,
        where,
    )


def _other_rows(attachment, records):
    """What the table has and no inferior is for."""
    known = {record.task.pid for record in records}
    program = attachment.program
    for entry in program.read_entries():
        pid = program.translate(entry.pid)
        if entry.is_alive and pid in known:
            continue
        reason = program.why_not(entry)
        path = entry.program.decode("utf-8", "backslashreplace")
        yield (
            entry.label,
            "-",
            str(pid),
            "ended" if reason in ("ended", "gone") else "detached",
            text.shorten(os.path.basename(path), 16),
            "" if reason in ("ended", "gone", "") else f"({reason})",
        )


def _index(row) -> int:
    return -1 if row[0] == "root" else int(row[0])


def format_list() -> str:
    output = ""
    for attachment in inferiors.attachments:
        records = attachment.live_records()
        rows = [_attached_row(record) for record in records]
        rows += _other_rows(attachment, records)
        output += text.tabulate(
            ("PIPID", "INF", "PID", "STATE", "PROGRAM", "WHERE"),
            sorted(rows, key=_index),
            right=(0, 1, 2),
        )
    return output
