/* The notes on a full screen.
 *
 *     status: lesson, time                  status
 *     NOW   2/5 Predict, then kill it       NOW   2/5 ...   | the presenter's screen
 *     the notes                             the notes       |
 *     NEXT LINE kill($victim, SIGTERM)      NEXT LINE ...   |
 *     THEN  3/5 It is gone                  THEN  ...       |
 *     the presenter's screen, or its trees
 *     keys                                  keys
 */
#include "screen/notes.h"
#include "base/text.h"
#include "screen/pane.h"
#include "screen/viewer.h"
#include <poll.h>
#include <string.h>

#define NOTES_MIN_ROWS  7  /* for the notes before the view gets any */
#define NOTES_MIN_COLS  40 /* beside a screen */
#define NOTES_TREE_ROWS 5
#define NOTES_TICK_MS   500

struct notes {
    struct loop *loop;
    struct audience from;
    struct viewer *viewer;
    struct pane pane;
    uint32_t step; /* whose notes were drawn last */
    int tick;
};

/* What they say. */

static void notes_add(struct lines *out, enum style style, int width, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
static void notes_add(struct lines *out, enum style style, int width, const char *fmt, ...)
{
    autostr struct str text = {0};
    va_list ap;
    va_start(ap, fmt);
    str_vaddf(&text, fmt, ap);
    va_end(ap);
    lines_add_wrapped(out, style, str_c(&text), width, "      ");
}

static void notes_add_next(const struct cue *c, int width, struct lines *out)
{
    if (c->missed)
        notes_add(out, STYLE_BAD, width, "MISSED  :resume rebuilds and offers it again, :skip, :recorded");
    if (*c->line)
        notes_add(out, STYLE_COMMAND, width, "NEXT LINE  %s", c->line);
    else
        notes_add(out, STYLE_COMMAND, width, "WAITS  %s", c->awaits);
}

/* Lines of a paragraph are one, as in Markdown; an item of a list begins a new one. */
static void notes_add_text(const char *text, int width, struct lines *out)
{
    autostr struct str flowing = {0};
    for (; *text; text++) {
        const char *next = text + 1;
        bool item = strchr("-*#", *next) || (*next >= '0' && *next <= '9');
        bool ends =
            *text == '\n' && (*next == '\n' || !*next || item || (flowing.len && flowing.s[flowing.len - 1] == '\n'));
        str_addc(&flowing, *text == '\n' && !ends ? ' ' : *text);
    }
    lines_add_wrapped(out, STYLE_PLAIN, str_c(&flowing), width, "");
}

void notes_lines(const struct audience *a, int width, struct lines *out)
{
    const struct cue *c = &a->cue;
    if (!a->has_cue) {
        notes_add(out, STYLE_PLAIN, width, "Nothing was heard of the presentation yet.");
        return;
    }
    notes_add(out, STYLE_HEADING, width, "NOW   %u/%u  %s", c->step + 1, c->nsteps, c->title);
    lines_add(out, STYLE_PLAIN, "", 0);
    if (*c->notes)
        notes_add_text(c->notes, width, out);
    else
        notes_add(out, STYLE_DIM, width, "(no notes for this step)");
    lines_add(out, STYLE_PLAIN, "", 0);
    notes_add_next(c, width, out);
    if (*c->next_title)
        notes_add(out, STYLE_PLAIN, width, "THEN  %s", c->next_title);
    else
        notes_add(out, STYLE_PLAIN, width, "THEN  the end");
}

/* Where they stand. */

void notes_layout(struct notes_layout *l, int rows, int cols, int mirror_rows, int mirror_cols)
{
    int room = rows - 2; /* status and keys */
    bool fits = mirror_rows > 0 && mirror_cols > 0;
    *l = (struct notes_layout){.notes_rows = room > 0 ? room : 0, .notes_cols = cols};
    if (fits && cols >= mirror_cols + 1 + NOTES_MIN_COLS && room >= mirror_rows + 1) {
        l->mirror = true;
        l->notes_cols = cols - mirror_cols - 1;
        l->view_y = 1, l->view_x = l->notes_cols + 1, l->view_h = mirror_rows + 1, l->view_w = mirror_cols;
    } else if (fits && cols >= mirror_cols && room >= mirror_rows + 1 + NOTES_MIN_ROWS) {
        l->mirror = true;
        l->view_h = mirror_rows + 1;
    } else if (room >= NOTES_MIN_ROWS + NOTES_TREE_ROWS && cols >= NOTES_MIN_COLS) {
        l->view_h = room / 2 > NOTES_TREE_ROWS ? room / 2 : NOTES_TREE_ROWS;
    }
    if (l->view_h && !l->view_w) {
        l->notes_rows = room - l->view_h;
        l->view_y = 1 + l->notes_rows, l->view_w = cols;
    }
}

/* Drawing. */

static void notes_draw_status(const struct notes *n, struct frame *f)
{
    autostr struct str left = {0}, right = {0};
    int cols = frame_cols(f);
    audience_print_end(&n->from, &left);
    if (!left.len)
        str_addf(&left, "notes · %s", n->from.has_cue ? n->from.cue.lesson : "");
    str_add(&right, " ");
    audience_print_time(&n->from, &right);
    str_add(&right, " ");
    int tail = text_width(right.s);
    frame_text(f, 0, 0, cols, "", STYLE_STATUS);
    frame_text(f, 0, 1, cols - 1 - tail, left.s, STYLE_STATUS);
    frame_text(f, 0, cols - tail, tail, right.s, STYLE_STATUS);
}

static void notes_draw_mirror(const struct notes *n, struct frame *f, const struct notes_layout *l)
{
    const struct term *t = n->from.screen;
    autofree struct term_cell *row = xcalloc((size_t)term_cols(t), sizeof *row);
    for (int y = 0; y < term_rows(t) && y < l->view_h - 1; y++) {
        term_cells(t, y, row, term_cols(t));
        frame_cells(f, l->view_y + 1 + y, l->view_x, l->view_w, row, term_cols(t));
    }
}

/* One column, its title in the view's first row. */
static void notes_draw_column(const char *text, struct frame *f, const struct notes_layout *l, int x, int width)
{
    for (int y = 0; text && *text && y < l->view_h; y++) {
        size_t n = strcspn(text, "\n");
        autofree char *line = xstrndup(text, n);
        frame_text(f, l->view_y + y, l->view_x + x, width, line, y ? STYLE_PLAIN : STYLE_TITLE);
        text += n + (text[n] == '\n');
    }
}

static void notes_draw_view(const struct notes *n, struct frame *f, const struct notes_layout *l)
{
    int half = (l->view_w - 1) / 2;
    if (!l->view_h)
        return;
    if (l->mirror) {
        frame_text(f, l->view_y, l->view_x, l->view_w,
                   n->from.away ? "─ the presenter's screen, which shows something else for a moment ─"
                                : "─ the presenter's screen ─",
                   STYLE_TITLE);
        notes_draw_mirror(n, f, l);
        return;
    }
    notes_draw_column(n->from.columns[0], f, l, 0, half);
    for (int y = 0; y < l->view_h; y++)
        frame_text(f, l->view_y + y, l->view_x + half, 1, "│", STYLE_TITLE);
    notes_draw_column(n->from.columns[1], f, l, half + 1, l->view_w - half - 1);
}

static void notes_draw(void *arg, struct frame *f)
{
    struct notes *n = arg;
    struct notes_layout l;
    int rows = frame_rows(f), cols = frame_cols(f);
    const struct term *t = n->from.screen;
    notes_layout(&l, rows, cols, t ? term_rows(t) : 0, t ? term_cols(t) : 0);
    frame_fill(f, 0, 0, rows, cols);
    frame_cursor(f, -1, 0);
    notes_draw_status(n, f);
    lines_clear(&n->pane.lines);
    notes_lines(&n->from, l.notes_cols - 1, &n->pane.lines);
    if (n->from.cue.step != n->step)
        n->pane.top = 0;
    n->step = n->from.cue.step;
    n->pane.at = (struct rect){0, 0, l.notes_rows + 1, l.notes_cols}; /* its title is our status */
    pane_settle(&n->pane);
    for (int y = 0; y < l.notes_rows && n->pane.top + (size_t)y < n->pane.lines.n; y++)
        frame_line(f, 1 + y, 0, l.notes_cols - 1, &n->pane.lines.v[n->pane.top + (size_t)y], NULL);
    notes_draw_view(n, f, &l);
    frame_text(f, rows - 1, 0, cols,
               pane_below(&n->pane) ? "Down: more notes  q leaves" : "Up Down PgUp PgDn scroll the notes  q leaves",
               STYLE_DIM);
}

/* Running. */

static void notes_key(void *arg, const struct key *key)
{
    struct notes *n = arg;
    int page = pane_height(&n->pane) - 1;
    if (key->id == K_DOWN || key->id == K_UP)
        pane_scroll(&n->pane, key->id == K_DOWN ? 1 : -1);
    else if (key->id == K_PGDN || key->id == K_PGUP || (key->id == K_CHAR && key->cp == ' '))
        pane_scroll(&n->pane, key->id == K_PGUP ? -page : page);
}

static void notes_on_message(void *arg, int fd, short revents)
{
    struct notes *n = arg;
    if (!audience_read(&n->from))
        return;
    if (n->from.fd < 0)
        loop_unwatch(n->loop, fd);
    viewer_touch(n->viewer);
}

static void notes_tick(void *arg)
{
    struct notes *n = arg;
    n->tick = loop_timer(n->loop, NOTES_TICK_MS, notes_tick, n);
    viewer_touch(n->viewer);
}

static int notes_run_screen(struct notes *n, struct outcome *o)
{
    if (viewer_open(&n->viewer, n->loop, &(struct viewer_look){notes_draw, notes_key, n}, o) < 0)
        return -1;
    loop_watch(n->loop, n->from.fd, POLLIN, notes_on_message, n);
    notes_tick(n);
    viewer_run(n->viewer);
    loop_cancel(n->loop, n->tick);
    if (n->from.fd >= 0)
        loop_unwatch(n->loop, n->from.fd);
    viewer_close(n->viewer);
    return 0;
}

int notes_run(struct loop *l, pid_t pid, bool plain, struct outcome *o)
{
    struct notes n = {.loop = l, .step = UINT32_MAX};
    struct audience_wish wish = {.role = RELAY_NOTES, .pid = pid};
    if (audience_join(&n.from, &wish, o) < 0)
        return -1;
    int result = 0;
    if (plain)
        notes_run_plain(l, &n.from);
    else
        result = notes_run_screen(&n, o);
    lines_free(&n.pane.lines);
    audience_leave(&n.from);
    return result;
}
