# SPDX-License-Identifier: BSD-2-Clause
"""gdb_layout.py SOURCE_DIR <(tests/table-offsets): compares table.py with C."""

import os
import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(sys.argv[1], "gdb"))

# pylint: disable=wrong-import-position
from pip_gdb import maps, table

fields, values = {}, {}
for line in sys.stdin:
    words = line.split()
    if len(words) == 4:
        fields[words[0], words[1]] = (int(words[2]), int(words[3]))
    else:
        values[words[0]] = words[1]
wrong = []
for kind, known in (("header", table.HEADER_FIELDS), ("entry", table.ENTRY_FIELDS)):
    for name, (offset, form) in known.items():
        layout = (offset, struct.calcsize("=" + form))
        if fields.get((kind, name)) != layout:
            wrong.append((kind, name, layout, fields.get((kind, name))))
expected = {
    "MAGIC": table.MAGIC.decode(),
    "TABLE_PATH": maps.TABLE_PATH.decode(),
    "HEADER_SIZE": table.HEADER_SIZE,
    "ENTRY_SIZE": table.ENTRY_SIZE,
    "PIP_TABLE_BYTE_ORDER": table.BYTE_ORDER,
    "PIP_TABLE_VERSION_MAJOR": table.VERSION_MAJOR,
    "PIP_STATE_FREE": table.STATE_FREE,
    "PIP_STATE_LOADING": table.STATE_LOADING,
    "PIP_STATE_RUNNING": table.STATE_RUNNING,
    "PIP_STATE_ENDED": table.STATE_ENDED,
    "PIP_TABLE_MODE_THREAD": table.MODE_THREAD,
    "PIP_BLT_COUPLED": table.BLT_COUPLED,
    "PIP_BLT_DECOUPLED": table.BLT_DECOUPLED,
    "PIP_BLT_READY": table.BLT_READY,
    "PIP_BLT_SUSPENDED": table.BLT_SUSPENDED,
    "PIP_BLT_DEAD": table.BLT_DEAD,
    "PIP_BLT_IDLE_NOT": table.IDLE_NOT,
    "PIP_BLT_IDLE_SPINNING": table.IDLE_SPINNING,
    "PIP_BLT_IDLE_ASLEEP": table.IDLE_ASLEEP,
    "PIP_TASK_FLAG_ROOT": table.FLAG_ROOT,
    "PIP_TASK_FLAG_OUTSIDE": table.FLAG_OUTSIDE,
    "PIP_TASK_FLAG_TRUNCATED": table.FLAG_TRUNCATED,
    "PIP_TASK_FLAG_UNPLACED": table.FLAG_UNPLACED,
    "PIP_PIPID_ROOT": table.PIPID_ROOT,
}
if set(expected) != set(values):
    wrong.append(("constants", set(expected) ^ set(values)))
for name, value in expected.items():
    if values.get(name) != str(value):
        wrong.append((name, value, values.get(name)))
for what in wrong:
    print("FAIL:", *what)
print(len(fields), "fields,", len(values), "constants")
sys.exit(1 if wrong or len(fields) < 50 else 0)
