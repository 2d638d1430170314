# SPDX-License-Identifier: BSD-2-Clause
"""The shared task table: a reader of include/pip/pip_table.h.

The program that owns the table can write what it likes into it, so no number
is taken on trust: sizes are checked against the mapping, every text is cut at
its field's end, and what is out of range is left out.  tests/table-offsets.c
prints the layout of the C header, and a test compares it with this one.
"""

import struct
from typing import Callable, Dict, Iterable, List, NamedTuple, Optional, Tuple

MAGIC = b"PiPTABLE"
BYTE_ORDER = 0x01020304
VERSION_MAJOR = 1
HEADER_SIZE = 256
ENTRY_SIZE = 1024

STATE_FREE, STATE_LOADING, STATE_RUNNING, STATE_ENDED = range(4)
STATES = ("free", "loading", "running", "ended")
MODE_THREAD = 4
MODES = {1: "process", 2: "process", 3: "process", 4: "thread"}

BLT_COUPLED, BLT_DECOUPLED, BLT_READY, BLT_SUSPENDED, BLT_DEAD = range(5)
BLT_STATES = ("coupled", "decoupled", "ready", "suspended", "dead")
IDLE_NOT, IDLE_SPINNING, IDLE_ASLEEP = range(3)

FLAG_ROOT = 0x1
FLAG_OUTSIDE = 0x2
FLAG_TRUNCATED = 0x4
FLAG_UNPLACED = 0x8

PIPID_ROOT = -748

# Field -> (offset, struct format).  Texts are "Ns"; only what is read here.
HEADER_FIELDS: Dict[str, Tuple[int, str]] = {
    "magic": (0, "8s"),
    "byte_order": (8, "I"),
    "version_major": (12, "H"),
    "version_minor": (14, "H"),
    "header_size": (16, "I"),
    "entry_size": (20, "I"),
    "nentries": (24, "I"),
    "nused": (28, "I"),
    "table_size": (32, "Q"),
    "table_address": (40, "Q"),
    "root_pid": (48, "i"),
    "mode": (52, "I"),
    "window_base": (56, "Q"),
    "window_size": (64, "Q"),
    "runtime": (96, "32s"),
    "guardian_pid": (136, "i"),
}

ENTRY_FIELDS: Dict[str, Tuple[int, str]] = {
    "seq": (0, "I"),
    "state": (4, "I"),
    "generation": (8, "Q"),
    "pipid": (16, "i"),
    "pid": (20, "i"),
    "tid": (24, "i"),
    "mode": (28, "I"),
    "flags": (48, "I"),
    "wait_status": (52, "i"),
    "load_bias": (64, "Q"),
    "loader_base": (72, "Q"),
    "r_debug": (80, "Q"),
    "stack_low": (88, "Q"),
    "stack_high": (96, "Q"),
    "fs_base": (104, "Q"),
    "window_low": (136, "Q"),
    "window_high": (144, "Q"),
    "blt_state": (320, "I"),
    "blt_kthread": (324, "i"),
    "blt_waits_on": (328, "Q"),
    "blt_sp": (336, "Q"),
    "blt_pc": (344, "Q"),
    "blt_fs": (352, "Q"),
    "blt_domain": (360, "i"),
    "blt_idle": (172, "I"),
    "program": (384, "320s"),
    "command": (704, "256s"),
    "func": (960, "64s"),
}

# Tries for an entry whose writer is at work.  One that was killed while it
# wrote leaves the entry odd for good, so there has to be an end.
SEQ_TRIES = 64

Reader = Callable[[int, int], bytes]  # address, size -> bytes, b"" on failure


class TableError(Exception):
    """What was found is no table that this reader understands."""


def _compile(fields):
    """One struct for all fields, in the byte order of the machine."""
    layout, at = "=", 0
    for offset, form in sorted(fields.values()):
        assert offset >= at
        layout += f"{offset - at}x{form}"
        at = offset + struct.calcsize("=" + form)
    names = [name for name, _ in sorted(fields.items(), key=lambda f: f[1][0])]
    return struct.Struct(layout), names


_HEADER_STRUCT, _HEADER_NAMES = _compile(HEADER_FIELDS)
_ENTRY_STRUCT, _ENTRY_NAMES = _compile(ENTRY_FIELDS)


class Header(NamedTuple):
    """Checked: nused <= nentries, and all entries lie in the mapping."""

    nentries: int
    nused: int
    root_pid: int
    mode: int
    window_base: int
    window_size: int
    guardian_pid: int
    runtime: str


class Entry(NamedTuple):
    """One use of a slot; entry 0 is the root."""

    index: int
    state: int
    generation: int
    pipid: int
    pid: int
    tid: int
    mode: int
    flags: int
    wait_status: int
    load_bias: int
    loader_base: int
    r_debug: int
    stack_low: int
    stack_high: int
    fs_base: int
    window_low: int
    window_high: int
    blt_state: int
    blt_kthread: int  # TID of the kernel thread that runs the context
    blt_waits_on: int
    blt_sp: int
    blt_pc: int
    blt_fs: int
    blt_domain: int
    blt_idle: int
    program: bytes
    command: List[bytes]
    func: str

    @property
    def is_root(self) -> bool:
        return self.index == 0

    @property
    def is_alive(self) -> bool:
        """As far as the table knows: it may have died unnoticed."""
        return self.state in (STATE_LOADING, STATE_RUNNING)

    @property
    def label(self) -> str:
        return "root" if self.is_root else str(self.index - 1)

    @property
    def is_thread(self) -> bool:
        """A thread of the root's process, not one of its own."""
        return self.mode == MODE_THREAD and not self.is_root

    @property
    def blt_name(self) -> str:
        """"" for a context on its own kernel thread."""
        if BLT_COUPLED < self.blt_state < len(BLT_STATES):
            return BLT_STATES[self.blt_state]
        return ""

    @property
    def has_saved_context(self) -> bool:
        return self.blt_state in (BLT_READY, BLT_SUSPENDED, BLT_DEAD)


