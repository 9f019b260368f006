/* What the files of the engine share. Only src/lesson/engine*.c include this.
 *
 *     engine.c        starting, stopping, moving between steps
 *     engine_walk.c   what waits, what Enter would do, going on
 *     engine_help.c   answers, hints, the solution
 *     engine_line.c   the learner's lines
 *     engine_why.c    why did that call fail?
 *     engine_order.c  `:why` and `:slow` as a lesson gives them
 *     engine_traced.c calls of programs that the lesson wants to be seen
 *     engine_run.c    one line or block run in the session, and what came of it
 *     engine_plan.c   how the actors are called that a lesson forks
 *     engine_judge.c  was that what the lesson expects?
 *     engine_play.c   blocks run without the learner; rebuilding a stage
 *     engine_present.c on a stage: solutions offered, back from a digression
 *     engine_place.c  journal and saved place
 *     engine_text.c   the step as text
 *     engine_test.c   a whole lesson judged without a learner */
#ifndef LESSON_ENGINE_PRIVATE_H
#define LESSON_ENGINE_PRIVATE_H

#include "lesson/engine.h"
#include "session/watch.h"
#include <stdint.h>
#include <stdlib.h>

#define ENGINE_SETTLE_MS  500   /* how long the state may take to follow a signal or an exit */
#define ENGINE_BRIEF_MS   60    /* the same for everything else */
#define ENGINE_START_MS   2000  /* how long a program in the background may take to be what a check looks for */
#define ENGINE_CHECK_MS   5000  /* a check that takes longer has failed */
#define ENGINE_COMMAND_MS 20000 /* a command that nobody sees and that takes longer has failed */
#define ENGINE_QUIET_MS   400   /* a program without a prompt of ours has answered when it is silent for so long */

/* What one line did. Zeroed: nothing. */
struct ran {
    enum journal_kind kind; /* JOURNAL_CALL, JOURNAL_SHELL or JOURNAL_INPUT */
    int actor;
    enum side side;
    char *text; /* as it was run, without prompt prefix and expectation */
    struct call *call;
    struct call_image *image;
    struct str out; /* sanitised */
    int status;     /* wait status; -1 unknown */
};

/* Calls of programs, laid against the lines of a console block: engine_traced.c. */
struct traced_calls {
    const struct block *block; /* the command that runs, or ran last; NULL: it has no such lines */
    struct traced_heard {
        uint64_t call;  /* its number, in the order in which calls are begun */
        unsigned lines; /* those that it fits */
    } * heard;
    size_t n, cap;
    struct traced_set {
        unsigned n, lines; /* how many, and a bit for each */
    } best[LESSON_TRACED_MAX + 1];
    struct str log;
    size_t lost;
};

struct engine {
    struct session *session;
    struct course *course;
    struct progress *progress; /* may be NULL: nothing is kept */
    struct engine_ui ui;

    struct lesson *lesson;
    enum stage_kind stage;
    size_t step;
    size_t at;   /* the block that waits; all before it are done; nblocks: the step is done */
    size_t told; /* blocks before this one have been said */
    bool titled; /* the step's title has been said */
    int *answer; /* per block of the step: the choice taken (0-based), -1 none */
    size_t hints;
    bool solution_shown;
    size_t solution_at; /* the solution's block that comes next */
    bool missed;        /* the waiting block was run and its expectation failed */
    bool cleanup_due;
    bool presents;             /* engine_present() */
    struct {                   /* when the lesson last went on, and when the block that waits began to wait */
        size_t journal, block; /* entries */
    } on_track;
    int mute;       /* > 0: nothing is said */
    bool testing;   /* engine_test(): nobody is there, and everything is judged */
    bool slowed;    /* the lesson has had its say about slow motion */
    enum slow slow; /* while mute: the mode to go back to */
    struct traced_calls traced;
    int driven;   /* id of the actor driven according to the journal */
    char *reason; /* what the check said last */
    char *offer;
    struct why why;    /* of the last typed call; why.name NULL: none */
    struct str *heard; /* takes what the program that is being typed to says */
    struct journal journal;
};

static inline void engine_drop(char **text)
{
    free(*text);
    *text = NULL;
}

