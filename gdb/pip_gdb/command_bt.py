# SPDX-License-Identifier: BSD-2-Clause
"""`pip bt`: where everybody is."""

import gdb

from . import command, format as text, frames, pipids, stacks, views
from .command import Command
from .inferiors import Selection
from .views import View

# GDB's own options of `backtrace`, which make the output flat.
GDB_OPTIONS = ("-full", "-frame-arguments", "-frame-info", "-hide", "-past-main")
OPTIONS = ("--flat", "--full", "--json", "-t")


def _backtrace(argument: str) -> str:
    try:
        return command.execute(f"backtrace {argument}")
    except gdb.MemoryError as error:
        return f"(unreadable: {error})\n"


def _thread_backtrace(thread, argument: str) -> str:
    if not thread.is_valid() or thread.is_exited():
        return "(ended)\n"
    if thread.is_running():
        return "(running)\n"
    thread.switch()
    return _backtrace(argument)


def _context_backtrace(view: View, argument: str) -> str:
    try:
        with views.looking_at(view):
            return _backtrace(argument)
    except gdb.error as error:
        return f"({error})\n"


def format_flat(view: View, argument: str) -> str:
    """All that GDB prints of a task's stacks."""
    program = view.record.task.program
    if view.entry.is_thread:
        program = view.entry.program.decode("utf-8", "backslashreplace")
    lines = text.task_header(view.label, view.record.number, view.pid, program)
    lines += "\n"
    threads = view.threads
    if view.place in (views.SAVED, views.ELSEWHERE):
        lines += f"User context {frames.find_note(view)}:\n"
        lines += _context_backtrace(view, argument)
    if view.place == views.LOST:
        lines += f"({views.NO_REGISTERS})\n"
    if view.place != views.OWN and not views.has_own_threads(view):
        threads = []
    for thread in threads:
        if thread is threads[0] and view.place != views.OWN:
            what = frames.describe_kernel_thread(view)
            lines += f"Its {what} (LWP {thread.ptid[1]})\n"
            continue
        if len(threads) > 1:
            lines += (
                f"Thread {view.record.number}.{thread.num} (LWP {thread.ptid[1]})"
                f" \"{text.clean(text.decoded(lambda t=thread: t.name) or '')}\":\n"
            )
        lines += _thread_backtrace(thread, argument)
    return lines + "\n"


def locate_frames(known):
    """known: (program, stack).  What is mapped is read once, and only for frames
    of which GDB does not know the file."""
    files, located = {}, []
    for program, stack in known:
        if not all(frame.function and frame.object for frame in stack.frames):
            if program not in files:
                files[program] = stacks.Files(program.read_mappings())
            locate = files[program].locate
            stack = stack._replace(frames=[locate(frame) for frame in stack.frames])
        located.append(stack)
    return located


class PipBacktrace(Command):
    """Print where all tasks are, frames that they have in common once.
Usage: pip bt [-t TASKS] [--flat | --full | --json] [OPTION]... [COUNT]

The tree begins with the outermost frames.  Where tasks part, a line says who
goes on below it, such as [0-3,7] 5 tasks.

-t TASKS  only those: all, root, 7, 0-3,7, state=STATE
--flat    one backtrace after the other, as 'backtrace' prints them
--full    the same with local variables
--json    for programs; see docs/pip-gdb-json.md
COUNT     N the innermost N frames, -N the outermost N (default: 1000)

Other options are those of 'backtrace'; they imply --flat."""

    def __init__(self):
        super().__init__("pip bt", gdb.COMMAND_STACK)

    def complete(self, argument, word):
        words = OPTIONS + GDB_OPTIONS
        if argument.split(" ")[-2:-1] == ["-t"]:
            words = command.selection_words()
        return command.complete_words(words, argument, word)

    def run(self, argument, from_tty):
        del from_tty
        selection, kinds, rest = pipids.ALL, set(), []
        while argument:
            if argument.split(" ")[0] == "-t":
                selection, argument = command.take_task_option(argument, "pip bt")
                continue
            word, argument = command.split_word(argument)
            if word.startswith("--") and word not in OPTIONS:
                known = ", ".join(OPTIONS)
                raise gdb.GdbError(
                    f"pip bt: no option '{text.clean(word)}': {known}"
                )
            if word in OPTIONS:
                kinds.add(word)
            else:
                rest.append(word)
        if len(kinds) > 1:
            raise gdb.GdbError("pip bt: only one of --flat, --full and --json")
        found = views.find_living(selection, "pip bt")
        with Selection(), views.settings.quietly():
            self.print_stacks(found, kinds, rest)

    @staticmethod
    def print_stacks(found, kinds, rest):
        options = [word for word in rest if not word.lstrip("-").isdigit()]
        if "--full" in kinds:
            rest.insert(0, "-full")
        if (kinds and kinds != {"--json"}) or (options and not kinds):
            for view in found:
                command.write(format_flat(view, " ".join(rest)))
            return
        if options:
            raise gdb.GdbError(f"pip bt: '{text.clean(options[0])}' with --json")
        count = int(rest[0]) if rest else 0
        all_stacks = []
        for view in found:
            for stack in frames.read_stacks(view, count or frames.MAX_FRAMES):
                if count > 0 and stack.ended_by == frames.MORE_FRAMES:
                    stack = stack._replace(ended_by="")  # as was asked for
                all_stacks.append((view.attachment.program, stack))
        all_stacks = locate_frames(all_stacks)
        if "--json" in kinds:
            command.write(stacks.to_json(all_stacks))
        else:
            command.write(stacks.format_tree(all_stacks))


def register() -> None:
    PipBacktrace()
