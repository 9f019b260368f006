/* What each process is to the session: driven, linked, victim, ours. The session names processes by host numbers; the
 * container's rows take their parts from the host rows they are linked with. */
#ifndef VIEW_ROLES_H
#define VIEW_ROLES_H

#include "view/link.h"
#include "view/tree.h"

/* Returns marks (MARK_DRIVEN, MARK_LINKED, MARK_VICTIM, MARK_OURS) for each row of that side's set; the caller frees
 * them. tree is that set's tree. */
unsigned *roles_of(const struct view_input *in, const struct link *l, enum side side, const struct tree *tree);

#endif
