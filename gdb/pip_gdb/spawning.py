# SPDX-License-Identifier: BSD-2-Clause
"""New tasks become inferiors by themselves, from their first instruction.

The kernel tells a tracer of a spawn as of a fork.  With `detach-on-fork off`
GDB makes the new process an inferior that is a copy of its spawner's: with the
spawner's symbols, and with the spawner's breakpoints, in memory that both
share.  So all of it is replaced before the task does anything of its own.

Internal breakpoints, none of which ever stops: their stop() methods do the
work and say that the program goes on.

arch_clone, arch_clone3   in libpip, in the spawner: what its thread forks next
                          is a task.  Other processes that a program forks are
                          let go as always: catchpoints, with a condition that
                          is never true, tell GDB at each fork which it is.
arch_start                in libpip, in the task: its first act, a jump to its
                          loader.  It gets a symbol file with one name,
pip_task_is_loaded        its loader's _dl_debug_state(): when the list of
                          libraries is complete, and before any of their code
                          runs, it gets its own symbols; breakpoints that were
                          set by name are set in it then (loading.py).

The second is in code that spawner and task share, so it is a hardware
breakpoint: the task could not get past an int3 there.  It exists during a spawn
only, and is taken out before GDB forgets the libraries: debug registers of
breakpoints in libraries that are gone stay in use (GDB 13:
disable_breakpoints_in_unloaded_shlib() in breakpoint.c).

Tasks that are not wanted (auto-attach off) GDB lets go at the fork, as any child;
it does so when they have left their spawner's code (leaving.py).
"""

import os
import re
import signal
from typing import Dict, List, Optional

import gdb

from . import attach, breakpoints, debugregs, executing, following, inferiors
from . import interrupts, leaving, loading, settings, symbols, table, threadmode
from .inferiors import Attachment, Record
from .process import ProcessError
from .program import Program
from .survey import Survey

LOADED = threadmode.LOADED
LIBRARY = "libpip.so"
INT3 = breakpoints.INT3
CLONE_VFORK, CLONE_THREAD = 0x4000, 0x10000  # sched.h

# Between the two breakpoints in libpip.
DURING_SPAWN = {
    "detach-on-fork": "off",
    "follow-fork-mode": "parent",
    "print symbol-loading": "off",
    "print inferior-events": "off",
    "print thread-events": "off",
    "auto-solib-add": "off",  # of the copy, which is replaced at once
}

# Of a task that is not wanted.
LETTING_PASS = {"detach-on-fork": "on", "follow-fork-mode": "parent"}

CATCHPOINTS = (
    ("fork", "$_pip_spawns()"),
    ("vfork", "$_pip_vforks()"),
    ("exec", "$_pip_executes()"),
)

_before: Dict[str, str] = {}  # of DURING_SPAWN, during a spawn
_starting: List["_Hook"] = []  # at arch_start(), during a spawn
_spawners: Dict[tuple, "_Hook"] = {}  # threads that are about to spawn
_followed: List["_Hook"] = []  # of tasks that are inferiors, but not there yet
_catchpoints: Dict[str, int] = {}
_catchers: Dict[str, int] = {}  # the inferiors that were selected then
_wanted = True
_hooks: list = []


def _make_safe(work):
    """It is done, and GDB goes on."""

    def safe_work() -> None:
        try:
            work()
        except (gdb.error, ProcessError) as error:
            attach.warn(f"a new task: {error}")

    return interrupts.hold_during(safe_work)


class _Hook(gdb.Breakpoint):
    """An internal breakpoint that does something and lets the program go on."""

    def __init__(self, location: str, work, kind=gdb.BP_BREAKPOINT):
        super().__init__(location, type=kind, internal=True)
        self.silent = True
        self.stop = _make_safe(work)


def _read_clone_flags() -> int:
    """In arch_clone() or arch_clone3(), up to the end of the system call; 0: this
    is elsewhere, or what is made is no task."""
    frame = gdb.newest_frame()
    if frame.name() not in ("arch_clone", "arch_clone3"):
        return 0
    flags = int(frame.read_register("rdi"))
    if frame.name() == "arch_clone3":  # they are the first word of the arguments
        arguments = bytes(gdb.selected_inferior().read_memory(flags, 8))
        return int.from_bytes(arguments, "little")
    # The guardian and the like are no tasks: nobody waits for them.
    if flags & CLONE_THREAD == 0:
        if flags & 0xFF != signal.SIGCHLD or flags & CLONE_VFORK:
            return 0
    return flags


