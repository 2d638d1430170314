# SPDX-License-Identifier: BSD-2-Clause
"""GDB settings, for a while or for as long as tasks are attached."""

import contextlib

import gdb

# While tasks are attached.
#
# schedule-multiple: a task that waits for another one would wait for ever if
# `continue` resumed the selected inferior only.
#
# displaced-stepping: to step over a breakpoint, GDB copies the instruction to
# the entry point that the auxiliary vector names.  That is the root's for
# every task, so two tasks would use the same place at the same time, each
# with GDB's belief that it is its own.
WHILE_ATTACHED = {"schedule-multiple": "on", "displaced-stepping": "off"}

# During the attach itself.  Libraries must be read at once: GDB chooses the
# place of its breakpoint in the loader by them.
WHILE_ATTACHING = {
    "pagination": "off",
    "confirm": "off",
    "exec-file-mismatch": "off",
    "auto-solib-add": "on",
    "print symbol-loading": "off",
    "print inferior-events": "off",
    "print thread-events": "off",
    "suppress-cli-notifications": "on",
}

# Scripts want to see what they asked for.
IN_BATCH = {
    "pagination": "off",
    "confirm": "off",
    "print inferior-events": "off",
    "print thread-events": "off",
    "print symbol-loading": "off",
}

_before = {}  # of WHILE_ATTACHED, while it is in force


def _read(name):
    """The value of a setting as `set` takes it, None if GDB has none such."""
    try:
        value = gdb.parameter(name)
    except RuntimeError:
        return None
    if value is None:  # an auto-boolean's third value, or no limit
        return "auto"
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


_is_ours = False


def is_ours() -> bool:
    """Is it this package that sets, and not the user?"""
    return _is_ours


def apply(values) -> dict:
    """Set all, return what to apply() to have it as before."""
    global _is_ours  # pylint: disable=global-statement
    before = {}
    was_ours, _is_ours = _is_ours, True
    try:
        for name, value in values.items():
            old = _read(name)
            if old is None or old == value:
                continue
            before[name] = old
            gdb.execute(f"set {name} {value}", to_string=True)
    finally:
        _is_ours = was_ours
    return before


@contextlib.contextmanager
def during(values):
    before = apply(values)
    try:
        yield
    finally:
        apply(before)


def quietly():
    """While this package goes from inferior to inferior."""
    return during({"suppress-cli-notifications": "on"})


def begin_attached() -> None:
    for name, value in apply(WHILE_ATTACHED).items():
        _before.setdefault(name, value)


def end_attached() -> None:
    apply(_before)
    _before.clear()
