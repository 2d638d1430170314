# SPDX-License-Identifier: BSD-2-Clause
"""Unit tests of pip-gdb's modules for core files: gdb-unit-core.py SOURCE_DIR."""

import os
import random
import struct
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
SOURCE_DIR = sys.argv.pop(1) if len(sys.argv) > 1 else "."
sys.path.insert(0, os.path.join(SOURCE_DIR, "gdb"))

# pylint: disable=wrong-import-position
from pip_gdb import coredump, corefile, coreindex, process

SMAPS = b"""1000-4000 rw-p 00000000 00:00 0
Rss:                   8 kB
Anonymous:             8 kB
Swap:                  0 kB
VmFlags: rd wr mr mw me ac
8000-a000 r--p 00000000 fe:00 7   /lib/a b.so
Rss:                   8 kB
Anonymous:             0 kB
VmFlags: rd mr mw me
a000-b000 rw-p 00002000 fe:00 7   /lib/a b.so
Rss:                   4 kB
Anonymous:             4 kB
VmFlags: rd wr mr mw me
c000-d000 rw-p 00000000 00:00 0
Rss:                   4 kB
Anonymous:             4 kB
VmFlags: rd wr dd
10000-20000 ---p 00000000 00:00 0
Rss:                   0 kB
VmFlags: mr mw
30000-31000 rw-s 00000000 00:01 9   /memfd:x (deleted)
Rss:                   0 kB
VmFlags: rd wr sh
31000-32000 rw-s 00000000 fe:00 9   /data
Rss:                   0 kB
VmFlags: rd wr sh
7000000-7001000 r--p 00000000 00:00 0   [vvar]
VmFlags: rd
"""


