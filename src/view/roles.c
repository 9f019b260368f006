#include "view/roles.h"
#include "base/mem.h"
#include <stdlib.h>

static void roles_set(const struct view_input *in, unsigned *marks, pid_t pid, unsigned mark)
{
    const struct task *row = pid > 0 ? tasks_find(in->host, pid) : NULL;
    if (row)
        marks[row - in->host->v] |= mark;
}

static unsigned *roles_of_host(const struct view_input *in, const struct tree *tree)
{
    unsigned *marks = xcalloc(in->host->n + 1, sizeof *marks);
    roles_set(in, marks, in->driven, MARK_DRIVEN);
    roles_set(in, marks, in->selected ? in->selected : in->container_pid, MARK_LINKED);
    roles_set(in, marks, in->container_pid, MARK_OURS);
    for (size_t i = 0; i < in->nvictims; i++)
        roles_set(in, marks, in->victims[i], MARK_VICTIM);
    for (size_t i = 0; i < in->nours; i++)
        roles_set(in, marks, in->ours[i], MARK_OURS);
    for (int i = 0; i < tree->n; i++) {
        int node = tree->order[i], parent = tree->v[node].parent;
        if (parent != TREE_TOP(tree))
            marks[node] |= marks[parent] & MARK_OURS;
    }
    return marks;
}

unsigned *roles_of(const struct view_input *in, const struct link *l, enum side side, const struct tree *tree)
{
    if (side == SIDE_HOST)
        return roles_of_host(in, tree);
    unsigned *marks = xcalloc((size_t)tree->n + 1, sizeof *marks);
    if (!l->to_host)
        return marks;
    struct tree host;
    tree_build(&host, in->host);
    autofree unsigned *there = roles_of_host(in, &host);
    tree_free(&host);
    for (int i = 0; i < tree->n; i++)
        if (l->to_host[i] >= 0)
            marks[i] = there[l->to_host[i]];
    return marks;
}
