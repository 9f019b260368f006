/* Process trees, host and container.
 *
 * A column is made in four steps: the tree that ppid makes; what each process is to the session (roles.c); which rows
 * are shown when not all fit; and the rows. What must be seen comes first: the driven actor, the container, the
 * victims, the selected process, the session's processes, each with the path to it. Then processes that were just born
 * or just died, then the others from the top of the tree down, threads of the kernel last. What is left becomes one
 * row with a count under the parent of those it stands for. */
#include "base/loop.h"
#include "base/mem.h"
#include "base/text.h"
#include "proc/procfs.h"
#include "view/command.h"
#include "view/link.h"
#include "view/processes.h"
#include "view/roles.h"
#include "view/tree.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PROCESSES_NEW_MS = 1000,
    PROCESSES_LAG_MS = 300,   /* by which one watch may be behind the other */
    PROCESSES_LATE_MS = 60,   /* by which a watch may be behind what happens */
    PROCESSES_SHORT_MS = 500, /* who lived no longer than this is shown dead only where there is room */
    PROCESSES_OURS_MIN = 200, /* rows of the session always shown: a fork bomb is cut at this, or four panes */
};

struct processes {
    const struct view_input *in;
    enum side side;
    const struct tasks *set;
    int procfd;
    bool host_is_machine; /* the host column's numbers are the machine's */
    bool proc_is_outer;   /* the container's /proc numbers its processes from a namespace around theirs */
    struct link link;
    struct tree tree;
    unsigned *marks; /* by row of the set */
    int64_t now;
    struct view_rows *out;
};

static struct view_row *processes_add(struct view_rows *out)
{
    GROW(out->v, out->n, out->cap);
    struct view_row *row = &out->v[out->n++];
    *row = (struct view_row){0};
    return row;
}

static void processes_text(struct view_row *row, const char *text)
{
    size_t n = text_cut(text, strlen(text), sizeof row->text - 1);
    memcpy(row->text, text, n);
    row->text[n] = '\0';
}

static void processes_note(struct view_rows *out, unsigned marks, const char *text)
{
    struct view_row *row = processes_add(out);
    row->marks = MARK_NOTE | marks;
    processes_text(row, text);
}

/* Marks: what is true of each row. */

static bool processes_is_new(const struct processes *p, const struct task *t)
{
    return t->born_ms && p->now - t->born_ms < PROCESSES_NEW_MS;
}

/* Nothing of the host column can vouch for this row of the container's. One that the other watch will report in a
 * moment is no disagreement yet. */
static bool processes_is_unknown(const struct processes *p, int i)
{
    const struct task *t = &p->set->v[i];
    return p->side == SIDE_CONTAINER && p->link.to_host && p->link.to_host[i] < 0 && !t->died_ms &&
           (!t->born_ms || p->now - t->born_ms > PROCESSES_LAG_MS);
}

/* A lesson's check runs commands on the stage as the learner does. They would crowd out what it looks at. */
static bool processes_is_unseen(const struct processes *p, const struct task *t)
{
    for (size_t i = 0; t->born_ms && i < p->in->nunseen; i++) {
        const struct view_span *s = &p->in->unseen[i];
        if (t->born_ms >= s->from_ms && (!s->to_ms || (t->died_ms && t->born_ms <= s->to_ms + PROCESSES_LATE_MS)))
            return true;
    }
    return false;
}

static void processes_drop_unseen(struct processes *p)
{
    for (int i = 0; p->in->nunseen && i < p->tree.n; i++)
        if (p->marks[p->tree.order[i]] & MARK_OURS && processes_is_unseen(p, &p->set->v[p->tree.order[i]]))
            tree_drop(&p->tree, p->tree.order[i]);
}

static void processes_mark(struct processes *p)
{
    for (int i = 0; i < p->tree.n; i++) {
        const struct task *t = &p->set->v[i];
        unsigned *m = &p->marks[i];
        *m |= (processes_is_new(p, t) ? MARK_NEW : 0u) | (t->died_ms ? MARK_DEAD : 0u) |
              (t->state == 'Z' ? MARK_ZOMBIE : 0u) | (processes_is_unknown(p, i) ? MARK_DISAGREE : 0u);
        if (p->proc_is_outer && *m & (MARK_OURS | MARK_DRIVEN) && t->nspids > 1)
            *m |= MARK_DISAGREE;
        if (*m & (MARK_DRIVEN | MARK_LINKED))
            for (int up = p->tree.v[i].parent; up != TREE_TOP(&p->tree); up = p->tree.v[up].parent)
                p->marks[up] |= MARK_PATH;
    }
}

