#include "base/errnoname.h"
#include "base/text.h"
#include "call/table.h"
#include <string.h>

const struct call_const *family_find(const struct call_family *f, const char *name, size_t len)
{
    for (size_t i = 0; f && i < f->n; i++)
        if (!strncmp(f->v[i].name, name, len) && !f->v[i].name[len])
            return &f->v[i];
    return NULL;
}

const char *family_nearest(const struct call_family *f, const char *name)
{
    if (!f || !f->n)
        return NULL;
    autofree const char **names = xcalloc(f->n + 1, sizeof *names);
    for (size_t i = 0; i < f->n; i++)
        names[i] = f->v[i].name;
    return text_nearest(name, names);
}

static void family_print_rest(struct str *out, const struct call_family *f, uint64_t rest)
{
    str_addf(out, "%#llx", (unsigned long long)rest);
    if (*f->unknown)
        str_addf(out, " /* %s */", f->unknown);
}

static void family_print_one(struct str *out, const struct call_family *f, uint64_t value)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->v[i].value == value) {
            str_add(out, f->v[i].name);
            return;
        }
    const char *realtime = f == &family_signal ? signal_name((int)value) : NULL;
    if (realtime)
        str_add(out, realtime);
    else if (!*f->unknown)
        str_addf(out, "%lld", (long long)value);
    else if (!value)
        str_addf(out, "0 /* %s */", f->unknown);
    else
        family_print_rest(out, f, value);
}

static uint64_t family_bits(const struct call_family *f, const struct call_const *k)
{
    return f->numbered ? 1ull << k->value : k->value;
}

static void family_print_names(struct str *out, const struct call_family *f, uint64_t value)
{
    size_t start = out->len;
    uint64_t rest = value;
    for (size_t i = 0; i < f->n; i++) {
        const struct call_const *k = &f->v[i];
        uint64_t bits = family_bits(f, k);
        if (k->mask ? (value & k->mask) != bits : !bits || (rest & bits) != bits)
            continue;
        if (k->mask && !(rest & k->mask) && bits)
            continue;
        str_addf(out, "%s%s", out->len > start ? "|" : "", k->name);
        rest &= ~bits;
    }
    if (rest && out->len > start)
        str_addf(out, "|%#llx", (unsigned long long)rest);
    else if (rest)
        family_print_rest(out, f, rest);
    else if (out->len == start)
        str_addc(out, '0');
}

/* A set with nearly everything in it reads better by what it lacks: ~0, ~CAP_SYS_RESOURCE, ~(CAP_A|CAP_B). */
static void family_print_set(struct str *out, const struct call_family *f, uint64_t value)
{
    uint64_t all = 0;
    for (size_t i = 0; i < f->n; i++)
        all |= family_bits(f, &f->v[i]);
    uint64_t lacking = all & ~value;
    int n = __builtin_popcountll(lacking);
    if ((value & ~all) || n > (int)f->n / 2) {
        family_print_names(out, f, value);
        return;
    }
    str_addc(out, '~');
    str_add(out, n > 1 ? "(" : "");
    family_print_names(out, f, lacking);
    str_add(out, n > 1 ? ")" : "");
}

/* SWAP_FLAG_PREFER|5 */
static void family_print_plain(struct str *out, const struct call_family *f, uint64_t value)
{
    if (value & ~f->plain) {
        family_print_names(out, f, value & ~f->plain);
        str_addc(out, '|');
    }
    str_addf(out, "%llu", (unsigned long long)(value & f->plain));
}

void family_print(struct str *out, const struct call_family *f, uint64_t value)
{
    if (f->numbered)
        family_print_set(out, f, value);
    else if (f->plain)
        family_print_plain(out, f, value);
    else if (f->bits)
        family_print_names(out, f, value);
    else
        family_print_one(out, f, value);
}
