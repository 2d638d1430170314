# SPDX-License-Identifier: BSD-2-Clause
"""Sets of tasks, as users write them and as they are printed.

    all   root   7   0-3,7   state=suspended   root,2-5,state=ready
"""

import re
from typing import Callable, Iterable, List, NamedTuple, Sequence, Tuple

from .table import Entry

# What `state=` takes: the states that `info pip` shows.
STATES = (
    "coupled", "dead", "decoupled", "detached", "ended", "loading", "ready",
    "running", "stopped", "suspended",
)  # fmt: skip

_RANGE = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?$")
_LOOKS_LIKE_ONE = re.compile(r"(?:all|root|state=|\d)[\w=,-]*$")


class Selection(NamedTuple):
    """What was asked for."""

    everybody: bool
    root: bool
    ranges: Tuple[Tuple[int, int], ...]  # of PIPIDs, inclusive
    states: Tuple[str, ...]

    def has(self, entry: Entry, states: Iterable[str]) -> bool:
        """states: all that can be said of the task."""
        if self.everybody or (self.root and entry.is_root):
            return True
        if any(state in self.states for state in states):
            return True
        return not entry.is_root and any(
            low <= entry.index - 1 <= high for low, high in self.ranges
        )


ALL = Selection(True, False, (), ())


def looks_like_selection(word: str) -> bool:
    return _LOOKS_LIKE_ONE.match(word) is not None


def parse(text: str) -> Selection:
    """Raises ValueError with a message."""
    everybody, root = False, False
    ranges: List[Tuple[int, int]] = []
    states: List[str] = []
    for word in text.split(","):
        match = _RANGE.match(word)
        if word == "all":
            everybody = True
        elif word == "root":
            root = True
        elif word.startswith("state="):
            states.append(parse_state(word[len("state=") :]))
        elif match is None:
            raise ValueError(
                f"'{word}' is no set of tasks: all, root, 7, 0-3,7 or state=STATE"
            )
        else:
            low = int(match.group(1))
            high = int(match.group(2) or low)
            if high < low:
                raise ValueError(f"'{word}' is an inverted range")
            ranges.append((low, high))
    return Selection(everybody, root, tuple(ranges), tuple(states))


def parse_state(word: str) -> str:
    if word not in STATES:
        raise ValueError(f"'{word}' is no state: {', '.join(STATES)}")
    return word


def _index(label: str) -> int:
    return -1 if label == "root" else int(label)


def sort_labels(labels: Iterable[str]) -> List[str]:
    return sorted(set(labels), key=_index)


def join(labels: Iterable[str]) -> str:
    """["root", "0", "1", "2", "7"] -> "root,0-2,7"."""
    parts: List[str] = []
    run: List[int] = []

    def flush():
        if len(run) > 1:
            parts.append(f"{run[0]}-{run[-1]}")
        elif run:
            parts.append(str(run[0]))
        run.clear()

    for label in sort_labels(labels):
        if label == "root":
            parts.append(label)
            continue
        number = int(label)
        if run and number != run[-1] + 1:
            flush()
        run.append(number)
    flush()
    return ",".join(parts)


def describe(labels: Sequence[str]) -> str:
    """["0", "1", "2", "3", "7"] -> "[0-3,7] 5 tasks"."""
    number = len(set(labels))
    return f"[{join(labels)}] {number} task{'' if number == 1 else 's'}"


def select(
    entries: Iterable[Entry],
    selection: Selection,
    states: Callable[[Entry], Iterable[str]],
) -> List[Entry]:
    return [entry for entry in entries if selection.has(entry, states(entry))]
