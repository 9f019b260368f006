/* The presenter's bytes go through an emulator here, and only cells are drawn: whoever presents can do nothing to the
 * terminal of whoever follows, and neither need be of the other's kind or size. */
#include "screen/follow.h"
#include "base/text.h"
#include "screen/audience.h"
#include "screen/viewer.h"
#include <poll.h>
#include <string.h>

#define FOLLOW_TOLD_MS 3000 /* how long it is said whose screen this is, where that covers a row of it */

struct follow {
    struct loop *loop;
    struct audience from;
    struct viewer *viewer;
    int64_t told_until;
    int top, left; /* of what is seen, where not all fits */
};

static int follow_clamp(int at, int size, int seen)
{
    int most = size > seen ? size - seen : 0;
    return at < 0 ? 0 : at > most ? most : at;
}

/* What stands in for the screen while there is none to show. */
static const char *follow_instead(const struct follow *w)
{
    if (w->from.away)
        return "The presenter's terminal shows something else for a moment.";
    if (!w->from.screen && w->from.fd >= 0)
        return "Nothing was shown yet. A presentation in linear text has no screen to follow.";
    return NULL;
}

static void follow_status(const struct follow *w, int rows, int cols, struct str *out)
{
    const struct audience *a = &w->from;
    audience_print_end(a, out);
    if (out->len) {
        str_add(out, " q leaves.");
        return;
    }
    if (a->screen && (term_rows(a->screen) > rows || term_cols(a->screen) > cols))
        str_addf(out, "too small for all: %dx%d of %dx%d, arrows move · ", cols, rows, term_cols(a->screen),
                 term_rows(a->screen));
    str_add(out, "following ");
    audience_print_who(a, out);
    str_add(out, " · q leaves");
}

static void follow_draw_screen(struct follow *w, struct frame *f, int rows, int cols)
{
    const struct term *t = w->from.screen;
    int y, x;
    autofree struct term_cell *row = xcalloc((size_t)term_cols(t), sizeof *row);
    w->top = follow_clamp(w->top, term_rows(t), rows);
    w->left = follow_clamp(w->left, term_cols(t), cols);
    for (int i = 0; i < rows && w->top + i < term_rows(t); i++) {
        term_cells(t, w->top + i, row, term_cols(t));
        frame_cells(f, i, 0, cols, row + w->left, term_cols(t) - w->left);
    }
    if (term_cursor(t, &y, &x) && y >= w->top && y < w->top + rows && x >= w->left && x < w->left + cols)
        frame_cursor(f, y - w->top, x - w->left);
}

/* A screen of the same size is shown whole; else the last row says what this is. */
static void follow_draw(void *arg, struct frame *f)
{
    struct follow *w = arg;
    const struct audience *a = &w->from;
    int rows = frame_rows(f), cols = frame_cols(f);
    const char *instead = follow_instead(w);
    bool whole = a->screen && a->fd >= 0 && !instead && now_ms() >= w->told_until && term_rows(a->screen) == rows &&
                 term_cols(a->screen) <= cols;
    int room = whole ? rows : rows - 1;
    frame_fill(f, 0, 0, rows, cols);
    frame_cursor(f, -1, 0);
    if (instead)
        frame_text(f, room / 2, 1, cols - 2, instead, STYLE_PLAIN);
    else if (a->screen)
        follow_draw_screen(w, f, room, cols);
    if (whole)
        return;
    autostr struct str status = {0};
    follow_status(w, room, cols, &status);
    frame_text(f, rows - 1, 0, cols, "", STYLE_STATUS);
    frame_text(f, rows - 1, 1, cols - 2, str_c(&status), STYLE_STATUS);
}

static void follow_key(void *arg, const struct key *key)
{
    struct follow *w = arg;
    switch (key->id) {
    case K_UP:
        w->top--;
        break;
    case K_DOWN:
        w->top++;
        break;
    case K_LEFT:
        w->left -= 4;
        break;
    case K_RIGHT:
        w->left += 4;
        break;
    case K_PGUP:
        w->top -= 10;
        break;
    case K_PGDN:
        w->top += 10;
        break;
    case K_HOME:
        w->top = w->left = 0;
        break;
    default:
        break;
    }
}

static void follow_told(void *arg)
{
    struct follow *w = arg;
    viewer_touch(w->viewer);
}

static void follow_on_message(void *arg, int fd, short revents)
{
    struct follow *w = arg;
    if (!audience_read(&w->from))
        return;
    if (w->from.fd < 0)
        loop_unwatch(w->loop, fd);
    viewer_touch(w->viewer);
}

int follow_run(struct loop *l, pid_t pid, const char *user, struct outcome *o)
{
    struct follow w = {.loop = l};
    struct audience_wish wish = {.role = RELAY_FOLLOW, .pid = pid, .user = user};
    if (audience_join(&w.from, &wish, o) < 0)
        return -1;
    int result = viewer_open(&w.viewer, l, &(struct viewer_look){follow_draw, follow_key, &w}, o);
    if (result == 0) {
        loop_watch(l, w.from.fd, POLLIN, follow_on_message, &w);
        w.told_until = now_ms() + FOLLOW_TOLD_MS;
        int told = loop_timer(l, FOLLOW_TOLD_MS + 10, follow_told, &w);
        viewer_run(w.viewer);
        loop_cancel(l, told);
        if (w.from.fd >= 0)
            loop_unwatch(l, w.from.fd);
        viewer_close(w.viewer);
    }
    audience_leave(&w.from);
    return result;
}