class CoreDumpTest(unittest.TestCase):
    """What is written of an address space, and that it can be read again."""

    def areas(self):
        return list(coredump.parse_smaps(SMAPS.splitlines(keepends=True)))

    def test_smaps(self):
        areas = self.areas()
        self.assertEqual(len(areas), 8)
        self.assertEqual(areas[0].resident, 8192)
        self.assertIn("dd", areas[3].flags)
        self.assertEqual(areas[1].mapping.path, b"/lib/a b.so")
        # Without the numbers: all of it.
        lines = [line for line in SMAPS.splitlines() if line[:1].islower() or line[:1].isdigit()]
        areas = list(coredump.parse_smaps(lines))
        self.assertEqual(areas[0].resident, 0x3000)

    @staticmethod
    def pagemap(offset, size):
        """Of the first mapping, pages 1 and 2 are in use."""
        pages = range(offset // 8, (offset + size) // 8)
        return b"".join(
            struct.pack("=Q", (1 << 63) if page in (2, 3) else 0) for page in pages
        )

    def plan(self, wanted, read=lambda address, size: b"\x7fELF"):
        return coredump.make_plan(self.areas(), wanted, self.pagemap, read)

    def test_default(self):
        plan = self.plan(coredump.DEFAULT_FILTER)
        self.assertEqual(
            [(run.start, run.end) for run in plan.contents],
            [(0x2000, 0x4000), (0x8000, 0x9000), (0xA000, 0xB000), (0x30000, 0x31000)],
        )
        self.assertEqual([(run.start, run.end) for run in plan.zeros], [(0x1000, 0x2000)])
        self.assertEqual(
            [f[:3] for f in plan.unwritten],
            [(0x9000, 0xA000, 0x1000), (0x31000, 0x32000, 0)],
        )
        self.assertEqual(len(plan.files), 4)
        self.assertEqual(plan.files[2][3], b"/memfd:x (deleted)")
        self.assertEqual(plan.least, 0x2000 + 0x1000 + 0x1000)

    def test_filters(self):
        def starts(wanted):
            return [run.start for run in self.plan(wanted).contents]

        self.assertEqual(starts(0), [])
        self.assertEqual(starts(coredump.SHARED_ANONYMOUS), [0x30000])
        self.assertEqual(starts(coredump.FILE_SHARED), [0x31000])
        self.assertEqual(starts(coredump.FILE_PRIVATE), [0x8000])
        self.assertEqual(starts(coredump.ELF_HEADERS), [0x8000])
        plan = self.plan(coredump.ELF_HEADERS, lambda address, size: b"")
        self.assertEqual(plan.contents, [])

    def test_runs(self):
        used, free = b"\x80", b"\x00"
        self.assertEqual(coredump.find_runs(free * 9), [])
        self.assertEqual(coredump.find_runs(free + used * 2 + free), [(1, 3)])
        self.assertEqual(coredump.find_runs(used + free * 256 + b"\x40"), [(0, 258)])
        self.assertEqual(coredump.find_runs(used + free * 257 + used), [(0, 1), (258, 259)])

    def process(self, count=2):
        stat = coredump.parse_stat("7 (a) b) S 1 2 3 0 -1 4194560 0 0")
        self.assertEqual(stat, ("S", 1, 2, 3, 4194560))
        threads = [
            coredump.Thread(100 + i, bytes(216), [("LINUX", 0x202, b"xyz")], b"s" * 128, 0)
            for i in range(count)
        ]
        return coredump.Process(100, threads, stat, 5, 6, b"name", b"a b", b"auxv" * 4)

    def core(self, directory, contents, zeros=(), files=(), count=2):
        notes = coredump.make_notes(self.process(count), coredump.make_files(files))
        head, offsets = coredump.make_head(62, notes, list(contents), list(zeros))
        path = os.path.join(directory, "core")
        with open(path, "wb") as file:
            file.write(head)
            for run, offset in zip(sorted(contents), offsets):
                self.assertEqual(offset % 4096, 0)
                os.pwrite(file.fileno(), bytes([run.start >> 12 & 255]) * run.size, offset)
        return path

    def test_round_trip(self):
        with tempfile.TemporaryDirectory() as directory:
            run = coredump.Run
            files = [(0x9000, 0xA000, 0x3000, b"/lib/x")]
            path = self.core(
                directory, [run(0x5000, 0x7000, "rw-"), run(0x2000, 0x3000, "r-x")],
                [run(0x3000, 0x5000, "rw-")], files,
            )  # fmt: skip
            core = corefile.CoreFile(path)
            self.assertEqual((core.pid, core.threads, core.machine), (100, [100, 101], 62))
            self.assertEqual(core.auxv, b"auxv" * 4)
            self.assertEqual(core.files, files)
            self.assertEqual(core.read(0x6FF0, 16), b"\x05" * 16)
            self.assertEqual(core.read(0x2000, 4096), b"\x02" * 4096)
            self.assertEqual(core.read(0x2FFF, 2), b"")
            self.assertEqual([a.perms for a in core.areas], ["r-x", "rw-", "rw-"])
            core.close()

    def test_many_segments(self):
        with tempfile.TemporaryDirectory() as directory:
            runs = [coredump.Run(i << 13, (i << 13) + 4096, "rw-") for i in range(1, 70001)]
            path = self.core(directory, [], runs)
            core = corefile.CoreFile(path)
            self.assertEqual(len(core.areas), 70000)
            core.close()

    def test_join(self):
        files = [(1, 2, 0, b"a"), (2, 3, 1, b"a"), (3, 4, 3, b"a"), (4, 5, 4, b"b")]
        self.assertEqual(
            coredump.join_files(files), [(1, 3, 0, b"a"), (3, 4, 3, b"a"), (4, 5, 4, b"b")]
        )

    def test_move(self):
        with tempfile.TemporaryDirectory() as directory:
            files = [(0x9000, 0xA000, 0x3000, b"/old/core.root"), (0xB000, 0xC000, 0, b"/old/x/y")]
            path = self.core(directory, [], [coredump.Run(0x3000, 0x5000, "rw-")], files)
            with open(path, "rb") as file:
                data = file.read()
            moved = coreindex.move_core(data, "/old", "/a new/place")
            with open(path, "wb") as file:
                file.write(moved)
            core = corefile.CoreFile(path)
            self.assertEqual(core.files[0], (0x9000, 0xA000, 0x3000, b"/a new/place/core.root"))
            self.assertEqual(core.files[1][3], b"/old/x/y")
            self.assertEqual(core.threads, [100, 101])
            self.assertEqual(len(core.areas), 1)
            core.close()
            source = random.Random(23)
            for _ in range(500):
                bad = bytearray(data[: source.randrange(len(data))])
                for _ in range(source.randrange(8)):
                    if bad:
                        bad[source.randrange(len(bad))] = source.randrange(256)
                coreindex.move_core(bytes(bad), "/old", "/new")


class CoreIndexTest(unittest.TestCase):
    ITEMS = [
        coreindex.Item("root", 7, [7], "core.root", 0, ""),
        coreindex.Item("0", 8, [8, 9], "core.0", 11, ""),
        coreindex.Item("1", 10, [], "", 0, "it is gone"),
    ]

    def make(self):
        index = coreindex.Index("/dir", "core.root", self.ITEMS)
        return index, coreindex.format_index(index, "/p", "libpip", "process", "now")

    def test_round_trip(self):
        index, document = self.make()
        self.assertEqual(coreindex.parse_index(document), index)
        self.assertEqual(coreindex.find_cores(index), {"root": "core.root", "0": "core.0"})

    def test_damaged(self):
        _, document = self.make()
        source = random.Random(11)
        for _ in range(3000):
            bad = bytearray(document, "ascii")
            for _ in range(source.randrange(1, 6)):
                bad[source.randrange(len(bad))] = source.randrange(32, 127)
            try:
                index = coreindex.parse_index(bad.decode("ascii"))
            except ValueError:
                continue
            for item in index.items:
                self.assertNotIn("/", item.core)
                self.assertNotIn("..", item.core[:2])
        for bad in ("[]", "{}", "null", "7", "[" * 100000, '{"format": "pip-core"}'):
            with self.assertRaises(ValueError):
                coreindex.parse_index(bad)


if __name__ == "__main__":
    unittest.main()
