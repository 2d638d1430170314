// SPDX-License-Identifier: BSD-2-Clause
/*
 * A screen of a terminal as SVG:
 *
 *	screenshot COLUMNS <CAPTURE >PICTURE
 *
 * CAPTURE is what `tmux capture-pane -p -e` prints: lines of text with the
 * attributes of ECMA-48 (SGR) between.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 300
#define CELL_WIDTH 8
#define CELL_HEIGHT 17
#define MARGIN 8
#define FOREGROUND 0xd4d4d4
#define BACKGROUND 0x1e1e1e

struct look {
	int foreground, background; /* 0xRRGGBB, -1: the terminal's */
	bool bold, dim, underlined, reverse;
};

static const struct look plain = { -1, -1, false, false, false, false };

/* The colors of xterm: 16 that have names, a cube, a ramp of greys. */
static int color_of(int number)
{
	static const int named[] = {
		0x000000, 0xcd3131, 0x0dbc79, 0xe5e510, 0x2472c8, 0xbc3fbc,
		0x11a8cd, 0xe5e5e5, 0x666666, 0xf14c4c, 0x23d18b, 0xf5f543,
		0x3b8eea, 0xd670d6, 0x29b8db, 0xffffff,
	};
	static const int level[] = { 0, 95, 135, 175, 215, 255 };

	if (number < 0 || number > 255)
		return -1;
	if (number < 16)
		return named[number];
	if (number >= 232)
		return (8 + (number - 232) * 10) * 0x010101;
	number -= 16;
	return level[number / 36] << 16 | level[number / 6 % 6] << 8 |
	       level[number % 6];
}

/* The color behind 38 or 48; *i is at it, and then at its last number. */
static int take_color(const int *number, int count, int *i)
{
	int color = -1;

	if (*i + 2 < count && number[*i + 1] == 5) {
		color = color_of(number[*i + 2]);
		*i += 2;
	} else if (*i + 4 < count && number[*i + 1] == 2) {
		color = number[*i + 2] << 16 | number[*i + 3] << 8 |
			number[*i + 4];
		*i += 4;
	}
	return color;
}

static void look_change(struct look *look, const int *number, int count)
{
	int i;

	for (i = 0; i < count; i++) {
		int n = number[i];

		if (n == 0)
			*look = plain;
		else if (n == 1)
			look->bold = true;
		else if (n == 2)
			look->dim = true;
		else if (n == 4)
			look->underlined = true;
		else if (n == 7)
			look->reverse = true;
		else if (n == 22)
			look->bold = look->dim = false;
		else if (n == 24)
			look->underlined = false;
		else if (n == 27)
			look->reverse = false;
		else if (n >= 30 && n <= 37)
			look->foreground = color_of(n - 30);
		else if (n == 38)
			look->foreground = take_color(number, count, &i);
		else if (n == 39)
			look->foreground = -1;
		else if (n >= 40 && n <= 47)
			look->background = color_of(n - 40);
		else if (n == 48)
			look->background = take_color(number, count, &i);
		else if (n == 49)
			look->background = -1;
		else if (n >= 90 && n <= 97)
			look->foreground = color_of(n - 90 + 8);
	}
}

/* Behind ESC [: the numbers, and the letter; p moves behind it. */
static const char *take_sequence(const char *p, struct look *look)
{
	int number[16] = { 0 }, count = 1;

	for (; *p && !(*p >= '@' && *p <= '~'); p++) {
		if (*p >= '0' && *p <= '9' && number[count - 1] < 1000)
			number[count - 1] = number[count - 1] * 10 + *p - '0';
		else if ((*p == ';' || *p == ':') && count < 16)
			count++;
	}
	if (*p == 'm')
		look_change(look, number, count);
	return *p ? p + 1 : p;
}

