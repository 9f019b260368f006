/* The tree that ppid makes of a set of processes, and which of it to show when there is not room for all. */
#ifndef VIEW_TREE_H
#define VIEW_TREE_H

#include "proc/task.h"
#include <stdbool.h>
#include <stddef.h>

struct tree_node {
    int parent;      /* indices of nodes; roots have the node TREE_TOP(t) */
    int child, next; /* first child and next sibling, by rising pid; -1: none */
    int depth;       /* 0 for roots */
    unsigned weight; /* processes in this subtree, itself included */
    unsigned hidden; /* children that are not shown */
    bool shown;
};

/* Node i is row i of the set. One more node stands above all roots. */
struct tree {
    const struct tasks *set;
    struct tree_node *v;
    int *order; /* breadth first, top-down: parents before children */
    int n;
    int rows; /* rows that the shown nodes take, with a row for each shown node that has hidden children */
};
#define TREE_TOP(t) ((t)->n)

/* A set read while processes came and went may hold a circle of parents: it is cut at its lowest pid. Nothing is shown
 * at first. */
void tree_build(struct tree *t, const struct tasks *set);
void tree_free(struct tree *t);
/* Takes a node and all below it out, before anything is shown: it is neither shown nor counted. */
void tree_drop(struct tree *t, int node);

void tree_show(struct tree *t, int node); /* and its ancestors */
/* Shows more while the rows fit: a node whose parent is shown, when that needs no more rows than max. */
void tree_offer(struct tree *t, int node, int max);
/* Next shown sibling at or after node, -1 when there is none. */
int tree_shown(const struct tree *t, int node);

#endif
