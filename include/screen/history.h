/* Lines entered before, kept in a file under the state directory. */
#ifndef SCREEN_HISTORY_H
#define SCREEN_HISTORY_H

#define HISTORY_MAX 1000 /* lines */

/* Fills readline's history from path and remembers path; NULL: this session only. */
void history_open(const char *path);
/* Adds the lines of text; blank ones, repetitions of the last and those that begin with a blank are left out. */
void history_enter(const char *text);
void history_close(void);

#endif
