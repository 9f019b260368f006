/* The sequences that libvterm gets to see, each in one canonical form. What is not here is dropped: reports of anything
 * that a program has set, the mouse, the size and title of the window, margins at the sides, double-width lines,
 * rectangles, and whatever will be invented.
 *
 * Four are put differently or done here because 0.1.4 does not know them or is not safe with them: repetition, the soft
 * reset, faint text (it travels as a font, which libvterm keeps, saves and restores with the pen), and the scrollback's
 * erasure. After a cursor was restored comes an empty sequence: it makes libvterm see whether the cursor is still on a
 * screen that may have shrunk. */
#include "base/loop.h"
#include "screen/term_private.h"
#include <string.h>

#define CSI_ANSWERS   16 /* at once; it is a number that no honest program reaches */
#define CSI_ANSWER_MS 20 /* and one more each so many milliseconds */
#define CSI_RESTORE   "\0338\033[?9999l"

static void csi_add(struct term *t, const char *bytes)
{
    filter_add(t, bytes, strlen(bytes));
}

/* The same for what leaves the cursor where it is: a mark may still come to the character before it. */
static void csi_add_still(struct term *t, const char *bytes, size_t n)
{
    bool combines = t->filter.combines;
    filter_add(t, bytes, n);
    t->filter.combines = combines;
}

/* SGR. */

struct csi_pen {
    int v[12]; /* libvterm has room for 16 parameters, and does not look */
    size_t n;
};

/* Numbers below 10000. */
static size_t csi_number(char *out, int v)
{
    size_t n = 0;
    for (int unit = v > 999 ? 1000 : v > 99 ? 100 : v > 9 ? 10 : 1; unit; unit /= 10)
        out[n++] = (char)('0' + v / unit % 10);
    return n;
}

static void csi_pen_flush(struct term *t, struct csi_pen *pen)
{
    char bytes[FILTER_PIECE] = "\033[";
    size_t n = 2;
    for (size_t i = 0; i < pen->n; i++) {
        n += csi_number(bytes + n, pen->v[i]);
        bytes[n++] = i + 1 < pen->n ? ';' : 'm';
    }
    if (pen->n)
        csi_add_still(t, bytes, n);
    pen->n = 0;
}

static void csi_pen_add(struct term *t, struct csi_pen *pen, const int *v, size_t n)
{
    if (pen->n + n > sizeof pen->v / sizeof *pen->v)
        csi_pen_flush(t, pen);
    memcpy(pen->v + pen->n, v, n * sizeof *v);
    pen->n += n;
}

/* A colour, "5;n" or "2;r;g;b" behind 38, 48 or 58, with semicolons or with colons (then there may be a colour space
 * before r). Returns how many parameters it takes. */
static size_t csi_colour(struct term *t, struct csi_pen *pen, const int *p, size_t n, bool colons)
{
    size_t parts = n > 1 && p[1] == 5 ? 1 : n > 1 && p[1] == 2 ? 3 : 0, skip = colons && parts == 3 && n > 5;
    if (!parts || n < 2 + skip + parts)
        return n;
    int out[5] = {p[0], p[1]};
    for (size_t i = 0; i < parts; i++) {
        int v = p[2 + skip + i];
        out[2 + i] = v < 0 ? 0 : v > 255 ? 255 : v;
    }
    if (p[0] != 58) /* the underline's: libvterm does not know it */
        csi_pen_add(t, pen, out, 2 + parts);
    return 2 + skip + parts;
}

static void csi_attribute(struct term *t, struct csi_pen *pen, int p)
{
    static const int faint[] = {11}, neither[] = {22, 10};
    int same[] = {p < 0 ? 0 : p == 6 ? 5 : p};
    if (p == 2)
        csi_pen_add(t, pen, faint, 1);
    else if (p == 22)
        csi_pen_add(t, pen, neither, 2);
    else if (p < 10 ? p != 8 : (p > 20 && p < 50 && p != 26 && p != 28) || (p >= 90 && p < 108))
        csi_pen_add(t, pen, same, 1);
}

static void csi_pen(struct term *t)
{
    const struct term_filter *f = &t->filter;
    struct csi_pen pen = {.n = 0};
    for (size_t i = 0, n; i < f->nparams; i += n) {
        const int *p = f->param + i;
        for (n = 1; i + n < f->nparams && f->colon[i + n];)
            n++;
        bool colons = n > 1;
        if (*p == 38 || *p == 48 || *p == 58)
            n = csi_colour(t, &pen, p, colons ? n : f->nparams - i, colons);
        else if (*p == 4 && colons)
            csi_attribute(t, &pen, p[1] == 0 ? 24 : 4);
        else if (!colons)
            csi_attribute(t, &pen, *p);
    }
    csi_pen_flush(t, &pen);
}

/* Modes. */

static void csi_alternate(struct term *t, int mode, bool on)
{
    filter_flush(t); /* or `alternate` would not be up to date */
    if (t->alternate == on)
        return;
    filter_addf(t, "\033[?%d%c", mode, on ? 'h' : 'l');
    filter_flush(t);
    if (!on && mode == 1049 && t->main_shift) { /* libvterm put the cursor where the screen was before it was resized */
        VTermPos at;
        vterm_state_get_cursorpos(t->state, &at);
        filter_addf(t, "\033[%d;%dH", t->main_y + 1, at.col + 1);
    }
}

