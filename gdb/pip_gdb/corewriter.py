# SPDX-License-Identifier: BSD-2-Clause
"""A directory of core files: one for each process of a program, and an index.

Either all of it is there in the end, or nothing: what was begun is removed.
"""

import errno
import os
import time
from typing import Callable, Dict, List, NamedTuple, Optional

from . import coredump, coreindex, format as text, process
from .coredump import Plan
from .coreindex import Index, Item
from .process import ProcessError


class Victim(NamedTuple):
    """Whose core file is to be written."""

    pipid: str
    pid: int
    contents: Optional[coredump.Process]  # None: it can't be
    problem: str


def describe_size(size: int) -> str:
    for unit in ("KiB", "MiB"):
        size /= 1024
        if size < 1000:
            return f"{size:.1f} {unit}"
    return f"{size / 1024:.1f} GiB"


class Directory:
    """Where the files are; what was made there, so that it can be removed."""

    def __init__(self, path: str):
        # In the index and in notes; GDB must find the files wherever it is.
        self.path = os.path.realpath(path)
        self._made = False
        self._files: List[str] = []

    def make(self, least: int) -> None:
        """Raises ProcessError."""
        try:
            os.mkdir(self.path, 0o700)
            self._made = True
        except FileExistsError:
            pass
        except OSError as error:
            raise self.explain(error) from error
        if not os.path.isdir(self.path):
            raise ProcessError(f"'{text.clean(self.path)}' is not a directory")
        if os.path.exists(self.name_file(coreindex.NAME)):
            raise ProcessError(
                f"'{text.clean(self.path)}' has core files already: name another one"
            )
        room = os.statvfs(self.path)
        free = room.f_bavail * room.f_frsize
        if least > free:
            raise ProcessError(
                f"'{text.clean(self.path)}': at least {describe_size(least)} are needed, "
                f"and {describe_size(free)} are free"
            )

    def name_file(self, name: str) -> str:
        return os.path.join(self.path, name)

    def open(self, name: str) -> int:
        """A new file, for writing, that others can't read."""
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        fd = os.open(self.name_file(name), flags, 0o600)
        self._files.append(name)
        return fd

    def rename(self, old: str, new: str) -> None:
        os.rename(self.name_file(old), self.name_file(new))
        self._files.remove(old)
        self._files.append(new)

    def remove(self) -> None:
        for name in self._files:
            try:
                os.unlink(self.name_file(name))
            except OSError:
                pass
        if self._made:
            try:
                os.rmdir(self.path)
            except OSError:
                pass  # somebody else has put something there

    def explain(self, error: OSError) -> ProcessError:
        name = error.filename if error.filename else self.path
        advice = ""
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            advice = " (nothing is left there)"
        elif error.errno == errno.EFBIG:
            advice = " (see 'ulimit -f'; nothing is left there)"
        return ProcessError(f"'{text.clean(str(name))}': {error.strerror}{advice}")


class Written(NamedTuple):
    index: Index
    size: int  # bytes on disk
    unreadable: int  # bytes that are zeros in the core file


def _write_first(
    directory: Directory, name: str, machine: int, victim, plan: Plan, read, tell
):
    """With all memory.  Returns where in the file it is, and what could not be
    read."""
    notes = coredump.make_notes(victim.contents, coredump.make_files(plan.files))
    head, offsets = coredump.make_head(machine, notes, plan.contents, plan.zeros)
    runs = sorted(plan.contents)
    fd = directory.open(name)
    try:
        coredump.write_all(fd, head, 0)
        unreadable = 0
        for run, offset in zip(runs, offsets):
            unreadable += coredump.write_run(fd, run, offset, read, tell)
        # The last pages may be a hole.
        if runs:
            os.ftruncate(fd, offsets[-1] + runs[-1].size)
        return [(run.start, run.end, at) for run, at in zip(runs, offsets)], unreadable
    finally:
        os.close(fd)


