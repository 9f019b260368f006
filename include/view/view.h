/* A view: rows of host and container for one kind of resource. No curses here: the screen, the linear output and the
 * headless test print the same rows. `processes` is the first; mounts, ids, namespaces, network, cgroup come by adding
 * a row to the table in view.c and a file. */
#ifndef VIEW_VIEW_H
#define VIEW_VIEW_H

#include "proc/task.h"
#include "session/side.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum view_mark {
    MARK_NEW = 1 << 0,    /* appeared less than a second ago */
    MARK_DEAD = 1 << 1,   /* gone, or a zombie's last second; kept about a second */
    MARK_DRIVEN = 1 << 2, /* the actor that the prompt drives */
    MARK_LINKED = 1 << 3, /* the selected process, seen from this side; on both sides at once */
    MARK_PATH = 1 << 4,   /* an ancestor of a driven or linked row, kept visible */
    MARK_OURS = 1 << 5,   /* belongs to the session */
    MARK_VICTIM = 1 << 6, /* the lesson named it ($victim) */
    MARK_FOLDED = 1 << 7, /* stands for `count` processes that are not shown */
    MARK_ZOMBIE = 1 << 8,
    MARK_DISAGREE = 1 << 9, /* the two witnesses do not agree about it */
    MARK_NOTE = 1 << 10,    /* a sentence instead of a row ("nothing is mounted on /proc here") */
};

struct view_row {
    unsigned marks;
    int depth;     /* depth in the tree, 0 for roots */
    uint64_t more; /* bit d set: the ancestor at depth d has a later sibling (draw │); bit depth: this row has one */
    pid_t here, there; /* pid in this column, and in the other one; 0: not visible there */
    char state;
    unsigned count; /* for MARK_FOLDED */
    char text[200]; /* sanitised: command, or the sentence */
    pid_t machine;  /* pid on the machine when known, else 0: what links rows */
};

struct view_rows {
    struct view_row *v;
    size_t n, cap;
    char title[120]; /* "host (machine)", "container: its own /proc", ... sanitised */
};
void view_rows_free(struct view_rows *r);

/* A time on now_ms()'s clock; to_ms 0: it goes on. */
struct view_span {
    int64_t from_ms, to_ms;
};

/* What the views are made from. Filled by the session; the sets may be NULL. */
struct view_input {
    const struct tasks *host;          /* from the stage's host /proc */
    const struct tasks *container;     /* from the container's own /proc, NULL when nothing is mounted there */
    int host_procfd, container_procfd; /* -1 when absent */
    const char *container_why;         /* why there is no container set, as a sentence */
    const char *host_title, *container_title;
    pid_t driven;         /* pid of the driven actor in the HOST column's numbering, 0 none */
    pid_t container_pid;  /* pid of the container side's actor in the HOST column's numbering, 0 none */
    pid_t selected;       /* pid in the HOST column's numbering that the user selected, 0: link container_pid */
    const pid_t *victims; /* pids in the HOST column's numbering that must stay visible */
    size_t nvictims;
    const pid_t *ours; /* roots of the session's subtrees in HOST numbering */
    size_t nours;
    const pid_t *held, *stopped; /* pids in the HOST column's numbering: a call of theirs waits in slow motion; job
                                    control has stopped them. In /proc both of a watched process look the same */
    size_t nheld, nstopped;
    const struct view_span *unseen; /* when porthole itself looked into the stage: what was born and ended then is its
                                       own doing, and not shown */
    size_t nunseen;
    int max_rows; /* rows the pane can show; folding aims at it. 0: no folding */
};

struct view {
    const char *name; /* "processes": front matter's `view`, and :view NAME */
    const char *help;
    void (*rows)(const struct view_input *in, enum side side, struct view_rows *out);
};
const struct view *view_find(const char *name); /* NULL when there is none */
const struct view *view_table(size_t *n);

/* Changes between two calls told as sentences for the linear output: "host: new process 4431 sh (child of 4430)",
 * "container: process 1 is gone". `since_ms` is a now_ms() time; rows born or died after it are told. Appends lines. */
struct str;
void view_tell_changes(const struct view_input *in, int64_t since_ms, struct str *out);

#endif
