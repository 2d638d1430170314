// SPDX-License-Identifier: BSD-2-Clause
/* What pip-ipc --verify compares: a wrong byte is found wherever it is, and the
 * checksum does not depend on how the stream was cut. */
#include "../bench/ipc/ipc.h"

#include "check.h"

#define SIZE 300

int main(void)
{
	static char whole[SIZE + 8], part[SIZE];

	ipc_fill(whole, SIZE, 0);
	for (size_t offset = 0; offset < 20; offset++)
		for (size_t size = 0; size < 40; size++) {
			uint64_t cut;

			ipc_fill(part, size, offset);
			CHECK(memcmp(part, whole + offset, size) == 0);
			CHECK(ipc_compare(part, size, offset) == size);
			cut = ipc_checksum(IPC_CHECKSUM_SEED, part, size / 3);
			cut = ipc_checksum(cut, part + size / 3,
					   size - size / 3);
			CHECK(cut == ipc_checksum(IPC_CHECKSUM_SEED, part,
						  size));
			for (size_t i = 0; i < size; i++) {
				part[i] ^= 4;
				CHECK(ipc_compare(part, size, offset) == i);
				part[i] ^= 4;
			}
		}
	/* A block that is late by one does not fit. */
	CHECK(ipc_compare(whole, 64, 64) == 0);
	/* FNV-1a of "a", as published with it. */
	CHECK(ipc_checksum(IPC_CHECKSUM_SEED, "a", 1) == 0xaf63dc4c8601ec8cull);
	return check_finish();
}
