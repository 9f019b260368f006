#include "proc/task.h"
#include <stdlib.h>

struct task *tasks_find(const struct tasks *set, pid_t pid)
{
    size_t low = 0, high = set ? set->n : 0;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (set->v[mid].pid < pid)
            low = mid + 1;
        else
            high = mid;
    }
    return set && low < set->n && set->v[low].pid == pid ? &set->v[low] : NULL;
}

void tasks_free(struct tasks *set)
{
    for (size_t i = 0; i < set->n; i++)
        free(set->v[i].args);
    free(set->v);
    *set = (struct tasks){0};
}
