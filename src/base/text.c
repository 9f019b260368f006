/* Foreign text made safe. The rule of text_sanitise: what comes out is valid UTF-8 without anything a terminal acts on.
 */
#include "base/text.h"
#include "base/mem.h"
#include <ctype.h>
#include <string.h>
#include <strings.h>
#include <wchar.h>

size_t text_cut(const char *s, size_t len, size_t max)
{
    if (len <= max)
        return len;
    while (max && ((unsigned char)s[max] & 0xc0) == 0x80)
        max--;
    return max;
}

void text_copy(char *dst, size_t size, const char *src)
{
    autostr struct str safe = {0};
    text_sanitise(&safe, src, strlen(src), TEXT_LINE);
    size_t n = text_cut(str_c(&safe), safe.len, size - 1);
    memcpy(dst, str_c(&safe), n);
    dst[n] = '\0';
}

int text_decode(const char *s, size_t n, unsigned *cp)
{
    const unsigned char *u = (const unsigned char *)s;
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    int len = u[0] < 0x80 ? 1 : u[0] < 0xc2 ? 0 : u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : u[0] < 0xf5 ? 4 : 0;
    *cp = 0xfffd;
    if (!len || (size_t)len > n)
        return 1;
    if (len == 1) {
        *cp = u[0];
        return 1;
    }
    unsigned v = u[0] & (0x7fu >> len);
    for (int i = 1; i < len; i++) {
        if ((u[i] & 0xc0) != 0x80)
            return 1;
        v = v << 6 | (u[i] & 0x3f);
    }
    if (v < least[len] || v > 0x10ffff || (v >= 0xd800 && v < 0xe000))
        return 1;
    *cp = v;
    return len;
}

void text_encode(struct str *out, unsigned cp)
{
    if (cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000))
        cp = 0xfffd;
    if (cp < 0x80) {
        str_addc(out, (char)cp);
        return;
    }
    int more = cp < 0x800 ? 1 : cp < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
    str_addc(out, (char)(lead[more] | cp >> 6 * more));
    while (more--)
        str_addc(out, (char)(0x80 | (cp >> 6 * more & 0x3f)));
}

/* They let a process name lie about itself. */
bool text_is_format(unsigned cp)
{
    return cp == 0xad || (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) ||
           (cp >= 0x2060 && cp <= 0x206f) || cp == 0xfeff || (cp >= 0xfff9 && cp <= 0xfffb) ||
           (cp >= 0xe0000 && cp <= 0xe0fff) || cp == 0x61c || cp == 0x180e;
}

/* Looks like whatever the font's maker liked. */
static bool text_is_private(unsigned cp)
{
    return cp >= 0xe000 && cp <= 0xf8ff;
}

/* Length of the escape sequence at s (ESC or a C1 introducer already recognised at s[0]): CSI, OSC/DCS/APC/PM/SOS
 * strings up to BEL or ST, and two-byte escapes. An unfinished sequence takes the rest. */
static size_t text_escape_length(const char *s, size_t n)
{
    if (n < 2)
        return n;
    size_t i = 2;
    switch (s[1]) {
    case '[':
        while (i < n && (unsigned char)s[i] >= 0x20 && (unsigned char)s[i] < 0x40)
            i++;
        return i < n && (unsigned char)s[i] >= 0x40 && (unsigned char)s[i] < 0x7f ? i + 1 : i;
    case ']':
    case 'P':
    case '_':
    case '^':
    case 'X':
        for (; i < n; i++) {
            if (s[i] == '\a')
                return i + 1;
            if (s[i] == '\033')
                return i + 1 < n && s[i + 1] == '\\' ? i + 2 : i;
            if (s[i] == '\n') /* an unfinished string must not swallow the lines after it */
                return i;
        }
        return n;
    case ' ':
    case '#':
    case '%':
    case '(':
    case ')':
    case '*':
    case '+':
        return n < 3 ? n : 3;
    default:
        return (unsigned char)s[1] < 0x20 ? 1 : 2;
    }
}

static void text_tab(struct str *out)
{
    size_t at = out->len;
    while (at && out->s[at - 1] != '\n')
        at--;
    int column = text_width(str_c(out) + at);
    do
        str_addc(out, ' ');
    while (++column % 8);
}

/* One control character of a block; returns the bytes consumed. */
static size_t text_block_control(struct str *out, const char *s, size_t n)
{
    if (s[0] == '\033')
        return text_escape_length(s, n);
    if (s[0] == '\n' || (s[0] == '\r' && (n < 2 || s[1] != '\n')))
        str_addc(out, '\n');
    else if (s[0] == '\t')
        text_tab(out);
    else if (s[0] == '\b' && out->len && out->s[out->len - 1] != '\n') {
        size_t at = out->len - 1;
        while (at && ((unsigned char)out->s[at] & 0xc0) == 0x80)
            at--;
        str_cut(out, at);
    }
    return 1;
}

