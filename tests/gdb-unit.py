# SPDX-License-Identifier: BSD-2-Clause
"""Unit tests of pip-gdb's modules that need no GDB: gdb-unit.py SOURCE_DIR."""

import errno
import json
import os
import random
import struct
import sys
import unittest
from unittest import mock

sys.dont_write_bytecode = True
SOURCE_DIR = sys.argv.pop(1) if len(sys.argv) > 1 else "."
sys.path.insert(0, os.path.join(SOURCE_DIR, "gdb"))

sys.path.insert(0, os.path.join(SOURCE_DIR, "tests"))

# pylint: disable=wrong-import-position
from gdb_fake_table import make_entry, make_header, make_table, put
from pip_gdb import compare, context, elf
from pip_gdb import format as text, identifiers, maps, owner, pipids
from pip_gdb import process, program, stacks, survey, table

BASE = 0x1FFFFFF00000


class FakeMemory:
    """Pieces of memory; what is between them can't be read."""

    def __init__(self, pieces=None):
        self.pieces = dict(pieces or {})
        self.reads = 0

    def read(self, address, size):
        self.reads += 1
        for start, data in self.pieces.items():
            if start <= address and address + size <= start + len(data):
                return bytes(data[address - start : address - start + size])
        return b""

    def read_string(self, address, limit=4096):
        for start, data in self.pieces.items():
            if start <= address < start + len(data):
                return bytes(data[address - start :][:limit]).partition(b"\0")[0]
        return b""


class MapsTest(unittest.TestCase):
    TABLE = (
        b"1ffffff00000-1ffffff04000 rw-s 00000000 00:01 13221"
        b"                      /memfd:pip-task-table (deleted)\n"
    )

    def test_file(self):
        mapping = maps.parse_line(
            b"200000001000-200000027000 r-xp 00001000 fe:00 332383    /usr/lib/ld.so\n"
        )
        self.assertEqual(mapping.start, 0x200000001000)
        self.assertEqual(mapping.end, 0x200000027000)
        self.assertEqual(mapping.perms, "r-xp")
        self.assertEqual(mapping.offset, 0x1000)
        self.assertEqual(mapping.object_id, (b"fe:00", 332383))
        self.assertEqual(mapping.path, b"/usr/lib/ld.so")
        self.assertFalse(mapping.deleted)

    def test_anonymous(self):
        mapping = maps.parse_line(b"7f0000000000-7f0000001000 rw-p 00000000 00:00 0 \n")
        self.assertEqual(mapping.path, b"")

    def test_names(self):
        line = b"1000-2000 r--p 00000000 00:01 7   /a b\\012c (deleted)\n"
        mapping = maps.parse_line(line)
        self.assertEqual(mapping.path, b"/a b\nc")
        self.assertTrue(mapping.deleted)

    def test_no_line(self):
        for line in (b"", b"\n", b"x", b"1000 r--p 0 00:01 7 /a", b"1-2 r--p\n"):
            self.assertIsNone(maps.parse_line(line))
        self.assertEqual(list(maps.parse([b"garbage", self.TABLE])).__len__(), 1)

    def test_find_tables(self):
        private = self.TABLE.replace(b"rw-s", b"rw-p")
        tail = self.TABLE.replace(b"00000000", b"00001000")
        other = self.TABLE.replace(b"pip-task-table", b"pip-task-table2")
        found = maps.find_tables([private, tail, other, self.TABLE])
        self.assertEqual([m.start for m in found], [BASE])

    def test_own_maps(self):
        with open("/proc/self/maps", "rb") as file:
            lines = file.readlines()
        self.assertEqual(len(list(maps.parse(lines))), len(lines))


