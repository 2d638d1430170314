/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Prints the layout of the task table, as this compiler has it: lines of
 * STRUCT FIELD OFFSET SIZE, and of constants NAME VALUE.  Readers in other
 * languages are compared with it.
 */
#include <pip/pip.h>
#include <pip/pip_table.h>
#include <stdio.h>

#define SHOW(kind, field)                                                   \
	printf(#kind " " #field " %zu %zu\n",                               \
	       offsetof(struct pip_table_##kind, field),                    \
	       sizeof(((struct pip_table_##kind *)NULL)->field))
#define HEADER(field) SHOW(header, field)
#define ENTRY(field) SHOW(entry, field)
#define VALUE(name) printf("%s %lld\n", #name, (long long)(name))

static void show_header(void)
{
	HEADER(magic);
	HEADER(byte_order);
	HEADER(version_major);
	HEADER(version_minor);
	HEADER(header_size);
	HEADER(entry_size);
	HEADER(nentries);
	HEADER(nused);
	HEADER(table_size);
	HEADER(table_address);
	HEADER(root_pid);
	HEADER(mode);
	HEADER(window_base);
	HEADER(window_size);
	HEADER(created);
	HEADER(spawned_total);
	HEADER(ended_total);
	HEADER(runtime);
	HEADER(finished);
	HEADER(guardian_pid);
	HEADER(memfd);
}

static void show_entry(void)
{
	ENTRY(seq);
	ENTRY(state);
	ENTRY(generation);
	ENTRY(pipid);
	ENTRY(pid);
	ENTRY(tid);
	ENTRY(mode);
	ENTRY(spawned);
	ENTRY(ended);
	ENTRY(flags);
	ENTRY(wait_status);
	ENTRY(parent_pipid);
	ENTRY(argc);
	ENTRY(load_bias);
	ENTRY(loader_base);
	ENTRY(r_debug);
	ENTRY(stack_low);
	ENTRY(stack_high);
	ENTRY(fs_base);
	ENTRY(argv);
	ENTRY(envp);
	ENTRY(auxv);
	ENTRY(window_low);
	ENTRY(window_high);
	ENTRY(window_used);
	ENTRY(start_address);
	ENTRY(coreno);
	ENTRY(user_ns);
	ENTRY(system_ns);
	ENTRY(counters);
	ENTRY(blt_state);
	ENTRY(blt_kthread);
	ENTRY(blt_waits_on);
	ENTRY(blt_sp);
	ENTRY(blt_pc);
	ENTRY(blt_fs);
	ENTRY(blt_domain);
	ENTRY(blt_idle);
	ENTRY(program);
	ENTRY(command);
	ENTRY(func);
}

int main(void)
{
	show_header();
	show_entry();
	printf("MAGIC %s\n", PIP_TABLE_MAGIC);
	printf("TABLE_PATH /memfd:%s\n", PIP_TABLE_NAME);
	printf("HEADER_SIZE %zu\n", sizeof(struct pip_table_header));
	printf("ENTRY_SIZE %zu\n", sizeof(struct pip_table_entry));
	VALUE(PIP_TABLE_BYTE_ORDER);
	VALUE(PIP_TABLE_VERSION_MAJOR);
	VALUE(PIP_STATE_FREE);
	VALUE(PIP_STATE_LOADING);
	VALUE(PIP_STATE_RUNNING);
	VALUE(PIP_STATE_ENDED);
	VALUE(PIP_TABLE_MODE_THREAD);
	VALUE(PIP_BLT_COUPLED);
	VALUE(PIP_BLT_DECOUPLED);
	VALUE(PIP_BLT_READY);
	VALUE(PIP_BLT_SUSPENDED);
	VALUE(PIP_BLT_DEAD);
	VALUE(PIP_BLT_IDLE_NOT);
	VALUE(PIP_BLT_IDLE_SPINNING);
	VALUE(PIP_BLT_IDLE_ASLEEP);
	VALUE(PIP_TASK_FLAG_ROOT);
	VALUE(PIP_TASK_FLAG_OUTSIDE);
	VALUE(PIP_TASK_FLAG_TRUNCATED);
	VALUE(PIP_TASK_FLAG_UNPLACED);
	VALUE(PIP_PIPID_ROOT);
	return 0;
}
