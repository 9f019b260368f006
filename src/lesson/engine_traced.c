/* Calls of programs that a lesson wants to be seen.
 *
 * The lines below a console block are patterns in an order; a program makes many other calls in between, and another
 * version of it may do one thing in another way. So the calls are laid against the lines as well as they fit: best[j]
 * is the largest set of the first j lines that the calls match in order. Where best[all] is all of them, every line was
 * seen.
 *
 * The order is that in which calls were begun. They are told when they have returned, and a parent's clone() may return
 * after its child has made a call or two. */
#include "base/loop.h"
#include "base/text.h"
#include "lesson/engine_private.h"
#include "lesson/expect.h"
#include <string.h>

#define TRACED_LOG   (64 << 10) /* bytes of calls that are kept to say what came instead */
#define TRACED_HEARD 4096       /* calls that fit some line */

static const char *traced_variable(void *arg, const char *name)
{
    const struct engine *e = arg;
    return session_var(e->session, SIDE_HOST, name);
}

/* With its result: what is written as `= -1 EINVAL` fits "= -1 EINVAL (Invalid argument)". Without: a call that is yet
 * to be made fits by its arguments. */
static bool traced_fits_one(struct engine *e, char *call, const char *text, bool result)
{
    char *equals = NULL;
    size_t name = strcspn(call, "(");
    if (strncmp(call, text, name + 1) != 0)
        return false;
    for (char *s = call; !result && (s = strstr(s, ") = ")); s++)
        equals = s;
    if (equals)
        equals[1] = '\0';
    autofree char *open = xasprintf("%s ...", call);
    return expect_matches(open, text, traced_variable, e, NULL);
}

static bool traced_fits(struct engine *e, const struct block *line, const struct watched *w)
{
    const char *maker = line->actor;
    if (maker && strcmp(maker, w->program ? w->program : "") != 0 && (!w->who || strcmp(maker, w->who->name) != 0))
        return false;
    autofree char *copy = xstrdup(line->text);
    char *rest = copy;
    for (char *call; (call = lesson_traced_next(&rest));)
        if (traced_fits_one(e, call, w->text, w->kind == WATCHED_CALL))
            return true;
    return false;
}

/* The lines that the call fits, a bit for each. Lines that are for the other stage are passed over. */
static unsigned traced_lines(struct engine *e, const struct watched *w)
{
    const struct block *b = e->traced.block;
    unsigned lines = 0;
    for (size_t i = 0; i < b->nsub; i++)
        if (engine_block_applies(e, &b->sub[i]) && traced_fits(e, &b->sub[i], w))
            lines |= 1u << i;
    return lines;
}

static void traced_lay(struct traced_calls *t, unsigned lines)
{
    size_t n = t->block->nsub;
    struct traced_set *best = t->best;
    for (size_t j = n; j; j--)
        if (best[j - 1].n + 1 > best[j].n && lines & 1u << (j - 1))
            best[j] = (struct traced_set){best[j - 1].n + 1, best[j - 1].lines | 1u << (j - 1)};
    for (size_t j = 1; j <= n; j++)
        if (best[j - 1].n >= best[j].n) /* of two lines that fit, the first was meant */
            best[j] = best[j - 1];
}

static void traced_add(struct engine *e, const struct watched *w)
{
    struct traced_calls *t = &e->traced;
    unsigned lines = traced_lines(e, w);
    if (!lines || t->n == TRACED_HEARD)
        return;
    GROW(t->heard, t->n, t->cap);
    size_t at = t->n++;
    for (; at && t->heard[at - 1].call > w->call; at--)
        t->heard[at] = t->heard[at - 1];
    t->heard[at] = (struct traced_heard){w->call, lines};
    if (at + 1 == t->n) {
        traced_lay(t, lines);
        return;
    }
    memset(t->best, 0, sizeof t->best);
    for (size_t i = 0; i < t->n; i++)
        traced_lay(t, t->heard[i].lines);
}

void engine_traced_begin(struct engine *e, const struct block *b)
{
    str_free(&e->traced.log);
    free(e->traced.heard);
    e->traced = (struct traced_calls){.block = b && b->kind == BLOCK_CONSOLE && b->nsub ? b : NULL};
}

bool engine_traced_seen(const struct engine *e, const struct block *b, size_t line)
{
    return e->traced.block == b && (e->traced.best[b->nsub].lines & 1u << line);
}

static size_t traced_wanted(const struct engine *e, const struct block *b)
{
    size_t n = 0;
    for (size_t i = 0; i < b->nsub; i++)
        n += engine_block_applies(e, &b->sub[i]);
    return n;
}

