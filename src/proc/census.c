/* Keeping a set of processes true at the cost of what changed.
 *
 * A process is named by (pid, start time). Rows stay sorted by pid; newcomers are collected aside and merged in one
 * pass, so that a storm of forks does not move the array once for each. Constant facts (NSpid) are read once for each
 * (pid, start); stat again on every visit; status again after an execve or a change of ids; the command line never
 * here: a view asks for it when it shows the row. */
#include "proc/census.h"
#include "base/loop.h"
#include "base/mem.h"
#include <stdlib.h>
#include <string.h>

static int pids_compare(const void *a, const void *b)
{
    pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;
    return (x > y) - (x < y);
}

void pids_add(struct pids *p, pid_t pid)
{
    GROW(p->v, p->n, p->cap);
    p->v[p->n++] = pid;
}

void pids_sort(struct pids *p)
{
    size_t kept = 0;
    if (p->n > 1)
        qsort(p->v, p->n, sizeof *p->v, pids_compare);
    for (size_t i = 0; i < p->n; i++)
        if (!kept || p->v[kept - 1] != p->v[i])
            p->v[kept++] = p->v[i];
    p->n = kept;
}

bool pids_has(const struct pids *sorted, pid_t pid)
{
    return sorted->n && bsearch(&pid, sorted->v, sorted->n, sizeof pid, pids_compare);
}

void pids_free(struct pids *p)
{
    free(p->v);
    *p = (struct pids){0};
}

void census_init(struct census *c, int procfd)
{
    *c = (struct census){.procfd = procfd};
}

void census_free(struct census *c)
{
    tasks_free(&c->set);
    tasks_free(&c->fresh);
    pids_free(&c->ended);
    pids_free(&c->young);
    scan_free(&c->scan);
}

static void census_bear(struct census *c, struct task *t)
{
    if (c->counted) {
        t->born_ms = c->last_born = now_ms();
        if (t->state == 'Z')
            t->zombie_ms = t->born_ms;
        pids_add(&c->young, t->pid);
    }
    c->zombies += t->state == 'Z';
    c->changed = c->active = true;
}

static void census_bury(struct census *c, struct task *row)
{
    if (row->died_ms)
        return;
    row->died_ms = now_ms();
    c->zombies -= row->state == 'Z';
    c->dead++;
    c->changed = c->active = true;
    pids_add(&c->ended, row->pid);
}

/* The pid was given to another process while its old row was still here. */
static void census_replace(struct census *c, struct task *row, uint64_t ino)
{
    struct task t;
    bool alive = task_read(c->procfd, row->pid, &t);
    census_bury(c, row);
    if (!alive)
        return;
    c->dead--;
    t.ino = ino;
    census_bear(c, &t);
    free(row->args);
    *row = t;
}

static void census_new_image(struct census *c, struct task *row)
{
    free_ptr(&row->args);
    row->args = NULL;
    row->exec_ms = now_ms();
    task_read_status(c->procfd, row);
    c->changed = c->active = true;
}

/* Takes over what stat tells now; `old` is the row as it was. */
static void census_compare(struct census *c, struct task *row, const struct task *old, bool fresh_image)
{
    if (!row->image) /* its memory is given back already: it ends */
        row->image = old->image;
    if (row->kthread) /* called after what it works on just now, and sleeping or not: that is no news */
        return;
    if (fresh_image || row->image != old->image || strcmp(row->comm, old->comm))
        census_new_image(c, row);
    if (row->ppid != old->ppid) {
        row->adopted_ms = now_ms();
        c->changed = c->active = true;
    }
    if (row->state == old->state)
        return;
    c->changed = true;
    c->zombies += (row->state == 'Z') - (old->state == 'Z');
    if (row->state == 'Z') { /* its children were given away at this moment, not when it is waited for */
        row->zombie_ms = now_ms();
        c->active = true;
        pids_add(&c->ended, row->pid);
    }
}

static void census_revisit(struct census *c, struct task *row, bool fresh_image)
{
    struct task old = *row;
    if (!task_read_stat(c->procfd, row->pid, row)) {
        *row = old;
        census_bury(c, row);
    } else if (row->start != old.start) {
        *row = old;
        census_replace(c, row, 0);
    } else {
        census_compare(c, row, &old, fresh_image);
    }
}

static void census_discover(struct census *c, pid_t pid, uint64_t ino)
{
    struct task t;
    if (!task_read(c->procfd, pid, &t))
        return; /* so short-lived that nobody will know its name */
    t.ino = ino;
    census_bear(c, &t);
    GROW(c->fresh.v, c->fresh.n, c->fresh.cap);
    c->fresh.v[c->fresh.n++] = t;
}

void census_visit(struct census *c, pid_t pid, bool fresh_image)
{
    struct task *row = tasks_find(&c->set, pid);
    if (!row)
        census_discover(c, pid, 0);
    else if (row->died_ms)
        census_replace(c, row, 0);
    else
        census_revisit(c, row, fresh_image);
}

void census_visit_list(struct census *c, const pid_t *pids, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct task *row = tasks_find(&c->set, pids[i]);
        if (row && !row->died_ms && !row->kthread)
            census_revisit(c, row, false);
    }
}

void census_visit_zombies(struct census *c)
{
    for (size_t i = 0, left = c->zombies; left && i < c->set.n; i++) {
        struct task *row = &c->set.v[i];
        if (row->state == 'Z' && !row->died_ms) {
            census_revisit(c, row, false);
            left--;
        }
    }
}