class TableTest(unittest.TestCase):
    def read(self, data):
        memory = FakeMemory({BASE: data})
        header = table.read_header(memory.read, BASE, len(data))
        return header, table.read_entries(memory.read, BASE, header)

    def test_good(self):
        data = make_table(make_entry(0), make_entry(1), make_entry(2, state=3))
        header, entries = self.read(data)
        self.assertEqual(header.runtime, "libpip 4.0.0")
        self.assertEqual(header.guardian_pid, 101)
        self.assertEqual([e.label for e in entries], ["root", "0", "1"])
        self.assertTrue(entries[0].is_root)
        self.assertEqual(entries[1].program, b"/bin/true")
        self.assertEqual(entries[1].command, [b"true", b"-x"])
        self.assertEqual([e.is_alive for e in entries], [True, True, False])
        self.assertEqual(table.find_pid(entries, 201).label, "0")
        self.assertIsNone(table.find_pid(entries, 202))  # it has ended

    def reject(self, reason, size=None, **values):
        data = make_header(**values)
        with self.assertRaisesRegex(table.TableError, reason):
            table.parse_header(data, 10 * table.ENTRY_SIZE if size is None else size)

    def test_bad_headers(self):
        self.reject("magic", magic=b"PiPtable")
        self.reject("byte order", byte_order=0x04030201)
        self.reject("version", version_major=2)
        self.reject("bytes", header_size=512)
        self.reject("bytes", entry_size=64)
        self.reject("claims", nentries=0)
        self.reject("claims", nentries=10)
        self.reject("claims", nentries=0xFFFFFFFF)
        self.reject("claims", size=table.HEADER_SIZE)
        with self.assertRaisesRegex(table.TableError, "shorter"):
            table.parse_header(make_header()[:255], 1 << 20)
        with self.assertRaisesRegex(table.TableError, "shorter"):
            table.parse_header(b"", 0)

    def test_newer_minor_version(self):
        header = table.parse_header(make_header(version_minor=7), 1 << 20)
        self.assertEqual(header.nentries, 9)

    def test_nused_is_bounded(self):
        data = make_table(make_entry(0), make_entry(1))
        put(data, table.HEADER_FIELDS, nused=0xFFFFFFFF)
        header, entries = self.read(data)
        self.assertEqual(header.nused, 9)
        self.assertEqual(len(entries), 2)

    def test_senseless_entries_are_left_out(self):
        good = make_entry(1)
        for bad in (
            make_entry(2, state=0),
            make_entry(2, state=17),
            make_entry(2, pid=0),
            make_entry(2, pid=-1),
            make_entry(2, pipid=0),
        ):
            _, entries = self.read(make_table(make_entry(0), good, bad))
            self.assertEqual([e.label for e in entries], ["root", "0"])

    def test_text_without_end(self):
        entry = make_entry(1, program=b"/" + b"x" * 319, command=b"y" * 256)
        _, entries = self.read(make_table(make_entry(0), entry))
        self.assertEqual(len(entries[1].program), 320)
        self.assertEqual(entries[1].command, [b"y" * 256])

    def test_torn_entry_is_read_again(self):
        data = make_table(make_entry(0), make_entry(1, seq=5, pid=999))
        memory = FakeMemory({BASE: data})
        header = table.read_header(memory.read, BASE, len(data))

        def read(address, size):
            if memory.reads == 6:  # the writer is done
                at = table.HEADER_SIZE + table.ENTRY_SIZE
                put_at = memoryview(data)[at : at + table.ENTRY_SIZE]
                put(put_at, table.ENTRY_FIELDS, seq=6, pid=201)
            return memory.read(address, size)

        entries = table.read_entries(read, BASE, header)
        self.assertEqual(entries[1].pid, 201)

    def test_dead_writer(self):
        _, entries = self.read(make_table(make_entry(0), make_entry(1, seq=5)))
        self.assertEqual(entries[1].pid, 201)

    def test_unreadable(self):
        memory = FakeMemory()
        with self.assertRaises(table.TableError):
            table.read_header(memory.read, BASE, 1 << 20)
        header = table.parse_header(make_header(), 1 << 20)
        self.assertEqual(table.read_entries(memory.read, BASE, header), [])

    def test_random_contents(self):
        source = random.Random(10007)
        good = bytes(make_table(make_entry(0), make_entry(1), make_entry(2)))
        for _ in range(3000):
            data = bytearray(good)
            for _ in range(source.randrange(1, 40)):
                data[source.randrange(len(data))] = source.randrange(256)
            if source.randrange(4) == 0:
                data = data[: source.randrange(len(data))]
            try:
                _, entries = self.read(data)
            except table.TableError:
                continue
            for entry in entries:
                self.assertGreater(entry.pid, 0)
                self.assertLessEqual(len(entry.program), 320)
                self.assertEqual(text.clean(entry.func).count("\n"), 0)


def make_program(bias, kind=3, phnum=3, debug=0x1234, interp=b"/lib/ld.so\0"):
    """An ELF image: header, PT_LOAD, PT_INTERP, PT_DYNAMIC."""
    segments = [
        (1, 5, 0, 0, 0x1000, 0x1000),
        (3, 4, 0x400, 0x400, len(interp), len(interp)),
        (2, 6, 0x500, 0x500, 0x100, 0x100),
    ]
    data = bytearray(0x1000)
    data[:64] = struct.pack(
        "=16sHHIQQQIHHHHHH",
        b"\x7fELF\x02\x01\x01", kind, 62, 1, 0x40, 64, 0, 0, 64, 56, phnum, 64, 0, 0,
    )  # fmt: skip
    for i, (ptype, flags, offset, vaddr, filesz, memsz) in enumerate(segments):
        struct.pack_into(
            "=IIQQQQQQ", data, 64 + 56 * i,
            ptype, flags, offset, vaddr, vaddr, filesz, memsz, 4096,
        )  # fmt: skip
    data[0x400 : 0x400 + len(interp)] = interp
    struct.pack_into("=6Q", data, 0x500, 1, 77, 21, debug, 0, 0)
    return FakeMemory({bias: data})


