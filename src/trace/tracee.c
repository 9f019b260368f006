#include "base/file.h"
#include "base/mem.h"
#include "trace/private.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct tracee **tracees_bucket(const struct tracees *set, pid_t tid)
{
    return (struct tracee **)&set->bucket[(unsigned)tid % TRACEE_BUCKETS];
}

struct tracee *tracees_find(const struct tracees *set, pid_t tid)
{
    struct tracee *t = *tracees_bucket(set, tid);
    while (t && t->id.tid != tid)
        t = t->next;
    return t;
}

static void tracees_link(struct tracees *set, struct tracee *t)
{
    struct tracee **b = tracees_bucket(set, t->id.tid);
    t->next = *b;
    *b = t;
    set->n++;
}

static void tracees_unlink(struct tracees *set, struct tracee *t)
{
    struct tracee **p = tracees_bucket(set, t->id.tid);
    while (*p != t)
        p = &(*p)->next;
    *p = t->next;
    set->n--;
}

struct tracee *tracees_add(struct tracees *set, struct tracer *tr, pid_t tid)
{
    struct tracee *t = xcalloc(1, sizeof *t);
    t->id.tid = tid;
    t->tracer = tr;
    tracees_link(set, t);
    return t;
}

void tracees_rename(struct tracees *set, struct tracee *t, pid_t tid)
{
    tracees_unlink(set, t);
    t->id.tid = tid;
    tracees_link(set, t);
}

void tracees_remove(struct tracees *set, struct tracee *t)
{
    tracees_unlink(set, t);
    call_free(t->now.call);
    call_free(t->interrupted.call);
    free(t->note.data);
    free(t);
}

bool tracee_status(const struct tracee *t, struct str *status)
{
    char path[64];
    snprintf(path, sizeof path, "%d/status", (int)t->id.tid);
    return file_read(t->tracer->proc, path, status, 1 << 16);
}

/* The process of a thread, and what it is called in its own namespace: constant for its life, read when first asked
 * for.
 */
static void tracee_identify(struct tracee *t)
{
    autostr struct str status = {0};
    if (!tracee_status(t, &status))
        return;
    const char *tgid = strstr(str_c(&status), "\nTgid:"), *ns = strstr(str_c(&status), "\nNStgid:");
    if (tgid)
        t->id.pid = (pid_t)strtol(tgid + 6, NULL, 10);
    if (!ns)
        return;
    char *end = (char *)ns + 8;
    for (t->levels = 0; *end == '\t' || *end == ' '; t->levels++) {
        t->id.own = (pid_t)strtol(end, &end, 10);
        if (t->levels < 2)
            t->id.second = t->id.own;
    }
    t->known = true;
}

const struct tracee_id *tracee_id(struct tracee *t)
{
    if (!t->known)
        tracee_identify(t);
    if (!t->id.pid)
        t->id.pid = t->id.tid;
    return &t->id;
}

struct tracee_note *tracee_note(struct tracee *t)
{
    return &t->note;
}

bool tracee_is_held(const struct tracee *t)
{
    return t->state == TRACEE_HELD;
}

bool tracee_is_stopped(const struct tracee *t)
{
    return t->state == TRACEE_GROUP;
}

int tracee_denied(const struct tracee *t)
{
    return t->now.denied;
}
