/* What the files of the linear presenter share. */
#ifndef SCREEN_PLAIN_PRIVATE_H
#define SCREEN_PLAIN_PRIVATE_H

#include "base/str.h"
#include "screen/screen.h"
#include <stdint.h>
#include <stdio.h>
#include <termios.h>

struct plain {
    struct loop *loop;
    struct shell *sh;
    struct str in; /* read, not yet a whole line */
    char *entered; /* readline's line; owned */
    bool entered_any, end;
    bool quit, running;
    bool tty, edits; /* standard input is a terminal; readline edits the line */
    bool utf8, installed;
    FILE *out;         /* standard output, and what is recorded of it */
    bool open;         /* the cursor stands behind output without a newline */
    bool echoed;       /* the terminal shows the line already: its echo is not printed again */
    bool type_offer;   /* the next prompt starts with the lesson's line */
    int64_t told;      /* changes until then were told */
    struct str prompt; /* as readline was given it */
    char *awaited;     /* what was last said to be waited for */
    /* Slow motion. */
    uint64_t asked; /* number of the held call that was told, 0: none */
    bool asking;    /* plain_held() is at work */
    bool keys_told;
    char *saved; /* what stood in the line when a call of the background was held, or a password was asked for */
    /* Passwords. */
    bool hides;            /* the terminal does not echo */
    struct termios echoes; /* its modes before that */
};

/* plain_out.c */
void plain_out_open(struct plain *p); /* p->out, for readline, too */
void plain_out_close(struct plain *p);
void plain_out_typed(struct plain *p, const char *line); /* the terminal has shown it by itself */
void plain_record(void *arg, int *cols, int *rows, struct str *before);
void plain_out_resized(struct plain *p);

/* plain.c */
void plain_put(struct plain *p, const char *text);
void plain_say(void *arg, enum say kind, const char *text);
void plain_tell_changes(struct plain *p);
char *plain_next(struct plain *p); /* the next line, NULL when there is none yet; the caller frees it */
void plain_edit(struct plain *p, const char *prompt, const char *text); /* readline begins a line with that text */
void plain_watch(struct plain *p);                                      /* standard input is read */
void plain_ask(struct plain *p);                                        /* a line is wanted */
void plain_leave_editor(struct plain *p);                               /* readline gives the terminal back */

/* plain_secret.c */
void plain_changed(void *arg); /* is a password asked for now, or not any more? */
void plain_ask_secret(struct plain *p);
void plain_run_secret(struct plain *p, char *line); /* wipes it */
void plain_unhide(struct plain *p);                 /* the terminal echoes again */

/* plain_held.c: asks about the calls that are held, and takes answers as far as there are lines. */
void plain_held(void *arg);
char **plain_complete_held(const char *line, size_t point, size_t *start); /* an answer's errno */

#endif
