# SPDX-License-Identifier: BSD-2-Clause
"""What the launcher pip-gdb makes GDB run."""

import locale

import gdb

from . import commands, core, settings
from .process import ProcessError

STOCK_PROMPT = "(gdb) "
PROMPT = "(pip-gdb) "
OLDEST_GDB = 12


def _major() -> int:
    digits = gdb.VERSION.split(".")[0]
    return int(digits) if digits.isdigit() else OLDEST_GDB


def _set_prompt(_) -> str:
    """Once, before the first prompt.  gdb.execute() takes trailing blanks
    off, so `set prompt` can't do it."""
    gdb.prompt_hook = None
    return PROMPT


def _widen_charset() -> None:
    """In the C locale GDB gives Python ASCII only, and names of files and of
    threads are more than that."""
    if locale.nl_langinfo(locale.CODESET) in ("ANSI_X3.4-1968", "646", "US-ASCII"):
        try:
            settings.apply({"host-charset": "UTF-8"})
        except gdb.error:
            pass  # a system without libc's gconv modules


def begin() -> None:
    """Before files are loaded, after the user's own .gdbinit."""
    if _major() < OLDEST_GDB:
        gdb.write(
            f"pip-gdb: this is GDB {gdb.VERSION}; {OLDEST_GDB} or later is needed\n",
            gdb.STDERR,
        )
        gdb.execute("quit 1")
    _widen_charset()
    commands.register()
    if gdb.parameter("prompt") == STOCK_PROMPT and gdb.prompt_hook is None:
        gdb.prompt_hook = _set_prompt


def open_first(path: str, batch: bool) -> None:
    """For --core FILE.  What is no core file of a PiP program is GDB's."""
    if batch:
        settings.apply(settings.IN_BATCH)
    try:
        attachment = core.open_any(path)
    except (ProcessError, gdb.error) as error:
        gdb.write(f"pip-gdb: {error}\n", gdb.STDERR)
        if batch:
            gdb.execute("quit 1")
        return
    if not batch:
        gdb.write(core.describe(attachment))


def attach_first(pid: int, batch: bool) -> None:
    """For -p PID, before the user's own -ex and -x."""
    if batch:
        settings.apply(settings.IN_BATCH)
    try:
        commands.PipAttach.attach(pid, from_tty=not batch)
    except (ProcessError, gdb.error) as error:
        gdb.write(f"pip-gdb: {error}\n", gdb.STDERR)
        # The commands that follow are meant for a program that is not there.
        if batch:
            gdb.execute("quit 1")
