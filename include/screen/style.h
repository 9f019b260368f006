/* How things look, by what they mean. Colour is never the only sign: each style that carries meaning is used together
 * with a word, a mark or an attribute. */
#ifndef SCREEN_STYLE_H
#define SCREEN_STYLE_H

enum style {
    STYLE_PLAIN,
    STYLE_DIM,     /* what stands back: folded rows, asides */
    STYLE_BOLD,    /* entered lines, headings */
    STYLE_HEADING, /* lesson headings */
    STYLE_STATUS,  /* the status line */
    STYLE_TITLE,   /* title of a pane without the focus, rules */
    STYLE_FOCUS,   /* title of the pane with the focus */
    STYLE_COMMAND, /* a call or a command to type */
    STYLE_GOOD,
    STYLE_BAD,
    STYLE_NOTICE, /* hints, questions, the victim */
    STYLE_NEW,
    STYLE_DEAD,
    STYLE_DRIVEN,
    STYLE_LINKED,
    STYLE_MATCH,  /* found by a search */
    STYLE_REGION, /* the active region of the line being edited */
    STYLE_MARKED, /* the argument being typed, in the help line */
    STYLE_COUNT
};

#endif
