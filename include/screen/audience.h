/* One who watches a presentation: the other end of relay.h. */
#ifndef SCREEN_AUDIENCE_H
#define SCREEN_AUDIENCE_H

#include "base/outcome.h"
#include "screen/relay_place.h"
#include "screen/relay_wire.h"
#include "screen/term.h"
#include <stdbool.h>
#include <stdint.h>

struct audience {
    int fd; /* to be watched for POLLIN; -1: the connection is over */
    struct relay_found who;
    struct term *screen; /* the presenter's, NULL: nothing came of it */
    bool away;           /* its terminal is somebody else's for a while */
    struct cue cue;      /* has_cue: notes */
    bool has_cue;
    int64_t cue_ms;   /* now_ms() when it came */
    char *columns[2]; /* of the view, NULL: not told */
    bool ended;       /* in order, after elapsed_ms */
    int64_t elapsed_ms;
};

struct audience_wish {
    enum relay_role role;
    pid_t pid;        /* 0: any, the newest of one's own first */
    const char *user; /* follow: whose presentation, NULL: anybody's */
};

/* Finds a presentation and says hello to it. -1 with *o: there is none, or it is not clear which. */
int audience_join(struct audience *a, const struct audience_wish *w, struct outcome *o);
void audience_leave(struct audience *a);

/* Takes what has come, without waiting; at most so much that keys are not kept waiting. false: nothing came. */
bool audience_read(struct audience *a);

int64_t audience_elapsed(const struct audience *a);                  /* ms, running on since the last word of it */
void audience_print_time(const struct audience *a, struct str *out); /* "12:34 of 20:00, paused" */
void audience_print_who(const struct audience *a, struct str *out);  /* "alice (pid 4711)" */
/* One sentence on how it ended; "" while it runs. */
void audience_print_end(const struct audience *a, struct str *out);

#endif
