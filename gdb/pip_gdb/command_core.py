# SPDX-License-Identifier: BSD-2-Clause
"""`pip core`: core files of all processes of a program, and an index."""

import os
from typing import Dict, List

import gdb

from . import attach, breakpoints, command, coredump, corewriter, format as text
from . import inferiors, process, registers, settings, symbols, table, threadmode
from .command import Command
from .corewriter import Victim
from .inferiors import Attachment, Selection
from .process import ProcessError
from .progress import Progress
from .views import NOTHING_ATTACHED

INT3 = b"\xcc"


def _check_stopped(attachment: Attachment) -> None:
    for record in attachment.live_records():
        inferior = inferiors.find_inferior(record.number)
        if any(thread.is_running() for thread in inferior.threads()):
            raise gdb.GdbError(
                f"pip core: {text.task_name(record.task.label)} is running: "
                "'interrupt' stops all"
            )


def _read_process(record) -> coredump.Process:
    """Raises OSError or ProcessError when it has been killed."""
    pid = record.task.pid
    inferior = inferiors.find_inferior(record.number)
    tids = [thread.ptid[1] for thread in inferior.threads()]
    tids.sort(key=lambda tid: tid != pid)
    threads = []
    for tid in tids:
        general = registers.read_set(tid, registers.NT_PRSTATUS)
        number, siginfo = registers.read_signal(tid)
        others = registers.read_others(tid, record.task.machine)
        threads.append(coredump.Thread(tid, general, others, siginfo, number))
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        stat = coredump.parse_stat(file.read())
    with open(f"/proc/{pid}/auxv", "rb") as file:
        auxv = file.read(8192)
    status = process.read_status(pid)
    owner = os.stat(f"/proc/{pid}")
    return coredump.Process(
        pid=pid,
        threads=threads,
        status=stat,
        uid=owner.st_uid,
        gid=owner.st_gid,
        name=status.name.encode("utf-8", "replace"),
        command=b" ".join(record.task.entry.command),
        auxv=auxv,
    )


def _find_victims(attachment: Attachment) -> List[Victim]:
    """All that live, root first; those that can't be written with the reason."""
    records = {r.task.entry.index: r for r in attachment.live_records()}
    program = attachment.program
    known: Dict[int, coredump.Process] = {}
    victims = []
    for entry in program.read_entries():
        if not entry.is_alive:
            continue
        record = records.get(0 if entry.is_thread else entry.index)
        pid = record.task.pid if record else program.translate(entry.pid)
        contents, problem = None, ""
        if record is None:
            problem = program.why_not(entry) or "not attached"
            if problem in ("ended", "gone"):
                continue
        elif pid in known:
            contents = known[pid]
        else:
            try:
                contents = known[pid] = _read_process(record)
            except OSError as error:
                problem = error.strerror or "gone"
            except ProcessError as error:
                problem = str(error)
        victims.append(Victim(entry.label, pid, contents, problem))
    return victims


class _Memory:
    """The program's memory, without GDB's breakpoints: with `set breakpoint
    always-inserted on` they are there when all are stopped, too."""

    def __init__(self, attachment: Attachment):
        self._read = attachment.program.memory.read
        self._original: Dict[int, int] = {}
        places = [a for a in breakpoints.find_places() if self._read(a, 1) == INT3]
        if not places:
            return
        with Selection(), settings.during(settings.WHILE_ATTACHING):
            for record in attachment.live_records():
                symbols.run(f"inferior {record.number}")
                own = breakpoints.find_places(record.number)
                for address in own.intersection(places):
                    data = gdb.selected_inferior().read_memory(address, 1)
                    self._original[address] = bytes(data)[0]

    def read(self, address: int, size: int) -> bytes:
        data = self._read(address, size)
        inside = [a for a in self._original if address <= a < address + len(data)]
        if inside:
            changed = bytearray(data)
            for place in inside:
                changed[place - address] = self._original[place]
            data = bytes(changed)
        return data


