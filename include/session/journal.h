/* What the learner did, in order, so that a stage can be rebuilt: the journal is replayed into a fresh stage by :back,
 * :goto, :reset and resume. Text only: the entries are what was typed. */
#ifndef SESSION_JOURNAL_H
#define SESSION_JOURNAL_H

#include "base/outcome.h"
#include "base/str.h"
#include "session/session.h"
#include <stddef.h>

enum journal_kind { JOURNAL_CALL, JOURNAL_SHELL, JOURNAL_INPUT, JOURNAL_SETUP, JOURNAL_DRIVE, JOURNAL_TERMINAL };

struct journal_entry {
    enum journal_kind kind;
    int actor;  /* id of the actor it was for (JOURNAL_DRIVE: the one driven from now on) */
    int step;   /* index of the lesson's step it belongs to */
    char *text; /* TERMINAL: the name of a variable, a blank, and the command */
    pid_t pid;  /* a pid that came out of it ($!, a fork's child), as that side numbers it; 0 none */
};

struct journal {
    struct journal_entry *v;
    size_t n, cap;
};

void journal_add(struct journal *j, enum journal_kind kind, int actor, int step, const char *text, pid_t pid);
void journal_cut(struct journal *j, int step);  /* forgets the entries of steps >= step */
void journal_keep(struct journal *j, size_t n); /* forgets all but the first n entries */
void journal_clear(struct journal *j);

/* One line an entry, safe for any text; parse returns false for a damaged line (the rest is dropped). */
void journal_print(const struct journal *j, struct str *out);
bool journal_parse(struct journal *j, const char *text);

/* Runs the entries in the session's current, fresh stage, without output. Pids that came out of entries differ from the
 * recorded ones in the real stage: whole numbers in later texts that equal a recorded pid are replaced. -1 with *o at
 * the first entry that porthole could not run (a call that fails as it failed before is no error). */
int journal_replay(struct journal *j, struct session *s, struct outcome *o);

#endif
