# SPDX-License-Identifier: BSD-2-Clause
"""Programs in memory: program headers, the loader's lists, stand-ins.

The names are those of the System V ABI, chapters 4 and 5, and of <link.h>.
Memory belongs to the program that is debugged: nothing read from it is taken
for a number of things to do or a size to allocate without a bound.
"""

import struct
from typing import Callable, Dict, List, NamedTuple, Sequence

Reader = Callable[[int, int], bytes]  # address, size -> bytes, b"" on failure

PAGE = 4096
ET_EXEC, ET_DYN = 2, 3
PT_LOAD, PT_DYNAMIC, PT_INTERP = 1, 2, 3
DT_NULL, DT_DEBUG = 0, 21
AT_NULL, AT_PHDR, AT_PHENT, AT_PHNUM, AT_SYSINFO_EHDR = 0, 3, 4, 5, 33
SHT_PROGBITS, SHT_SYMTAB, SHT_STRTAB, SHT_DYNAMIC = 1, 2, 3, 6
SHT_NOBITS, SHT_DYNSYM = 8, 11
SHF_WRITE, SHF_ALLOC, SHF_EXECINSTR = 1, 2, 4
STB_LOCAL, STB_GLOBAL, STB_WEAK = 0, 0x10, 0x20  # as in st_info
STT_OBJECT, STT_FUNC = 1, 2

_EHDR = struct.Struct("=16sHHIQQQIHHHHHH")
_PHDR = struct.Struct("=IIQQQQQQ")
_SHDR = struct.Struct("=IIQQQQIIQQ")
_AUXV = _DYN = struct.Struct("=QQ")
_R_DEBUG = struct.Struct("=i4xQQ")
_SYM = struct.Struct("=IBBHQQ")
_LINK_MAP = struct.Struct("=QQQQ")

# Not canonical: no process of any 64-bit machine has memory there.
NO_MEMORY = 0x7FFFFFFFFFFFF000

MAX_HEADERS = 128
MAX_DYNAMIC = 64 * 1024
MAX_MODULES = 4096
MAX_FILE = 64 << 20


class ElfError(Exception):
    """What is at an address is no program that can be used."""


class Segment(NamedTuple):
    """A program header."""

    type: int
    flags: int
    offset: int
    vaddr: int
    filesz: int
    memsz: int


class Image(NamedTuple):
    """A program in memory."""

    machine: int
    bias: int  # p_vaddr + bias = address
    segments: List[Segment]

    def find(self, kind: int):
        for segment in self.segments:
            if segment.type == kind:
                return segment
        return None


class Module(NamedTuple):
    """An element of a loader's list (struct link_map)."""

    bias: int
    name: bytes


def parse_segments(data: bytes) -> List[Segment]:
    segments = []
    for at in range(0, len(data) - _PHDR.size + 1, _PHDR.size):
        kind, flags, offset, vaddr, _, filesz, memsz, _ = _PHDR.unpack_from(data, at)
        segments.append(Segment(kind, flags, offset, vaddr, filesz, memsz))
    return segments


def read_image(read: Reader, address: int) -> Image:
    """The program whose first byte is mapped at the address."""
    data = read(address, _EHDR.size)
    if len(data) < _EHDR.size or data[:4] != b"\x7fELF":
        raise ElfError(f"no ELF header at {address:#x}")
    ident, kind, machine, _, _, phoff, _, _, _, phentsize, phnum = _EHDR.unpack(data)[
        :11
    ]
    if ident[4] != 2 or phentsize != _PHDR.size or not 0 < phnum <= MAX_HEADERS:
        raise ElfError(f"the ELF header at {address:#x} is of another kind or damaged")
    if kind not in (ET_EXEC, ET_DYN):
        raise ElfError(f"the ELF file at {address:#x} is not a program")
    segments = parse_segments(read(address + phoff, phnum * _PHDR.size))
    first = [s for s in segments if s.type == PT_LOAD and s.offset < PAGE]
    if not first:
        raise ElfError(f"the program at {address:#x} does not map its header")
    return Image(machine, address - (first[0].vaddr & -PAGE), segments)


