// SPDX-License-Identifier: BSD-2-Clause
/*
 * Colors: of 24 bits where the terminal's description has them (the "RGB"
 * capability, user_caps(5)), the nearest of 256 or of 8, or none at all.
 */
#include <config.h>

#include <curses.h>
#include <stdlib.h>

#include "ui.h"

#undef COLOR_KEY

struct color_look {
	int rgb;             /* -1: as the terminal's text */
	short ansi;          /* of 8 */
	chtype extra;        /* always */
	chtype plain;        /* without colors */
	bool reverse;        /* the color is the background's */
};

static const struct color_look looks[COLOR_COUNT] = {
	[COLOR_TEXT] = { -1, -1, 0, 0, false },
	[COLOR_TITLE] = { 0x5fafff, 4, A_BOLD, A_BOLD, false },
	[COLOR_CURSOR] = { 0x00afaf, 6, 0, A_REVERSE, true },
	[COLOR_DIM] = { 0x8a8a8a, -1, A_DIM, A_DIM, false },
	[COLOR_GOOD] = { 0x5fd75f, 2, 0, A_BOLD, false },
	[COLOR_WARN] = { 0xd7af00, 3, 0, A_BOLD, false },
	[COLOR_BAD] = { 0xff5f5f, 1, A_BOLD, A_BOLD, false },
	[COLOR_INFO] = { 0x00afaf, 6, 0, 0, false },
	[COLOR_TAG] = { 0xffd700, 3, A_BOLD, A_UNDERLINE, false },
	[COLOR_KEY] = { -1, -1, A_BOLD, A_BOLD, false },
	[COLOR_LABEL] = { 0x5faf5f, 2, 0, A_REVERSE, true },
	[COLOR_USER] = { 0x5fd75f, 2, 0, 0, false },
	[COLOR_SYSTEM] = { 0xff5f5f, 1, 0, 0, false },
	[COLOR_SPARK] = { 0x87afff, 5, 0, 0, false },
};

static unsigned attributes[COLOR_COUNT];

/* The color cube of xterm: 16 + 36 r + 6 g + b, of these six levels. */
static int color_nearest(int rgb)
{
	static const int level[] = { 0, 95, 135, 175, 215, 255 };
	int shift, number = 0;

	for (shift = 16; shift >= 0; shift -= 8) {
		int value = rgb >> shift & 255, best = 0, i;

		for (i = 1; i < 6; i++)
			if (abs(level[i] - value) < abs(level[best] - value))
				best = i;
		number = number * 6 + best;
	}
	return 16 + number;
}

static bool color_is_direct(void)
{
	return tigetflag("RGB") > 0 || tigetnum("RGB") > 0 ||
	       COLORS >= 1 << 24;
}

void color_start(enum color_wish wish)
{
	const char *no = getenv("NO_COLOR");
	bool colors = wish != COLOR_WISH_NEVER && !(no && *no) &&
		      has_colors();
	int i;

	if (colors) {
		start_color();
		use_default_colors();
		colors = COLORS >= 8 && COLOR_PAIRS > COLOR_COUNT;
	}
	for (i = 0; i < COLOR_COUNT; i++) {
		const struct color_look *look = &looks[i];
		int number = look->ansi;

		attributes[i] = look->plain;
		if (!colors)
			continue;
		attributes[i] = look->extra;
		if (look->rgb >= 0 && color_is_direct())
			number = look->rgb;
		else if (look->rgb >= 0 && COLORS >= 256)
			number = color_nearest(look->rgb);
		if (number < 0)
			continue;
		if (look->reverse)
			init_extended_pair(i + 1, COLOR_BLACK, number);
		else
			init_extended_pair(i + 1, number, -1);
		attributes[i] |= (unsigned)COLOR_PAIR(i + 1);
		/* The colors are dim enough. */
		if (COLORS >= 256)
			attributes[i] &= ~(unsigned)A_DIM;
	}
}

unsigned color_get(enum top_color color)
{
	return attributes[color];
}
