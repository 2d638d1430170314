# SPDX-License-Identifier: BSD-2-Clause
"""`pip task`, `pip apply`, `pip ulp`: going to tasks."""

import re

import gdb

from . import attach, breakpoints, command, format as text, inferiors, settings
from . import symbols, unwinder, views
from .command import Command
from .inferiors import Selection


# They make no sense where a task's registers are not known.
STACK_COMMANDS = ("bt", "backtrace", "where", "frame", "f", "up", "down")


# What would let the program go on, or write registers; also as far as GDB takes
# an abbreviation of it.
RESUMING = (
    "advance", "call", "continue", "detach", "finish", "jump", "kill", "next",
    "nexti", "queue-signal", "return", "reverse-", "run", "signal", "start",
    "starti", "step", "stepi", "until",
)  # fmt: skip
ALIASES = ("c", "fg", "j", "k", "n", "ni", "r", "rc", "rn", "rs", "s", "si", "u")
# Of commands that begin like one of those.
OTHERS = ("a", "ca", "co", "d", "de", "f", "q", "qu", "re")


def is_resuming(line: str) -> bool:
    word = re.match(r"[a-z-]*", line).group()
    if word in ALIASES or word.startswith("reverse-"):
        return True
    if not word or word in OTHERS:
        return False
    return any(name.startswith(word) for name in RESUMING)


def describe_view(view) -> str:
    header = f"pip {view.label} (inferior {view.record.number}, process {view.pid}"
    if view.entry.is_thread:
        header += f", thread {view.entry.tid}"
    return header + ")"


def find_selected():
    """The view of the selected thread; None: it is no task's."""
    thread = gdb.selected_thread()
    for view in views.find_views():
        if any(thread is not None and thread.ptid == t.ptid for t in view.threads):
            return view
    return None


class PipTask(Command):
    """Select a task.
Usage: pip task [root | PIPID]

GDB's own commands work on it from then on, with its variables and symbols.
Without argument, says which one is selected."""

    def __init__(self):
        super().__init__("pip task", gdb.COMMAND_RUNNING)

    def complete(self, argument, word):
        labels = [r.task.label for r in inferiors.all_records()]
        return command.complete_words(labels, argument, word)

    def run(self, argument, from_tty):
        del from_tty
        self.dont_repeat()
        if not argument:
            view = find_selected()
            if view is None:
                raise gdb.GdbError("pip task: the selected inferior is no task")
        else:
            if argument != "root" and not argument.isdigit():
                raise gdb.GdbError(
                    f"pip task: '{text.clean(argument)}' is neither root nor a PIPID"
                )
            view = views.find_view(argument if argument == "root" else
                                   str(int(argument)))
            views.switch_to(view)
        command.write(f"{describe_view(view)}: {view.state}\n")
        if view.place in (views.SAVED, views.ELSEWHERE):
            command.write(
                f"Its user context is {view.entry.blt_name}: "
                f"'pip ulp {view.label} bt' shows it.\n"
            )
        elif not view.main_thread.is_running():
            gdb.execute("frame")


class PipApply(Command):
    """Execute a GDB command in tasks.
Usage: pip apply TASKS [-q] [-c | -s] COMMAND

TASKS is all, root, 7, 0-3,7, state=STATE, or several of them with commas.  A
user context that is ready or suspended is looked at where it will go on.
-q  without a line that says which task it is
-c  go on with the next task after an error
-s  the same, and say nothing of tasks where it fails or prints nothing"""

    OPTIONS = ("-q", "-c", "-s")

    def __init__(self):
        super().__init__("pip apply", gdb.COMMAND_RUNNING)

    def complete(self, argument, word):
        typed = argument.split(" ")
        if typed[-1].startswith("-") and set(typed[1:-1]) <= set(self.OPTIONS):
            return command.complete_words(self.OPTIONS, argument, word)
        if " " in argument:
            return command.complete_command(argument, word)
        return command.complete_words(command.selection_words(), argument, word)

    def run(self, argument, from_tty):
        del from_tty
        if not argument:
            raise gdb.GdbError("pip apply: which tasks? all, root, 7, 0-3,7, state=...")
        selection, rest = command.take_selection(argument, "pip apply")
        options, line = command.take_options(rest, self.OPTIONS, "pip apply")
        if not line:
            raise gdb.GdbError("pip apply: which command?")
        with Selection():
            for view in views.find_living(selection, "pip apply"):
                self.apply(view, options, line)

    @staticmethod
    def apply(view, options, line):
        header = "" if "-q" in options else f"\n{describe_view(view)}:\n"
        output = ""
        try:
            if view.place in (views.SAVED, views.ELSEWHERE) and is_resuming(line):
                raise gdb.error(refusal(view, line))
            stack = line.split()[0] in STACK_COMMANDS
            with views.looking_at(view, wants_stack=stack):
                output = command.execute(line)
        except gdb.error as error:
            if "-s" in options:
                return
            if "-c" not in options:
                command.write(header)
                raise
            output = f"{error}\n"
        if output or "-s" not in options:
            command.write(header + output)


