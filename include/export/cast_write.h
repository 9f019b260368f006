/* A screen's bytes as asciicast v2 (https://docs.asciinema.org/manual/asciicast/v2/): a line of JSON that says what it
 * is, then one for each event. Bytes and times go in, lines come out; nothing here reads a clock or writes a file. */
#ifndef EXPORT_CAST_WRITE_H
#define EXPORT_CAST_WRITE_H

#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct cast_head {
    int cols, rows;
    time_t when;
    const char *title, *term, *shell; /* "" or NULL: left out */
};

/* Zeroed: no recording. Times are now_us(). */
struct cast_writer {
    bool begun, paused;
    int64_t zero_us;  /* the clock's time that is 0 in the file */
    int64_t pause_us; /* when it was paused */
    char rest[4];     /* of a character that came in pieces */
    size_t nrest;
};

void cast_begin(struct cast_writer *w, int64_t now_us, const struct cast_head *head, struct str *out);

/* What was written to the terminal. UTF-8 may be cut anywhere: half a character waits for its other half. What is no
 * UTF-8 becomes U+FFFD. Nothing is written while paused. */
void cast_output(struct cast_writer *w, int64_t now_us, const char *bytes, size_t n, struct str *out);
void cast_resize(struct cast_writer *w, int64_t now_us, int cols, int rows, struct str *out); /* paused or not */
/* A marker, by which players jump. */
void cast_mark(struct cast_writer *w, int64_t now_us, const char *label, struct str *out);

/* Between the two no time passes in the file. What the terminal shows then is not what the file has: after the second
 * everything must be drawn anew. */
void cast_pause(struct cast_writer *w, int64_t now_us, struct str *out);
void cast_resume(struct cast_writer *w, int64_t now_us);

/* What waits for its other half is half a character. */
void cast_end(struct cast_writer *w, int64_t now_us, struct str *out);

int64_t cast_time(const struct cast_writer *w, int64_t now_us); /* in the file, microseconds */

#endif
