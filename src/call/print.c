/* A call as strace prints it. */
#include "base/mem.h"
#include "base/text.h"
#include "call/errnoname.h"
#include "call/table.h"
#include <ctype.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/prctl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#define PRINT_TEXT_MAX 256 /* bytes of a string before it is cut with "..." */

void call_print_text(struct str *out, const char *s, size_t n)
{
    static const char from[] = "\a\b\f\n\r\t\v\"\\", to[] = "abfnrtv\"\\";
    size_t shown = n < PRINT_TEXT_MAX ? n : PRINT_TEXT_MAX;
    str_addc(out, '"');
    for (size_t i = 0; i < shown; i++) {
        unsigned char c = (unsigned char)s[i];
        const char *hit = c ? strchr(from, c) : NULL;
        unsigned cp;
        if (hit)
            str_addf(out, "\\%c", to[hit - from]);
        else if (c >= 0x20 && c < 0x7f)
            str_addc(out, (char)c);
        else if (c >= 0x80 && text_decode(s + i, n - i, &cp) > 1 && text_cp_width(cp) > 0 && cp >= 0xa0) {
            autostr struct str safe = {0}; /* letters of the learner's own language stay legible */
            size_t used = (size_t)text_decode(s + i, n - i, &cp);
            text_sanitise(&safe, s + i, used, TEXT_LINE);
            str_add(out, str_c(&safe));
            i += used - 1;
        } else if (i + 1 < n && s[i + 1] >= '0' && s[i + 1] <= '7')
            str_addf(out, "\\%03o", c);
        else
            str_addf(out, "\\%o", c);
    }
    str_add(out, n > shown ? "\"..." : "\"");
}

static void print_list(struct str *out, const struct value *v)
{
    str_addc(out, '[');
    for (size_t i = 0; i < v->n; i++) {
        str_add(out, i ? ", " : "");
        if (v->list[i].kind == VALUE_TEXT)
            call_print_text(out, v->list[i].text, v->list[i].len);
        else
            str_addf(out, "%lld", (long long)v->list[i].number);
    }
    str_addc(out, ']');
}

static void print_environment(struct str *out, const struct call *c)
{
    size_t n = 0;
    while (c->environment && c->environment[n])
        n++;
    str_addf(out, "envp /* %zu vars */", n);
}

static void print_mode(struct str *out, const struct family *f, uint64_t mode)
{
    if (f && (mode & S_IFMT)) {
        family_print(out, f, mode & S_IFMT);
        str_addc(out, '|');
        mode &= ~(uint64_t)S_IFMT;
    }
    str_addf(out, "%#03llo", (unsigned long long)mode);
}

/* A capability set: the few names, or the mask with what it lacks. */
static void print_caps(struct str *out, uint64_t set)
{
    uint64_t all = 0;
    for (const struct constant *k = family_cap.v; k->name; k++)
        all |= 1ull << k->value;
    bool most = __builtin_popcountll(set & all) > 12;
    uint64_t name = most ? all & ~set : set;
    const char *join = "";
    if (most)
        str_addf(out, "%#llx /* all%s", (unsigned long long)set, name ? " but " : "");
    else if (!set)
        str_addc(out, '0');
    for (const struct constant *k = family_cap.v; k->name; k++)
        if (name >> k->value & 1) {
            str_addf(out, "%s%s", join, k->name);
            join = most ? ", " : "|";
        }
    if (most)
        str_add(out, " */");
}

static void print_cap_sets(struct str *out, const uint64_t sets[3])
{
    static const char *const names[] = {"{effective=", ", permitted=", ", inheritable="};
    for (int i = 0; i < 3; i++) {
        str_add(out, names[i]);
        print_caps(out, sets[i]);
    }
    str_addc(out, '}');
}

/* ---- what the kernel filled in ---- */

static const void *print_filled(const struct call_image *im, int i, size_t need)
{
    bool there = im && im->ret >= 0 && (im->ptr >> i & 1) && im->arg[i] + need <= im->len;
    return there ? im->arena + im->arg[i] : NULL;
}