def _find_attachment() -> Attachment:
    inferiors.drop_dead_attachments()
    number = gdb.selected_inferior().num
    for attachment in inferiors.attachments:
        if number in attachment.records or len(inferiors.attachments) == 1:
            if attachment.program.is_core:
                raise gdb.GdbError("pip core: this is a core file already")
            return attachment
    if inferiors.attachments:
        raise gdb.GdbError("pip core: of which program? select one of its tasks")
    raise gdb.GdbError(NOTHING_ATTACHED)


def write_cores(attachment: Attachment, path: str, from_tty: bool) -> str:
    """What has been written.  Raises ProcessError or gdb.GdbError."""
    _check_stopped(attachment)
    program = attachment.program
    records = attachment.live_records()
    plan = corewriter.plan_memory(program.live_pid(), program.memory.read)
    victims = _find_victims(attachment)
    progress, done = Progress(from_tty), 0
    total = sum(run.size for run in plan.contents) >> 20

    def tell(size: int) -> None:
        nonlocal done
        done += size
        progress.show("wrote", done >> 20, total, "MiB")

    facts = {
        "program": records[0].task.program,
        "runtime": program.header.runtime,
        "mode": table.MODES.get(program.header.mode, "?"),
    }
    try:
        written = corewriter.write(
            corewriter.Directory(path),
            records[0].task.machine,
            victims,
            plan,
            _Memory(attachment).read,
            facts,
            tell,
        )
    except KeyboardInterrupt as error:
        raise ProcessError("interrupted: nothing has been written") from error
    finally:
        progress.clear()
    return _report(written, path)


def _report(written: corewriter.Written, path: str) -> str:
    items = written.index.items
    cores = {item.core for item in items if item.core}
    name = os.path.join(text.clean(path), corewriter.coreindex.NAME)
    output = (
        f"Wrote {text.count(len(cores), 'core file')} and an index, "
        f"{corewriter.describe_size(written.size)}:\n  {name}\n"
        "'pip-gdb --core' opens the index.\n"
    )
    if written.unreadable:
        output += (
            f"{corewriter.describe_size(written.unreadable)} could not be read; "
            "they are zero there.\n"
        )
    for item in items:
        if item.problem:
            output += (
                f"No core file of {text.task_name(item.pipid)} (process {item.pid}): "
                f"{text.clean(item.problem)}.\n"
            )
    return output


class PipCore(Command):
    """Write core files of all processes of the program, and an index.
Usage: pip core [-p PID] DIRECTORY

DIRECTORY is made when it does not exist.  'pip-gdb --core DIRECTORY' then
shows all tasks as they are now.  The memory, which all share, is in the first
file, so the others are of use only beside it.
-p PID  attach the program of that process for as long as it takes

What of the memory is written is what the kernel would write (core(5))."""

    def __init__(self):
        super().__init__("pip core", gdb.COMMAND_DATA)

    def complete(self, argument, word):
        if argument.startswith("-") and " " not in argument:
            return command.complete_words(("-p",), argument, word)
        return gdb.COMPLETE_FILENAME

    def run(self, argument, from_tty):
        self.dont_repeat()
        words = gdb.string_to_argv(argument)
        pid = ""
        if words[:1] == ["-p"]:
            if len(words) < 2 or not words[1].isdigit() or len(words[1]) > 9:
                raise gdb.GdbError("pip core: -p needs a PID")
            pid = words[1]
            words = words[2:]
        if len(words) != 1 or not words[0] or words[0].startswith("-"):
            raise gdb.GdbError("pip core: which directory?")
        path = os.path.expanduser(words[0])
        if not pid:
            command.write(write_cores(_find_attachment(), path, from_tty))
            return
        if any(True for _ in inferiors.all_records()):
            raise gdb.GdbError("pip core: a program is attached already: omit -p PID")
        attachment = attach.attach(int(pid), quiet=not from_tty)
        try:
            output = write_cores(attachment, path, from_tty)
        finally:
            attach.detach_all(threadmode.forget)
        command.write(output)


def register() -> None:
    PipCore()
