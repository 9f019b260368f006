/* Styles and themes: what a text means becomes colours and attributes. */
#include "screen/frame_private.h"

/* Colours, the attributes with them, and those without, which must tell styles apart alone. */
struct frame_style {
    short fg, bg;
    attr_t attrs, mono;
};

static const struct frame_style frame_styles[STYLE_COUNT] = {
    [STYLE_PLAIN] = {-1, -1, 0, 0},
    [STYLE_DIM] = {-1, -1, A_DIM, A_DIM},
    [STYLE_BOLD] = {-1, -1, A_BOLD, A_BOLD},
    [STYLE_HEADING] = {-1, -1, A_BOLD | A_UNDERLINE, A_BOLD | A_UNDERLINE},
    [STYLE_STATUS] = {-1, -1, A_REVERSE, A_REVERSE},
    [STYLE_TITLE] = {-1, -1, A_DIM, A_DIM},
    [STYLE_FOCUS] = {-1, -1, A_BOLD | A_REVERSE, A_BOLD | A_REVERSE},
    [STYLE_COMMAND] = {COLOR_CYAN, -1, A_BOLD, A_BOLD},
    [STYLE_GOOD] = {COLOR_GREEN, -1, 0, 0},
    [STYLE_BAD] = {COLOR_RED, -1, A_BOLD, A_BOLD},
    [STYLE_NOTICE] = {COLOR_YELLOW, -1, 0, A_UNDERLINE},
    [STYLE_NEW] = {COLOR_GREEN, -1, A_BOLD, A_BOLD},
    [STYLE_DEAD] = {COLOR_RED, -1, A_DIM, A_DIM},
    [STYLE_DRIVEN] = {COLOR_CYAN, -1, A_BOLD, A_BOLD},
    [STYLE_LINKED] = {-1, -1, A_REVERSE, A_REVERSE},
    [STYLE_MATCH] = {-1, -1, A_REVERSE, A_REVERSE},
    [STYLE_REGION] = {-1, -1, A_REVERSE, A_REVERSE},
    [STYLE_MARKED] = {-1, -1, A_BOLD | A_UNDERLINE, A_BOLD | A_UNDERLINE},
};

/* For a projector, whose black is grey and whose yellow is white. Nothing is dim, and no letter has a colour on a
 * background that is not ours: what is marked by a colour stands on it, in black or bold white, whichever can be read
 * there. So it is the same on light and on dark terminals. Black is never bold, which would be grey for some. */
static const struct frame_style frame_contrast[STYLE_COUNT] = {
    [STYLE_PLAIN] = {-1, -1, 0, 0},
    [STYLE_DIM] = {-1, -1, 0, 0},
    [STYLE_BOLD] = {-1, -1, A_BOLD, A_BOLD},
    [STYLE_HEADING] = {-1, -1, A_BOLD | A_UNDERLINE, A_BOLD | A_UNDERLINE},
    [STYLE_STATUS] = {-1, -1, A_BOLD | A_REVERSE, A_BOLD | A_REVERSE},
    [STYLE_TITLE] = {-1, -1, 0, 0},
    [STYLE_FOCUS] = {-1, -1, A_BOLD | A_REVERSE, A_BOLD | A_REVERSE},
    [STYLE_COMMAND] = {-1, -1, A_BOLD, A_BOLD},
    [STYLE_GOOD] = {COLOR_BLACK, COLOR_GREEN, 0, A_BOLD},
    [STYLE_BAD] = {COLOR_WHITE, COLOR_RED, A_BOLD, A_BOLD | A_REVERSE},
    [STYLE_NOTICE] = {-1, -1, A_BOLD, A_BOLD | A_UNDERLINE},
    [STYLE_NEW] = {COLOR_BLACK, COLOR_GREEN, 0, A_BOLD},
    [STYLE_DEAD] = {COLOR_WHITE, COLOR_RED, A_BOLD, A_BOLD | A_REVERSE},
    [STYLE_DRIVEN] = {COLOR_BLACK, COLOR_CYAN, 0, A_BOLD | A_UNDERLINE},
    [STYLE_LINKED] = {-1, -1, A_BOLD | A_REVERSE, A_BOLD | A_REVERSE},
    [STYLE_MATCH] = {COLOR_BLACK, COLOR_YELLOW, 0, A_BOLD | A_REVERSE},
    [STYLE_REGION] = {-1, -1, A_BOLD | A_REVERSE, A_BOLD | A_REVERSE},
    [STYLE_MARKED] = {-1, -1, A_BOLD | A_UNDERLINE, A_BOLD | A_UNDERLINE},
};

bool frame_has_colours(const struct frame *f)
{
    return f->can_colour && f->theme != THEME_MONO;
}

static const struct frame_style *frame_style(const struct frame *f, enum style style)
{
    return f->theme == THEME_CONTRAST ? &frame_contrast[style] : &frame_styles[style];
}

void frame_theme(struct frame *f, enum theme theme)
{
    f->theme = theme;
    frame_forget_styles(f);
    frame_count_pairs(f, STYLE_COUNT);
    for (int i = 0; i < STYLE_COUNT; i++) {
        const struct frame_style *s = frame_style(f, (enum style)i);
        f->pair[i] = s->fg >= 0 && frame_has_colours(f) ? frame_style_pair(f, s->fg, s->bg) : 0;
    }
}

void frame_look(const struct frame *f, enum style style, attr_t *attrs, int *pair)
{
    const struct frame_style *s = frame_style(f, style);
    *attrs = frame_has_colours(f) ? s->attrs : s->mono;
    *pair = f->pair[style];
}

attr_t frame_cell_attrs(const struct frame *f, unsigned attrs)
{
    attr_t out = 0;
    out |= attrs & TERM_BOLD ? A_BOLD : 0;
    out |= attrs & TERM_ITALIC ? A_ITALIC : 0;
    out |= attrs & TERM_UNDERLINE ? A_UNDERLINE : 0;
    out |= attrs & TERM_REVERSE ? A_REVERSE : 0;
    out |= attrs & TERM_BLINK ? A_BLINK : 0;
    out |= attrs & TERM_DIM && f->theme != THEME_CONTRAST ? A_DIM : 0;
    return out;
}
