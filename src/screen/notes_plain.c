/* The notes as linear text: told anew when they have changed and nothing more comes for a moment. */
#include "base/text.h"
#include "screen/glyph.h"
#include "screen/notes.h"
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOTES_SETTLE_MS 150
#define NOTES_COLUMNS   76

struct notes_plain {
    struct loop *loop;
    struct audience *from;
    char *told; /* without the time, which always changes */
    int timer;
};

/* The first lines of a column, indented. */
static void plain_add_column(struct str *out, const char *text)
{
    for (bool title = true; text && *text; title = false) {
        size_t n = strcspn(text, "\n");
        str_addf(out, "%s%.*s%s\n", title ? "  -- " : "     ", (int)n, text, title ? " --" : "");
        text += n + (text[n] == '\n');
    }
}

static void plain_notes_text(const struct audience *a, struct str *out)
{
    struct lines lines = {0};
    notes_lines(a, NOTES_COLUMNS, &lines);
    for (size_t i = 0; i < lines.n; i++)
        str_addf(out, "%s\n", lines.v[i].text);
    lines_free(&lines);
    for (int i = 0; i < 2; i++)
        plain_add_column(out, a->columns[i]);
}

static void plain_notes_print(const char *text)
{
    autostr struct str shown = {0};
    glyph_text(&shown, text, glyph_utf8());
    fputs(str_c(&shown), stdout);
    fflush(stdout);
}

static void plain_notes_tell(void *arg)
{
    struct notes_plain *p = arg;
    autostr struct str text = {0}, head = {0};
    p->timer = 0;
    if (!p->from->has_cue)
        return;
    plain_notes_text(p->from, &text);
    if (p->told && !strcmp(p->told, str_c(&text)))
        return;
    free(p->told);
    p->told = xstrdup(str_c(&text));
    str_add(&head, "\n== ");
    audience_print_time(p->from, &head);
    str_addf(&head, " · %s\n", p->from->cue.lesson);
    plain_notes_print(str_c(&head));
    plain_notes_print(str_c(&text));
}

static void plain_notes_on_message(void *arg, int fd, short revents)
{
    struct notes_plain *p = arg;
    if (!audience_read(p->from))
        return;
    if (p->from->fd < 0)
        loop_unwatch(p->loop, fd);
    else if (!p->timer)
        p->timer = loop_timer(p->loop, NOTES_SETTLE_MS, plain_notes_tell, p);
}

void notes_run_plain(struct loop *l, struct audience *from)
{
    struct notes_plain p = {.loop = l, .from = from};
    autostr struct str end = {0};
    loop_watch(l, from->fd, POLLIN, plain_notes_on_message, &p);
    while (from->fd >= 0)
        loop_once(l, -1);
    if (p.timer) {
        loop_cancel(l, p.timer);
        plain_notes_tell(&p);
    }
    audience_print_end(from, &end);
    str_addc(&end, '\n');
    plain_notes_print(str_c(&end));
    free(p.told);
}
