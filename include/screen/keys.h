/* Bytes from a terminal become keys. The tokenizer knows UTF-8, CSI and SS3 sequences, the Linux console's and rxvt's
 * own, what terminfo says about function keys, and bracketed paste. Each key keeps the bytes it came as, so that
 * readline can be given them unchanged. */
#ifndef SCREEN_KEYS_H
#define SCREEN_KEYS_H

#include <stdbool.h>
#include <stddef.h>

enum key_id {
    K_CHAR, /* cp; control characters are characters too: ^C is 3 */
    K_ESC,
    K_UP,
    K_DOWN,
    K_LEFT,
    K_RIGHT,
    K_HOME,
    K_END,
    K_INSERT,
    K_DELETE,
    K_PGUP,
    K_PGDN,
    K_BACKTAB,
    K_F1, /* ... K_F1 + 11 is F12 */
    K_F12 = K_F1 + 11,
    K_PASTE,   /* raw is the pasted text, without the brackets */
    K_UNKNOWN, /* a whole sequence that means nothing to us: answers of the terminal, broken UTF-8 */
};
enum key_mod { K_SHIFT = 1, K_ALT = 2, K_CTRL = 4 };

struct key {
    enum key_id id;
    unsigned mods;   /* enum key_mod */
    unsigned cp;     /* K_CHAR */
    const char *raw; /* valid until the next keys_* call */
    size_t n;
};

#define KEYS_ESCAPE_MS 30      /* a lone ESC is the key after that long */
#define KEYS_PASTE_MS  2000    /* a paste whose end never comes ends after that long without bytes */
#define KEYS_PASTE_MAX 1048576 /* bytes of one paste that are kept */

struct keys;
struct keys *keys_new(void);
void keys_free(struct keys *k);

void keys_learn(struct keys *k, const char *sequence, enum key_id id); /* from terminfo; at most 16 */
void keys_feed(struct keys *k, const char *bytes, size_t n);
bool keys_next(struct keys *k, struct key *out); /* false: no whole key is there */

/* Milliseconds without further bytes after which keys_expire() makes keys of the unfinished rest; -1: nothing waits. */
int keys_patience(const struct keys *k);
void keys_expire(struct keys *k);

/* "C-g", "^G" or "C-\": the control character meant, or -1. And its name back, in buf. */
int keys_parse_control(const char *name);
const char *keys_control_name(int c, char buf[8]);

#endif
