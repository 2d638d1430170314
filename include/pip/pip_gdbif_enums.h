/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers of the original's interface to its patched GDB.  Here GDB reads the
 * task table (pip_table.h); these are for programs that name them.
 */
#ifndef PIP_GDBIF_ENUMS_H
#define PIP_GDBIF_ENUMS_H

#define PIP_GDBIF_ROOT_VARNAME "pip_gdbif_root"

enum pip_gdbif_pipid {
	PIP_GDBIF_PIPID_ROOT = -1,
	PIP_GDBIF_PIPID_ANY = -2
};

enum pip_gdbif_status {
	PIP_GDBIF_STATUS_NULL = 0,
	PIP_GDBIF_STATUS_CREATED = 1,
	PIP_GDBIF_STATUS_LOADED = 2,
	PIP_GDBIF_STATUS_SPAWNED = 3,
	PIP_GDBIF_STATUS_TERMINATED = 4
};

enum pip_gdbif_gdb_status {
	PIP_GDBIF_GDB_DETACHED = 0,
	PIP_GDBIF_GDB_ATTACHED = 1
};

enum pip_gdbif_exmode {
	PIP_GDBIF_EXMODE_NULL = 0,
	PIP_GDBIF_EXMODE_PROCESS = 1,
	PIP_GDBIF_EXMODE_THREAD = 2
};

#endif /* PIP_GDBIF_ENUMS_H */
