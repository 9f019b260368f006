/* What the files of the full screen share. */
#ifndef SCREEN_SCREEN_PRIVATE_H
#define SCREEN_SCREEN_PRIVATE_H

#include "screen/frame.h"
#include "screen/keys.h"
#include "screen/layout.h"
#include "screen/pane.h"
#include "screen/prompt.h"
#include "screen/screen.h"
#include "screen/term.h"
#include "screen/transcript.h"

enum screen_dirt {
    DIRTY_STATUS = 1 << 0,
    DIRTY_TREES = 1 << 1,
    DIRTY_LESSON = 1 << 2,
    DIRTY_TRANSCRIPT = 1 << 3,
    DIRTY_PROMPT = 1 << 4,
    DIRTY_LAYOUT = 1 << 5, /* focus, zoom, overlay or size: every pane is drawn anew */
    DIRTY_SIZE = 1 << 6,
    DIRTY_CALLS = 1 << 7,
    DIRTY_TERMS = 1 << 8,
    DIRTY_ALL = (1 << 9) - 1,
};
enum screen_overlay { OVERLAY_NONE, OVERLAY_CANDIDATES, OVERLAY_HELP, OVERLAY_CALLS, OVERLAY_STEPS };

#define SCREEN_SECRET (1u << 7) /* in a held key's mods: it was typed for a program that asked for a password */

/* A side's terminal: screen_term.c. */
struct screen_term {
    struct screen *screen;
    enum side side;
    struct term *term; /* NULL: there is none */
};

struct screen {
    struct loop *loop;
    struct shell *sh;

    /* drawing */
    struct frame *frame;
    bool utf8;
    unsigned dirty; /* enum screen_dirt */
    struct layout layout;
    struct pane pane[PANE_COUNT];
    struct pane calls; /* the strip */
    struct transcript *transcript;
    struct prompt_shape prompt;
    int64_t last_frame;
    int frame_timer, fade_timer;
    bool stuck;                  /* the terminal has not taken the last frame yet */
    const struct lesson *lesson; /* what the lesson's pane shows */
    size_t step;
    bool welcome; /* the first step since the start: what was said before it shall be seen, too */
    bool unread;  /* the step is new: nothing was entered since */
    bool paged;   /* the learner has scrolled the lesson on: PgUp goes back there */

    /* input */
    struct keys *keys;
    struct key *held; /* typed while a line runs; raw is owned */
    size_t nheld, capheld;
    struct str secret; /* being typed for a program that asks for a password */
    int escape_timer;
    int prefix;
    bool prefixed; /* the prefix was pressed: the next key is ours */
    enum pane_id focus, zoom;
    struct screen_term term[2]; /* by side */
    enum pane_id last_term;     /* the one that had the focus last */
    enum layout_choice choice;
    enum screen_overlay overlay;
    struct pane help;
    bool finding; /* the text to search for is being typed */
    char find[128];
    enum pane_id find_pane;
    long find_at;
    char notice[160]; /* shown in the help line until the next key */

    /* slow motion */
    uint64_t held_call; /* number of the call that is shown as held, 0: none */
    int held_rows;      /* rows the strip has for it, as long as the line runs */
    bool stops;         /* the line that runs was held */
    int64_t stops_ms;   /* when the last line that had been held ended */
    bool denying;       /* an errno is being typed */
    char err[24];

    struct screen_present *present; /* screen_present.c; NULL: nothing is presented */
    size_t step_at, step_number;    /* the list of steps: the selected one; the number typed so far */

    /* life */
    bool running; /* a line is being run: shell_line() is on the stack */
    bool stopped; /* ^C while it ran: the rest of a pasted block is dropped */
    bool quit;
    bool away; /* the terminal is somebody else's: no reading, no drawing */
    bool lent; /* away because man has it, not because we are in the background */
    int place_timer;
};

