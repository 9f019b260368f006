/* Directories for tests. */
#ifndef TESTS_TEMP_H
#define TESTS_TEMP_H

#define TEMP_PATH 64

/* Makes an empty directory below /tmp and writes its path to dir. */
void temp_make(char dir[TEMP_PATH]);
/* Removes it with all that is in it, following no link. */
void temp_remove(const char *dir);

#endif
