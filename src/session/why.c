/* Finding the rows that fit a call and its result, trying them, and telling what came of it. */
#include "session/why.h"
#include "base/errnoname.h"
#include "base/text.h"
#include "proc/procfs.h"
#include "proc/task.h"
#include "session/private.h"
#include "session/why_private.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The specific before the general: the first that holds is the one that is told. */
static const struct why_row *const why_tables[] = {
    why_rows_process, why_rows_signal,    why_rows_exec,    why_rows_overlay, why_rows_mount,
    why_rows_mounted, why_rows_umount,    why_rows_pivot,   why_rows_file,    why_rows_owner,
    why_rows_user,    why_rows_namespace, why_rows_general,
};

size_t why_count(void)
{
    size_t n = 0;
    for (size_t t = 0; t < COUNT(why_tables); t++)
        for (const struct why_row *r = why_tables[t]; r->call; r++)
            n++;
    return n;
}

static bool why_fits(const struct why_row *r, const char *name, int err)
{
    size_t n = strlen(name);
    if (r->err != err)
        return false;
    if (!strcmp(r->call, "*"))
        return true;
    for (const char *p = r->call; (p = strstr(p, name)); p += n)
        if ((p == r->call || p[-1] == ' ') && (!p[n] || p[n] == ' '))
            return true;
    return false;
}

static void why_try(struct why_case *k, const struct why_row *r, struct why *out, size_t *cap)
{
    struct why_cause cause = {.name = r->name, .meaning = r->meaning, .cure = r->cure};
    k->evidence = &cause.evidence;
    cause.holds = !out->gone && r->probe(k);
    if (!cause.holds)
        str_free(&cause.evidence);
    GROW(out->cause, out->n, *cap);
    out->cause[out->n++] = cause;
}

/* A zombie has given back all that a probe could look at. */
static bool why_alive(pid_t tid, struct task *t)
{
    return task_read(procfs_self(), tid, t) && t->state != 'Z' && t->state != 'X';
}

static void why_begin(struct why_case *k, const struct task *me)
{
    struct task process = {0};
    long tgid = why_status(k, k->pid, "Tgid", 10);
    k->process = tgid > 0 ? (pid_t)tgid : k->pid;
    bool found = k->process != k->pid && task_read(procfs_self(), k->process, &process);
    k->own = found ? process.nspid[process.nspids - 1] : me->nspid[me->nspids - 1];
    k->level = me->nspids - 1;
    k->pidns = procfs_ns(procfs_self(), k->pid, "pid");
}

/* Whoever runs on may end while it is looked at, and then "there is no such file" is true of everything. */
static void why_take_back(struct why *out)
{
    out->gone = true;
    for (size_t i = 0; i < out->n; i++) {
        out->cause[i].holds = false;
        str_free(&out->cause[i].evidence);
    }
}

bool why_explain_process(const struct why_stage *stage, pid_t tid, const struct call *c, const struct call_image *image,
                         struct why *out)
{
    struct why_case k = {.stage = stage, .c = c, .image = image, .row = call_row_of(c), .pid = tid};
    struct task me = {0}, after = {0};
    size_t cap = 0;
    *out = (struct why){.name = k.row->name, .err = image->err, .gone = !why_alive(tid, &me)};
    if (!out->gone)
        why_begin(&k, &me);
    autostr struct str printed = {0};
    call_print_result(&printed, c, image);
    text_sanitise(&out->call, str_c(&printed), printed.len, TEXT_LINE);
    for (size_t t = 0; t < COUNT(why_tables); t++)
        for (const struct why_row *r = why_tables[t]; r->call; r++)
            if (why_fits(r, k.row->name, image->err))
                why_try(&k, r, out, &cap);
    if (out->gone || !why_alive(tid, &after) || after.start != me.start)
        why_take_back(out);
    for (size_t i = 0; i < out->n && !out->first; i++)
        if (out->cause[i].holds)
            out->first = &out->cause[i];
    mounts_free(&k.mounts);
    return out->first;
}

