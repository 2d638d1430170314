# SPDX-License-Identifier: BSD-2-Clause
"""Whose memory is that: task, object, offset."""

from typing import Iterable, List, NamedTuple, Optional, Sequence

from . import maps
from .table import Entry


class Owner(NamedTuple):
    """What an address belongs to."""

    entry: Optional[Entry]  # None: nobody's alone
    kind: str  # "stack", "object", "anonymous memory", "task table", ...
    object: str  # path, "" without one
    offset: int  # in the object's file, or above the mapping's start
    mapping: maps.Mapping


def find_mapping(
    mappings: Iterable[maps.Mapping], address: int
) -> Optional[maps.Mapping]:
    for mapping in mappings:
        if mapping.start <= address < mapping.end:
            return mapping
    return None


def find_task(
    entries: Sequence[Entry], address: int, modules=None
) -> Optional[Entry]:
    """By its window or stack; modules: (low, high) -> entry of what lies
    outside of windows."""
    for entry in entries:
        if entry.window_low <= address < entry.window_high:
            return entry
        if entry.stack_low <= address < entry.stack_high:
            return entry
    for low, high, entry in modules or ():
        if low <= address < high:
            return entry
    return None


def find_owner(
    mappings: List[maps.Mapping], entries: Sequence[Entry], address: int, modules=None
) -> Optional[Owner]:
    """None: nothing is mapped there."""
    mapping = find_mapping(mappings, address)
    if mapping is None:
        return None
    path = mapping.path.decode("utf-8", "backslashreplace")
    offset = address - mapping.start
    if maps.is_table(mapping):
        return Owner(None, "task table", "", offset, mapping)
    entry = find_task(entries, address, modules)
    if entry is not None and entry.stack_low <= address < entry.stack_high:
        return Owner(entry, "stack", "", offset, mapping)
    if path.startswith("["):
        root = next((e for e in entries if e.is_root), None)
        if path in ("[stack]", "[heap]"):
            return Owner(root, path.strip("[]"), "", offset, mapping)
        return Owner(None, path, "", offset, mapping)
    if path:
        if entry is None:
            # The root has no window: what is in nobody's is the root's.
            entry = next((e for e in entries if e.is_root), None)
        return Owner(entry, "object", path, offset + mapping.offset, mapping)
    return Owner(entry, "anonymous memory", "", offset, mapping)


def describe_waits(entries: Sequence[Entry], address: int) -> List[str]:
    """Labels of the tasks whose user context waits for that object."""
    return [
        e.label for e in entries if e.has_saved_context and e.blt_waits_on == address
    ]
