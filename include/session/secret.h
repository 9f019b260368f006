/* Does a program want something to be typed that nobody shall see? */
#ifndef SESSION_SECRET_H
#define SESSION_SECRET_H

#include "session/session.h"
#include <stdbool.h>
#include <stddef.h>

/* Is this, the end of an output that has no line end yet, a question for a password: "Password: ", "[sudo] password for
 * eve:", "PIN?"? Any bytes. */
bool secret_question(const char *line, size_t n);

/* Does the program that reads the actor's pty ask for one? It does when its last words are such a question, or when it
 * has changed the terminal as programs do that read a password. */
bool session_asks_secret(const struct session *s, const struct actor *who);
/* Would a line that is typed for the actor reach it? Not where a command asks, which porthole waits for. */
bool session_secret_reaches(const struct actor *who);

#endif
