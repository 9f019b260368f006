/* The marshaller's way back: what a stopped program is about to ask the kernel, read from its registers and memory by
 * the rows that also parse and print.
 *
 * A register is 64 bits wide whatever the C prototype says, and its upper half is noise for an int: so each argument
 * is first cut to the width its kind or its prototype has. */
#include "call/registers.h"
#include "base/die.h"
#include "base/mem.h"
#include "call/parser.h"
#include "call/print.h"
#include "call/seccomp.h"
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#define REGISTERS_PATH    4096 /* PATH_MAX */
#define REGISTERS_STRINGS 256  /* elements of argv that are shown */

/* Rows with registers of another call, and those of C library functions, stand for no call of the kernel's. */
static const struct call_row *registers_row(const struct call_row *rows, size_t n, long nr, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (!rows[i].registers && !rows[i].prints_as && (name ? !strcmp(rows[i].name, name) : rows[i].nr == nr))
            return &rows[i];
    return NULL;
}

static const struct call_row *registers_find(long nr, const char *name)
{
    size_t n;
    const struct call_row *rows = call_rows(&n), *row = registers_row(rows, n, nr, name);
    if (row)
        return row;
    rows = call_program_rows(&n);
    return registers_row(rows, n, nr, name);
}

const struct call_row *call_row_of_number(long nr)
{
    return registers_find(nr, NULL);
}

const struct call_row *call_row_of_name(const char *name)
{
    return registers_find(0, strcmp(name, "exit_group") ? name : "exit"); /* the row's exit() ends all threads */
}

/* ---- numbers ---- */

/* Has parameter i of the prototype the width of a register? */
static bool registers_wide(const struct call_row *row, int i)
{
    const char *p = strchr(row->prototype, '(') + 1;
    while (i-- > 0 && strchr(p, ','))
        p = strchr(p, ',') + 1;
    size_t n = strcspn(p, ",)");
    return memmem(p, n, "long", 4) || memmem(p, n, "size_t", 6) || memmem(p, n, "off_t", 5) || memchr(p, '*', n);
}

static int64_t registers_number(const struct call *c, int i, uint64_t reg)
{
    switch (c->args[i].kind) {
    case ARG_INT:
    case ARG_PID:
    case ARG_FD:
        return (int32_t)reg;
    case ARG_ID:
    case ARG_MODE:
    case ARG_FILEMODE:
    case ARG_DEV:
        return (uint32_t)reg;
    case ARG_FLAGS:
    case ARG_ENUM:
        return registers_wide(c->row, i) && !c->option ? (int64_t)reg : (int64_t)(uint32_t)reg;
    default:
        return (int64_t)reg;
    }
}

/* ---- memory ---- */

/* Appends the text at `at`, up to its \0 or max bytes. false when it cannot be read so far. */
static bool registers_text(const struct call_memory *m, uint64_t at, size_t max, struct str *out)
{
    while (out->len < max) {
        char part[256];
        size_t want = 256 - at % 256; /* never across the end of a page */
        size_t n = m->read(m->arg, at, part, want < max - out->len ? want : max - out->len);
        const char *end = n ? memchr(part, '\0', n) : NULL;
        str_addn(out, part, end ? (size_t)(end - part) : n);
        if (end)
            return true;
        if (!n)
            return false;
        at += n;
    }
    return true;
}

static void registers_read_text(const struct call_memory *m, struct call_value *v, size_t max)
{
    autostr struct str text = {0};
    if (!registers_text(m, (uint64_t)v->num, max, &text))
        return;
    v->type = VALUE_TEXT;
    v->len = text.len;
    v->text = str_steal(&text);
}

static void registers_read_data(const struct call_memory *m, struct call_value *v, uint64_t n)
{
    char bytes[PRINT_TEXT_MAX + 1];
    size_t want = n < sizeof bytes ? (size_t)n : sizeof bytes;
    if (m->read(m->arg, (uint64_t)v->num, bytes, want) != want)
        return;
    autostr struct str text = {0};
    str_addn(&text, bytes, want);
    v->type = VALUE_TEXT;
    v->len = want;
    v->text = str_steal(&text);
}