/* Which rows are shown. */

static void processes_show_all(struct processes *p)
{
    for (int i = 0; i < p->tree.n; i++)
        tree_show(&p->tree, i);
}

/* The corpses of a command line must not push its living aside. */
static bool processes_was_brief(const struct task *t)
{
    return t->died_ms && t->born_ms && t->died_ms - t->born_ms < PROCESSES_SHORT_MS;
}

static void processes_show_ours(struct processes *p, int max)
{
    int limit = 4 * max > PROCESSES_OURS_MIN ? 4 * max : PROCESSES_OURS_MIN;
    for (int i = 0; i < p->tree.n && p->tree.rows < limit; i++)
        if (p->marks[p->tree.order[i]] & MARK_OURS && !processes_was_brief(&p->set->v[p->tree.order[i]]))
            tree_show(&p->tree, p->tree.order[i]);
}

/* The youngest have the highest pids, mostly. They come with their path, so they are shown while there is room for a
 * few rows more. */
static void processes_show_changes(struct processes *p, int max)
{
    for (int i = p->tree.n - 1; i >= 0 && p->tree.rows < max; i--) {
        if (!(p->marks[i] & (MARK_NEW | MARK_DEAD)) || p->set->v[i].kthread)
            continue;
        int path = 0;
        for (int up = i; !p->tree.v[up].shown; up = p->tree.v[up].parent)
            path += 2;
        if (p->tree.rows + path <= max + 1)
            tree_show(&p->tree, i);
    }
}

static void processes_offer(struct processes *p, int max, bool kernel)
{
    for (int i = 0; i < p->tree.n; i++) {
        int node = p->tree.order[i];
        if (p->set->v[node].kthread == kernel)
            tree_offer(&p->tree, node, max);
    }
}

static void processes_fold(struct processes *p, int max)
{
    if (max <= 0 || p->tree.n <= max) {
        processes_show_all(p);
        return;
    }
    for (int i = 0; i < p->tree.n; i++)
        if (p->marks[i] & (MARK_DRIVEN | MARK_LINKED | MARK_VICTIM))
            tree_show(&p->tree, i);
    processes_show_ours(p, max);
    processes_show_changes(p, max);
    processes_offer(p, max, false);
    processes_offer(p, max, true);
}

/* Rows. */

/* 9873 -> "9,873" */
static void processes_count(struct str *out, unsigned n)
{
    if (n >= 1000) {
        processes_count(out, n / 1000);
        str_addf(out, ",%03u", n % 1000);
    } else {
        str_addf(out, "%u", n);
    }
}

static bool processes_is_among(const struct task *host, const pid_t *pids, size_t n)
{
    for (size_t i = 0; host && !host->died_ms && i < n; i++)
        if (pids[i] == host->pid)
            return true;
    return false;
}

/* What its state does not tell, or nobody would know. */
static const char *processes_standing(const struct processes *p, const struct task *t, const struct task *host)
{
    if (processes_is_among(host, p->in->held, p->in->nheld))
        return "(held) ";
    if (t->state == 'T' || processes_is_among(host, p->in->stopped, p->in->nstopped))
        return "(stopped) ";
    return "";
}

static void processes_fill(struct processes *p, int i, struct view_row *row)
{
    struct task *t = &p->set->v[i];
    const struct task *other = link_other(&p->link, p->in, p->side, (size_t)i);
    const struct task *host = p->side == SIDE_HOST ? t : other;
    row->marks = p->marks[i];
    row->here = t->pid;
    row->there = other ? other->pid : 0;
    row->machine = host && p->host_is_machine ? host->pid : 0;
    row->state = t->state;
    autostr struct str text = {0};
    str_add(&text, processes_standing(p, t, host));
    view_command(&text, p->procfd, t);
    if (t->state == 'Z' && !t->died_ms) /* it has no command line any more, unless we knew it before */
        str_add(&text, " (zombie)");
    processes_text(row, str_c(&text));
}

static void processes_fill_folded(struct processes *p, int parent, struct view_row *row)
{
    bool kernel = true;
    for (int i = p->tree.v[parent].child; i >= 0; i = p->tree.v[i].next)
        if (!p->tree.v[i].shown) {
            row->count += p->tree.v[i].weight;
            kernel = kernel && p->set->v[i].kthread;
        }
    row->marks = MARK_FOLDED;
    autostr struct str text = {0};
    str_add(&text, "... ");
    processes_count(&text, row->count);
    str_add(&text, kernel ? " threads of the kernel" : " more");
    processes_text(row, str_c(&text));
}

