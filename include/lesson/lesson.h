/* A lesson file, parsed: front matter, steps, blocks. The format is described in porthole-lesson(5). */
#ifndef LESSON_LESSON_H
#define LESSON_LESSON_H

#include "base/str.h"
#include "session/side.h"
#include <stdbool.h>
#include <stddef.h>

enum block_kind {
    BLOCK_PROSE,   /* text: a paragraph, list or plain code block, ready for wrapping */
    BLOCK_CONSOLE, /* one command with its expected output (a console fence gives one block per prompt line) */
    BLOCK_CALL,    /* one typed call with its expectation */
    BLOCK_ORDER,   /* a line of a console fence that is meant for porthole: ":why", ":slow on" */
    BLOCK_TRACED,  /* in a CONSOLE's `sub`: a call that its programs shall make; shown and judged with it */
    BLOCK_PREDICT, /* a question */
    BLOCK_HINT,
    BLOCK_SOLUTION, /* commands and calls, in `sub` */
    BLOCK_CHECK,    /* shell text, judged on the host side */
    BLOCK_SETUP,
    BLOCK_CLEANUP,
    BLOCK_TERMINAL, /* a command that runs on the host's own terminal from the lesson's start; `expect` is the variable
                       that gets its number */
    BLOCK_NOTE,     /* speaker_note */
    BLOCK_PAUSE,
    BLOCK_VIEW, /* switch the pane: text is the view's name */
};
enum block_only { ONLY_BOTH, ONLY_REAL, ONLY_PRACTICE };

#define LESSON_TRACED_MAX 32 /* calls to watch for below one command */

struct choice {
    char *text;
    char *feedback; /* "" when none */
    bool right;
};

struct block {
    enum block_kind kind;
    enum block_only only;
    enum side where; /* CONSOLE, CALL */
    char *actor;     /* who it is addressed to by name: a CALL's "[host]", "[container]", "[fork3]", a CONSOLE's
                        "root@fork3#"; NULL: whoever that side drives. A TRACED's "[chroot]": the program or actor that
                        makes the call; NULL: any */
    int line;        /* 1-based line in the file */
    char *text;      /* prose (paragraphs separated by an empty line), the command, the call with its expectation, the
                        question, the hint, shell text, the note, the pattern of a traced call */
    char *expect; /* CONSOLE, ORDER: expected output lines, "" when none were written. TRACED: the remark beside it */
    int status;   /* CONSOLE: expected exit status (0 unless `[N]` was written) */
    struct choice *choices;
    size_t nchoices;
    struct block *sub; /* SOLUTION: its commands and calls; prose written there is in text. CONSOLE: its TRACED */
    size_t nsub;
};

struct step {
    char *title;
    char *slug; /* stable within the lesson: progress key */
    enum block_only only;
    int line;
    struct block *blocks;
    size_t nblocks;
};

struct lesson {
    char *path, *id, *title, *after, *view, *goal; /* after and goal: "" when none */
    int after_line;                                /* line of `after` in the front matter, 0 when none */
    char *foreign;                                 /* why it is not run without --trust (lesson/trust.h), or NULL */
    int minutes;
    char **needs; /* NULL-terminated, never NULL itself */
    char **man;
    struct block *blocks; /* SETUP, CLEANUP, NOTE and PROSE before the first step or anywhere for setup and cleanup */
    size_t nblocks;
    struct step *steps;
    size_t nsteps;
};

/* Takes the next of a TRACED's calls, `this(...) || that(...)`: any of them will do. *rest is the text, which is cut
 * up; NULL at its end. */
char *lesson_traced_next(char **rest);

/* Called for every fault found; severity false: warning. */
typedef void (*lesson_fault_fn)(void *arg, const char *path, int line, bool error, const char *message);

/* Parses text (foreign is NULL then). Every fault is reported, parsing goes on as far as it makes sense. NULL when
 * there was an error (not for warnings). Typed calls are checked against the call table, `needs` and `view` against
 * their tables. */
struct lesson *lesson_parse(const char *path, const char *text, size_t len, lesson_fault_fn fault, void *arg);
/* The same of a file, and looks whose it is. */
struct lesson *lesson_load(const char *path, lesson_fault_fn fault, void *arg);
void lesson_free(struct lesson *l);
void lesson_freep(struct lesson **l);

/* Lint: what parses but trips authors (broad matches, a check that looks at typed text, an answer before its question,
 * no learner's turn, no hint, a kill of a possibly unreaped child...). Calls fault for each. Returns the number found.
 */
int lesson_lint(const struct lesson *l, lesson_fault_fn fault, void *arg);
/* The same for setup, check and cleanup blocks that /bin/sh cannot read: runs `sh -n`, one process a block. */
int lesson_lint_shell(const struct lesson *l, lesson_fault_fn fault, void *arg);

#endif