/* engine.c */
void engine_say(const struct engine *e, enum say kind, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void engine_say_text(const struct engine *e, enum say kind, const char *text); /* lesson text: sanitised here */
void engine_say_outcome(const struct engine *e, const struct outcome *o);
void engine_log(const struct engine *e, enum progress_event what);
const struct step *engine_the_step(const struct engine *e); /* NULL without a lesson */
bool engine_block_applies(const struct engine *e, const struct block *b);
size_t engine_step_after(const struct engine *e, size_t step); /* the next one for this stage; nsteps: none */
void engine_enter_step(struct engine *e, size_t step);         /* nothing done, nothing told */
int engine_open(struct engine *e, struct lesson *l, enum stage_kind stage, struct outcome *o);
int engine_fresh_stage(struct engine *e, struct outcome *o);
int engine_setup(struct engine *e, struct outcome *o);
void engine_sync_driven(struct engine *e); /* after a replay: the journal and the session agree */
void engine_cleanup(struct engine *e);
void engine_show_view(const struct engine *e);

void engine_arrive(struct engine *e); /* shows the step that is now current, goes to the first block that waits */

/* engine_walk.c */
const struct block *engine_waiting(const struct engine *e); /* NULL: the step is done */
const struct block *engine_solution_of(const struct engine *e, const struct block *check);
const struct block *engine_turn(const struct engine *e);   /* the solution of the turn that is open, or NULL */
const struct block *engine_target(const struct engine *e); /* the command or call that comes next, or NULL */
bool engine_check_follows(const struct step *s, size_t i);
void engine_advance_to(struct engine *e, size_t at);       /* resuming: what came before is told again, not run again */
void engine_tell(struct engine *e, const struct block *b); /* shows it */
void engine_advance(struct engine *e);
void engine_offer_update(struct engine *e);
void engine_block_done(struct engine *e);

/* engine_help.c */
bool engine_take_answer(struct engine *e, const char *line); /* false: it is no answer */

/* engine_run.c */
struct actor *engine_actor_of(struct engine *e, const struct block *b); /* NULL: nobody of that name */
bool engine_address(struct engine *e, struct actor *who);               /* makes it its side's driven actor */
char *engine_block_line(const struct block *b);                         /* without the expectation; malloc'd */
void engine_block_expect(const struct block *b, struct call_expect *x);
int engine_run(struct engine *e, struct actor *who, const char *text, unsigned flags, struct ran *r, struct str *error);
/* Input for a program that asks for a secret: *r knows nothing of the line. */
int engine_run_secret(struct engine *e, struct actor *who, const char *line, struct ran *r, struct outcome *o);
void engine_print_call(const struct engine *e, const struct ran *r, struct str *out);
void ran_free(struct ran *r);
#define autoran _cleanup_(ran_free)
const char *engine_var(void *arg, const char *name); /* arg: struct engine_scope */
struct engine_scope {
    struct engine *e;
    enum side side;
};
char *engine_expand(struct engine *e, enum side side, const char *text); /* $names that porthole knows; malloc'd */
void engine_nap(int ms);

/* engine_plan.c */
void engine_plan_actors(struct engine *e);
/* Before text is run: is it the fork that the lesson waits for? set: the name the learner gave to its result, or "". */
void engine_expect_child(struct engine *e, const char *text, const char *set);

/* engine_judge.c */
bool engine_judge(struct engine *e, const struct block *b, const struct ran *r, struct str *why);
bool engine_same_effect(struct engine *e, const struct block *b, const struct ran *r);
bool engine_retry(struct engine *e, const struct block *b, struct ran *r); /* true: it came true a moment later */
bool engine_check(struct engine *e, const struct block *check, int settle_ms, struct str *reason);
int engine_settle_ms(const struct ran *r);
void engine_keep_result(struct engine *e, const struct block *b, const struct ran *r); /* `= $name` */

/* engine_why.c: looks right after a visible call, and says what it found unless the call did what `want` says. */
void engine_look_why(struct engine *e, const struct ran *r);
void engine_say_why(const struct engine *e, const struct ran *r, const struct call_expect *want);
void engine_forget_why(struct engine *e);

/* engine_line.c */
void engine_target_done(struct engine *e, const struct block *target);
void engine_say_missed(struct engine *e, const struct str *why);

/* engine_order.c */
void engine_hush(struct engine *e); /* mute, and without slow motion, until engine_unhush() */
void engine_unhush(struct engine *e);
void engine_slow_as_of(struct engine *e, size_t step, size_t at);
int engine_play_order(struct engine *e, const struct block *b, struct str *why);
int engine_give_order(struct engine *e); /* the order that waits, in the learner's stead */

/* engine_traced.c */
void engine_traced_begin(struct engine *e, const struct block *b); /* a line is run for that block, or NULL for none */
bool engine_traced_seen(const struct engine *e, const struct block *b, size_t line);
bool engine_traced_all(const struct engine *e, const struct block *b);
bool engine_traced_judge(struct engine *e, const struct block *b, struct str *why);
void engine_tell_traced(const struct engine *e, const struct block *b);

/* engine_play.c */
typedef void (*engine_report_fn)(void *arg, const struct step *step, int line, bool ok, const char *text);
int engine_play_block(struct engine *e, const struct block *b, bool visible, struct str *why);
int engine_play_any(struct engine *e, const struct block *b, bool visible, struct str *why); /* either of them */
int engine_play_turn(struct engine *e, const struct block *check, struct str *why);
int engine_play_rest(struct engine *e, bool visible, struct outcome *o);
int engine_rebuild(struct engine *e, size_t step, struct outcome *o);

/* engine_present.c: the lesson has gone on by a line of a solution, or to another block. */
void engine_on_track(struct engine *e, bool block);

/* engine_place.c */
void engine_remember(struct engine *e, const struct ran *r, const char *set);
void engine_save(struct engine *e);

#endif
