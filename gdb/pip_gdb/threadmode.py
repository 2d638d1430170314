# SPDX-License-Identifier: BSD-2-Clause
"""Thread mode: all tasks are threads of the root's process, so of one inferior.

An inferior has one executable and one list of libraries, which are the root's.
The modules of each task are added to it where that task has them; from then on
GDB knows every address.  A name stands for as many variables as there are
tasks; names.py finds the one of a task.
"""

import os
from typing import Callable, Dict, List, NamedTuple

import gdb

from . import attach, breakpoints, elf, format as text, settings, survey as surveys, symbols
from .inferiors import Attachment, Selection
from .survey import Survey


class Modules(NamedTuple):
    """What was added for one use of a slot."""

    generation: int
    paths: List[str]
    biases: List[int]
    objfiles: list  # GDB's, the program first


# A symbol for where a task's loader says that it has changed its list.
LOADED = "pip_task_is_loaded"

# Called once, before GDB knows more than one task's modules.
when_first: List[Callable[[], object]] = []
# (attachment, index) -> Modules
_known: Dict[tuple, Modules] = {}
# The same -> where LOADED is
_loaders: Dict[tuple, int] = {}


def _key(attachment: Attachment, entry) -> tuple:
    return (id(attachment), entry.index)


def find_objfiles(attachment: Attachment, entry) -> list:
    """Of a task, its program first; [] when they were not added."""
    modules = _known.get(_key(attachment, entry))
    if modules is None or modules.generation != entry.generation:
        return []
    return [objfile for objfile in modules.objfiles if objfile.is_valid()]


def find_bias(attachment: Attachment, entry, path: str):
    """Where a task has that file; None: nowhere."""
    modules = _known.get(_key(attachment, entry))
    if modules is None or modules.generation != entry.generation:
        return None
    for known, bias in zip(modules.paths, modules.biases):
        if os.path.realpath(known) == os.path.realpath(path):
            return bias
    return None


def _list_modules(program, survey: Survey, task):
    """(path, bias) of its program and libraries."""
    found = []
    if task.symbol_file:
        found.append((task.symbol_file, task.bias))
    if not task.r_debug:
        return found
    memory = program.memory
    prefix = program.find_prefix()
    for module in elf.read_modules(memory.read, memory.read_string, task.r_debug):
        if not surveys.is_safe_path(module.name):
            continue  # the program itself, the vDSO
        path = prefix + module.name.decode("utf-8")
        if os.path.isfile(path) and survey.is_mapped(module):
            found.append((path, module.bias))
    return found


def find_root_objfiles(attachment: Attachment) -> list:
    """Of the root, where there are tasks' in its inferior as well; else []."""
    others = set()
    for key, modules in _known.items():
        if key[0] == id(attachment):
            others.update(id(objfile) for objfile in modules.objfiles)
    if not others:
        return []
    return [objfile for objfile in gdb.objfiles() if id(objfile) not in others]


def add_task(
    attachment: Attachment, survey: Survey, entry, is_mapped: bool = False
) -> None:
    """In the root's inferior, which is selected."""
    key = _key(attachment, entry)
    old = _known.get(key)
    if old is not None and old.generation == entry.generation and old.objfiles:
        return
    while when_first:
        when_first.pop()()
    task = survey.look_at(entry, is_mapped=is_mapped or entry.load_bias != 0)
    if task.problem:
        attach.warn(f"{text.task_name(task.label)}: {task.program}: {task.problem}")
    wanted, seen = [], set()
    for path, bias in _list_modules(attachment.program, survey, task):
        if (os.path.realpath(path), bias) not in seen:
            seen.add((os.path.realpath(path), bias))
            wanted.append((path, bias))
    modules = Modules(entry.generation, [], [], [])
    if old is not None:
        # What is the same in the same place is kept.
        keep_modules(old, wanted)
        modules = old._replace(generation=entry.generation)
    _known[key] = modules
    for path, bias in wanted:
        if (path, bias) in zip(modules.paths, modules.biases):
            continue
        before = set(gdb.objfiles())
        try:
            symbols.run(f"add-symbol-file {symbols.quote(path)} -o {bias:#x}")
        except gdb.error as error:
            attach.warn(f"{text.task_name(task.label)}: {error}")
            continue
        at = len(modules.paths)
        if (path, bias) == wanted[0] and task.symbol_file:  # the program is first
            at = 0
        modules.paths.insert(at, path)
        modules.biases.insert(at, bias)
        # Debug information in a file of its own is an objfile as well.
        new = [o for o in gdb.objfiles() if o not in before]
        modules.objfiles[:] = new + modules.objfiles if at == 0 else modules.objfiles + new
    put_back(entry)