class ElfTest(unittest.TestCase):
    BIAS = 0x200001000000

    def test_image(self):
        memory = make_program(self.BIAS)
        image = elf.read_image(memory.read, self.BIAS)
        self.assertEqual(image.bias, self.BIAS)
        self.assertEqual(image.machine, 62)
        self.assertEqual(len(image.segments), 3)
        self.assertEqual(elf.read_interp(memory.read, image), b"/lib/ld.so")
        self.assertEqual(elf.find_r_debug(memory.read, image), 0x1234)

    def test_no_image(self):
        for memory in (
            FakeMemory(),
            FakeMemory({self.BIAS: b"\x7fELF"}),
            FakeMemory({self.BIAS: bytes(4096)}),
            make_program(self.BIAS, kind=1),
            make_program(self.BIAS, phnum=0),
            make_program(self.BIAS, phnum=65535),
        ):
            with self.assertRaises(elf.ElfError):
                elf.read_image(memory.read, self.BIAS)

    def test_random_images(self):
        source = random.Random(23)
        good = bytes(make_program(0).pieces[0])
        for _ in range(3000):
            data = bytearray(good)
            for _ in range(source.randrange(1, 20)):
                data[source.randrange(0x600)] = source.randrange(256)
            memory = FakeMemory({0: data})
            try:
                image = elf.read_image(memory.read, 0)
            except elf.ElfError:
                continue
            elf.read_interp(memory.read, image)
            elf.find_r_debug(memory.read, image)

    def test_modules(self):
        memory = FakeMemory(
            {
                0x1000: struct.pack("=i4xQQQQ", 1, 0x2000, 0x5555, 0, 0),
                0x2000: struct.pack("=QQQQQ", 0xA000, 0x3000, 0, 0x2100, 0),
                0x2100: struct.pack("=QQQQQ", 0xB000, 0x3010, 0, 0x2200, 0),
                0x2200: struct.pack("=QQQQQ", 0xC000, 0, 0, 0, 0),
                0x3000: b"\0".ljust(16, b"\0") + b"/lib/libc.so.6\0",
            }
        )
        modules = elf.read_modules(memory.read, memory.read_string, 0x1000)
        self.assertEqual(
            modules,
            [(0xA000, b""), (0xB000, b"/lib/libc.so.6"), (0xC000, b"")],
        )
        self.assertEqual(elf.read_r_brk(memory.read, 0x1000), 0x5555)

    def test_hostile_modules(self):
        loop = FakeMemory(
            {
                0x1000: struct.pack("=i4xQQQQ", 1, 0x2000, 0, 0, 0),
                0x2000: struct.pack("=QQQQQ", 0, 0, 0, 0x2100, 0),
                0x2100: struct.pack("=QQQQQ", 0, 0, 0, 0x2000, 0),
            }
        )
        self.assertEqual(len(elf.read_modules(loop.read, loop.read_string, 0x1000)), 2)
        self.assertEqual(elf.read_modules(loop.read, loop.read_string, 0x9999), [])

        def endless(address, size):
            return struct.pack("=QQQQ", 0, address, 0, address + 32)[:size]

        modules = elf.read_modules(endless, loop.read_string, 0x1000)
        self.assertEqual(len(modules), elf.MAX_MODULES)

    def test_auxv(self):
        memory = make_program(self.BIAS)
        auxv = struct.pack("=8Q", 3, self.BIAS + 64, 4, 56, 5, 3, 0, 0)
        segments = elf.read_auxv_segments(memory.read, auxv)
        image = elf.read_image(memory.read, self.BIAS)
        self.assertEqual(segments, image.segments)
        self.assertTrue(elf.may_match(segments, image.segments))
        self.assertFalse(elf.may_match(segments[:2], image.segments))
        self.assertEqual(elf.read_auxv_segments(memory.read, b""), [])
        self.assertEqual(elf.read_auxv_segments(memory.read, auxv[:30]), [])
        hostile = struct.pack("=6Q", 3, self.BIAS, 4, 56, 5, 1 << 60)
        self.assertEqual(elf.read_auxv_segments(memory.read, hostile), [])

    def test_auxv_values(self):
        auxv = struct.pack("=10Q", 33, 0x7000, 6, 4096, 6, 1, 0, 0, 9, 5)
        values = elf.parse_auxv(auxv)
        self.assertEqual(values, {33: 0x7000, 6: 4096})
        self.assertEqual(
            elf.pack_auxv(values), struct.pack("=6Q", 33, 0x7000, 6, 4096, 0, 0)
        )
        self.assertEqual(elf.pack_auxv({}), bytes(16))
        self.assertEqual(elf.parse_auxv(auxv[:17]), {33: 0x7000})

    @staticmethod
    def read_sections(data):
        """Name -> (header, contents)."""
        fields = struct.unpack_from("=16sHHIQQQIHHHHHH", data)
        headers = [
            struct.unpack_from("=IIQQQQIIQQ", data, fields[6] + 64 * i)
            for i in range(fields[12])
        ]
        contents = {}
        for header in headers[1:]:
            at = headers[fields[13]][4] + header[0]
            name = data[at : data.index(b"\0", at)]
            contents[name] = (header, data[header[4] : header[4] + header[5]])
        return contents

    def test_pointer_file(self):
        auxv = elf.pack_auxv({6: 4096})
        sections = self.read_sections(elf.build_pointer_file(62, "_dl_auxv", auxv))
        header, data = sections[b".rodata"]
        self.assertEqual(header[2], elf.SHF_ALLOC)  # neither written nor executed
        pointer = struct.unpack_from("=Q", data)[0]
        self.assertEqual(data[pointer - header[3] :], auxv)
        symbol = struct.unpack_from("=IBBHQQ", sections[b".symtab"][1], 24)
        self.assertEqual(symbol, (1, 0x11, 0, 1, header[3], 8))
        self.assertEqual(sections[b".strtab"][1], b"\0_dl_auxv\0")

    def test_symbol_file(self):
        sections = self.read_sections(elf.build_symbol_file(62, "here", 0x1000))
        symbol = struct.unpack_from("=IBBHQQ", sections[b".symtab"][1], 24)
        self.assertEqual(symbol, (1, 0x12, 0, 1, 0x1000, 1))
        self.assertEqual(sections[b".text"][0][3], 0x1000)

    def test_weak_aliases(self):
        def make(symbols):
            symtab = bytes(24) + b"".join(struct.pack("=IBBHQQ", *s) for s in symbols)
            header = struct.pack(
                "=16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 3, 62, 1, 0, 0,
                64 + len(symtab), 0, 64, 56, 0, 64, 2, 0,
            )  # fmt: skip
            section = struct.pack(
                "=IIQQQQIIQQ", 0, elf.SHT_DYNSYM, 2, 64, 64, len(symtab), 0, 1, 8, 24
            )
            return header + symtab + bytes(64) + section

        others = [(5, 0x12, 0, 12, 0xAF0, 9), (9, 0x22, 0, 12, 1, 9)]
        data = make([(1, 0x22, 0, 12, 0xAF0, 9)] + others)
        wanted = make([(1, 0x22, 0, 0, 0, 0)] + others)
        self.assertEqual(elf.remove_weak_aliases(data), wanted)
        source = random.Random(23)
        for _ in range(1000):
            damaged = bytearray(data)
            for _ in range(source.randrange(1, 20)):
                damaged[source.randrange(len(data))] = source.randrange(256)
            self.assertEqual(len(elf.remove_weak_aliases(bytes(damaged))), len(data))
        for size in range(len(data)):
            self.assertEqual(len(elf.remove_weak_aliases(data[:size])), size)

    def test_stand_in(self):
        data = elf.build_stand_in(62, 0xABCDEF, b"/lib/ld.so")
        self.assertEqual(struct.unpack_from("=16sH", data)[1], elf.ET_EXEC)
        sections = self.read_sections(data)
        self.assertEqual(sections[b".dynamic"][0][3], elf.NO_MEMORY)
        self.assertEqual(
            sections[b".dynamic"][1], struct.pack("=4Q", 21, 0xABCDEF, 0, 0)
        )
        self.assertEqual(sections[b".interp"][1], b"/lib/ld.so\0")


