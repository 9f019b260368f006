/* The colours of programs in panes, on whatever terminal there is.
 *
 *     default, 0-255, RGB  -->  what the terminal has: RGB, 256, 16, 8, none  -->  a pair with a number
 *
 * ncurses wants each pair of colours to have a number, and a program may show any pair of 16 million. So at most
 * FRAME_PAIRS are in use at once. When all numbers are taken, those that are on the screen no longer are given to
 * others. That costs a look at each cell, so only so many change hands in one frame; beyond that, colours are reduced
 * to the eight that there always are. Whatever a program does, it gets no more memory and not much more time than
 * others. */
#include "base/mem.h"
#include "screen/frame_private.h"
#include "screen/term.h"
#include <string.h>

#define FRAME_RENEWED 128 /* pairs that get other colours in one frame */
#define FRAME_BASIC   (9 * 9)

/* Colours. */

static const unsigned char frame_base[16][3] = {
    {0, 0, 0},     {205, 0, 0},     {0, 205, 0},     {205, 205, 0},   {0, 0, 238}, {205, 0, 205},
    {0, 205, 205}, {229, 229, 229}, {127, 127, 127}, {255, 0, 0},     {0, 255, 0}, {255, 255, 0},
    {92, 92, 255}, {255, 0, 255},   {0, 255, 255},   {255, 255, 255},
};

static int frame_step(int i)
{
    return i ? 55 + 40 * i : 0;
}

/* What xterm shows for a colour of its palette. */
static void frame_rgb(int c, int rgb[3])
{
    for (int k = 0; k < 3; k++) {
        if (c & TERM_RGB)
            rgb[k] = c >> (16 - 8 * k) & 0xff;
        else if (c < 16)
            rgb[k] = frame_base[c][k];
        else if (c < 232)
            rgb[k] = frame_step((c - 16) / (k == 0 ? 36 : k == 1 ? 6 : 1) % 6);
        else
            rgb[k] = 8 + 10 * (c - 232);
    }
}

static int frame_distance(int a, const int rgb[3])
{
    int b[3], sum = 0;
    frame_rgb(a, b);
    for (int k = 0; k < 3; k++)
        sum += (b[k] - rgb[k]) * (b[k] - rgb[k]);
    return sum;
}

/* The nearest colour of the palette beyond the first 16, which people choose as they like. */
static int frame_in_256(const int rgb[3])
{
    int cube = 16, mean = (rgb[0] + rgb[1] + rgb[2]) / 3;
    for (int k = 0; k < 3; k++) {
        int i = rgb[k] < 48 ? 0 : rgb[k] < 115 ? 1 : (rgb[k] - 35) / 40;
        cube += i * (k == 0 ? 36 : k == 1 ? 6 : 1);
    }
    int grey = 232 + (mean < 8 ? 0 : mean > 238 ? 23 : (mean - 3) / 10);
    return frame_distance(grey, rgb) < frame_distance(cube, rgb) ? grey : cube;
}

static int frame_in_16(int c)
{
    int rgb[3], best = 0;
    if (c < 16)
        return c;
    frame_rgb(c, rgb);
    for (int i = 1; i < 16; i++)
        if (frame_distance(i, rgb) < frame_distance(best, rgb))
            best = i;
    return best;
}

/* A colour as this terminal's number for it, with at most `most` colours. */
static int frame_reduce(const struct frame *f, int c, int most)
{
    int rgb[3];
    if (c < 0)
        return -1;
    if (most > 256 && c >= 8) { /* below 8 they are the palette's even there */
        frame_rgb(c, rgb);
        int v = rgb[0] << 16 | rgb[1] << 8 | rgb[2];
        return v < 8 ? 0 : v;
    }
    if (most >= 256 && (c & TERM_RGB)) {
        frame_rgb(c, rgb);
        return frame_in_256(rgb);
    }
    return most >= 256 ? c : frame_in_16(c);
}

static int frame_light(int c, int by_default)
{
    int rgb[3];
    if (c < 0)
        return by_default;
    frame_rgb(c, rgb);
    return (3 * rgb[0] + 6 * rgb[1] + rgb[2]) / 10;
}

/* Pairs. */

static short *frame_bucket(struct frame_pairs *p, int fg, int bg)
{
    unsigned h = ((unsigned)fg * 2654435761u) ^ ((unsigned)bg * 2246822519u);
    return &p->hash[(h ^ h >> 15) % FRAME_PAIRS];
}

