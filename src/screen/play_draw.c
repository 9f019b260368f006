/* The recording's cells in the upper left corner, as many as fit, and one row that says where we are: below them, or
 * over the last of them for a moment where there is no room. */
#include "base/text.h"
#include "screen/play_private.h"
#include "screen/tty.h"
#include <string.h>

#define PLAY_BEGIN "\033[?2026h" /* synchronized update: the terminal shows a frame at once */
#define PLAY_END   "\033[?2026l"

static const char play_keys_text[] =
    "space pause  . one frame  left right or p n: marker  + - speed  g start  up down: rows that do not fit  q quit";

bool play_has_room(const struct play *p)
{
    return frame_rows(p->frame) > term_rows(player_term(p->player));
}

static void play_add_time(struct str *out, int64_t us)
{
    str_addf(out, "%lld:%02lld", (long long)(us / 60000000), (long long)(us / 1000000 % 60));
}

/* "paused 0:12/1:30 x2 · kill · step 2/3 Predict" */
static void play_status(const struct play *p, struct str *out)
{
    const struct player *r = p->player;
    const struct term *t = player_term(r);
    int rows = frame_rows(p->frame), cols = frame_cols(p->frame);
    str_add(out, player_seeking(r)  ? "seeking "
                 : player_ended(r)  ? "the end "
                 : player_paused(r) ? "paused  "
                                    : "playing ");
    if (rows < term_rows(t) || cols < term_cols(t)) /* first: where this is so, the rest may not fit */
        str_addf(out, "too small: %dx%d of %dx%d ", cols < term_cols(t) ? cols : term_cols(t),
                 rows < term_rows(t) ? rows : term_rows(t), term_cols(t), term_rows(t));
    play_add_time(out, player_at_us(r));
    str_addc(out, '/');
    play_add_time(out, player_length_us(r));
    if (player_speed(r) < 1 || player_speed(r) > 1)
        str_addf(out, " x%g", player_speed(r));
    if (*player_label(r))
        str_addf(out, " · %s", player_label(r));
}

static void play_draw_status(struct play *p)
{
    autostr struct str text = {0};
    int y = frame_rows(p->frame) - 1, cols = frame_cols(p->frame);
    bool keys = p->help && !p->notice[0];
    if (p->notice[0])
        str_add(&text, p->notice);
    else if (keys)
        str_add(&text, play_keys_text);
    else
        play_status(p, &text);
    const char *hint = "  ? keys";
    frame_text(p->frame, y, 0, cols, str_c(&text), STYLE_STATUS);
    if (!keys && text_width(str_c(&text)) + text_width(hint) < cols)
        frame_text(p->frame, y, cols - text_width(hint), text_width(hint), hint, STYLE_STATUS);
}

/* A program that takes the whole screen begins at its top; otherwise the cursor's row is what one wants to see. */
static int play_top(const struct play *p, int height)
{
    const struct term *t = player_term(p->player);
    int spare = term_rows(t) - height, top = p->top, y, x;
    if (!p->moved)
        top = !term_alternate(t) && term_cursor(t, &y, &x) ? y - height + 1 : 0;
    return top > spare ? spare > 0 ? spare : 0 : top < 0 ? 0 : top;
}

static void play_draw_cells(struct play *p, int height, bool status)
{
    struct term *t = player_term(p->player);
    static struct term_cell row[TERM_COLS_MAX];
    int width = frame_cols(p->frame), cols = term_cols(t) < width ? term_cols(t) : width;
    int top = play_top(p, height - status);
    bool all = p->repaint || top != p->top || term_rows(t) != p->rows || term_cols(t) != p->cols;
    p->top = top;
    p->rows = term_rows(t);
    p->cols = term_cols(t);
    for (int y = 0; y < height; y++) {
        bool in = top + y < term_rows(t);
        if (!all && !(in && term_row_dirty(t, top + y)))
            continue;
        if (in)
            term_cells(t, top + y, row, cols);
        frame_cells(p->frame, y, 0, width, row, in ? cols : 0);
    }
    term_clean(t);
    p->repaint = false;
}

static void play_draw_cursor(struct play *p, int height)
{
    int y, x;
    bool shown = term_cursor(player_term(p->player), &y, &x) && y >= p->top && y - p->top < height;
    frame_cursor(p->frame, shown ? y - p->top : -1, shown ? x : 0);
}

void play_draw(struct play *p)
{
    int height = frame_rows(p->frame);
    bool status = play_has_room(p) || p->help || p->notice[0] || player_ended(p->player) || now_ms() < p->told_until;
    if (!status && p->status)
        p->repaint = true; /* what it covered */
    p->status = status;
    play_draw_cells(p, height, status);
    play_draw_cursor(p, height - status);
    if (status)
        play_draw_status(p);
    autostr struct str bytes = {0};
    str_add(&bytes, PLAY_BEGIN);
    size_t before = bytes.len;
    frame_take(p->frame, &bytes);
    if (bytes.len == before)
        return;
    str_add(&bytes, PLAY_END);
    tty_put(bytes.s, bytes.len);
}
