/* The tokenizer.
 *
 * Bytes wait in one buffer. keys_next() tries to cut a whole key off its front; when the front is the beginning of
 * something longer it says no, and the caller comes back with more bytes or, after keys_patience(), with keys_expire().
 * Expiring means: from now on what looks unfinished is taken as it is, until the buffer is empty.
 *
 *     ESC              K_ESC, but only after 30 ms of silence
 *     ESC c            Alt-c
 *     ESC [ params x   CSI: arrows, editing keys, answers of the terminal
 *     ESC [ [ A        function keys of the Linux console
 *     ESC O x          SS3: arrows in application mode, F1-F4
 *     ESC ESC [ ...    Alt with a CSI key (rxvt)
 *     ESC [ 200 ~      everything up to ESC [ 201 ~ is one paste */
#include "screen/keys.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/text.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define KEYS_SEQUENCE_MAX 64
#define KEYS_PASTE_END    "\033[201~"

struct keys {
    struct str in;
    struct str raw; /* of the key handed out last */
    struct str paste;
    bool expired, pasting;
    struct {
        char bytes[16];
        size_t n;
        enum key_id id;
    } learnt[16];
    size_t nlearnt;
};

struct keys *keys_new(void)
{
    return xcalloc(1, sizeof(struct keys));
}

void keys_free(struct keys *k)
{
    if (!k)
        return;
    str_free(&k->in);
    str_free(&k->raw);
    str_free(&k->paste);
    free(k);
}

void keys_learn(struct keys *k, const char *sequence, enum key_id id)
{
    size_t n = strlen(sequence);
    if (k->nlearnt == COUNT(k->learnt) || n < 2 || n >= sizeof k->learnt[0].bytes || sequence[0] != '\033')
        return;
    memcpy(k->learnt[k->nlearnt].bytes, sequence, n + 1);
    k->learnt[k->nlearnt].n = n;
    k->learnt[k->nlearnt++].id = id;
}

void keys_feed(struct keys *k, const char *bytes, size_t n)
{
    str_addn(&k->in, bytes, n);
    k->expired = false;
}

int keys_patience(const struct keys *k)
{
    return k->pasting ? KEYS_PASTE_MS : k->in.len ? KEYS_ESCAPE_MS : -1;
}

void keys_expire(struct keys *k)
{
    k->expired = true;
}

static const struct {
    char final;
    enum key_id id;
} keys_finals[] = {
    {'A', K_UP},  {'B', K_DOWN},   {'C', K_RIGHT},  {'D', K_LEFT},   {'H', K_HOME},
    {'F', K_END}, {'a', K_UP},     {'b', K_DOWN},   {'c', K_RIGHT},  {'d', K_LEFT},
    {'P', K_F1},  {'Q', K_F1 + 1}, {'R', K_F1 + 2}, {'S', K_F1 + 3}, {'Z', K_BACKTAB},
};

static const struct {
    int number;
    enum key_id id;
} keys_tildes[] = {
    {1, K_HOME},    {2, K_INSERT},  {3, K_DELETE},  {4, K_END},     {5, K_PGUP},     {6, K_PGDN},     {7, K_HOME},
    {8, K_END},     {11, K_F1},     {12, K_F1 + 1}, {13, K_F1 + 2}, {14, K_F1 + 3},  {15, K_F1 + 4},  {17, K_F1 + 5},
    {18, K_F1 + 6}, {19, K_F1 + 7}, {20, K_F1 + 8}, {21, K_F1 + 9}, {23, K_F1 + 10}, {24, K_F1 + 11},
};

static enum key_id keys_by_final(char final)
{
    for (size_t i = 0; i < COUNT(keys_finals); i++)
        if (keys_finals[i].final == final)
            return keys_finals[i].id;
    return K_UNKNOWN;
}

static enum key_id keys_by_number(int number)
{
    for (size_t i = 0; i < COUNT(keys_tildes); i++)
        if (keys_tildes[i].number == number)
            return keys_tildes[i].id;
    return K_UNKNOWN;
}

