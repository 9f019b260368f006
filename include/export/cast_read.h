/* A recording read back: asciicast v2, as porthole and asciinema 2 write it, and v3 (asciinema 3). */
#ifndef EXPORT_CAST_READ_H
#define EXPORT_CAST_READ_H

#include "base/str.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CAST_FILE_MAX (256u << 20) /* bytes; all of it is held in memory */

struct cast_event {
    int64_t us;     /* since the start; never less than that of the event before */
    char kind;      /* 'o' output, 'r' resize, 'm' marker; others are left out */
    size_t at, len; /* what came, in cast.text: UTF-8, NULs and control characters included */
    int cols, rows; /* 'r' */
};

struct cast {
    int cols, rows;
    double idle_limit; /* seconds that a pause shall last at most; 0: as it was */
    char *title;       /* "" none; raw */
    struct cast_event *v;
    size_t n, cap;
    struct str text;
    bool torn; /* the last line is cut off, as a killed recorder leaves it; it is left out */
};

/* Parses a file's text. NULL with "NAME:LINE: what" (sanitised) in *error for what is no such recording. */
struct cast *cast_parse(const char *name, const char *text, size_t n, struct str *error);
/* The same for a file; "NAME: what" when it cannot be read. */
struct cast *cast_load(const char *path, struct str *error);
void cast_free(struct cast *c);

int64_t cast_length_us(const struct cast *c); /* when the last event comes */

#endif
