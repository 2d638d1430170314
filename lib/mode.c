/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The original has one way to make a task for each process mode; here one
 * implementation serves them all, and the name that was asked for is what is
 * reported back, so that scripts which select a mode go on working.
 */
#include "mode.h"

#include <errno.h>
#include <strings.h>

#define MODE_MASK 0xFF00u
#define SYNC_MASK 0x000Fu /* version 3: PIP_SYNC_* may be among the opts */

static const struct {
	const char *name;
	char letter;
	uint32_t bits[2]; /* version 2, version 3 */
} modes[] = {
	[PIP_TABLE_MODE_PROCESS_PRELOAD] = { "process:preload", ':',
					     { 0x0100, 0x2100 } },
	[PIP_TABLE_MODE_PROCESS_PIPCLONE] = { "process:pipclone", ';',
					      { 0x0400, 0x2200 } },
	[PIP_TABLE_MODE_PROCESS_GOT] = { "process:got", '.',
					 { 0x0100, 0x2400 } },
	[PIP_TABLE_MODE_THREAD] = { "pthread", '|', { 0x1000, 0x1000 } },
};
#define NMODES (sizeof(modes) / sizeof(modes[0]))

/* Sets of modes: bit N stands for enum pip_table_mode N. */
#define SET(mode) (1u << (mode))
#define SET_PRELOAD SET(PIP_TABLE_MODE_PROCESS_PRELOAD)
#define SET_PIPCLONE SET(PIP_TABLE_MODE_PROCESS_PIPCLONE)
#define SET_GOT SET(PIP_TABLE_MODE_PROCESS_GOT)
#define SET_THREAD SET(PIP_TABLE_MODE_THREAD)
#define SET_PROCESS (SET_PRELOAD | SET_PIPCLONE | SET_GOT)
#define SET_ALL (SET_PROCESS | SET_THREAD)

/* The modes that an opts word allows; 0 = it makes no sense. */
static unsigned set_of_opts(int api, uint32_t opts)
{
	uint32_t bits = opts & MODE_MASK;

	if (bits == 0)
		return SET_ALL;
	if (bits == (api == 2 ? 0x0500u : 0x2000u))
		return SET_PROCESS;
	for (unsigned mode = 1; mode < NMODES; mode++)
		if (bits == modes[mode].bits[api - 2] &&
		    !(api == 2 && mode == PIP_TABLE_MODE_PROCESS_GOT))
			return SET(mode);
	return 0;
}

/* The modes that PIP_MODE allows; 0 = it names none. */
static unsigned set_of_environment(const char *text)
{
	if (text == NULL || *text == '\0')
		return SET_ALL;
	if (strcasecmp(text, "process") == 0)
		return SET_PROCESS;
	if (strcasecmp(text, "thread") == 0)
		return SET_THREAD;
	for (unsigned mode = 1; mode < NMODES; mode++)
		if (strcasecmp(text, modes[mode].name) == 0)
			return SET(mode);
	return 0;
}

int mode_select(int api, uint32_t opts, const char *environment, unsigned *mode)
{
	uint32_t known = MODE_MASK | (api == 3 ? SYNC_MASK : 0xFFFFFFFFu);
	unsigned set;

	if ((opts & ~known) != 0)
		return EINVAL;
	set = set_of_opts(api, opts);
	if (set == 0)
		return EINVAL;
	set &= set_of_environment(environment);
	for (unsigned candidate = 1; candidate < NMODES; candidate++)
		if (set & SET(candidate)) {
			*mode = candidate;
			return 0;
		}
	return EPERM;
}

uint32_t mode_bits(int api, unsigned mode)
{
	return mode < NMODES ? modes[mode].bits[api - 2] : 0;
}

const char *mode_name(unsigned mode)
{
	return mode < NMODES ? modes[mode].name : NULL;
}

char mode_letter(unsigned mode)
{
	return mode < NMODES ? modes[mode].letter : '?';
}
