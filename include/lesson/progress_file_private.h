/* What the files that read exports share. Private to lesson/. */
#ifndef LESSON_PROGRESS_FILE_PRIVATE_H
#define LESSON_PROGRESS_FILE_PRIVATE_H

#include "lesson/progress_file.h"

/* Adds the lines of a log. No log is an empty one. *torn: its last line has no end. false with errno. */
bool progress_file_read_log(const char *path, struct progress_file *f, bool *torn);

/* A name as it is kept: one sanitised line, trimmed, not too long. malloc'd. */
char *progress_file_safe_name(const char *name);

#endif
