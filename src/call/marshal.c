/* A parsed call as the registers and bytes that the actor needs. Strings and buffers go into the arena, pointers become
 * offsets into it; the actor turns them back (call_image_relocate). */
#include "base/mem.h"
#include "call/table.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

/* ---- the arena ---- */

/* Reserves n bytes at a multiple of 8 and zeroes them; -1 when they do not fit. */
static int marshal_reserve(struct call_image *im, size_t n)
{
    size_t at = (im->len + 7u) & ~(size_t)7;
    if (n > CALL_ARENA || at + n > CALL_ARENA)
        return -1;
    memset(im->arena + at, 0, n);
    im->len = (uint32_t)(at + n);
    return (int)at;
}

static bool marshal_point(struct call_image *im, int i, int at)
{
    if (at < 0)
        return false;
    im->arg[i] = (uint64_t)at;
    im->ptr |= 1u << i;
    return true;
}

static int marshal_bytes(struct call_image *im, const char *s, size_t n)
{
    int at = marshal_reserve(im, n + 1);
    if (at >= 0)
        memcpy(im->arena + at, s, n);
    return at;
}

static void marshal_word(struct call_image *im, int at, uint64_t word)
{
    memcpy(im->arena + at, &word, sizeof word);
}

/* A NULL-terminated array of strings; get(i) gives the i-th of n. */
static bool marshal_vector(struct call_image *im, int i, const char *(*get)(const void *from, size_t i),
                           const void *from, size_t n)
{
    int vec = marshal_reserve(im, (n + 1) * 8);
    if (vec < 0 || im->nfix + n > COUNT(im->fix))
        return false;
    for (size_t k = 0; k < n; k++) {
        const char *s = get(from, k);
        int at = marshal_bytes(im, s, strlen(s));
        if (at < 0)
            return false;
        marshal_word(im, vec + (int)k * 8, (uint64_t)at);
        im->fix[im->nfix++] = (uint16_t)(vec + (int)k * 8);
    }
    return marshal_point(im, i, vec);
}

static const char *marshal_from_value(const void *from, size_t i)
{
    return ((const struct value *)from)->list[i].text;
}

static const char *marshal_from_array(const void *from, size_t i)
{
    return ((char *const *)from)[i];
}

/* ---- one argument ---- */

static bool marshal_list(const struct call *c, struct call_image *im, int i)
{
    const struct value *v = &c->arg[i];
    if (v->kind == VALUE_LIST)
        return marshal_vector(im, i, marshal_from_value, v, v->n);
    if (v->kind == VALUE_NULL)
        return true;
    if (i == 1) { /* argv left out: the program's own name */
        char *const self[] = {c->arg[0].text};
        return marshal_vector(im, i, marshal_from_array, self, c->arg[0].kind == VALUE_TEXT);
    }
    size_t n = 0;
    while (c->environment && c->environment[n])
        n++;
    return marshal_vector(im, i, marshal_from_array, c->environment, n);
}

static bool marshal_ids(const struct value *v, struct call_image *im, int i)
{
    int at = v->kind == VALUE_LIST ? marshal_reserve(im, v->n * 4 + 4) : 0;
    if (v->kind != VALUE_LIST)
        return true;
    for (size_t k = 0; at >= 0 && k < v->n; k++) {
        uint32_t id = (uint32_t)v->list[k].number;
        memcpy(im->arena + at + k * 4, &id, sizeof id);
    }
    return marshal_point(im, i, at);
}

/* capget(2): a header with version and pid, and two halves of three sets. */
static bool marshal_caps(const struct call *c, struct call_image *im, const struct value *v)
{
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, (int)call_arg_num(c, 0)};
    struct __user_cap_data_struct data[2] = {{0}, {0}};
    for (int half = 0; half < 2; half++) {
        data[half].effective = (uint32_t)(v->caps[0] >> 32 * half);
        data[half].permitted = (uint32_t)(v->caps[1] >> 32 * half);
        data[half].inheritable = (uint32_t)(v->caps[2] >> 32 * half);
    }
    int at = marshal_reserve(im, sizeof head), sets = marshal_reserve(im, sizeof data);
    if (at < 0 || sets < 0)
        return false;
    memcpy(im->arena + at, &head, sizeof head);
    memcpy(im->arena + sets, data, sizeof data);
    return marshal_point(im, 0, at) && marshal_point(im, 1, sets);
}

static int64_t marshal_size(const struct call *c, int i)
{
    const struct value *v = &c->arg[i];
    if (v->kind == VALUE_NUMBER)
        return v->number;
    int64_t absent = c->entry->arg[i].absent;
    return absent >= 0 ? absent : (int64_t)c->arg[i - 1].len;
}

