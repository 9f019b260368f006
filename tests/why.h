/* Calls made on a stage and explained. */
#ifndef TESTS_WHY_H
#define TESTS_WHY_H

#include "session/why.h"

/* The stage that is tried: open it with stage_open(). */
extern struct session *why_session;

/* Actor `id` makes the typed call; its errno goes to *err, the causes to *w when not NULL. $outerN is the number of
 * actor N as the stage's host numbers it, $inner one that nobody has there and somebody inside. */
void why_try_call(int id, const char *line, struct why *w, int *err);
/* A file system that lies on a block device, as $device_type in calls; "" when this kernel has none. */
const char *why_device_type(void);
/* Nobody makes the call: it is explained as if it had just failed so. */
void why_made_up(const struct actor *who, const char *line, int err, struct why *w);
/* That cause is named first. */
void why_assert(const struct why *w, const char *cause);
void why_assert_call(int id, const char *line, int err, const char *cause);

#endif