class ProcessTest(unittest.TestCase):
    def test_status(self):
        status = process.parse_status(
            "Name:\t0:prog\nState:\tS (sleeping)\nTgid:\t7\nTracerPid:\t3\n"
            "Uid:\t1\t2\t3\t4\nNSpid:\t7\t1\n"
        )
        self.assertEqual(status, ("0:prog", "S", 7, 3, 2, [7, 1]))
        self.assertEqual(process.inner_pid(status), 1)

    def test_status_without_fields(self):
        for content in ("", "Tgid:\n", "Tgid: x\nUid: 1\n", "::\n"):
            status = process.parse_status(content)
            self.assertEqual((status.tgid, status.tracer), (0, 0))

    def test_own_status(self):
        status = process.read_status(os.getpid())
        self.assertEqual(status.tgid, os.getpid())
        self.assertEqual(status.state, "R")

    def test_explains_yama(self):
        error = OSError(errno.EPERM, os.strerror(errno.EPERM))
        for scope, user, owner, text in [
            (0, 1000, 1000, "run pip-gdb as the user that owns it"),
            (1, 1000, 1000, "scope is 1: start the program by 'pip-gdb --args'"),
            (2, 1000, 1000, "scope is 2: run pip-gdb as root"),
            (3, 0, 0, "scope is 3, until the next boot"),
            (1, 1000, 2000, "run pip-gdb as the user that owns it"),
        ]:
            status = mock.Mock(st_uid=owner)
            with mock.patch.object(
                process, "read_yama_scope", return_value=scope
            ), mock.patch("os.geteuid", return_value=user), mock.patch(
                "os.stat", return_value=status
            ):
                line = process.explain(error, 123)
            self.assertIn(text, line)
            self.assertIn("process 123: ", line)
            self.assertNotIn("\n", line)

    def test_no_process(self):
        with self.assertRaisesRegex(process.ProcessError, "no process 999999999"):
            process.read_status(999999999)

    def test_own_memory(self):
        with process.Memory(os.getpid()) as memory:
            with open("/proc/self/maps", "rb") as file:
                first = next(m for m in maps.parse(file) if m.perms.startswith("r"))
            self.assertEqual(len(memory.read(first.start, 64)), 64)
            self.assertEqual(memory.read(elf.NO_MEMORY, 8), b"")
            self.assertEqual(memory.read(0, 8), b"")
            self.assertEqual(memory.read(-8, 8), b"")
            self.assertEqual(memory.read((1 << 64) - 8, 8), b"")
            self.assertEqual(memory.read_string(0), b"")


