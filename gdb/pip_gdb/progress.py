# SPDX-License-Identifier: BSD-2-Clause
"""A line that says how far it is."""

import os
import time

PROGRESS_AFTER = 0.5  # seconds


class Progress:
    """A line on the terminal that counts, if it takes long."""

    def __init__(self, wanted: bool):
        self._wanted = wanted and os.isatty(2)
        self._start = time.monotonic()
        self._shown = False

    def show(self, what: str, done: int, total: int, unit: str = "tasks") -> None:
        if self._wanted and time.monotonic() - self._start > PROGRESS_AFTER:
            self._write(f"\r\x1b[Kpip-gdb: {what} {done} of {total} {unit}")
            self._shown = True

    def clear(self) -> None:
        if self._shown:
            self._write("\r\x1b[K")

    def _write(self, line: str) -> None:
        try:
            os.write(2, line.encode("ascii"))
        except OSError:
            self._wanted = False
