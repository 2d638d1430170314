# SPDX-License-Identifier: BSD-2-Clause
"""Breakpoints in memory that all tasks share.

Conditions.  GDB parses a breakpoint's condition once for each location, but
looks its names up in the inferior that is selected at that time (GDB 13:
set_breakpoint_condition() in breakpoint.c does not switch to the location's
program space).  With a private copy of every variable in every task, `break
work if rank == 2` then asks for the rank of one and the same task, whoever
stops.  A breakpoint with a stop method is asked in the task that stops.

Shared code.  A software breakpoint is an int3 in memory that all tasks share,
and GDB knows it as one of the inferior whose code that is.  Whoever else calls
that code gets SIGTRAP, one byte too far, and would die when it goes on.  So

- `pip break --shared` sets hardware breakpoints, in each inferior its own;
- where somebody has got such a SIGTRAP, the breakpoint is made one of those,
  and the task is put back by the byte, as GDB does with its own;
- before tasks are let go, no breakpoint is left in memory.
"""

import os
import re
import signal
from typing import Dict, List, Optional, Set, Tuple

import gdb

from . import command, debugregs, inferiors, names, pipids, settings, symbols, threadmode, views
from .command import Command
from .inferiors import Selection

# x86 has so many debug registers for addresses.
MAX_HARDWARE = 4
INT3 = b"\xcc"
SI_KERNEL = 0x80  # asm-generic/siginfo.h
OPTIONS = ("--shared",)

OWN_OPTIONS = re.compile(r"^(?:--shared\s+|-t\s+\S+\s+)*")

_PLACE = re.compile(r"^\d+\.\d+ .*?(0x[0-9a-f]+)\b.* inf (\d+)$", re.MULTILINE)
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


def find_inserted(number: int) -> Set[int]:
    """Where an inferior has an int3 while it runs."""
    places, is_hardware = set(), False
    for line in gdb.execute("maint info breakpoints", to_string=True).splitlines():
        words = line.split()
        if re.match(r"-?\d+ ", line):
            is_hardware = " hw " in line or " catchpoint " in line
        elif re.match(r"-?\d+\.\d+ ", line) and words[-2:-1] == ["inf"]:
            if not is_hardware and words[1] == "y" and int(words[-1]) == number:
                places.update(int(word, 16) for word in words[2:3])
    return places


def put_back(number: int, low: int = 0, high: int = 1 << 64) -> None:
    """Memory has changed behind GDB's back: what it believes to be an inferior's
    breakpoints there becomes that again.  The inferior is selected."""
    inferior = gdb.selected_inferior()
    fd = os.open(f"/proc/{inferior.pid}/mem", os.O_RDWR | os.O_CLOEXEC)
    try:
        for address in find_inserted(number):
            if not low <= address < high:
                continue
            try:
                before = os.pread(fd, 1, address)
                if before == INT3 or not before:
                    continue
                os.pwrite(fd, INT3, address)
                # What GDB reads is without its own breakpoints.
                if bytes(inferior.read_memory(address, 1)) == INT3:
                    os.pwrite(fd, before, address)
            except (OSError, gdb.error):
                pass  # nothing is mapped there
    finally:
        os.close(fd)


def split_condition(argument: str) -> Tuple[str, str]:
    """"work if n == 1" -> ("work", "n == 1")."""
    match = _IF.search(argument)
    if match is None:
        return argument.strip(), ""
    return argument[: match.start()].strip(), argument[match.end() :].strip()


class TaskBreakpoint(gdb.Breakpoint):
    """A breakpoint that asks the task that is there whether it stops."""

    def __init__(
        self,
        location: str,
        condition: str,
        selection: Optional[pipids.Selection] = None,
        kind: int = gdb.BP_BREAKPOINT,
    ):
        self._condition = condition
        self._selection = selection
        super().__init__(location, type=kind)
        if condition:
            gdb.write(f"Stops only if {condition}, in the task that is there.\n")

    def stop(self) -> bool:
        if not self._condition and self._selection is None:
            return True
        try:
            return self._is_wanted()
        except (gdb.error, gdb.GdbError) as error:
            # As GDB does with a condition that fails.
            gdb.write(
                f"Error in testing condition for breakpoint {self.number}:\n{error}\n",
                gdb.STDERR,
            )
            return True

    def _is_wanted(self) -> bool:
        if self.type == gdb.BP_HARDWARE_BREAKPOINT:
            debugregs.clear_status(gdb.selected_thread().ptid[1])
        view = views.find_stopped()
        if self._selection is not None:
            if view is None or not self._selection.has(view.entry, view.states):
                return False
        if not self._condition:
            return True
        expression = self._condition
        if view is not None:
            expression = names.resolve(view, expression)
        return bool(gdb.parse_and_eval(expression))


