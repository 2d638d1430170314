/* SPDX-License-Identifier: BSD-2-Clause */
/* The terminal's side of pip-top. */
#ifndef TOP_UI_H
#define TOP_UI_H

#include "top.h"

enum top_color {
	COLOR_TEXT, COLOR_TITLE, COLOR_CURSOR, COLOR_DIM, COLOR_GOOD,
	COLOR_WARN, COLOR_BAD, COLOR_INFO, COLOR_TAG, COLOR_KEY,
	COLOR_LABEL, COLOR_USER, COLOR_SYSTEM, COLOR_SPARK,
	COLOR_COUNT,
};

enum top_mode { MODE_MAIN, MODE_PAGER, MODE_MENU, MODE_PROMPT };

/* A line of input at the bottom. */
struct top_prompt {
	const char *label;
	char text[128], before[128];
	size_t origin; /* the cursor's row when it was opened */
	void (*change)(struct top *top); /* after each key, or NULL */
	void (*accept)(struct top *top);
	void (*cancel)(struct top *top); /* or NULL */
	enum top_mode back;
};

/* A list to choose from. */
struct top_menu {
	const char *title, *hint;
	size_t count, cursor, first;
	void (*text)(struct top *top, size_t i, char *out, size_t size);
	void (*accept)(struct top *top, size_t i);
	bool (*key)(struct top *top, int key); /* true: taken; or NULL */
};

/* Text to page through, over everything else. */
struct top_pager {
	char title[128];
	struct top_lines lines;
	size_t first, shift;
	void (*fill)(struct top *top, struct top_lines *lines); /* each time */
};

struct top {
	struct top_sample sample;
	struct top_settings settings;
	struct top_view view;
	enum top_mode mode;
	struct top_prompt prompt;
	struct top_menu menu;
	struct top_pager pager;
	struct top_lines lines; /* of the screens that are not of tasks */
	size_t cursor, first; /* rows of the view, or of lines */
	unsigned shift;       /* columns to the left of the screen */
	bool following, paused, readonly, quit, resized;
	struct top_identity followed, detailed;
	int width[TOP_COLUMNS_MAX]; /* of columns, the widest so far */
	char message[200];
	bool message_bad;
	uint64_t message_until;
	uint64_t next_sample; /* ns */
	uint64_t window_shown; /* ns, on the screen of switches */
	int screen_width; /* columns; 0 = there is no screen */
	int header_y, list_y, list_rows; /* of the last drawing */
	char users[32][33];
	size_t nusers;
};

/* color.c */
enum color_wish { COLOR_WISH_AUTO, COLOR_WISH_NEVER };
void color_start(enum color_wish wish);
unsigned color_get(enum top_color color); /* a curses attribute */

/* draw.c */
void draw_all(struct top *top);
int draw_text(int y, int x, int width, unsigned attribute, const char *text);
void draw_tasks(struct top *top, int y, int rows);
unsigned draw_pick_columns(const struct top *top, unsigned *picked, int width);
void draw_branches(const struct top *top, size_t at, char *out, size_t size);
int draw_header(struct top *top);

/* keys.c */
void keys_handle(struct top *top, int key, bool special);
void keys_fill_help(struct top *top, struct top_lines *lines);
const char *keys_get_bar(unsigned i, const char **label, int *key);

/* ui.c */
void ui_say(struct top *top, bool bad, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
struct top_task *ui_current(struct top *top);
void ui_move(struct top *top, long by);
void ui_move_to(struct top *top, size_t row);
size_t ui_count(const struct top *top);
void ui_refresh(struct top *top, bool sample);
void ui_set_tree(struct top *top, bool tree, bool threads);
void ui_set_screen(struct top *top, enum top_screen_number screen);
void ui_open_pager(struct top *top, const char *title,
		   void (*fill)(struct top *, struct top_lines *));
void ui_close(struct top *top);
bool ui_refuses(struct top *top, const char *what);
void ui_replay(struct top *top, size_t to);
void ui_run(struct top *top, unsigned long count); /* 0: until the user ends it */

/* menus.c, actions.c: what keys do */
void menu_sort(struct top *top);
void menu_columns(struct top *top);
void menu_signals(struct top *top);
void menu_users(struct top *top);
void menu_key(struct top *top, int key);
void prompt_search(struct top *top);
void prompt_filter(struct top *top);
void prompt_delay(struct top *top);
void prompt_jump(struct top *top);
void prompt_key(struct top *top, int key, bool special);
void search_step(struct top *top, bool backwards, bool from_here);
void action_signal(struct top *top, int signal);
void action_backtrace(struct top *top);
void action_gdb(struct top *top);

#endif /* TOP_UI_H */
