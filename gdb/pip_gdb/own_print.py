# SPDX-License-Identifier: BSD-2-Clause
"""GDB's `print`, where a name stands for as many variables as there are tasks.

In thread mode GDB finds one of them, whosever it is (names.py).  So from the first
task in thread mode on, `print`, its aliases included, is the command below, which
lets GDB's own do the work: `call` is the same but for values of no type.
"""

import gdb

from . import command, command_task, identifiers, names, threadmode, views
from .command_print import ExpressionCommand


class Print(ExpressionCommand):
    """Print the value of an expression, with the variables of the selected task.
Usage: print [[OPTION]... --] [/FMT] [EXPRESSION]

This is GDB's command; 'help call' has its options and formats."""

    def __init__(self):
        super().__init__("print", gdb.COMMAND_DATA)

    def run(self, argument, from_tty):
        del from_tty
        view = views.find_looked_at() or command_task.find_selected()
        options, expression = identifiers.split_print(argument)
        if view is not None:
            expression = names.resolve(view, expression)
        output = command.execute(f"call {options}{expression}")
        command.write(output or "void\n")


def register() -> None:
    threadmode.when_first.append(Print)