/* Meaning of a whole CSI or SS3 sequence whose parameters are at s[0..n), final byte after them. */
static void keys_decode(struct key *key, const char *s, size_t n, char final)
{
    int param[2] = {0, 0}, at = 0;
    for (size_t i = 0; i < n; i++) {
        if (isdigit((unsigned char)s[i])) {
            if (param[at] < 10000)
                param[at] = param[at] * 10 + (s[i] - '0');
        } else if (s[i] == ';' && at == 0) {
            at = 1;
        } else { /* private markers, intermediates: an answer of the terminal, no key */
            key->id = K_UNKNOWN;
            return;
        }
    }
    key->id = final == '~' || final == '$' || final == '^' ? keys_by_number(param[0]) : keys_by_final(final);
    if (final == 'R' && param[1] && param[0] > 1) /* a cursor position report, not Shift-F3 */
        key->id = K_UNKNOWN;
    if (param[1] > 1 && param[1] <= 8)
        key->mods |= (unsigned)(param[1] - 1);
    if (final >= 'a' && final <= 'd')
        key->mods |= K_SHIFT;
    if (final == '^')
        key->mods |= K_CTRL;
}

/* Length of the sequence at s, 0 when it is unfinished. Fills key's id and mods. */
static size_t keys_csi(struct key *key, const char *s, size_t n)
{
    if (n > 2 && s[2] == '[') { /* Linux console: ESC [ [ A .. E */
        if (n < 4)
            return 0;
        key->id = s[3] >= 'A' && s[3] <= 'E' ? K_F1 + (enum key_id)(s[3] - 'A') : K_UNKNOWN;
        return 4;
    }
    size_t i = 2;
    while (i < n && i < KEYS_SEQUENCE_MAX && s[i] >= 0x20 && s[i] < 0x40 && s[i] != '$')
        i++;
    if (i == n && i < KEYS_SEQUENCE_MAX)
        return 0;
    if (i < n && (s[i] == '$' || (s[i] >= 0x40 && s[i] < 0x7f))) {
        keys_decode(key, s + 2, i - 2, s[i]);
        return i + 1;
    }
    key->id = K_UNKNOWN; /* broken off by a control character, or endless */
    return i;
}

static size_t keys_ss3(struct key *key, const char *s, size_t n)
{
    size_t i = 2;
    while (i < n && i < 6 && isdigit((unsigned char)s[i]))
        i++;
    if (i == n)
        return 0;
    keys_decode(key, s + 2, i - 2, s[i]);
    return i + 1;
}

static size_t keys_osc(struct key *key, const char *s, size_t n)
{
    key->id = K_UNKNOWN;
    for (size_t i = 2; i < n && i < 4096; i++) {
        if (s[i] == '\a')
            return i + 1;
        if (s[i] == '\033' && i + 1 < n)
            return s[i + 1] == '\\' ? i + 2 : i;
    }
    return n < 4096 ? 0 : n;
}

/* One character at s; 0 when its UTF-8 is unfinished. */
static size_t keys_char(struct key *key, const char *s, size_t n, bool expired)
{
    unsigned char c = (unsigned char)*s;
    size_t want = c < 0xc2 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 1;
    size_t have = 1;
    while (have < n && have < want && ((unsigned char)s[have] & 0xc0) == 0x80)
        have++;
    if (have == n && have < want && !expired)
        return 0;
    key->id = K_CHAR;
    int used = text_decode(s, n, &key->cp);
    if (c >= 0x80 && used == 1) {
        key->id = K_UNKNOWN;
        key->cp = 0;
        return have;
    }
    return (size_t)used;
}

static bool keys_find_learnt(const struct keys *k, struct key *key, size_t *used)
{
    for (size_t i = 0; i < k->nlearnt; i++)
        if (k->in.len >= k->learnt[i].n && !memcmp(k->in.s, k->learnt[i].bytes, k->learnt[i].n)) {
            key->id = k->learnt[i].id;
            *used = k->learnt[i].n;
            return true;
        }
    return false;
}