# Code that several tasks run.


def _is_of(view, sal) -> bool:
    """GDB finds a location in all inferiors.  Is it the task's own?"""
    if sal.symtab is not None:
        objfile = sal.symtab.objfile
        if view.entry.is_thread:
            return objfile in threadmode.find_objfiles(view.attachment, view.entry)
        return objfile.progspace == gdb.current_progspace()
    entry = view.entry
    return entry.window_low <= sal.pc < entry.window_high


def _find_addresses(location: str, selection: pipids.Selection) -> List[int]:
    """Where the location is, in each of the tasks."""
    found: List[int] = []
    for view in views.find_living(selection, "pip break"):
        with Selection(), settings.quietly():
            views.switch_to(view)
            try:
                _, sals = gdb.decode_line(location)
            except gdb.error:
                continue
            own = [sal.pc for sal in sals or () if _is_of(view, sal)]
        found += [pc for pc in own if pc not in found]
    return found


def set_shared(location: str, condition: str, selection: pipids.Selection) -> None:
    """At the addresses in the given tasks, for whoever comes there."""
    addresses = _find_addresses(location, selection)
    if not addresses:
        raise gdb.GdbError(f"pip break: no task has '{location}'")
    if len(addresses) > MAX_HARDWARE:
        raise gdb.GdbError(
            f"pip break: '{location}' is {len(addresses)} addresses, and the CPU has "
            f"{MAX_HARDWARE} debug registers: say with -t whose copy is meant"
        )
    for address in addresses:
        make_shared(address, condition)


def make_shared(address: int, condition: str = "") -> "TaskBreakpoint":
    """GDB gives a breakpoint at *ADDRESS a location in the selected inferior,
    and in each other one when it looks at that one's symbols again."""
    made = TaskBreakpoint(
        f"*{address:#x}", condition, None, gdb.BP_HARDWARE_BREAKPOINT
    )
    with Selection(), settings.during(settings.WHILE_ATTACHING):
        for record in inferiors.all_records():
            if not _has_location(made, record.number):
                symbols.run(f"inferior {record.number}")
                symbols.set_breakpoints_again()
    return made


def _has_location(breakpoint: gdb.Breakpoint, number: int) -> bool:
    output = gdb.execute(f"info breakpoints {breakpoint.number}", to_string=True)
    return re.search(rf" inf {number}(?:,|$)", output, re.MULTILINE) is not None


def _user_breakpoints() -> List[gdb.Breakpoint]:
    """Internal ones have negative numbers."""
    return [b for b in gdb.breakpoints() if b.is_valid() and b.number > 0]


def _is_trap() -> bool:
    """Did an int3 stop the selected thread?  (si_code: SI_KERNEL.)"""
    try:
        return (
            int(gdb.parse_and_eval("$_siginfo.si_signo")) == signal.SIGTRAP
            and int(gdb.parse_and_eval("$_siginfo.si_code")) == SI_KERNEL
        )
    except gdb.error:
        return False


def _find_breakpoint(address: int) -> Optional[gdb.Breakpoint]:
    """The software breakpoint of the user's that is there."""
    for known in _user_breakpoints():
        if known.type != gdb.BP_BREAKPOINT or not known.enabled:
            continue
        output = gdb.execute(f"info breakpoints {known.number}", to_string=True)
        if re.search(rf"0x0*{address:x}\b", output):
            return known
    return None


def _note_stop(event) -> None:
    """Somebody has run into another task's breakpoint."""
    thread = event.inferior_thread or gdb.selected_thread()
    if thread is not None and thread.is_valid():
        debugregs.clear_status(thread.ptid[1])
    if isinstance(event, gdb.BreakpointEvent):
        return
    if thread is None or not any(True for _ in inferiors.all_records()):
        return
    try:
        thread.switch()
        if not _is_trap():
            return
        address = gdb.newest_frame().pc() - 1
        number = gdb.selected_inferior().num
        if address in find_places(number) or address not in find_places():
            return
        found = _find_breakpoint(address)
        if found is None:
            return
        _convert(found, address)
    except gdb.error as error:
        gdb.write(f"pip-gdb: {error}\n", gdb.STDERR)


def _convert(found: gdb.Breakpoint, address: int) -> None:
    """The task has not run the instruction, GDB only thinks so."""
    gdb.execute(f"set var $pc = {address:#x}", to_string=True)
    condition = found.condition or getattr(found, "_condition", "") or ""
    old = found.number
    found.enabled = False
    made = make_shared(address, condition)
    gdb.write(
        f"pip-gdb: that was breakpoint {old}, in another task's code.  It is disabled; "
        f"breakpoint {made.number}\nis a hardware breakpoint there, for all tasks\n",
        gdb.STDERR,
    )


