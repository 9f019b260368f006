/* The view `processes`. */
#ifndef VIEW_PROCESSES_H
#define VIEW_PROCESSES_H

#include "view/view.h"

void view_processes_rows(const struct view_input *in, enum side side, struct view_rows *out);

#endif
