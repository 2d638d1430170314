/* SPDX-License-Identifier: BSD-2-Clause */
/* Every installed header in strict C99, without extensions of the C library. */
#include <pip/pip.h>
#include <pip/pip_clone.h>
#include <pip/pip_coordinate.h>
#include <pip/pip_dlfcn.h>
#include <pip/pip_gdbif_enums.h>
#include <pip/pip_gdbif_offsets.h>
#include <pip/pip_machdep.h>
#include <pip/pip_signal.h>
#include <pip/pip_util.h>
#include <pip/pip_virtual_id.h>
#include <pip/xpmem.h>

static const char *const variables[] = {
	PIP_ENV_MODE, PIP_ENV_STOP_ON_START, PIP_ENV_GDB_PATH,
	PIP_ENV_GDB_COMMAND, PIP_ENV_GDB_SIGNALS, PIP_ENV_SHOW_MAPS,
	PIP_ENV_SHOW_PIPS, PIP_ENV_STACKSZ,
};

int main(int argc, char **argv)
{
	pip_spinlock_t lock;
	void *imported;
	int n = 1;

	(void)argc, (void)variables;
	pip_spin_init(&lock);
	return pip_init(NULL, &n, NULL, 0) != 0 ||
	       pip_named_export(argv, "argv") != 0 ||
	       pip_named_import(PIP_PIPID_ROOT, &imported, "%s", "argv") != 0 ||
	       imported != (void *)argv || !pip_spin_trylock(&lock) ||
	       (pip_clone_flags(0) & 0xff) != 17 /* SIGCHLD */ ||
	       xpmem_make(argv, 8, XPMEM_PERMIT_MODE, NULL) !=
		       (xpmem_segid_t)argv;
}
