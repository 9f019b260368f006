/* A recording of the screen being made: what cast_write.h makes of bytes, in a file that spool.h writes. */
#ifndef EXPORT_RECORDING_H
#define EXPORT_RECORDING_H

#include "base/outcome.h"
#include "export/cast_write.h"
#include <stdbool.h>
#include <stddef.h>

struct recording;

/* Creates the file (base/file.h, file_create); nothing is in it yet. NULL with *o. */
struct recording *recording_open(const char *path, bool replace, struct outcome *o);

/* From here on there is a first line, and time passes. */
void recording_begin(struct recording *r, const struct cast_head *head);
bool recording_begun(const struct recording *r);

void recording_output(struct recording *r, const char *bytes, size_t n);
void recording_resize(struct recording *r, int cols, int rows); /* the size there is already: nothing */
void recording_mark(struct recording *r, const char *label);
void recording_pause(struct recording *r);
void recording_resume(struct recording *r); /* then draw everything anew */
bool recording_paused(const struct recording *r);

const char *recording_path(const struct recording *r);
int64_t recording_ms(const struct recording *r); /* how long it plays */
int recording_bell(const struct recording *r);   /* spool_bell() */

/* Ends it, waits for the file at most two seconds, and frees r. A file in which nothing was recorded is removed. -1
 * with *o when not all of it could be written. */
int recording_close(struct recording *r, struct outcome *o);

#endif
