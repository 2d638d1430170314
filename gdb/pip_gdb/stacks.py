# SPDX-License-Identifier: BSD-2-Clause
"""Stacks of many tasks, and the tree that they have in common.

The layout is that of `pips -b`: frames from the outermost inwards, common ones
once, and where tasks part a line that says who goes on below it:

    [0-3,7] 5 tasks
      main at a.c:30
      work at a.c:12
      [0-3] 4 tasks
        usleep in libc.so.6
      [7] 1 task
        read in libc.so.6
"""

import bisect
import json
from typing import Dict, List, NamedTuple, Sequence

from . import format as text, maps, pipids

JSON_FORMAT = "pip-bt"
JSON_VERSION = 1

# Deeper frames are not indented further: their line would have no room.
MAX_INDENT = 40


class Frame(NamedTuple):
    """A function, where it is."""

    function: str  # "" = not known
    address: int
    path: str  # of the source
    line: int  # 0 = not known
    object: str  # path of the program or library
    offset: int = -1  # of the address in that file, -1 = not known

    @property
    def where(self) -> str:
        """The same for a frame of all tasks that are there: each has its own
        copy at an address of its own."""
        function = self.function
        if not function and self.object and self.offset >= 0:
            function = f"{self.offset:#x}"
        return text.place(
            function or "??", self.address, self.path, self.line, self.object
        )


class Files:
    """What file lies where, for frames in programs of which GDB knows nothing
    but that."""

    def __init__(self, mappings: Sequence[maps.Mapping]):
        self._mappings = sorted(m for m in mappings if m.path[:1] == b"/")
        self._starts = [mapping.start for mapping in self._mappings]

    def locate(self, frame: Frame) -> Frame:
        if frame.function and frame.object:
            return frame
        index = bisect.bisect_right(self._starts, frame.address) - 1
        if index < 0 or frame.address >= self._mappings[index].end:
            return frame
        mapping = self._mappings[index]
        return frame._replace(
            object=frame.object or mapping.path.decode("utf-8", "backslashreplace"),
            offset=frame.address - mapping.start + mapping.offset,
        )


class Stack(NamedTuple):
    """Of one thread, or of a user context."""

    label: str  # of the task
    pid: int
    tid: int
    name: str  # of the thread
    note: str  # "suspended", "(running)": what else there is to know
    frames: List[Frame]  # innermost first
    ended_by: str = ""  # why there are no more


class Node:
    """A frame of the tree, and the stacks that go through it."""

    def __init__(self, where: str):
        self.where = where
        self.stacks: List[Stack] = []
        self.children: Dict[str, Node] = {}

    @property
    def labels(self) -> List[str]:
        return [stack.label for stack in self.stacks]


def merge(stacks: Sequence[Stack]) -> Node:
    """The tree; its root is no frame."""
    root = Node("")
    for stack in stacks:
        node = root
        node.stacks.append(stack)
        wheres = [frame.where for frame in reversed(stack.frames)]
        if stack.ended_by and wheres:
            wheres.insert(0, f"({stack.ended_by})")
        if stack.note:
            wheres.append(stack.note)
        for where in wheres:
            if where not in node.children:
                node.children[where] = Node(where)
            node = node.children[where]
            node.stacks.append(stack)
    return root


def _order(node: Node):
    """Most first; then by PIPID."""
    first = pipids.sort_labels(node.labels)[0]
    return (-len(node.stacks), -1 if first == "root" else int(first), node.where)


def _title(node: Node) -> str:
    title = pipids.describe(node.labels)
    if len(node.stacks) != len(set(node.labels)):
        title += f", {len(node.stacks)} stacks"
    return title


def format_tree(stacks: Sequence[Stack], width: int = text.WIDTH) -> str:
    lines: List[str] = []

    def add(depth: int, line: str) -> None:
        indent = " " * min(2 * depth, MAX_INDENT)
        lines.append(text.shorten(indent + text.clean(line), width))

    # Not recursive: a stack can be deeper than Python's.
    work = []

    def push_children(node: Node, depth: int) -> None:
        children = sorted(node.children.values(), key=_order)
        for child in reversed(children):
            alone = len(children) == 1 and len(child.stacks) == len(node.stacks)
            work.append((child, depth, not alone or node.where == ""))

    push_children(merge(stacks), 0)
    while work:
        node, depth, parted = work.pop()
        if parted:
            add(depth, _title(node))
            depth += 1
        add(depth, node.where)
        push_children(node, depth)
    return "".join(line + "\n" for line in lines)


def to_json(stacks: Sequence[Stack]) -> str:
    """docs/pip-gdb-json.md says what it contains."""
    tasks: Dict[str, dict] = {}
    for stack in stacks:
        task = tasks.setdefault(
            stack.label,
            {"pipid": stack.label, "pid": stack.pid, "stacks": []},
        )
        task["stacks"].append(
            {
                "tid": stack.tid,
                "name": text.clean(stack.name),
                "note": stack.note,
                "frames": [
                    {
                        "function": frame.function or None,
                        "address": f"{frame.address:#x}",
                        "file": frame.path or None,
                        "line": frame.line or None,
                        "object": frame.object or None,
                    }
                    for frame in stack.frames
                ],
                "incomplete": stack.ended_by or None,
            }
        )
    labels = pipids.sort_labels(tasks)
    document = {
        "format": JSON_FORMAT,
        "version": JSON_VERSION,
        "tasks": [tasks[label] for label in labels],
    }
    return json.dumps(document, indent=1) + "\n"
