# SPDX-License-Identifier: BSD-2-Clause
"""Core files (core(5)): the memory of a PiP program, and who crashed.

A core file has the memory of the whole address space, and so the task table
and everybody's variables, but the registers of one process only.  Pages of
files that nobody has changed are not in it; they are read from the files.
"""

import os
import struct
from typing import Dict, List, NamedTuple, Optional, Tuple

from . import elf, maps, table
from .process import ProcessError

ET_CORE = 4
PT_NOTE = 4
NT_PRSTATUS, NT_PRPSINFO, NT_AUXV, NT_FILE = 1, 3, 6, 0x46494C45
PRSTATUS_PID, PRSTATUS_SIGNAL = 32, 12  # offsets in struct elf_prstatus
PRSTATUS_REGISTERS = 112
PRPSINFO_PID = 24
MAX_NOTES = 256 << 20
MAX_SEGMENTS = 1 << 20
PN_XNUM = 0xFFFF

_EHDR = struct.Struct("=16sHHIQQQIHHHHHH")
_PHDR = struct.Struct("=IIQQQQQQ")
_NOTE = struct.Struct("=III")
EHDR_SIZE = _EHDR.size


class Note(NamedTuple):
    name: bytes
    type: int
    data: bytes


class Area(NamedTuple):
    """Memory, and where in a file it is."""

    start: int
    end: int
    offset: int
    perms: str


def parse_notes(data: bytes) -> List[Note]:
    """Damaged ones end the list."""
    notes, at = [], 0
    while at + _NOTE.size <= len(data):
        namesz, descsz, kind = _NOTE.unpack_from(data, at)
        name_at = at + _NOTE.size
        data_at = name_at + ((namesz + 3) & ~3)
        end = data_at + descsz
        if end > len(data):
            break
        name = data[name_at : name_at + namesz].rstrip(b"\0")
        notes.append(Note(name, kind, data[data_at:end]))
        at = data_at + ((descsz + 3) & ~3)
    return notes


def parse_files(data: bytes) -> List[Tuple[int, int, int, bytes]]:
    """An NT_FILE note: (start, end, offset in bytes, path)."""
    if len(data) < 16:
        return []
    count, unit = struct.unpack_from("=QQ", data)
    if count > (len(data) - 16) // 24:
        return []
    paths = data[16 + 24 * count :].split(b"\0")
    files = []
    for i in range(min(count, len(paths))):
        start, end, offset = struct.unpack_from("=QQQ", data, 16 + 24 * i)
        files.append((start, end, offset * unit, paths[i]))
    return files


