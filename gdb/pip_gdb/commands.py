# SPDX-License-Identifier: BSD-2-Clause
"""The `pip` commands."""

import re

import gdb

from . import attach, breakpoints, format as text, inferiors, listing, process
from .inferiors import Record, Selection
from .process import ProcessError

BT_OPTIONS = ("-full", "-frame-arguments", "-frame-info", "-hide", "-past-main")

NOTHING_ATTACHED = "no PiP program is attached: 'pip attach PID' attaches one"


def _require_attached():
    records = list(inferiors.all_records())
    if not records:
        raise gdb.GdbError(NOTHING_ATTACHED)
    return records


class Command(gdb.Command):
    """A command whose errors are lines, not Python's traces."""

    def invoke(self, argument, from_tty):
        try:
            self.run(argument.strip(), from_tty)
        except ProcessError as error:
            raise gdb.GdbError(f"pip-gdb: {error}") from error
        except gdb.error as error:
            raise gdb.GdbError(str(error)) from error

    def run(self, argument: str, from_tty: bool) -> None:
        raise NotImplementedError


class PipPrefix(gdb.Command):
    """Commands for the tasks of Process-in-Process programs.

A PiP program's root and tasks are attached together, each as an inferior."""

    def __init__(self):
        super().__init__("pip", gdb.COMMAND_RUNNING, gdb.COMPLETE_NONE, True)


class PipAttach(Command):
    """Attach the root and all tasks of a PiP program.
Usage: pip attach [PID]

PID is the root's or any task's; it becomes the selected inferior.  Without
PID, tasks that were spawned since the last attach are attached as well.

Sets 'schedule-multiple on', so that 'continue' resumes all of them, and
'displaced-stepping off', which can't work where tasks share memory; both are
as before after 'pip detach'."""

    def __init__(self):
        super().__init__("pip attach", gdb.COMMAND_RUNNING)

    def complete(self, _, word):
        return [str(pid) for pid in process.find_roots() if str(pid).startswith(word)]

    def run(self, argument, from_tty):
        self.dont_repeat()
        words = gdb.string_to_argv(argument)
        if not words and len(inferiors.attachments) > 0:
            for attachment in list(inferiors.attachments):
                pids = [r.task.pid for r in attachment.live_records()]
                if pids:
                    self.attach(pids[0], from_tty, keep_selection=True)
            return
        if not words:
            raise gdb.GdbError("pip attach: which PID? 'pips' lists them")
        if len(words) > 1 or not re.fullmatch(r"[0-9]{1,9}", words[0]):
            raise gdb.GdbError(f"pip attach: '{text.clean(argument)}' is not a PID")
        self.attach(int(words[0]), from_tty)

    @staticmethod
    def attach(pid, from_tty, keep_selection=False):
        with Selection():
            attachment = attach.attach(pid, quiet=not from_tty)
        if not keep_selection:
            attach.select(attachment, pid)
        if from_tty:
            gdb.write(describe(attachment))
            if gdb.selected_thread() is not None and not keep_selection:
                gdb.execute("frame")


def describe(attachment) -> str:
    """One line: what is attached now."""
    records = attachment.live_records()
    tasks = [record for record in records if not record.task.is_root]
    line = "Attached "
    if len(tasks) < len(records):
        line += f"the root (process {records[0].task.pid}) and "
    line += text.count(len(tasks), "task")
    return line + ": see 'pip list', 'pip bt', 'help pip'.\n"


class PipDetach(Command):
    """Detach all roots and tasks; they go on running.
Usage: pip detach"""

    def __init__(self):
        super().__init__("pip detach", gdb.COMMAND_RUNNING, gdb.COMPLETE_NONE)

    def run(self, argument, from_tty):
        self.dont_repeat()
        if argument:
            raise gdb.GdbError("pip detach takes no argument: it detaches all")
        _require_attached()
        number = attach.detach_all()
        if from_tty:
            gdb.write(f"Detached {text.count(number, 'process', 'processes')}.\n")


def _backtrace(thread, argument) -> str:
    if thread.is_running():
        return "(running)\n"
    if not thread.is_valid() or thread.is_exited():
        return "(ended)\n"
    try:
        thread.switch()
        return gdb.execute(f"backtrace {argument}", to_string=True)
    except gdb.MemoryError as error:
        return f"(unreadable: {error})\n"


class PipBacktrace(Command):
    """Print the backtrace of every task, and of every thread of it.
Usage: pip bt [OPTION]... [COUNT | -COUNT]

Options and COUNT are those of 'backtrace': -full prints local variables, N
the innermost N frames, -N the outermost N."""

    def __init__(self):
        super().__init__("pip bt", gdb.COMMAND_STACK)

    def complete(self, argument, word):
        if word is None:  # GDB only asks where words are broken
            return None
        # The word starts behind the last dash; what is before it stays.
        typed = (argument.split(" ") or [""])[-1]
        kept = len(typed) - len(word)
        return [option[kept:] for option in BT_OPTIONS if option.startswith(typed)]

    def run(self, argument, from_tty):
        del from_tty
        records = _require_attached()
        with Selection():
            for record in records:
                gdb.write(self.format_task(record, argument))

    @staticmethod
    def format_task(record: Record, argument: str) -> str:
        inferior = inferiors.find_inferior(record.number)
        lines = text.task_header(
            record.task.label, record.number, record.task.pid, record.task.program
        )
        lines += "\n"
        threads = sorted(inferior.threads(), key=lambda thread: thread.num)
        for thread in threads:
            if len(threads) > 1:
                lines += (
                    f"Thread {record.number}.{thread.num} (LWP {thread.ptid[1]})"
                    f" \"{text.clean(thread.name or '')}\":\n"
                )
            lines += _backtrace(thread, argument)
        return lines + "\n"


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
        location, condition = breakpoints.split_condition(argument)
        if not location:
            raise gdb.GdbError("pip break: which location?")
        breakpoints.TaskBreakpoint(location, condition)


LIST_HELP = """List the root and the tasks of attached PiP programs.
Usage: {name}

PIPID    the task's number, or root
INF      the inferior, - if it is not attached
STATE    stopped, running, loading (its program is not mapped yet), ended, or
         detached with the reason
WHERE    the innermost function of the program itself, else the innermost
'info inferiors' marks the same tasks in GDB's own list."""


class PipList(Command):
    __doc__ = LIST_HELP.format(name="pip list")

    def __init__(self, name="pip list"):
        super().__init__(name, gdb.COMMAND_STATUS, gdb.COMPLETE_NONE)

    def run(self, argument, from_tty):
        del from_tty
        if argument:
            raise gdb.GdbError("pip list takes no argument")
        _require_attached()
        with Selection():
            output = listing.format_list()
        gdb.write(output)


class InfoPip(PipList):
    __doc__ = LIST_HELP.format(name="info pip")

    def __init__(self):
        super().__init__("info pip")


def register() -> None:
    PipPrefix()
    PipAttach()
    PipDetach()
    PipBacktrace()
    PipBreak()
    PipList()
    InfoPip()
    breakpoints.watch_conditions()
