# SPDX-License-Identifier: BSD-2-Clause
"""What must not be left half done is not interrupted: Ctrl-C waits for its end.

Of an interrupt that came before, Python knows, and raises KeyboardInterrupt where
it likes, at the first instruction of a function that GDB calls too: whoever is
called has to cope with that."""

import os
import signal


def _is_interrupted() -> bool:
    try:
        for _ in range(100):
            pass  # Python looks whenever it jumps back
    except KeyboardInterrupt:
        return True
    return False


class Held:
    """with Held(): no interrupt.  One that has come is there again afterwards."""

    def __enter__(self):
        self._blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        self._interrupted = _is_interrupted()
        return self

    def __exit__(self, *_):
        signal.pthread_sigmask(signal.SIG_SETMASK, self._blocked)
        if self._interrupted:
            os.kill(os.getpid(), signal.SIGINT)
