# SPDX-License-Identifier: BSD-2-Clause
"""Values of one expression in many tasks: who is the odd one out.

Two rules.  Where more than half of the tasks have the same value, all others
are outliers.  Otherwise, of numbers: those whose modified z-score, which is
based on the median, is above 3.5 (Iglewicz and Hoaglin 1993, "How to detect
and handle outliers").  So ranks, which all differ, are nobody's fault.
"""

import math
import re
import statistics
from typing import Dict, List, NamedTuple, Optional, Sequence, Set, Tuple

from . import format as text, pipids

MAX_SCORE = 3.5
FEWEST = 4  # of less than that, nobody is odd
FEWEST_NUMBERS = 6  # and a median says little

_NUMBER = re.compile(
    r"(?P<special>-?(?:nan(?:\(0x[0-9a-f]+\))?|inf))$"
    r"|(?P<number>-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|-?0x[0-9a-f]+)(?: .*)?$"
)


class Row(NamedTuple):
    """What the expression is in one task."""

    label: str
    value: str
    failed: bool = False  # value says why


def to_number(value: str) -> Optional[float]:
    """"23" -> 23.0, "0x17 <f+3>" -> 23.0, "-nan(0x8...)" -> nan, "{a = 1}" ->
    None."""
    match = _NUMBER.match(value)
    if match is None:
        return None
    if match.group("special"):
        return float(match.group("special").partition("(")[0])
    digits = match.group("number")
    try:
        return float(int(digits, 16)) if "0x" in digits else float(digits)
    except (ValueError, OverflowError):
        return None


def group(rows: Sequence[Row]) -> List[Tuple[str, List[str]]]:
    """(value, labels), the most common first."""
    groups: Dict[str, List[str]] = {}
    for row in rows:
        groups.setdefault(row.value, []).append(row.label)
    first = {
        value: pipids.sort_labels(labels)[0] for value, labels in groups.items()
    }

    def order(item):
        label = first[item[0]]
        return (-len(item[1]), -1 if label == "root" else int(label))

    return sorted(groups.items(), key=order)


def find_outliers(rows: Sequence[Row]) -> Set[str]:
    """Their labels."""
    valid = [row for row in rows if not row.failed]
    if len(valid) < FEWEST:
        return set()
    groups = group(valid)
    if len(groups) == 1:
        return set()
    common, labels = groups[0]
    if 2 * len(labels) > len(valid):
        return {row.label for row in valid if row.value != common}
    numbers = [to_number(row.value) for row in valid]
    if len(valid) < FEWEST_NUMBERS or None in numbers:
        return set()
    # What most have is a number: so what is none, or infinite, is odd.
    finite = [number for number in numbers if math.isfinite(number)]
    if 2 * len(finite) <= len(valid):
        return set()
    median = statistics.median(finite)
    spread = statistics.median([abs(number - median) for number in finite])

    def is_far(number):
        if not math.isfinite(number):
            return True
        return spread > 0 and 0.6745 * abs(number - median) / spread > MAX_SCORE

    return {row.label for row, number in zip(valid, numbers) if is_far(number)}


def _one_line(value: str) -> str:
    return " ".join(text.clean(value.replace("\n", " ")).split())


def format_rows(rows: Sequence[Row], width: int = text.WIDTH) -> str:
    """A row per task; outliers have a star."""
    outliers = find_outliers(rows)
    widest = max([len("PIPID")] + [len(row.label) for row in rows])
    lines = [f"  {'PIPID':>{widest}}  VALUE"]
    for row in rows:
        mark = "*" if row.label in outliers else " "
        value = f"<{row.value}>" if row.failed else row.value
        line = f"{mark} {row.label:>{widest}}  {_one_line(value)}"
        lines.append(text.shorten(line.rstrip(), width))
    if outliers:
        lines.append(f"* outliers: {pipids.describe(list(outliers))}")
    return "".join(line + "\n" for line in lines)


class Leaves(NamedTuple):
    """A value taken apart: ".next[2]" -> "7"; {"": "7"} for a plain one."""

    label: str
    leaves: Dict[str, str]


def find_differences(values: Sequence[Leaves]) -> List[Tuple[str, List[Row]]]:
    """The parts that are not the same in all tasks, in their order."""
    paths: Dict[str, None] = {}
    for value in values:
        paths.update(dict.fromkeys(value.leaves))
    differences = []
    for path in paths:
        rows = [Row(v.label, v.leaves.get(path, "<none>")) for v in values]
        if len({row.value for row in rows}) > 1:
            differences.append((path, rows))
    return differences


def format_differences(
    name: str,
    values: Sequence[Leaves],
    failed: Sequence[Row],
    width: int = text.WIDTH,
) -> str:
    lines: List[str] = []
    differences = find_differences(values)
    labels = [value.label for value in values]
    if values and not differences:
        parts = len(values[0].leaves)
        same = f"the same in {pipids.describe(labels)}"
        if parts == 1 and "" in values[0].leaves:
            same += f": {values[0].leaves['']}"
        lines.append(f"{name}: {same}")
    for path, rows in differences:
        lines.append(f"{name}{path}:")
        lines += [
            f"  {pipids.describe(members)}: {value}" for value, members in group(rows)
        ]
    if failed and not values:
        lines.append(f"{name}:")
    for reason, members in group(failed):
        lines.append(f"  {pipids.describe(members)}: <{reason}>")
    return "".join(text.shorten(_one_line_keep(line), width) + "\n" for line in lines)


def _one_line_keep(line: str) -> str:
    """With its indentation."""
    indent = len(line) - len(line.lstrip(" "))
    return " " * indent + _one_line(line)