def refusal(view, line: str) -> str:
    return (
        f"'{text.clean(line.split()[0])}' would run the kernel thread, on which the "
        f"context of pip {view.label} is not"
    )


class PipUlp(Command):
    """Look at the user context of a task, wherever it is.
Usage: pip ulp PIPID [COMMAND]

COMMAND (default: bt) is executed with that context's stack, locals and
variables.  A context that is ready or suspended is on no kernel thread, a
decoupled one on another task's.  No register is written; commands that let
the program go on, and calls of its functions, are therefore refused."""

    def __init__(self):
        super().__init__("pip ulp", gdb.COMMAND_STACK)

    def complete(self, argument, word):
        if " " in argument:
            return command.complete_command(argument, word)
        labels = [r.task.label for r in inferiors.all_records()]
        return command.complete_words(labels, argument, word)

    def run(self, argument, from_tty):
        del from_tty
        label, line = command.split_word(argument)
        if not label.isdigit() and label != "root":
            raise gdb.GdbError("pip ulp: which PIPID?")
        line = line or "bt"
        view = views.find_view(label if label == "root" else str(int(label)))
        if is_resuming(line):
            if view.place != views.OWN:
                raise gdb.GdbError(f"pip ulp: {refusal(view, line)}")
            raise gdb.GdbError(
                f"pip ulp: '{text.clean(line.split()[0])}' would let the program go "
                f"on: use 'pip task {view.label}'"
            )
        with Selection(), settings.during(unwinder.NO_CALLS):
            try:
                with views.looking_at(view, wants_stack=True):
                    output = command.execute(line)
            except gdb.error as error:
                raise gdb.GdbError(f"pip {view.label}: {error}") from error
        command.write(output)


class PipContinue(Command):
    """Continue until there is something to look at.
Usage: pip continue

Like 'continue', which stops when any task ends; this one goes on as long as
there are tasks, or the root."""

    def __init__(self):
        super().__init__("pip continue", gdb.COMMAND_RUNNING, gdb.COMPLETE_NONE)
        self._stopped = False

    def _note_stop(self, _):
        self._stopped = True

    @staticmethod
    def _choose() -> str:
        """Select a thread that can be continued, if the selected one can't; the
        command that does, "" for none.

        Not one that has just come to a breakpoint, which GDB has not reported
        yet because somebody ended at the same time: where that is the one that
        is continued, GDB 13 wants to step it over the breakpoint, and waits for
        ever.  If all have, it is told where to go on, which is there."""
        thread = gdb.selected_thread()
        if thread is not None and thread.is_valid():
            return "continue"
        places = breakpoints.find_places()
        chosen, pc = None, 0
        # No command from here on: where the selected thread has ended, each one
        # fails in its end, when GDB looks for the frame
        # (check_frame_language_change() in top.c).
        for inferior in sorted(gdb.inferiors(), key=lambda i: i.num):
            for thread in inferior.threads() if inferior.pid else ():
                thread.switch()
                try:
                    pc = gdb.newest_frame().pc()
                except gdb.error:
                    # It has ended, which GDB has not reported yet.
                    chosen = chosen or (thread, "continue")
                    continue
                if pc not in places:
                    return "continue"
                if chosen is None or chosen[1] == "continue":
                    chosen = (thread, f"jump *{pc:#x}")
        if chosen is None:
            return ""
        chosen[0].switch()
        return chosen[1]

    def run(self, argument, from_tty):
        if argument:
            raise gdb.GdbError("pip continue takes no argument")
        self._stopped = False
        gdb.events.stop.connect(self._note_stop)
        try:
            with settings.during({"confirm": "off"}):
                line = self._choose()
                if not line:
                    raise gdb.GdbError("pip continue: nothing is running")
                while not self._stopped and line:
                    gdb.execute(line)
                    line = "" if self._stopped else self._choose()
        except KeyboardInterrupt:
            # GDB leaves the command while the program runs on.
            if inferiors.is_somebody_running():
                gdb.execute("interrupt")
            raise
        finally:
            gdb.events.stop.disconnect(self._note_stop)
        if not any(inferior.pid for inferior in gdb.inferiors()):
            # That of the task which ended last would stay, as the selected one.
            first = min(inferior.num for inferior in gdb.inferiors())
            with settings.quietly():
                symbols.run(f"inferior {first}")
        attach.remove_ended()


def register() -> None:
    PipContinue()
    PipTask()
    PipApply()
    PipUlp()
