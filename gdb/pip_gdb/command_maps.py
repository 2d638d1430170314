# SPDX-License-Identifier: BSD-2-Clause
"""`pip maps`: whose memory is this."""

import gdb

from . import command, command_task, format as text, names, owner, pipids, views
from .command import Command
from .inferiors import Selection


def _symbol(view, address: int) -> str:
    """As GDB names it in the task that has it."""
    if view is None or view.record is None:
        return ""
    with Selection(), views.settings.quietly():
        views.switch_to(view)
        try:
            line = command.execute(f"info symbol {address:#x}")
        except gdb.error:
            return ""
    return "" if line.startswith("No symbol") else line.strip().split(" of ")[0]


def describe_address(address: int) -> str:
    """Lines of text.  Raises gdb.GdbError when nothing is mapped there."""
    found = views.find_views(pipids.ALL)
    attachment = found[0].attachment
    for view in found:
        if view.record is not None and gdb.selected_inferior().num == view.record.number:
            attachment = view.attachment
    known = [view for view in found if view.attachment is attachment]
    entries = [view.entry for view in known]
    mappings = attachment.program.read_mappings()
    answer = owner.find_owner(mappings, entries, address)
    if answer is None:
        raise gdb.GdbError(f"pip maps: nothing is mapped at {address:#x}")
    view = next((v for v in known if v.entry is answer.entry), None)
    mapping = answer.mapping
    lines = [f"{address:#x}: " + (f"pip {view.label}" if view else "nobody's alone")]
    if view is not None:
        lines[0] += f" (process {view.pid}, {view.state})"
    what = answer.kind if not answer.object else text.clean(answer.object)
    lines.append(f"  object   {what} + {answer.offset:#x}")
    lines.append(f"  mapping  {mapping.start:#x}-{mapping.end:#x} {mapping.perms}")
    symbol = _symbol(view, address)
    if symbol:
        lines.append(f"  symbol   {symbol}")
    waiting = owner.describe_waits(entries, address)
    if waiting:
        lines.append(f"  waiting  {pipids.describe(waiting)}")
    return "".join(line + "\n" for line in lines)


class PipMaps(Command):
    """Say whose memory an address is.
Usage: pip maps ADDRESS

ADDRESS is an expression, evaluated in the selected task.  Prints the task, the
object (program, library, stack, anonymous memory) with the offset in it, the
mapping, the symbol, and which user contexts wait for an object there."""

    def __init__(self):
        super().__init__("pip maps", gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def run(self, argument, from_tty):
        del from_tty
        if not argument:
            raise gdb.GdbError("pip maps: which address?")
        selected = views.find_looked_at() or command_task.find_selected()
        if selected is not None:
            argument = names.resolve(selected, argument)
        value = gdb.parse_and_eval(argument)
        # What stands for an address in C.
        kinds = (gdb.TYPE_CODE_ARRAY, gdb.TYPE_CODE_FUNC)
        if value.type.strip_typedefs().code in kinds:
            value = value.address
        command.write(describe_address(int(value) & (1 << 64) - 1))


def register() -> None:
    PipMaps()
