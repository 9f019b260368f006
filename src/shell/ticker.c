/* A ring of lines. Folding looks back from the end for the last line of the same process: calls of several processes
 * alternate, and each has its own run. How soon a run is folded depends on what the call does: twelve mounts are twelve
 * facts, forty prctl() are one. */
#include "shell/ticker.h"
#include "base/mem.h"
#include "base/text.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define TICKER_BACK 64 /* lines looked back through */

struct ticker {
    struct ticker_line v[TICKER_MAX]; /* the n latest end before `next` */
    size_t next, n;
    size_t command;   /* lines of the current command, kept or not */
    bool fresh;       /* a command has begun and told nothing yet: the list is still that of the one before */
    size_t forgotten; /* of `command` */
};

struct ticker *ticker_new(void)
{
    return xcalloc(1, sizeof(struct ticker));
}

static void ticker_line_clear(struct ticker_line *l)
{
    free(l->text);
    free(l->reason);
    *l = (struct ticker_line){0};
}

void ticker_free(struct ticker *t)
{
    for (size_t i = 0; t && i < TICKER_MAX; i++)
        ticker_line_clear(&t->v[i]);
    free(t);
}

/* back 0: the last line. */
static struct ticker_line *ticker_from_end(struct ticker *t, size_t back)
{
    return &t->v[(t->next + TICKER_MAX - 1 - back) % TICKER_MAX];
}

void ticker_begin(struct ticker *t)
{
    t->fresh = true;
}

void ticker_renew(struct ticker *t)
{
    if (t->fresh)
        t->command = t->forgotten = 0;
    t->fresh = false;
}

size_t ticker_count(const struct ticker *t)
{
    return t->command - t->forgotten;
}

size_t ticker_forgotten(const struct ticker *t)
{
    return t->forgotten;
}

const struct ticker_line *ticker_line(const struct ticker *t, size_t i)
{
    return &t->v[(t->next + TICKER_MAX - ticker_count(t) + i) % TICKER_MAX];
}

/* Words. */

void ticker_print_who(const struct watched *w, struct str *out)
{
    pid_t host = w->host_pid ? w->host_pid : w->pid;
    str_addf(out, "[%s %d", w->who ? w->who->name : "?", (int)host);
    if (w->own_pid && w->own_pid != host)
        str_addf(out, "/%d", (int)w->own_pid);
    str_add(out, "] ");
}

void ticker_print(const struct ticker_line *l, struct str *out)
{
    str_add(out, l->text);
    if (l->search)
        str_addf(out, "(PATH: %u miss%s)", l->count, l->count == 1 ? "" : "es");
    else if (l->count > 1)
        str_addf(out, " (×%u)", l->count);
}

void ticker_print_about(const struct call_row *row, const char *text, struct str *out)
{
    const char *meaning = row->meaning;
    if (row->op == OP_FORK && strstr(text, "CLONE_THREAD"))
        meaning = "makes another thread of the calling process, which shares memory, files and pid with it";
    else if (row->op == OP_FORK && strstr(text, "CLONE_NEW"))
        meaning = "forks a child that starts in new namespaces of its own, one for each CLONE_NEW flag";
    else if (row->op == OP_FORK && strstr(text, "flags="))
        meaning =
            "makes a copy of the calling process, as fork() does: without a CLONE_NEW flag the child stays in its "
            "parent's namespaces";
    str_addf(out, "%s %s.", row->man, meaning);
}

const char *ticker_denied(int err)
{
    return err == EINTR ? "^C cancelled it: the call was not made." : "You denied it: the call was not made.";
}

void ticker_print_meaning(const struct ticker_line *l, struct str *out)
{
    if (l->reason)
        str_addf(out, "%s%s ", l->reason, l->reason[strlen(l->reason) - 1] == '.' ? "" : ".");
    else if (l->denied)
        str_addf(out, "%s ", ticker_denied(l->err));
    if (l->search)
        str_add(out, "The program was looked for in the directories of $PATH, one after the other, and not found yet.");
    else if (l->row)
        ticker_print_about(l->row, l->text, out);
}

/* What was not told of a run. */
static void ticker_close(struct ticker_line *l, struct str *linear)
{
    if (l->told >= l->count || !linear || (!l->news && l->count - l->told == 1))
        return;
    if (l->search || l->count - l->told == 1)
        ticker_print(&(struct ticker_line){.text = l->text, .search = l->search, .count = l->search ? l->count : 1},
                     linear);
    else
        str_addf(linear, "%s (×%u more)", l->text, l->count - l->told);
    str_addc(linear, '\n');
    l->told = l->count;
}

void ticker_settle(struct ticker *t, struct str *linear)
{
    for (size_t i = t->n; i > 0; i--)
        ticker_close(ticker_from_end(t, i - 1), linear);
}

/* Folding. */

static bool ticker_is_thread(const struct watched *w)
{
    return w->row && w->row->op == OP_FORK && w->text && strstr(w->text, "CLONE_THREAD");
}

static bool ticker_is_probe(const struct call_row *row)
{
    return row && (!strcmp(row->name, "prctl") || !strcmp(row->name, "seccomp"));
}

/* Calls of one kind in a row make a run. prctl() and seccomp() are many calls behind one name: the first argument says
 * which, and PR_SET_NO_NEW_PRIVS must not vanish among forty PR_CAPBSET_READ. */
