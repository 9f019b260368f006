/* A call and its result in strace's notation. Where we differ from strace, it is to be read by a learner: capability
 * sets are short (~CAP_SYS_RESOURCE is all but one), structures of uname are whole, options of wait4 have wait4(2)'s
 * names. */
#include "call/print.h"
#include "base/errnoname.h"
#include <fcntl.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

static void print_mode(struct str *out, uint64_t mode, bool typed)
{
    if (typed && (mode & (S_IFMT | S_ISUID | S_ISGID | S_ISVTX))) {
        family_print(out, &family_mode, mode & ~0777ull);
        str_addc(out, '|');
        mode &= 0777;
    }
    str_addf(out, "%#03llo", (unsigned long long)mode);
}

void print_number(struct str *out, enum arg_kind kind, const struct call_family *f, int64_t v)
{
    switch (kind) {
    case ARG_MODE:
    case ARG_FILEMODE:
        print_mode(out, (uint64_t)v, kind == ARG_FILEMODE);
        break;
    case ARG_DEV:
        str_addf(out, "makedev(%#x, %#x)", major((dev_t)v), minor((dev_t)v));
        break;
    case ARG_FLAGS:
    case ARG_ENUM:
        family_print(out, f ? f : &family_none, (uint64_t)v);
        break;
    case ARG_FD: /* 0 is 0: strace does not say STDIN_FILENO either */
        if (f == &family_dirfd && v == AT_FDCWD)
            str_add(out, "AT_FDCWD");
        else
            str_addf(out, "%d", (int)v);
        break;
    case ARG_ID:
        str_addf(out, (uint32_t)v == UINT32_MAX ? "-1" : "%u", (uint32_t)v);
        break;
    case ARG_PATH:
    case ARG_TEXT:
    case ARG_DATA:
    case ARG_STRINGS:
    case ARG_ENV:
    case ARG_IDS:
    case ARG_STRUCT:
    case ARG_NULL:
        if (v) /* of a program, whose memory could not be read or is of no interest */
            str_addf(out, "%#llx", (unsigned long long)v);
        else
            str_add(out, "NULL");
        break;
    default:
        str_addf(out, "%lld", (long long)v);
    }
}

void print_struct(struct str *out, const struct call_struct *shape, const int64_t *nums)
{
    bool first = true, array = !shape->field[0].name;
    str_addc(out, array ? '[' : '{');
    for (unsigned i = 0; i < shape->n; i++) {
        const struct call_field *f = &shape->field[i];
        if (f->quiet && !nums[i])
            continue;
        str_add(out, first ? "" : ", ");
        if (!array)
            str_addf(out, "%s=", f->name);
        print_number(out, f->kind, f->family, nums[i]);
        first = false;
    }
    str_addc(out, array ? ']' : '}');
}

static void print_strings(struct str *out, char *const *v, bool cut)
{
    str_addc(out, '[');
    for (size_t i = 0; v && v[i]; i++) {
        str_add(out, i ? ", " : "");
        call_print_text(out, v[i], strlen(v[i]), PRINT_TEXT_MAX);
    }
    str_add(out, cut ? ", ...]" : "]");
}

/* As strace counts an environment it does not show. */
static void print_environ(struct str *out, const struct call *c, const struct call_value *v)
{
    if (c->made) {
        str_addf(out, "%#llx /* %zu var%s */", (unsigned long long)v->num, v->n, v->n == 1 ? "" : "s");
        return;
    }
    size_t n = 0;
    while (c->environment && c->environment[n])
        n++;
    str_addf(out, "environ /* %zu var%s */", n, n == 1 ? "" : "s");
}

static void print_ids(struct str *out, const struct call_value *v)
{
    str_addc(out, '[');
    for (size_t i = 0; i < v->n; i++) {
        str_add(out, i ? ", " : "");
        print_number(out, ARG_ID, NULL, v->nums[i]);
    }
    str_addc(out, ']');
}

/* The capability calls' first structure reads better as what matters in it, the pid. */
static void print_read_struct(struct str *out, const struct call_struct *shape, const int64_t *nums)
{
    if (shape->field[0].family == &family_capversion && nums[0] == 0x20080522)
        print_number(out, ARG_PID, NULL, nums[1]);
    else
        print_struct(out, shape, nums);
}

