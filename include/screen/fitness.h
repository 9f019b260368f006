/* Is this terminal one to present on? */
#ifndef SCREEN_FITNESS_H
#define SCREEN_FITNESS_H

#include "base/str.h"

/* Appends one line on standard output's terminal, "Terminal  120x40, xterm-256color, 256 colours, UTF-8", and one for
 * each thing that will be missed on stage, with what to do about it. */
void fitness_print(struct str *out);

#endif
