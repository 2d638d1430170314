# SPDX-License-Identifier: BSD-2-Clause
"""Which task's `rank` is meant.

In process mode the inferior says.  In thread mode GDB would take the first
variable of that name that it finds, whosever it is.  So names are looked up
here, in the modules of the task, and what GDB gets to evaluate has pointers to
the variables in their place.
"""

import os
from typing import Dict, Optional, Tuple

import gdb

from . import elf, identifiers, threadmode

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


_symbols: Dict[tuple, Optional[int]] = {}


def _find_symbol(path: str, name: str, kinds) -> Optional[int]:
    """What a file says, which many tasks have."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    key = (path, status.st_ino, status.st_mtime_ns, status.st_size, name, kinds)
    if key not in _symbols:
        _symbols[key] = elf.find_symbols(path, [name], kinds).get(name)
    return _symbols[key]


def _find_shared(view, objfiles, symbol) -> Optional[int]:
    """The address of a variable that other files see, too.

    For one of an objfile that was added, GDB looks its name up in all objfiles
    (get_symbol_address() in symtab.c, because the program may have a copy of a
    library's variable), and finds that of the task which comes first.  As the
    loader does: the program's, if it has one, else the library's own."""
    objfile = symbol.symtab.objfile
    files = [objfile.filename]
    if objfile.owner is not None:  # it has debug information only
        files.insert(0, objfile.owner.filename)
    program = objfiles[0].owner or objfiles[0]
    places = [(program.filename, program.filename, (elf.SHT_DYNSYM,))]
    places += [(files[0], path, (elf.SHT_SYMTAB, elf.SHT_DYNSYM)) for path in files]
    for module, path, kinds in places:
        bias = threadmode.find_bias(view.attachment, view.entry, module)
        if bias is None:
            continue
        value = _find_symbol(path, symbol.linkage_name, kinds)
        if value is not None:
            return bias + value
    return None


def _find(objfiles, frame, name: str) -> Tuple:
    """The symbol of a task's variable or function, and whether others see it."""
    if frame is not None:
        symtab = frame.find_sal().symtab
        if symtab is not None and symtab.is_valid() and symtab.objfile in objfiles:
            for symbol in symtab.static_block():
                if symbol.name == name:
                    return symbol, False
    for objfile in objfiles:
        symbol = objfile.lookup_global_symbol(name)
        if symbol is not None:
            return symbol, True
        symbol = objfile.lookup_static_symbol(name)
        if symbol is not None:
            return symbol, False
    return None, False


def _find_pointer(view, objfiles, frame, symbol, is_shared: bool):
    """To the variable or function; None: it is nowhere."""
    kinds = (gdb.SYMBOL_LOC_STATIC, gdb.SYMBOL_LOC_UNRESOLVED)
    if is_shared and view.entry.is_thread and symbol.addr_class in kinds:
        address = _find_shared(view, objfiles, symbol)
        if address is not None:
            return gdb.Value(address).cast(symbol.type.pointer())
    value = symbol.value(frame) if symbol.needs_frame else symbol.value()
    return value.address


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
        symbol, is_shared = _find(objfiles, frame, name)
        if symbol is None:
            if gdb.lookup_global_symbol(name) or gdb.lookup_static_symbol(name):
                raise gdb.error(f'No symbol "{name}" in pip {view.label}.')
            return None
        if symbol.addr_class == gdb.SYMBOL_LOC_TYPEDEF or symbol.is_constant:
            return None
        pointer = _find_pointer(view, objfiles, frame, symbol, is_shared)
        if pointer is None:
            return None
        gdb.set_convenience_variable(PREFIX + name.replace("::", "_"), pointer)
        return f"(*${PREFIX}{name.replace('::', '_')})"

    return identifiers.replace_names(expression, replace)