class CoreFile:
    """Raises ProcessError when it is none that can be used."""

    def __init__(self, path: str):
        self.path = os.path.abspath(path)
        try:
            self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise ProcessError(f"core file {path}: {error.strerror}") from error
        self._files: Dict[bytes, int] = {}
        try:
            self._parse(path)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        for fd in [self._fd] + list(self._files.values()):
            if fd >= 0:
                os.close(fd)
        self._fd = -1
        self._files = {}

    def _parse(self, path: str) -> None:
        header = os.pread(self._fd, _EHDR.size, 0)
        if len(header) < _EHDR.size or header[:5] != b"\x7fELF\x02":
            raise ProcessError(f"'{path}' is not a 64-bit ELF file")
        fields = _EHDR.unpack(header)
        kind, self.machine, phoff, phnum = fields[1], fields[2], fields[5], fields[10]
        if kind != ET_CORE:
            raise ProcessError(f"'{path}' is not a core file")
        if phnum == PN_XNUM:  # in sh_info of the first section header
            section = os.pread(self._fd, 64, fields[6])
            phnum = struct.unpack_from("=I", section, 44)[0] if len(section) == 64 else 0
        if phnum > MAX_SEGMENTS:
            raise ProcessError(f"'{path}' claims {phnum} segments")
        data = os.pread(self._fd, phnum * _PHDR.size, phoff)
        self.areas: List[Area] = []
        notes: List[Note] = []
        for at in range(0, len(data) - _PHDR.size + 1, _PHDR.size):
            kind, flags, offset, vaddr, _, filesz, memsz, _ = _PHDR.unpack_from(
                data, at
            )
            if kind == PT_NOTE and filesz <= MAX_NOTES:
                notes += parse_notes(os.pread(self._fd, filesz, offset))
            elif kind == elf.PT_LOAD:
                perms = "".join(
                    c if flags & bit else "-" for c, bit in zip("rwx", (4, 2, 1))
                )
                size = min(filesz, memsz)
                self.areas.append(Area(vaddr, vaddr + size, offset, perms))
        self.notes = notes
        self.areas.sort()
        self.files = []
        self.auxv = b""
        self.threads: List[int] = []
        for note in notes:
            if note.name == b"CORE" and note.type == NT_FILE:
                self.files = parse_files(note.data)
            elif note.name == b"CORE" and note.type == NT_AUXV:
                self.auxv = note.data
            elif note.name == b"CORE" and note.type == NT_PRSTATUS:
                if len(note.data) >= PRSTATUS_PID + 4:
                    tid = struct.unpack_from("=i", note.data, PRSTATUS_PID)[0]
                    self.threads.append(tid)
        self.pid = self._find_pid()

    def _find_pid(self) -> int:
        for note in self.notes:
            if note.type == NT_PRPSINFO and len(note.data) >= PRPSINFO_PID + 4:
                return struct.unpack_from("=i", note.data, PRPSINFO_PID)[0]
        return self.threads[0] if self.threads else 0

    def mappings(self) -> List[maps.Mapping]:
        """As /proc/PID/maps would have them, as far as the core tells."""
        found: Dict[int, maps.Mapping] = {}
        for area in self.areas:
            found[area.start] = maps.Mapping(
                area.start, area.end, area.perms + "p", 0, b"00:00", 0, b"", False
            )
        for start, end, offset, path in self.files:
            perms = found[start].perms if start in found else "r--p"
            deleted = path.endswith(maps.DELETED)
            if deleted:
                path = path[: -len(maps.DELETED)]
            if path == maps.TABLE_PATH:
                perms = perms[:3] + "s"
            found[start] = maps.Mapping(
                start, end, perms, offset, b"00:00", -1, path, deleted
            )
        return [found[start] for start in sorted(found)]

    # Memory, as process.Memory.

    def _find_area(self, address: int) -> Optional[Area]:
        low, high = 0, len(self.areas)
        while low < high:
            middle = (low + high) // 2
            if self.areas[middle].start <= address:
                low = middle + 1
            else:
                high = middle
        area = self.areas[low - 1] if low > 0 else None
        return area if area is not None and address < area.end else None

    def _read_some(self, address: int, size: int) -> bytes:
        area = self._find_area(address)
        if area is not None:
            size = min(size, area.end - address)
            return os.pread(self._fd, size, area.offset + address - area.start)
        for start, end, offset, path in self.files:
            if start <= address < end and not path.endswith(maps.DELETED):
                if path not in self._files:
                    try:
                        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
                        self._files[path] = os.open(path, flags)
                    except OSError:
                        self._files[path] = -1
                if self._files[path] < 0:
                    return b""
                size = min(size, end - address)
                try:
                    return os.pread(self._files[path], size, offset + address - start)
                except OSError:
                    return b""
        return b""

    def read(self, address: int, size: int) -> bytes:
        """Exactly size bytes; b"" when they are not all there."""
        if size <= 0 or address < 0 or size > MAX_NOTES:
            return b""
        data = b""
        while len(data) < size:
            part = self._read_some(address + len(data), size - len(data))
            if not part:
                return b""
            data += part
        return data

    def read_string(self, address: int, limit: int = 4096) -> bytes:
        text = b""
        while len(text) < limit:
            part = self._read_some(address + len(text), min(256, limit - len(text)))
            if not part:
                break
            end = part.find(b"\0")
            if end >= 0:
                return text + part[:end]
            text += part
        return text


class CoreProgram:
    """A program.Program that is in a core file."""

    is_core = True

    def __init__(self, path: str):
        self.memory = CoreFile(path)
        self.asked_pid = self.memory.pid
        self.threads = set(self.memory.threads)
        self._threads_of: Dict[str, List[int]] = {}
        self.is_index = False
        self.signal = 0  # of an index: by which somebody was stopped
        try:
            self._find_table()
        except BaseException:
            self.memory.close()
            raise

    def add_threads(self, index) -> None:
        """Of the core files that an index has."""
        self.is_index = True
        for item in index.items:
            self._threads_of[item.pipid] = item.threads
            self.threads.update(item.threads)
            if item.signal and not self.signal:
                self.asked_pid, self.signal = item.pid, item.signal

    def forget_threads(self, label: str) -> None:
        """Of a task whose core file can't be used."""
        self.threads.difference_update(self._threads_of.get(label, ()))

    def close(self) -> None:
        self.memory.close()

    def _find_table(self) -> None:
        path, reason = self.memory.path, ""
        for mapping in self.memory.mappings():
            if mapping.path != maps.TABLE_PATH or mapping.offset != 0:
                continue
            try:
                size = mapping.end - mapping.start
                self.header = table.read_header(self.memory.read, mapping.start, size)
            except table.TableError as error:
                reason = str(error)
                continue
            self.mapping = mapping
            self.root_pid = self.header.root_pid
            return
        if reason:
            raise ProcessError(f"the task table in {path} is unusable: {reason}")
        raise ProcessError(
            f"there is no task table in {path}: it is not of a PiP program, or was "
            "written without shared memory (see coredump_filter in core(5))"
        )

    def live_pid(self) -> int:
        return self.asked_pid

    def translate(self, pid: int) -> int:
        return pid

    def read_entries(self) -> List[table.Entry]:
        return table.read_entries(self.memory.read, self.mapping.start, self.header)

    def read_mappings(self) -> List[maps.Mapping]:
        return self.memory.mappings()

    def read_first_mappings(self) -> List[maps.Mapping]:
        return [m for m in self.memory.mappings() if m.path and m.offset == 0]

    def read_auxv(self) -> bytes:
        return self.memory.auxv

    def find_prefix(self) -> str:
        return ""

    def has_table(self, _) -> bool:
        return True

    def has_registers(self, tid: int) -> bool:
        return tid in self.threads

    def why_not(self, entry: table.Entry) -> str:
        return "" if entry.is_alive else table.STATES[entry.state]