class ProgramTest(unittest.TestCase):
    def test_safe_paths(self):
        for path in (b"/bin/true", b"/with space/'\"\\", "/ä".encode()):
            self.assertTrue(survey.is_safe_path(path))
        unsafe = (b"", b"bin/true", b"/a\nshell id", b"/a\x1b[2J", b"/\xff", b"/\x7f")
        for path in unsafe:
            self.assertFalse(survey.is_safe_path(path))

    def test_not_a_pip_process(self):
        with self.assertRaisesRegex(process.ProcessError, "not a PiP root or task"):
            program.Program(os.getpid())
        with self.assertRaisesRegex(process.ProcessError, "no process"):
            program.Program(999999999)

    def test_false_table(self):
        """A memfd of the right name in a process that is no PiP program."""
        import mmap  # pylint: disable=import-outside-toplevel

        for contents, reason in (
            (bytes(4096), "unusable.*magic"),
            (make_header(nentries=3).ljust(4096, b"\0"), "forked"),
            (make_header(nentries=4000).ljust(4096, b"\0"), "unusable.*claims"),
        ):
            fd = os.memfd_create("pip-task-table")
            os.write(fd, contents)
            with mmap.mmap(fd, 4096):
                os.close(fd)
                with self.assertRaisesRegex(process.ProcessError, reason):
                    program.Program(os.getpid())


class FormatTest(unittest.TestCase):
    def test_header(self):
        self.assertEqual(
            text.task_header("3", 5, 1234, "/a\x1bb"),
            "pip 3 (inferior 5, process 1234, /a?b)",
        )

    def test_shorten(self):
        self.assertEqual(text.shorten("abcdef", 6), "abcdef")
        self.assertEqual(text.shorten("abcdefg", 6), "abc...")
        self.assertEqual(text.shorten("abcdefg", 2), "..")

    def test_tabulate(self):
        output = text.tabulate(
            ("N", "NAME", "WHERE"),
            [("1", "a", "x" * 100), ("10", "long\n", "y")],
            right=(0,),
        )
        self.assertEqual(
            output,
            " N NAME  WHERE\n"
            + " 1 a     " + "x" * 68 + "...\n"
            + "10 long? y\n",
        )  # fmt: skip
        self.assertLessEqual(max(len(line) for line in output.splitlines()), 80)

    def test_place(self):
        self.assertEqual(text.place("f", 16, "/x/y.c", 7, ""), "f at y.c:7")
        self.assertEqual(text.place("f", 16, "", 0, "/lib/libc.so"), "f in libc.so")
        self.assertEqual(text.place("", 16, "", 0, ""), "0x10")

    def test_numbers(self):
        self.assertEqual(text.parse_numbers("1 3-5"), [1, 3, 4, 5])
        self.assertEqual(text.parse_numbers(""), [])
        for bad in ("x", "-1", "5-3", "1,2", "1-"):
            with self.assertRaises(ValueError):
                text.parse_numbers(bad)
        self.assertLess(len(text.parse_numbers("1-99999999999")), 1_000_003)

    def test_count(self):
        self.assertEqual(text.count(1, "task"), "1 task")
        self.assertEqual(text.count(0, "task"), "0 tasks")


