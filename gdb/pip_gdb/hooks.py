# SPDX-License-Identifier: BSD-2-Clause
"""What is done besides, whenever one of GDB's own commands is executed."""

import gdb


def install(command: str, after: str = "", before: str = "") -> None:
    """Functions of this package, as "module.function".  A hook that the user has
    defined for that command stays."""
    *prefix, name = command.split()
    for kind, function in (("hook", before), ("hookpost", after)):
        if not function:
            continue
        hook = " ".join(prefix + [f"{kind}-{name}"])
        try:
            gdb.execute(f"show user {hook}", to_string=True)
        except gdb.error:
            gdb.execute(f"define {hook}\npython pip_gdb.{function}()\nend")
