# SPDX-License-Identifier: BSD-2-Clause
"""Reading the libraries of many inferiors.

Whenever GDB has read libraries it deletes its internal breakpoints, among them
three in the longjmp() of every libc that it knows, and makes them again; after
each deletion it sorts all that are left.  Done once per task, that is of the third
order: 6 of the 8 seconds of an attach of 256 tasks (GDB 13: breakpoint_re_set(),
delete_breakpoint(), update_global_location_list() in breakpoint.c).

No setting prevents it, but a user's Ctrl-C does: `sharedlibrary` resets
breakpoints as its last step, and that looks for Ctrl-C when it has read memory for
the first one that it makes.  An interrupt that comes when the last library of an
inferior has been read ends the command there: all symbols are read, no internal
breakpoint is made, and so there is none to be deleted for the next inferior.  The
last inferior's libraries are read without it, which makes them all, once.

- The interrupt is Python's own flag, which GDB looks at, not a signal.  It is set
  by a C function that GDB calls as an event's handler: after any line of Python
  the interpreter would take it for its own.
- Breakpoints at which GDB stops for changes of the list of libraries are made by
  what is not done so.  Therefore GDB finds a task's loader, and no other library,
  while it attaches: in a directory that is the library search path.
- Where GDB does not behave like that, the command is not interrupted, and has
  done all of its work; then the others are read in the ordinary way.
"""

import _thread
import ctypes
import os
import shutil
import signal
import tempfile
from typing import Dict, List, Optional

import gdb

from . import elf, inferiors, symbols, vdso
from .inferiors import Record
from .survey import EXEC_BLANK

# A sysroot without anything in it.
NOWHERE = "/proc/self/fd/none"
# Libraries by which GDB starts to debug threads, which must not be interrupted.
THREAD_LIBRARIES = ("libc.", "libc-", "libpthread")
# Of a loader that tells GDB of changes by probes: they belong to its symbols,
# which are read a second time here.
PROBES = b".note.stapsdt"
LOADER_SIZE = 16 << 20  # none is larger

_reading: List["Interrupter"] = []
number_interrupted = 0  # inferiors whose libraries were read so


class _Signal:
    """The number of a signal as the argument of a C function that is called with
    an event of a new objfile: 0 is none."""

    @classmethod
    def from_param(cls, event):
        number = 0
        if _reading and _reading[-1].is_last(event.new_objfile.filename):
            number = signal.SIGINT
        return ctypes.c_int(number)


def _find_trigger():
    """None where Python is older than 3.10."""
    try:
        trigger = ctypes.pythonapi["PyErr_SetInterruptEx"]
    except (AttributeError, KeyError):
        return None
    trigger.argtypes = [_Signal]
    trigger.restype = None
    return trigger


def read_interrupted() -> None:
    """For Interrupter.read(): what GDB prints is not lost so."""
    reading = _reading[-1]
    try:
        gdb.execute("sharedlibrary")
        # A flag that GDB has not looked at is Python's from here on.
        reading.wait()
    except KeyboardInterrupt as error:
        reading.interrupted = reading.fired
        if not reading.fired:
            reading.error = error  # the user's own
    except gdb.error as error:
        reading.error = error


class Interrupter:
    """Reads libraries of an inferior, and interrupts GDB after the last."""

    def __init__(self):
        self._trigger = _find_trigger()
        self._last = ""
        self._real: Dict[str, str] = {}
        self.fired = self.interrupted = False
        self.error: Optional[BaseException] = None
        self.works = self._trigger is not None

    def _resolve(self, path: str) -> str:
        if path not in self._real:
            self._real[path] = os.path.realpath(path)
        return self._real[path]

    def is_last(self, path: Optional[str]) -> bool:
        if self.fired or not path or self._resolve(path) != self._last:
            return False
        self.fired = True
        return True

    @staticmethod
    def wait() -> None:
        for _ in range(2):
            _thread.get_ident()

    def read(self, last: str) -> str:
        """The selected inferior's, of which `last` is the last one; what GDB
        printed.  Where self.works is False afterwards, it has to be done again
        in the ordinary way."""
        self._last = self._resolve(last)
        self.fired = self.interrupted = False
        self.error = None
        symbols.run("nosharedlibrary")
        _reading.append(self)
        gdb.events.new_objfile.connect(self._trigger)
        try:
            output = symbols.run("python pip_gdb.libraries.read_interrupted()")
        finally:
            gdb.events.new_objfile.disconnect(self._trigger)
            _reading.pop()
        if isinstance(self.error, KeyboardInterrupt):
            raise self.error
        rows = symbols.run("info sharedlibrary").splitlines()
        self.works = self.interrupted and any(
            " Yes " in row and row.endswith(" " + last) for row in rows
        )
        global number_interrupted  # pylint: disable=global-statement
        number_interrupted += self.works
        return output


def find_loader(record: Record) -> str:
    """Its file; "" when GDB is not told of libraries at all, or would take the
    loader for glibc's C library, as it does musl's by its real name."""
    if record.task.exec_kind == EXEC_BLANK or not record.task.interp:
        return ""
    loader = os.fsdecode(record.task.interp)
    if os.path.basename(os.path.realpath(loader)).startswith(THREAD_LIBRARIES):
        return ""
    return loader