/* The lines to draw: those of the ancestors, and whether this row has a sibling below it. */
static void processes_place(struct view_row *row, int depth, uint64_t *more, bool later)
{
    row->depth = depth;
    if (depth < 64) {
        uint64_t bit = UINT64_C(1) << depth;
        *more = (*more & (bit - 1)) | (later ? bit : 0);
    }
    row->more = *more;
}

static void processes_emit_folded(struct processes *p, int parent, uint64_t *more)
{
    if (!p->tree.v[parent].hidden)
        return;
    struct view_row *row = processes_add(p->out);
    processes_fill_folded(p, parent, row);
    processes_place(row, p->tree.v[parent].depth + 1, more, false);
}

/* Down the tree and back without recursion: a chain of forks may be thousands deep. */
static void processes_emit(struct processes *p)
{
    const struct tree *t = &p->tree;
    uint64_t more = 0;
    int node = TREE_TOP(t), next = tree_shown(t, t->v[node].child);
    for (;;) {
        if (next >= 0) {
            node = next;
            struct view_row *row = processes_add(p->out);
            processes_fill(p, node, row);
            int parent = t->v[node].parent;
            bool later = t->v[parent].hidden || tree_shown(t, t->v[node].next) >= 0;
            processes_place(row, t->v[node].depth, &more, later);
            next = tree_shown(t, t->v[node].child);
            continue;
        }
        processes_emit_folded(p, node, &more);
        if (node == TREE_TOP(t))
            return;
        next = tree_shown(t, t->v[node].next);
        node = t->v[node].parent;
    }
}

/* The column. */

/* Does the container's /proc belong to the pid namespace of the container's process? */
static void processes_judge_proc(struct processes *p)
{
    const struct view_input *in = p->in;
    const struct task *host = in->host && in->container_pid ? tasks_find(in->host, in->container_pid) : NULL;
    if (p->side != SIDE_CONTAINER || !host || host->died_ms || host->state == 'Z')
        return;
    const struct task *row = link_other(&p->link, in, SIDE_HOST, (size_t)(host - in->host->v));
    char text[160] = "";
    if (!row && (!host->born_ms || p->now - host->born_ms > PROCESSES_LAG_MS))
        snprintf(text, sizeof text,
                 "this /proc belongs to another pid namespace: the container's process is not in it");
    else if (row && row->nspids > 1 && row->pid == host->pid)
        snprintf(text, sizeof text, "this /proc belongs to another pid namespace: it shows the host's numbers");
    else if (row && row->nspids > 1)
        snprintf(text, sizeof text, "this /proc belongs to another pid namespace: it says %d where the process says %d",
                 (int)row->pid, (int)row->nspid[row->nspids - 1]);
    p->proc_is_outer = row && row->nspids > 1;
    if (*text)
        processes_note(p->out, MARK_DISAGREE, text);
}

static void processes_title(const struct view_input *in, enum side side, struct view_rows *out)
{
    const char *given = side == SIDE_HOST ? in->host_title : in->container_title;
    text_copy(out->title, sizeof out->title,
              given               ? given
              : side == SIDE_HOST ? "host"
              : in->container     ? "container: its own /proc"
                                  : "container");
}

static bool processes_is_machine(const struct view_input *in)
{
    return in->host_procfd >= 0 && procfs_is_ours(in->host_procfd);
}

void view_processes_rows(const struct view_input *in, enum side side, struct view_rows *out)
{
    out->n = 0;
    processes_title(in, side, out);
    struct processes p = {.in = in, .side = side, .out = out, .now = now_ms()};
    p.set = side == SIDE_HOST ? in->host : in->container;
    p.procfd = side == SIDE_HOST ? in->host_procfd : in->container_procfd;
    if (!p.set) {
        const char *why = side == SIDE_CONTAINER ? in->container_why : NULL;
        processes_note(out, 0, why ? why : "no /proc can be read here");
        return;
    }
    p.host_is_machine = processes_is_machine(in);
    link_rows(&p.link, in);
    processes_judge_proc(&p);
    tree_build(&p.tree, p.set);
    p.marks = roles_of(in, &p.link, side, &p.tree);
    processes_mark(&p);
    processes_drop_unseen(&p);
    int room = in->max_rows - (int)out->n; /* less the note */
    processes_fold(&p, in->max_rows <= 0 ? 0 : room > 1 ? room : 1);
    processes_emit(&p);
    free(p.marks);
    tree_free(&p.tree);
    link_free(&p.link);
}