def _begin_spawn() -> None:
    """In the spawner, at arch_clone() or arch_clone3()."""
    flags = _read_clone_flags()
    if flags & CLONE_THREAD:
        if not any(hook.location.endswith("arch_start") for hook in _hooks):
            _hooks.append(_Hook("-qualified -function arch_start", _begin_thread))
    elif flags:
        _catch_forks()
        if _wanted:
            _wait_for_start()


def _wait_for_start() -> None:
    """What the selected thread forks next is a task."""
    thread = gdb.selected_thread()
    for record in inferiors.all_records():
        if record.number == gdb.selected_inferior().num and not record.task.is_root:
            with settings.during(settings.WHILE_ATTACHING):
                symbols.keep_from_children(record.task)
    # Now that none of them is where it would be deleted.
    for hook in [hook for hook in _starting if not hook.enabled]:
        hook.delete()
        _starting.remove(hook)
    address = int(gdb.parse_and_eval("(long)&arch_start"))
    _starting.append(
        _Hook(f"*{address:#x}", _begin_task, gdb.BP_HARDWARE_BREAKPOINT)
    )
    _spawners[thread.ptid] = _starting[-1]


def _catch_forks() -> None:
    """Deleted by the user, they are made again."""
    for kind, function in CATCHPOINTS:
        number = _catchpoints.get(kind)
        if number is not None:
            known = gdb.execute(f"info breakpoints {number}", to_string=True)
            if function in known:
                gdb.execute(f"enable {number}", to_string=True)
                continue
        output = gdb.execute(f"catch {kind}", to_string=True)
        match = re.match(r"Catchpoint (\d+)", output)
        if match is not None:
            _catchers[kind] = gdb.selected_inferior().num
            number = int(match.group(1))
            _catchpoints[kind] = number
            # Given with `catch fork if`, GDB 13 does not look at it.
            gdb.execute(f"condition {number} {function}", to_string=True)


def _delete_catchpoints() -> None:
    for number in _catchpoints.values():
        try:
            gdb.execute(f"delete {number}", to_string=True)
        except gdb.error:
            pass  # the user has deleted it
    _catchpoints.clear()
    _catchers.clear()


def _note_deleted(event) -> None:
    """GDB takes the catchpoints' locations away with the inferior that they were
    made in; without one they catch nothing."""
    if event.inferior.num not in _catchers.values():
        return
    _delete_catchpoints()
    keep_catchpoints()


def keep_catchpoints() -> None:
    """After the user has deleted or disabled all: somebody may be at a spawn,
    and GDB would let the task go, with breakpoints of its spawner's taken out of
    the memory that both have."""
    if any(hook.is_valid() for hook in _spawners.values()):
        _catch_forks()


def _put_back() -> None:
    """At a fork GDB takes the spawner's breakpoints out of the new process's
    memory (handle_inferior_event() in infrun.c), which is the spawner's as well.
    What the new inferior has a copy of gets there again with it; a task's own is
    kept from it."""
    if symbols.is_kept():
        breakpoints.put_back(gdb.selected_inferior().num)


def _let_pass() -> None:
    """The task that the selected thread has spawned is not wanted.  GDB has taken
    the spawner's breakpoints out of the memory that both have.  They must be
    back as soon as the task has left the spawner's code, and not before: who is
    not traced dies of a breakpoint."""
    for name, value in settings.apply(LETTING_PASS).items():
        _before.setdefault(name, value)
    child = leaving.find_child(gdb.selected_thread().ptid[1])
    address = int(gdb.parse_and_eval("(long)&arch_start"))
    try:
        if child > 0 and leaving.run_to(child, address):
            breakpoints.put_back(gdb.selected_inferior().num)
            return
    except OSError:
        pass  # it has been killed
    attach.warn(
        f"process {child}, a new task, is let go in code of its spawner's: breakpoints\n"
        "of the spawner's are out of memory until the program stops"
    )


