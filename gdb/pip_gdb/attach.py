# SPDX-License-Identifier: BSD-2-Clause
"""Attaching the root and all tasks of a program, and detaching them.

For each task: a new inferior, the program as its executable and, at the
task's load bias, as its symbol file; then the attach, in which GDB finds the
task's own libraries through the executable's DT_DEBUG.  The order matters.

- Before the attach, not after: GDB would first believe that the task is the
  root, and leave breakpoints in the root's loader for it.  Two inferiors with
  a breakpoint at one address of the same memory each save what the other has
  put there, and the root dies of a breakpoint that nobody takes out.
- All attaches before any task's libraries: GDB deletes and makes anew its
  internal breakpoints in every libc that it knows, several times per attach
  and once when it reads the libraries of an inferior (libraries.py).
"""

import contextlib
import errno
import os
import resource
from typing import Callable, List, Optional, Set

import gdb

from . import debugregs, detaching, executing, format as text, inferiors, libraries
from . import process, settings, symbols, table, vdso
from .inferiors import Attachment, Record
from .process import ProcessError
from .program import Program
from .progress import Progress
from .survey import Survey

# New tasks that appear while those before are attached: look again this often.
ROUNDS = 16
EXPECTED_WARNINGS = (
    "warning: Unable to find dynamic linker breakpoint function",
    "warning: Could not load shared library symbols for",
)


_is_ours = False  # the `attach` that GDB executes
_is_attaching = False


def is_ours() -> bool:
    return _is_ours


def is_attaching() -> bool:
    """Breakpoints are set anew several times per task: what can wait does."""
    return _is_attaching


def warn(message: str) -> None:
    gdb.write(f"pip-gdb: {message}\n", gdb.STDERR)


