# SPDX-License-Identifier: BSD-2-Clause
"""PiP tasks in stock GDB.

A PiP program is many processes in one address space: the root and its tasks,
each task with its own copy of the loader, the libraries and the program.  GDB
knows how to debug many processes (inferiors), but the kernel tells it the
root's story for every task: /proc/PID/exe, the auxiliary vector and so the
loader's list of libraries are all the root's.  This package reads the truth
from the shared task table and gives each inferior its own.

Modules without `import gdb` can be used and tested by themselves:

    maps      lines of /proc/PID/maps
    process   what else /proc knows of a process, and its memory
    table     the shared task table (include/pip/pip_table.h)
    elf       program headers, r_debug and link map, stand-in executables
    program   a PiP program: its table, and what is wrong with a PID
    survey    what a debugger has to know of each task
    format    lines and tables of text
    progress  a line that counts

Modules at the edge to GDB:

    settings     GDB settings, for a while or for good
    symbols      executables, symbol files and libraries of inferiors
    inferiors    which inferior is which task, `info inferiors`
    attach       attaching and detaching
    listing      `pip list`
    breakpoints  conditions that hold in the task that stops
    commands     the `pip` commands
    start        what the launcher runs
"""
