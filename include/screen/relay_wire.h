/* What a presentation tells those who watch it: messages over a SEQPACKET socket, one at a time, each whole. The first
 * byte says what it is. Nothing is ever asked of the presentation but the first message, which says who one wants to
 * be. unix(7) */
#ifndef SCREEN_RELAY_WIRE_H
#define SCREEN_RELAY_WIRE_H

#include "base/str.h"
#include "shell/present.h"
#include <stdbool.h>
#include <stddef.h>

#define RELAY_MESSAGE 61440 /* bytes of a message at most */
#define RELAY_BYTES   32768 /* of the screen, in one message */

enum relay_role { RELAY_NOTES = 'n', RELAY_FOLLOW = 'f' };

enum relay_kind {
    RELAY_HELLO = 'H', /* to the presentation: role */
    RELAY_SIZE = 'S',  /* the screen has rows x cols now, and is blank */
    RELAY_DRAW = 'B',  /* bytes for a terminal of that size */
    RELAY_AWAY = 'A',  /* the terminal is somebody else's for a while: away */
    RELAY_CUE = 'C',   /* notes: cue */
    RELAY_TREES = 'T', /* notes: columns */
    RELAY_END = 'E',   /* the presentation has ended in order: elapsed_ms */
};

struct relay_message {
    enum relay_kind kind;
    enum relay_role role;
    int rows, cols;
    const char *bytes; /* DRAW: valid as long as the message's */
    size_t n;
    bool away;
    struct cue cue;
    char *columns[2]; /* a title and rows, a line each */
    int64_t elapsed_ms;
};

/* Appends the message. Texts that are too long are cut: what comes of it is never longer than RELAY_MESSAGE. */
void relay_encode(struct str *out, const struct relay_message *m);
/* false for everything that relay_encode() does not write. Texts are sanitised anew. Clear it in any case. */
bool relay_decode(struct relay_message *m, const char *bytes, size_t n);
void relay_message_clear(struct relay_message *m);

#endif
