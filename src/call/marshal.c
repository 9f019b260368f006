/* From call to image: what points to memory goes into the arena, registers hold offsets.
 *
 * The actor that makes the call has the same program but maybe another root, other namespaces and no memory to spare:
 * it gets an image of fixed size, checks it, turns offsets to pointers in place, and calls. Buffers the kernel fills in
 * lie in the arena too, so the answer is the same image. Nothing here that the actor runs allocates or calls the C
 * library. */
#include "base/mem.h"
#include "call/table.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

/* Registers. */

int call_register(const struct call_row *row, int i)
{
    for (int r = 0; row->registers && row->registers[r]; r++)
        if (row->registers[r] == '0' + i)
            return r;
    return i;
}

void call_use_registers(struct call_image *image, long nr, const char *registers)
{
    uint64_t old[CALL_MAX_ARGS];
    uint32_t ptr = image->ptr;
    memcpy(old, image->arg, sizeof old);
    memset(image->arg, 0, sizeof image->arg);
    image->ptr = 0;
    image->nr = (int32_t)nr;
    for (int r = 0; r < CALL_MAX_ARGS && registers[r]; r++) {
        char from = registers[r];
        int i = from - '0';
        if (i >= 0 && i < CALL_MAX_ARGS) {
            image->arg[r] = old[i];
            image->ptr |= ptr >> i & 1 ? 1u << r : 0;
        } else {
            image->arg[r] = from == '@'   ? (uint64_t)(int64_t)AT_FDCWD
                            : from == 'd' ? AT_REMOVEDIR
                            : from == 'l' ? AT_SYMLINK_NOFOLLOW
                                          : 0;
        }
    }
}

/* The arena. */

/* Takes n zeroed bytes. Returns their offset, or -1 when the arena is full. One byte more is kept at its end: it stays
 * zero, so that no text in an image is without an end. */
static int64_t arena_take(struct call_image *image, size_t n, size_t align)
{
    size_t at = (image->len + align - 1) / align * align;
    n = n ? n : 1;
    if (at > CALL_ARENA - 1 || n > CALL_ARENA - 1 - at)
        return -1;
    image->len = (uint32_t)(at + n);
    return (int64_t)at;
}

static int64_t arena_put_text(struct call_image *image, const char *text, size_t n)
{
    int64_t at = arena_take(image, n + 1, 1);
    if (at >= 0)
        memcpy(image->arena + at, text, n);
    return at;
}

/* A NULL-terminated array of pointers to texts; each non-NULL word is listed in fix[]. */
static int64_t arena_put_strings(struct call_image *image, char *const *v)
{
    size_t n = 0;
    while (v && v[n])
        n++;
    int64_t at = n < CALL_ARENA / 8 ? arena_take(image, (n + 1) * 8, 8) : -1;
    if (at < 0 || image->nfix + n > COUNT(image->fix))
        return -1;
    for (size_t i = 0; i < n; i++) {
        int64_t text = arena_put_text(image, v[i], strlen(v[i]));
        if (text < 0)
            return -1;
        uint64_t word = (uint64_t)text;
        memcpy(image->arena + (size_t)at + i * 8, &word, 8);
        image->fix[image->nfix++] = (uint16_t)((size_t)at + i * 8);
    }
    return at;
}

static int64_t arena_put_ids(struct call_image *image, const struct call_value *v)
{
    int64_t at = arena_take(image, v->n * 4, 4);
    for (size_t i = 0; at >= 0 && i < v->n; i++) {
        uint32_t id = (uint32_t)v->nums[i];
        memcpy(image->arena + (size_t)at + i * 4, &id, 4);
    }
    return at;
}

static int64_t arena_put_struct(struct call_image *image, const struct call_struct *shape, const struct call_value *v)
{
    int64_t at = arena_take(image, shape->size, 8);
    for (unsigned i = 0; at >= 0 && i < shape->n; i++) {
        const struct call_field *f = &shape->field[i];
        uint64_t value = (uint64_t)v->nums[i];
        uint32_t low = (uint32_t)value, high = (uint32_t)(value >> 32);
        unsigned char *base = image->arena + at;
        if (f->width == 8)
            memcpy(base + f->offset, &value, 8);
        else if (f->width == 4)
            memcpy(base + f->offset, &low, 4);
        if (f->high)
            memcpy(base + f->high, &high, 4);
    }
    return at;
}

