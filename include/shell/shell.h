/* The shell: a line comes in, something happens, text goes out. Owns the command table, completion and the prompt's
 * words; knows nothing of curses. The screen, the linear mode and tests are presenters of the same shell. */
#ifndef SHELL_SHELL_H
#define SHELL_SHELL_H

#include "base/loop.h"
#include "lesson/engine.h"
#include "session/session.h"
#include "shell/theme.h"
#include "view/view.h"
#include <stdbool.h>

/* What a presenter gives. Every function may be NULL. */
struct shell_ui {
    void (*say)(void *arg, enum say kind, const char *text);
    void (*step)(void *arg);    /* lesson text changed */
    void (*changed)(void *arg); /* rows, prompt or header may have changed: redraw when convenient */
    /* :man opens a page; section "": whichever has it. NULL: man(1) cannot have the terminal. */
    void (*show_man)(void *arg, const char *section, const char *name);
    void (*zoom)(void *arg, const char *pane);  /* :zoom host|container|lesson|off */
    void (*theme)(void *arg, enum theme theme); /* :theme NAME */
    /* The calls of programs (shell/slow.h) have a place of their own, and have changed. NULL: they are said as lines.
     */
    void (*calls)(void *arg);
    void (*show_calls)(void *arg); /* :calls opens the list; NULL: it is said */
    void (*show_steps)(void *arg); /* :steps opens the list; NULL: it is said */
    void (*black)(void *arg);      /* :black and :pause: nothing is shown until a key is pressed; NULL: cannot be had */
    bool (*follow)(void *arg, bool on, struct outcome *o); /* :follow: other users may watch; NULL: no screen */
    void (*held)(void *arg); /* what shell_held() gives has changed. NULL: no call ever waits */
    /* Bytes from a side's own terminal (session/pty.h); n 0: its state has changed. NULL: there are none here. */
    void (*terminal)(void *arg, enum side side, const char *bytes, size_t n);
    void (*terminal_focus)(void *arg, enum side side); /* :shell: keys go there now */
    /* :layout chooses (NULL: none); returns the name of the one that is on, NULL: there is none of that name. */
    const char *(*layout)(void *arg, const char *name);
    /* A recording begins, or goes on after a pause (shell/record.h): the terminal's size, and in *before what brings a
     * blank terminal to where the next bytes expect it. Those draw everything. NULL: nothing can be recorded here. */
    void (*record)(void *arg, int *cols, int *rows, struct str *before);
    void *arg;
};

struct shell_options {
    enum stage_kind stage;
    bool stage_given;
    const char *lessons; /* directories joined by colons, or NULL */
    bool trust;          /* run foreign lessons, too */
    const char *lesson;  /* number, id, path or NULL: resume, else the first */
    const char *rootfs;  /* --rootfs or NULL */
    bool present;        /* in front of people: shell/present.h. Its place and progress are not the learner's own */
    bool follow;         /* other users may watch from the start, as after :follow on */
    bool rehearse;       /* the same, and nothing of it is kept */
    const char *theme;   /* --theme, one that theme_find() knows, or NULL */
    const char *record;  /* --record: the file, or NULL */
    bool force;          /* --force: it may be there already */
    char *const *trace; /* not lessons, but this program on the machine itself, in slow motion; NULL-terminated, kept by
                           reference. The rest is ignored then */
};

/* The program's exit status: sysexits would clash with what test harnesses know, 77 is their "skipped". */
enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_CANNOT_RUN = 77 };

struct shell;
/* NULL with *o, and the exit status that fits in *status: EXIT_USAGE (no such lesson, image or directory),
 * EXIT_CANNOT_RUN (no stage works here) or EXIT_FAILED. */
struct shell *shell_new(struct loop *l, const struct shell_options *opt, int *status, struct outcome *o);
void shell_set_ui(struct shell *sh, const struct shell_ui *ui);
/* Welcome, stage words; then resumes or starts a lesson, or runs the program that is traced until it ends or turns out
 * to be a shell that prompts. */
int shell_begin(struct shell *sh, struct outcome *o);
bool shell_end(struct shell *sh, struct str *receipt); /* stops everything; true when nothing is left */
void shell_free(struct shell *sh);
enum theme shell_theme(const struct shell *sh); /* the one to begin with, as theme_choose() says */
bool shell_teaches(const struct shell *sh);     /* false: it traces a program, and there are no lessons */
/* The traced program's exit status, 128 + N when signal N ended it. */
int shell_trace_status(const struct shell *sh);

enum shell_next { SHELL_GO_ON, SHELL_QUIT };
/* Evaluates one line: `:command`, `call(...)`, or a shell command. "" runs what shell_offer() says; without an offer it
 * goes on to the next step when this one is done, else says what is waited for. */
enum shell_next shell_line(struct shell *sh, const char *line);
/* Does the driven program ask for a password? Then what is typed must not be shown, and goes to shell_secret_line().
 * Asked anew whenever shell_ui.changed is called. */
bool shell_secret(const struct shell *sh);
bool shell_secret_reaches(const struct shell *sh); /* false: it is a command that asks, and it gets no line from here */
/* A line that was typed unseen. The program gets it as it is; nobody else does: not the transcript, the history, the
 * journal. Orders (":reset") are orders here, too, and "" is the lesson's next line when there is one. */
enum shell_next shell_secret_line(struct shell *sh, const char *line);
void shell_interrupt(struct shell *sh);
/* Porthole quits while a line runs: nothing is waited for any more. */
void shell_give_up(struct shell *sh);

/* For presenters. */
void shell_prompt(const struct shell *sh, struct str *out); /* "container:/# ", sanitised */
void shell_header(const struct shell *sh,
                  struct str *out); /* "3 chroot · step 2/5 · practice stage · driving container 17/1" */
const char *shell_offer(const struct shell *sh); /* text an empty Enter types, "" none */
/* The same, when Enter is pressed: switches to the side and the actor it is meant for, so that the prompt shown with
 * the text is right. Valid until the next call. */
const char *shell_take_offer(struct shell *sh);
const char *shell_awaits(const struct shell *sh); /* a few words: what the lesson waits for, for a help line */
struct engine *shell_engine(const struct shell *sh);
struct session *shell_session(const struct shell *sh);
const struct view *shell_view(const struct shell *sh);
void shell_view_input(struct shell *sh, struct view_input *in,
                      int max_rows);            /* fills in; pointers valid until the loop turns */
void shell_select(struct shell *sh, int delta); /* moves the linked selection in the host column; 0 clears */
void shell_scan(struct shell *sh);              /* looks at both /procs now (linear mode) */

/* Completion of line[0..point): candidates, NULL-terminated, malloc'd; *start is the word's offset. Paths complete on
 * the driven actor's side (in its root). */
char **shell_complete(struct shell *sh, const char *line, size_t point, size_t *start);

#endif
