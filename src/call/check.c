#include "call/check.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

/* A number can hold what no name was written for. */
static bool check_refused(uint64_t flags, size_t at, struct call_error *err)
{
    for (size_t i = 0; i < family_clone3.n; i++) {
        const struct call_const *k = &family_clone3.v[i];
        if (k->refused && (flags & k->value))
            return call_error_set(err, at, NULL, "%s is refused: %s", k->name, k->refused);
    }
    return true;
}

bool check_clone(struct call *c, struct call_error *err)
{
    uint64_t flags = (uint64_t)c->v[0].num, exit_signal = flags & 0x7f;
    if (exit_signal && exit_signal != SIGCHLD)
        return call_error_set(err, c->v[0].at, "SIGCHLD",
                              "a child that ends must send SIGCHLD, or wait4() would not see it");
    c->v[0].num = (int64_t)(flags & ~0x7full);
    return check_refused(flags, c->v[0].at, err);
}

bool check_clone3(struct call *c, struct call_error *err)
{
    enum { FLAGS, EXIT_SIGNAL, STACK, STACK_SIZE };
    int64_t *f = c->v[0].nums;
    if (f[EXIT_SIGNAL] && f[EXIT_SIGNAL] != SIGCHLD)
        return call_error_set(err, c->v[0].at, "exit_signal=SIGCHLD",
                              "a child that ends must send SIGCHLD, or wait4() would not see it");
    if (f[STACK] || f[STACK_SIZE])
        return call_error_set(err, c->v[0].at, "stack=NULL",
                              "a forked process goes on with a copy of its parent's stack");
    if (f[FLAGS] & 0x7f)
        return call_error_set(err, c->v[0].at, "exit_signal=SIGCHLD",
                              "clone3() has the signal in exit_signal, not in flags");
    f[EXIT_SIGNAL] = SIGCHLD;
    return check_refused((uint64_t)f[FLAGS], c->v[0].at, err) && check_lengths(c, err);
}

static int check_find(const struct call *c, enum arg_kind kind)
{
    for (int i = 0; i < c->nargs; i++)
        if (c->args[i].kind == kind)
            return i;
    return -1;
}

bool check_open(struct call *c, struct call_error *err)
{
    int flags = check_find(c, ARG_FLAGS), mode = check_find(c, ARG_MODE);
    uint64_t v = (uint64_t)c->v[flags].num;
    bool creates = (v & O_CREAT) || (v & O_TMPFILE) == O_TMPFILE;
    if (creates && !c->v[mode].written)
        return call_error_set(err, c->v[mode].at, "0644", "with %s a mode is needed, the permissions of the new file",
                              v & O_CREAT ? "O_CREAT" : "O_TMPFILE");
    return true;
}

bool check_mknod(struct call *c, struct call_error *err)
{
    int mode = check_find(c, ARG_FILEMODE), dev = check_find(c, ARG_DEV);
    unsigned type = (unsigned)c->v[mode].num & S_IFMT;
    if ((type == S_IFCHR || type == S_IFBLK) && !c->v[dev].written)
        return call_error_set(err, c->v[dev].at, "makedev(1, 3)", "a device needs its number: major and minor");
    return true;
}

static size_t check_size(const struct call *c, int i)
{
    const struct call_value *v = &c->v[i];
    if (c->args[i].kind == ARG_STRUCT)
        return c->args[i].shape->size;
    return v->type == VALUE_TEXT ? v->len : v->type == VALUE_NUMBERS ? v->n : 0;
}

/* A length beyond the data would make the kernel read what happens to lie behind it. */
bool check_lengths(struct call *c, struct call_error *err)
{
    for (int i = 0; i < c->nargs; i++) {
        if (c->args[i].kind != ARG_LENGTH)
            continue;
        int of = c->args[i].of;
        size_t size = check_size(c, of);
        if (!c->v[i].written)
            c->v[i].num = (int64_t)size;
        bool pointer = c->v[of].type != VALUE_NUMBER; /* NULL may have any length: the kernel says EFAULT */
        if (pointer &&
            ((uint64_t)c->v[i].num > size || (c->args[of].kind == ARG_STRUCT && c->v[i].num != (int64_t)size)))
            return call_error_set(err, c->v[i].at, NULL, "the length is %zu, or may be left out", size);
    }
    return true;
}

bool check_fsconfig(struct call *c, struct call_error *err)
{
    enum { SET_BINARY = 2 };
    struct call_value *value = &c->v[3], *aux = &c->v[4];
    if (c->v[1].num != SET_BINARY || value->type != VALUE_TEXT)
        return true;
    if (!aux->written)
        aux->num = (int64_t)value->len;
    if ((uint64_t)aux->num > value->len)
        return call_error_set(err, aux->at, NULL, "the length is %zu, or may be left out", value->len);
    return true;
}