def parse_auxv(auxv: bytes) -> Dict[int, int]:
    """The first of each type, up to AT_NULL, which is not among them."""
    values: Dict[int, int] = {}
    for at in range(0, len(auxv) - _AUXV.size + 1, _AUXV.size):
        kind, value = _AUXV.unpack_from(auxv, at)
        if kind == AT_NULL:
            break
        values.setdefault(kind, value)
    return values


def pack_auxv(values: Dict[int, int]) -> bytes:
    return b"".join(_AUXV.pack(*item) for item in values.items()) + bytes(_AUXV.size)


def read_auxv_segments(read: Reader, auxv: bytes) -> List[Segment]:
    """The program headers that an auxiliary vector tells of."""
    values = parse_auxv(auxv)
    count = values.get(AT_PHNUM, 0)
    if values.get(AT_PHENT) != _PHDR.size or not 0 < count <= MAX_HEADERS:
        return []
    return parse_segments(read(values.get(AT_PHDR, 0), count * _PHDR.size))


def read_interp(read: Reader, image: Image) -> bytes:
    """Its PT_INTERP, b"" when it has none."""
    segment = image.find(PT_INTERP)
    if segment is None or segment.filesz > PAGE:
        return b""
    return read(image.bias + segment.vaddr, segment.filesz).partition(b"\0")[0]


def find_r_debug(read: Reader, image: Image) -> int:
    """What its DT_DEBUG entry points to: the loader fills it in for debuggers.
    0: no such entry, or not yet."""
    segment = image.find(PT_DYNAMIC)
    if segment is None:
        return 0
    data = read(image.bias + segment.vaddr, min(segment.memsz, MAX_DYNAMIC))
    for at in range(0, len(data) - _DYN.size + 1, _DYN.size):
        tag, value = _DYN.unpack_from(data, at)
        if tag == DT_DEBUG:
            return value
        if tag == DT_NULL:
            break
    return 0


def read_r_brk(read: Reader, r_debug: int) -> int:
    """The address where the loader tells debuggers of changes; 0: none yet."""
    data = read(r_debug, _R_DEBUG.size)
    return _R_DEBUG.unpack(data)[2] if len(data) == _R_DEBUG.size else 0


RT_CONSISTENT = 0


def is_consistent(read: Reader, r_debug: int) -> bool:
    """Is the loader done with its list?"""
    data = read(r_debug, _R_DEBUG.size + 8)
    if len(data) < _R_DEBUG.size + 4:
        return False
    version, address, _ = _R_DEBUG.unpack_from(data)
    state = struct.unpack_from("=i", data, _R_DEBUG.size)[0]
    return version > 0 and address != 0 and state == RT_CONSISTENT


def read_modules(read, read_string, r_debug: int) -> List[Module]:
    """The loader's list; first of it the program, whose name is empty."""
    modules: List[Module] = []
    data = read(r_debug, _R_DEBUG.size)
    if len(data) < _R_DEBUG.size:
        return modules
    address, seen = _R_DEBUG.unpack(data)[1], set()
    while address != 0 and address not in seen and len(modules) < MAX_MODULES:
        seen.add(address)
        data = read(address, _LINK_MAP.size)
        if len(data) < _LINK_MAP.size:
            break
        bias, name, _, following = _LINK_MAP.unpack(data)
        modules.append(Module(bias, read_string(name) if name else b""))
        address = following
    return modules


def may_match(one: List[Segment], other: List[Segment]) -> bool:
    """Would GDB take two programs' headers for those of the same program?

    svr4_exec_displacement() in GDB's solib-svr4.c compares them and lets
    addresses, alignments and some file sizes differ.  This lets more differ:
    it must not say no where GDB says yes."""
    return [(s.type, s.flags, s.memsz) for s in one] == [
        (s.type, s.flags, s.memsz) for s in other
    ]


def read_file_segments(path: str) -> List[Segment]:
    """Of a file; [] when it can't be read."""
    try:
        with open(path, "rb") as file:
            data = file.read(PAGE)
    except OSError:
        return []
    if len(data) < _EHDR.size or data[:5] != b"\x7fELF\x02":
        return []
    fields = _EHDR.unpack_from(data)
    return parse_segments(data[fields[5] : fields[5] + fields[10] * _PHDR.size])