bool engine_traced_all(const struct engine *e, const struct block *b)
{
    return e->traced.block == b && e->traced.best[b->nsub].n == traced_wanted(e, b);
}

void engine_hear_call(struct engine *e, const struct watched *w)
{
    const struct block *b = e->traced.block;
    if (!b || w->kind == WATCHED_EXIT || w->kind == WATCHED_HELD)
        return;
    if (w->kind == WATCHED_LOST) {
        e->traced.lost += w->ret > 0 ? (size_t)w->ret : 1;
        return;
    }
    unsigned before = e->traced.best[b->nsub].lines;
    if (e->traced.log.len < TRACED_LOG)
        str_addf(&e->traced.log, "%s\n", w->text);
    traced_add(e, w);
    if (e->traced.best[b->nsub].lines != before && e->ui.step && !e->mute)
        e->ui.step(e->ui.arg);
}

const char *engine_call_remark(struct engine *e, const struct watched *w)
{
    const struct block *b = e->traced.block;
    const char *found = NULL;
    for (size_t i = 0; b && w->text && i < b->nsub; i++) {
        const struct block *line = &b->sub[i];
        if (!engine_block_applies(e, line) || !*line->expect || !traced_fits(e, line, w))
            continue;
        if (w->kind == WATCHED_CALL || !engine_traced_seen(e, b, i))
            return line->expect;
        found = line->expect;
    }
    return found;
}

/* What has been told so far may not be all: the tracer is a thread of its own. */
static void traced_wait(struct engine *e, const struct block *b)
{
    for (int64_t end = now_ms() + ENGINE_SETTLE_MS; !engine_traced_all(e, b) && now_ms() < end;)
        session_idle(e->session, 20);
}

/* Calls of the same name, for authors: was it written otherwise than it is made? */
static void traced_add_likes(const struct engine *e, const char *pattern, struct str *out)
{
    size_t name = strcspn(pattern, "(") + 1, n = 0;
    for (const char *s = str_c(&e->traced.log); *s && n < 8;) {
        size_t len = strcspn(s, "\n");
        if (!strncmp(s, pattern, name)) {
            str_addf(out, "%s", n++ ? "\n" : "\nCalls of that name were:\n");
            str_addn(out, s, len);
        }
        s += len + (s[len] == '\n');
    }
}

static void traced_explain(const struct engine *e, const struct block *b, struct str *why)
{
    size_t n = traced_wanted(e, b), missing = 0;
    for (; missing < b->nsub; missing++)
        if (engine_block_applies(e, &b->sub[missing]) && !engine_traced_seen(e, b, missing))
            break;
    str_addf(why, "%u of the %zu calls to watch for were seen; not: ", e->traced.best[b->nsub].n, n);
    text_sanitise(why, b->sub[missing].text, strlen(b->sub[missing].text), TEXT_LINE);
    if (e->traced.lost)
        str_addf(why, " (%zu calls came too fast to be told)", e->traced.lost);
    if (e->testing)
        traced_add_likes(e, b->sub[missing].text, why);
}

/* For a learner another version of the program is no failure: what was missed is said, and the lesson goes on. */
bool engine_traced_judge(struct engine *e, const struct block *b, struct str *why)
{
    const char *reason = "";
    autostr struct str text = {0};
    if (!b->nsub || e->traced.block != b || (e->mute && !e->testing))
        return true;
    bool watches = session_watches(e->session, &reason);
    if (watches)
        traced_wait(e, b);
    if (watches && engine_traced_all(e, b))
        return true;
    if (!watches)
        str_addf(&text, "The calls of programs cannot be watched here: %s", reason);
    else
        traced_explain(e, b, &text);
    if (e->testing) {
        str_add(why, str_c(&text));
        return false;
    }
    engine_say(e, SAY_INFO, "%s%s", str_c(&text),
               watches ? ". Another version of the program may do it otherwise." : "");
    return true;
}

void engine_tell_traced(const struct engine *e, const struct block *b)
{
    autostr struct str text = {0};
    for (size_t i = 0; i < b->nsub; i++) {
        const struct block *line = &b->sub[i];
        if (!engine_block_applies(e, line))
            continue;
        str_addf(&text, "%s%s%s", text.len ? "\n  " : "Watch for these calls:\n  ", line->text,
                 *line->expect ? " · " : "");
        str_add(&text, line->expect);
    }
    engine_say_text(e, SAY_PROSE, str_c(&text));
}
