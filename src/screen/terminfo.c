/* Apart from frame.c, because term.h defines macros like `lines` and `columns`. */
#include "screen/frame.h"
#include <curses.h>
#include <string.h>
#include <term.h>
#include <unistd.h>

bool frame_terminal_can(const char *term, struct str *why)
{
    if (!term || !*term) {
        str_add(why, "TERM is not set");
        return false;
    }
    int found = 0;
    if (!strcmp(term, "dumb") || setupterm(term, STDOUT_FILENO, &found) != OK) {
        str_addf(why, "terminfo has no full screen for TERM=%.60s", term);
        return false;
    }
    const char *cup = tigetstr("cup");
    bool moves = cup && cup != (const char *)-1;
    del_curterm(cur_term);
    if (!moves)
        str_addf(why, "TERM=%.60s cannot move the cursor", term);
    return moves;
}
