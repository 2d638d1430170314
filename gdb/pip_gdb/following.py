# SPDX-License-Identifier: BSD-2-Clause
"""A process that a task forks and that is no task, followed because the user wants
that (`detach-on-fork off`): a copy of the task.

GDB gives its inferior the task's program and symbols, but at the addresses where
the auxiliary vector says that they are, which are the root's; breakpoints could
not be inserted there.  So it gets none of them, and is given them at its first
instruction, by an internal breakpoint where the task is when it forks.
"""

import gdb

from . import inferiors, settings, symbols

_starting: list = []


def is_wanted() -> bool:
    """With detach-on-fork on, a child takes over what is known of its parent."""
    return not gdb.parameter("detach-on-fork")


def begin(make_hook) -> None:
    """The selected thread has forked."""
    found = inferiors.find_selected()
    if found is None or found[1].task.is_root or not is_wanted():
        return
    record = found[1]
    with settings.during(settings.WHILE_ATTACHING):
        symbols.keep_from_children(record.task)
    # Now that none of them is where it would be deleted.
    for hook in [hook for hook in _starting if not hook.enabled]:
        hook.delete()
        _starting.remove(hook)

    def set_symbols() -> None:
        inferior = gdb.selected_inferior()
        if any(known.number == inferior.num for known in inferiors.all_records()):
            return
        hook.enabled = False
        with settings.during(settings.WHILE_ATTACHING):
            symbols.set_symbols(inferior.num, record.task)
            symbols.read_libraries()

    pc = gdb.newest_frame().pc()
    hook = make_hook(f"*{pc:#x}", set_symbols, gdb.BP_HARDWARE_BREAKPOINT)
    _starting.append(hook)
