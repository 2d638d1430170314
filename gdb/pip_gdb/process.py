# SPDX-License-Identifier: BSD-2-Clause
"""What /proc knows of a process, and its memory.  Nothing here writes."""

import errno
import os
from typing import Dict, Iterator, List, NamedTuple, Optional

YAMA_SCOPE = "/proc/sys/kernel/yama/ptrace_scope"


class ProcessError(Exception):
    """A process that can't be looked into; the text says which and why."""


class Status(NamedTuple):
    """Of /proc/PID/status (proc_pid_status(5))."""

    name: str
    state: str  # one letter
    tgid: int
    tracer: int  # PID of the tracer, 0: none
    uid: int  # effective
    namespace_pids: List[int]  # from our PID namespace inwards


def parse_status(text: str) -> Status:
    """Fields that are missing get a harmless value."""
    fields: Dict[str, str] = {}
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        if colon:
            fields[key] = value.strip()

    def number(key: str, index: int = 0) -> int:
        try:
            return int(fields.get(key, "").split()[index])
        except (IndexError, ValueError):
            return 0

    inner = [int(n) for n in fields.get("NSpid", "").split() if n.isdigit()]
    return Status(
        name=fields.get("Name", ""),
        state=fields.get("State", "?")[:1],
        tgid=number("Tgid"),
        tracer=number("TracerPid"),
        uid=number("Uid", 1),
        namespace_pids=inner,
    )


def explain(error: OSError, pid: int) -> str:
    """One line: what can't be done, why, and what to do about it."""
    if error.errno in (errno.ENOENT, errno.ESRCH):
        return f"no process {pid}: 'pips' lists PiP programs and their PIDs"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"not permitted to trace process {pid}: {_advise(pid)}"
    return f"process {pid}: {error.strerror}"


def _advise(pid: int) -> str:
    level = read_yama_scope()
    try:
        is_own = os.stat(f"/proc/{pid}").st_uid == os.geteuid()
    except OSError:
        is_own = False
    if level == 3:
        return "kernel.yama.ptrace_scope is 3, until the next boot"
    if level == 0 or os.geteuid() == 0 or not is_own:
        return "run pip-gdb as the user that owns it, or as root"
    start = "start the program by 'pip-gdb --args', " if level == 1 else ""
    return (
        f"kernel.yama.ptrace_scope is {level}: {start}run pip-gdb as root, "
        "or set it to 0"
    )


def read_yama_scope() -> int:
    """Who may trace whom (Documentation/admin-guide/LSM/Yama.rst); 0: that
    module is not there, or lets anybody."""
    try:
        with open(YAMA_SCOPE, encoding="ascii") as scope:
            return int(scope.read())
    except (OSError, ValueError):
        return 0


def read_status(pid: int) -> Status:
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
            return parse_status(file.read())
    except OSError as error:
        raise ProcessError(explain(error, pid)) from error


def iterate_lines(pid: int, name: str) -> Iterator[bytes]:
    """Lines of /proc/PID/NAME, read as far as the caller goes on asking."""
    try:
        # The kernel formats a page at a time however large the buffer is.
        with open(f"/proc/{pid}/{name}", "rb") as file:
            yield from file
    except OSError as error:
        raise ProcessError(explain(error, pid)) from error


def iterate_maps(pid: int) -> Iterator[bytes]:
    return iterate_lines(pid, "maps")


def read_link(pid: int, name: str) -> str:
    """/proc/PID/NAME, "" when it can't be read."""
    try:
        return os.readlink(f"/proc/{pid}/{name}")
    except OSError:
        return ""


def inner_pid(status: Status) -> int:
    """The PID that the process itself knows itself by."""
    return status.namespace_pids[-1] if status.namespace_pids else status.tgid


def outer_pids(pid: int) -> Optional[Dict[int, int]]:
    """PIDs as the process's own namespace counts them -> PIDs as we do.

    None when both are the same, which saves looking at every process."""
    if len(read_status(pid).namespace_pids) <= 1:
        return None
    namespace = read_link(pid, "ns/pid")
    translation = {}
    for name in os.listdir("/proc"):
        if not name.isdigit() or read_link(int(name), "ns/pid") != namespace:
            continue
        try:
            translation[inner_pid(read_status(int(name)))] = int(name)
        except ProcessError:
            pass  # it ended meanwhile
    return translation


class Memory:
    """The memory of a process, read through /proc/PID/mem.

    The kernel's ptrace check guards the open; reading stops nobody."""

    def __init__(self, pid: int):
        self.pid = pid
        try:
            self._fd = os.open(f"/proc/{pid}/mem", os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise ProcessError(explain(error, pid)) from error

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def read(self, address: int, size: int) -> bytes:
        """Exactly size bytes; b"" when they are not all readable."""
        if size <= 0 or address < 0 or address + size > 1 << 63:
            return b""
        data = bytearray()
        while len(data) < size:
            try:
                part = os.pread(self._fd, size - len(data), address + len(data))
            except OSError:
                return b""
            if not part:  # the address space is gone
                return b""
            data += part
        return bytes(data)

    def read_string(self, address: int, limit: int = 4096) -> bytes:
        """Up to the NUL, or limit bytes."""
        text = b""
        while len(text) < limit:
            # Not over the end of the page: the next one may be missing.
            step = min(4096 - (address + len(text)) % 4096, limit - len(text))
            part = self.read(address + len(text), step)
            if not part:
                break
            end = part.find(b"\0")
            if end >= 0:
                return text + part[:end]
            text += part
        return text


def read_children(pid: int) -> List[int]:
    """[] where the kernel does not say (CONFIG_PROC_CHILDREN)."""
    children = []
    try:
        for tid in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{tid}/children", encoding="ascii") as file:
                children += [int(word) for word in file.read().split()]
    except OSError:
        pass
    return children


def find_roots() -> List[int]:
    """PIDs that look like PiP roots: their name starts with R and the letter
    of a mode.  For completion, so a guess will do."""
    roots = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/comm", encoding="utf-8", errors="replace") as file:
                comm = file.read()
        except OSError:
            continue
        if comm[:1] == "R" and comm[1:2] in tuple(":;.|"):
            roots.append(int(name))
    return sorted(roots)
