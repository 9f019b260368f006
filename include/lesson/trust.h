/* Whose lesson file is it? A lesson runs programs, so a foreign one runs only when the user says so (--trust).
 *
 * Somebody else's is a file that anybody could have written, or could have put in the place of another, who is neither
 * the user (under sudo: who called it, too) nor root nor whoever owns this program or its directory (and could replace
 * it). The file and each directory above it is looked at, links resolved:
 *
 *   owner          one of those above
 *   group          may write only where the group is the owner's own, or root's: of the same name as the user, and with
 *                  nobody else in it; never where there is an access control list
 *   others         may not write; in a directory with the sticky bit (/tmp) they may, since they cannot replace in it
 *                  what is not theirs */
#ifndef LESSON_TRUST_H
#define LESSON_TRUST_H

#include "base/outcome.h"
#include "base/str.h"
#include "lesson/lesson.h"
#include <stdbool.h>

/* true: the file is the user's or root's. false: why not is appended to why (may be NULL), sanitised: "PATH is owned by
 * mallory". Look before reading: a path that passes cannot be changed by others in between. */
bool trust_path(const char *path, struct str *why);

/* Refuses to run a foreign lesson: -1 with *o, which says why it is foreign and what it would run. 0 when it is not. */
int trust_refuse(const struct lesson *l, struct outcome *o);

#endif