static bool registers_word(const struct call_memory *m, uint64_t at, uint64_t *word)
{
    *word = 0;
    return m->read(m->arg, at, word, m->word) == m->word; /* the lower bytes come first on all that we run on */
}

static void registers_read_strings(const struct call_memory *m, struct call_value *v)
{
    autofree char **list = xcalloc(REGISTERS_STRINGS + 1, sizeof *list);
    size_t n = 0;
    uint64_t word;
    bool fine = true;
    for (; (fine = registers_word(m, (uint64_t)v->num + n * m->word, &word)) && word && n < REGISTERS_STRINGS; n++) {
        autostr struct str text = {0};
        if (!(fine = registers_text(m, word, PRINT_TEXT_MAX + 1, &text)))
            break;
        list[n] = str_steal(&text);
    }
    if (!fine) {
        while (n)
            free(list[--n]);
        return;
    }
    v->type = VALUE_STRINGS;
    v->n = n;
    v->cut = word != 0;
    v->strings = steal_ptr(&list);
}

/* An environment is counted, not shown. */
static void registers_read_environ(const struct call_memory *m, struct call_value *v)
{
    uint64_t word;
    size_t n = 0;
    for (;;) {
        if (!registers_word(m, (uint64_t)v->num + n * m->word, &word))
            return;
        if (!word)
            break;
        n++;
    }
    v->type = VALUE_ENVIRON;
    v->n = n;
}

static void registers_read_ids(const struct call_memory *m, struct call_value *v, uint64_t n)
{
    uint32_t ids[REGISTERS_STRINGS];
    if (n > COUNT(ids) || m->read(m->arg, (uint64_t)v->num, ids, n * sizeof *ids) != n * sizeof *ids)
        return;
    v->nums = xcalloc(n + 1, sizeof *v->nums);
    for (size_t i = 0; i < n; i++)
        v->nums[i] = ids[i];
    v->n = n;
    v->type = VALUE_NUMBERS;
}

static void registers_read_struct(const struct call_memory *m, const struct call_struct *shape, struct call_value *v)
{
    unsigned char bytes[128] = {0};
    ASSERT(shape->size <= sizeof bytes);
    if (m->read(m->arg, (uint64_t)v->num, bytes, shape->size) != shape->size)
        return;
    v->nums = xcalloc(CALL_MAX_FIELDS, sizeof *v->nums);
    call_struct_read(shape, bytes, v->nums);
    v->n = shape->n;
    v->type = VALUE_STRUCT;
}

/* ---- the call ---- */

static uint64_t registers_length(const struct call *c, int i, const uint64_t *regs)
{
    for (int k = 0; k < c->nargs; k++)
        if (c->args[k].kind == ARG_LENGTH && c->args[k].of == i)
            return registers_wide(c->row, k) ? regs[k] : (uint32_t)regs[k];
    return 0;
}

/* The value of fsconfig() is a text, bytes or nothing, as its command says. */
static void registers_read_fsconfig(const struct call_memory *m, const struct call *c, const uint64_t *regs,
                                    struct call_value *v)
{
    enum { SET_FLAG, SET_STRING, SET_BINARY, SET_PATH, SET_PATH_EMPTY };
    if (regs[1] == SET_BINARY)
        registers_read_data(m, v, regs[4]);
    else if (regs[1] == SET_STRING || regs[1] == SET_PATH || regs[1] == SET_PATH_EMPTY)
        registers_read_text(m, v, REGISTERS_PATH);
}

