# SPDX-License-Identifier: BSD-2-Clause
"""`pip print`, `pip diff`, $pip(): variables of many tasks."""

from typing import Dict, List

import gdb

from . import command, compare, format as text, names, pipids, views
from .command import Command
from .compare import Leaves, Row
from .inferiors import Selection

MAX_LEAVES = 4096


def _format(value) -> str:
    try:
        return value.format_string()
    except gdb.error as error:
        return f"<{error}>"


def evaluate(view, expression: str):
    """In the task's own modules, on its own stack.  Raises gdb.error."""
    value = gdb.parse_and_eval(names.resolve(view, expression))
    value.fetch_lazy()
    return value


def _take_apart(value, path: str, leaves: Dict[str, str]) -> None:
    """Members and elements, to the last."""
    if len(leaves) >= MAX_LEAVES:
        return
    kind = value.type.strip_typedefs()
    if kind.code in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION):
        for field in kind.fields():
            if hasattr(field, "bitpos"):  # static members have none
                _take_apart(value[field], f"{path}.{field.name or ''}", leaves)
        return
    if kind.code == gdb.TYPE_CODE_ARRAY and kind.target().sizeof > 1:
        low, high = kind.range()
        for index in range(low, min(high, low + MAX_LEAVES) + 1):
            _take_apart(value[index], f"{path}[{index}]", leaves)
        return
    leaves[path] = _format(value)


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


def _parse(argument: str, who: str):
    selection, expression = command.take_task_option(argument, who)
    if not expression:
        raise gdb.GdbError(f"{who}: which expression?")
    return selection, expression


class ExpressionCommand(Command):
    """Completes as `print` does."""

    def complete(self, argument, word):
        if argument.split(" ")[-2:-1] == ["-t"]:
            return command.complete_words(command.selection_words(), argument, word)
        return gdb.COMPLETE_EXPRESSION


class PipPrint(ExpressionCommand):
    """Print the value of an expression in every task.
Usage: pip print [-t TASKS] EXPRESSION

A row per task, each with its own variables.  Outliers are marked with a star:
those that differ from what more than half of the tasks have; else, of
numbers, those that are far from the median.
TASKS is all, root, 7, 0-3,7, state=STATE.  A task that has no such variable
is left out, unless no task has it."""

    def __init__(self):
        super().__init__("pip print", gdb.COMMAND_DATA)

    def run(self, argument, from_tty):
        del from_tty
        selection, expression = _parse(argument, "pip print")
        rows = []

        def work(view):
            rows.append(Row(view.label, _format(evaluate(view, expression))))

        with Selection(), views.settings.quietly():
            failed = _for_each(selection, "pip print", work)
        missing = [r for r in failed if r.value.startswith("No symbol ")]
        if not rows and missing:
            raise gdb.GdbError(f"pip print: {missing[0].value}")
        rows += [row for row in failed if row not in missing]
        order = pipids.sort_labels(row.label for row in rows)
        rows.sort(key=lambda row: order.index(row.label))
        command.write(compare.format_rows(rows))


class PipDiff(ExpressionCommand):
    """Print in what an expression differs between tasks.
Usage: pip diff [-t TASKS] EXPRESSION

Structures and arrays are compared member by member; each member that is not
the same everywhere is printed with its values and who has them."""

    def __init__(self):
        super().__init__("pip diff", gdb.COMMAND_DATA)

    def run(self, argument, from_tty):
        del from_tty
        selection, expression = _parse(argument, "pip diff")
        values = []

        def work(view):
            leaves: Dict[str, str] = {}
            _take_apart(evaluate(view, expression), "", leaves)
            values.append(Leaves(view.label, leaves))

        with Selection(), views.settings.quietly():
            failed = _for_each(selection, "pip diff", work)
        missing = [r for r in failed if r.value.startswith("No symbol ")]
        if not values and missing:
            raise gdb.GdbError(f"pip diff: {missing[0].value}")
        failed = [row for row in failed if row not in missing]
        command.write(compare.format_differences(expression, values, failed))


class PipFunction(gdb.Function):
    """A variable of one task, to be used in any other's expressions.
Usage: $pip("PIPID", "EXPRESSION")

PIPID is a number or "root".  The value keeps its address: &$pip("3", "x") is
where task 3 has its x, which all tasks can read."""

    def __init__(self):
        super().__init__("pip")

    def invoke(self, label, expression):  # pylint: disable=arguments-differ
        if label.type.strip_typedefs().code == gdb.TYPE_CODE_INT:
            label = str(int(label))
        else:
            label = label.string()
        if label != "root" and not label.isdigit():
            raise gdb.GdbError(f"$pip: '{text.clean(label)}' is no PIPID")
        view = views.find_view(label)
        with Selection(), views.settings.quietly():
            with views.looking_at(view):
                return evaluate(view, expression.string())


def register() -> None:
    PipPrint()
    PipDiff()
    PipFunction()