/* A key that starts with ESC; 0 when unfinished. */
static size_t keys_escape(struct keys *k, struct key *key)
{
    const char *s = k->in.s;
    size_t n = k->in.len, used = 0;
    if (keys_find_learnt(k, key, &used))
        return used;
    bool twice = n > 2 && s[1] == '\033' && (s[2] == '[' || s[2] == 'O');
    size_t skip = twice ? 1 : 0;
    if (n - skip >= 2) {
        const char *t = s + skip;
        if (t[1] == '[')
            used = keys_csi(key, t, n - skip);
        else if (t[1] == 'O')
            used = keys_ss3(key, t, n - skip);
        else if (t[1] == ']' && n > 2 && isdigit((unsigned char)t[2]))
            used = keys_osc(key, t, n);
        else if (t[1] == '\033') {
            if (n > 2 || k->expired) {
                key->id = K_ESC;
                return 1;
            }
            return 0;
        } else {
            size_t c = keys_char(key, t + 1, n - 1, k->expired);
            used = c ? c + 1 : 0;
            key->mods |= K_ALT;
        }
    }
    if (used) {
        if (twice)
            key->mods |= K_ALT;
        return used + skip;
    }
    if (!k->expired)
        return 0;
    *key = (struct key){.id = K_ESC};
    if (n == 2 || (n > 2 && s[1] == 'O')) { /* Alt-[ and Alt-O, typed by a person */
        *key = (struct key){.id = K_CHAR, .mods = K_ALT, .cp = (unsigned char)s[1]};
        return 2;
    }
    if (n > 2) {
        key->id = K_UNKNOWN;
        return n;
    }
    return 1;
}

static void keys_eat(struct keys *k, size_t n)
{
    memmove(k->in.s, k->in.s + n, k->in.len - n);
    str_cut(&k->in, k->in.len - n);
}

/* Inside a paste: collects up to the end bracket. true when the paste is whole. */
static bool keys_collect(struct keys *k)
{
    const size_t end = strlen(KEYS_PASTE_END);
    const char *at = k->in.len ? memmem(k->in.s, k->in.len, KEYS_PASTE_END, end) : NULL;
    size_t take = at ? (size_t)(at - k->in.s) : k->expired ? k->in.len : k->in.len >= end ? k->in.len - end + 1 : 0;
    size_t room = KEYS_PASTE_MAX > k->paste.len ? KEYS_PASTE_MAX - k->paste.len : 0;
    if (take)
        str_addn(&k->paste, k->in.s, take < room ? take : room);
    if (take || at)
        keys_eat(k, take + (at ? end : 0));
    return at || k->expired;
}

static bool keys_next_paste(struct keys *k, struct key *out)
{
    if (!keys_collect(k))
        return false;
    k->pasting = false;
    str_cut(&k->raw, 0);
    str_addn(&k->raw, str_c(&k->paste), k->paste.len);
    str_cut(&k->paste, 0);
    *out = (struct key){.id = K_PASTE, .raw = str_c(&k->raw), .n = k->raw.len};
    return true;
}

bool keys_next(struct keys *k, struct key *out)
{
    if (k->pasting)
        return keys_next_paste(k, out);
    if (!k->in.len)
        return false;
    *out = (struct key){0};
    size_t used = *k->in.s == '\033' ? keys_escape(k, out) : keys_char(out, k->in.s, k->in.len, k->expired);
    if (!used)
        return false;
    str_cut(&k->raw, 0);
    str_addn(&k->raw, k->in.s, used);
    keys_eat(k, used);
    if (k->raw.len == 6 && !memcmp(k->raw.s, "\033[200~", 6)) {
        k->pasting = true;
        return keys_next_paste(k, out);
    }
    out->raw = str_c(&k->raw);
    out->n = k->raw.len;
    return true;
}

int keys_parse_control(const char *name)
{
    if (!name)
        return -1;
    if (!strncasecmp(name, "C-", 2))
        name += 2;
    else if (*name == '^')
        name++;
    else
        return -1;
    int c = toupper((unsigned char)*name);
    bool fits = c >= '@' && c <= '_' && c != '[' && name[1] == '\0'; /* ^[ is ESC: it begins every other key */
    return fits ? c & 0x1f : -1;
}

const char *keys_control_name(int c, char buf[8])
{
    buf[0] = 'C';
    buf[1] = '-';
    buf[2] = (char)tolower((c & 0x1f) | 0x40);
    buf[3] = '\0';
    return buf;
}
