# SPDX-License-Identifier: BSD-2-Clause
"""What the `pip` commands have in common."""

import re
from typing import List, Optional, Sequence, Tuple

import gdb

from . import format as text, inferiors, pipids
from .process import ProcessError


# What GDB warns of whenever it looks for registers in a core file: there are
# none of most tasks, and GDB 13 does not know the size of all register sets.
_CORE_WARNINGS = re.compile(
    r"^warning: (Section `\.reg|Couldn't find general-purpose registers)"
)
_running: List[tuple] = []


def run_quietly() -> None:
    """For _run_captured()."""
    command, argument, from_tty, errors = _running[-1]
    try:
        command.run(argument, from_tty)
    except (ProcessError, ValueError, gdb.error, gdb.GdbError) as error:
        errors.append(error)


def _run_captured(command, argument: str, from_tty: bool) -> None:
    """GDB's warnings can be left out of what was captured only."""
    errors: list = []
    _running.append((command, argument, from_tty, errors))
    try:
        output = execute("python pip_gdb.command.run_quietly()")
    finally:
        _running.pop()
    lines = output.splitlines(keepends=True)
    write("".join(line for line in lines if not _CORE_WARNINGS.match(line)))
    if errors:
        raise errors[0]


class Command(gdb.Command):
    """A command whose errors are lines, not Python's traces."""

    def invoke(self, argument, from_tty):
        in_core = any(known.program.is_core for known in inferiors.attachments)
        try:
            if in_core and not _running:
                _run_captured(self, argument.strip(), from_tty)
            else:
                self.run(argument.strip(), from_tty)
        except (ProcessError, ValueError) as error:
            raise gdb.GdbError(f"pip-gdb: {error}") from error
        except gdb.error as error:
            raise gdb.GdbError(str(error)) from error

    def run(self, argument: str, from_tty: bool) -> None:
        raise NotImplementedError


def execute(line: str) -> str:
    """What a GDB command prints."""
    return text.decoded(lambda: gdb.execute(line, to_string=True))


def write(output: str) -> None:
    """To GDB's output, in a locale that can't encode all of it as well."""
    try:
        gdb.write(output)
    except UnicodeEncodeError:
        gdb.write(output.encode("ascii", "backslashreplace").decode("ascii"))


def complete_words(words: Sequence[str], argument: str, word) -> Optional[List[str]]:
    """For complete(): those of the words that what was typed begins."""
    if word is None:  # GDB only asks where words are broken
        return None
    # The word starts behind the last dash or comma; what is before it stays.
    typed = (argument.split(" ") or [""])[-1]
    kept = len(typed) - len(word)
    return [known[kept:] for known in words if known.startswith(typed)]


def complete_command(argument: str, word) -> Optional[List[str]]:
    """The same for a GDB command behind the first word."""
    if word is None:
        return None
    line = split_word(argument)[1]
    try:
        lines = gdb.execute(f"complete {line}", to_string=True).splitlines()
    except gdb.error:
        return []
    return [known[len(line) - len(word) :] for known in lines]


def selection_words() -> List[str]:
    return ["all", "root"] + [f"state={state}" for state in pipids.STATES]


def split_word(argument: str) -> Tuple[str, str]:
    """The first word, and the rest."""
    word, _, rest = argument.partition(" ")
    return word, rest.strip()


def take_selection(argument: str, who: str) -> Tuple[pipids.Selection, str]:
    """A set of tasks at the start of an argument.  Raises gdb.GdbError."""
    word, rest = split_word(argument)
    try:
        return pipids.parse(word), rest
    except ValueError as error:
        raise gdb.GdbError(f"{who}: {text.clean(str(error))}") from error


def take_options(
    argument: str, options: Sequence[str], who: str
) -> Tuple[List[str], str]:
    """Words that begin with a dash, as far as one is known; `--` ends them."""
    taken = []
    while argument.startswith("-"):
        word, rest = split_word(argument)
        if word == "--":
            return taken, rest
        if word not in options:
            known = ", ".join(options)
            raise gdb.GdbError(f"{who}: no option '{text.clean(word)}': {known}")
        taken.append(word)
        argument = rest
    return taken, argument


def take_task_option(argument: str, who: str) -> Tuple[pipids.Selection, str]:
    """`-t SET` at the start of an argument, else all tasks."""
    word, rest = split_word(argument)
    if word != "-t":
        return pipids.ALL, argument
    if not rest:
        raise gdb.GdbError(f"{who}: -t needs a set of tasks")
    return take_selection(rest, who)
