/* What came back: the arguments a call fills in, printed from the arena of the image that returned.
 *
 * The image comes from a process that other programs may have meddled with, so every offset and length is checked
 * again, and lengths come from the call as it was parsed. */
#include "base/errnoname.h"
#include "base/text.h"
#include "call/print.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>

/* The memory behind output argument i, or NULL when there is none. */
static const unsigned char *output_bytes(const struct call *c, int i, const struct call_image *image)
{
    int r = call_register(c->row, i);
    size_t room = call_output_room(c, i);
    if (!image || image->ret == -1 || c->v[i].type != VALUE_OUTPUT || !(image->ptr >> r & 1))
        return NULL;
    uint64_t at = image->arg[r];
    if (image->len > CALL_ARENA || at > image->len || room > image->len - at)
        return NULL;
    return image->arena + at;
}

static void output_signal(struct str *out, int sig)
{
    const char *name = signal_name(sig);
    if (name)
        str_add(out, name);
    else
        str_addf(out, "%d", sig);
}

static void output_status(struct str *out, int s)
{
    str_add(out, "[{");
    if (WIFEXITED(s)) {
        str_addf(out, "WIFEXITED(s) && WEXITSTATUS(s) == %d", WEXITSTATUS(s));
    } else if (WIFSIGNALED(s)) {
        str_add(out, "WIFSIGNALED(s) && WTERMSIG(s) == ");
        output_signal(out, WTERMSIG(s));
        str_add(out, WCOREDUMP(s) ? " && WCOREDUMP(s)" : "");
    } else if (WIFSTOPPED(s)) {
        str_add(out, "WIFSTOPPED(s) && WSTOPSIG(s) == ");
        output_signal(out, WSTOPSIG(s));
    } else {
        str_add(out, "WIFCONTINUED(s)");
    }
    str_add(out, "}]");
}

static void output_utsname(struct str *out, const void *bytes, bool name_only)
{
    struct utsname u;
    memcpy(&u, bytes, sizeof u);
    if (name_only) { /* gethostname() */
        call_print_text(out, u.nodename, strnlen(u.nodename, sizeof u.nodename), PRINT_TEXT_MAX);
        return;
    }
    const struct {
        const char *name, *text;
    } member[] = {{"sysname", u.sysname}, {"nodename", u.nodename}, {"release", u.release},
                  {"version", u.version}, {"machine", u.machine},   {"domainname", u.domainname}};
    str_addc(out, '{');
    for (size_t i = 0; i < COUNT(member); i++) {
        str_addf(out, "%s%s=", i ? ", " : "", member[i].name);
        call_print_text(out, member[i].text, strnlen(member[i].text, sizeof u.nodename), PRINT_TEXT_MAX);
    }
    str_addc(out, '}');
}

static void output_numbers(struct str *out, const unsigned char *bytes, size_t n)
{
    str_addc(out, '[');
    for (size_t i = 0; i < n; i++) {
        uint32_t id;
        memcpy(&id, bytes + i * 4, 4);
        str_addf(out, "%s%u", i ? ", " : "", id);
    }
    str_addc(out, ']');
}

void call_struct_read(const struct call_struct *shape, const unsigned char *bytes, int64_t nums[CALL_MAX_FIELDS])
{
    for (unsigned i = 0; i < shape->n; i++) {
        const struct call_field *f = &shape->field[i];
        uint32_t low = 0, high = 0;
        uint16_t half = 0;
        nums[i] = 0;
        if (f->width == 8)
            memcpy(&nums[i], bytes + f->offset, 8);
        if (f->width == 2) {
            memcpy(&half, bytes + f->offset, 2);
            nums[i] = half;
        }
        if (f->width == 4)
            memcpy(&low, bytes + f->offset, 4);
        if (f->high)
            memcpy(&high, bytes + f->high, 4);
        if (f->width == 4)
            nums[i] = (int64_t)((uint64_t)high << 32 | low);
        if (f->width == 4 && (f->kind == ARG_INT || f->kind == ARG_PID || f->kind == ARG_FD))
            nums[i] = (int32_t)low;
    }
}

