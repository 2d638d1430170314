# SPDX-License-Identifier: BSD-2-Clause
"""A PiP program: finding its task table, and the processes in it."""

import os
import time
from typing import List

from . import maps, process, table
from .process import Memory, ProcessError

# A task that is being loaded is given this long before it is taken as it is.
LOADING_PATIENCE = 0.25
LOADING_STEP = 0.005
# A new process is in the table from its first instruction on, for which it may
# have to wait.
STARTING_PATIENCE = 5


class Program:
    """The PiP program that a process belongs to.

    Raises ProcessError, with one line of text, when it belongs to none."""

    is_core = False

    def __init__(self, pid: int):
        status = process.read_status(pid)
        if status.state in "ZX":
            raise ProcessError(f"process {pid} has ended and waits to be reaped")
        self.asked_pid = status.tgid  # of a thread: its process
        if status.tgid != pid:
            status = process.read_status(status.tgid)
        self._outer = process.outer_pids(self.asked_pid)
        self.memory = Memory(self.asked_pid)
        try:
            self._find_table(status)
        except BaseException:
            self.memory.close()
            raise

    def close(self) -> None:
        self.memory.close()

    # Finding the table.

    def _find_table(self, status: process.Status) -> None:
        pid, own = self.asked_pid, process.inner_pid(status)
        found = maps.find_tables(process.iterate_maps(pid))
        if not found:
            raise ProcessError(
                f"process {pid} ({status.name}) is not a PiP root or task: "
                "'pips' lists them"
            )
        reason, relative = "", None
        for mapping in found:
            try:
                header = table.read_header(
                    self.memory.read, mapping.start, mapping.end - mapping.start
                )
            except table.TableError as error:
                reason = str(error)
                continue
            entries = table.read_entries(self.memory.read, mapping.start, header)
            if own == header.guardian_pid or table.find_pid(entries, own):
                self.mapping, self.header = mapping, header
                self.root_pid = self.translate(header.root_pid)
                return
            relative = self.translate(header.root_pid)
        if relative is not None:
            raise ProcessError(
                f"process {pid} ({status.name}) is no PiP task, it was forked "
                f"from one: use 'gdb -p {pid}', or {relative}, the root's PID"
            )
        raise ProcessError(f"the task table of process {pid} is unusable: {reason}")

    def live_pid(self) -> int:
        """Of a process that has the address space: the one that was asked
        for, the root, or any task."""
        pids = [self.asked_pid, self.root_pid]
        pids += [self.translate(e.pid) for e in self.read_entries() if e.is_alive]
        for pid in pids:
            if pid > 0 and process.read_link(pid, "exe"):
                return pid
        return self.asked_pid

    def translate(self, pid: int) -> int:
        """A PID as the root counts it -> as we do, 0 if we can't see it."""
        return pid if self._outer is None else self._outer.get(pid, 0)

    # Reading it.

    def read_entries(self) -> List[table.Entry]:
        """The table as it is now; [] when everybody is gone."""
        try:
            self.header = table.read_header(
                self.memory.read,
                self.mapping.start,
                self.mapping.end - self.mapping.start,
            )
        except table.TableError:
            return []
        return table.read_entries(self.memory.read, self.mapping.start, self.header)

    def read_mappings(self) -> List[maps.Mapping]:
        """All of the address space, as it is now."""
        return list(maps.parse(process.iterate_maps(self.live_pid())))

    def read_auxv(self) -> bytes:
        """Of the address space, so the root's."""
        try:
            with open(f"/proc/{self.live_pid()}/auxv", "rb") as file:
                return file.read(8192)
        except OSError:
            return b""

    def find_prefix(self) -> str:
        """Of paths in the program's mount namespace, as we see them."""
        pid = self.live_pid()
        theirs = process.read_link(pid, "ns/mnt")
        if not theirs or theirs == process.read_link(os.getpid(), "ns/mnt"):
            return ""
        return f"/proc/{pid}/root"

    def read_first_mappings(self) -> List[maps.Mapping]:
        """Those that begin a file."""
        lines = process.iterate_maps(self.live_pid())
        return list(
            maps.parse(line for line in lines if b" 00000000 " in line and b"/" in line)
        )

    def has_table(self, pid: int) -> bool:
        """Is the same table at the same place in that process?  It is not
        after an execve, nor in a stranger that got a PID again."""
        for line in process.iterate_maps(pid):
            if maps.TABLE_PATH not in line:
                continue
            mapping = maps.parse_line(line)
            if mapping is not None and mapping[:1] == self.mapping[:1]:
                return mapping.object_id == self.mapping.object_id
        return False

    def has_registers(self, _) -> bool:
        return True

    def why_not(self, entry: table.Entry) -> str:
        """Why an entry's process is not one to attach to, "" if it is."""
        if not entry.is_alive:
            return table.STATES[entry.state]
        if entry.mode == table.MODE_THREAD and not entry.is_root:
            return "thread of the root"
        pid = self.translate(entry.pid)
        if pid == 0:
            return "not in this PID namespace"
        try:
            if process.read_status(pid).state in "ZX":
                return "ended"
            if not self.has_table(pid):
                return "another program"
        except ProcessError:
            return "gone"
        return ""

    def wait_until_loaded(self) -> List[table.Entry]:
        """The entries, tasks that are being loaded given a little time."""
        deadline = time.monotonic() + LOADING_PATIENCE
        while True:
            entries = self.read_entries()
            loading = [e for e in entries if e.state == table.STATE_LOADING]
            if not loading or time.monotonic() > deadline:
                return entries
            time.sleep(LOADING_STEP)

    def has_starting(self) -> bool:
        return table.has_starting(self.memory.read, self.mapping.start, self.header)

    def _has_unknown_child(self, entries: List[table.Entry]) -> bool:
        """Tasks are children of the root, whoever spawns them."""
        known = {self.translate(e.pid) for e in entries}
        known.add(self.translate(self.header.guardian_pid))
        for child in process.read_children(self.root_pid):
            if child not in known and self.has_table(child):
                return True
        return False

    def wait_until_started(self) -> List[table.Entry]:
        """The entries, now that who spawns is stopped."""
        deadline = time.monotonic() + STARTING_PATIENCE
        while True:
            entries = self.read_entries()
            if not self.has_starting() or time.monotonic() > deadline:
                return entries
            try:
                if not self._has_unknown_child(entries):
                    return self.read_entries()
            except ProcessError:
                return entries  # the root has ended
            time.sleep(LOADING_STEP)