_COPIED = (
    "r_debug", "stack_low", "stack_high", "fs_base", "window_low", "window_high",
    "blt_state", "blt_kthread", "blt_waits_on", "blt_sp", "blt_pc", "blt_fs",
    "blt_domain", "blt_idle",
)  # fmt: skip


def _text(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def parse_header(data: bytes, mapping_size: int) -> Header:
    """Raises TableError with a reason."""
    if len(data) < HEADER_SIZE:
        raise TableError("it is shorter than a table's header")
    values = dict(zip(_HEADER_NAMES, _HEADER_STRUCT.unpack_from(data)))
    if values["magic"] != MAGIC:
        raise TableError("it does not start with the magic of a task table")
    if values["byte_order"] != BYTE_ORDER:
        raise TableError("it was written with another byte order")
    if values["version_major"] != VERSION_MAJOR:
        raise TableError(
            f"its version is {values['version_major']}.{values['version_minor']}"
            f", this pip-gdb reads {VERSION_MAJOR}.x"
        )
    if (values["header_size"], values["entry_size"]) != (HEADER_SIZE, ENTRY_SIZE):
        raise TableError(
            f"its header has {values['header_size']} bytes and an entry"
            f" {values['entry_size']}, not {HEADER_SIZE} and {ENTRY_SIZE}"
        )
    room = (mapping_size - HEADER_SIZE) // ENTRY_SIZE
    if not 1 <= values["nentries"] <= room:
        raise TableError(
            f"it claims {values['nentries']} entries and has room for {room}"
        )
    return Header(
        nentries=values["nentries"],
        nused=min(values["nused"], values["nentries"]),
        root_pid=values["root_pid"],
        mode=values["mode"],
        window_base=values["window_base"],
        window_size=values["window_size"],
        guardian_pid=values["guardian_pid"],
        runtime=_text(values["runtime"]).decode("ascii", "replace"),
    )


def parse_entry(data: bytes, index: int) -> Optional[Entry]:
    """None if the slot is free or makes no sense."""
    if len(data) < ENTRY_SIZE:
        return None
    values = dict(zip(_ENTRY_NAMES, _ENTRY_STRUCT.unpack_from(data)))
    if not STATE_LOADING <= values["state"] <= STATE_ENDED or values["pid"] <= 0:
        return None
    if values["pipid"] != (index - 1 if index > 0 else PIPID_ROOT):
        return None
    arguments = values["command"].rstrip(b"\0")
    command = arguments.split(b"\0") if arguments else []
    return Entry(
        index=index,
        state=values["state"],
        generation=values["generation"],
        pipid=values["pipid"],
        pid=values["pid"],
        tid=values["tid"],
        mode=values["mode"],
        flags=values["flags"],
        wait_status=values["wait_status"],
        load_bias=values["load_bias"],
        loader_base=values["loader_base"],
        **{name: values[name] for name in _COPIED},
        program=_text(values["program"]),
        command=command,
        func=_text(values["func"]).decode("utf-8", "backslashreplace"),
    )


def _sequence(data: bytes, at: int = 0) -> int:
    return struct.unpack_from("=I", data, at)[0]


def _read_entry(read: Reader, address: int, index: int) -> Optional[Entry]:
    """One entry by itself, as often as its writer makes it necessary."""
    data = b""
    for _ in range(SEQ_TRIES):
        data = read(address, ENTRY_SIZE)
        after = read(address, 4)
        if len(data) < ENTRY_SIZE or len(after) < 4:
            return None
        if _sequence(data) % 2 == 0 and _sequence(data) == _sequence(after):
            break
    # Its writer died in the middle: identity and addresses are written before
    # the state is, and each is an aligned word; better than no task at all.
    return parse_entry(data, index)


def read_header(read: Reader, address: int, mapping_size: int) -> Header:
    return parse_header(read(address, HEADER_SIZE), mapping_size)


def read_entries(read: Reader, address: int, header: Header) -> List[Entry]:
    """The used entries, root first, by PIPID."""
    start = address + HEADER_SIZE
    size = header.nused * ENTRY_SIZE
    first = read(start, size)
    # What was even and is still the same was not written in between.
    second = read(start, size)
    entries = []
    for index in range(header.nused):
        at = index * ENTRY_SIZE
        if len(first) < size or len(second) < size:
            entry = _read_entry(read, start + at, index)
        elif _sequence(first, at) % 2 or _sequence(first, at) != _sequence(second, at):
            entry = _read_entry(read, start + at, index)
        else:
            entry = parse_entry(first[at : at + ENTRY_SIZE], index)
        if entry is not None:
            entries.append(entry)
    return entries


def has_starting(read: Reader, address: int, header: Header) -> bool:
    """Is there a task that is said to come, and no process of it yet?"""
    state, pid = ENTRY_FIELDS["state"][0], ENTRY_FIELDS["pid"][0]
    data = read(address + HEADER_SIZE, header.nused * ENTRY_SIZE)
    return any(
        struct.unpack_from("=I", data, at + state)[0] == STATE_LOADING
        and struct.unpack_from("=i", data, at + pid)[0] == 0
        for at in range(0, len(data), ENTRY_SIZE)
    )


def find_pid(entries: Iterable[Entry], pid: int) -> Optional[Entry]:
    """The living entry of a process."""
    for entry in entries:
        if entry.is_alive and entry.pid == pid:
            return entry
    return None
