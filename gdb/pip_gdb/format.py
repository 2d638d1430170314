# SPDX-License-Identifier: BSD-2-Clause
"""Lines and tables of text."""

import os
import re
from typing import List, Sequence

WIDTH = 80

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def clean(text: str) -> str:
    """Text of a debugged program as it may be shown: no control characters,
    which a terminal would obey."""
    return _CONTROL.sub("?", text)


def decoded(ask):
    """What GDB answers; where it is not in its character set, with the bytes that
    are not escaped (comm is any bytes, and so is a file's name)."""
    try:
        return ask()
    except UnicodeDecodeError as error:
        return error.object.decode("utf-8", "backslashreplace")


def task_name(label: str) -> str:
    """What a task is called everywhere: "pip root", "pip 0"."""
    return f"pip {label}"


def task_header(label: str, inferior: int, pid: int, program: str) -> str:
    return (
        f"{task_name(label)} (inferior {inferior}, process {pid}, {clean(program)})"
    )


def shorten(text: str, width: int) -> str:
    """At most width characters; what was cut off shows as "..."."""
    if len(text) <= width:
        return text
    return text[: max(width - 3, 0)] + "..."[: min(width, 3)]


def tabulate(
    titles: Sequence[str],
    rows: Sequence[Sequence[str]],
    right: Sequence[int] = (),
    width: int = WIDTH,
) -> str:
    """Columns as wide as their text; the last one gets the rest of the line.
    The columns numbered in `right` are aligned to the right."""
    lines = [list(titles)] + [[clean(cell) for cell in row] for row in rows]
    last = len(titles) - 1
    widths = [max(len(line[i]) for line in lines) for i in range(last)]
    rest = max(width - sum(widths) - len(widths), len(titles[last]))
    text = ""
    for line in lines:
        cells = [
            cell.rjust(widths[i]) if i in right else cell.ljust(widths[i])
            for i, cell in enumerate(line[:last])
        ]
        cells.append(shorten(line[last], rest))
        text += " ".join(cells).rstrip() + "\n"
    return text


def place(function: str, address: int, path: str, line: int, library: str) -> str:
    """Where a frame is, as short as it can be said."""
    text = function or f"{address:#x}"
    if path and line:
        return f"{text} at {os.path.basename(path)}:{line}"
    if library:
        return f"{text} in {os.path.basename(library)}"
    return text


def count(number: int, noun: str, plural: str = "") -> str:
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def parse_numbers(text: str) -> List[int]:
    """"1 3-5" -> [1, 3, 4, 5].  Raises ValueError with a message."""
    numbers: List[int] = []
    for word in text.split():
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", word)
        if match is None:
            raise ValueError(f"'{clean(word)}' is not an inferior ID or a range")
        low = int(match.group(1))
        high = int(match.group(2) or low)
        if high < low:
            raise ValueError(f"'{clean(word)}' is an inverted range")
        # No inferior has a larger number than this many.
        numbers += range(low, min(high, low + 1_000_000) + 1)
    return numbers