struct why_stage why_stage_of(struct session *s)
{
    const struct actor *host = session_actor(s, 1);
    return (struct why_stage){.running = session_running(s),
                              .kind = session_stage(s),
                              .host = host ? host->pid : 0,
                              .warden = s->warden ? warden_pid(s->warden) : 0};
}

bool why_explain(struct session *s, const struct actor *who, const struct call *c, const struct call_image *image,
                 struct why *out)
{
    struct why_stage stage = why_stage_of(s);
    return why_explain_process(&stage, who->pid, c, image, out);
}

void why_free(struct why *w)
{
    for (size_t i = 0; i < w->n; i++)
        str_free(&w->cause[i].evidence);
    free(w->cause);
    str_free(&w->call);
    *w = (struct why){0};
}

static void why_add_cause(const struct why_cause *c, struct str *out)
{
    str_add(out, c->meaning);
    if (c->evidence.len)
        str_addf(out, " Seen: %s.", str_c(&c->evidence));
    str_addf(out, " %s", c->cure);
}

static const char *why_errno(const struct why *w)
{
    const char *name = errno_name(w->err);
    return name ? name : "this error";
}

static const char *why_s(size_t n)
{
    return n == 1 ? "" : "s";
}

static size_t why_holding(const struct why *w)
{
    size_t n = 0;
    for (size_t i = 0; i < w->n; i++)
        n += w->cause[i].holds;
    return n;
}

/* What is to be said where no cause holds. */
static void why_add_none(const struct why *w, struct str *out)
{
    if (!w->err)
        return;
    if (!w->n)
        str_addf(out, "porthole knows no cause of %s from %s(); :man %s lists its errors.", why_errno(w), w->name,
                 w->name);
    else if (w->gone)
        str_addf(out, "its process ended before anything could be looked at; %zu cause%s of %s from %s() %s known.",
                 w->n, why_s(w->n), why_errno(w), w->name, w->n == 1 ? "is" : "are");
    else if (w->n == 1)
        str_addf(out, "the one known cause of %s from %s() does not hold.", why_errno(w), w->name);
    else
        str_addf(out, "none of the %zu known causes of %s from %s() holds.", w->n, why_errno(w), w->name);
}

void why_print(const struct why *w, struct str *out)
{
    size_t others = why_holding(w) - (w->first ? 1 : 0);
    if (!w->first) {
        why_add_none(w, out);
        return;
    }
    if (w->err)
        str_addf(out, "checked %zu cause%s; this one holds: ", w->n, why_s(w->n));
    else
        str_add(out, "It returned without an error, but: ");
    why_add_cause(w->first, out);
    if (others)
        str_addf(out, " (%zu more hold%s: :why)", others, others == 1 ? "s" : "");
}

/* A line each. Of a process that has ended nobody knows which it was, so each is told with its cure. */
static void why_add_causes(const struct why *w, bool holding, struct str *out)
{
    for (size_t i = 0; i < w->n; i++) {
        const struct why_cause *c = &w->cause[i];
        if (c->holds != holding)
            continue;
        str_add(out, w->gone ? "maybe: " : c->holds ? "holds: " : "  not: ");
        if (c->holds || w->gone)
            why_add_cause(c, out);
        else
            str_add(out, c->meaning);
        str_addc(out, '\n');
    }
}

void why_print_all(const struct why *w, struct str *out)
{
    size_t holding = why_holding(w);
    str_addf(out, "%s\n", str_c(&w->call));
    if (w->n && !w->gone)
        str_addf(out, "checked %zu cause%s, right after the call; %zu hold%s:\n", w->n, why_s(w->n), holding,
                 holding == 1 ? "s" : "");
    if (w->err || !w->gone) { /* what holds comes last: the end of a long answer is what a screen shows */
        why_add_causes(w, false, out);
        why_add_causes(w, true, out);
    }
    if (!holding && w->err)
        why_add_none(w, out);
    else if (w->gone)
        str_add(out, "It succeeded; its process has ended, so nothing more can be said.");
    else if (!w->n)
        str_add(out, "It did what it says: no trap is known for this call.");
    else if (!holding)
        str_add(out, "It did what it says: none of the known traps holds.");
    if (out->len && out->s[out->len - 1] == '\n')
        str_cut(out, out->len - 1);
}
