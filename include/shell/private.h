/* What the files of shell/ share. Private to shell/. */
#ifndef SHELL_PRIVATE_H
#define SHELL_PRIVATE_H

#include "export/page.h"
#include "export/recording.h"
#include "proc/watch.h"
#include "shell/cmd.h"
#include "shell/present.h"
#include "shell/shell.h"
#include "shell/ticker.h"
#include <sys/types.h>

/* One /proc being followed. */
struct shell_proc {
    struct watch *watch;
    int fd;    /* the session's descriptor it was opened from; -1 none */
    dev_t dev; /* each mount of proc is a device of its own: tells when the number stands for another one */
};

/* The recording of what the presenter shows: record.c. */
struct record {
    struct recording *file;      /* NULL: nothing is recorded */
    bool paused, away;           /* by the learner; because the terminal is somebody else's */
    bool due;                    /* a marker, behind the next bytes */
    const struct lesson *lesson; /* what was marked last; NULL: nothing */
    size_t step;
    char *path; /* of the last one, when it has ended; NULL: none, or nothing was in it */
    int64_t ms;
    bool unsaid; /* nobody was told that it ended */
    struct str trouble;
};

/* What :export writes: pages.c. */
struct pages {
    struct page *page;           /* NULL: nothing was said yet */
    const struct lesson *lesson; /* of the current section */
    bool entered;                /* there was a line in it */
    bool due;                    /* a line has ended since the trees were looked at */
    int timer;
};

/* Waits behind a line that a program has not ended: output.c. */
struct shell_said {
    enum say kind;
    char *text;
};

struct shell {
    struct loop *loop;
    struct rootfs *image;
    struct session *session;
    struct course *course;
    struct progress *progress;
    struct engine *engine;
    struct shell_ui ui;
    char *lesson; /* asked for at the start, or NULL */
    enum stage_kind stage;
    bool stage_given;
    struct str notes; /* to be said at the beginning: faults of lessons, why not the other stage */
    bool welcomed;
    bool evaluating;
    const struct view *view;
    struct shell_proc host, container;
    const char *container_why;
    char host_title[64];
    pid_t selected, victim;
    pid_t root;     /* whose descendants the session started, in the host column's numbers */
    pid_t ours[32]; /* what must stay visible: the host side's actor, and orphans that came later */
    size_t nours;
    pid_t held[32], stopped[32]; /* in the host column's numbers */
    char container_title[80];
    struct view_span unseen[16];
    struct str output; /* of a program, since its last newline */
    int output_timer;
    struct shell_said *behind; /* what is said when that line is whole */
    size_t nbehind, capbehind;
    struct str gone; /* who ended while a line is evaluated */
    struct ticker *calls;
    enum { TICKER_DEFAULT, TICKER_OFF, TICKER_ON } ticking;
    bool holding;       /* the presenter was told that a call is held */
    char *program_why;  /* all that was looked at when a program's call failed in this command, NULL: nothing */
    char *const *trace; /* the program of `porthole trace`, NULL: there are lessons */
    enum { TRACING_NONE, TRACING_RUNS, TRACING_ENDED, TRACING_TOLD } tracing;
    enum theme theme;
    int trace_status;  /* its wait status */
    bool reopen[2];    /* the side's shell ended with its stage, and is wanted on the next one */
    char *said_reason; /* of the call that was denied last, with who made it */
    bool secret;       /* as the presenter was told */
    struct record record;
    struct pages pages;
    struct present *present; /* NULL: nothing is presented */
    bool missed_told;        /* what can be done about a line that disappointed has been said */
};

