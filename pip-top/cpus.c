// SPDX-License-Identifier: BSD-2-Clause
/* How busy the CPUs are: /proc/stat, see proc_stat(5). */
#include <config.h>

#include "top.h"

#include <inttypes.h>
#include <string.h>

static void cpu_update(struct top_cpu *cpu, const uint64_t *tick)
{
	uint64_t user = tick[0] + tick[1]; /* user, nice */
	uint64_t system = tick[2] + tick[5] + tick[6] + tick[7];
	uint64_t idle = tick[3] + tick[4]; /* idle, iowait */
	double all = (double)(user + system + idle) -
		     (double)(cpu->user + cpu->system + cpu->idle);

	cpu->user_percent = cpu->system_percent = 0;
	if (all > 0 && user >= cpu->user && system >= cpu->system) {
		cpu->user_percent = 100 * (double)(user - cpu->user) / all;
		cpu->system_percent = 100 * (double)(system - cpu->system) /
				      all;
	}
	cpu->user = user;
	cpu->system = system;
	cpu->idle = idle;
}

void sample_read_cpus(struct top_sample *sample)
{
	FILE *file = fopen("/proc/stat", "re");
	char line[512];

	sample->ncpus = 0;
	while (file && fgets(line, sizeof(line), file) &&
	       strncmp(line, "cpu", 3) == 0) {
		uint64_t tick[8] = { 0 };
		struct top_cpu *cpu = &sample->all_cpus;

		if (line[3] != ' ') {
			if (sample->ncpus == TOP_CPUS_MAX)
				break;
			cpu = &sample->cpu[sample->ncpus++];
		}
		if (sscanf(line, "%*s %" SCNu64 " %" SCNu64 " %" SCNu64
			   " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
			   " %" SCNu64, &tick[0], &tick[1], &tick[2], &tick[3],
			   &tick[4], &tick[5], &tick[6], &tick[7]) >= 4)
			cpu_update(cpu, tick);
	}
	if (file)
		fclose(file);
}
