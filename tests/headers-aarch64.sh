#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pip_machdep.h for AArch64 compiles, in C and C++, to its instructions.
. "${srcdir:-.}/tests/testlib.sh"

cat >use.c <<'END'
#include <pip/pip_machdep.h>
#ifndef PIP_MACHDEP_AARCH64_H
#error "another CPU's"
#endif
static pip_spinlock_t lock;
static pip_atomic_t number;
void use_pause(void) { pip_pause(); }
void use_write(void) { pip_write_barrier(); }
void use_memory(void) { pip_memory_barrier(); }
intptr_t use_all(void)
{
	pip_spin_init(&lock);
	pip_spin_lock(&lock);
	pip_spin_unlock(&lock);
	pip_spin_lock_wv(&lock, 2);
	if (pip_spin_trylock(&lock) || pip_spin_trylock_wv(&lock, 3) ||
	    !pip_comp_and_swap(&lock, 2, 0))
		return -1;
	pip_spin_destroy(&lock);
	pip_comp2_and_swap(&number, 0, 1);
	return pip_atomic_fetch_and_add(&number, 2) +
	       pip_atomic_sub_and_fetch(&number, 1);
}
END
cp use.c use.cc

# Freestanding: no C library of that CPU is needed.
flags="-I$top_srcdir/include -ffreestanding -nostdinc++ -O2 -Wall -Wextra -Werror -S"
if command -v aarch64-linux-gnu-gcc >/dev/null; then
	compiler=aarch64-linux-gnu-gcc
elif command -v clang >/dev/null &&
	echo 'int x;' | clang --target=aarch64-linux-gnu -x c -c -o x.o - 2>/dev/null; then
	compiler='clang --target=aarch64-linux-gnu'
else
	skip 'no compiler for AArch64: install clang, or gcc-aarch64-linux-gnu'
fi
for source in use.c use.cc; do
	# shellcheck disable=SC2086 # words by intention
	$compiler $flags -o "$source.s" "$source" || fail "$source does not compile"
	for instruction in 'yield' 'dmb[[:space:]]*ishst' 'dmb[[:space:]]*ish'; do
		grep -qE "^[[:space:]]*$instruction\$" "$source.s" || {
			show "$source.s"
			fail "$source: no '$instruction'"
		}
	done
done
