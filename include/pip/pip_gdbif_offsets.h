/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the original has what in the structures that its patched GDB reads
 * (64-bit): a root, found by the symbol PIP_GDBIF_ROOT_VARNAME, and a circular
 * list of tasks.  Offsets and sizes are in bytes.
 *
 * The structures do not exist here: this runtime has the task table of
 * pip_table.h, which pip-gdb and all other tools read.  The numbers are facts
 * about the original, for who reads its programs or core dumps; the names of
 * the macros are this package's.
 */
#ifndef PIP_GDBIF_OFFSETS_H
#define PIP_GDBIF_OFFSETS_H

#define PIP_GDBIF_OFFSET_ROOT_HOOK_BEFORE 0
#define PIP_GDBIF_OFFSET_ROOT_HOOK_AFTER 8
#define PIP_GDBIF_OFFSET_ROOT_TASK_ROOT 40 /* the head of the list, a task */
#define PIP_GDBIF_SIZE_ROOT 152            /* tasks follow */

#define PIP_GDBIF_OFFSET_TASK_NEXT 0
#define PIP_GDBIF_OFFSET_TASK_PREV 8
#define PIP_GDBIF_OFFSET_TASK_ROOT 16
#define PIP_GDBIF_OFFSET_TASK_FREE 24
#define PIP_GDBIF_OFFSET_TASK_PATHNAME 32
#define PIP_GDBIF_OFFSET_TASK_REALPATHNAME 40
#define PIP_GDBIF_OFFSET_TASK_ARGC 48
#define PIP_GDBIF_OFFSET_TASK_ARGV 56
#define PIP_GDBIF_OFFSET_TASK_ENVV 64
#define PIP_GDBIF_OFFSET_TASK_HANDLE 72
#define PIP_GDBIF_OFFSET_TASK_LOAD_ADDRESS 80
#define PIP_GDBIF_OFFSET_TASK_PID 88
#define PIP_GDBIF_OFFSET_TASK_PIPID 92
#define PIP_GDBIF_OFFSET_TASK_EXIT_CODE 96
#define PIP_GDBIF_OFFSET_TASK_EXEC_MODE 100 /* enum pip_gdbif_exmode */
#define PIP_GDBIF_OFFSET_TASK_STATUS 104    /* enum pip_gdbif_status */
#define PIP_GDBIF_OFFSET_TASK_GDB_STATUS 108
#define PIP_GDBIF_SIZE_TASK 112

#endif /* PIP_GDBIF_OFFSETS_H */
