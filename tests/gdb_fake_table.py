# SPDX-License-Identifier: BSD-2-Clause
"""Task tables as the runtime makes them, and as it never would.

As a program, gdb_fake_table.py SOURCE_DIR VICTIM: maps a hostile table, says
"ready PID" and sleeps.  VICTIM is the PID of a process that is no PiP task."""

import os
import struct
import sys

if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.path.insert(0, os.path.join(sys.argv[1], "gdb"))

# pylint: disable=wrong-import-position
from pip_gdb import table


def put(data, fields, **values):
    """Write fields into a bytearray as the C program does."""
    for name, value in values.items():
        offset, form = fields[name]
        struct.pack_into("=" + form, data, offset, value)


def make_header(**values):
    data = bytearray(table.HEADER_SIZE)
    fields = {
        "magic": table.MAGIC,
        "byte_order": table.BYTE_ORDER,
        "version_major": 1,
        "header_size": table.HEADER_SIZE,
        "entry_size": table.ENTRY_SIZE,
        "nentries": 9,
        "nused": 3,
        "root_pid": 100,
        "guardian_pid": 101,
        "runtime": b"libpip 4.0.0",
    }
    fields.update(values)
    put(data, table.HEADER_FIELDS, **fields)
    return data


def make_entry(index, **values):
    data = bytearray(table.ENTRY_SIZE)
    fields = {
        "seq": 2,
        "state": table.STATE_RUNNING,
        "generation": 1,
        "pipid": index - 1 if index else table.PIPID_ROOT,
        "pid": 200 + index,
        "tid": 200 + index,
        "mode": 1,
        "load_bias": 0x200000000000 + index * 0x1000000000,
        "program": b"/bin/true",
        "command": b"true\0-x\0",
    }
    fields.update(values)
    put(data, table.ENTRY_FIELDS, **fields)
    return data


def make_table(*entries, **header):
    data = make_header(nused=len(entries), **header)
    for entry in entries:
        data += entry
    data += bytes(table.ENTRY_SIZE * (9 - len(entries)))
    return data


def make_hostile_table(address, victim):
    """Other people's processes, commands in paths, lists without end."""
    own = os.getpid()
    loop = struct.pack("=i4xQQQQ", 1, address + 0x3000, 0x1234, 0, 0)
    loop = loop.ljust(0x40, b"\0")
    entries = [
        make_entry(0, pid=own, program=b"/x\nshell touch EVIL", load_bias=1),
        make_entry(1, pid=victim),
        make_entry(2, pid=1),
        make_entry(3, pid=own, r_debug=address + 0x2FC0),
        make_entry(4, pid=0x7FFFFFFF),
        make_entry(5, pid=victim, state=table.STATE_LOADING),
        make_entry(6, pid=own, seq=7, program=b"/dev/zero"),
    ]
    data = make_table(*entries, root_pid=own, nentries=11, guardian_pid=1)
    put(data, table.HEADER_FIELDS, nused=0xFFFFFFFF, nentries=11)
    data = data.ljust(0x2FC0, b"\0") + loop
    data += struct.pack("=QQQQQ", 0, address + 16, 0, address + 0x3000, 0)
    return data.ljust(0x4000, b"\0")


def main():
    import mmap  # pylint: disable=import-outside-toplevel
    import time  # pylint: disable=import-outside-toplevel

    fd = os.memfd_create("pip-task-table")
    os.ftruncate(fd, 0x4000)
    with mmap.mmap(fd, 0x4000) as area:
        with open("/proc/self/maps", encoding="utf-8") as file:
            line = next(line for line in file if "pip-task-table" in line)
        address = int(line.partition("-")[0], 16)
        area[:] = bytes(make_hostile_table(address, int(sys.argv[2])))
        print("ready", os.getpid(), flush=True)
        time.sleep(3000)


if __name__ == "__main__":
    main()
