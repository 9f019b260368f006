/* Doing it all again: the journal's entries in a fresh stage.
 *
 * In the practice stage the pid namespace is new too, so the same deeds give the same pids. In the real stage they do
 * not: each entry that made a process remembers its number, and where a later entry's text has that number, the new one
 * is put in its place. */
#include "base/mem.h"
#include "base/text.h"
#include "session/journal.h"
#include "session/private.h"
#include "session/pty.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct replay_pid {
    pid_t was, is;
};

struct replay {
    struct session *s;
    struct replay_pid *pids;
    size_t n, cap;
};

static void replay_learn(struct replay *r, pid_t was, pid_t is)
{
    if (was <= 1 || is <= 0 || was == is)
        return;
    GROW(r->pids, r->n, r->cap);
    r->pids[r->n++] = (struct replay_pid){was, is};
}

/* The text with whole numbers that were pids replaced. The caller frees it. */
static char *replay_translate(const struct replay *r, const char *text)
{
    struct str out = {0};
    while (*text) {
        size_t n = strspn(text, "0123456789");
        if (!n) {
            size_t word = 1; /* digits inside a name are no pid */
            if (isalpha((unsigned char)*text) || *text == '_')
                while (isalnum((unsigned char)text[word]) || text[word] == '_')
                    word++;
            str_addn(&out, text, word);
            text += word;
            continue;
        }
        long number = n < 10 ? strtol(text, NULL, 10) : -1;
        const struct replay_pid *hit = NULL;
        for (size_t i = 0; i < r->n; i++)
            if (r->pids[i].was == number)
                hit = &r->pids[i];
        if (hit)
            str_addf(&out, "%d", (int)hit->is);
        else
            str_addn(&out, text, n);
        text += n;
    }
    return str_steal(&out);
}

struct replay_scope {
    struct session *s;
    enum side side;
};

static const char *replay_get(void *arg, const char *name)
{
    struct replay_scope *scope = arg;
    return session_var(scope->s, scope->side, name);
}

static int replay_call(struct replay *r, struct journal_entry *e, struct actor *who, const char *text,
                       struct outcome *o)
{
    struct replay_scope at = {r->s, who->side};
    struct call_scope scope = {replay_get, &at};
    struct call_error error;
    struct call_expect want = {0}; /* `fork() = $child`: the name gets the new number */
    size_t end = strlen(text);
    if (!call_expect_parse(text, &end, &want, &error))
        end = strlen(text);
    autofree char *line = xstrndup(text, end);
    _cleanup_(call_freep)
    struct call *c = call_parse(line, &scope, &error);
    if (!c)
        return outcome_set(o, 0, error.text, text, "this step of the journal cannot be repeated");
    struct call_image *image = xmalloc(sizeof *image);
    struct actor *child = NULL;
    session_expect_child(r->s, want.set);
    int failed = session_call(r->s, who, c, image, &child, o);
    if (!failed && child) {
        replay_learn(r, e->pid, (pid_t)image->ret);
        e->pid = (pid_t)image->ret;
    }
    if (!failed && want.set[0] && image->ret > 0) {
        autofree char *value = xasprintf("%lld", (long long)image->ret);
        session_set_var(r->s, want.set, value);
    }
    free(image);
    return failed;
}

static int replay_entry(struct replay *r, struct journal_entry *e, struct outcome *o)
{
    struct actor *who = session_actor(r->s, e->actor);
    autofree char *text = replay_translate(r, e->text ? e->text : "");
    autostr struct str ignored = {0};
    int status;
    if (e->kind == JOURNAL_DRIVE)
        return session_drive(r->s, e->actor, o) ? 0 : -1;
    if (!who)
        return outcome_set(o, 0, "the journal names an actor that is not there", text, NULL);
    switch (e->kind) {
    case JOURNAL_CALL:
        return replay_call(r, e, who, text, o);
    case JOURNAL_TERMINAL: {
        size_t name = strcspn(text, " ");
        autofree char *var = xstrndup(text, name);
        if (pty_run(r->s, SIDE_HOST, var, text + name + (text[name] == ' '), o) < 0)
            return -1;
        pid_t is = (pid_t)atol(session_var(r->s, SIDE_HOST, var));
        replay_learn(r, e->pid, is);
        e->pid = is;
        return 0;
    }
    case JOURNAL_INPUT:
        return session_input(r->s, who, text, 100, &ignored, &status, o);
    default: {
        unsigned flags = RUN_QUIET | (e->kind == JOURNAL_SETUP ? RUN_EXPORT : 0);
        int failed = session_run(r->s, who, text, flags, 10000, &ignored, &status, o);
        const char *bang = session_var(r->s, who->side, "!");
        if (!failed && e->pid && bang) {
            replay_learn(r, e->pid, (pid_t)atol(bang));
            e->pid = (pid_t)atol(bang);
        }
        return 0; /* what failed then (no /bin/sh, no fork) fails again, and that is right */
    }
    }
}

int journal_replay(struct journal *j, struct session *s, struct outcome *o)
{
    struct replay r = {.s = s};
    int failed = 0;
    for (size_t i = 0; i < j->n && !failed; i++)
        failed = replay_entry(&r, &j->v[i], o);
    free(r.pids);
    return failed;
}
