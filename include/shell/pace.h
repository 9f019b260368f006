/* A line that types itself as a person would. Plain data and a clock that the caller brings: nothing here waits. */
#ifndef SHELL_PACE_H
#define SHELL_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACE_LINE_MS 4000 /* a line takes about so long at most, however long it is */

struct pace {
    char *text; /* NULL: nothing is being typed */
    size_t n, at;
    uint32_t seed;
    int64_t due; /* of the next character, in ms */
    int percent; /* of the usual time between two characters */
};

/* Begins to type text (UTF-8, copied); its first character is due at once. seed varies the rhythm. */
void pace_begin(struct pace *p, const char *text, uint32_t seed, int64_t now);
void pace_stop(struct pace *p);
bool pace_runs(const struct pace *p);

int pace_wait(const struct pace *p, int64_t now); /* ms until the next character is due, 0: now; -1: nothing is typed */
/* The bytes that are due now, whole characters; "" when none are. Valid until the next call; after the last character
 * pace_runs() is false. The caller frees. */
char *pace_take(struct pace *p, int64_t now);
/* Another key was pressed: the next few characters at once, and the rest of the line faster. The caller frees. */
char *pace_hurry(struct pace *p, int64_t now);
char *pace_rest(struct pace *p); /* all that is left */

/* How long text takes when nobody hurries. */
int pace_total_ms(const char *text);

#endif