class _Spawns(gdb.Function):
    """What GDB asks at every fork, before it follows it or not: is it a task?
Always 0, so that nobody stops."""

    def __init__(self):
        super().__init__("_pip_spawns")
        self.invoke = _make_safe(_follow)


class _Vforks(gdb.Function):
    """The same at a vfork, of which a task never comes."""

    def __init__(self):
        super().__init__("_pip_vforks")
        self.invoke = _make_safe(_restore_following)


def _follow() -> None:
    """The selected thread has forked."""
    thread = gdb.selected_thread()
    if thread is None:
        return
    if thread.ptid not in _spawners and _read_clone_flags():
        if not _wanted:
            _let_pass()
            return
        # GDB may have lost the breakpoint before.
        _wait_for_start()
    hook = _spawners.pop(thread.ptid, None)
    if hook is None:
        _restore_following()
        following.begin(_Hook)
        return
    _put_back()
    _followed.append(hook)
    for name, value in settings.apply(DURING_SPAWN).items():
        _before.setdefault(name, value)


def _restore_following() -> None:
    """What the user says of processes that are no tasks."""
    settings.apply({n: _before.pop(n) for n in LETTING_PASS if n in _before})


def _end_spawn() -> None:
    while _followed:
        hook = _followed.pop()
        if hook.is_valid():
            hook.enabled = False
    settings.apply(_before)
    _before.clear()


def _find_attachment(pid: int) -> Attachment:
    """That of a process's program; made when pip-gdb has started it."""
    for attachment in inferiors.attachments:
        if attachment.live_records() and attachment.program.has_table(pid):
            return attachment
    program = Program(pid)
    attachment = Attachment(program)
    survey = Survey(program)
    for entry in program.read_entries():
        if entry.is_root:
            for inferior in gdb.inferiors():
                if inferior.pid == program.translate(entry.pid):
                    attachment.records[inferior.num] = Record(
                        inferior.num, survey.look_at(entry), False
                    )
    inferiors.attachments.append(attachment)
    inferiors.install()
    return attachment


def _find_entry(program: Program, pid: int) -> Optional[table.Entry]:
    for entry in program.read_entries():
        if entry.is_alive and not entry.is_root:
            # The spawner writes the PID too, but perhaps later.
            if program.translate(entry.pid) == pid:
                return entry
    # The task's own memory is that of the slot which is being loaded.
    sp = int(gdb.newest_frame().read_register("rdi")) & (1 << 64) - 1
    for entry in program.read_entries():
        if entry.is_alive and entry.stack_low <= sp < entry.stack_high:
            return entry
    return None


class _SharedMemory:
    """with _SharedMemory(pid): breakpoints that disappear from the selected
    inferior stay in memory where they are the spawner's too."""

    def __init__(self, pid: int):
        self._path = f"/proc/{pid}/mem"
        self._there = []

    def __enter__(self):
        self._fd = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        try:
            for address in breakpoints.find_places(gdb.selected_inferior().num):
                if self._read(address) == INT3:
                    self._there.append(address)
        except BaseException:
            os.close(self._fd)
            raise
        return self

    def _read(self, address: int) -> bytes:
        try:
            return os.pread(self._fd, 1, address)
        except OSError:
            return b""

    def __exit__(self, *_):
        for address in self._there:
            if self._read(address) != INT3:
                os.pwrite(self._fd, INT3, address)
        os.close(self._fd)


def _begin_task() -> None:
    """In the new task, at arch_start()."""
    inferior = gdb.selected_inferior()
    debugregs.clear_status(gdb.selected_thread().ptid[1])
    if any(record.task.pid == inferior.pid for record in inferiors.all_records()):
        return  # attached while it was being spawned
    _end_spawn()
    with settings.during(settings.WHILE_ATTACHING):
        attachment = _find_attachment(inferior.pid)
        entry = _find_entry(attachment.program, inferior.pid)
        if entry is None:
            raise ProcessError(f"process {inferior.pid} is not in the task table")
        survey = Survey(attachment.program)
        task = survey.look_at(entry)
        task = task._replace(pid=inferior.pid)
        values = loading.find_loader_symbols(survey.find_loader(entry))
        with _SharedMemory(inferior.pid):
            symbols.run("file")
            symbols.read_libraries()
            if "_dl_debug_state" in values:
                loading.await_loader(task, values)
        record = Record(inferior.num, task, True)
        attachment.records[inferior.num] = record
        if "_dl_debug_state" not in values:
            loading.set_symbols(attachment, record, survey)