static void print_status(struct str *out, int status)
{
    if (WIFEXITED(status))
        str_addf(out, "[{WIFEXITED(s) && WEXITSTATUS(s) == %d}]", WEXITSTATUS(status));
    else if (WIFSIGNALED(status)) {
        const char *name = signal_name(WTERMSIG(status));
        str_addf(out, "[{WIFSIGNALED(s) && WTERMSIG(s) == %s%s}]", name ? name : "?",
                 WCOREDUMP(status) ? " && WCOREDUMP(s)" : "");
    } else if (WIFSTOPPED(status)) {
        const char *name = signal_name(WSTOPSIG(status));
        str_addf(out, "[{WIFSTOPPED(s) && WSTOPSIG(s) == %s}]", name ? name : "?");
    } else
        str_add(out, "[{WIFCONTINUED(s)}]");
}

static void print_uts(struct str *out, const struct utsname *u, bool name_only)
{
    if (name_only) {
        call_print_text(out, u->nodename, strnlen(u->nodename, sizeof u->nodename));
        return;
    }
    const char *const part[] = {u->sysname, u->nodename, u->release, u->machine};
    static const char *const name[] = {"{sysname=", ", nodename=", ", release=", ", machine="};
    for (size_t i = 0; i < COUNT(part); i++) {
        str_add(out, name[i]);
        call_print_text(out, part[i], strnlen(part[i], sizeof u->nodename));
    }
    str_addc(out, '}');
}

static void print_buffer(struct str *out, const struct call *c, const struct call_image *im, const char *bytes)
{
    size_t n = (size_t)im->ret;
    if (!strcmp(c->entry->row.name, "getcwd"))
        n = n ? n - 1 : 0; /* the kernel counts the NUL */
    call_print_text(out, bytes, n);
}

static void print_capget(struct str *out, const struct __user_cap_data_struct *d)
{
    const uint64_t sets[3] = {d[0].effective | (uint64_t)d[1].effective << 32,
                              d[0].permitted | (uint64_t)d[1].permitted << 32,
                              d[0].inheritable | (uint64_t)d[1].inheritable << 32};
    print_cap_sets(out, sets);
}

/* An argument that the kernel fills: its content when there is one, else its name. */
static void print_out(struct str *out, const struct call *c, const struct call_image *im, int i)
{
    const struct arg_spec *a = &c->entry->arg[i];
    const void *p = NULL;
    if (c->arg[i].kind == VALUE_NULL)
        str_add(out, "NULL");
    else if (a->kind == ARG_STATUS && im && im->ret > 0 && (p = print_filled(im, i, sizeof(int)))) {
        int status;
        memcpy(&status, p, sizeof status);
        print_status(out, status);
    } else if (a->kind == ARG_UTS && (p = print_filled(im, i, sizeof(struct utsname))))
        print_uts(out, p, !strcmp(c->entry->row.name, "gethostname"));
    else if (a->kind == ARG_BUFFER && im && (p = print_filled(im, i, (size_t)(im->ret > 0 ? im->ret : 0))))
        print_buffer(out, c, im, p);
    else if (a->kind == ARG_CAPS_OUT && (p = print_filled(im, i, 2 * sizeof(struct __user_cap_data_struct))))
        print_capget(out, p);
    else
        str_add(out, a->name);
}

/* ---- one argument ---- */

/* prctl(2): the option decides what the second argument is. */
static const struct family *print_family(const struct call *c, int i)
{
    if (strcmp(c->entry->row.name, "prctl") || i == 0)
        return c->entry->arg[i].family;
    switch (call_arg_num(c, 0)) {
    case PR_SET_PDEATHSIG:
        return &family_signal;
    case PR_CAPBSET_READ:
    case PR_CAPBSET_DROP:
        return &family_cap;
    case PR_CAP_AMBIENT:
        return i == 1 ? &family_prctl_value : &family_cap;
    default:
        return NULL;
    }
}

static int64_t print_size(const struct call *c, int i)
{
    if (c->arg[i].kind == VALUE_NUMBER)
        return c->arg[i].number;
    int64_t absent = c->entry->arg[i].absent;
    return absent >= 0 ? absent : (int64_t)c->arg[i - 1].len;
}

static void print_number(struct str *out, const struct call *c, int i)
{
    const struct family *f = print_family(c, i);
    int64_t n = call_arg_num(c, i);
    if (f)
        family_print(out, f, (uint64_t)n);
    else
        str_addf(out, "%lld", (long long)n);
}