static bool marshal_argument(const struct call *c, struct call_image *im, int i)
{
    const struct value *v = &c->arg[i];
    switch (c->entry->arg[i].kind) {
    case ARG_TEXT:
    case ARG_DATA:
        return v->kind != VALUE_TEXT || marshal_point(im, i, marshal_bytes(im, v->text, v->len));
    case ARG_LIST:
        return marshal_list(c, im, i);
    case ARG_IDS:
        return marshal_ids(v, im, i);
    case ARG_COUNT:
        im->arg[i] = v->kind == VALUE_NUMBER ? (uint64_t)v->number : c->arg[i + 1].n;
        return true;
    case ARG_SIZE:
        im->arg[i] = (uint64_t)marshal_size(c, i);
        return true;
    case ARG_BUFFER:
        return v->kind == VALUE_NULL || marshal_point(im, i, marshal_reserve(im, (size_t)marshal_size(c, i + 1)));
    case ARG_STATUS:
        return v->kind == VALUE_NULL || marshal_point(im, i, marshal_reserve(im, sizeof(int)));
    case ARG_UTS:
        return v->kind == VALUE_NULL || marshal_point(im, i, marshal_reserve(im, sizeof(struct utsname)));
    case ARG_CAPS:
    case ARG_CAPS_OUT:
        return marshal_caps(c, im, v);
    default:
        im->arg[i] = (uint64_t)call_arg_num(c, i);
        return true;
    }
}

/* ---- architectures without the old calls ---- */

enum { SIBLING_CWD = -1, SIBLING_ZERO = -2, SIBLING_RMDIR = -3 };

/* What makes a row where its own number is missing: the sibling's number and where each of its arguments comes from. */
static const struct sibling {
    const char *name;
    long nr;
    int from[5];
    int n;
} marshal_siblings[] = {
    {"mkdir", SYS_mkdirat, {SIBLING_CWD, 0, 1}, 3},
    {"rmdir", SYS_unlinkat, {SIBLING_CWD, 0, SIBLING_RMDIR}, 3},
    {"unlink", SYS_unlinkat, {SIBLING_CWD, 0, SIBLING_ZERO}, 3},
    {"symlink", SYS_symlinkat, {0, SIBLING_CWD, 1}, 3},
    {"link", SYS_linkat, {SIBLING_CWD, 0, SIBLING_CWD, 1, SIBLING_ZERO}, 5},
    {"rename", SYS_renameat2, {SIBLING_CWD, 0, SIBLING_CWD, 1, SIBLING_ZERO}, 5},
    {"open", SYS_openat, {SIBLING_CWD, 0, 1, 2}, 4},
    {"dup2", SYS_dup3, {0, 1, SIBLING_ZERO}, 3},
    {"access", SYS_faccessat, {SIBLING_CWD, 0, 1}, 3},
    {"mknod", SYS_mknodat, {SIBLING_CWD, 0, 1, 2}, 4},
    {"chown", SYS_fchownat, {SIBLING_CWD, 0, 1, 2, SIBLING_ZERO}, 5},
    {"chmod", SYS_fchmodat, {SIBLING_CWD, 0, 1}, 3},
};

static void marshal_sibling(const char *name, struct call_image *im)
{
    for (size_t i = 0; i < COUNT(marshal_siblings); i++) {
        const struct sibling *s = &marshal_siblings[i];
        if (strcmp(s->name, name))
            continue;
        uint64_t arg[CALL_MAX_ARGS];
        uint32_t ptr = im->ptr;
        memcpy(arg, im->arg, sizeof arg);
        im->ptr = 0;
        im->nr = (int32_t)s->nr;
        for (int k = 0; k < s->n; k++) {
            int from = s->from[k];
            im->arg[k] = from >= 0               ? arg[from]
                         : from == SIBLING_CWD   ? (uint64_t)AT_FDCWD
                         : from == SIBLING_RMDIR ? AT_REMOVEDIR
                                                 : 0;
            if (from >= 0 && (ptr >> from & 1))
                im->ptr |= 1u << k;
        }
    }
}

/* ---- the whole ---- */

bool call_marshal(const struct call *c, struct call_image *im, struct outcome *o)
{
    const struct call_row *row = &c->entry->row;
    memset(im, 0, offsetof(struct call_image, arena));
    im->op = row->op;
    im->nr = (int32_t)row->nr;
    int n = call_entry_args(c->entry);
    for (int i = 0; i < n; i++)
        if (!marshal_argument(c, im, i)) {
            outcome_set(o, E2BIG, "the arguments do not fit into one request", row->name, "at most %d bytes",
                        CALL_ARENA);
            return false;
        }
    if (row->nr < 0)
        marshal_sibling(row->name, im);
    return true;
}

bool call_image_valid(const struct call_image *im)
{
    if (im->len > CALL_ARENA || im->nfix > COUNT(im->fix))
        return false;
    for (uint32_t i = 0; i < im->nfix; i++) {
        uint64_t word;
        if (im->fix[i] + sizeof word > im->len)
            return false;
        memcpy(&word, im->arena + im->fix[i], sizeof word);
        if (word >= im->len)
            return false;
    }
    for (int i = 0; i < CALL_MAX_ARGS; i++)
        if ((im->ptr >> i & 1) && im->arg[i] >= im->len && im->len)
            return false;
    return true;
}

bool call_image_relocate(struct call_image *im, uint64_t regs[CALL_MAX_ARGS])
{
    if (!call_image_valid(im))
        return false;
    uint64_t base = (uint64_t)(uintptr_t)im->arena;
    for (uint32_t i = 0; i < im->nfix; i++) {
        uint64_t word;
        memcpy(&word, im->arena + im->fix[i], sizeof word);
        word += base;
        memcpy(im->arena + im->fix[i], &word, sizeof word);
    }
    for (int i = 0; i < CALL_MAX_ARGS; i++)
        regs[i] = im->ptr >> i & 1 ? base + im->arg[i] : im->arg[i];
    return true;
}
