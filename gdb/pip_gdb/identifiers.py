# SPDX-License-Identifier: BSD-2-Clause
"""Names in an expression of C, to be replaced by something else."""

import re
from typing import Callable, Optional, Tuple

KEYWORDS = frozenset(
    "auto bool char const double enum extern float int long register restrict "
    "short signed sizeof static struct typedef typeof union unsigned void volatile "
    "class this true false nullptr alignof static_cast reinterpret_cast".split()
)

_TOKEN = re.compile(
    r"""
      (?P<literal> "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' )
    | (?P<number> 0[xX][0-9a-fA-F]+\w* | \d[\w.]* )
    | (?P<other> \$\w* | (?:->|\.)\s*[A-Za-z_]\w* | [\w.\-/]+\.\w+'?::\w+ )
    | (?P<tag> \b(?:struct|union|enum|class)\s+[A-Za-z_]\w* )
    | (?P<name> [A-Za-z_]\w* (?:::\w+)* )
    | (?P<rest> . )
    """,
    re.VERBOSE | re.DOTALL,
)

# Options of GDB's print, which end with two dashes; and a format.
_OPTIONS = re.compile(r"\s*(-[a-z].*?\s)?--\s+", re.DOTALL)
_FORMAT = re.compile(r"\s*/\w+\s*")


def replace_names(text: str, replace: Callable[[str], Optional[str]]) -> str:
    """replace(name) -> what to put there, None to leave it."""
    output = ""
    for match in _TOKEN.finditer(text):
        token = match.group()
        if match.lastgroup == "name" and token not in KEYWORDS:
            token = replace(token) or token
        output += token
    return output


def split_print(argument: str) -> Tuple[str, str]:
    """Of an argument of GDB's print: options and format, and the expression."""
    at = 0
    for pattern in (_OPTIONS, _FORMAT):
        match = pattern.match(argument, at)
        at = match.end() if match else at
    return argument[:at], argument[at:]
