/* What a program writes, on its way to libvterm.
 *
 * libvterm knows what a screen does: the cursor, margins, modes, the pen. It was made for well-behaved programs,
 * though: version 0.1.4 writes past its buffers for a repetition before any character, for more than sixteen
 * parameters, for broken UTF-8, and its table of widths is another one than the C library's. So nothing reaches it but
 * what is known to be harmless, in one canonical form:
 *
 *     bytes --filter--> ASCII, a few controls, complete sequences --libvterm--> callbacks --> cells
 *              |                                                       |
 *              `-- characters that are no ASCII: a queue --------------'
 *
 * Such characters wait in a queue. libvterm is given a stand-in of the width that the C library, and so the program and
 * ncurses, believes in; when it puts the stand-in on the screen, the character is taken from the queue. Marks that
 * combine are added to the cell behind its back.
 *
 * Control and escape sequences are let through by an allow list (term_csi.c). Titles are read here. All other strings
 * (clipboard, colours, DCS, ...) end here, without taking memory. */
#include "base/text.h"
#include "screen/term_private.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Any that libvterm holds for one and for two columns wide, and that none of its character sets has. */
#define STAND_IN_NARROW 0x0100
#define STAND_IN_WIDE   0x4e00

void filter_flush(struct term *t)
{
    struct term_filter *f = &t->filter;
    if (f->n)
        vterm_input_write(t->vt, f->out, f->n);
    f->n = f->nglyphs = f->taken = 0;
    f->stand_in = false;
}

void filter_add(struct term *t, const char *bytes, size_t n)
{
    struct term_filter *f = &t->filter;
    if (f->n + n > FILTER_ROOM)
        filter_flush(t);
    memcpy(f->out + f->n, bytes, n);
    f->n += n;
    f->stand_in = f->combines = false;
}

void filter_addf(struct term *t, const char *fmt, ...)
{
    char bytes[FILTER_PIECE];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(bytes, sizeof bytes, fmt, ap);
    va_end(ap);
    if (n > 0 && (size_t)n < sizeof bytes)
        filter_add(t, bytes, (size_t)n);
}

unsigned filter_character(struct term *t, unsigned put)
{
    struct term_filter *f = &t->filter;
    if (put != STAND_IN_NARROW && put != STAND_IN_WIDE)
        return put;
    return f->taken < f->nglyphs ? f->glyphs[f->taken++] : 0xfffd;
}

/* Text. */

void filter_glyph(struct term *t, unsigned cp)
{
    struct term_filter *f = &t->filter;
    bool selects = cp >= 0xfe00 && cp <= 0xfe0f; /* a variant, which some terminals show in another width */
    if (cp >= 0x20 && cp < 0x7f) {
        filter_add(t, (char[]){(char)cp}, 1);
        f->combines = true;
        return;
    }
    if (cp < 0xa0 || selects || text_is_format(cp))
        return;
    if ((cp & 0xfffe) == 0xfffe)
        cp = 0xfffd;
    int width = text_cp_width(cp);
    if (width == 0 && f->combines) {
        filter_flush(t);
        grid_mark(t, cp);
    }
    if (width == 0)
        return;
    filter_add(t, width == 2 ? "\u4e00" : "\u0100", width == 2 ? 3 : 2);
    f->glyphs[f->nglyphs++] = cp;
    f->stand_in = f->combines = true;
}

/* Takes bytes from 0x80 on, one character or a part of one. */
static size_t filter_utf8(struct term *t, const unsigned char *s, size_t n)
{
    struct term_filter *f = &t->filter;
    unsigned cp;
    if (!f->npartial && n >= 4) {
        size_t used = (size_t)text_decode((const char *)s, n, &cp);
        if (used > 1) {
            filter_glyph(t, cp);
            return used;
        }
    }
    unsigned char lead = f->npartial ? f->partial[0] : *s;
    size_t whole = lead < 0xc2 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 1;
    f->partial[f->npartial++] = *s;
    if (f->npartial < whole)
        return 1;
    text_decode((const char *)f->partial, f->npartial, &cp);
    f->npartial = 0;
    filter_glyph(t, cp);
    return 1;
}

static size_t filter_ascii(struct term *t, const unsigned char *s, size_t n)
{
    struct term_filter *f = &t->filter;
    size_t run = 1;
    if (f->stand_in) /* or libvterm would not use its character set for what comes */
        filter_add(t, "", 1);
    if (f->n >= FILTER_ROOM)
        filter_flush(t);
    n = n < FILTER_ROOM - f->n ? n : FILTER_ROOM - f->n;
    while (run < n && s[run] >= 0x20 && s[run] < 0x7f)
        run++;
    memcpy(f->out + f->n, s, run);
    f->n += run;
    f->combines = true;
    return run;
}

