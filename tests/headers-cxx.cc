// SPDX-License-Identifier: BSD-2-Clause
// Every installed header in C++, with the constants and what is inline in it.
#include <sched.h>

#include <pip/pip.h>
#include <pip/pip_clone.h>
#include <pip/pip_coordinate.h>
#include <pip/pip_dlfcn.h>
#include <pip/pip_gdbif_enums.h>
#include <pip/pip_gdbif_offsets.h>
#include <pip/pip_machdep.h>
#include <pip/pip_signal.h>
#include <pip/pip_table.h>
#include <pip/pip_util.h>
#include <pip/pip_virtual_id.h>
#include <pip/xpmem.h>

#include <thread>
#include <vector>

#include "check.h"

static_assert(PIPIDLEN == 64, "");
static_assert(PIP_CACHEBLK_SZ == 64, "");
static_assert(sizeof(pip_spinlock_t) == 4 && sizeof(pip_atomic_t) == 8, "");
static_assert(PIP_GDBIF_PIPID_ROOT == -1 && PIP_GDBIF_PIPID_ANY == -2, "");
static_assert(PIP_GDBIF_STATUS_TERMINATED == 4, "");
static_assert(PIP_GDBIF_EXMODE_THREAD == 2, "");
static_assert(PIP_GDBIF_OFFSET_ROOT_TASK_ROOT == 40, "");
static_assert(PIP_GDBIF_OFFSET_TASK_GDB_STATUS + 4 == PIP_GDBIF_SIZE_TASK, "");
static_assert(XPMEM_MAXADDR_SIZE == static_cast<size_t>(-1), "");
static_assert(XPMEM_CURRENT_VERSION == 0x22000 && XPMEM_RDWR == 2, "");
static_assert(XPMEM_ERRNO_NOPROC == 2004 && XPMEM_PERMIT_MODE == 1, "");
#if PIP_VERSION_MAJOR == 2
static_assert(sizeof(pip_barrier_t) == 80, "");
#endif

static void check_clone_flags()
{
	// As pthread_create() of the original's glibc has them.
	CHECK_INT(pip_clone_flags(0x3d0f00), 0x3c2100 | SIGCHLD);
	CHECK_INT(pip_clone_flags(CLONE_NEWPID | CLONE_IO | 0xff),
		  CLONE_SETTLS | CLONE_VM | CLONE_PTRACE | CLONE_SYSVSEM |
			  SIGCHLD);
}

static void check_machdep()
{
	std::vector<std::thread> threads;
	pip_spinlock_t lock;
	pip_atomic_t atomic = 0;
	long counter = 0;

	pip_spin_init(&lock);
	CHECK(pip_spin_trylock(&lock));
	CHECK(!pip_spin_trylock(&lock));
	CHECK(!pip_spin_trylock_wv(&lock, 7));
	pip_spin_unlock(&lock);
	CHECK(pip_spin_trylock_wv(&lock, 7));
	CHECK_INT(lock, 7);
	CHECK(!pip_comp_and_swap(&lock, 6, 8));
	CHECK(pip_comp_and_swap(&lock, 7, 0));
	for (int i = 0; i < 4; i++)
		threads.emplace_back([&] {
			for (int n = 0; n < 5000; n++) {
				pip_spin_lock_wv(&lock, 3);
				counter++;
				pip_spin_unlock(&lock);
				pip_spin_lock(&lock);
				counter++;
				pip_spin_unlock(&lock);
				pip_atomic_fetch_and_add(&atomic, 3);
				pip_atomic_sub_and_fetch(&atomic, 1);
			}
		});
	for (auto &thread : threads)
		thread.join();
	CHECK_INT(counter, 40000);
	CHECK_INT(atomic, 40000);
	CHECK_INT(pip_atomic_fetch_and_add(&atomic, 2), 40000);
	CHECK_INT(pip_atomic_sub_and_fetch(&atomic, 2), 40000);
	CHECK(pip_comp2_and_swap(&atomic, 40000, -1));
	CHECK_INT(atomic, -1);
	pip_write_barrier();
	pip_memory_barrier();
	pip_pause();
	pip_print_fs_segreg();
	pip_spin_destroy(&lock);
}

static void check_xpmem()
{
	char memory[64];
	xpmem_segid_t segid = xpmem_make(memory, sizeof(memory),
					 XPMEM_PERMIT_MODE, nullptr);
	xpmem_apid_t apid = xpmem_get(segid, XPMEM_RDWR, XPMEM_PERMIT_MODE,
				      nullptr);
	struct xpmem_addr addr = { apid, 8 };

	CHECK(segid == reinterpret_cast<intptr_t>(memory));
	CHECK_PTR(xpmem_attach(addr, 8, nullptr), memory + 8);
	CHECK_INT(xpmem_detach(memory + 8), 0);
	CHECK_INT(xpmem_release(apid), 0);
	CHECK_INT(xpmem_remove(segid), 0);
	CHECK_INT(xpmem_version(), 0x22000);
}

int main()
{
	check_start();
	check_clone_flags();
	check_machdep();
	check_xpmem();
	CHECK_ERROR(pip_kill(PIP_PIPID_ROOT, 0), EPERM);
	CHECK_PTR(pip_dlsym(nullptr, "no such symbol"), nullptr);
	pip_print_maps();
	return check_finish();
}
