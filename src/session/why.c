/* Finding the rows that fit a call and its result, trying them, and telling what came of it. */
#include "session/why.h"
#include "base/errnoname.h"
#include "base/text.h"
#include "proc/procfs.h"
#include "proc/task.h"
#include "session/why_private.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The specific before the general: the first that holds is the one that is told. */
static const struct why_row *const why_tables[] = {
    why_rows_process, why_rows_exec, why_rows_mount,     why_rows_pivot,
    why_rows_file,    why_rows_user, why_rows_namespace, why_rows_general,
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
    cause.holds = r->probe(k);
    if (!cause.holds)
        str_free(&cause.evidence);
    GROW(out->cause, out->n, *cap);
    out->cause[out->n++] = cause;
}

bool why_explain(struct session *s, const struct actor *who, const struct call *c, const struct call_image *image,
                 struct why *out)
{
    struct why_case k = {.session = s, .who = who, .c = c, .image = image, .row = call_row_of(c), .pid = who->pid};
    struct task me = {0};
    size_t cap = 0;
    k.level = task_read(procfs_self(), k.pid, &me) ? me.nspids - 1 : 0;
    k.pidns = procfs_ns(procfs_self(), k.pid, "pid");
    *out = (struct why){.name = k.row->name, .err = image->err};
    autostr struct str printed = {0};
    call_print_result(&printed, c, image);
    text_sanitise(&out->call, str_c(&printed), printed.len, TEXT_LINE);
    for (size_t t = 0; t < COUNT(why_tables); t++)
        for (const struct why_row *r = why_tables[t]; r->call; r++)
            if (why_fits(r, k.row->name, image->err))
                why_try(&k, r, out, &cap);
    for (size_t i = 0; i < out->n && !out->first; i++)
        if (out->cause[i].holds)
            out->first = &out->cause[i];
    str_free(&k.status);
    mounts_free(&k.mounts);
    return out->first;
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

void why_print(const struct why *w, struct str *out)
{
    size_t others = 0;
    for (size_t i = 0; i < w->n; i++)
        others += w->cause[i].holds && &w->cause[i] != w->first;
    if (!w->err && w->first) {
        str_add(out, "It returned without an error, but: ");
        why_add_cause(w->first, out);
    } else if (w->first) {
        str_addf(out, "checked %zu cause%s; this one holds: ", w->n, w->n == 1 ? "" : "s");
        why_add_cause(w->first, out);
    } else if (w->err && w->n == 1)
        str_addf(out, "the one known cause of %s from %s() does not hold.", why_errno(w), w->name);
    else if (w->err && w->n)
        str_addf(out, "none of the %zu known causes of %s from %s() holds.", w->n, why_errno(w), w->name);
    else if (w->err)
        str_addf(out, "porthole knows no cause of %s from %s(); :man %s lists its errors.", why_errno(w), w->name,
                 w->name);
    if (w->first && others)
        str_addf(out, " (%zu more hold%s: :why)", others, others == 1 ? "s" : "");
}

void why_print_all(const struct why *w, struct str *out)
{
    size_t holding = 0;
    for (size_t i = 0; i < w->n; i++)
        holding += w->cause[i].holds;
    str_addf(out, "%s\n", str_c(&w->call));
    if (w->n)
        str_addf(out, "checked %zu cause%s, right after the call; %zu hold%s:\n", w->n, w->n == 1 ? "" : "s", holding,
                 holding == 1 ? "s" : "");
    for (size_t i = 0; i < w->n; i++) {
        const struct why_cause *c = &w->cause[i];
        str_addf(out, "%s %s: ", c->holds ? "holds" : "   no", c->name);
        if (c->holds)
            why_add_cause(c, out);
        else
            str_add(out, c->meaning);
        str_addc(out, '\n');
    }
    if (!holding && w->err)
        why_print(w, out);
    else if (!w->n)
        str_add(out, "It did what it says: no trap is known for this call.");
    else if (!holding)
        str_add(out, "It did what it says: none of the known traps holds.");
    if (out->len && out->s[out->len - 1] == '\n')
        str_cut(out, out->len - 1);
}
