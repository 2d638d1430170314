# SPDX-License-Identifier: BSD-2-Clause
"""The vDSO: the kernel's code in every process, in which clock_gettime() is.

One for all tasks, as they share their memory.  Two things of what GDB does of it
at an attach are wrong for many inferiors.

It gives each of them the vDSO's symbols, clock_gettime() and others that libc has
too.  A breakpoint of such a name would be one int3 for all, which each inferior
believes to be its own: whoever is detached last leaves it behind, and the program
dies of it.  So tasks are given a file of the vDSO in its place, in which functions
have the names that only they have, __vdso_clock_gettime().  It is our own vDSO, if
the program's is the same; nothing that the program could write.

To find it, GDB looks in /proc/PID/maps where it ends, once for each task, and the file
has the mappings of all (GDB 13: linux_vsyscall_range_raw() in linux-tdep.c).  It does
not when the auxiliary vector tells of no vDSO.  So of many tasks the vDSO is hidden.

- When it attaches to a process, GDB takes the vector from where the variable
  _dl_auxv of 8 bytes points, as glibc's static programs have it, before it asks the
  kernel (ld_so_xfer_auxv() in auxv.c).  While it attaches, an inferior has a symbol
  file with such a variable and the kernel's vector without the vDSO.
- The file is at addresses where no memory can be.  GDB reads them from the file
  while trust-readonly-sections is on, which it is during the attach only, and when
  nobody runs: what GDB saves of code, to put a breakpoint there, has to be what is
  in memory.
- Then the vDSO is a library for GDB, as the loader says, and its file is found in a
  directory of ours on the library search path.
- A GDB that does not look at _dl_auxv does as always.
"""

import atexit
import contextlib
import functools
import os
import shutil
import tempfile
from typing import Optional, Set

import gdb

from . import elf, inferiors, maps, process, settings, symbols
from .inferiors import Record
from .program import Program
from .survey import EXEC_BLANK

# For fewer it takes no time.
MANY_TASKS = 24
NAME = "linux-vdso.so.1"  # its DT_SONAME, by which loaders list it
VECTOR = "_dl_auxv"
TYPE = "AT_SYSINFO_EHDR"

_directory: Optional[str] = None
number_hidden = 0  # inferiors that were attached so


@functools.lru_cache
def _read_own() -> bytes:
    """Our own vDSO; b"" when we have none."""
    try:
        for mapping in maps.parse(process.iterate_maps(os.getpid())):
            if mapping.path == b"[vdso]":
                with process.Memory(os.getpid()) as memory:
                    return memory.read(mapping.start, mapping.end - mapping.start)
    except process.ProcessError:
        pass
    return b""


@functools.lru_cache
def _make_file() -> str:
    """Of our own vDSO; "" when we have none."""
    own = _read_own()
    return symbols.make_file(NAME, elf.remove_weak_aliases(own)) if own else ""


def _make_directory() -> str:
    """With the file in it, until the end of GDB, which opens it by its name again
    and again; "" when there can't be one."""
    global _directory  # pylint: disable=global-statement
    try:
        if _directory is None:
            path = tempfile.mkdtemp(prefix="pip-gdb-")
            atexit.register(shutil.rmtree, path, ignore_errors=True)
            _directory = path
        if not os.path.exists(os.path.join(_directory, NAME)):
            shutil.copyfile(_make_file(), os.path.join(_directory, NAME))
    except OSError:
        return ""
    return _directory


def _is_ours(memory, address: int) -> bool:
    """Has a program the same vDSO as we have, at an address?"""
    own = _read_own()
    return address != 0 and own != b"" and memory.read(address, len(own)) == own


def _add(address: int) -> None:
    """As a symbol file of the selected inferior: that stays when libraries go."""
    symbols.run(f"add-symbol-file {_make_file()} -o {address:#x}")


def add_to_new(program: Program) -> None:
    """To the selected inferior, a new task's: GDB does not tell it of a vDSO."""
    address = elf.parse_auxv(program.read_auxv()).get(elf.AT_SYSINFO_EHDR, 0)
    if _is_ours(program.memory, address):
        _add(address)


def find_name(file: str) -> str:
    """Of a symbol file: what users know it by."""
    return NAME if file and file == _make_file() else file


class HiddenVdso:
    """What GDB is told of the vDSO of tasks that are attached together."""

    def __init__(self, program: Program, number_tasks: int):
        self._memory = program.memory
        values = elf.parse_auxv(program.read_auxv())
        self._address = values.pop(elf.AT_SYSINFO_EHDR, 0)
        self._vector = elf.pack_auxv(values)
        self._file = ""  # with the vector
        self._is_ours = _is_ours(program.memory, self._address)
        self._hidden: Set[int] = set()
        self._known: Set[int] = set()
        self._directory = ""  # with the vDSO
        if (
            self._is_ours
            and number_tasks >= MANY_TASKS
            and not gdb.parameter("non-stop")
            and not inferiors.is_somebody_running()
            # GDB would find that one.
            and not os.path.lexists(NAME)
        ):
            self._directory = _make_directory()
        self._may_hide = self._directory != "" and ":" not in self._directory

    def _is_listed(self, record: Record) -> bool:
        """GDB would not know the vDSO of a task whose loader does not list it."""
        task = record.task
        if task.exec_kind == EXEC_BLANK:
            return False
        read, read_string = self._memory.read, self._memory.read_string
        wanted = elf.Module(self._address, NAME.encode("ascii"))
        return wanted in elf.read_modules(read, read_string, task.r_debug)

    @contextlib.contextmanager
    def attaching(self, record: Record):
        """For the attach of a task, in the selected inferior."""
        if self._may_hide and self._is_listed(record):
            with self._hiding(record):
                yield
        else:
            yield
        if self._is_ours and record.number not in self._hidden:
            # What GDB has read from memory.
            symbols.run("nosharedlibrary")
            _add(self._address)
            self._known.add(record.number)

    @contextlib.contextmanager
    def _hiding(self, record: Record):
        if not self._file:
            data = elf.build_pointer_file(record.task.machine, VECTOR, self._vector)
            self._file = symbols.make_file("pip-auxv", data)
        symbols.run(f"add-symbol-file {self._file} -o 0")
        with settings.during({"trust-readonly-sections": "on"}):
            yield
            # GDB remembers the vector from here on.
            if not self._hidden and TYPE in symbols.run("info auxv"):
                self._may_hide = False
        symbols.run(f"remove-symbol-file {self._file}")
        if self._may_hide:
            self._hidden.add(record.number)
            global number_hidden  # pylint: disable=global-statement
            number_hidden += 1

    def is_kept(self, record: Record) -> bool:
        """Does GDB have it after a `nosharedlibrary` and a `sharedlibrary`?  What it
        has read from memory it has not."""
        return self._address == 0 or record.number in self._hidden | self._known

    def extend(self, search_path: str) -> str:
        """The library search path with it."""
        if not self._hidden or self._directory in search_path.split(":"):
            return search_path
        return f"{search_path}:{self._directory}" if search_path else self._directory


def leave_search_path() -> None:
    """When nobody is attached any more."""
    path = (gdb.parameter("solib-search-path") or "").split(":")
    if _directory is not None and _directory in path:
        path.remove(_directory)
        symbols.run(f"set solib-search-path {':'.join(path)}")
