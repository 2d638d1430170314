# SPDX-License-Identifier: BSD-2-Clause
"""Executables, symbol files and libraries of inferiors."""

import os

import gdb

from . import elf, format as text
from .survey import EXEC_PROGRAM, EXEC_STAND_IN, Task

NOTHING = "pip_nothing"  # a symbol's name


def run(command: str) -> str:
    """Execute a command; what it prints."""
    return text.decoded(lambda: gdb.execute(command, to_string=True))


def quote(path: str) -> str:
    """For gdb_argv, which takes quotes and backslashes as a shell does."""
    return "".join("\\" + c if c in " \\'\"" else c for c in path)


def find_plain_path(path: str) -> str:
    """For `core-file`, which takes quotes as parts of names until GDB 15."""
    if quote(path) == path:
        return path
    return f"/proc/self/fd/{os.open(path, os.O_RDONLY | os.O_CLOEXEC)}"


def make_file(name: str, data: bytes) -> str:
    """The path of a file in memory.  GDB opens it by its name again and again,
    so the descriptor stays."""
    fd = os.memfd_create(name, os.MFD_CLOEXEC)
    os.write(fd, data)
    return f"/proc/self/fd/{fd}"


def _make_stand_in(task: Task) -> str:
    known = task.exec_kind == EXEC_STAND_IN
    data = elf.build_stand_in(
        task.machine,
        task.r_debug if known else 0,
        task.interp if known else b"",
    )
    return make_file(f"pip-{task.label}", data)


def set_symbols(number: int, task: Task) -> None:
    """Give an inferior a task's executable and symbol file, before or after
    its attach.  Raises gdb.error when there are no symbols."""
    run(f"inferior {number}")
    if task.exec_kind == EXEC_PROGRAM:
        run(f"exec-file {quote(task.symbol_file)}")
    else:
        run(f"exec-file {_make_stand_in(task)}")
    if task.symbol_file:
        run(f"symbol-file -o {task.bias:#x} {quote(task.symbol_file)}")


def keep_from_children(task: Task) -> None:
    """In the selected inferior, of a task that is about to spawn another one.
    GDB gives an inferior that was forked the same symbol file, at the addresses
    where the auxiliary vector says, which is the root's; breakpoints by name
    would be set there.  What was added is not given away."""
    if not task.symbol_file or is_kept():
        return
    gdb.invalidate_cached_frames()
    run(f"add-symbol-file {quote(task.symbol_file)} -o {task.bias:#x}")
    data = elf.build_symbol_file(task.machine, NOTHING, elf.NO_MEMORY)
    run(f"symbol-file {make_file('pip-nothing', data)}")


def is_kept() -> bool:
    return (gdb.current_progspace().filename or "").startswith("/proc/self/fd/")


def read_all_again(task: Task) -> None:
    """In the selected inferior: its program's symbols and those of its
    libraries, and none of what was added."""
    run("symbol-file")
    if task.symbol_file:
        run(f"symbol-file -o {task.bias:#x} {quote(task.symbol_file)}")
    read_libraries()


def read_libraries() -> None:
    """Of the selected inferior, and find its loader's r_brk: GDB does that
    whenever sysroot is set, be it to what it is."""
    sysroot = gdb.parameter("sysroot") or ""
    run(f"set sysroot {sysroot}")


def set_breakpoints_again() -> None:
    """GDB looks for the places of all breakpoints in the selected inferior, as
    it does when symbols were read."""
    data = elf.build_symbol_file(62, NOTHING, elf.NO_MEMORY)
    path = make_file("pip-nothing", data)
    run(f"add-symbol-file {path} -o 0")
    run(f"remove-symbol-file {path}")
