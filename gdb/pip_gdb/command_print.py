# SPDX-License-Identifier: BSD-2-Clause
"""`pip print`, `pip diff`, $pip(): variables of many tasks."""

import re
from typing import Dict, List

import gdb

from . import command, compare, format as text, names, pipids, views
from .command import Command
from .compare import Leaves, Row
from .inferiors import Selection

MAX_LEAVES = 4096

# Those of GDB's formats that a value can be converted to.
_FORMAT = re.compile(r"/(\S*)\s*(.*)", re.DOTALL)
FORMATS = "acdfotuxz"


def _format(value, letter: str = "") -> str:
    try:
        return value.format_string(**({"format": letter} if letter else {}))
    except gdb.error as error:
        return f"<{error}>"


def evaluate(view, expression: str):
    """In the task's own modules, on its own stack.  Raises gdb.error."""
    value = gdb.parse_and_eval(names.resolve(view, expression))
    value.fetch_lazy()
    return value


def _take_apart(value, path: str, leaves: Dict[str, str], letter: str) -> None:
    """Members and elements, to the last."""
    if len(leaves) >= MAX_LEAVES:
        return
    kind = value.type.strip_typedefs()
    if kind.code in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION):
        for field in kind.fields():
            if hasattr(field, "bitpos"):  # static members have none
                _take_apart(
                    value[field], f"{path}.{field.name or ''}", leaves, letter
                )
        return
    if kind.code == gdb.TYPE_CODE_ARRAY and kind.target().sizeof > 1:
        low, high = kind.range()
        for index in range(low, min(high, low + MAX_LEAVES) + 1):
            _take_apart(value[index], f"{path}[{index}]", leaves, letter)
        return
    leaves[path] = _format(value, letter)


def _for_each(selection, who: str, work) -> List[Row]:
    """work(view) in each task; rows of those where it failed."""
    failed = []
    for view in views.find_living(selection, who):
        try:
            with views.looking_at(view):
                work(view)
        except gdb.error as error:
            failed.append(Row(view.label, str(error), True))
    return failed


def _take_format(argument: str, who: str):
    match = _FORMAT.match(argument)
    if match is None:
        return "", argument
    letter, rest = match.groups()
    if len(letter) != 1 or letter not in FORMATS:
        known = ", ".join("/" + known for known in FORMATS)
        raise gdb.GdbError(f"{who}: no format '/{text.clean(letter)}': {known}")
    return letter, rest


def _parse(argument: str, who: str):
    """The format is where GDB's print wants it, or behind the tasks."""
    letter, argument = _take_format(argument, who)
    selection, expression = command.take_task_option(argument, who)
    if not letter:
        letter, expression = _take_format(expression, who)
    if not expression:
        raise gdb.GdbError(f"{who}: which expression?")
    return selection, letter, expression


def _check_failures(failed: List[Row], worked: bool, who: str) -> List[Row]:
    """Without those of tasks that have no such variable.  What is wrong with the
    expression itself, or with the only task, is said once."""
    others = [row for row in failed if not row.value.startswith("No symbol ")]
    said = others or failed
    if not worked and (not others or len({row.value for row in others}) == 1):
        raise gdb.GdbError(f"{who}: {said[0].value}")
    return others


class ExpressionCommand(Command):
    """Completes as `print` does."""

    def complete(self, argument, word):
        if argument.split(" ")[-2:-1] == ["-t"]:
            return command.complete_words(command.selection_words(), argument, word)
        if argument == "-":
            return command.complete_words(("-t",), argument, word)
        return gdb.COMPLETE_EXPRESSION


class PipPrint(ExpressionCommand):
    """Print the value of an expression in every task.
Usage: pip print [/FORMAT] [-t TASKS] EXPRESSION

A row per task, each with its own variables.  Outliers are marked with a star:
those that differ from what more than half of the tasks have; else, of
numbers, those that are far from the median.
TASKS is all, root, 7, 0-3,7, state=STATE.  A task that has no such variable
is left out, unless no task has it.
FORMAT is a letter as of 'print': a, c, d, f, o, t, u, x or z."""

    def __init__(self):
        super().__init__("pip print", gdb.COMMAND_DATA)

    def run(self, argument, from_tty):
        del from_tty
        selection, letter, expression = _parse(argument, "pip print")
        rows = []

        def work(view):
            value = evaluate(view, expression)
            rows.append(Row(view.label, _format(value, letter)))

        with Selection(), views.settings.quietly():
            failed = _for_each(selection, "pip print", work)
        rows += _check_failures(failed, bool(rows), "pip print")
        order = pipids.sort_labels(row.label for row in rows)
        rows.sort(key=lambda row: order.index(row.label))
        command.write(compare.format_rows(rows))


class PipDiff(ExpressionCommand):
    """Print in what an expression differs between tasks.
Usage: pip diff [/FORMAT] [-t TASKS] EXPRESSION

Structures and arrays are compared member by member; each member that is not
the same everywhere is printed with its values and who has them."""

    def __init__(self):
        super().__init__("pip diff", gdb.COMMAND_DATA)

    def run(self, argument, from_tty):
        del from_tty
        selection, letter, expression = _parse(argument, "pip diff")
        values = []

        def work(view):
            leaves: Dict[str, str] = {}
            _take_apart(evaluate(view, expression), "", leaves, letter)
            values.append(Leaves(view.label, leaves))

        with Selection(), views.settings.quietly():
            failed = _for_each(selection, "pip diff", work)
        failed = _check_failures(failed, bool(values), "pip diff")
        command.write(compare.format_differences(expression, values, failed))


class PipFunction(gdb.Function):
    """A variable of one task, to be used in any other's expressions.
Usage: $pip("PIPID", "EXPRESSION")

PIPID is a number or "root".  The value keeps its address: &$pip("3", "x") is
where task 3 has its x, which all tasks can read."""

    def __init__(self):
        super().__init__("pip")

    def invoke(self, *arguments):
        if len(arguments) != 2:
            raise gdb.GdbError('$pip: it takes two: $pip("PIPID", "EXPRESSION")')
        label, expression = arguments
        try:
            return self.find(label, expression.string())
        except (gdb.error, UnicodeError) as error:
            raise gdb.GdbError(f"$pip: {error}") from error

    @staticmethod
    def find(label, expression: str):
        if label.type.strip_typedefs().code == gdb.TYPE_CODE_INT:
            label = str(int(label))
        else:
            label = label.string()
        if label != "root" and not label.isdigit():
            raise gdb.GdbError(f"$pip: '{text.clean(label)}' is no PIPID")
        view = views.find_view(label)
        with Selection(), views.settings.quietly():
            with views.looking_at(view):
                return evaluate(view, expression)


def register() -> None:
    PipPrint()
    PipDiff()
    PipFunction()
