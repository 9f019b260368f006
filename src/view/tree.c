#include "view/tree.h"
#include "base/mem.h"
#include <stdlib.h>

/* Siblings come one after the other as a rule, so the parent found last is mostly the right one again. */
static int tree_parent(const struct tree *t, int i, int *last)
{
    const struct task *rows = t->set->v;
    pid_t ppid = rows[i].ppid;
    if (*last != TREE_TOP(t) && rows[*last].pid == ppid && *last != i)
        return *last;
    const struct task *parent = ppid > 0 ? tasks_find(t->set, ppid) : NULL;
    if (!parent || parent == &rows[i])
        return TREE_TOP(t);
    *last = (int)(parent - rows);
    return *last;
}

static void tree_join(struct tree *t)
{
    int last = TREE_TOP(t);
    for (int i = 0; i <= t->n; i++)
        t->v[i] = (struct tree_node){.parent = -1, .child = -1, .next = -1, .depth = -1, .weight = i < t->n};
    for (int i = t->n - 1; i >= 0; i--) { /* backwards, so that each list of children rises */
        struct tree_node *node = &t->v[i], *parent;
        node->parent = tree_parent(t, i, &last);
        parent = &t->v[node->parent];
        node->next = parent->child;
        parent->child = i;
    }
}

/* Puts what hangs below the nodes order[from..to) behind them; returns the new end. */
static int tree_walk(struct tree *t, int from, int to)
{
    for (; from < to; from++) {
        const struct tree_node *node = &t->v[t->order[from]];
        for (int child = node->child; child >= 0; child = t->v[child].next) {
            t->v[child].depth = node->depth + 1;
            t->order[to++] = child;
        }
    }
    return to;
}

static void tree_unlink(struct tree *t, int node)
{
    int *at = &t->v[t->v[node].parent].child;
    while (*at != node)
        at = &t->v[*at].next;
    *at = t->v[node].next;
}

/* Makes node a root: takes it out of its parent's list and puts it at the end of the list of roots. */
static void tree_uproot(struct tree *t, int node)
{
    tree_unlink(t, node);
    int *at;
    for (at = &t->v[TREE_TOP(t)].child; *at >= 0; at = &t->v[*at].next)
        ;
    *at = node;
    t->v[node].next = -1;
    t->v[node].parent = TREE_TOP(t);
}

static void tree_order(struct tree *t)
{
    int end = 0;
    for (int root = t->v[TREE_TOP(t)].child; root >= 0; root = t->v[root].next) {
        t->v[root].depth = 0;
        t->order[end++] = root;
    }
    end = tree_walk(t, 0, end);
    for (int i = 0; end < t->n && i < t->n; i++) {
        if (t->v[i].depth >= 0)
            continue;
        tree_uproot(t, i); /* nothing led here: a circle */
        t->v[i].depth = 0;
        t->order[end] = i;
        end = tree_walk(t, end, end + 1);
    }
}

void tree_build(struct tree *t, const struct tasks *set)
{
    *t = (struct tree){.set = set, .n = (int)set->n};
    t->v = xcalloc((size_t)t->n + 1, sizeof *t->v);
    t->order = xcalloc((size_t)t->n + 1, sizeof *t->order);
    tree_join(t);
    tree_order(t);
    for (int i = t->n - 1; i >= 0; i--) {
        const struct tree_node *node = &t->v[t->order[i]];
        t->v[node->parent].weight += node->weight;
        t->v[node->parent].hidden++;
    }
    t->v[TREE_TOP(t)].shown = true;
    t->rows = t->v[TREE_TOP(t)].hidden > 0;
}

void tree_free(struct tree *t)
{
    free(t->v);
    free(t->order);
    *t = (struct tree){0};
}

void tree_drop(struct tree *t, int node)
{
    struct tree_node *v = &t->v[node];
    if (v->shown)
        return;
    while (v->child >= 0)
        tree_drop(t, v->child);
    tree_unlink(t, node);
    for (int up = v->parent;; up = t->v[up].parent) {
        t->v[up].weight--;
        if (up == TREE_TOP(t))
            break;
    }
    t->v[v->parent].hidden--;
    v->shown = true; /* there is nothing left to do for it */
    t->rows = t->v[TREE_TOP(t)].hidden > 0;
}

/* A shown node takes a row, and one more while children of it are hidden. */
static void tree_show_one(struct tree *t, int i)
{
    struct tree_node *node = &t->v[i], *parent = &t->v[node->parent];
    node->shown = true;
    t->rows += 1 + (node->hidden > 0);
    parent->hidden--;
    t->rows -= parent->shown && !parent->hidden;
}

void tree_show(struct tree *t, int node)
{
    for (; !t->v[node].shown; node = t->v[node].parent)
        tree_show_one(t, node);
}

void tree_offer(struct tree *t, int node, int max)
{
    const struct tree_node *v = &t->v[node], *parent = &t->v[v->parent];
    if (v->shown || !parent->shown)
        return;
    int more = 1 + (v->hidden > 0) - (parent->hidden == 1);
    if (more <= 0 || t->rows + more <= max) /* a count that stands for one process is better that process itself */
        tree_show_one(t, node);
}

int tree_shown(const struct tree *t, int node)
{
    while (node >= 0 && !t->v[node].shown)
        node = t->v[node].next;
    return node;
}