def entry_of(index, **values):
    return table.parse_entry(bytes(make_entry(index, **values)), index)


class PipidsTest(unittest.TestCase):
    def test_parse(self):
        chosen = pipids.parse("root,0-3,7,state=ready")
        self.assertTrue(chosen.root)
        self.assertEqual(chosen.ranges, ((0, 3), (7, 7)))
        self.assertEqual(chosen.states, ("ready",))
        self.assertTrue(pipids.parse("all").everybody)

    def test_has(self):
        chosen = pipids.parse("0-1,state=ready")
        labels = [
            entry.label
            for entry in pipids.select(
                [entry_of(i) for i in range(5)],
                chosen,
                lambda entry: ["ready"] if entry.index == 4 else [],
            )
        ]
        self.assertEqual(labels, ["0", "1", "3"])

    def test_bad(self):
        for bad in ("", "x", "3-1", "1,", "-1", "1-", "state=", "state=odd", "1 2"):
            with self.assertRaises(ValueError):
                pipids.parse(bad)

    def test_join(self):
        self.assertEqual(pipids.join(["7", "root", "2", "0", "1", "1"]), "root,0-2,7")
        self.assertEqual(pipids.join([]), "")
        self.assertEqual(
            pipids.describe(["0", "1", "2", "3", "7"]), "[0-3,7] 5 tasks"
        )
        self.assertEqual(pipids.describe(["root"]), "[root] 1 task")

    def test_both_ways(self):
        source = random.Random(5)
        for _ in range(200):
            numbers = {source.randrange(60) for _ in range(source.randrange(1, 40))}
            chosen = pipids.parse(pipids.join(map(str, numbers)))
            found = {i for i in range(60) if chosen.has(entry_of(i + 1), ())}
            self.assertEqual(found, numbers)


def stack_of(label, *names, note=""):
    """Outermost first."""
    frames = [stacks.Frame(name, 16, "/x/a.c", 7, "/x/a") for name in reversed(names)]
    return stacks.Stack(label, 5, 6, "a", note, frames)


class IdentifiersTest(unittest.TestCase):
    def test_names_are_replaced_where_they_are_names(self):
        self.assertEqual(
            identifiers.replace_names(
                'x + s.x + "x" + $x + sizeof(int) + (struct x *)0 + x1 + 0x1 + p->x',
                lambda name: f"<{name}>" if name == "x" else None,
            ),
            '<x> + s.x + "x" + $x + sizeof(int) + (struct x *)0 + x1 + 0x1 + p->x',
        )

    def test_what_print_takes_before_the_expression(self):
        for options, expression in (
            ("", ""),
            ("", "x"),
            ("", "-x"),
            ("", "-x - y"),
            ("", "--x"),
            ("/x ", "x"),
            ("/2wx ", "&x"),
            ("-- ", "x"),
            ("-pretty -- ", "x"),
            ("-elements 3 -o -- /x ", "x"),
        ):
            self.assertEqual(
                identifiers.split_print(options + expression), (options, expression)
            )