static void print_argument(struct str *out, const struct call *c, int i, const struct call_image *image)
{
    const struct call_arg *a = &c->args[i];
    const struct call_value *v = &c->v[i];
    if (call_arg_is_output(a)) {
        print_output(out, c, i, image);
        return;
    }
    switch (v->type) {
    case VALUE_TEXT:
        call_print_text(out, v->text, v->len, a->kind == ARG_PATH ? CALL_ARENA : PRINT_TEXT_MAX);
        break;
    case VALUE_STRINGS:
        print_strings(out, v->strings, v->cut);
        break;
    case VALUE_ENVIRON:
        print_environ(out, c, v);
        break;
    case VALUE_NUMBERS:
        print_ids(out, v);
        break;
    case VALUE_STRUCT:
        print_read_struct(out, a->shape, v->nums);
        break;
    default:
        if (a->optional && a->family == &family_cap && c->v[i - 1].num == PR_CAP_AMBIENT_CLEAR_ALL)
            str_addf(out, "%lld", (long long)v->num); /* no capability: none is meant */
        else
            print_number(out, a->kind, a->family, v->num);
    }
}

#define REBOOT_RESTART2 0xa1b2c3d4u /* the one that reboot()'s text is for */

/* How many arguments strace prints: no mode without O_CREAT, no number for a file that is no device. */
static int print_count(const struct call *c)
{
    if (c->option && c->option->value == PR_SET_SECCOMP && c->v[1].num == SECCOMP_MODE_FILTER)
        return 3;
    if (c->option)
        return c->option->printed;
    if (c->args && c->args[0].family == &family_prctl)
        return c->nargs;
    int last = c->nargs - 1;
    if (last == 1 && c->args[0].kind == ARG_OUT_UTSNAME) /* gethostname's length is nothing to uname() */
        return c->v[last].written ? 2 : 1;
    if (last > 0 && c->args[last - 1].family == &family_reboot && c->v[last - 1].num != REBOOT_RESTART2)
        return last;
    if (last < 1 || c->v[last].type != VALUE_NUMBER)
        return c->nargs;
    uint64_t before = (uint64_t)c->v[last - 1].num;
    unsigned type = before & S_IFMT;
    bool creates = (before & O_CREAT) || (before & O_TMPFILE) == O_TMPFILE;
    if (c->args[last].kind == ARG_MODE && c->args[last].optional && c->args[last - 1].family == &family_open &&
        !creates)
        return last;
    if (c->args[last].kind == ARG_DEV && type != S_IFCHR && type != S_IFBLK)
        return last;
    if (c->args[last - 1].family == &family_fcntl && !c->v[last].written)
        return last;
    return c->nargs;
}

/* The signal at the end of the child shares clone's number; it is always SIGCHLD and left out. Only CLONE_NEWTIME,
 * which has the place of that signal, needs clone3. */
static bool print_needs_clone3(const struct call *c)
{
    enum { NEWTIME = 0x80 };
    return !c->made && c->args && c->args[0].family == &family_clone && (c->v[0].num & NEWTIME);
}

static void print_address(struct str *out, const char *name, uint64_t at)
{
    str_addf(out, at ? "%s=%#llx" : "%s=NULL", name, (unsigned long long)at);
}

static void print_clone_flags(struct str *out, uint64_t flags, uint64_t signal)
{
    str_add(out, "flags=");
    if (flags)
        family_print(out, &family_clone3, flags);
    if (signal) {
        str_add(out, flags ? "|" : "");
        print_number(out, ARG_ENUM, &family_signal, (int64_t)signal);
    }
    str_add(out, flags || signal ? "" : "0");
}

