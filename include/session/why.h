/* Asking the kernel why a call failed. */
#ifndef SESSION_WHY_H
#define SESSION_WHY_H

#include "session/session.h"

/* Looks, here and now, for the cause of the failure that image holds, and appends it with its evidence as one sentence.
 * false when no cause that porthole knows holds: an errno alone proves nothing. Right after the call: the evidence is
 * the caller's /proc/PID, which changes. */
bool session_why(const struct actor *who, const struct call *c, const struct call_image *image, struct str *out);

#endif