static void registers_argument(struct call *c, int i, const uint64_t *regs, const struct call_memory *m)
{
    const struct call_arg *a = &c->args[i];
    struct call_value *v = &c->v[i];
    v->written = true;
    v->num = registers_number(c, i, regs[i]);
    if (!v->num)
        return;
    switch (a->kind) {
    case ARG_PATH:
        registers_read_text(m, v, REGISTERS_PATH);
        break;
    case ARG_TEXT:
        registers_read_text(m, v, PRINT_TEXT_MAX + 1);
        break;
    case ARG_DATA:
        if (!strcmp(c->row->name, "fsconfig"))
            registers_read_fsconfig(m, c, regs, v);
        else
            registers_read_data(m, v, registers_length(c, i, regs));
        break;
    case ARG_STRINGS:
        registers_read_strings(m, v);
        break;
    case ARG_ENV:
        registers_read_environ(m, v);
        break;
    case ARG_IDS:
        registers_read_ids(m, v, registers_length(c, i, regs));
        break;
    case ARG_STRUCT:
        registers_read_struct(m, a->shape, v);
        break;
    case ARG_NULL:
        if (a->shape)
            registers_read_struct(m, a->shape, v);
        break;
    default:
        if (call_arg_is_output(a))
            v->type = VALUE_OUTPUT;
    }
}

/* What clone() was given beside its flags. */
static void registers_clone(struct call *c, const uint64_t *regs, const struct call_memory *m)
{
    uint64_t words[CALL_CLONE_WORDS] = {0};
    size_t n = 0;
    if (c->row->nr == __NR_clone3) {
        n = regs[1] < sizeof words ? (size_t)regs[1] : sizeof words;
        if (m->read(m->arg, regs[0], words, n) != n)
            return;
    } else if (c->row->nr == __NR_clone) {
        memcpy(words, regs, CALL_MAX_ARGS * sizeof *regs);
        n = CALL_MAX_ARGS * sizeof *regs;
    }
    c->clone = xcalloc(CALL_CLONE_WORDS, sizeof *c->clone);
    memcpy(c->clone, words, n);
}

struct call *call_from_registers(const struct call_row *row, const uint64_t regs[CALL_MAX_ARGS],
                                 const struct call_memory *m)
{
    struct call *c = xcalloc(1, sizeof *c);
    c->row = row;
    c->args = row->args;
    c->nargs = row->nargs;
    c->made = true;
    if (c->nargs && c->args[0].family == &family_prctl)
        call_use_option(c, (uint32_t)regs[0]);
    if (row->nr == __NR_seccomp)
        c->args = seccomp_args((uint32_t)regs[0]);
    for (int i = 0; i < c->nargs; i++)
        registers_argument(c, i, regs, m);
    if (row->op == OP_FORK && c->nargs)
        registers_clone(c, regs, m);
    return c;
}

static void registers_read_output(const struct call *c, int i, const struct call_memory *m, struct call_image *image)
{
    size_t room = call_output_room(c, i);
    size_t at = (image->len + 7u) & ~(size_t)7;
    if (c->args[i].kind == ARG_OUT_DATA && (uint64_t)image->ret < room)
        room = (size_t)image->ret;
    if (at > CALL_ARENA || room > CALL_ARENA - at ||
        m->read(m->arg, (uint64_t)c->v[i].num, image->arena + at, room) == 0)
        return;
    int r = call_register(c->row, i);
    image->arg[r] = at;
    image->ptr |= 1u << r;
    image->len = (uint32_t)(at + call_output_room(c, i));
}

void call_read_outputs(const struct call *c, int64_t ret, const struct call_memory *m, struct call_image *image)
{
    bool failed = ret < 0 && ret >= -4095;
    image->op = c->row->op;
    image->nr = (int32_t)c->row->nr;
    image->ret = failed ? -1 : ret;
    image->err = failed ? (int32_t)-ret : 0;
    image->ptr = image->nfix = image->len = 0;
    for (int i = 0; i < c->nargs && !failed; i++)
        if (c->v[i].type == VALUE_OUTPUT)
            registers_read_output(c, i, m, image);
}