class StacksTest(unittest.TestCase):
    def test_tree(self):
        several = [stack_of(str(i), "main", "work", "sleep") for i in (0, 1, 2, 3)]
        several += [stack_of("7", "main", "work", "read"), stack_of("root", "main")]
        self.assertEqual(
            stacks.format_tree(several),
            "[root,0-3,7] 6 tasks\n"
            "  main at a.c:7\n"
            "  [0-3,7] 5 tasks\n"
            "    work at a.c:7\n"
            "    [0-3] 4 tasks\n"
            "      sleep at a.c:7\n"
            "    [7] 1 task\n"
            "      read at a.c:7\n",
        )

    def test_threads_and_notes(self):
        output = stacks.format_tree(
            [
                stack_of("0", "main"),
                stack_of("0", "main"),
                stack_of("1", note="(running)"),
                stack_of("2", "main", "wait", note="(suspended)"),
            ]
        )
        self.assertEqual(
            output,
            "[0,2] 2 tasks, 3 stacks\n"
            "  main at a.c:7\n"
            "  [2] 1 task\n"
            "    wait at a.c:7\n"
            "    (suspended)\n"
            "[1] 1 task\n"
            "  (running)\n",
        )
        self.assertEqual(stacks.format_tree([]), "")

    def test_every_stack_is_counted(self):
        source = random.Random(9)
        several = [
            stack_of(str(i), *[f"f{source.randrange(3)}" for _ in range(6)])
            for i in range(100)
        ]
        tree = stacks.merge(several)

        def check(node):
            below = sum(len(child.stacks) for child in node.children.values())
            self.assertTrue(below == len(node.stacks) or not node.children)
            for child in node.children.values():
                check(child)

        check(tree)
        self.assertEqual(len(tree.stacks), 100)

    def test_deep(self):
        output = stacks.format_tree([stack_of("0", *["f"] * 5000)])
        self.assertEqual(output.count("\n"), 5001)
        self.assertLessEqual(max(map(len, output.splitlines())), 80)

    def test_incomplete(self):
        output = stacks.format_tree(
            [
                stack_of("0", "main")._replace(ended_by="more frames"),
                stack_of("1", "main"),
                stack_of("2", note="(lost)")._replace(ended_by="lost"),
            ]
        )
        self.assertEqual(
            output,
            "[0] 1 task\n  (more frames)\n  main at a.c:7\n"
            "[1] 1 task\n  main at a.c:7\n"
            "[2] 1 task\n  (lost)\n",
        )

    def test_frames_without_symbols(self):
        files = stacks.Files(
            [
                maps.Mapping(0x5000, 0x6000, "r-xp", 0x1000, b"1", 1, b"/x/p q", False),
                maps.Mapping(0x6000, 0x7000, "rw-p", 0, b"1", 0, b"[heap]", False),
                maps.Mapping(0x1000, 0x2000, "r-xp", 0, b"1", 1, b"/x/p q", False),
            ]
        )
        unknown = stacks.Frame("", 0x5123, "", 0, "")
        located = files.locate(unknown)
        self.assertEqual(located.object, "/x/p q")
        self.assertEqual(located.where, "0x1123 in p q")
        named = unknown._replace(function="f")
        self.assertEqual(files.locate(named).where, "f in p q")
        for address in (0, 0x2000, 0x6123, 0xFFFFFFFFFFFFFFFF):
            frame = unknown._replace(address=address)
            self.assertEqual(files.locate(frame), frame)
            self.assertEqual(files.locate(frame).where, "??")

    def test_json(self):
        several = [stack_of("1", "main"), stack_of("root", "main\x1b")]
        document = json.loads(stacks.to_json(several))
        self.assertEqual((document["format"], document["version"]), ("pip-bt", 1))
        self.assertEqual([t["pipid"] for t in document["tasks"]], ["root", "1"])
        frame = document["tasks"][1]["stacks"][0]["frames"][0]
        self.assertEqual(
            frame,
            {
                "function": "main",
                "address": "0x10",
                "file": "/x/a.c",
                "line": 7,
                "object": "/x/a",
            },
        )


class CompareTest(unittest.TestCase):
    @staticmethod
    def outliers(*values):
        rows = [compare.Row(str(i), value) for i, value in enumerate(values)]
        return sorted(compare.find_outliers(rows))

    def test_outliers(self):
        self.assertEqual(self.outliers("1", "1", "1", "2"), ["3"])
        self.assertEqual(self.outliers("1", "1", "2", "2"), [])
        self.assertEqual(self.outliers("1", "2", "3"), [])
        self.assertEqual(self.outliers(*map(str, range(64))), [])
        self.assertEqual(self.outliers("100", "101", "99", "102", "5", "98"), ["4"])
        self.assertEqual(self.outliers("a", "b", "c", "d", "e"), [])
        self.assertEqual(self.outliers("7", "7", "7", "7"), [])
        # What is no number, and what has no end, is odd among numbers only.
        some = ["1.5", "2", "3", "4", "5", "6"]
        self.assertEqual(self.outliers(*some, "nan(0x8000000000000)"), ["6"])
        self.assertEqual(self.outliers(*some, "-nan(0x8000000000000)"), ["6"])
        self.assertEqual(self.outliers(*some, "inf", "-inf"), ["6", "7"])
        self.assertEqual(self.outliers(*some[:3], "inf", "-inf", "nan(0x8)"), [])
        self.assertEqual(self.outliers(*some[:4], "x", "nano"), [])

    def test_failed_is_no_outlier(self):
        rows = [compare.Row(str(i), "1") for i in range(4)]
        rows.append(compare.Row("4", "unreadable", True))
        self.assertEqual(compare.find_outliers(rows), set())

    def test_numbers(self):
        self.assertEqual(compare.to_number("-23"), -23)
        self.assertEqual(compare.to_number("0x17 <f+3>"), 23)
        self.assertEqual(compare.to_number("65 'A'"), 65)
        self.assertEqual(compare.to_number("1.5e+10"), 1.5e10)
        for value in ("{a = 1}", "", "x", "0x", '"1"'):
            self.assertIsNone(compare.to_number(value))

    def test_rows(self):
        rows = [compare.Row(str(i), "1") for i in range(4)]
        rows.append(compare.Row("4", "{\n  a\x1b = 2}"))
        self.assertEqual(
            compare.format_rows(rows),
            "  PIPID  VALUE\n"
            + "".join(f"      {i}  1\n" for i in range(4))
            + "*     4  { a? = 2}\n* outliers: [4] 1 task\n",
        )

    def test_differences(self):
        values = [
            compare.Leaves(str(i), {".a": "1", ".b": "2" if i < 3 else "5"})
            for i in range(4)
        ]
        failed = [compare.Row("4", "it is running", True)]
        self.assertEqual(
            compare.format_differences("x", values, failed),
            "x.b:\n  [0-2] 3 tasks: 2\n  [3] 1 task: 5\n"
            "  [4] 1 task: <it is running>\n",
        )
        same = [compare.Leaves(str(i), {"": "1"}) for i in range(2)]
        self.assertEqual(
            compare.format_differences("x", same, []),
            "x: the same in [0-1] 2 tasks: 1\n",
        )


