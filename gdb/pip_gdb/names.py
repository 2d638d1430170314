# SPDX-License-Identifier: BSD-2-Clause
"""Which task's `rank` is meant.

In process mode the inferior says.  In thread mode GDB would take the first
variable of that name that it finds, whosever it is.  So names are looked up
here, in the modules of the task, and what GDB gets to evaluate has pointers to
the variables in their place.
"""

from typing import Optional

import gdb

from . import identifiers, threadmode

PREFIX = "_pip_"


def _is_local(frame, name: str) -> bool:
    """A variable, argument or static variable of the frame's function."""
    try:
        block = frame.block()
    except (RuntimeError, gdb.error):
        return False
    while block is not None and not block.is_static and not block.is_global:
        if any(symbol.name == name for symbol in block):
            return True
        block = block.superblock
    return False


def _find(objfiles, frame, name: str):
    """The value of a task's variable or function."""
    if frame is not None:
        symtab = frame.find_sal().symtab
        if symtab is not None and symtab.is_valid() and symtab.objfile in objfiles:
            for symbol in symtab.static_block():
                if symbol.name == name:
                    return symbol
    for objfile in objfiles:
        for lookup in (objfile.lookup_global_symbol, objfile.lookup_static_symbol):
            symbol = lookup(name)
            if symbol is not None:
                return symbol
    return None


def resolve(view, expression: str) -> str:
    """The expression, as GDB has to evaluate it for that task.  Its stack is
    selected."""
    if view.entry.is_thread:
        objfiles = threadmode.find_objfiles(view.attachment, view.entry)
    elif view.entry.is_root:
        objfiles = threadmode.find_root_objfiles(view.attachment)
    else:
        objfiles = []
    if not objfiles and not view.entry.is_thread:
        return expression
    if not objfiles:
        raise gdb.error(f"pip {view.label} has no symbols")
    try:
        frame = gdb.selected_frame()
    except gdb.error:
        frame = None

    def replace(name: str) -> Optional[str]:
        if frame is not None and _is_local(frame, name):
            return None
        symbol = _find(objfiles, frame, name)
        if symbol is None:
            if gdb.lookup_global_symbol(name) or gdb.lookup_static_symbol(name):
                raise gdb.error(f'No symbol "{name}" in pip {view.label}.')
            return None
        if symbol.addr_class == gdb.SYMBOL_LOC_TYPEDEF or symbol.is_constant:
            return None
        value = symbol.value(frame) if symbol.needs_frame else symbol.value()
        if value.address is None:
            return None
        gdb.set_convenience_variable(PREFIX + name.replace("::", "_"), value.address)
        return f"(*${PREFIX}{name.replace('::', '_')})"

    return identifiers.replace_names(expression, replace)