static int frame_find_pair(struct frame_pairs *p, int fg, int bg)
{
    int i = *frame_bucket(p, fg, bg);
    while (i && (p->v[i].fg != fg || p->v[i].bg != bg))
        i = p->v[i].next;
    return i;
}

static void frame_unlink_pair(struct frame_pairs *p, int number)
{
    short *at = frame_bucket(p, p->v[number].fg, p->v[number].bg);
    while (*at && *at != number)
        at = &p->v[*at].next;
    if (*at)
        *at = p->v[number].next;
}

/* A number that nobody uses, or 0. */
static int frame_free_number(struct frame_pairs *p, int limit)
{
    if (p->n < limit)
        return p->n++;
    if (!p->counted || p->renewed >= FRAME_RENEWED)
        return 0;
    for (; p->scan < limit; p->scan++)
        if (!p->v[p->scan].used && !p->v[p->scan].kept) {
            frame_unlink_pair(p, p->scan);
            p->renewed++;
            return p->scan++;
        }
    return 0;
}

/* The number of a pair of the terminal's own colours; 0 when there is none left. */
static int frame_pair(struct frame *f, int fg, int bg, int limit)
{
    struct frame_pairs *p = &f->pairs;
    if (fg < 0 && bg < 0)
        return 0;
    int number = frame_find_pair(p, fg, bg);
    if (!number && (number = frame_free_number(p, limit))) {
        short *first = frame_bucket(p, fg, bg);
        p->v[number] = (struct frame_pair){.fg = fg, .bg = bg, .next = *first};
        *first = (short)number;
        init_extended_pair(number, fg, bg);
    }
    p->v[number].used = true;
    return number;
}

void frame_count_pairs(struct frame *f, int more)
{
    struct frame_pairs *p = &f->pairs;
    if (p->counted || p->n + more < p->limit || !p->limit)
        return;
    for (int i = 1; i < p->n; i++)
        p->v[i].used = false;
    for (int y = 0; y < f->rows; y++)
        for (int x = 0; x < f->cols; x++) {
            wchar_t text[CCHARW_MAX + 1];
            cchar_t cell;
            attr_t attrs;
            short low;
            int number = 0;
            if (mvin_wch(y, x, &cell) == OK && getcchar(&cell, text, &attrs, &low, &number) == OK && number > 0 &&
                number < p->n)
                p->v[number].used = true;
        }
    p->scan = 1;
    p->counted = true;
}

void frame_colours_open(struct frame *f)
{
    if (start_color() != OK || !has_colors())
        return;
    use_default_colors();
    f->can_colour = true;
    f->direct = COLORS > 256 && tigetflag("RGB") > 0;
    f->pairs.n = 1;
    f->pairs.limit = COLOR_PAIRS < FRAME_PAIRS ? COLOR_PAIRS : FRAME_PAIRS;
}

int frame_style_pair(struct frame *f, int fg, int bg)
{
    int number = frame_pair(f, fg, bg, f->pairs.limit);
    f->pairs.v[number].kept = true;
    return number;
}

void frame_forget_styles(struct frame *f)
{
    for (int i = 0; i < f->pairs.n; i++)
        f->pairs.v[i].kept = false;
}

/* Without colours: what is lighter than its letters is shown reversed, so that bars and selections are seen. */
static int frame_without_colours(int fg, int bg, attr_t *attrs)
{
    if (bg >= 0 && frame_light(bg, 0) > frame_light(fg, 229))
        *attrs ^= A_REVERSE;
    return 0;
}

int frame_cell_pair(struct frame *f, int fg, int bg, attr_t *attrs)
{
    if (!frame_has_colours(f))
        return frame_without_colours(fg, bg, attrs);
    int most = f->direct ? COLORS : COLORS > 256 ? 256 : COLORS;
    int front = frame_reduce(f, fg, most), back = frame_reduce(f, bg, most), bright = most < 16 && front >= 8;
    int limit = f->pairs.limit;
    if (most < 16) {
        front = front < 0 ? -1 : front & 7;
        back = back < 0 ? -1 : back & 7;
        *attrs |= bright ? A_BOLD : 0;
    }
    int number = frame_pair(f, front, back, limit > 2 * FRAME_BASIC ? limit - FRAME_BASIC : limit);
    if (number || (front < 0 && back < 0))
        return number;
    front = fg < 0 ? -1 : frame_in_16(fg) & 7;
    back = bg < 0 ? -1 : frame_in_16(bg) & 7;
    number = frame_pair(f, front, back, limit);
    return number || back < 0 ? number : frame_pair(f, front, -1, limit);
}