class OwnerTest(unittest.TestCase):
    MAPS = [
        b"1ffffff00000-1ffffff04000 rw-s 00000000 00:01 7 /memfd:pip-task-table\n",
        b"200000001000-200000002000 r-xp 00003000 fe:00 9 /bin/a\n",
        b"200000002000-200000004000 rw-p 00000000 00:00 0\n",
        b"550000000000-550000001000 r-xp 00000000 fe:00 9 /bin/a\n",
        b"560000000000-560000001000 rw-p 00000000 00:00 0 [heap]\n",
        b"7ffff0000000-7ffff0001000 r-xp 00000000 00:00 0 [vdso]\n",
    ]

    def find(self, address):
        entries = [
            entry_of(0),
            entry_of(
                1,
                window_low=0x200000000000,
                window_high=0x201000000000,
                stack_low=0x200000003000,
                stack_high=0x200000004000,
            ),
        ]
        return owner.find_owner(list(maps.parse(self.MAPS)), entries, address)

    def test_owners(self):
        for address, label, kind, offset in (
            (0x1FFFFFF00010, None, "task table", 0x10),
            (0x200000001010, "0", "object", 0x3010),
            (0x200000002010, "0", "anonymous memory", 0x10),
            (0x200000003010, "0", "stack", 0x1010),
            (0x550000000010, "root", "object", 0x10),
            (0x560000000010, "root", "heap", 0x10),
            (0x7FFFF0000010, None, "[vdso]", 0x10),
        ):
            found = self.find(address)
            self.assertEqual((found.kind, found.offset), (kind, offset))
            self.assertEqual(found.entry.label if found.entry else None, label)
        self.assertIsNone(self.find(0x10))


class ContextTest(unittest.TestCase):
    def test_registers(self):
        words = struct.pack("=8x7Q", 15, 14, 13, 12, 3, 5, 0x4321)
        memory = FakeMemory({0x1000: words})
        entry = entry_of(1, blt_state=3, blt_sp=0x1000, blt_fs=0x77)
        registers = context.read_context(memory.read, entry, 62)
        self.assertEqual(registers["rip"], 0x4321)
        self.assertEqual(registers["rsp"], 0x1040)
        self.assertEqual((registers["rbx"], registers["rbp"]), (3, 5))
        self.assertEqual((registers["r12"], registers["r15"]), (12, 15))
        self.assertEqual(registers["fs_base"], 0x77)

    def test_bad(self):
        read = FakeMemory().read
        for entry, machine, reason in (
            (entry_of(1, blt_sp=0x1000), 183, "machine"),
            (entry_of(1), 62, "not left"),
            (entry_of(1, blt_sp=0x1000), 62, "can't be read"),
            (entry_of(1, blt_sp=(1 << 64) - 8), 62, "can't be read"),
        ):
            with self.assertRaisesRegex(context.ContextError, reason):
                context.read_context(read, entry, machine)

    def test_states(self):
        self.assertEqual(entry_of(1).blt_name, "")
        self.assertEqual(entry_of(1, blt_state=3).blt_name, "suspended")
        self.assertEqual(entry_of(1, blt_state=99).blt_name, "")
        self.assertTrue(entry_of(1, blt_state=2).has_saved_context)
        self.assertFalse(entry_of(1, blt_state=1).has_saved_context)


if __name__ == "__main__":
    unittest.main()
