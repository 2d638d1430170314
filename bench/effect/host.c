// SPDX-License-Identifier: BSD-2-Clause
/* What machine it was, and what else it did. */
#include "effect.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* "cpu user nice system idle iowait irq softirq steal ..." */
static bool read_ticks(uint64_t *steal, uint64_t *all)
{
	FILE *file = fopen("/proc/stat", "re");
	uint64_t t[8] = { 0 };
	bool read;

	if (file == NULL)
		return false;
	read = fscanf(file, "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
		      " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64, &t[0],
		      &t[1], &t[2], &t[3], &t[4], &t[5], &t[6], &t[7]) == 8;
	fclose(file);
	*steal = t[7];
	*all = 0;
	for (int i = 0; i < 8; i++)
		*all += t[i];
	return read;
}

static void read_cpu_name(char *name, size_t size)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[256], *value;

	snprintf(name, size, "unknown CPU");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, "model name", 10) == 0 &&
		    (value = strchr(line, ':')) != NULL) {
			line[strcspn(line, "\n")] = '\0';
			value += 1 + strspn(value + 1, " ");
			snprintf(name, size, "%s", value);
			break;
		}
	if (file != NULL)
		fclose(file);
}

void host_begin(struct effect_host *host)
{
	struct utsname system;

	memset(host, 0, sizeof(*host));
	uname(&system);
	snprintf(host->kernel, sizeof(host->kernel), "%.64s %.64s",
		 system.sysname, system.release);
	read_cpu_name(host->cpu, sizeof(host->cpu));
	host->cpus = sysconf(_SC_NPROCESSORS_ONLN);
	host->load_before = host->load_after = -1;
	getloadavg(&host->load_before, 1);
	host->steal = -1;
	if (!read_ticks(&host->steal_ticks, &host->all_ticks))
		host->all_ticks = 0;
}

void host_end(struct effect_host *host)
{
	uint64_t steal, all;

	getloadavg(&host->load_after, 1);
	if (host->all_ticks != 0 && read_ticks(&steal, &all) &&
	    all > host->all_ticks)
		host->steal = 100 * (double)(steal - host->steal_ticks) /
			      (double)(all - host->all_ticks);
}
