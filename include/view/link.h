/* Which row of the container column is which row of the host column.
 *
 * Both witnesses are asked for the numbers a process has, from their own pid namespace inwards (NSpid), and for its
 * start time. Two rows are one process when they started in the same tick and the shorter list of numbers is the end of
 * the longer. Where that leaves a choice, the inode of the pid namespace decides: within one, a number is unique. */
#ifndef VIEW_LINK_H
#define VIEW_LINK_H

#include "view/view.h"

struct link {
    int *to_host;      /* row of the container's set -> row of the host's, -1 none; NULL when a set is missing */
    int *to_container; /* the other way */
};
void link_rows(struct link *l, const struct view_input *in);
void link_free(struct link *l);

/* Counterpart of row i of that side's set, NULL when there is none. */
const struct task *link_other(const struct link *l, const struct view_input *in, enum side side, size_t i);

#endif
