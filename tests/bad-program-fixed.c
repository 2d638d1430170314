/* SPDX-License-Identifier: BSD-2-Clause */
/* Linked to a fixed address: cannot be a task. */
int main(void)
{
	return 0;
}
