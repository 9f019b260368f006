#include "view/view.h"
#include "base/mem.h"
#include "view/processes.h"
#include <stdlib.h>
#include <string.h>

static const struct view views[] = {
    {
        .name = "processes",
        .help = "the process trees of the host and of the container, side by side",
        .rows = view_processes_rows,
    },
};

const struct view *view_table(size_t *n)
{
    *n = COUNT(views);
    return views;
}

const struct view *view_find(const char *name)
{
    for (size_t i = 0; i < COUNT(views); i++)
        if (!strcmp(views[i].name, name))
            return &views[i];
    return NULL;
}

void view_rows_free(struct view_rows *r)
{
    free(r->v);
    *r = (struct view_rows){0};
}