/* Newcomers came in the order of their birth, so the grown-up ones are in front. */
static void census_grow_up(struct census *c)
{
    int64_t limit = now_ms() - CENSUS_YOUNG_MS;
    size_t grown = 0;
    for (; grown < c->young.n; grown++) {
        const struct task *row = tasks_find(&c->set, c->young.v[grown]);
        if (row && !row->died_ms && row->born_ms >= limit)
            break;
    }
    c->young.n -= grown;
    if (grown)
        memmove(c->young.v, c->young.v + grown, c->young.n * sizeof *c->young.v);
}

void census_visit_young(struct census *c)
{
    census_grow_up(c);
    int left = CENSUS_YOUNG_MAX;
    for (size_t i = c->young.n; i > 0 && left; i--) {
        struct task *row = tasks_find(&c->set, c->young.v[i - 1]);
        if (!row || row->died_ms || row->kthread)
            continue;
        census_revisit(c, row, false);
        left--;
    }
}

void census_visit_some(struct census *c, size_t n)
{
    for (; n && c->set.n; n--) {
        if (c->rotation >= c->set.n)
            c->rotation = 0;
        struct task *row = &c->set.v[c->rotation++];
        if (!row->died_ms && !row->kthread)
            census_revisit(c, row, false);
    }
}

static int census_by_pid(const void *a, const void *b)
{
    return pids_compare(&((const struct task *)a)->pid, &((const struct task *)b)->pid);
}

/* Merges from the back, so that each row moves once, and none when all newcomers have the highest pids. */
static void census_merge(struct census *c)
{
    struct tasks *set = &c->set, *fresh = &c->fresh;
    if (!fresh->n)
        return;
    qsort(fresh->v, fresh->n, sizeof *fresh->v, census_by_pid);
    size_t total = set->n + fresh->n;
    if (total > set->cap) {
        set->cap = total + total / 4;
        set->v = xrealloc(set->v, set->cap * sizeof *set->v);
    }
    size_t old = set->n, new = fresh->n;
    for (size_t to = total; new;)
        set->v[--to] = old && set->v[old - 1].pid > fresh->v[new - 1].pid ? set->v[--old] : fresh->v[--new];
    set->n = total;
    fresh->n = 0;
}

/* Both know the pid. The inode decides whether anything needs to be opened; rows from process events came without. */
static void census_match(struct census *c, struct task *row, const struct scan_entry *e)
{
    if (row->died_ms)
        census_replace(c, row, e->ino);
    else if (row->ino != e->ino)
        census_revisit(c, row, false);
    if (!row->died_ms)
        row->ino = e->ino;
}

bool census_scan(struct census *c)
{
    census_merge(c);
    if (!scan_read(c->procfd, &c->scan))
        return false;
    size_t at = 0, rows = c->set.n;
    for (size_t i = 0; i < c->scan.n; i++) {
        const struct scan_entry *e = &c->scan.v[i];
        for (; at < rows && c->set.v[at].pid < e->pid; at++)
            if (!c->set.v[at].died_ms)
                census_revisit(c, &c->set.v[at], false);
        if (at < rows && c->set.v[at].pid == e->pid)
            census_match(c, &c->set.v[at++], e);
        else
            census_discover(c, e->pid, e->ino);
    }
    for (; at < rows; at++)
        if (!c->set.v[at].died_ms)
            census_revisit(c, &c->set.v[at], false);
    return true;
}

/* A round may find further ends, hence the loop; each round ends processes, so it ends too. */
void census_settle(struct census *c)
{
    census_merge(c);
    while (c->ended.n) {
        struct pids ended = c->ended;
        c->ended = (struct pids){0};
        pids_sort(&ended);
        for (size_t i = 0; i < c->set.n; i++) {
            struct task *row = &c->set.v[i];
            if (!row->died_ms && (ended.n == 1 ? row->ppid == ended.v[0] : pids_has(&ended, row->ppid)))
                census_revisit(c, row, false);
        }
        pids_free(&ended);
    }
    c->counted = true;
}

static void census_drop_dead(struct census *c, int64_t limit)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->set.n; i++) {
        struct task *row = &c->set.v[i];
        if (row->died_ms && row->died_ms <= limit) {
            free(row->args);
            c->dead--;
            c->changed = true;
        } else {
            if (kept != i)
                c->set.v[kept] = *row;
            kept++;
        }
    }
    c->set.n = kept;
}

int64_t census_forget(struct census *c)
{
    int64_t now = now_ms(), next = -1;
    census_grow_up(c);
    if (c->dead)
        census_drop_dead(c, now - CENSUS_DEAD_MS);
    for (size_t i = 0, left = c->dead; left && i < c->set.n; i++)
        if (c->set.v[i].died_ms) {
            int64_t due = c->set.v[i].died_ms + CENSUS_DEAD_MS - now;
            next = next < 0 || due < next ? due : next;
            left--;
        }
    int64_t grown = c->last_born ? c->last_born + CENSUS_DEAD_MS - now : 0;
    if (grown > 0)
        return next < 0 || grown < next ? grown : next;
    if (c->last_born) { /* the youngest is no longer new: a view shows it otherwise from now on */
        c->last_born = 0;
        c->changed = true;
    }
    return next;
}