static void ticker_kind(const struct watched *w, char kind[32])
{
    const char *text = w->text ? w->text : "";
    if (w->kind != WATCHED_CALL || !w->row)
        kind[0] = '\0';
    else if (ticker_is_probe(w->row))
        snprintf(kind, 32, "%.*s", (int)strcspn(text, ",)"), text);
    else
        snprintf(kind, 32, "%s%s%s", w->row->name, w->search ? " search" : "", ticker_is_thread(w) ? " thread" : "");
}

/* So many calls of one kind in a row stay lines of their own. */
static unsigned ticker_alone(const struct watched *w)
{
    const struct call_row *row = w->row;
    if (w->search || ticker_is_probe(row) || ticker_is_thread(w) || row->flags & CALL_BLOCKS)
        return 1;
    if (row->flags & (CALL_CHANGES_MOUNTS | CALL_CHANGES_ROOT))
        return 48;
    if (row->flags & (CALL_CHANGES_NS | CALL_CHANGES_CREDS | CALL_SIGNALS | CALL_TASKS))
        return 6;
    return 2;
}

static struct ticker_line *ticker_last_of(struct ticker *t, pid_t pid)
{
    size_t kept = t->fresh ? 0 : ticker_count(t);
    for (size_t i = 0; i < kept && i < TICKER_BACK; i++)
        if (ticker_from_end(t, i)->pid == pid)
            return ticker_from_end(t, i);
    return NULL;
}

static struct ticker_line *ticker_add(struct ticker *t, struct str *linear)
{
    struct ticker_line *l = &t->v[t->next];
    ticker_renew(t);
    if (t->n == TICKER_MAX) {
        ticker_close(l, linear);
        ticker_line_clear(l);
    } else
        t->n++;
    t->next = (t->next + 1) % TICKER_MAX;
    if (++t->command - t->forgotten > TICKER_MAX)
        t->forgotten++;
    return l;
}

/* An end says more than the call that brings it about, and stands in its place. */
static bool ticker_is_end_of(const struct ticker_line *l, const struct watched *w)
{
    return l && w->kind == WATCHED_EXIT && l->row && l->row->op == OP_EXIT && !l->denied;
}

static bool ticker_goes_on(const struct ticker_line *l, const struct watched *w)
{
    char kind[32];
    ticker_kind(w, kind);
    return l && *kind && !strcmp(l->kind, kind);
}

static bool ticker_joins(const struct ticker_line *l, const struct watched *w)
{
    return ticker_goes_on(l, w) && !l->denied && !w->denied && l->run >= ticker_alone(w);
}

static bool ticker_fails(const struct watched *w)
{
    if (w->kind == WATCHED_EXIT)
        return !(WIFEXITED(w->ret) && WEXITSTATUS(w->ret) == 0);
    return w->kind == WATCHED_CALL && w->returned && w->ret == -1 && w->err;
}

/* Of a run the last call is shown, but a probe that fails in the end does not hide what succeeded. */
static void ticker_note(struct ticker_line *l, const struct watched *w)
{
    bool fails = ticker_fails(w);
    if (l->count++ && fails && !l->failed)
        return;
    autostr struct str text = {0};
    if (w->kind == WATCHED_LOST)
        str_addf(&text, "(%lld calls came too fast to be told)", (long long)w->ret);
    else
        ticker_print_who(w, &text);
    if (w->kind != WATCHED_LOST && !w->search)
        str_add(&text, w->text ? w->text : "");
    free(l->text);
    l->text = str_steal(&text);
    l->news = true;
    l->failed = fails;
}

static void ticker_tell(struct ticker_line *l, struct str *linear)
{
    l->told = l->count;
    l->news = false;
    if (linear) {
        ticker_print(l, linear);
        str_addc(linear, '\n');
    }
}

static void ticker_new_line(struct ticker *t, const struct watched *w, unsigned run, struct str *linear)
{
    struct ticker_line *l = ticker_add(t, linear);
    l->row = w->row;
    l->pid = w->kind == WATCHED_LOST ? 0 : w->pid;
    l->run = run;
    ticker_kind(w, l->kind);
    l->search = w->search;
    l->denied = w->denied;
    const char *reason = w->denied ? w->reason : w->why;
    if (reason && *reason)
        l->reason = xstrdup(reason);
    l->err = w->err;
    ticker_note(l, w);
    if (!linear)
        l->told = l->count;
    else if (!l->search && !(w->row && w->row->op == OP_EXIT && !w->denied)) /* those are told as a whole */
        ticker_tell(l, linear);
}

void ticker_take(struct ticker *t, const struct watched *w, struct str *linear)
{
    if (w->kind == WATCHED_HELD)
        return;
    struct ticker_line *last = w->kind == WATCHED_LOST ? NULL : ticker_last_of(t, w->pid);
    if (ticker_is_end_of(last, w)) {
        last->row = NULL;
        last->kind[0] = '\0';
        last->count = 0;
        ticker_note(last, w);
        ticker_tell(last, linear);
    } else if (ticker_joins(last, w)) {
        last->run++;
        ticker_note(last, w);
        if (!linear)
            last->told = last->count;
    } else {
        unsigned run = last && ticker_goes_on(last, w) ? last->run + 1 : 1;
        if (last)
            ticker_close(last, linear);
        ticker_new_line(t, w, run, linear);
    }
}
