/* What the user has chosen and will not want to choose again: a small file `preferences` of "key = value" lines in
 * user_state_dir(). It may be edited by hand: lines that are no such pair, and keys that nobody asks for, are kept. */
#ifndef BASE_PREFS_H
#define BASE_PREFS_H

#include <stdbool.h>

/* The value of a key, or NULL. The file is read at the first call. Valid until the next prefs_set() or prefs_forget().
 */
const char *prefs_get(const char *key);

/* Remembers a value (NULL: forgets the key). The file is read anew, changed, and replaced as a whole; prefs_get() gives
 * the value even when it could not be written. false with errno then, or with EINVAL: a key is of letters, digits, `-`
 * and `.`, a value a line of text without blanks at its ends. Two programs that do this at once: the later one wins. */
bool prefs_set(const char *key, const char *value);

void prefs_forget(void); /* for tests: the next call reads again */

#endif
