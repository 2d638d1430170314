# SPDX-License-Identifier: BSD-2-Clause
"""Writing core files (core(5), the ELF notes of Linux's fs/binfmt_elf.c).

All tasks share one address space, so its memory is written once, into the core
file of the first process, and with it what the kernel would write: see
`coredump_filter` in core(5).  The core files of the others have their registers,
and an NT_FILE note that names the first file as the place of all memory, as it
names programs and libraries as the place of theirs.  Debuggers that read such
notes (GDB 11) need no more.
"""

import os
import re
import struct
from typing import Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional, Tuple

from . import elf, maps

ET_CORE, PT_NOTE, PN_XNUM = 4, 4, 0xFFFF
NT_PRSTATUS, NT_PRPSINFO, NT_AUXV = 1, 3, 6
NT_FILE, NT_SIGINFO = 0x46494C45, 0x53494749
SHT_NULL = 0

# Bits of coredump_filter.
ANONYMOUS, SHARED_ANONYMOUS, FILE_PRIVATE, FILE_SHARED = 1, 2, 4, 8
ELF_HEADERS, HUGE_PRIVATE, HUGE_SHARED = 16, 32, 64
DEFAULT_FILTER = 0x33

PAGE = elf.PAGE
BLOCK = 256 << 10  # what is read and written at once
MAX_GAP = 256  # pages that nobody has used, and that are written nevertheless
PAGEMAP_STEP = 1 << 17  # pages
ZEROS = bytes(BLOCK)

_EHDR = struct.Struct("=16sHHIQQQIHHHHHH")
_PHDR = struct.Struct("=IIQQQQQQ")
_SHDR = struct.Struct("=IIQQQQIIQQ")
_PRSTATUS = struct.Struct("=3ih2xQQ4i64x")
_PRPSINFO = struct.Struct("=BcBb4xQII4i16s80s")

# bit 63: present, 62: swapped (Documentation/admin-guide/mm/pagemap.rst); the
# last byte of each entry, of which a run of pages in use is made a run of 1s.
_IN_USE = bytes(ord("1") if byte & 0xC0 else ord("0") for byte in range(256))
_RUN = re.compile(rb"1+")


class Area(NamedTuple):
    """A mapping, and what /proc/PID/smaps says of it (in bytes)."""

    mapping: maps.Mapping
    resident: int
    anonymous: int  # changed pages of a file, swapped ones included
    flags: frozenset  # of VmFlags


class Run(NamedTuple):
    """Memory that is written, or that is known to be zero."""

    start: int
    end: int
    perms: str

    @property
    def size(self) -> int:
        return self.end - self.start


class Plan(NamedTuple):
    """What a core file has of an address space."""

    contents: List[Run]
    zeros: List[Run]  # nobody has used them yet
    files: List[Tuple[int, int, int, bytes]]  # start, end, offset, path
    unwritten: List[Tuple[int, int, int, bytes]]  # those that are only there
    least: int  # bytes that are needed at least


class Thread(NamedTuple):
    """Of a process: what goes into its notes."""

    tid: int
    registers: bytes  # NT_PRSTATUS of PTRACE_GETREGSET
    other: List[Tuple[str, int, bytes]]  # name, type, data
    siginfo: bytes
    signal: int  # it was stopped by, 0: by nobody's


class Process(NamedTuple):
    pid: int
    threads: List[Thread]  # its first one first
    status: "Stat"
    uid: int
    gid: int
    name: bytes
    command: bytes
    auxv: bytes


class Stat(NamedTuple):
    """Of /proc/PID/stat."""

    state: str
    ppid: int
    pgrp: int
    session: int
    flags: int


# What is to be written.


def parse_smaps(lines: Iterable[bytes]) -> Iterator[Area]:
    """Those of /proc/PID/maps will do as well: nothing is known then of pages."""
    mapping: Optional[maps.Mapping] = None
    numbers: Dict[bytes, int] = {}
    flags: frozenset = frozenset()

    def make() -> Area:
        swapped = numbers.get(b"Swap", 0)
        return Area(
            mapping,
            numbers.get(b"Rss", mapping.end - mapping.start) + swapped,
            numbers.get(b"Anonymous", mapping.end - mapping.start) + swapped,
            flags,
        )

    for line in lines:
        # The names of fields begin with a capital, addresses are lower case.
        if not b"A" <= line[:1] <= b"Z":
            following = maps.parse_line(line)
            if following is None:
                continue
            if mapping is not None:
                yield make()
            mapping, numbers, flags = following, {}, frozenset()
            continue
        key, _, value = line.partition(b":")
        if key in (b"Rss", b"Anonymous", b"Swap"):
            numbers[key] = int(value.split()[0]) << 10
        elif key == b"VmFlags":
            flags = frozenset(value.decode("ascii", "replace").split())
    if mapping is not None:
        yield make()


def _is_file(mapping: maps.Mapping) -> bool:
    return mapping.path.startswith(b"/")