def allow_descriptors(tasks: int) -> None:
    """GDB keeps descriptors per inferior; the default limit is 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < 4 * tasks + 256:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (OSError, ValueError):
            pass


class Attaching:
    """One `pip attach`: what it has done so far, so that it can be undone."""

    def __init__(self, program: Program, attachment: Attachment):
        self.program = program
        self.attachment = attachment
        self.prepared: List[Record] = []  # have inferior and symbols
        self.new: List[Record] = []  # are attached
        self.warnings: List[str] = []
        self._hidden_vdso: Optional[vdso.HiddenVdso] = None
        self._refused: Set[int] = set()

    # Inferiors.

    def _add_inferior(self) -> int:
        before = {inferior.num for inferior in gdb.inferiors()}
        symbols.run("add-inferior")
        new = [i.num for i in gdb.inferiors() if i.num not in before]
        return new[0]

    def _take_inferior(self, first: int) -> tuple:
        """An inferior for the root: the first one if it has no process."""
        inferior = inferiors.find_inferior(first)
        if inferior is None or inferior.pid != 0:
            return self._add_inferior(), True
        if inferior.progspace.filename:
            symbols.run(f"inferior {first}")
            symbols.run("file")  # given on the command line: of a task, likely
        return first, False

    # What has to be said.

    def _note(self, message: str) -> None:
        if message not in self.warnings:
            self.warnings.append(message)

    def _note_output(self, output: str) -> None:
        """What GDB warned of during an attach; the same only once."""
        for line in output.splitlines():
            # Expected where the libraries, or the root's loader, are hidden.
            if line.startswith(EXPECTED_WARNINGS):
                continue
            if line.startswith("warning: "):
                self._note(line[len("warning: ") :])

    def _set_symbols(self, record: Record) -> None:
        task = record.task
        try:
            symbols.set_symbols(record.number, task)
        except gdb.error as error:
            self._note(f"{text.task_name(task.label)}: {error}")
        # Who is being loaded gets its symbols later (loading.py).
        if task.problem and task.entry.state != table.STATE_LOADING:
            self._note(
                f"{text.task_name(task.label)}: {text.clean(task.program)}: "
                f"{task.problem}"
            )

    # Attaching.

    def _change_vdso(self, record: Record):
        """The root's is GDB's own matter."""
        if record.task.is_root or self._hidden_vdso is None:
            return contextlib.nullcontext()
        return self._hidden_vdso.attaching(record)

    def _attach_one(self, record: Record) -> None:
        """Raises gdb.error."""
        symbols.run(f"inferior {record.number}")
        if gdb.selected_inferior().num != record.number or gdb.selected_inferior().pid:
            # `attach` would kill what the inferior has.
            raise gdb.error(f"inferior {record.number} is in use")
        global _is_ours  # pylint: disable=global-statement
        _is_ours = True
        try:
            with self._change_vdso(record):
                self._note_output(symbols.run(f"attach {record.task.pid}"))
        except gdb.error as error:
            if os.strerror(errno.EPERM) not in str(error):
                raise
            # Some of a program's processes may be open to us, others not.
            refused = OSError(errno.EPERM, os.strerror(errno.EPERM))
            raise gdb.error(process.explain(refused, record.task.pid)) from error
        finally:
            _is_ours = False
        for thread in gdb.selected_inferior().threads():
            debugregs.clear_status(thread.ptid[1])
        self.attachment.records[record.number] = record
        self.new.append(record)

    def attach_root(
        self, first: int, survey: Survey, entries: List[table.Entry]
    ) -> None:
        """The root, if it lives and is not attached yet."""
        for entry in entries:
            pid = self.program.translate(entry.pid)
            if not entry.is_root or pid in self._known_pids():
                continue
            if self.program.why_not(entry):
                return
            number, added = self._take_inferior(first)
            record = Record(number, survey.look_at(entry), added)
            try:
                self._attach_one(record)
            except gdb.error:
                remove(record)
                raise

    def _known_pids(self) -> Set[int]:
        return {record.task.pid for record in self.attachment.live_records()}

    def is_incomplete(self, entries: List[table.Entry]) -> bool:
        """Is there somebody who could be attached, and is not?"""
        known = self._known_pids() | self._refused
        return any(
            self.program.translate(entry.pid) not in known
            and not self.program.why_not(entry)
            for entry in entries
        )

    def prepare(self, survey: Survey, entries: List[table.Entry]) -> List[Record]:
        """Inferiors with symbols for the tasks that are not attached yet."""
        prepared = []
        # A table that names a process twice does not get it attached twice.
        known = self._known_pids() | self._refused | {self.program.root_pid}
        for entry in entries:
            pid = self.program.translate(entry.pid)
            if entry.is_root or pid in known or self.program.why_not(entry):
                continue
            known.add(pid)
            task = survey.look_at(entry)
            record = Record(self._add_inferior(), task, True)
            self.prepared.append(record)
            prepared.append(record)
            self._set_symbols(record)
        return prepared

    def attach_tasks(self, prepared: List[Record], progress: Progress) -> None:
        """Those that end meanwhile are left out."""
        if not prepared:
            return
        attached = []
        self._hidden_vdso = vdso.HiddenVdso(self.program, len(prepared))
        hiding = libraries.HiddenLibraries(
            self.program,
            prepared,
            is_first=not inferiors.attachments,
            hidden_vdso=self._hidden_vdso,
        )
        with hiding as hidden:
            for done, record in enumerate(prepared):
                progress.show("attached", done, len(prepared))
                if self._attach_or_drop(record):
                    attached.append(record)
            for done, (record, output) in enumerate(hidden.show_all(attached), 1):
                progress.show("read libraries of", done, len(attached))
                self._note_output(output)

    def _attach_or_drop(self, record: Record) -> bool:
        try:
            self._attach_one(record)
            return True
        except gdb.error as error:
            remove(record)
            if not self.program.why_not(record.task.entry):
                self._refused.add(record.task.pid)
                self._note(
                    f"{text.task_name(record.task.label)} (process "
                    f"{record.task.pid}) is not attached: {error}"
                )
            return False

    def undo(self) -> None:
        for record in self.new:
            _detach_one(record)
            self.attachment.records.pop(record.number, None)
        for record in self.prepared:
            remove(record)


def _check_untraced(program: Program, entries: List[table.Entry]) -> None:
    """Nobody can have two debuggers, and half a program is worse than none."""
    for entry in entries:
        if program.why_not(entry):
            continue
        pid = program.translate(entry.pid)
        tracer = process.read_status(pid).tracer
        if tracer == 0:
            continue
        name = f"process {pid} ({text.task_name(entry.label)})"
        if tracer == os.getpid():
            raise ProcessError(f"{name} is an inferior already: detach it first")
        tracer_name = process.read_status(tracer).name
        raise ProcessError(
            f"{name} is already traced by process {tracer} "
            f"({text.clean(tracer_name)}): end that first"
        )


def _attach_all(work: Attaching, entries: List[table.Entry], quiet: bool) -> None:
    progress = Progress(not quiet)
    first = gdb.selected_inferior().num
    try:
        for _ in range(ROUNDS):
            survey = Survey(work.program)
            prepared = work.prepare(survey, entries)
            work.attach_root(first, survey, entries)
            work.attach_tasks(prepared, progress)
            # The root is stopped now; tasks that ran on may have spawned.
            entries = work.program.wait_until_started()
            if not work.is_incomplete(entries):
                break
    finally:
        progress.clear()


def attach(pid: int, quiet: bool) -> Attachment:
    """Attach all of the program that a process belongs to, or what of it is
    not attached yet.  Raises ProcessError when that can't be done, and then
    nothing is attached that was not before."""
    program = Program(pid)
    inferiors.drop_dead_attachments()
    attachment = inferiors.find_attachment(program)
    fresh = attachment is None
    if attachment is None:
        attachment = Attachment(program)
    work = Attaching(attachment.program, attachment)
    global _is_attaching  # pylint: disable=global-statement
    _is_attaching = True
    try:
        entries = work.program.wait_until_loaded()
        if fresh:
            _check_untraced(program, entries)
        allow_descriptors(len(entries))
        with settings.during(settings.WHILE_ATTACHING):
            _attach_all(work, entries, quiet)
    except (gdb.error, ProcessError, KeyboardInterrupt) as error:
        with settings.during(settings.WHILE_ATTACHING):
            work.undo()
        program.close()
        if isinstance(error, KeyboardInterrupt):
            raise ProcessError("interrupted: everything is detached again") from error
        if isinstance(error, gdb.error):
            raise ProcessError(f"process {pid}: {error}") from error
        raise
    finally:
        _is_attaching = False
    if not fresh:
        program.close()
    elif attachment.records:
        inferiors.attachments.append(attachment)
    for warning in work.warnings:
        warn(warning)
    if not attachment.live_records():
        raise ProcessError(f"process {pid}: all of the program has ended")
    settings.begin_attached()
    inferiors.install()
    return attachment


def select(attachment: Attachment, pid: int) -> Optional[Record]:
    """Make the process of that PID the selected inferior, or the first; of a
    thread's ID, the one that it is a thread of, and that thread."""
    records = attachment.live_records()
    try:
        tgid = process.read_status(pid).tgid
    except ProcessError:
        tgid = pid  # it has ended meanwhile
    chosen = [record for record in records if record.task.pid == tgid] or records
    if not chosen:
        return None
    with settings.quietly():
        symbols.run(f"inferior {chosen[0].number}")
        for thread in gdb.selected_inferior().threads():
            if pid != tgid and thread.ptid[1] == pid:
                thread.switch()
    return chosen[0]