static void output_struct(struct str *out, const struct call_struct *shape, const unsigned char *bytes)
{
    int64_t nums[CALL_MAX_FIELDS];
    call_struct_read(shape, bytes, nums);
    print_struct(out, shape, nums);
}

/* "&wstatus", "buf": as it was written, or the prototype's name. */
static void output_name(struct str *out, const struct call *c, int i)
{
    const struct call_arg *a = &c->args[i];
    const char *text = c->v[i].text;
    if (c->made) {
        str_addf(out, "%#llx", (unsigned long long)c->v[i].num);
        return;
    }
    size_t skip = text && *text == '&' ? 1 : 0;
    if (text && (isalpha((unsigned char)text[skip]) || text[skip] == '_')) {
        str_add(out, text);
        return;
    }
    if (a->kind != ARG_OUT_DATA && a->kind != ARG_OUT_TEXT && a->kind != ARG_OUT_IDS && a->kind != ARG_OUT_PAIR)
        str_addc(out, '&');
    if (c->option) { /* prctl's own names, arg2 and arg3, say nothing */
        str_add(out, a->kind == ARG_OUT_TEXT ? "name" : "value");
        return;
    }
    call_arg_name(out, c->row, i);
}

static void output_value(struct str *out, const struct call *c, int i, const unsigned char *bytes, size_t n)
{
    const struct call_arg *a = &c->args[i];
    size_t room = call_output_room(c, i);
    int number;
    switch (a->kind) {
    case ARG_OUT_DATA:
        call_print_text(out, bytes, n < room ? n : room, PRINT_TEXT_MAX);
        break;
    case ARG_OUT_TEXT:
        call_print_text(out, bytes, strnlen((const char *)bytes, room), CALL_ARENA);
        break;
    case ARG_OUT_STATUS:
        memcpy(&number, bytes, 4);
        output_status(out, number);
        break;
    case ARG_OUT_NUMBER:
        memcpy(&number, bytes, 4);
        str_addc(out, '[');
        print_number(out, (enum arg_kind)a->fallback, a->family, number);
        str_addc(out, ']');
        break;
    case ARG_OUT_IDS:
        output_numbers(out, bytes, n < room / 4 ? n : room / 4);
        break;
    case ARG_OUT_PAIR:
        output_numbers(out, bytes, 2);
        break;
    case ARG_OUT_UTSNAME:
        output_utsname(out, bytes, a->fallback);
        break;
    case ARG_OUT_STRUCT:
        output_struct(out, a->shape, bytes);
        break;
    default:
        break;
    }
}

void print_output(struct str *out, const struct call *c, int i, const struct call_image *image)
{
    const unsigned char *bytes = output_bytes(c, i, image);
    size_t n = bytes && image->ret > 0 ? (size_t)image->ret : 0;
    if (c->v[i].type == VALUE_NUMBER)
        str_add(out, "NULL");
    else if (!bytes || (c->args[i].kind == ARG_OUT_STATUS && !n)) /* wait4 that returns 0 has no child to report */
        output_name(out, c, i);
    else
        output_value(out, c, i, bytes, n);
}

/* Compares without regard to blanks; `...` in want stands for anything. */
static bool output_matches(const char *want, const char *got)
{
    for (;;) {
        want += strspn(want, " \t");
        got += strspn(got, " \t");
        if (!strncmp(want, "...", 3)) {
            want += 3;
            do
                if (output_matches(want, got))
                    return true;
            while (*got++);
            return false;
        }
        if (*want != *got)
            return false;
        if (!*want)
            return true;
        want++;
        got++;
    }
}

bool call_outputs_hold(const struct call *c, const struct call_image *image, struct str *got)
{
    bool hold = true;
    for (int i = 0; i < c->nargs; i++) {
        const char *want = c->v[i].type == VALUE_OUTPUT ? c->v[i].text : NULL;
        if (!want || !strchr("[{\"", *want) || !output_bytes(c, i, image))
            continue;
        autostr struct str is = {0};
        print_output(&is, c, i, image);
        if (output_matches(want, str_c(&is)))
            continue;
        if (got)
            str_addf(got, "%s%s", hold ? "" : ", ", str_c(&is));
        hold = false;
    }
    return hold;
}
