# SPDX-License-Identifier: BSD-2-Clause
"""The index of a directory of core files: docs/pip-gdb-json.md says what is in it.

It is written last, so where there is one, the core files are complete.
"""

import json
import os
from typing import Dict, List, NamedTuple, Optional, Tuple

from . import corefile, coredump, elf
from .process import ProcessError

FORMAT, VERSION = "pip-core", 1
NAME = "index.json"
MAX_SIZE = 64 << 20
MAX_TASKS = 1 << 20
MAX_CORE = 1 << 30  # of one without memory


class Item(NamedTuple):
    """A root or task."""

    pipid: str  # "root", "0"
    pid: int
    threads: List[int]
    core: str  # file, "" for none
    signal: int
    problem: str  # why there is none


class Index(NamedTuple):
    directory: str  # where the core files were written
    memory: str  # the file that has it
    items: List[Item]


def format_index(index: Index, program: str, runtime: str, mode: str, time: str) -> str:
    document = {
        "format": FORMAT,
        "version": VERSION,
        "time": time,
        "program": program,
        "runtime": runtime,
        "mode": mode,
        "directory": index.directory,
        "memory": index.memory,
        "tasks": [
            {
                "pipid": item.pipid,
                "pid": item.pid,
                "threads": item.threads,
                "core": item.core or None,
                "signal": item.signal or None,
                "problem": item.problem or None,
            }
            for item in index.items
        ],
    }
    return json.dumps(document, indent=1) + "\n"


def is_index(path: str) -> bool:
    """Is it meant to be one, rather than a core file?"""
    if os.path.isdir(path):
        return True
    try:
        with open(path, "rb") as file:
            return file.read(64).lstrip()[:1] == b"{"
    except OSError:
        return False


def _is_name(name) -> bool:
    """A file beside the index, and nowhere else."""
    if not isinstance(name, str) or not name or name.startswith("."):
        return False
    return "/" not in name and all(" " <= c != "\x7f" for c in name)


def _is_number(value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 31


def _parse_item(value) -> Item:
    """Raises KeyError, TypeError or ValueError."""
    label, core, threads = value["pipid"], value["core"], value["threads"]
    if label != "root" and not (label.isascii() and label.isdigit()):
        raise ValueError(f"'{label[:20]}' is no PIPID")
    if core is not None and not _is_name(core):
        raise ValueError(f"pip {label}: its core file is not beside the index")
    if not isinstance(threads, list) or not all(map(_is_number, threads)):
        raise ValueError(f"pip {label}: no list of threads")
    number = value.get("signal") or 0
    if not _is_number(value["pid"]) or not _is_number(number):
        raise ValueError(f"pip {label}: no PID")
    problem = value.get("problem") or ""
    if not isinstance(problem, str):
        raise ValueError(f"pip {label}: no text")
    return Item(label, value["pid"], threads, core or "", number, problem)


def parse_index(text: str) -> Index:
    """Raises ValueError with a message."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is not JSON ({error})") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(f"its format is not {FORMAT}")
    if document.get("version") != VERSION:
        raise ValueError(f"it is not of version {VERSION}")
    tasks = document.get("tasks")
    if not isinstance(tasks, list) or not 0 < len(tasks) <= MAX_TASKS:
        raise ValueError("it has no list of tasks")
    if not _is_name(document.get("memory")):
        raise ValueError("its memory is not in a file beside it")
    if not isinstance(document.get("directory"), str):
        raise ValueError("it does not say where it was written")
    try:
        items = [_parse_item(value) for value in tasks]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("a task has not what it should have") from error
    if len({item.pipid for item in items}) != len(items):
        raise ValueError("it has a task twice")
    return Index(document["directory"], document["memory"], items)


def read_index(path: str) -> Tuple[Index, str]:
    """And the directory that it is in.  Raises ProcessError."""
    if os.path.isdir(path):
        path = os.path.join(path, NAME)
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_SIZE + 1)
    except OSError as error:
        raise ProcessError(f"index {path}: {error.strerror}") from error
    if len(data) > MAX_SIZE:
        raise ProcessError(f"index {path}: it is too large")
    try:
        index = parse_index(data.decode("utf-8"))
    except ValueError as error:
        raise ProcessError(f"index {path}: {error}") from error
    return index, os.path.realpath(os.path.dirname(path) or ".")


# A directory that has been moved.


def move_files(data: bytes, old: bytes, new: bytes) -> bytes:
    """Contents of an NT_FILE note: files of one directory are in another."""
    files = corefile.parse_files(data)
    moved = []
    for start, end, offset, path in files:
        if os.path.dirname(path) == old:
            path = os.path.join(new, os.path.basename(path))
        moved.append((start, end, offset, path))
    return coredump.make_files(moved)


def move_core(data: bytes, old: str, new: str) -> Optional[bytes]:
    """A core file without memory, that names its memory's place as it is now.
    None: it is no such file."""
    if len(data) < corefile.EHDR_SIZE or data[:5] != b"\x7fELF\x02":
        return None
    segments = elf.parse_segments(data[corefile.EHDR_SIZE :][: _headers_size(data)])
    if not segments or segments[0].type != corefile.PT_NOTE:
        return None
    note = segments[0]
    if note.offset + note.filesz > len(data):
        return None
    notes = b""
    for item in corefile.parse_notes(data[note.offset : note.offset + note.filesz]):
        contents = item.data
        if item.type == corefile.NT_FILE:
            contents = move_files(contents, os.fsencode(old), os.fsencode(new))
        notes += coredump.make_note(item.name.decode("latin-1"), item.type, contents)
    zeros = [
        coredump.Run(s.vaddr, s.vaddr + s.memsz, coredump.perms_of(s.flags))
        for s in segments[1:]
        if s.type == elf.PT_LOAD and s.filesz == 0
    ]
    machine = int.from_bytes(data[18:20], "little")
    return coredump.make_head(machine, notes, [], zeros)[0]


def _headers_size(data: bytes) -> int:
    """Of the program headers."""
    count = int.from_bytes(data[56:58], "little")
    if count == corefile.PN_XNUM:
        at = int.from_bytes(data[40:48], "little")
        count = int.from_bytes(data[at + 44 : at + 48], "little")
    return min(count * 56, len(data))


def read_core(path: str) -> bytes:
    """A core file without memory.  Raises ProcessError."""
    try:
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
        with open(os.open(path, flags), "rb") as file:
            return file.read(MAX_CORE)
    except OSError as error:
        raise ProcessError(f"core file {path}: {error.strerror}") from error


def find_cores(index: Index) -> Dict[str, str]:
    """PIPID -> file name."""
    return {item.pipid: item.core for item in index.items if item.core}
