/* What lies over the panes for a moment: the candidates of a completion, just above the prompt, and the help. No pane
 * changes its size for it. */
#include "base/text.h"
#include "screen/present_private.h"
#include "screen/tree.h"
#include <stdio.h>
#include <string.h>

static void overlay_help_lines(struct screen *s, struct lines *out, int width)
{
    static const char *const rows[][2] = {
        {"chdir(\"/\")", "a system call, made by the process that the prompt drives"},
        {"ps ax", "a shell command on its side"},
        {":next", "a command of porthole; :help lists them"},
        {"Enter", "on an empty line: types the lesson's next line; Enter runs it, you may edit it first"},
        {"Tab", "completes calls, flags, paths, commands"},
        {"^R, Up, Down", "lines entered before"},
        {"^C", "stops what runs, or empties the line"},
        {"^D, :quit", "end porthole, which then looks whether anything is left"},
        {"Space", "on an empty line: reads the lesson on, while there is more of it"},
        {"Enter s c d ?",
         "while a call is held (:slow on): make it, go to the next kind, run on, deny it, its manual page"},
        {"PgUp, PgDn", "scroll the transcript; at its end PgDn reads the lesson on"},
    };
    char text[200];
    lines_add(out, STYLE_HEADING, "At the prompt", strlen("At the prompt"));
    for (size_t i = 0; i < COUNT(rows); i++) {
        snprintf(text, sizeof text, "  %-14s  %s", rows[i][0], rows[i][1]);
        lines_add_wrapped(out, STYLE_PLAIN, text, width, "                  ");
    }
    lines_add(out, STYLE_PLAIN, "", 0);
    lines_add(out, STYLE_HEADING, "Porthole's own keys", strlen("Porthole's own keys"));
    screen_chord_help(out, s, width);
    lines_add(out, STYLE_PLAIN, "", 0);
    lines_add(out, STYLE_HEADING, "Marks before a process", strlen("Marks before a process"));
    tree_legend(out, width);
}

/* Candidates in columns, read downwards, as ls does. */
static void overlay_candidate_lines(struct lines *out, int width, int most)
{
    const char *const *v;
    size_t n = prompt_candidates(&v);
    int widest = 1;
    for (size_t i = 0; i < n; i++)
        if (text_width(v[i]) > widest)
            widest = text_width(v[i]);
    int columns = width / (widest + 2) > 0 ? width / (widest + 2) : 1;
    size_t rows = (n + (size_t)columns - 1) / (size_t)columns;
    size_t shown = rows > (size_t)most ? (size_t)most : rows;
    for (size_t r = 0; r < shown; r++) {
        autostr struct str line = {0};
        for (size_t i = r; i < n; i += shown) {
            int room = width - text_width(str_c(&line)) - 2;
            if (room < widest && i != r)
                break;
            str_addn(&line, v[i], text_fit(v[i], room > 0 ? room : 0));
            for (int pad = text_width(v[i]); pad < widest + 2; pad++)
                str_addc(&line, ' ');
        }
        lines_add(out, STYLE_PLAIN, str_c(&line), line.len);
    }
}

void screen_overlay_place(struct screen *s)
{
    struct pane *p = &s->help;
    const char *const *v;
    int bottom = s->layout.prompt.y, room = bottom - 1, cols = frame_cols(s->frame);
    lines_clear(&p->lines);
    if (s->overlay == OVERLAY_HELP) {
        overlay_help_lines(s, &p->lines, cols);
        p->at = (struct rect){1, 0, room, cols};
        snprintf(p->title, sizeof p->title, "help (any other key closes it)");
    } else if (s->overlay == OVERLAY_STEPS) {
        screen_steps_lines(s, &p->lines, cols);
        p->at = (struct rect){1, 0, room, cols};
        snprintf(p->title, sizeof p->title, "steps (a number or Enter jumps, any other key closes the list)");
    } else if (s->overlay == OVERLAY_CALLS) {
        screen_calls_lines(s, &p->lines, cols);
        p->at = (struct rect){1, 0, room, cols};
        snprintf(p->title, sizeof p->title, "calls of the last command (any other key closes it)");
    } else {
        size_t n = prompt_candidates(&v);
        int most = room / 2 > 2 ? room / 2 : 2;
        overlay_candidate_lines(&p->lines, cols, most);
        int h = (int)p->lines.n + 1;
        p->at = (struct rect){bottom - h, 0, h, cols};
        snprintf(p->title, sizeof p->title, "%zu possibilities", n);
    }
    pane_settle(p);
}

bool screen_overlay_scrolls(const struct screen *s)
{
    return s->overlay == OVERLAY_HELP || s->overlay == OVERLAY_CALLS || s->overlay == OVERLAY_STEPS;
}

void screen_overlay_open(struct screen *s, enum screen_overlay which)
{
    s->overlay = which;
    s->help.top = 0;
    screen_touch(s, DIRTY_LAYOUT | DIRTY_PROMPT);
}

void screen_overlay_close(struct screen *s)
{
    if (s->overlay == OVERLAY_NONE)
        return;
    s->overlay = OVERLAY_NONE;
    prompt_forget_candidates();
    screen_touch(s, DIRTY_ALL & ~(unsigned)DIRTY_SIZE);
}