def _write_other(directory: Directory, name: str, machine: int, victim, files, zeros):
    notes = coredump.make_notes(victim.contents, files)
    fd = directory.open(name)
    try:
        coredump.write_all(fd, coredump.make_head(machine, notes, [], zeros)[0], 0)
    finally:
        os.close(fd)


def _join_zeros(zeros: List[coredump.Run]) -> List[coredump.Run]:
    joined: List[coredump.Run] = []
    for run in zeros:
        if joined and (joined[-1].end, joined[-1].perms) == (run.start, run.perms):
            run = coredump.Run(joined.pop().start, run.end, run.perms)
        joined.append(run)
    return joined


def _measure(directory: Directory, names) -> int:
    return sum(os.stat(directory.name_file(name)).st_blocks * 512 for name in names)


def write(
    directory: Directory,
    machine: int,
    victims: List[Victim],
    plan: Plan,
    read: Callable[[int, int], bytes],
    facts: Dict[str, str],
    tell: Optional[Callable[[int], None]] = None,
) -> Written:
    """Raises ProcessError; then, and after KeyboardInterrupt, nothing is left."""
    try:
        directory.make(plan.least)
        return _write(directory, machine, victims, plan, read, facts, tell)
    except OSError as error:
        directory.remove()
        raise directory.explain(error) from error
    except BaseException:
        directory.remove()
        raise


def _write(directory, machine, victims, plan, read, facts, tell) -> Written:
    # In thread mode several tasks are of one process.
    names: Dict[int, str] = {}
    memory, files, zeros, unreadable = "", b"", [], 0
    for victim in victims:
        if victim.contents is None or victim.pid in names:
            continue
        name = f"core.{victim.pipid}"
        names[victim.pid] = name
        if memory:
            _write_other(directory, name, machine, victim, files, zeros)
            continue
        memory = name
        places, unreadable = _write_first(
            directory, name, machine, victim, plan, read, tell
        )
        path = os.fsencode(directory.name_file(memory))
        everything = [(start, end, at, path) for start, end, at in places]
        everything = coredump.join_files(sorted(everything + plan.unwritten))
        files, zeros = coredump.make_files(everything), _join_zeros(plan.zeros)
    if not memory:
        raise ProcessError("there is no process of which a core file could be written")
    items = [
        Item(
            v.pipid,
            v.pid,
            [thread.tid for thread in v.contents.threads] if v.contents else [],
            names.get(v.pid, ""),
            next((t.signal for t in v.contents.threads if t.signal), 0)
            if v.contents
            else 0,
            v.problem,
        )
        for v in victims
    ]
    index = Index(directory.path, memory, items)
    document = coreindex.format_index(
        index, time=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **facts
    )
    # All at once: who sees it can use it.
    fd = directory.open(coreindex.NAME + ".part")
    try:
        coredump.write_all(fd, document.encode("ascii"), 0)
    finally:
        os.close(fd)
    directory.rename(coreindex.NAME + ".part", coreindex.NAME)
    size = _measure(directory, list(names.values()) + [coreindex.NAME])
    return Written(index, size, unreadable)


def read_filter(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/coredump_filter", encoding="ascii") as file:
            return int(file.read(), 16)
    except (OSError, ValueError):
        return coredump.DEFAULT_FILTER


def plan_memory(pid: int, read) -> Plan:
    """Of a process's address space.  Raises ProcessError."""
    try:
        lines = process.iterate_lines(pid, "smaps")
        areas = list(coredump.parse_smaps(lines))
    except ProcessError:  # a kernel without
        areas = list(coredump.parse_smaps(process.iterate_maps(pid)))
    try:
        pagemap = os.open(f"/proc/{pid}/pagemap", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        pagemap = -1

    def read_pagemap(offset: int, size: int) -> bytes:
        try:
            return os.pread(pagemap, size, offset) if pagemap >= 0 else b""
        except OSError:
            return b""

    try:
        return coredump.make_plan(areas, read_filter(pid), read_pagemap, read)
    finally:
        if pagemap >= 0:
            os.close(pagemap)
