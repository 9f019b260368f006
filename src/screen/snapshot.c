#include "screen/snapshot.h"
#include "base/mem.h"

/* "38;5;N", "48;2;R;G;B": the colour of one ground, "" for the default. */
static void snapshot_colour(struct str *out, int ground, int colour)
{
    if (colour < 0)
        return;
    if (colour & TERM_RGB)
        str_addf(out, ";%d;2;%d;%d;%d", ground, colour >> 16 & 0xff, colour >> 8 & 0xff, colour & 0xff);
    else
        str_addf(out, ";%d;5;%d", ground, colour & 0xff);
}

static void snapshot_look(struct str *out, const struct term_cell *c)
{
    static const struct {
        unsigned char attr;
        const char *sgr;
    } table[] = {{TERM_BOLD, ";1"},  {TERM_DIM, ";2"},     {TERM_ITALIC, ";3"}, {TERM_UNDERLINE, ";4"},
                 {TERM_BLINK, ";5"}, {TERM_REVERSE, ";7"}, {TERM_STRIKE, ";9"}};
    str_add(out, "\033[0");
    for (size_t i = 0; i < COUNT(table); i++)
        if (c->attrs & table[i].attr)
            str_add(out, table[i].sgr);
    snapshot_colour(out, 38, c->fg);
    snapshot_colour(out, 48, c->bg);
    str_addc(out, 'm');
}

static void snapshot_char(struct str *out, unsigned cp)
{
    if (cp < 0x80) {
        str_addc(out, (char)cp);
    } else if (cp < 0x800) {
        str_addc(out, (char)(0xc0 | cp >> 6));
        str_addc(out, (char)(0x80 | (cp & 0x3f)));
    } else {
        if (cp >= 0x10000) {
            str_addc(out, (char)(0xf0 | cp >> 18));
            str_addc(out, (char)(0x80 | (cp >> 12 & 0x3f)));
        } else {
            str_addc(out, (char)(0xe0 | cp >> 12));
        }
        str_addc(out, (char)(0x80 | (cp >> 6 & 0x3f)));
        str_addc(out, (char)(0x80 | (cp & 0x3f)));
    }
}

static bool snapshot_same_look(const struct term_cell *a, const struct term_cell *b)
{
    return a->attrs == b->attrs && a->fg == b->fg && a->bg == b->bg;
}

static bool snapshot_is_blank(const struct term_cell *c)
{
    return (!c->cp[0] || c->cp[0] == ' ') && !c->attrs && c->fg < 0 && c->bg < 0;
}

static void snapshot_row(struct str *out, const struct term *t, int y, struct term_cell *row)
{
    static const struct term_cell plain = {.fg = -1, .bg = -1};
    const struct term_cell *look = &plain;
    int n = term_cols(t);
    term_cells(t, y, row, n);
    while (n && snapshot_is_blank(&row[n - 1]))
        n--;
    if (n)
        str_addf(out, "\033[%d;1H\033[0m", y + 1);
    for (int x = 0; x < n; x++) {
        if (row[x].width == 0)
            continue;
        if (!snapshot_same_look(look, &row[x]))
            snapshot_look(out, &row[x]);
        look = &row[x];
        snapshot_char(out, row[x].cp[0] ? row[x].cp[0] : ' ');
        for (int k = 1; k < TERM_CHARS && row[x].cp[0] && row[x].cp[k]; k++)
            snapshot_char(out, row[x].cp[k]);
    }
}

void snapshot_print(struct str *out, const struct term *t)
{
    int y = 0, x = 0;
    autofree struct term_cell *row = xcalloc((size_t)term_cols(t), sizeof *row);
    str_addf(out, "%s\033[0m\033[H\033[2J", term_alternate(t) ? "\033[?1049h" : "");
    for (int i = 0; i < term_rows(t); i++)
        snapshot_row(out, t, i, row);
    bool seen = term_cursor(t, &y, &x);
    str_addf(out, "\033[0m\033[%d;%dH\033[?25%c", y + 1, x + 1, seen ? 'h' : 'l');
}