static void csi_modes(struct term *t, bool on)
{
    const struct term_filter *f = &t->filter;
    bool private = f->marker == '?';
    for (size_t i = 0; i < f->nparams; i++) {
        int p = f->param[i];
        bool plain = private ? p == 1 || p == 6 || p == 7 || p == 25 || p == 1048 || p == 2004 : p == 4 || p == 20;
        if (private && (p == 47 || p == 1047 || p == 1049))
            csi_alternate(t, p == 1049 ? p : 1047, on);
        else if (plain)
            filter_addf(t, "\033[%s%d%c", private ? "?" : "", p, on ? 'h' : 'l');
    }
}

/* DECSTR, but for margins: setting them would move the cursor. */
static void csi_soft_reset(struct term *t)
{
    csi_add(t, "\033[4l\033[20l\033[?1l\033[?7h\033[?25h\033>\033[m\017\033(B");
}

/* Everything else. */

/* A repetition is as long as a line at most: a few bytes shall not become megabytes. */
static void csi_repeat(struct term *t)
{
    int n = t->filter.param[0] < 1 ? 1 : t->filter.param[0];
    bool combines = t->filter.combines; /* nothing was between the character and this */
    filter_flush(t);
    unsigned cp = combines ? grid_last(t) : 0;
    for (int i = 0; cp && i < n && i < t->cols; i++)
        filter_glyph(t, cp);
}

/* The program asks something. libvterm answers with numbers of its own only. */
static bool csi_may_answer(struct term *t)
{
    int64_t more = (now_ms() - t->answers_ms) / CSI_ANSWER_MS;
    if (more > 0) {
        t->answers = more < CSI_ANSWERS - t->answers ? t->answers + (int)more : CSI_ANSWERS;
        t->answers_ms = now_ms();
    }
    if (t->answers <= 0)
        return false;
    t->answers--;
    return true;
}

static void csi_ask(struct term *t, char final)
{
    const struct term_filter *f = &t->filter;
    int p = f->param[0] < 0 ? 0 : f->param[0];
    bool known = final == 'c' ? p == 0 && f->marker != '?' : f->marker != '>' && (p == 5 || p == 6);
    if (!known || !csi_may_answer(t))
        return;
    char marker[2] = {(char)f->marker, 0};
    filter_addf(t, "\033[%s%d%c", marker, p, final);
}

static void csi_erase_display(struct term *t)
{
    if (t->filter.param[0] == 3) {
        filter_flush(t);
        if (!t->alternate)
            history_clear(t);
    } else if (t->filter.param[0] < 3)
        filter_addf(t, "\033[%dJ", t->filter.param[0] < 0 ? 0 : t->filter.param[0]);
}

/* Movement, insertion, deletion: numbers, and nothing that could go wrong with them. */
static void csi_numbers(struct term *t, char final, size_t most)
{
    const struct term_filter *f = &t->filter;
    if (f->nparams > most)
        return;
    char bytes[FILTER_PIECE] = "\033[";
    size_t n = 2;
    for (size_t i = 0; i < f->nparams; i++) {
        if (i)
            bytes[n++] = ';';
        if (f->param[i] >= 0)
            n += csi_number(bytes + n, f->param[i]);
    }
    bytes[n++] = final;
    filter_add(t, bytes, n);
}

static void csi_plain(struct term *t, char final)
{
    if (strchr("@ABCDEFGIKLMPSTXZ`adegjk", final))
        csi_numbers(t, final, 1);
    else if (strchr("Hfr", final))
        csi_numbers(t, final, 2);
    else if (final == 'b')
        csi_repeat(t);
    else if (final == 's' && t->filter.nparams == 1)
        csi_add(t, "\0337");
    else if (final == 'u' && t->filter.nparams == 1)
        csi_add(t, CSI_RESTORE);
}

void filter_csi(struct term *t, char final)
{
    const struct term_filter *f = &t->filter;
    if (f->intermed) {
        if (f->intermed == '!' && final == 'p' && !f->marker)
            csi_soft_reset(t);
        return;
    }
    if (f->marker == '?' && final == 'K')
        csi_numbers(t, final, 1);
    else if (final == 'J' && f->marker != '>')
        csi_erase_display(t);
    else if ((final == 'h' || final == 'l') && f->marker != '>')
        csi_modes(t, final == 'h');
    else if (final == 'c' || final == 'n')
        csi_ask(t, final);
    else if (f->marker)
        return;
    else if (final == 'm')
        csi_pen(t);
    else
        csi_plain(t, final);
}

/* RIS. libvterm forgets that there is an alternate screen, and keeps the cursor that was saved. */
static void csi_hard_reset(struct term *t)
{
    csi_alternate(t, 1047, false);
    csi_add(t, "\033c\0337");
    t->title[0] = '\0';
}

void filter_escape(struct term *t, char final)
{
    unsigned char set = t->filter.intermed;
    char select[] = {'\033', (char)set, final == '0' || final == 'A' ? final : 'B'};
    if (set == '(' || set == ')')
        csi_add_still(t, select, sizeof select);
    else if (set)
        return;
    else if (final == '8')
        csi_add(t, CSI_RESTORE);
    else if (final == 'c')
        csi_hard_reset(t);
    else if (strchr("7DEHM=>", final))
        filter_addf(t, "\033%c", final);
}
