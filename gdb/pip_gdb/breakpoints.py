# SPDX-License-Identifier: BSD-2-Clause
"""Conditions of breakpoints.

GDB parses a breakpoint's condition once for each location, but looks its
names up in the inferior that is selected at that time (GDB 13:
set_breakpoint_condition() in breakpoint.c does not switch to the location's
program space).  With a private copy of every variable in every task, `break
work if rank == 2` then asks for the rank of one and the same task, whoever
stops.  A breakpoint with a stop method is asked in the task that stops.
"""

import re
from typing import Set, Tuple

import gdb

from . import inferiors
from .command import Command

_IF = re.compile(r"(?:^|\s)if(?=[\s(])")

_warned: Set[int] = set()


def find_places(number: int = 0) -> Set[int]:
    """Addresses where GDB has breakpoints, its own included; of one inferior,
    or of all."""
    places = set()
    for line in gdb.execute("maint info breakpoints", to_string=True).splitlines():
        words = line.split()
        if len(words) < 4 or words[-2] != "inf":
            continue
        if number in (0, int(words[-1])):
            places.update(int(word, 16) for word in words if word.startswith("0x"))
    return places


def split_condition(argument: str) -> Tuple[str, str]:
    """"work if n == 1" -> ("work", "n == 1")."""
    match = _IF.search(argument)
    if match is None:
        return argument.strip(), ""
    return argument[: match.start()].strip(), argument[match.end() :].strip()


class TaskBreakpoint(gdb.Breakpoint):
    """A breakpoint whose condition is evaluated where it stops."""

    def __init__(self, location: str, condition: str):
        self._condition = condition
        super().__init__(location)
        if condition:
            gdb.write(f"Stops only if {condition}, in the task that is there.\n")

    def stop(self) -> bool:
        if not self._condition:
            return True
        try:
            return bool(gdb.parse_and_eval(self._condition))
        except gdb.error as error:
            # As GDB does with a condition that fails.
            gdb.write(
                f"Error in testing condition for breakpoint {self.number}:\n{error}\n",
                gdb.STDERR,
            )
            return True


def _warn_of_condition(breakpoint: gdb.Breakpoint) -> None:
    if not breakpoint.is_valid() or not breakpoint.visible:
        return
    if not breakpoint.condition or breakpoint.number in _warned:
        return
    if breakpoint.type != gdb.BP_BREAKPOINT:
        return
    if len(list(inferiors.all_records())) < 2:
        return
    _warned.add(breakpoint.number)
    selected = gdb.selected_inferior().num
    gdb.write(
        f"pip-gdb: the condition of breakpoint {breakpoint.number} will be evaluated "
        f"with the variables of\ninferior {selected}, whichever task stops; "
        "'pip break' evaluates it in the task that stops\n",
        gdb.STDERR,
    )


def watch_conditions() -> None:
    """Warn of conditions that GDB evaluates in the wrong task."""
    gdb.events.breakpoint_created.connect(_warn_of_condition)
    gdb.events.breakpoint_modified.connect(_warn_of_condition)


class PipBreak(Command):
    """Set a breakpoint in every task that has the location.
Usage: pip break LOCATION [if CONDITION]

Like 'break', but CONDITION is evaluated in the task that reaches the
breakpoint, with that task's variables.  GDB's own conditions are evaluated
with the variables of the inferior that was selected when they were given."""

    def __init__(self):
        super().__init__(
            "pip break", gdb.COMMAND_BREAKPOINTS, gdb.COMPLETE_LOCATION
        )

    def run(self, argument, from_tty):
        del from_tty
        self.dont_repeat()
        location, condition = split_condition(argument)
        if not location:
            raise gdb.GdbError("pip break: which location?")
        TaskBreakpoint(location, condition)


def register() -> None:
    PipBreak()
    watch_conditions()