def _is_dumped(area: Area, wanted: int) -> bool:
    """As vma_dump_size() in Linux's fs/coredump.c decides, but for headers."""
    mapping = area.mapping
    if mapping.path == b"[vdso]" or maps.is_table(mapping):
        return True
    if mapping.path.startswith((b"[vvar", b"[vsyscall")):
        return False
    if area.flags & {"dd", "io"}:
        return False
    shared = mapping.perms.endswith("s")
    if "ht" in area.flags:
        return bool(wanted & (HUGE_SHARED if shared else HUGE_PRIVATE))
    if shared:
        return bool(wanted & (SHARED_ANONYMOUS if mapping.deleted else FILE_SHARED))
    if not _is_file(mapping) or area.anonymous > 0:
        return bool(wanted & ANONYMOUS)
    return bool(wanted & FILE_PRIVATE)


def find_runs(flags: bytes) -> List[Tuple[int, int]]:
    """Last bytes of entries of /proc/PID/pagemap -> [first, end) of the pages
    that are in use; small gaps are part of them."""
    runs: List[Tuple[int, int]] = []
    for match in _RUN.finditer(flags.translate(_IN_USE)):
        first, end = match.span()
        if runs and first - runs[-1][1] <= MAX_GAP:
            first = runs.pop()[0]
        runs.append((first, end))
    return runs


def _read_runs(read_pagemap, mapping: maps.Mapping) -> List[Tuple[int, int]]:
    """The same of a mapping; all of it when there is no pagemap."""
    first, pages = mapping.start // PAGE, (mapping.end - mapping.start) // PAGE
    runs: List[Tuple[int, int]] = []
    for at in range(0, pages, PAGEMAP_STEP):
        count = min(PAGEMAP_STEP, pages - at)
        data = read_pagemap((first + at) * 8, count * 8)
        if len(data) < count * 8:
            return [(0, pages)]
        for start, end in find_runs(data[7::8]):
            start, end = start + at, end + at
            if runs and start - runs[-1][1] <= MAX_GAP:
                start = runs.pop()[0]
            runs.append((start, end))
    return runs


def make_plan(
    areas: Iterable[Area],
    wanted: int,
    read_pagemap: Callable[[int, int], bytes],
    read: elf.Reader,
) -> Plan:
    plan = Plan([], [], [], [], 0)
    least = 0
    for area in areas:
        mapping = area.mapping
        start, end, perms = mapping.start, mapping.end, mapping.perms[:3]
        if _is_file(mapping):
            path = mapping.path + (maps.DELETED if mapping.deleted else b"")
            plan.files.append((start, end, mapping.offset, path))
        dumped = _is_dumped(area, wanted)
        if dumped and (_is_file(mapping) or "ht" in area.flags):
            plan.contents.append(Run(start, end, perms))
            shared = mapping.perms.endswith("s")
            least += min(area.resident, end - start) if shared else end - start
        elif dumped and area.resident > 0:
            at = start
            for first, last in _read_runs(read_pagemap, mapping):
                if start + first * PAGE > at:
                    plan.zeros.append(Run(at, start + first * PAGE, perms))
                at = start + last * PAGE
                plan.contents.append(Run(start + first * PAGE, at, perms))
                least += min((last - first) * PAGE, area.resident)
            if at < end:
                plan.zeros.append(Run(at, end, perms))
        elif dumped and perms != "---":
            plan.zeros.append(Run(start, end, perms))
        elif not dumped and _is_file(mapping):
            if (
                wanted & ELF_HEADERS
                and mapping.offset == 0
                and not mapping.perms.endswith("s")
                and read(start, 4) == b"\x7fELF"
            ):
                plan.contents.append(Run(start, start + PAGE, perms))
                start += PAGE
                least += PAGE
            if start < end:
                offset = mapping.offset + start - mapping.start
                plan.unwritten.append((start, end, offset, path))
    return plan._replace(least=least)


# Notes.


def make_note(name: str, kind: int, data: bytes) -> bytes:
    text = name.encode("latin-1") + b"\0"
    return (
        struct.pack("=III", len(text), len(data), kind)
        + text.ljust((len(text) + 3) & ~3, b"\0")
        + data.ljust((len(data) + 3) & ~3, b"\0")
    )