void shell_say(struct shell *sh, enum say kind, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void shell_say_text(struct shell *sh, enum say kind, const char *text); /* any length; must be sanitised */
void shell_say_stage(struct shell *sh);                                 /* while one is running */
void shell_say_outcome(struct shell *sh, const struct outcome *o);
void shell_changed(struct shell *sh);
void shell_tell_gone(struct shell *sh);

/* output.c: what programs write, and what is said of them */
void shell_on_output(void *arg, const struct actor *who, const char *bytes, size_t n);
void shell_say_behind(struct shell *sh, enum say kind, const char *text); /* not into a line that a program writes */
void shell_flush_output(struct shell *sh); /* says what waits: before anything else is said */

/* follow.c */
void shell_follow(struct shell *sh); /* opens and closes the watches as the session's /procs change */
void shell_unfollow(struct shell *sh);

/* present.c */
void shell_present_open(struct shell *sh, bool follow);
void shell_present_close(struct shell *sh);
void shell_present_begin(struct shell *sh); /* the clock starts */
void shell_present_step(struct shell *sh);  /* another step, or lesson, may be current */
void shell_present_tell(struct shell *sh);  /* a line has ended: did it disappoint, and what now? */
void shell_present_mark(struct shell *sh, size_t step, enum step_state state);

/* machine.c: `porthole trace` */
int shell_machine_start(struct shell *sh, struct outcome *o); /* the stage, and the program on it */
void shell_machine_note(struct shell *sh);                    /* has it ended? */
void shell_machine_tell(struct shell *sh);

/* record.c */
int record_open(struct shell *sh, const char *path, bool replace, struct outcome *o); /* nothing is recorded yet */
void record_begin(struct shell *sh); /* as soon as there is a presenter */
void record_pause(struct shell *sh, bool pause);
void record_step(struct shell *sh);                    /* another step, or lesson, may be current */
int record_stop(struct shell *sh, struct outcome *o);  /* of the one that runs. -1: it has ended too early */
void record_print_length(int64_t ms, struct str *out); /* "1:05" */
void record_print_last(const struct shell *sh, struct str *out);
void record_receipt(struct shell *sh, struct str *out); /* ends it, and says so */
void record_free(struct shell *sh);

/* secret.c */
#define SECRET_MASK "********"                               /* however long it is */
bool secret_takes(const struct shell *sh, const char *line); /* it is for the program: no order, and nothing offered */
void secret_note(struct shell *sh);                          /* a program has said something: does it ask now? */

/* cmd.c: false for what is about lessons, where there are none */
bool shell_offers(const struct shell *sh, const struct cmd *c);

/* slow.c: the session's events, and what frames them */
void shell_on_watched(void *arg, const struct watched *w);
void shell_on_held(void *arg, const struct watched *w);
void shell_calls_begin(struct shell *sh);
void shell_calls_settle(struct shell *sh);

/* pages.c */
void pages_say(struct shell *sh, enum say kind, const char *text);
void pages_line_ended(struct shell *sh);
void pages_settle(struct shell *sh); /* the trees are as the last line left them */
void pages_free(struct shell *sh);

/* cmd-shell.c */
void shell_on_terminal(void *arg, enum side side, const char *bytes, size_t n);
void shell_reopen_terminals(struct shell *sh);

/* complete.c: growing candidate lists */
struct shell_words {
    char **v;
    size_t n, cap;
};
void shell_words_add(struct shell_words *w, const char *prefix, const char *word); /* when it has the prefix */
char **shell_words_end(struct shell_words *w); /* sorted, no doubles; NULL when empty */

/* The commands' functions, by file. */
#define CMD(name) enum shell_next cmd_##name(struct shell *sh, int argc, char **argv, struct outcome *o)
/* cmd-lesson.c */
CMD(next);
CMD(back);
CMD(goto);
CMD(reset);
CMD(hint);
CMD(solution);
CMD(skip);
/* cmd-lessons.c */
CMD(lessons);
CMD(lesson);
/* cmd-side.c */
CMD(side);
CMD(actors);
CMD(drive);
CMD(fork);
/* cmd-help.c */
CMD(help);
/* cmd-man.c */
CMD(man);
/* cmd-why.c */
CMD(why);
/* cmd-view.c */
CMD(view);
CMD(zoom);
/* cmd-theme.c */
CMD(theme);
/* cmd-shell.c */
CMD(shell);
CMD(layout);
/* cmd-record.c */
CMD(record);
/* cmd-export.c */
CMD(export);
/* cmd-slow.c */
CMD(slow);
CMD(calls);
/* cmd-stage.c */
CMD(stage);
CMD(doctor);
/* cmd-present.c */
CMD(steps);
CMD(resume);
CMD(recorded);
CMD(black);
CMD(pause);
CMD(follow);
/* cmd-journal.c */
CMD(journal);
CMD(vars);

char **cmd_complete_lesson(struct shell *sh, const char *word);
char **cmd_complete_step(struct shell *sh, const char *word);
char **cmd_complete_side(struct shell *sh, const char *word);
char **cmd_complete_actor(struct shell *sh, const char *word);
char **cmd_complete_help(struct shell *sh, const char *word);
char **cmd_complete_man(struct shell *sh, const char *word);
char **cmd_complete_view(struct shell *sh, const char *word);
char **cmd_complete_zoom(struct shell *sh, const char *word);
char **cmd_complete_theme(struct shell *sh, const char *word);
char **cmd_complete_layout(struct shell *sh, const char *word);
char **cmd_complete_record(struct shell *sh, const char *word);
char **cmd_complete_slow(struct shell *sh, const char *word);
char **cmd_complete_calls(struct shell *sh, const char *word);
char **cmd_complete_follow(struct shell *sh, const char *word);
char **cmd_complete_stage(struct shell *sh, const char *word);

#endif