static void text_line_control(struct str *out, unsigned char c)
{
    switch (c) {
    case '\n':
        str_add(out, "\\n");
        break;
    case '\t':
        str_add(out, "\\t");
        break;
    case '\r':
        str_add(out, "\\r");
        break;
    default:
        str_addf(out, "\\%03o", c);
    }
}

void text_sanitise(struct str *out, const char *s, size_t n, enum text_safe how)
{
    str_addn(out, "", 0);
    while (n) {
        unsigned char c = (unsigned char)*s;
        size_t used = 1;
        if (c >= 0x20 && c < 0x7f) {
            str_addc(out, *s);
        } else if (c < 0x20 || c == 0x7f) {
            if (how == TEXT_BLOCK)
                used = text_block_control(out, s, n);
            else
                text_line_control(out, c);
        } else {
            unsigned cp;
            used = (size_t)text_decode(s, n, &cp);
            if (cp >= 0x80 && cp < 0xa0) { /* C1 written as UTF-8: a terminal may act on it */
                if (how == TEXT_LINE)
                    str_addf(out, "\\%03o", cp);
            } else if ((cp == 0xfffd && used == 1) || text_is_format(cp) || text_is_private(cp)) {
                str_addc(out, '?');
            } else {
                str_addn(out, s, used);
            }
        }
        s += used;
        n -= used;
    }
}

int text_cp_width(unsigned cp)
{
    if (cp < 0x7f)
        return cp >= 0x20;
    int w = wcwidth((wchar_t)cp);
    return w < 0 ? 1 : w;
}

int text_width(const char *s)
{
    int width = 0;
    for (size_t n = strlen(s); n;) {
        unsigned cp;
        int used = text_decode(s, n, &cp);
        width += text_cp_width(cp);
        s += used;
        n -= (size_t)used;
    }
    return width;
}

size_t text_fit(const char *s, int columns)
{
    size_t n = strlen(s), at = 0;
    while (at < n) {
        unsigned cp;
        int used = text_decode(s + at, n - at, &cp);
        columns -= text_cp_width(cp);
        if (columns < 0)
            break;
        at += (size_t)used;
    }
    return at;
}

/* Wraps one line of n bytes. */
static void text_wrap_line(struct str *out, const char *s, size_t n, int columns, const char *indent)
{
    int room = columns;
    while (n) {
        autofree char *line = xstrndup(s, n);
        size_t fit = text_fit(line, room > 4 ? room : 4);
        if (fit < n) {
            size_t cut = fit;
            while (cut && s[cut] != ' ')
                cut--;
            if (cut && strspn(s, " ") < cut)
                fit = cut;
            if (!fit)
                fit = 1;
        }
        size_t end = fit;
        while (end && fit < n && s[end - 1] == ' ')
            end--;
        str_addn(out, s, end);
        while (fit < n && s[fit] == ' ')
            fit++;
        s += fit;
        n -= fit;
        if (n) {
            str_addc(out, '\n');
            str_add(out, indent);
            room = columns - text_width(indent);
        }
    }
}

void text_wrap(struct str *out, const char *s, int columns, const char *indent)
{
    for (;;) {
        size_t n = strcspn(s, "\n");
        text_wrap_line(out, s, n, columns, indent);
        if (!s[n])
            return;
        str_addc(out, '\n');
        s += n + 1;
    }
}

/* Damerau-Levenshtein, case folded. */
static int text_distance(const char *a, const char *b)
{
    enum { MAX = 64 };
    int la = (int)strnlen(a, MAX), lb = (int)strnlen(b, MAX);
    int d[3][MAX + 1];
    for (int j = 0; j <= lb; j++)
        d[0][j] = j;
    for (int i = 1; i <= la; i++) {
        int *row = d[i % 3], *up = d[(i + 2) % 3], *up2 = d[(i + 1) % 3];
        row[0] = i;
        for (int j = 1; j <= lb; j++) {
            int ca = tolower((unsigned char)a[i - 1]), cb = tolower((unsigned char)b[j - 1]);
            int best = up[j - 1] + (ca != cb);
            if (up[j] + 1 < best)
                best = up[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            if (i > 1 && j > 1 && ca == tolower((unsigned char)b[j - 2]) && cb == tolower((unsigned char)a[i - 2]) &&
                up2[j - 2] + 1 < best)
                best = up2[j - 2] + 1;
            row[j] = best;
        }
    }
    return d[la % 3][lb];
}

const char *text_nearest(const char *word, const char *const *names)
{
    const char *best = NULL;
    int best_distance = (int)strlen(word) / 3 + 1;
    for (; *names; names++) {
        int distance = text_distance(word, *names);
        if (distance < best_distance || (!best && distance == best_distance)) {
            best = *names;
            best_distance = distance;
        }
    }
    return best;
}

bool text_has_prefix(const char *s, const char *prefix)
{
    return !strncmp(s, prefix, strlen(prefix));
}

char *text_trim(char *s)
{
    while (isspace((unsigned char)*s))
        s++;
    char *end = s + strlen(s);
    while (end > s && isspace((unsigned char)end[-1]))
        *--end = '\0';
    return s;
}
