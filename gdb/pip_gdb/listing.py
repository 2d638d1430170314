# SPDX-License-Identifier: BSD-2-Clause
"""`pip list`: everybody in the table, and where they are."""

import os
from typing import Optional

import gdb

from . import format as text, frames, pipids, table, views
from .views import View


def _domain(view: View) -> str:
    """PIPID of the kernel thread that runs, or will run, its context."""
    if view.entry.is_root or view.entry.blt_domain < 0:
        return "-"
    return str(view.entry.blt_domain)


def _in_brackets(reason: str) -> str:
    return f"({reason})" if reason else ""


def _where(view: View) -> str:
    if view.record is None:
        return "" if view.state == "ended" else _in_brackets(view.reason)
    if view.state in ("running", "ended"):
        return ""
    return frames.describe_where(view)


def _row(view: View):
    program = view.attachment.program
    entry = view.entry
    path = entry.program.decode("utf-8", "backslashreplace")
    if view.record is not None and not entry.is_thread:
        path = view.record.task.program
    return (
        view.label,
        str(view.record.number) if view.record else "-",
        str(view.pid if view.record else program.translate(entry.pid)),
        str(entry.tid) if entry.tid > 0 else "-",
        view.state,
        table.MODES.get(entry.mode, "?"),
        _domain(view),
        text.shorten(os.path.basename(path), 16),
        _where(view),
    )


def format_list(selection: Optional[pipids.Selection] = None) -> str:
    found = views.find_views(selection or pipids.ALL)
    if not found:
        raise gdb.GdbError("info pip: no task is in that state")
    output = ""
    seen = []
    for view in found:
        if view.attachment not in seen:
            seen.append(view.attachment)
    for attachment in seen:
        output += text.tabulate(
            ("PIPID", "INF", "PID", "TID", "STATE", "MODE", "DOM", "PROGRAM", "WHERE"),
            [_row(view) for view in found if view.attachment is attachment],
            right=(0, 1, 2, 3, 6),
        )
    return output
