/* What makes a line of strace's and a line of porthole's the same text.
 *
 * Where porthole prints differently on purpose, strace's text is put into porthole's words: names of wait4's options,
 * capability sets, the capability header. Both lose what the other does not tell: an argument of mount() that the
 * kernel ignores is an address to strace and a text to porthole; rusage is decoded by strace alone; what is behind a
 * pointer that was not written to, by none. Addresses and random parts of file names differ from run to run. */
#include "oracle_text.h"
#include "base/mem.h"
#include "call/table.h"
#include "support.h"
#include <ctype.h>
#include <string.h>

void oracle_replace(struct str *s, const char *from, const char *to)
{
    autofree char *old = str_steal(s);
    const char *p = old, *at;
    for (; p && (at = strstr(p, from)); p = at + strlen(from)) {
        str_addn(s, p, (size_t)(at - p));
        str_add(s, to);
    }
    str_add(s, p ? p : "");
}

/* Replaces what lies from `from` on up to and with `end`, everywhere. */
static void oracle_replace_span(struct str *s, const char *from, const char *end, const char *to)
{
    autofree char *old = str_steal(s);
    const char *p = old, *at;
    while ((at = strstr(p, from))) {
        const char *stop = strstr(at + strlen(from), end);
        if (!stop)
            break;
        str_addn(s, p, (size_t)(at - p));
        str_add(s, to);
        p = stop + strlen(end);
    }
    str_add(s, p);
}

/* "1<<CAP_CHOWN|1<<CAP_KILL" in strace's structure becomes what our printer makes of the same set. */
static void oracle_capabilities(struct str *line)
{
    autofree char *old = str_steal(line);
    const char *p = old;
    while (*p) {
        size_t before = strcspn(p, "1");
        str_addn(line, p, before);
        p += before;
        if (strncmp(p, "1<<CAP_", 7) != 0) {
            if (*p)
                str_addc(line, *p++);
            continue;
        }
        uint64_t set = 0;
        while (!strncmp(p, "1<<CAP_", 7)) {
            size_t n = strcspn(p + 3, "|,}");
            const struct call_const *k = family_find(&family_cap, p + 3, n);
            assert_non_null(k);
            set |= 1ull << k->value;
            p += 3 + n;
            p += *p == '|';
        }
        family_print(line, &family_capset, set);
    }
}

static void oracle_addresses(struct str *line)
{
    autofree char *old = str_steal(line);
    bool quoted = false;
    for (const char *p = old; *p;) {
        if (*p == '"' && (p == old || p[-1] != '\\'))
            quoted = !quoted;
        size_t n = !quoted && !strncmp(p, "0x", 2) ? 2 + strspn(p + 2, "0123456789abcdef") : 0;
        if (n > 7) { /* flags without names are shorter */
            str_add(line, "ADDRESS");
            p += n;
        } else {
            str_addc(line, *p++);
        }
    }
}

/* The end of the argument at p: its comma, or the parenthesis. */
static const char *oracle_argument_end(const char *p)
{
    bool quoted = false;
    for (; *p; p++) {
        if (*p == '"' && p[-1] != '\\')
            quoted = !quoted;
        if (!quoted && (*p == ',' || *p == ')'))
            break;
    }
    return p;
}

/* mount(2) looks at type only for a new file system, and at data only for that and for MS_REMOUNT. */
static void oracle_mount(struct str *line)
{
    if (strncmp(str_c(line), "mount(", 6) != 0)
        return;
    autofree char *old = str_steal(line);
    const char *start[6] = {old + 6};
    for (int i = 1; i < 6; i++) {
        start[i] = oracle_argument_end(start[i - 1]);
        start[i] += *start[i] == ',';
    }
    autofree char *flags = xasprintf("%.*s", (int)(start[4] - start[3]), start[3]);
    bool fresh = !strstr(flags, "MS_BIND") && !strstr(flags, "MS_REMOUNT") && !strstr(flags, "MS_MOVE") &&
                 !strstr(flags, "MS_PRIVATE") && !strstr(flags, "MS_SLAVE") && !strstr(flags, "MS_SHARED");
    bool data = fresh || strstr(flags, "MS_REMOUNT");
    str_add(line, "mount(");
    for (int i = 0; i < 5; i++) {
        bool ignored = (i == 2 && !fresh) || (i == 4 && !data);
        if (ignored && strncmp(start[i], " NULL", 5) != 0)
            str_add(line, i == 4 ? " IGNORED" : " IGNORED,");
        else
            str_addn(line, start[i], (size_t)(start[i + 1] - start[i]));
    }
    str_add(line, start[5]);
}

/* Names that mkostemp(3) ends, "/tmp/crun.Qzj5nh", get one ending. */
static void oracle_random_names(struct str *line)
{
    static const char *const before[] = {"/crun.", "/runc."};
    for (size_t i = 0; i < COUNT(before); i++)
        for (char *p = line->s; p && (p = strstr(p, before[i]));) {
            p += strlen(before[i]);
            size_t n = 0;
            while (isalnum((unsigned char)p[n]))
                n++;
            if (n == 6 && p[n] == '"')
                memcpy(p, "RANDOM", 6);
        }
}

void oracle_normalise(struct str *line)
{
    static const struct {
        const char *from, *to;
    } words[] = {{"WSTOPPED", "WUNTRACED"},
                 {"capset({version=_LINUX_CAPABILITY_VERSION_3, pid=", "capset("},
                 {"}, {effective", ", {effective"},
                 {" <unfinished ...>) = ?", ") = ?"},
                 {" <unfinished ...>", ") = ?"}};
    oracle_replace_span(line, " /* ", " in strace's PID NS */", "");
    for (size_t i = 0; i < COUNT(words); i++)
        oracle_replace(line, words[i].from, words[i].to);
    oracle_capabilities(line);
    oracle_replace_span(line, "{ru_utime=", "...}", "ADDRESS");
    if (!strncmp(str_c(line), "prctl(PR_SET_NAME", 17)) /* strace says so of 15 letters; the kernel keeps 15 */
        oracle_replace(line, "\"...)", "\")");
    if (!strncmp(str_c(line), "prctl(PR_GET_SECCOMP", 20)) { /* porthole's own filter, which strace may lack */
        str_cut(line, strcspn(line->s, "="));
        str_add(line, "= FILTER");
    }
    oracle_addresses(line);
    oracle_replace(line, " => {parent_tid=[", ", tid=["); /* what clone3 wrote */
    oracle_replace_span(line, ", tid=[", "]}", "}");
    oracle_replace_span(line, "parent_tid=[", "]", "parent_tid=ADDRESS");
    oracle_mount(line);
    oracle_random_names(line);
}
