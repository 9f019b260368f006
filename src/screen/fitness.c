#include "screen/fitness.h"
#include "screen/glyph.h"
#include "screen/layout.h"
#include "screen/screen.h"
#include <curses.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <term.h>
#include <unistd.h>

#define FITNESS_ROWS 24
#define FITNESS_COLS 80

static void fitness_warn(struct str *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void fitness_warn(struct str *out, const char *fmt, ...)
{
    va_list ap;
    str_add(out, "  warning: ");
    va_start(ap, fmt);
    str_vaddf(out, fmt, ap);
    va_end(ap);
    str_addc(out, '\n');
}

static int fitness_colours(void)
{
    int err;
    if (setupterm(NULL, STDOUT_FILENO, &err) != OK)
        return 0;
    int n = tigetnum("colors");
    return n > 0 ? n : 0;
}

void fitness_print(struct str *out)
{
    struct winsize w = {0};
    autostr struct str why = {0};
    const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) < 0) {
        str_add(out,
                "Terminal  not looked at: standard output is none; rehearse in the one that you will present on\n");
        return;
    }
    int colours = screen_possible(&why) ? fitness_colours() : 0;
    str_addf(out, "Terminal  %dx%d, %s, %d colours, %s\n", w.ws_col, w.ws_row, term ? term : "TERM is not set", colours,
             glyph_utf8() ? "UTF-8" : "no UTF-8");
    if (why.len)
        fitness_warn(out, "no full screen here (%s): present would be linear text", why.s);
    else if (w.ws_row < LAYOUT_MIN_ROWS || w.ws_col < LAYOUT_MIN_COLS)
        fitness_warn(out, "the trees need %dx%d: make the letters smaller or the window larger", LAYOUT_MIN_COLS,
                     LAYOUT_MIN_ROWS);
    else if (w.ws_row < FITNESS_ROWS || w.ws_col < FITNESS_COLS)
        fitness_warn(out, "below %dx%d the lesson's text is short of room", FITNESS_COLS, FITNESS_ROWS);
    if (!why.len && (colours < 8 || (no_color && *no_color)))
        fitness_warn(out, "no colours%s: nothing is lost but a glance", colours < 8 ? "" : ", as NO_COLOR asks for");
    if (!glyph_utf8())
        fitness_warn(out, "trees are drawn in ASCII: set LC_ALL to a UTF-8 locale, as C.UTF-8");
}
