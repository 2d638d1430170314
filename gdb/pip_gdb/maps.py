# SPDX-License-Identifier: BSD-2-Clause
"""Lines of /proc/PID/maps (proc_pid_maps(5))."""

import re
from typing import Iterable, Iterator, List, NamedTuple, Optional

TABLE_PATH = b"/memfd:pip-task-table"
DELETED = b" (deleted)"

_LINE = re.compile(
    rb"([0-9a-f]+)-([0-9a-f]+) ([-rwxsp]{4}) ([0-9a-f]+)"
    rb" ([0-9a-f]+:[0-9a-f]+) (\d+)(?: +(.*))?$"
)


class Mapping(NamedTuple):
    """One mapping: addresses [start, end), and the file behind it."""

    start: int
    end: int
    perms: str
    offset: int
    device: bytes
    inode: int
    path: bytes  # b"" when anonymous, without " (deleted)"
    deleted: bool

    @property
    def object_id(self):
        """What is mapped, whatever its name is."""
        return (self.device, self.inode)


def parse_line(line: bytes) -> Optional[Mapping]:
    """The mapping that a line describes, None if it describes none."""
    match = _LINE.match(line.rstrip(b"\n"))
    if match is None:
        return None
    start, end, perms, offset, device, inode, path = match.groups()
    path = path or b""
    deleted = path.endswith(DELETED)
    if deleted:
        path = path[: -len(DELETED)]
    # The kernel writes a newline in a name as \012 and nothing else so.
    path = path.replace(b"\\012", b"\n")
    return Mapping(
        int(start, 16),
        int(end, 16),
        perms.decode("ascii"),
        int(offset, 16),
        device,
        int(inode),
        path,
        deleted,
    )


def parse(lines: Iterable[bytes]) -> Iterator[Mapping]:
    """All mappings; lines that are none are left out."""
    for line in lines:
        mapping = parse_line(line)
        if mapping is not None:
            yield mapping


def is_table(mapping: Mapping) -> bool:
    """A task table: the shared mapping of a memfd of that name.

    A program may give a memfd of its own the name, so the contents have to be
    checked as well."""
    return mapping.path == TABLE_PATH and mapping.perms.endswith("s")


def find_tables(lines: Iterable[bytes]) -> List[Mapping]:
    """The task tables of an address space, each once.

    More than one: a process forked from a PiP program that is a root itself
    has its parent's table and its own."""
    tables = []
    for line in lines:
        # Cheap first: a thousand tasks are more than 20,000 lines.
        if TABLE_PATH not in line:
            continue
        mapping = parse_line(line)
        if mapping is None or not is_table(mapping) or mapping.offset != 0:
            continue
        tables.append(mapping)
    return tables
