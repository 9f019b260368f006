/* The lesson engine: walks a lesson's steps in a session. The same engine serves the screen, the linear mode and the
 * headless test; it talks upward only through struct engine_ui.
 *
 * A step is a row of blocks. Prose is shown; a command or call block is *offered* (engine_offer) and becomes done when
 * it, or anything that has the same effect, was run; a question waits for its answer; a `check` is the learner's own
 * turn and is tried after every line that was run. The state is judged, never the words. */
#ifndef LESSON_ENGINE_H
#define LESSON_ENGINE_H

#include "base/outcome.h"
#include "lesson/course.h"
#include "lesson/lesson.h"
#include "lesson/progress.h"
#include "session/journal.h"
#include "session/session.h"
#include "session/why.h"

enum say {            /* what kind of text the engine or the shell emits; the presenter decides how it looks */
           SAY_TITLE, /* lesson or step heading */
           SAY_PROSE, /* lesson text, wraps; blank line between paragraphs */
           SAY_QUESTION,
           SAY_CHOICE, /* "1) EPERM: ..." */
           SAY_ECHO,   /* prompt and line as it was entered or replayed */
           SAY_CALL,   /* a call with its result, strace notation */
           SAY_OUTPUT, /* a program's output, sanitised, may hold several lines, may lack the last newline */
           SAY_INFO,   /* porthole says something */
           SAY_GOOD,   /* expectation met, right answer; text starts with a word, colour never carries meaning alone */
           SAY_BAD,    /* expectation missed, wrong answer */
           SAY_ERROR,  /* refused input */
           SAY_HINT,
           SAY_WHY,      /* explanation of a failed call */
           SAY_CHANGE,   /* change of the trees, told as a sentence (linear output) */
           SAY_RECORDED, /* not live: from the recording of a rehearsal; each line says so itself */
};

struct engine_ui {
    void (*say)(void *arg, enum say kind, const char *text);
    void (*step)(void *arg);                   /* the step's text has changed, or another step or lesson is current */
    void (*view)(void *arg, const char *name); /* the lesson asks for this view; may be NULL */
    void *arg;
};

struct engine;
struct engine *engine_new(struct session *s, struct course *c, struct progress *p, const struct engine_ui *ui);
void engine_free(struct engine *e);

/* Starts lesson l at step index (0-based) in a fresh stage of that kind: tears down, runs setup, and, for step > 0, the
 * solutions of the steps before it. Runs `needs` first; -1 with *o when this machine cannot run it, and why. */
int engine_start(struct engine *e, struct lesson *l, size_t step, enum stage_kind stage, struct outcome *o);
int engine_resume(struct engine *e, struct outcome *o); /* from the saved place; 1 when there is none */
void engine_stop(struct engine *e);                     /* runs cleanup blocks, keeps progress */

struct lesson *engine_lesson(const struct engine *e);
size_t engine_step(const struct engine *e);
const struct journal *engine_journal(const struct engine *e); /* what was done so far */
bool engine_finished(const struct engine *e);                 /* the last step is done */
bool engine_silent(const struct engine *e);                   /* it works without a word: a replay, a skipped step */

/* The current step's text as far as it is revealed, for a pane: prose, question with its choices, done marks; wraps at
 * width columns. Lines end with '\n'; each line starts with one byte of style: ' ' prose, '#' heading, '$' command or
 * call,
 * '?' question, '+' good, '-' bad, '!' hint, 'v' done. */
void engine_step_text(const struct engine *e, int width, struct str *out);

/* What an empty line would do: the next command or call of the step ("" when the learner's own turn, a question or a
 * pause is next), and on which side. */
const char *engine_offer(const struct engine *e, enum side *side);
bool engine_question(const struct engine *e); /* a question waits: "2" or "b" answers it */
/* engine_offer(), and the actor it is meant for becomes the driven one: the prompt that is shown with it is right. */
const char *engine_take_offer(struct engine *e);
/* Enter on an empty line: runs the offer, ends a pause, goes to the next step or lesson when this one is done. Else
 * says what is waited for. */