static void print_text(const char *text, size_t length, int x, int y, int cells,
		       int color, const struct look *look)
{
	size_t i;

	printf("<text x=\"%d\" y=\"%d\" textLength=\"%d\" fill=\"#%06x\""
	       "%s%s%s>", x, y + 13, cells * CELL_WIDTH, (unsigned)color,
	       look->bold ? " font-weight=\"bold\"" : "",
	       look->dim ? " opacity=\"0.7\"" : "",
	       look->underlined ? " text-decoration=\"underline\"" : "");
	for (i = 0; i < length; i++)
		switch (text[i]) {
		case '<':
			fputs("&lt;", stdout);
			break;
		case '&':
			fputs("&amp;", stdout);
			break;
		default:
			putchar(text[i]);
		}
	puts("</text>");
}

/* All of ours are one column wide. */
static int count_cells(const char *text, size_t length)
{
	int cells = 0;
	size_t i;

	for (i = 0; i < length; i++)
		cells += ((unsigned char)text[i] & 0xc0) != 0x80;
	return cells;
}

/* Text of one look: a background, and the words over it, each at its place:
 * what becomes of several blanks is up to who shows the picture. */
static void print_run(const char *text, size_t length, int column, int cells,
		      int row, const struct look *look)
{
	int foreground = look->foreground, background = look->background;
	int x = MARGIN + column * CELL_WIDTH, y = MARGIN + row * CELL_HEIGHT;
	const char *end = text + length, *next;

	if (foreground < 0)
		foreground = FOREGROUND;
	if (look->reverse) {
		int swap = background < 0 ? BACKGROUND : background;

		background = foreground;
		foreground = swap;
	}
	if (background >= 0)
		printf("<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" "
		       "fill=\"#%06x\"/>\n", x, y, cells * CELL_WIDTH,
		       CELL_HEIGHT, (unsigned)background);
	for (; text < end; text = next) {
		int words;

		next = text;
		if (*text == ' ') {
			next++;
			x += CELL_WIDTH;
			continue;
		}
		while (next < end && !(*next == ' ' &&
				       (next + 1 == end || next[1] == ' ')))
			next++;
		words = count_cells(text, (size_t)(next - text));
		print_text(text, (size_t)(next - text), x, y, words,
			   foreground, look);
		x += words * CELL_WIDTH;
	}
}

static void print_line(const char *line, int row, struct look *look)
{
	const char *start = line, *p = line;
	struct look run = *look;
	int column = 0, cells = 0;

	for (;;) {
		if (*p == '\033' || !*p || *p == '\n') {
			if (cells)
				print_run(start, (size_t)(p - start), column,
					  cells, row, &run);
			column += cells;
			cells = 0;
			if (*p != '\033')
				return;
			p++;
			if (*p == '[')
				p = take_sequence(p + 1, look);
			else if (*p) /* SO and SI of other character sets */
				p++;
			start = p;
			run = *look;
			continue;
		}
		cells += ((unsigned char)*p & 0xc0) != 0x80;
		p++;
	}
}

int main(int argc, char **argv)
{
	static char line[ROWS_MAX][65536];
	int columns = argc == 2 ? atoi(argv[1]) : 0, rows = 0, i;
	struct look look = plain;

	if (columns < 1)
		return 2;
	while (rows < ROWS_MAX && fgets(line[rows], sizeof(line[0]), stdin))
		rows++;
	printf("<!-- SPDX-License-Identifier: BSD-2-Clause -->\n"
	       "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
	       "height=\"%d\">\n"
	       "<rect width=\"100%%\" height=\"100%%\" fill=\"#%06x\"/>\n"
	       "<g font-family=\"DejaVu Sans Mono, monospace\" "
	       "font-size=\"13\">\n",
	       columns * CELL_WIDTH + 2 * MARGIN,
	       rows * CELL_HEIGHT + 2 * MARGIN, (unsigned)BACKGROUND);
	for (i = 0; i < rows; i++)
		print_line(line[i], i, &look);
	puts("</g>\n</svg>");
	return ferror(stdin) || fflush(stdout) ? 99 : 0;
}