static void print_argument(struct str *out, const struct call *c, const struct call_image *im, int i)
{
    const struct value *v = &c->arg[i];
    const struct arg_spec *a = &c->entry->arg[i];
    switch (a->kind) {
    case ARG_BUFFER:
    case ARG_STATUS:
    case ARG_UTS:
    case ARG_CAPS_OUT:
        print_out(out, c, im, i);
        break;
    case ARG_CAPS:
        print_cap_sets(out, v->caps);
        break;
    case ARG_SIZE:
        str_addf(out, "%lld", (long long)print_size(c, i));
        break;
    case ARG_COUNT:
        str_addf(out, "%lld", v->kind == VALUE_NUMBER ? (long long)v->number : (long long)c->arg[i + 1].n);
        break;
    case ARG_MODE:
        print_mode(out, a->family, (uint64_t)call_arg_num(c, i));
        break;
    case ARG_DEV:
        str_addf(out, "makedev(%#x, %#x)", major((dev_t)call_arg_num(c, i)), minor((dev_t)call_arg_num(c, i)));
        break;
    case ARG_LIST:
        if (v->kind == VALUE_ABSENT && i == 1) {
            str_addc(out, '[');
            call_print_text(out, c->arg[0].text ? c->arg[0].text : "", c->arg[0].len);
            str_addc(out, ']');
            break;
        }
        if (v->kind == VALUE_ABSENT) {
            print_environment(out, c);
            break;
        }
        /* fall through */
    case ARG_IDS:
        if (v->kind == VALUE_LIST)
            print_list(out, v);
        else
            str_add(out, "NULL");
        break;
    case ARG_TEXT:
    case ARG_DATA:
    case ARG_NULL:
        if (v->kind == VALUE_TEXT)
            call_print_text(out, v->text, v->len);
        else
            str_add(out, "NULL");
        break;
    default:
        print_number(out, c, i);
    }
}

/* How many arguments are worth printing: all, but for a mode that open does not read and prctl's unused ones. */
static int print_count(const struct call *c)
{
    const char *name = c->entry->row.name;
    int n = call_entry_args(c->entry), flags = !strcmp(name, "open") ? 1 : 2;
    if (!strcmp(name, "prctl"))
        return c->given;
    if (!strcmp(name, "open") || !strcmp(name, "openat"))
        return call_arg_num(c, flags) & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY)) ? n : n - 1;
    if (!strcmp(name, "mknod"))
        return c->arg[2].kind == VALUE_ABSENT ? 2 : 3;
    return n;
}

void call_print(struct str *out, const struct call *c, const struct call_image *im)
{
    str_addf(out, "%s(", c->entry->row.name);
    int n = print_count(c);
    for (int i = 0; i < n; i++) {
        str_add(out, i ? ", " : "");
        print_argument(out, c, im, i);
    }
    str_addc(out, ')');
}

static void print_result(struct str *out, int64_t ret, int err)
{
    const char *name = err ? errno_name(err) : NULL;
    if (ret == -1 && err)
        str_addf(out, "-1 %s (%s)", name ? name : "E?", strerror(err));
    else
        str_addf(out, "%lld", (long long)ret);
}

void call_print_result(struct str *out, const struct call *c, const struct call_image *im)
{
    enum call_op op = c->entry->row.op;
    call_print(out, c, im);
    str_add(out, " = ");
    if (op == OP_EXIT || (op == OP_EXECVE && im->ret >= 0))
        str_addc(out, '?');
    else
        print_result(out, im->ret, im->err);
}

void call_error_print(struct str *out, const char *line, const struct call_error *err)
{
    size_t n = strlen(line), at = err->at < n ? err->at : n;
    autostr struct str before = {0}, whole = {0};
    text_sanitise(&before, line, at, TEXT_LINE);
    text_sanitise(&whole, line, n, TEXT_LINE);
    str_addf(out, "%s\n  %s\n  %*s^", err->text, str_c(&whole), text_width(str_c(&before)), "");
    if (err->nearest[0])
        str_addf(out, " did you mean %s?", err->nearest);
}