def _begin_thread() -> None:
    """The same in thread mode: in the root's inferior, nothing is replaced."""
    attachment = _find_attachment(gdb.selected_inferior().pid)
    entry = _find_entry(attachment.program, 0)
    if entry is not None:
        with settings.during(settings.WHILE_ATTACHING):
            loading.begin_thread(attachment, Survey(attachment.program), entry)


def install() -> None:
    """Once libpip is there to set them in."""
    if any(hook.is_valid() for hook in _hooks):
        return
    settings.begin_attached()  # GDB would leave a new task stopped
    # GDB says that there is no such function yet, and can't be told not to.
    gdb.execute("python pip_gdb.spawning.set_hooks()", to_string=True)


def expect_forks(program: Program) -> None:
    """A spawner may be at its system call already: past the breakpoint."""
    if program.has_starting() or following.is_wanted():
        _catch_forks()


def note_following() -> None:
    """The user has said whether processes that tasks fork are followed."""
    if settings.is_ours() or not following.is_wanted():
        return
    if any(True for _ in inferiors.all_records()):
        _catch_forks()


def set_hooks() -> None:
    """The part of install() that prints."""
    _hooks.clear()
    for function, work in (
        ("arch_clone3", _begin_spawn),
        ("arch_clone", _begin_spawn),
        (LOADED, loading.end),
    ):
        _hooks.append(_Hook(f"-qualified -function {function}", work))


def give_up() -> None:
    """Spawns that are under way, if nobody is left who could end them."""
    if any(inferior.pid for inferior in gdb.inferiors()):
        return
    _followed.clear()
    settings.apply(_before)
    _before.clear()
    _spawners.clear()
    for hook in _starting:
        if hook.is_valid():
            hook.delete()
    _starting.clear()


def remove() -> None:
    _followed.extend(_starting)
    _end_spawn()
    _spawners.clear()
    _delete_catchpoints()
    for hook in _hooks + _starting:
        if hook.is_valid():
            hook.delete()
    _hooks.clear()
    _starting.clear()


def set_wanted(wanted: bool) -> None:
    global _wanted  # pylint: disable=global-statement
    _wanted = wanted


def _note_library(event) -> None:
    if attach.is_attaching():
        return  # afterwards
    if os.path.basename(event.new_objfile.filename or "").startswith(LIBRARY):
        install()


def _tidy_up() -> None:
    """Before a prompt.  (gdb.post_event() when a task ends would be sooner,
    but GDB 13 crashes when it quits with one that was not yet executed.)"""
    if not _followed:
        _restore_following()
    give_up()
    attach.remove_ended()


def watch() -> None:
    _Spawns()
    _Vforks()
    gdb.events.new_objfile.connect(_note_library)
    gdb.events.before_prompt.connect(_tidy_up)
    gdb.events.inferior_deleted.connect(_note_deleted)


class AutoAttach(gdb.Parameter):
    """Whether tasks that are spawned become inferiors by themselves.
When on (default), a new task is an inferior from its first instruction, and
has its symbols, and the breakpoints that were set by name, before any code of
its program runs.  When off, new tasks run on undisturbed; 'pip attach' without
PID attaches them later."""

    set_doc = "Set whether new tasks are attached by themselves."
    show_doc = "Show whether new tasks are attached by themselves."

    def __init__(self):
        super().__init__("pip auto-attach", gdb.COMMAND_RUNNING, gdb.PARAM_BOOLEAN)
        self.value = True

    def get_set_string(self) -> str:
        set_wanted(self.value)
        return ""

    def get_show_string(self, value) -> str:
        return f"New tasks are attached by themselves: {value}."


class _Prefix(gdb.Command):
    """Settings of pip-gdb."""

    def __init__(self, name: str):
        super().__init__(name, gdb.COMMAND_RUNNING, gdb.COMPLETE_NONE, True)


def register() -> None:
    _Prefix("set pip")
    _Prefix("show pip")
    AutoAttach()
    watch()
