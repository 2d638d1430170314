# SPDX-License-Identifier: BSD-2-Clause
"""Tasks that execute another program: they are tasks no more.

GDB keeps the process as an inferior, and looks for the places of all
breakpoints in the new program.  Where the first location of a breakpoint was
the task's, it takes what it does not find for the user's error, and disables
the breakpoint, in all inferiors (GDB 13: location_to_sals() in breakpoint.c);
this package's own ones as well, so that new tasks would be missed.  So it is
noted which are enabled, and they are again as soon as GDB can be asked to.

The process is let go when the program stops next.
"""

from typing import Dict, Set

import gdb

from . import detaching, inferiors, settings, symbols

_enabled: Dict[int, bool] = {}
_executing: Set[int] = set()  # GDB is not done with it
_executed: Set[int] = set()  # to be let go


def _note_enabled(breakpoint: gdb.Breakpoint) -> None:
    if breakpoint.enabled or not _executing:
        _enabled[breakpoint.number] = breakpoint.enabled


def _forget(breakpoint: gdb.Breakpoint) -> None:
    _enabled.pop(breakpoint.number, None)


def _note_program(event) -> None:
    """GDB reads the symbols of a program.  Is it a task's, and another one?"""
    if event.new_objfile is None:
        return
    found = inferiors.find_selected()
    if found is None:
        return
    attachment, record = found
    name = event.new_objfile.filename or ""
    if name.startswith("/proc/self/fd/") or attachment.program.is_core:
        return
    if name != gdb.selected_inferior().progspace.filename:
        return
    if attachment.program.has_table(record.task.pid):
        return
    del attachment.records[record.number]
    _executing.add(record.number)
    _executed.add(record.number)


def end() -> None:
    """GDB has looked for all places in the new program."""
    number = gdb.selected_inferior().num
    if number not in _executing:
        return
    # Breakpoints that are disabled lose their places in the old program.
    _executing.discard(number)
    disabled = [
        known
        for known in gdb.breakpoints()
        if known.is_valid() and not known.enabled and _enabled.get(known.number)
    ]
    if not disabled:
        return
    with settings.during(settings.WHILE_ATTACHING):
        symbols.set_breakpoints_again()
    for known in disabled:
        known.enabled = True


def let_go() -> None:
    """Those that have executed something else; when nobody runs."""
    if not _executed:
        return
    for number in sorted(_executed):
        inferior = inferiors.find_inferior(number)
        if inferior is None or inferior.pid == 0:
            _executed.discard(number)
            _executing.discard(number)
            continue
        if any(thread.is_running() for thread in inferior.threads()):
            continue
        with inferiors.Selection(), settings.during(settings.WHILE_ATTACHING):
            symbols.run(f"inferior {number}")
            end()
            _executed.discard(number)
            try:
                with detaching.Detaching():
                    symbols.run(f"detach inferiors {number}")
            except gdb.error:
                pass  # it has ended


class _Executes(gdb.Function):
    """What GDB asks when a process has executed a program.
Always 0, so that nobody stops."""

    def __init__(self):
        super().__init__("_pip_executes")

    def invoke(self):  # pylint: disable=arguments-differ
        end()
        return 0


def register() -> None:
    _Executes()
    gdb.events.new_objfile.connect(_note_program)
    gdb.events.breakpoint_created.connect(_note_enabled)
    gdb.events.breakpoint_modified.connect(_note_enabled)
    gdb.events.breakpoint_deleted.connect(_forget)
