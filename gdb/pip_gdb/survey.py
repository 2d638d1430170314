# SPDX-License-Identifier: BSD-2-Clause
"""What a debugger has to know of each task: where its code and lists lie."""

import os
import stat
from typing import Dict, List, NamedTuple, Optional

from . import elf, maps, process, table
from .program import Program

# How GDB is told where a task's libraries are.
EXEC_PROGRAM = "program"  # by the program's own file
EXEC_STAND_IN = "stand-in"  # by an elf.build_stand_in() with r_debug
EXEC_BLANK = "blank"  # it has none, or none that GDB could use


class Task(NamedTuple):
    """A root or task that lives, as of one look at it."""

    entry: table.Entry
    pid: int  # as we count PIDs
    program: str  # path, as the table has it
    symbol_file: str  # where we can read it, "" when we can't
    bias: int
    exec_kind: str
    machine: int
    r_debug: int
    interp: bytes
    problem: str  # what to warn of, "" for nothing

    @property
    def label(self) -> str:
        return self.entry.label

    @property
    def is_root(self) -> bool:
        return self.entry.is_root


def is_safe_path(path: bytes) -> bool:
    """May it become part of a command line of GDB?  Control characters must
    not: a newline would start the next command."""
    try:
        path.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return path.startswith(b"/") and not any(c < 32 or c == 127 for c in path)


class Survey:
    """One look at where everything is mapped, for many tasks."""

    def __init__(self, program: Program):
        self.program = program
        self._read = program.memory.read
        self._starts: Dict[int, maps.Mapping] = {}
        self._root_segments: Optional[List[elf.Segment]] = None
        self._prefix = program.find_prefix()
        for mapping in program.read_first_mappings():
            self._starts[mapping.start] = mapping

    def _root_headers(self) -> List[elf.Segment]:
        """The headers that every task's auxiliary vector leads to: the
        vector belongs to the address space, so it is the root's."""
        if self._root_segments is None:
            self._root_segments = elf.read_auxv_segments(
                self._read, self.program.read_auxv()
            )
        return self._root_segments

    def _find_image(self, entry: table.Entry) -> Optional[elf.Image]:
        """The program in the task's memory."""
        candidates = []
        if entry.load_bias:
            candidates.append(entry.load_bias)
        # No libpip inside to say where it is, or its first page is not at
        # address 0 of its own: the file's first byte within the window.
        candidates += [
            start
            for start, mapping in sorted(self._starts.items())
            if mapping.path == entry.program
            and entry.window_low <= start < entry.window_high
        ]
        for address in candidates:
            try:
                image = elf.read_image(self._read, address)
            except elf.ElfError:
                continue
            if entry.load_bias in (0, image.bias):
                return image
        return None

    def _find_program(self, entry: table.Entry, image: Optional[elf.Image]) -> bytes:
        """Its path: the kernel's word before the table's."""
        if image is not None:
            for segment in image.segments:
                if segment.type == elf.PT_LOAD and segment.offset == 0:
                    start = image.bias + (segment.vaddr & -elf.PAGE)
                    if start in self._starts:
                        return self._starts[start].path
        return entry.program

    def _find_problem(self, path: str, image: Optional[elf.Image]) -> str:
        """Is the file the one that is mapped?"""
        try:
            info = os.stat(path)
        except OSError as error:
            return f"{error.strerror}: no symbols"
        if not stat.S_ISREG(info.st_mode):
            return "not a regular file: no symbols"
        if image is None:
            return "not found in memory: no symbols"
        mapping = self._starts.get(image.bias)
        if mapping is not None and (
            mapping.deleted or mapping.inode not in (-1, info.st_ino)
        ):
            return "replaced since the task started: symbols may be wrong"
        return ""

    def _choose_exec(self, path: str, image: elf.Image, r_debug: int, interp: bytes):
        """How GDB can be told of the task's libraries."""
        if r_debug == 0 or elf.read_r_brk(self._read, r_debug) == 0:
            return EXEC_BLANK  # static, or being loaded
        # GDB stops at the loader's r_brk.  When it can't open the loader that
        # the list of libraries names, it takes the root's instead.
        read_string = self.program.memory.read_string
        names = [m.name for m in elf.read_modules(self._read, read_string, r_debug)]
        if (
            not is_safe_path(interp)
            or interp not in names
            or not os.path.isfile(self._prefix + interp.decode("utf-8"))
        ):
            return EXEC_BLANK
        if not elf.has_sections(path):
            return EXEC_STAND_IN
        if elf.may_match(image.segments, self._root_headers()):
            return EXEC_STAND_IN
        return EXEC_PROGRAM

    def is_mapped(self, module: elf.Module) -> bool:
        """Does a file begin there?  The vDSO is none."""
        return module.bias in self._starts

    def find_loader(self, entry: table.Entry) -> str:
        """The file of a task's loader, as we see it; "" when it has none."""
        mapping = self._starts.get(entry.loader_base)
        if mapping is None or not is_safe_path(mapping.path):
            return ""
        return self._prefix + mapping.path.decode("utf-8")

    def look_at(self, entry: table.Entry, is_mapped: bool = False) -> Task:
        """Everything about a task that lives.  is_mapped: whatever the table
        says, its loader is done."""
        loading = entry.state == table.STATE_LOADING and not is_mapped
        image = self._find_image(entry)
        path = self._find_program(entry, image)
        problem, symbol_file, kind, r_debug, interp = "", "", EXEC_BLANK, 0, b""
        if loading:
            problem = "still being loaded: no symbols yet"
        elif not is_safe_path(path):
            problem = "its path has characters that GDB can't take: no symbols"
        else:
            symbol_file = self._prefix + path.decode("utf-8")
            problem = self._find_problem(symbol_file, image)
            if problem.endswith("no symbols"):
                symbol_file = ""
        if image is not None and not loading:
            r_debug = entry.r_debug or elf.find_r_debug(self._read, image)
            interp = elf.read_interp(self._read, image)
            kind = self._choose_exec(symbol_file, image, r_debug, interp)
        if kind == EXEC_PROGRAM and not symbol_file:
            kind = EXEC_STAND_IN
        return Task(
            entry=entry,
            pid=self.program.translate(entry.pid),
            program=path.decode("utf-8", "backslashreplace"),
            symbol_file=symbol_file,
            bias=image.bias if image is not None else 0,
            exec_kind=kind,
            machine=image.machine if image is not None else 62,
            r_debug=r_debug,
            interp=interp,
            problem=problem,
        )