/* screen_draw.c */
void screen_touch(struct screen *s, unsigned dirt);           /* something changed: a frame follows soon */
void screen_wish(struct screen *s, struct layout_wish *wish); /* what the layout is to be made for */
void screen_notice(struct screen *s, const char *text);

/* screen_contents.c */
void screen_read_trees(struct screen *s);
size_t screen_read_lesson(struct screen *s); /* index of the first line to be read next; the number of lines: none */
void screen_place_lesson(struct screen *s, size_t changed);
void screen_read_transcript(struct screen *s);
void screen_reveal_selected(struct screen *s); /* the trees scroll to the selected process */

/* screen_calls.c */
void screen_wish_calls(struct screen *s, struct layout_wish *wish);
void screen_read_calls(struct screen *s);
void screen_draw_calls(struct screen *s);
void screen_calls_lines(const struct screen *s, struct lines *out, int width); /* the whole list, explained */

/* screen_term.c */
int screen_term_side(enum pane_id id); /* whose terminal the pane is; -1: it is none */
bool screen_term_has_focus(const struct screen *s);
void screen_terminal(void *arg, enum side side, const char *bytes, size_t n);
void screen_terminal_focus(void *arg, enum side side);
const char *screen_layout(void *arg, const char *name);
void screen_wish_terms(const struct screen *s, struct layout_wish *wish);
void screen_fit_terms(struct screen *s);                         /* emulators and ptys get the size of their panes */
void screen_draw_terms(struct screen *s, bool all);              /* all: not only what has changed */
bool screen_term_cursor(const struct screen *s, int *y, int *x); /* of the one with the focus, on the screen */
void screen_term_key(struct screen *s, const struct key *key);
void screen_term_scroll(struct screen *s, int by);
void screen_chord_close(struct screen *s, int unused);
void screen_free_terms(struct screen *s);

/* screen_held.c */
void screen_held_changed(void *arg);
bool screen_held_has_keys(const struct screen *s);
bool screen_held_key(struct screen *s, const struct key *key);            /* false: it is not for the held call */
bool screen_held_swallows(const struct screen *s, const struct key *key); /* an answer when nothing is held */
void screen_held_prompt(const struct screen *s, struct str *out);
const char *screen_held_help(const struct screen *s);

/* screen_secret.c */
bool screen_secret_key(struct screen *s, const struct key *key); /* false: it is not for the secret */
void screen_secret_draw(struct screen *s, int width);            /* the prompt with what was typed, unseen */
void screen_secret_forget(struct screen *s);

/* screen_keys.c */
void screen_key(struct screen *s, const struct key *key);
bool screen_reads_on(struct screen *s); /* a page of the lesson; false: all of it was seen */

/* screen_chords.c */
bool screen_chord(struct screen *s, const struct key *key); /* does what the key is for; false: it is for nothing */
bool screen_help_chord(struct screen *s, const struct key *key); /* the same in the help; false: it closes it */
void screen_scroll(struct screen *s, enum pane_id id, int by);   /* lines */
void screen_find_again(struct screen *s, int sense);             /* 1: the next match, -1: the one before */
void screen_focus(struct screen *s, enum pane_id id);            /* PANE_NONE: the prompt */
void screen_repaint(struct screen *s);
void screen_choose_layout(struct screen *s, enum layout_choice choice);
void screen_chord_help(struct lines *out, const struct screen *s, int width);
const char *screen_focus_help(const struct screen *s);

/* screen_overlay.c */
void screen_overlay_open(struct screen *s, enum screen_overlay which);
void screen_overlay_close(struct screen *s);
bool screen_overlay_scrolls(const struct screen *s); /* it is a text to be read */
void screen_overlay_place(struct screen *s);         /* its rectangle and lines, for the layout as it is */

/* screen.c */
void screen_suspend(struct screen *s);
void screen_run_text(struct screen *s, const char *text); /* runs its lines one after another */
void screen_run_secret(struct screen *s);                 /* gives the program what was typed */

#endif