def remove(record: Record) -> None:
    """An inferior that was added for a task, once it has no process."""
    inferior = inferiors.find_inferior(record.number)
    if not record.added or inferior is None or inferior.pid != 0:
        return
    others = [i.num for i in gdb.inferiors() if i.num != record.number]
    if not others:
        return  # GDB keeps the last one
    if gdb.selected_inferior().num == record.number:
        symbols.run(f"inferior {others[0]}")
    symbols.run(f"remove-inferiors {record.number}")


def remove_ended() -> None:
    """Inferiors of tasks that have ended: not the selected one."""
    executing.let_go()
    selected = gdb.selected_inferior().num
    for attachment in inferiors.attachments:
        live = {record.number for record in attachment.live_records()}
        for record in list(attachment.records.values()):
            if record.number in live or record.number == selected:
                continue
            del attachment.records[record.number]
            with settings.quietly():
                remove(record)


def _detach_one(record: Record, has_added: bool = False) -> None:
    """has_added: symbols of others were added to its own."""
    try:
        with detaching.Detaching():
            symbols.run(f"detach inferiors {record.number}")
    except gdb.error:
        pass  # it ended meanwhile
    if has_added:
        # Not before: nobody must be at a place in them.
        symbols.run(f"inferior {record.number}")
        symbols.run("symbol-file")
    remove(record)


def _detach_unknown(attachment: Attachment) -> None:
    """New tasks that have not run since they were spawned: GDB has inferiors of
    them, of which nothing is known yet."""
    known = {record.task.pid for record in attachment.live_records()}
    for inferior in gdb.inferiors():
        if inferior.pid <= 0 or inferior.pid in known:
            continue
        if attachment.program.has_table(inferior.pid):
            task = next(iter(attachment.records.values())).task
            _detach_one(Record(inferior.num, task, True))


def detach_all(has_added: Callable[[Attachment], bool]) -> int:
    """All inferiors of all programs; how many there were.  has_added: are there
    symbols of others in the root's inferior?"""
    detached = 0
    with settings.during(settings.WHILE_ATTACHING):
        for attachment in inferiors.attachments:
            added = has_added(attachment)
            _detach_unknown(attachment)
            # Tasks first: the root is the inferior that stays.
            for record in reversed(attachment.live_records()):
                _detach_one(record, added and record.task.is_root)
                detached += 1
            attachment.program.close()
    inferiors.attachments.clear()
    settings.end_attached()
    vdso.leave_search_path()
    return detached