/* A program's clone() or clone3(): threads, stacks and all. The C prototype has no one order of registers. */
static void print_made_clone(struct str *out, const struct call *c)
{
    const uint64_t *w = c->clone;
    bool three = c->row->nr == __NR_clone3;
#if defined(__aarch64__) || defined(__i386__)
    enum { FLAGS, STACK, PARENT_TID, TLS, CHILD_TID };
#else
    enum { FLAGS, STACK, PARENT_TID, CHILD_TID, TLS };
#endif
    enum { FLAGS3, PIDFD3, CHILD_TID3, PARENT_TID3, SIGNAL3, STACK3, SIZE3, TLS3, SET3, NSET3, CGROUP3 };
    uint64_t flags = three ? w[FLAGS3] : w[FLAGS] & ~0xffull;
    str_add(out, three ? "clone3({" : "clone(");
    if (three)
        print_clone_flags(out, flags, 0);
    else {
        print_address(out, "child_stack", w[STACK]);
        str_add(out, ", ");
        print_clone_flags(out, flags, w[FLAGS] & 0xff);
    }
    if (three && (flags & CLONE_PIDFD))
        print_address(out, ", pidfd", w[PIDFD3]);
    if (three && (flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)))
        print_address(out, ", child_tid", w[CHILD_TID3]);
    if (flags & (three ? CLONE_PARENT_SETTID : CLONE_PARENT_SETTID | CLONE_PIDFD))
        print_address(out, ", parent_tid", w[three ? PARENT_TID3 : PARENT_TID]);
    if (three) {
        str_add(out, ", exit_signal=");
        print_number(out, ARG_ENUM, &family_signal, (int64_t)w[SIGNAL3]);
        print_address(out, ", stack", w[STACK3]);
        str_addf(out, ", stack_size=%#llx", (unsigned long long)w[SIZE3]);
    }
    if (flags & CLONE_SETTLS)
        print_address(out, ", tls", w[three ? TLS3 : TLS]);
    if (!three && (flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)))
        print_address(out, ", child_tidptr", w[CHILD_TID]);
    if (three && (flags & CLONE_INTO_CGROUP))
        str_addf(out, ", cgroup=%llu", (unsigned long long)w[CGROUP3]);
    if (three)
        str_addf(out, "}, %lld", (long long)c->v[1].num);
    str_addc(out, ')');
}

void call_print(struct str *out, const struct call *c, const struct call_image *image)
{
    if (print_needs_clone3(c)) {
        str_add(out, "clone3({flags=");
        family_print(out, &family_clone3, (uint64_t)c->v[0].num);
        str_add(out, ", exit_signal=SIGCHLD, stack=NULL, stack_size=0}, 88)");
        return;
    }
    if (c->clone) {
        print_made_clone(out, c);
        return;
    }
    str_addf(out, "%s(",
             c->made && c->row->op == OP_EXIT ? "exit_group"
             : c->row->prints_as              ? c->row->prints_as
                                              : c->row->name);
    int n = print_count(c);
    for (int i = 0; i < n; i++) {
        str_add(out, i ? ", " : "");
        print_argument(out, c, i, image);
    }
    str_addc(out, ')');
}

/* strerror(3) translates; strace and the manual pages speak the C locale. */
static const char *print_errno_text(int err)
{
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 32)
    const char *text = strerrordesc_np(err);
    return text ? text : "Unknown error";
#else
    return strerror(err);
#endif
}

static void print_errno(struct str *out, int err)
{
    const char *name = errno_name(err);
    if (name)
        str_addf(out, "-1 %s (%s)", name, print_errno_text(err));
    else
        str_addf(out, "-1 (errno %d)", err);
}

static void print_return(struct str *out, const struct call *c, int64_t ret)
{
    const struct call_family *f = c->option ? c->option->returns : NULL;
    if (c->row->returns_octal)
        str_addf(out, "%#03llo", (unsigned long long)ret);
    else if (f && f->bits)
        str_addf(out, "%#llx", (unsigned long long)ret);
    else
        str_addf(out, "%lld", (long long)ret);
    if (f && (ret || !f->bits)) {
        str_add(out, " (");
        family_print(out, f, (uint64_t)ret);
        str_addc(out, ')');
    }
}

void call_print_result(struct str *out, const struct call *c, const struct call_image *image)
{
    call_print(out, c, image);
    str_add(out, " = ");
    if (!image || c->row->op == OP_EXIT || (c->row->op == OP_EXECVE && image->ret != -1 && !c->made))
        str_addc(out, '?');
    else if (image->ret == -1 && image->err)
        print_errno(out, image->err);
    else
        print_return(out, c, image->ret);
}

void call_expect_print(struct str *out, const struct call_expect *e)
{
    switch (e->kind) {
    case EXPECT_VALUE:
        str_addf(out, "%lld", (long long)e->value);
        break;
    case EXPECT_ERRNO:
        if (e->err)
            print_errno(out, e->err);
        else
            str_add(out, "-1");
        break;
    case EXPECT_POSITIVE:
        str_add(out, "a positive number");
        break;
    case EXPECT_NO_RETURN:
        str_add(out, "?");
        break;
    case EXPECT_ANY:
        str_add(out, "anything");
        break;
    }
}
