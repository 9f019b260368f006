#include "proc/peers.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

void peers_free(struct peers *p)
{
    free(p->v);
    *p = (struct peers){0};
}

/* 36 35 98:0 /root /target options shared:1 master:2 - type source options. Blanks in texts are written as \040. */
static bool peers_parse(const char *line, struct peer *p)
{
    unsigned major, minor;
    int fields = 0;
    *p = (struct peer){0};
    if (sscanf(line, "%d %d %u:%u %*s %*s %*s%n", &p->id, &p->parent, &major, &minor, &fields) != 4 || !fields)
        return false;
    p->dev = makedev(major, minor);
    const char *at = line + fields, *end = strstr(at, " - ");
    for (; end && at < end; at += strcspn(at + 1, " ") + 1) {
        sscanf(at, " shared:%d", &p->shared);
        sscanf(at, " master:%d", &p->master);
    }
    return true;
}

bool peers_read(int procfd, pid_t pid, struct peers *out)
{
    char path[48] = "self/mountinfo";
    autostr struct str text = {0};
    *out = (struct peers){0};
    if (pid)
        snprintf(path, sizeof path, "%d/mountinfo", (int)pid);
    if (!file_read(procfd, path, &text, 1 << 24))
        return false;
    char *save = NULL;
    for (char *line = text.s ? strtok_r(text.s, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save)) {
        struct peer p;
        if (!peers_parse(line, &p))
            continue;
        GROW(out->v, out->n, out->cap);
        out->v[out->n++] = p;
    }
    if (!out->n)
        errno = EINVAL;
    return out->n > 0;
}

const struct peer *peers_find(const struct peers *p, int id)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->v[i].id == id)
            return &p->v[i];
    return NULL;
}

const struct peer *peers_reached(const struct peer *at, const struct peers *others)
{
    for (size_t i = 0; at->shared && i < others->n; i++)
        if (others->v[i].shared == at->shared || others->v[i].master == at->shared)
            return &others->v[i];
    return NULL;
}