class LoaderDirectory:
    """A directory with nothing but the loaders of tasks."""

    def __init__(self, records: List[Record]):
        """Raises OSError."""
        self.path = tempfile.mkdtemp(prefix="pip-gdb-")
        self.is_complete = ":" not in self.path
        try:
            for loader in {find_loader(record) for record in records}:
                if loader:
                    self._add(loader)
        except OSError:
            self.remove()
            raise

    def _add(self, loader: str) -> None:
        link = os.path.join(self.path, os.path.basename(loader))
        with open(loader, "rb") as file:
            data = file.read(LOADER_SIZE)
        if not data.startswith(b"\x7fELF") or PROBES in data:
            self.is_complete = False
        if not os.path.lexists(link):
            os.symlink(loader, link)
        elif os.path.realpath(link) != os.path.realpath(loader):
            self.is_complete = False  # GDB knows them by their names only

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


class HiddenLibraries:
    """While this is in force, GDB reads no library: it looks for them below a
    sysroot that does not exist.  Attaching many inferiors is much faster so,
    and their libraries are read one inferior after the other afterwards.

    A new sysroot is applied to the libraries of the selected inferior at once.
    So the first of `records`, which is selected, must have none."""

    def __init__(
        self,
        program,
        records: List[Record],
        is_first: bool,
        hidden_vdso: vdso.HiddenVdso,
    ):
        """is_first: nothing else is attached."""
        self._program = program
        self._hidden_vdso = hidden_vdso
        self._records = records
        self._sysroot = gdb.parameter("sysroot") or ""
        self._search_path = gdb.parameter("solib-search-path") or ""
        self._directory: Optional[LoaderDirectory] = None
        self._before = -1  # descriptor of the working directory
        self._interrupter = Interrupter()
        self._may_interrupt = is_first and self._can_interrupt()

    def _can_interrupt(self) -> bool:
        return (
            len(self._records) >= vdso.MANY_TASKS
            and self._interrupter.works
            and not gdb.parameter("non-stop")
            and self._sysroot in ("", "/", "target:")
            and not self._program.find_prefix()
            # They would be set anew, and take the interrupt.
            and not gdb.breakpoints()
        )

    def _show_loaders(self) -> None:
        try:
            directory = LoaderDirectory(self._records)
        except OSError:
            self._may_interrupt = False
            return
        self._directory = directory
        if not directory.is_complete:
            self._may_interrupt = False
            return
        symbols.run(f"set solib-search-path {directory.path}")
        # GDB looks in its working directory, too, which may be "/".
        self._before = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        os.chdir(directory.path)

    def __enter__(self):
        symbols.run(f"inferior {self._records[0].number}")
        symbols.run(f"set sysroot {NOWHERE}")
        if self._may_interrupt:
            try:
                self._show_loaders()
            except BaseException:
                self.__exit__()
                raise
        return self

    def __exit__(self, *_):
        self._leave_directory()
        if (gdb.parameter("solib-search-path") or "") != self._search_path:
            symbols.run(f"set solib-search-path {self._search_path}")
        if gdb.parameter("sysroot") == NOWHERE:
            symbols.run(f"set sysroot {self._sysroot}")

    def _leave_directory(self) -> None:
        if self._before >= 0:
            os.fchdir(self._before)
            os.close(self._before)
            self._before = -1
        if self._directory is not None:
            self._directory.remove()
            self._directory = None

    def _find_last(self, record: Record) -> str:
        """Of the libraries of a task, as GDB will read them; "" when the ordinary
        way must be taken."""
        task = record.task
        memory = self._program.memory
        if not task.r_debug or not find_loader(record):
            return ""
        if not self._hidden_vdso.is_kept(record):
            return ""
        modules = elf.read_modules(memory.read, memory.read_string, task.r_debug)
        names = [os.fsdecode(module.name) for module in modules]
        names = [name for name in names if name.startswith("/")]
        if not names or os.path.basename(names[-1]).startswith(THREAD_LIBRARIES):
            return ""
        return names[-1] if os.path.isfile(names[-1]) else ""

    def show_all(self, records: List[Record]):
        """Read the libraries of the attached ones among our records.  For each,
        (record, what GDB printed or its error)."""
        self._leave_directory()
        last = {}
        search_path = self._search_path
        self._search_path = self._hidden_vdso.extend(search_path)
        # GDB may send interrupts on to who runs.
        if self._may_interrupt and not inferiors.is_somebody_running():
            last = {record.number: self._find_last(record) for record in records}
        # The ordinary way first, so that it deletes few breakpoints; one is
        # always left for the end, when GDB makes all internal breakpoints.
        ordinary = [record for record in records if not last.get(record.number)]
        fast = [record for record in records if last.get(record.number)]
        if records and (self._may_interrupt or self._search_path != search_path):
            # GDB does not find that one's loader now, until it finds all.
            symbols.run(f"inferior {records[-1].number}")
            symbols.run(f"set solib-search-path {self._search_path}")
            self._show(records[-1])
        for record in ordinary:
            yield record, self._show(record)
        try:
            for record in fast:
                yield record, self._show_fast(record, last[record.number])
        finally:
            if fast:
                self._show(fast[-1])

    def _show_fast(self, record: Record, last: str) -> str:
        output = ""
        if self._interrupter.works:
            symbols.run(f"inferior {record.number}")
            output = self._interrupter.read(last)
            if self._interrupter.works:
                return output
        return output + self._show(record)

    def _show(self, record: Record) -> str:
        """Setting sysroot, be it to what it is, makes GDB read the selected
        inferior's libraries again, and find its loader's r_brk."""
        symbols.run(f"inferior {record.number}")
        try:
            return symbols.run(f"set sysroot {self._sysroot}")
        except gdb.error as error:
            return f"warning: {error}\n"