def make_files(files: Iterable[Tuple[int, int, int, bytes]]) -> bytes:
    """Contents of an NT_FILE note."""
    files = list(files)
    data = struct.pack("=QQ", len(files), PAGE)
    for start, end, offset, _ in files:
        data += struct.pack("=QQQ", start, end, (offset // PAGE) % (1 << 64))
    return data + b"".join(path + b"\0" for _, _, _, path in files)


def join_files(files: Iterable[Tuple[int, int, int, bytes]]):
    """Those that go on where the one before ends, in memory and in the file,
    are one."""
    joined: List[Tuple[int, int, int, bytes]] = []
    for start, end, offset, path in files:
        if joined:
            first, last, before, name = joined[-1]
            if (last, name) == (start, path) and offset - before == start - first:
                joined[-1] = (first, end, before, name)
                continue
        joined.append((start, end, offset, path))
    return joined


def parse_stat(text: str) -> Stat:
    """"4711 (na) me) S 1 2 3 ..."."""
    words = text.rpartition(")")[2].split()
    try:
        numbers = [int(word) for word in words[1:7]]
        return Stat(words[0], numbers[0], numbers[1], numbers[2], numbers[5])
    except (IndexError, ValueError):
        return Stat("?", 0, 0, 0, 0)


def make_notes(process: Process, files: bytes) -> bytes:
    """All notes of a process; those of its first thread come first."""
    status = process.status
    notes = []
    for number, thread in enumerate(process.threads):
        prstatus = _PRSTATUS.pack(
            thread.signal, 0, 0, thread.signal, 0, 0,
            thread.tid, status.ppid, status.pgrp, status.session,
        ) + thread.registers + struct.pack("=i4x", 1)  # fmt: skip
        notes.append(make_note("CORE", NT_PRSTATUS, prstatus))
        if number == 0:
            prpsinfo = _PRPSINFO.pack(
                0, status.state[:1].encode("ascii", "replace"), 0, 0, status.flags,
                process.uid, process.gid, process.pid, status.ppid, status.pgrp,
                status.session, process.name[:15], process.command[:79],
            )  # fmt: skip
            notes.append(make_note("CORE", NT_PRPSINFO, prpsinfo))
        if thread.siginfo:
            notes.append(make_note("CORE", NT_SIGINFO, thread.siginfo))
        if number == 0:
            notes.append(make_note("CORE", NT_AUXV, process.auxv))
            notes.append(make_note("CORE", NT_FILE, files))
        notes += [make_note(*note) for note in thread.other]
    return b"".join(notes)


# Files.


def _flags(perms: str) -> int:
    return sum(bit for c, bit in zip("rwx", (4, 2, 1)) if c in perms)


def make_head(machine: int, notes: bytes, contents, zeros) -> Tuple[bytes, List[int]]:
    """Everything before the memory; and where in the file each run is."""
    count = 1 + len(contents) + len(zeros)
    extended = count >= PN_XNUM
    at_notes = _EHDR.size + count * _PHDR.size + (_SHDR.size if extended else 0)
    offset = (at_notes + len(notes) + PAGE - 1) & -PAGE
    head = _EHDR.pack(
        b"\x7fELF\x02\x01\x01".ljust(16, b"\0"),
        ET_CORE, machine, 1, 0, _EHDR.size,
        _EHDR.size + count * _PHDR.size if extended else 0, 0,
        _EHDR.size, _PHDR.size, PN_XNUM if extended else count,
        _SHDR.size if extended else 0, 1 if extended else 0, 0,
    )  # fmt: skip
    segments = [_PHDR.pack(PT_NOTE, 0, at_notes, 0, 0, len(notes), 0, 4)]
    offsets = []
    loads = [(run, True) for run in contents] + [(run, False) for run in zeros]
    for run, is_written in sorted(loads):
        flags, size = _flags(run.perms), run.size if is_written else 0
        segments.append(
            _PHDR.pack(elf.PT_LOAD, flags, offset, run.start, 0, size, run.size, PAGE)
        )
        if is_written:
            offsets.append(offset)
            offset += run.size
    head += b"".join(segments)
    if extended:
        head += _SHDR.pack(0, SHT_NULL, 0, 0, 0, 0, 0, count, 0, 0)
    return (head + notes).ljust(((at_notes + len(notes)) + PAGE - 1) & -PAGE, b"\0"), offsets


def write_all(fd: int, data: bytes, offset: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(fd, view, offset)
        view, offset = view[written:], offset + written


def _read_pages(read: elf.Reader, address: int, size: int) -> Tuple[bytes, int]:
    """What can be read, zeros for the rest; and how many bytes that are."""
    data, missing = b"", 0
    for at in range(address, address + size, PAGE):
        page = read(at, PAGE)
        missing += 0 if page else PAGE
        data += page or ZEROS[:PAGE]
    return data, missing


def write_run(fd: int, run: Run, offset: int, read: elf.Reader, tell=None) -> int:
    """Zeros become holes.  Returns how many bytes could not be read."""
    missing = 0
    for at in range(run.start, run.end, BLOCK):
        size = min(BLOCK, run.end - at)
        data = read(at, size)
        if not data:
            data, more = _read_pages(read, at, size)
            missing += more
        if data != ZEROS[:size]:
            write_all(fd, data, offset + at - run.start)
        if tell is not None:
            tell(size)
    return missing


def perms_of(flags: int) -> str:
    return "".join(c if flags & bit else "-" for c, bit in zip("rwx", (4, 2, 1)))