size_t call_output_room(const struct call *c, int i)
{
    const struct call_arg *a = &c->args[i];
    bool partner = a->of >= 0 && a->of < c->nargs && c->args[a->of].kind == ARG_ROOM;
    size_t room = partner ? (size_t)c->v[a->of].num : 0;
    switch (a->kind) {
    case ARG_OUT_DATA:
    case ARG_OUT_TEXT:
        return partner ? room : (size_t)a->fallback;
    case ARG_OUT_IDS:
        return room * 4;
    case ARG_OUT_STATUS:
        return 4;
    case ARG_OUT_NUMBER:
    case ARG_OUT_PAIR:
        return 8;
    case ARG_OUT_UTSNAME:
        return sizeof(struct utsname);
    case ARG_OUT_STRUCT:
        return a->shape->size;
    default:
        return 0;
    }
}

/* The call. */

static int64_t marshal_pointer(const struct call *c, int i, struct call_image *image)
{
    const struct call_value *v = &c->v[i];
    switch (v->type) {
    case VALUE_TEXT:
        return arena_put_text(image, v->text, v->len);
    case VALUE_STRINGS:
        return arena_put_strings(image, v->strings);
    case VALUE_ENVIRON:
        return arena_put_strings(image, c->environment);
    case VALUE_NUMBERS:
        return arena_put_ids(image, v);
    case VALUE_STRUCT:
        return arena_put_struct(image, c->args[i].shape, v);
    case VALUE_OUTPUT:
        return arena_take(image, call_output_room(c, i), 8);
    case VALUE_NUMBER:
        break;
    }
    return -1;
}

/* The actor forks by itself; it needs the flags. CLONE_NEWTIME sits where clone() has the child's signal. */
static void marshal_fork(const struct call *c, struct call_image *image)
{
    enum { NEWTIME = 0x80 };
    image->arg[0] = (uint64_t)(c->nargs ? call_arg_num(c, 0) : 0);
    if (image->arg[0] & NEWTIME)
        image->nr = __NR_clone3;
}

bool call_marshal(const struct call *c, struct call_image *image, struct outcome *o)
{
    memset(image, 0, sizeof *image);
    image->op = c->row->op;
    image->nr = (int32_t)c->row->nr;
    if (c->row->op == OP_FORK) {
        marshal_fork(c, image);
        return true;
    }
    for (int i = 0; i < c->nargs; i++) {
        if (c->v[i].type == VALUE_NUMBER) {
            image->arg[i] = (uint64_t)c->v[i].num;
            continue;
        }
        int64_t at = marshal_pointer(c, i, image);
        if (at < 0) {
            outcome_set(o, E2BIG, "hand over the arguments", c->row->name,
                        "one call carries up to %d bytes and %d texts in lists, the environment included", CALL_ARENA,
                        (int)COUNT(image->fix));
            return false;
        }
        image->arg[i] = (uint64_t)at;
        image->ptr |= 1u << i;
    }
    if (image->len)
        image->len++; /* the zero at the end, see arena_take */
    if (c->row->registers)
        call_use_registers(image, c->row->nr, c->row->registers);
    return true;
}

/* In the actor. */

bool call_image_valid(const struct call_image *image)
{
    if (image->op > OP_EXIT || image->len > CALL_ARENA || image->nfix > COUNT(image->fix) ||
        image->ptr >> CALL_MAX_ARGS || (image->len && image->arena[image->len - 1]))
        return false;
    for (int i = 0; i < CALL_MAX_ARGS; i++)
        if ((image->ptr >> i & 1) && image->arg[i] >= image->len)
            return false;
    for (uint32_t i = 0; i < image->nfix; i++) {
        uint64_t word;
        if (image->fix[i] % 8 || image->fix[i] + 8u > image->len)
            return false;
        __builtin_memcpy(&word, image->arena + image->fix[i], 8);
        if (word >= image->len)
            return false;
    }
    return true;
}

bool call_image_relocate(struct call_image *image, uint64_t regs[CALL_MAX_ARGS])
{
    if (!call_image_valid(image))
        return false;
    uint64_t base = (uint64_t)(uintptr_t)image->arena;
    for (int i = 0; i < CALL_MAX_ARGS; i++)
        regs[i] = image->arg[i] + (image->ptr >> i & 1 ? base : 0);
    for (uint32_t i = 0; i < image->nfix; i++) {
        uint64_t word;
        __builtin_memcpy(&word, image->arena + image->fix[i], 8);
        word += base;
        __builtin_memcpy(image->arena + image->fix[i], &word, 8);
    }
    return true;
}