def keep_modules(modules: Modules, wanted) -> None:
    """Remove those of a task that has ended that the next one has not."""
    known = list(zip(modules.paths, modules.biases))
    gone = [module for module in known if module not in wanted]
    remove_modules(gone)
    modules.paths[:] = [path for path, bias in known if (path, bias) in wanted]
    modules.biases[:] = [bias for path, bias in known if (path, bias) in wanted]
    modules.objfiles[:] = [o for o in modules.objfiles if o.is_valid()]


def remove_modules(modules) -> None:
    """Of a task that has ended: its addresses become somebody else's.

    GDB 13 may look at an objfile that it has freed, where it knows frames of a
    stack that are in one.  Nobody is in these, and what it knows is of nobody."""
    for path, bias in modules:
        gdb.invalidate_cached_frames()
        for segment in elf.read_file_segments(path):
            if segment.type == elf.PT_LOAD and segment.flags & 1:
                # Its first may be the headers', which are in no section.
                address = bias + segment.vaddr + segment.filesz - 1
                try:
                    symbols.run(f"remove-symbol-file -a {address:#x}")
                except gdb.error:
                    pass  # it is gone already
                break


def begin(attachment: Attachment, entry, path: str, address: int, machine: int) -> None:
    """A new task, at its first instruction: only its loader is mapped.

    Where the slot had a task of the same program before, its modules will be in
    the same places.  So nothing is read again; but breakpoints that GDB has put
    there are gone with the memory, of which GDB knows nothing."""
    key = _key(attachment, entry)
    old = _known.get(key)
    if old is not None and old.paths and path != os.path.realpath(old.paths[0]):
        keep_modules(old, list(zip(old.paths, old.biases))[1:])
    if _loaders.get(key) != address:
        if key in _loaders:
            symbols.run(f"remove-symbol-file -a {_loaders[key]:#x}")
        data = elf.build_symbol_file(machine, LOADED, address)
        symbols.run(f"add-symbol-file {symbols.make_file('pip-loader', data)} -o 0")
        _loaders[key] = address
    put_back(entry)


def put_back(entry) -> None:
    number = gdb.selected_inferior().num
    breakpoints.put_back(number, entry.window_low, entry.window_high)


def add_all(attachment: Attachment, survey: Survey, entries) -> None:
    """Those of all tasks that are loaded, and away with those that ended."""
    records = attachment.live_records()
    if not records or not records[0].task.is_root:
        return
    alive = {e.index: e.generation for e in entries if e.is_thread and e.is_alive}
    symbols.run(f"inferior {records[0].number}")
    if any(key[1] not in alive for key in _keys(attachment)):
        # All are read again: remove_modules() says why.
        forget(attachment)
        symbols.read_all_again(records[0].task)
    for entry in entries:
        if entry.index in alive and (entry.load_bias or entry.r_debug):
            add_task(attachment, survey, entry)


def refresh(attachment: Attachment) -> None:
    """As the table is now."""
    entries = attachment.program.read_entries()
    if any(entry.is_thread for entry in entries):
        with Selection(), settings.during(settings.WHILE_ATTACHING):
            add_all(attachment, Survey(attachment.program), entries)


def _keys(attachment: Attachment) -> List[tuple]:
    return [key for key in _known if key[0] == id(attachment)]


def forget(attachment: Attachment) -> bool:
    """What was added is not known any more; was there something?"""
    keys = _keys(attachment)
    for key in keys:
        del _known[key]
    for key in [key for key in _loaders if key[0] == id(attachment)]:
        del _loaders[key]
    return bool(keys)
