/* The two sides of a session, and of everything that is told about it: lessons, views, the screen. */
#ifndef SESSION_SIDE_H
#define SESSION_SIDE_H

enum side { SIDE_HOST, SIDE_CONTAINER };

/* "host" or "container". */
static inline const char *side_name(enum side side)
{
    return side == SIDE_HOST ? "host" : "container";
}

#endif