int engine_enter(struct engine *e, struct outcome *o);
const char *engine_awaits(const struct engine *e); /* a few words: what is waited for, and how to go on */

/* A line was entered at the prompt. Answers a pending question, runs a call or a command on the current side, judges
 * it. `[container] call(...) = 0` and `root@container# command`, as lessons write them, are accepted. Porthole commands
 * (`:word`) never get here. Everything there is to say has been said when it returns; -1: nothing was run. */
int engine_line(struct engine *e, const char *line, struct outcome *o);
/* A line that nobody shall see, for the program that asks for it (session/secret.h). It is kept nowhere: the journal
 * has an empty line in its place, which is what a replay answers with. -1 with *o: it was not sent. */
int engine_secret_line(struct engine *e, const char *line, struct outcome *o);
/* Causes of the last typed call's failure, or traps in its success, looked for right after it. NULL: no call was made.
 */
const struct why *engine_why(const struct engine *e);
/* The session's events.output, passed on: a program's answer to a typed line is judged like a command's output. */
void engine_hear(struct engine *e, const char *bytes, size_t n);
/* The session's events.watched, passed on: a lesson may want calls of programs to be seen. */
struct watched;
void engine_hear_call(struct engine *e, const struct watched *w);
/* What the lesson remarks about that call, "lesson 3", be it held or made; NULL: nothing. */
const char *engine_call_remark(struct engine *e, const struct watched *w);
/* The learner gave an order, `:why`, spelled out: the lesson may have waited for it. */
void engine_ordered(struct engine *e, const char *line);
/* The learner drives another actor now: the journal must know. */
void engine_note_drive(struct engine *e);

int engine_next(struct engine *e,
                struct outcome *o); /* to the next step; refused while the learner's turn is open (use skip) */
int engine_skip(struct engine *e, struct outcome *o);              /* runs the step's solution silently, goes on */
int engine_goto(struct engine *e, size_t step, struct outcome *o); /* rebuilds by replaying the journal */
int engine_back(struct engine *e, struct outcome *o);
int engine_reset(struct engine *e, struct outcome *o); /* to the start of this step */
int engine_hint(struct engine *e);                     /* says the next hint, "2 of 3"; 0 when there is none */
int engine_solution(struct engine *e);                 /* says the solution; the next empty line types it */

/* Presenting: a turn is no turn, its solution is offered line by line like any other; the lesson's end is the end, no
 * other lesson follows. engine_present.c */
void engine_present(struct engine *e, bool on);
bool engine_presents(const struct engine *e);
size_t engine_at(const struct engine *e);        /* the block of the step that waits; its nblocks: the step is done */
bool engine_missed(const struct engine *e);      /* what waits was tried, and did not give what the lesson expects */
size_t engine_step_next(const struct engine *e); /* the step after this one on this stage; nsteps: none */
/* Back from whatever was run since the lesson last went on: a fresh stage in which the journal until then is replayed.
 * 1: nothing was run since, and nothing was done. -1 with *o. */
int engine_rejoin(struct engine *e, struct outcome *o);
/* Does the rest of the step without a word, and goes to the next, whatever came of it. 0, or 1 with the first thing
 * that did not work in *why; -1 with *o when not even that could be done. */
int engine_pass(struct engine *e, struct str *why, struct outcome *o);
/* Appends the speaker notes of that step, with a blank line between two; with those of the lesson on its first one. */
void engine_notes(const struct engine *e, size_t step, struct str *out);

/* Replays the whole lesson with its solutions and judges everything: porthole test. report(arg, step, line, ok, text)
 * is called once for each thing judged. Returns the number of failures, or -1 with *o when it cannot run here. */
int engine_test(struct engine *e, struct lesson *l, enum stage_kind stage,
                void (*report)(void *arg, const struct step *step, int line, bool ok, const char *text), void *arg,
                struct outcome *o);

#endif