def has_sections(path: str) -> bool:
    """Does the file have section headers?  GDB finds .dynamic by them."""
    try:
        with open(path, "rb") as file:
            data = file.read(_EHDR.size)
    except OSError:
        return False
    return len(data) == _EHDR.size and _EHDR.unpack(data)[12] != 0


def _parse_sections(data: bytes) -> List[tuple]:
    """Of a file; [] when it has none that could be used."""
    if len(data) < _EHDR.size or data[:5] != b"\x7fELF\x02":
        return []
    header = _EHDR.unpack_from(data)
    shoff, shentsize, shnum = header[6], header[11], header[12]
    if shentsize != _SHDR.size or shoff + shnum * _SHDR.size > len(data):
        return []
    return [_SHDR.unpack_from(data, shoff + i * _SHDR.size) for i in range(shnum)]


def find_dynamic_symbols(path: str, names: Sequence[str]) -> Dict[str, int]:
    """Values of symbols in a file's .dynsym; those that are not there are
    left out."""
    return find_symbols(path, names, (SHT_DYNSYM,))


def find_symbols(
    path: str, names: Sequence[str], kinds=(SHT_SYMTAB, SHT_DYNSYM)
) -> Dict[str, int]:
    """Values of those symbols that a file defines for others, too (STB_GLOBAL and
    the like)."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_FILE)
    except OSError:
        return {}
    sections = _parse_sections(data)
    wanted = {name.encode("utf-8", "surrogateescape"): name for name in names}
    longest = max(map(len, wanted), default=0) + 1
    found: Dict[str, int] = {}
    for section in sections:
        offset, size, link = section[4], section[5], section[6]
        if (
            section[1] not in kinds
            or link >= len(sections)
            or offset + size > len(data)
        ):
            continue
        text_at = sections[link][4]
        for at in range(offset, offset + size - _SYM.size + 1, _SYM.size):
            name_at, info, _, shndx, value, _ = _SYM.unpack_from(data, at)
            if info & 0xF0 == STB_LOCAL:
                continue
            end = data.find(b"\0", text_at + name_at, text_at + name_at + longest)
            name = data[text_at + name_at : end] if end >= 0 else b""
            if shndx != 0 and name in wanted:
                found[wanted[name]] = value
    return found


def remove_weak_aliases(data: bytes) -> bytes:
    """A file without those weak symbols in its .dynsym that have another name."""
    changed = bytearray(data)
    for section in _parse_sections(data):
        offset, size = section[4], section[5]
        if section[1] != SHT_DYNSYM or offset + size > len(data):
            continue
        places = range(offset, offset + size - _SYM.size + 1, _SYM.size)
        symbols = {at: _SYM.unpack_from(data, at) for at in places}
        values = {s[4] for s in symbols.values() if s[1] & 0xF0 == STB_GLOBAL and s[3]}
        for at, (name, info, other, _, value, _) in symbols.items():
            if info & 0xF0 == STB_WEAK and value in values:
                _SYM.pack_into(changed, at, name, info, other, 0, 0, 0)
    return bytes(changed)


def _build_with_symbol(
    machine: int, name: str, info: int, size: int, label: bytes, kind: int,
    flags: int, address: int, data: bytes, data_size: int,
) -> bytes:  # fmt: skip
    """A file with one section, and a symbol at its beginning."""
    label += b"\0"
    names = b"\0" + label + b".symtab\0.strtab\0.shstrtab\0"
    text = b"\0" + name.encode("ascii") + b"\0"
    symtab = bytes(_SYM.size) + _SYM.pack(1, info, 0, 1, address, size)
    at_symtab = _EHDR.size
    at_data = at_symtab + len(symtab)
    at_text = at_data + len(data)
    at_names = at_text + len(text)
    at_sections = (at_names + len(names) + 7) & ~7

    def section(label, kind, flags, addr, offset, size, link, info, entry):
        return _SHDR.pack(
            names.index(label), kind, flags, addr, offset, size, link, info, 1, entry
        )

    header = _EHDR.pack(
        b"\x7fELF\x02\x01\x01".ljust(16, b"\0"),
        ET_EXEC, machine, 1, 0, 0, at_sections, 0,
        _EHDR.size, _PHDR.size, 0, _SHDR.size, 5, 4,
    )  # fmt: skip
    sections = (
        bytes(_SHDR.size)
        + section(label, kind, flags, address, at_data, data_size, 0, 0, 0)
        + section(
            b".symtab\0", SHT_SYMTAB, 0, 0, at_symtab, len(symtab), 3, 1, _SYM.size
        )
        + section(b".strtab\0", SHT_STRTAB, 0, 0, at_text, len(text), 0, 0, 0)
        + section(b".shstrtab\0", SHT_STRTAB, 0, 0, at_names, len(names), 0, 0, 0)
    )  # fmt: skip
    body = header + symtab + data + text + names
    return body.ljust(at_sections, b"\0") + sections


def build_symbol_file(machine: int, name: str, address: int) -> bytes:
    """An ELF file with one function at an address, so that a breakpoint can
    have its name.  (GDB gives a breakpoint at *ADDRESS a location in every
    inferior, sooner or later, and one of a name only where it is.)"""
    return _build_with_symbol(
        machine, name, STB_GLOBAL | STT_FUNC, 1,
        b".text", SHT_NOBITS, SHF_ALLOC | SHF_EXECINSTR, address, b"", 16,
    )  # fmt: skip


def build_pointer_file(machine: int, name: str, data: bytes) -> bytes:
    """An ELF file with a pointer of that name, and what it points to.  Both are
    where no memory can be, in a section that can only be read."""
    pointer = struct.pack("=QQ", NO_MEMORY + 16, 0)
    return _build_with_symbol(
        machine, name, STB_GLOBAL | STT_OBJECT, 8,
        b".rodata", SHT_PROGBITS, SHF_ALLOC, NO_MEMORY, pointer + data,
        len(pointer + data),
    )  # fmt: skip


def build_stand_in(machine: int, r_debug: int, interp: bytes) -> bytes:
    """An ELF file that tells GDB where a task's r_debug is, and nothing else.

    GDB finds the libraries of a process through the .dynamic section of its
    executable, moved by the displacement of the process's entry point.  For a
    task it takes the root's displacement when task and root are the same
    program.  The stand-in is ET_EXEC, which is never moved.  GDB reads the
    value of DT_DEBUG from memory, and from the file where memory can't be
    read: so .dynamic is put where no memory can be.

    With r_debug 0 GDB finds no list of libraries, and with an empty interp it
    does not look for the root's loader instead."""
    names = b"\0.dynamic\0.interp\0.shstrtab\0"
    dynamic = _DYN.pack(DT_DEBUG, r_debug) + _DYN.pack(DT_NULL, 0)
    interp += b"\0"
    at_dynamic = _EHDR.size
    at_interp = at_dynamic + len(dynamic)
    at_names = at_interp + len(interp)
    at_sections = (at_names + len(names) + 7) & ~7

    def section(name, kind, flags, addr, offset, size, entry):
        align = 8 if kind == SHT_DYNAMIC else 1
        return _SHDR.pack(
            names.index(name), kind, flags, addr, offset, size, 0, 0, align, entry
        )

    header = _EHDR.pack(
        b"\x7fELF\x02\x01\x01".ljust(16, b"\0"),
        ET_EXEC, machine, 1, 0, 0, at_sections, 0,
        _EHDR.size, _PHDR.size, 0, _SHDR.size, 4, 3,
    )  # fmt: skip
    sections = (
        bytes(_SHDR.size)
        + section(
            b".dynamic\0", SHT_DYNAMIC, SHF_ALLOC | SHF_WRITE,
            NO_MEMORY, at_dynamic, len(dynamic), _DYN.size,
        )
        + section(b".interp\0", SHT_PROGBITS, 0, 0, at_interp, len(interp), 0)
        + section(b".shstrtab\0", SHT_STRTAB, 0, 0, at_names, len(names), 0)
    )  # fmt: skip
    body = header + dynamic + interp + names
    return body.ljust(at_sections, b"\0") + sections
