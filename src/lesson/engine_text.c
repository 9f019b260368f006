/* The current step as text for a pane: what is done, what waits, and nothing of what would give an answer away. */
#include "base/text.h"
#include "lesson/engine_private.h"
#include <string.h>

/* Adds text in paragraphs and lines, each wrapped and each line with its style byte in front. */
static void text_add(struct str *out, char style, int width, const char *text)
{
    autostr struct str safe = {0}, wrapped = {0};
    if (!text || !*text)
        return;
    text_sanitise(&safe, text, strlen(text), TEXT_BLOCK);
    text_wrap(&wrapped, str_c(&safe), width > 8 ? width : 8, "  ");
    for (const char *line = str_c(&wrapped); line;) {
        size_t n = strcspn(line, "\n");
        str_addc(out, style);
        str_addn(out, line, n);
        str_addc(out, '\n');
        line = line[n] ? line + n + 1 : NULL;
        if (line && !*line)
            break;
    }
}

static void text_addf(struct str *out, char style, int width, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
static void text_addf(struct str *out, char style, int width, const char *fmt, ...)
{
    autostr struct str text = {0};
    va_list ap;
    va_start(ap, fmt);
    str_vaddf(&text, fmt, ap);
    va_end(ap);
    text_add(out, style, width, str_c(&text));
}

static void text_space(struct str *out)
{
    if (out->len)
        str_add(out, " \n");
}

static void text_question(const struct engine *e, const struct block *b, size_t i, int width, struct str *out)
{
    int taken = e->answer[i];
    bool open = i == e->at;
    text_space(out);
    text_addf(out, open ? '?' : ' ', width, "Predict: %s", b->text);
    for (size_t k = 0; k < b->nchoices; k++) {
        const struct choice *c = &b->choices[k];
        char style = open ? '?' : c->right ? '+' : (int)k == taken ? '-' : ' ';
        const char *mark = open ? "" : c->right ? " (right)" : (int)k == taken ? " (your answer)" : "";
        text_addf(out, style, width, "%zu) %s%s", k + 1, c->text, mark);
        if (!open && (c->right || (int)k == taken))
            text_addf(out, ' ', width, "   %s", c->feedback ? c->feedback : "");
    }
    if (open)
        text_add(out, '!', width, "Type the number of your answer.");
}

static void text_command(const struct block *b, bool done, int width, struct str *out)
{
    autofree char *line = engine_block_line(b);
    const char *who = b->actor ? b->actor : side_name(b->where);
    if (b->kind == BLOCK_CALL)
        text_addf(out, done ? 'v' : '$', width, "[%s] %s", who, line);
    else if (b->kind == BLOCK_ORDER)
        text_add(out, done ? 'v' : '$', width, line);
    else
        text_addf(out, done ? 'v' : '$', width, "root@%s# %s", who, line);
}

/* Calls to watch for stand below their command, with what they remind of. */
static void text_traced(const struct engine *e, const struct block *b, bool done, int width, struct str *out)
{
    for (size_t i = 0; i < b->nsub && b->kind == BLOCK_CONSOLE; i++) {
        const struct block *line = &b->sub[i];
        bool seen = e->traced.block == b ? engine_traced_seen(e, b, i) : done;
        if (engine_block_applies(e, line))
            text_addf(out, seen ? 'v' : ' ', width, "  %s%s%s", line->text, *line->expect ? "  · " : "", line->expect);
    }
}

static void text_hints(const struct engine *e, const struct step *s, int width, struct str *out)
{
    size_t k = 0;
    for (size_t i = 0; i < s->nblocks && k < e->hints; i++)
        if (s->blocks[i].kind == BLOCK_HINT && engine_block_applies(e, &s->blocks[i]))
            text_addf(out, '!', width, "Hint %zu: %s", ++k, s->blocks[i].text);
}

static void text_turn(const struct engine *e, const struct step *s, int width, struct str *out)
{
    const struct block *turn = engine_turn(e);
    text_space(out);
    if (turn && e->presents)
        text_add(out, '?', width, "How would you do it?");
    else if (turn)
        text_add(out, '?', width, "Your turn. (:hint, :solution and :skip help.)");
    text_hints(e, s, width, out);
    for (size_t i = 0; turn && e->solution_shown && i < turn->nsub; i++) {
        text_command(&turn->sub[i], i < e->solution_at, width, out);
        text_traced(e, &turn->sub[i], i < e->solution_at, width, out);
    }
    if (e->reason && *e->reason)
        text_addf(out, '-', width, "Not yet: %s", e->reason);
}

static void text_block(const struct engine *e, const struct step *s, size_t i, int width, struct str *out)
{
    const struct block *b = &s->blocks[i];
    switch (b->kind) {
    case BLOCK_PROSE:
        text_space(out);
        text_add(out, ' ', width, b->text);
        break;
    case BLOCK_CONSOLE:
    case BLOCK_CALL:
    case BLOCK_ORDER:
        if (i == 0 || (b[-1].kind != BLOCK_CONSOLE && b[-1].kind != BLOCK_CALL && b[-1].kind != BLOCK_ORDER))
            text_space(out);
        text_command(b, i < e->at, width, out);
        text_traced(e, b, i < e->at, width, out);
        if (i == e->at && e->missed)
            text_add(out, '-', width, "That was not what was expected: Enter tries again, :skip goes on.");
        break;
    case BLOCK_PREDICT:
        text_question(e, b, i, width, out);
        break;
    case BLOCK_PAUSE:
        if (i == e->at)
            text_add(out, '!', width, "Enter goes on.");
        break;
    case BLOCK_CHECK:
    case BLOCK_SOLUTION:
        if (i == e->at)
            text_turn(e, s, width, out);
        else if (b->kind == BLOCK_CHECK && engine_solution_of(e, b))
            text_add(out, 'v', width, "Your turn: done.");
        break;
    default:
        break;
    }
}

static void text_lesson(const struct engine *e, int width, struct str *out)
{
    const struct lesson *l = e->lesson;
    text_add(out, '#', width, l->title);
    text_space(out);
    text_add(out, ' ', width, l->goal);
    for (size_t i = 0; i < l->nblocks; i++) {
        const struct block *b = &l->blocks[i];
        if (b->kind != BLOCK_PROSE || !engine_block_applies(e, b) || (l->goal && !strcmp(b->text, l->goal)))
            continue;
        text_space(out);
        text_add(out, ' ', width, b->text);
    }
    text_space(out);
}

void engine_step_text(const struct engine *e, int width, struct str *out)
{
    const struct step *s = engine_the_step(e);
    if (!s) {
        text_add(out, ' ', width, "No lesson is open. :lessons lists them, :lesson NAME starts one.");
        return;
    }
    if (e->step == 0)
        text_lesson(e, width, out);
    text_addf(out, '#', width, "%zu/%zu %s", e->step + 1, e->lesson->nsteps, s->title);
    for (size_t i = 0; i < s->nblocks && i <= e->at; i++)
        if (engine_block_applies(e, &s->blocks[i]))
            text_block(e, s, i, width, out);
    if (engine_waiting(e))
        return;
    text_space(out);
    text_add(out, '+', width, engine_finished(e) ? "Lesson complete." : "Step complete.");
    text_addf(out, '!', width, "%s", engine_awaits(e));
}
