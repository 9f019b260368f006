/* One line, run where it belongs: a call by the actor, a command as the actor's child, or input for the program that
 * the actor has become. */
#include "base/text.h"
#include "lesson/engine_private.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void ran_free(struct ran *r)
{
    free_ptr(&r->text);
    call_free(r->call);
    r->call = NULL;
    free_ptr(&r->image);
    str_free(&r->out);
}

/* A bounded pause between two looks at a state that is about to change. */
void engine_nap(int ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
    nanosleep(&t, NULL);
}

/* Who. */

static struct actor *engine_actor_named(struct engine *e, const char *name)
{
    const struct actor *all[64];
    size_t n = session_actors(e->session, all, COUNT(all));
    for (size_t i = 0; i < n; i++)
        if (!strcmp(all[i]->name, name))
            return session_actor(e->session, all[i]->id);
    return NULL;
}

/* A block may name its actor, as porthole does in the results it prints. The stage's own two are found under their
 * names as long as they live, whoever is driven meanwhile: so a lesson gets back to the parent of what it forked. */
struct actor *engine_actor_of(struct engine *e, const struct block *b)
{
    struct actor *side = session_side_actor(e->session, b->where);
    if (!b->actor)
        return side;
    struct actor *named = engine_actor_named(e, b->actor);
    bool own = !strcmp(b->actor, "host") || !strcmp(b->actor, "container");
    return own && (!named || named->state == ACTOR_DEAD) ? side : named;
}

bool engine_address(struct engine *e, struct actor *who)
{
    bool drives = true;
    if (session_side_actor(e->session, who->side) != who)
        drives = session_drive(e->session, who->id, NULL);
    if (session_side(e->session) != who->side)
        session_set_side(e->session, who->side);
    engine_note_drive(e);
    return drives;
}

/* Variables. */

const char *engine_var(void *arg, const char *name)
{
    const struct engine_scope *scope = arg;
    return session_var(scope->e->session, scope->side, name);
}

/* Is it a name of the lesson's: one that porthole keeps, that the setup assigns, or that a call's result was given to?
 */
static bool engine_knows_name(const struct engine *e, const char *name)
{
    static const char *const kept[] = {"container", "host", "rootfs", "lab", "dynamic"};
    for (size_t i = 0; i < COUNT(kept); i++)
        if (!strcmp(kept[i], name))
            return true;
    autofree char *result = xasprintf(" = $%s", name), *assigned = xasprintf("%s=", name);
    for (size_t i = 0; i < e->journal.n; i++) {
        const struct journal_entry *j = &e->journal.v[i];
        size_t n = strlen(j->text), k = strlen(result);
        if (j->kind == JOURNAL_CALL && n > k && !strcmp(j->text + n - k, result))
            return true;
        for (const char *p = j->kind == JOURNAL_SETUP ? j->text : NULL; p && (p = strstr(p, assigned)); p++)
            if (p == j->text || !(isalnum((unsigned char)p[-1]) || p[-1] == '_'))
                return true;
    }
    return false;
}

/* Programs that an actor executed may know nothing of the lesson's variables, or old values. Their own variables are
 * left to them, as is everything in single quotes. */
char *engine_expand(struct engine *e, enum side side, const char *text)
{
    autostr struct str out = {0};
    bool quoted = false;
    for (const char *p = text; *p;) {
        if (*p == '\'')
            quoted = !quoted;
        size_t brace = p[0] == '$' && p[1] == '{';
        const char *name = p + 1 + brace;
        size_t n = *p == '$' && !quoted ? strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") : 0;
        if (n && !isdigit((unsigned char)*name) && (!brace || name[n] == '}')) {
            autofree char *word = xstrndup(name, n);
            const char *value = engine_knows_name(e, word) ? session_var(e->session, side, word) : NULL;
            if (value) {
                str_add(&out, value);
                p = name + n + brace;
                continue;
            }
        }
        str_addc(&out, *p++);
    }
    return str_steal(&out);
}

/* What. */

/* Where the call's text ends and what it should give. */
static size_t engine_split(const struct block *b, struct call_expect *x)
{
    struct call_error bad;
    size_t end = strlen(b->text);
    *x = (struct call_expect){0};
    if (b->kind == BLOCK_CALL && !call_expect_parse(b->text, &end, x, &bad))
        return strlen(b->text);
    return end;
}

void engine_block_expect(const struct block *b, struct call_expect *x)
{
    engine_split(b, x);
}

char *engine_block_line(const struct block *b)
{
    struct call_expect x;
    autofree char *line = xstrndup(b->text, engine_split(b, &x));
    return xstrdup(text_trim(line));
}

void engine_print_call(const struct engine *e, const struct ran *r, struct str *out)
{
    const struct actor *who = session_actor(e->session, r->actor);
    if (who && who->own_pid && who->own_pid != who->host_pid)
        str_addf(out, "[%s %d/%d] ", who->name, (int)who->host_pid, (int)who->own_pid);
    else if (who)
        str_addf(out, "[%s %d] ", who->name, (int)who->host_pid);
    autostr struct str call = {0};
    call_print_result(&call, r->call, r->image);
    text_sanitise(out, str_c(&call), call.len, TEXT_BLOCK);
}

