/* Themes: how the full screen looks. Their names and which one to take are the shell's business; what they look like is
 * the frame's (screen/frame_style.c). */
#ifndef SHELL_THEME_H
#define SHELL_THEME_H

#include <stdbool.h>

enum theme { THEME_DEFAULT, THEME_CONTRAST, THEME_MONO, THEME_COUNT };

extern const struct theme_row {
    const char *name, *help;
} theme_rows[THEME_COUNT];

int theme_find(const char *name); /* enum theme, -1 when there is none of that name */

/* The theme to start with: given (by an option, or NULL), else mono with $NO_COLOR (no-color.org: set and not empty),
 * else the remembered one, else default. */
enum theme theme_choose(const char *given);
bool theme_remember(enum theme theme); /* in the preferences; false with errno */

#endif
