# SPDX-License-Identifier: BSD-2-Clause
"""The `pip` commands."""

import re

import gdb

from . import attach, breakpoints, format as text, inferiors, listing, pipids, process
from . import detaching, executing, hooks, killing, loading, own_print, settings, spawning, symbols, threadmode
from . import command, command_bt, command_core, command_maps, command_print, command_task
from .command import Command, complete_words, take_options
from .inferiors import Selection
from .program import Program
from .views import NOTHING_ATTACHED

class PipPrefix(gdb.Command):
    """Commands for the tasks of Process-in-Process programs.

A PiP program's root and tasks are attached together, each as an inferior."""

    def __init__(self):
        super().__init__("pip", gdb.COMMAND_RUNNING, gdb.COMPLETE_NONE, True)

    def invoke(self, argument, from_tty):
        del from_tty
        if argument:
            raise gdb.GdbError(
                f"Undefined pip command: \"{text.clean(argument)}\".  Try \"help pip\"."
            )
        command.write(gdb.execute("help pip", to_string=True))


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
        with Selection(), breakpoints.KeptEnabled():
            attachment = attach.attach(pid, quiet=not from_tty)
        breakpoints.enable_waiting()
        threadmode.refresh(attachment)
        spawning.install()
        with breakpoints.KeptEnabled():
            loading.follow(attachment)
        spawning.expect_forks(attachment.program)
        if not keep_selection:
            attach.select(attachment, pid)
        if from_tty:
            command.write(describe(attachment))
            if gdb.selected_thread() is not None and not keep_selection:
                gdb.execute("frame")


def follow_attach() -> None:
    """After GDB's own `attach`: of a PiP program, all are meant.  GDB has taken
    the task for the root, so it is attached again; nobody has run since."""
    pid = gdb.selected_inferior().pid
    if attach.is_ours() or pid <= 0:
        return
    try:
        Program(pid).close()
    except process.ProcessError:
        return  # not a PiP program
    with settings.during(settings.WHILE_ATTACHING), breakpoints.KeptEnabled():
        with detaching.Detaching():
            symbols.run("detach")
        symbols.run("file")
        if not any(True for _ in inferiors.all_records()):
            spawning.remove()  # until it is attached again
    PipAttach.attach(pid, from_tty=True)


def _install_hooks() -> None:
    hooks.install("attach", after="commands.follow_attach")
    for name in ("set detach-on-fork", "set follow-fork-mode"):
        hooks.install(name, after="spawning.note_following")
    for name in ("run", "start"):
        hooks.install(name, before="spawning.give_up")
    for name in ("kill", "kill inferiors"):
        hooks.install(name, after="killing.follow_kill")
    for name in ("delete", "delete breakpoints", "disable", "disable breakpoints"):
        hooks.install(name, after="spawning.keep_catchpoints")


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
        if not any(True for _ in inferiors.all_records()):
            raise gdb.GdbError(NOTHING_ATTACHED)
        spawning.remove()
        with breakpoints.Disabled():
            number = attach.detach_all(threadmode.forget)
        if from_tty:
            command.write(f"Detached {text.count(number, 'process', 'processes')}.\n")


LIST_HELP = """List the root and the tasks of attached PiP programs.
Usage: {name} [-s STATE]

PIPID    the task's number, or root
INF      the inferior, - if it is not attached
TID      its first thread
STATE    stopped, running, loading (its program is not mapped yet), ended,
         detached with the reason; of a user context that is not on its own
         kernel thread: decoupled, ready, suspended or dead
MODE     process or thread
DOM      scheduling domain: PIPID of the kernel thread that its context runs on
WHERE    the innermost function of the program itself, else the innermost
'info inferiors' marks the same tasks in GDB's own list."""


class PipList(Command):
    __doc__ = LIST_HELP.format(name="pip list")

    def __init__(self, name="pip list"):
        super().__init__(name, gdb.COMMAND_STATUS)
        self._name = name

    def complete(self, argument, word):
        words = pipids.STATES if argument.startswith("-s ") else ("-s",)
        return complete_words(words, argument, word)

    def run(self, argument, from_tty):
        del from_tty
        options, rest = take_options(argument, ("-s",), self._name)
        selection = pipids.ALL
        if options:
            state = pipids.parse_state(rest)
            selection = pipids.Selection(False, False, (), (state,))
        elif rest:
            raise gdb.GdbError(f"{self._name} takes no argument but -s STATE")
        with Selection():
            output = listing.format_list(selection)
        command.write(output)


class InfoPip(PipList):
    __doc__ = LIST_HELP.format(name="info pip")

    def __init__(self):
        super().__init__("info pip")


def register() -> None:
    PipPrefix()
    PipAttach()
    _install_hooks()
    detaching.register()
    PipDetach()
    PipList()
    InfoPip()
    command_bt.register()
    command_core.register()
    own_print.register()
    command_task.register()
    command_print.register()
    command_maps.register()
    breakpoints.register()
    spawning.register()
    executing.register()
