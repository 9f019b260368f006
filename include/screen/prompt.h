/* The line being edited: GNU readline as an editor without a terminal. It is given whole keys and asked what the line
 * looks like; it reads and writes nothing itself. There is one, because readline keeps its state in globals. */
#ifndef SCREEN_PROMPT_H
#define SCREEN_PROMPT_H

#include "screen/completer.h"
#include "screen/lines.h"
#include <stdbool.h>
#include <stddef.h>

/* Starts editing, with the user's inputrc and key bindings. history: the file kept between sessions, NULL for none; an
 * unwritable one is no error. */
void prompt_open(const struct completer *source, const char *history);
void prompt_close(void);

#define PROMPT_PASTE_MAX 65536 /* bytes of one paste that a line takes */

void prompt_set(const char *text);             /* what stands before the line; sanitised */
void prompt_key(const char *raw, size_t n);    /* one whole key */
void prompt_paste(const char *text, size_t n); /* inserted as it is, newlines too: nothing runs before Enter */
void prompt_insert(const char *text);          /* at the cursor */
void prompt_cancel(void);                      /* ^C: an empty line, whatever was going on */
bool prompt_binds(const char *raw, size_t n);  /* does a key sequence mean something to readline? */

/* Was a line entered since the last call? *line is the caller's to free; NULL stands for end of file (^D on an empty
 * line). Non-blank lines are remembered in the history. */
bool prompt_take(char **line);
bool prompt_wants_repaint(void); /* ^L was pressed; asked once */

const char *prompt_line(void); /* the text being edited; valid until the next prompt_* call */
size_t prompt_point(void);     /* byte offset of the cursor */
bool prompt_searching(void);   /* readline shows a message of its own: incremental search, an argument */

/* The candidates to show when a completion is ambiguous, and whether there are any. */
size_t prompt_candidates(const char *const **out);
void prompt_forget_candidates(void);

/* The prompt as lines of width columns, and where the cursor stands in them. */
struct prompt_shape {
    struct lines lines;
    int y, x;
};
void prompt_draw(struct prompt_shape *shape, int width, bool utf8);

/* The same from plain data: before (in style), then line with the cursor at byte point and region [from, to) marked.
 * Control characters are shown as ^X, bytes that are no text in this locale as \ooo, newlines as a sign. */
struct prompt_text {
    const char *before;
    enum style style;
    const char *line;
    size_t len, point, from, to;
    bool utf8;
};
void prompt_shape(struct prompt_shape *shape, const struct prompt_text *t, int width);

#endif