static void filter_control(struct term *t, unsigned char c)
{
    if (c == '\a')
        t->rung = true;
    else if (c >= '\b' && c <= 0x0f)
        filter_add(t, (char *)&c, 1);
}

static void filter_begin(struct term_filter *f)
{
    f->state = FILTER_ESC;
    f->marker = f->intermed = 0;
    f->broken = f->ending = false;
    f->nparams = 1;
    f->param[0] = -1;
    f->colon[0] = false;
}

static size_t filter_text(struct term *t, const unsigned char *s, size_t n)
{
    struct term_filter *f = &t->filter;
    if (f->npartial && (*s & 0xc0) != 0x80) { /* it ends before it is whole */
        f->npartial = 0;
        filter_glyph(t, 0xfffd);
    }
    if (*s >= 0x20 && *s < 0x7f)
        return filter_ascii(t, s, n);
    if (*s >= 0x80)
        return filter_utf8(t, s, n);
    if (*s == '\033')
        filter_begin(f);
    else
        filter_control(t, *s);
    return 1;
}

/* Sequences. They are read byte by byte, whatever pieces they come in. */

static void filter_param(struct term_filter *f, unsigned char c)
{
    int *p = &f->param[f->nparams - 1];
    if (c >= '0' && c <= '9') {
        if (*p < 1000)
            *p = (*p < 0 ? 0 : *p * 10) + (c - '0');
    } else if (f->nparams < FILTER_PARAMS) {
        f->param[f->nparams] = -1;
        f->colon[f->nparams++] = c == ':';
    } else
        f->broken = true;
}

static void filter_csi_byte(struct term *t, unsigned char c)
{
    struct term_filter *f = &t->filter;
    if (c >= 0x40) {
        f->state = FILTER_TEXT;
        if (!f->broken)
            filter_csi(t, (char)c);
    } else if (c >= 0x3c) {
        f->broken = f->broken || f->marker || f->nparams > 1 || f->param[0] >= 0;
        f->marker = c;
    } else if (c >= 0x30) {
        f->broken = f->broken || f->intermed;
        filter_param(f, c);
    } else {
        f->broken = f->broken || f->intermed;
        f->intermed = c;
    }
}

/* "0;text", "2;text" */
static void filter_title(struct term *t)
{
    struct term_filter *f = &t->filter;
    f->title[f->ntitle] = '\0';
    if ((f->title[0] == '0' || f->title[0] == '2') && f->title[1] == ';')
        text_copy(t->title, sizeof t->title, f->title + 2);
}

static void filter_escape_byte(struct term *t, unsigned char c)
{
    struct term_filter *f = &t->filter;
    if (c < 0x30) {
        f->broken = f->broken || f->intermed;
        f->intermed = c;
        return;
    }
    f->state = FILTER_TEXT;
    if (f->intermed || !strchr("[]PX^_", c)) {
        if (f->ending && c == '\\')
            filter_title(t);
        else if (!f->broken)
            filter_escape(t, (char)c);
        return;
    }
    f->state = c == '[' ? FILTER_CSI : c == ']' ? FILTER_OSC : FILTER_STRING;
    f->ntitle = 0;
}

static void filter_osc_byte(struct term *t, unsigned char c)
{
    struct term_filter *f = &t->filter;
    if (c == '\a') {
        f->state = FILTER_TEXT;
        filter_title(t);
    } else if (c < 0x20) /* binary rubbish: what comes after this line shall be seen */
        f->state = FILTER_TEXT;
    else if (f->ntitle < sizeof f->title - 1)
        f->title[f->ntitle++] = (char)c;
}

static void filter_sequence(struct term *t, unsigned char c)
{
    struct term_filter *f = &t->filter;
    bool title = f->state == FILTER_OSC;
    if (c == 0x18 || c == 0x1a)
        f->state = FILTER_TEXT;
    else if (c == '\033') {
        filter_begin(f);
        f->ending = title;
    } else if (title)
        filter_osc_byte(t, c);
    else if (f->state == FILTER_STRING)
        return;
    else if (c < 0x20)
        filter_control(t, c); /* takes place at once, within the sequence */
    else if (c >= 0x7f)
        f->state = c == 0x7f ? f->state : FILTER_TEXT;
    else if (f->state == FILTER_CSI)
        filter_csi_byte(t, c);
    else
        filter_escape_byte(t, c);
}

void filter_feed(struct term *t, const unsigned char *s, size_t n)
{
    while (n) {
        size_t used = 1;
        if (t->filter.state == FILTER_TEXT)
            used = filter_text(t, s, n);
        else
            filter_sequence(t, *s);
        s += used;
        n -= used;
    }
    filter_flush(t);
}
