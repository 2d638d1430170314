# SPDX-License-Identifier: BSD-2-Clause
"""PiP tasks in stock GDB.

A PiP program is many processes in one address space: the root and its tasks,
each task with its own copy of the loader, the libraries and the program.  GDB
knows how to debug many processes (inferiors), but the kernel tells it the
root's story for every task: /proc/PID/exe, the auxiliary vector and so the
loader's list of libraries are all the root's.  This package reads the truth
from the shared task table and gives each inferior its own.

Modules without `import gdb` can be used and tested by themselves:

    process   what else /proc knows of a process, and its memory
    table     the shared task table (include/pip/pip_table.h)
    elf       program headers, r_debug and link map, stand-in executables
    program   a PiP program: its table, and what is wrong with a PID
    survey    what a debugger has to know of each task
    maps, owner         mappings, and whose they are
    stacks, compare     many stacks as a tree, many values as rows
    pipids, identifiers sets of tasks; names in expressions
    context             registers of a user context that does not run
    corefile            reading core files
    coredump, corewriter, coreindex
                        writing core files, and an index of them
    registers           what the kernel tells a tracer; for GDB's main thread
    debugregs           x86's debug status, likewise
    pending             signals that wait for who is stopped, likewise
    leaving             a new process, until it has left its spawner's code
    interrupts          Ctrl-C has to wait
    format    lines and tables of text
    progress  a line that counts

Modules at the edge to GDB:

    settings     GDB settings, for a while or for good
    symbols      executables and symbol files of inferiors
    libraries    reading the libraries of many inferiors
    vdso         the one vDSO of many inferiors
    hooks        what goes along with GDB's own commands
    inferiors    which inferior is which task, `info inferiors`
    attach       attaching and detaching
    detaching    a detach that neither stops nor ends anybody
    following    processes that tasks fork, where the user wants them
    killing      what else ends with a root
    views        a task as a debugger sees it: where its stack is
    unwinder     stacks that no kernel thread is on
    frames       GDB's frames as stacks.Frame
    names        which task's variable is meant
    own_print    GDB's own `print`, likewise
    threadmode   tasks that are threads of one inferior
    spawning     new tasks, from their first instruction
    loading      tasks whose loader is at work
    executing    tasks that execute another program
    core         core files and indexes as sessions
    listing      `info pip`
    breakpoints  conditions that hold in the task that stops, shared code
    commands, command_*
                 the `pip` commands
    start        what the launcher runs
"""