_waiting: List[gdb.Breakpoint] = []


class Disabled:
    """with Disabled(): no breakpoint of the user's is in memory.  A hardware
    breakpoint can only be enabled where there is a process: it waits for one."""

    def __enter__(self):
        self._before: Dict[int, gdb.Breakpoint] = {}
        for known in _user_breakpoints():
            if known.enabled:
                self._before[known.number] = known
                known.enabled = False
        return self

    def __exit__(self, *_):
        _waiting.extend(self._before.values())
        enable_waiting()


def enable_waiting() -> None:
    """Those that could not be, now that something is attached, too."""
    for known in list(_waiting):
        try:
            if known.is_valid():
                known.enabled = True
        except gdb.error:
            continue
        _waiting.remove(known)


class KeptEnabled:
    """with KeptEnabled(): an inferior may lose its symbols.  GDB 13 disables
    breakpoints of which that takes the first location."""

    def __enter__(self):
        self._before = [known for known in _user_breakpoints() if known.enabled]
        return self

    def __exit__(self, *_):
        for known in self._before:
            if known.is_valid() and not known.enabled:
                known.enabled = True


# What GDB would get wrong.


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


def _is_in_shared_code(breakpoint: gdb.Breakpoint) -> bool:
    """Has it several places at one address?  Those are of inferiors that share their
    memory, so in the vDSO."""
    owners = {
        record.number: attachment
        for attachment in inferiors.attachments
        for record in attachment.live_records()
    }
    output = gdb.execute(f"info breakpoints {breakpoint.number}", to_string=True)
    seen = set()
    for address, number in _PLACE.findall(output):
        place = (address, id(owners.get(int(number), number)))
        if place in seen:
            return True
        seen.add(place)
    return False


def _refuse_shared_code(breakpoint: gdb.Breakpoint) -> None:
    """One int3 would be several for GDB, which does not take out the last."""
    if not breakpoint.is_valid() or not breakpoint.visible or breakpoint.number <= 0:
        return
    if breakpoint.type != gdb.BP_BREAKPOINT or not _is_in_shared_code(breakpoint):
        return
    breakpoint.enabled = False
    gdb.write(
        f"pip-gdb: breakpoint {breakpoint.number} is disabled: all tasks share that "
        "code; use 'hbreak'\n",
        gdb.STDERR,
    )


class PipBreak(Command):
    """Set a breakpoint in every task that has the location.
Usage: pip break [--shared] [-t TASKS] LOCATION [if CONDITION]

Like 'break', but CONDITION is evaluated in the task that reaches the
breakpoint, with that task's variables.  GDB's own conditions are evaluated
with the variables of the inferior that was selected when they were given.

-t TASKS   stop only those: all, root, 7, 0-3,7, state=STATE
--shared   where tasks call each other's functions: hardware breakpoints at
           the place in the code of TASKS, which stop whoever comes there; up
           to 4 addresses"""

    def __init__(self):
        super().__init__("pip break", gdb.COMMAND_BREAKPOINTS)

    def complete(self, argument, word):
        if argument.split(" ")[-2:-1] == ["-t"]:
            return command.complete_words(command.selection_words(), argument, word)
        if not argument.startswith("-"):
            return gdb.COMPLETE_LOCATION
        if argument.split(" ")[-1].startswith("-"):
            return command.complete_words(OPTIONS + ("-t",), argument, word)
        # GDB does not know these options.
        location = OWN_OPTIONS.sub("", argument)
        return command.complete_command(f"pip break {location}", word)

    def run(self, argument, from_tty):
        del from_tty
        self.dont_repeat()
        shared, selection = False, None
        while argument.startswith("-"):
            word = command.split_word(argument)[0]
            if word == "--shared":
                shared, argument = True, command.split_word(argument)[1]
            elif word == "-t":
                selection, argument = command.take_task_option(argument, "pip break")
            else:
                break  # such as -function
        location, condition = split_condition(argument)
        if not location:
            raise gdb.GdbError("pip break: which location?")
        if shared:
            set_shared(location, condition, selection or pipids.ALL)
        else:
            TaskBreakpoint(location, condition, selection)


def register() -> None:
    PipBreak()
    gdb.events.breakpoint_created.connect(_refuse_shared_code)
    gdb.events.breakpoint_created.connect(_warn_of_condition)
    gdb.events.breakpoint_modified.connect(_warn_of_condition)
    gdb.events.stop.connect(_note_stop)