static int engine_refused(struct str *error, const struct outcome *o)
{
    if (error)
        outcome_print(error, o);
    return -1;
}

static int engine_run_call(struct engine *e, struct actor *who, unsigned flags, struct ran *r, struct str *error)
{
    struct engine_scope mine = {e, who->side};
    struct call_scope scope = {engine_var, &mine};
    struct call_error bad = {0};
    struct outcome o = {0};
    r->kind = JOURNAL_CALL;
    if (who->state == ACTOR_PROGRAM) {
        outcome_set(&o, 0, "no call can be made for it", who->name,
                    "it runs %s now, which makes its own calls; :actors lists those that wait for yours", who->program);
        return engine_refused(error, &o);
    }
    r->call = call_parse(r->text, &scope, &bad);
    if (!r->call) {
        if (error)
            call_error_print(error, r->text, &bad);
        return -1;
    }
    struct actor *child = NULL;
    r->image = xcalloc(1, sizeof *r->image);
    if (!call_marshal(r->call, r->image, &o) || session_call(e->session, who, r->call, r->image, &child, &o) < 0)
        return engine_refused(error, &o);
    if (flags & RUN_QUIET)
        return 0;
    autostr struct str text = {0};
    engine_print_call(e, r, &text);
    engine_say(e, SAY_CALL, "%s", str_c(&text));
    if (child)
        engine_say(e, SAY_INFO, "%s is a new process to drive: [%s] before a call, or :drive %s.", child->name,
                   child->name, child->name);
    return 0;
}

/* session_input() either captures or shows: what is shown is heard here on its way. */
void engine_hear(struct engine *e, const char *bytes, size_t n)
{
    if (e->heard)
        str_addn(e->heard, bytes, n);
}

/* Output travels raw: what is judged is what was shown. */
static void engine_take_output(struct ran *r, const struct str *raw)
{
    text_sanitise(&r->out, str_c(raw), raw->len, TEXT_BLOCK);
}

static int engine_run_text(struct engine *e, struct actor *who, unsigned flags, struct ran *r, struct str *error)
{
    struct outcome o = {0};
    autostr struct str raw = {0};
    int result;
    r->status = -1;
    if (who->state == ACTOR_PROGRAM) {
        autofree char *line = r->text;
        r->kind = JOURNAL_INPUT;
        r->text = engine_expand(e, who->side, line);
        e->heard = flags & RUN_QUIET ? NULL : &raw;
        result =
            session_input(e->session, who, r->text, ENGINE_QUIET_MS, flags & RUN_QUIET ? &raw : NULL, &r->status, &o);
        e->heard = NULL;
    } else {
        int limit = flags & RUN_QUIET ? ENGINE_COMMAND_MS : 0;
        r->kind = JOURNAL_SHELL;
        result = session_run(e->session, who, r->text, flags, limit, &raw, &r->status, &o);
    }
    engine_take_output(r, &raw);
    return result < 0 ? engine_refused(error, &o) : 0;
}

int engine_run_secret(struct engine *e, struct actor *who, const char *line, struct ran *r, struct outcome *o)
{
    autostr struct str raw = {0};
    *r = (struct ran){.kind = JOURNAL_INPUT, .actor = who->id, .side = who->side, .text = xstrdup(""), .status = -1};
    e->heard = &raw;
    int result = session_input(e->session, who, line, ENGINE_QUIET_MS, NULL, &r->status, o);
    e->heard = NULL;
    engine_take_output(r, &raw);
    return result;
}

/* A Python prompt's print("x") looks like a call, too: to a program only the names of the table are calls. */
static bool engine_is_call(const struct actor *who, const char *text)
{
    if (!call_looks_like(text))
        return false;
    if (who->state != ACTOR_PROGRAM)
        return true;
    autofree char *name = xstrndup(text, strcspn(text, "( \t"));
    return call_find(name);
}

/* Runs text by who. 0: the kernel or the program had its say, and *r tells. -1: porthole could not, and *error says
 * why. */
int engine_run(struct engine *e, struct actor *who, const char *text, unsigned flags, struct ran *r, struct str *error)
{
    struct outcome o = {0};
    *r = (struct ran){.status = -1};
    if (!who || who->state == ACTOR_DEAD) {
        outcome_set(&o, 0, "that process has ended", who ? who->name : "",
                    ":actors lists those that are left, :reset starts the step anew");
        return engine_refused(error, &o);
    }
    r->actor = who->id;
    r->side = who->side;
    r->text = xstrdup(text);
    return engine_is_call(who, text) ? engine_run_call(e, who, flags, r, error)
                                     : engine_run_text(e, who, flags, r, error);
}
