#include "view/link.h"
#include "base/mem.h"
#include "proc/procfs.h"
#include <stdlib.h>

static pid_t link_own_pid(const struct task *t)
{
    return t->nspids > 0 ? t->nspid[t->nspids - 1] : t->pid;
}

static size_t link_hash(const struct task *t, size_t mask)
{
    uint64_t key = t->start * 0x9e3779b97f4a7c15u + (uint64_t)link_own_pid(t) * 0xc2b2ae3d27d4eb4fu;
    return (size_t)(key >> 29) & mask;
}

static bool link_fits(const struct task *a, const struct task *b)
{
    if (a->start != b->start || link_own_pid(a) != link_own_pid(b))
        return false;
    if (a->nspids >= TASK_LEVELS || b->nspids >= TASK_LEVELS)
        return true; /* levels were cut off: only the last number is sure */
    for (int i = a->nspids - 1, j = b->nspids - 1; i >= 0 && j >= 0; i--, j--)
        if (a->nspid[i] != b->nspid[j])
            return false;
    return true;
}

static bool link_same_namespace(const struct view_input *in, const struct task *host, const struct task *container)
{
    uint64_t ns = in->host_procfd < 0 ? 0 : procfs_ns(in->host_procfd, host->pid, "pid");
    return ns && in->container_procfd >= 0 && ns == procfs_ns(in->container_procfd, container->pid, "pid");
}

/* Links the pair, or leaves an earlier link of either in place unless the namespace speaks for this one. */
static void link_pair(struct link *l, const struct view_input *in, int h, int c)
{
    int other_c = l->to_container[h], other_h = l->to_host[c];
    if (other_c >= 0 || other_h >= 0) {
        if (!link_same_namespace(in, &in->host->v[h], &in->container->v[c]))
            return;
        if (other_c >= 0)
            l->to_host[other_c] = -1;
        if (other_h >= 0)
            l->to_container[other_h] = -1;
    }
    l->to_container[h] = c;
    l->to_host[c] = h;
}

static int *link_none(size_t n)
{
    int *v = xcalloc(n + 1, sizeof *v);
    for (size_t i = 0; i < n; i++)
        v[i] = -1;
    return v;
}

void link_rows(struct link *l, const struct view_input *in)
{
    *l = (struct link){0};
    if (!in->host || !in->container)
        return;
    size_t nh = in->host->n, nc = in->container->n, mask = 15;
    while (mask < 2 * nc)
        mask = mask * 2 + 1;
    l->to_container = link_none(nh);
    l->to_host = link_none(nc);
    autofree int *bucket = link_none(mask + 1), *chain = link_none(nc);
    for (size_t c = nc; c-- > 0;) {
        size_t b = link_hash(&in->container->v[c], mask);
        chain[c] = bucket[b];
        bucket[b] = (int)c;
    }
    for (size_t h = 0; h < nh; h++)
        for (int c = bucket[link_hash(&in->host->v[h], mask)]; c >= 0; c = chain[c])
            if (link_fits(&in->host->v[h], &in->container->v[c]))
                link_pair(l, in, (int)h, c);
}

void link_free(struct link *l)
{
    free(l->to_host);
    free(l->to_container);
    *l = (struct link){0};
}

const struct task *link_other(const struct link *l, const struct view_input *in, enum side side, size_t i)
{
    const int *map = side == SIDE_HOST ? l->to_container : l->to_host;
    const struct tasks *set = side == SIDE_HOST ? in->container : in->host;
    return map && map[i] >= 0 ? &set->v[map[i]] : NULL;
}
