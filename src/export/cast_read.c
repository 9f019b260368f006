/* A line is parsed by jansson, and is gone again before the next: what is kept are times, kinds, and one text in which
 * all output stands in a row. */
#include "export/cast_read.h"
#include "base/file.h"
#include "base/text.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAST_SIDE_MAX    65535 /* columns, rows */
#define CAST_SECONDS_MAX 1e9

struct cast_reader {
    struct cast *cast;
    const char *name;
    struct str *error;
    int line, version;
    int64_t last_us;
};

static bool cast_fault(struct cast_reader *r, const char *what)
{
    autofree char *text = xasprintf("%s:%d: %s", r->name, r->line, what);
    text_sanitise(r->error, text, strlen(text), TEXT_LINE);
    return false;
}

/* The first line. */

static bool cast_side(const json_t *v, int *out)
{
    json_int_t n = json_integer_value(v);
    *out = (int)n;
    return json_is_integer(v) && n > 0 && n <= CAST_SIDE_MAX;
}

static bool cast_take_head(struct cast_reader *r, const json_t *head)
{
    struct cast *c = r->cast;
    const json_t *version = json_object_get(head, "version"), *term = json_object_get(head, "term");
    if (!json_is_object(head) || !json_is_integer(version))
        return cast_fault(r, "this is no asciicast: its first line has no \"version\"");
    r->version = (int)json_integer_value(version);
    if (r->version != 2 && r->version != 3)
        return cast_fault(r, "an asciicast of another version; 2 and 3 can be played");
    bool sized = r->version == 2 ? cast_side(json_object_get(head, "width"), &c->cols) &&
                                       cast_side(json_object_get(head, "height"), &c->rows)
                                 : cast_side(json_object_get(term, "cols"), &c->cols) &&
                                       cast_side(json_object_get(term, "rows"), &c->rows);
    if (!sized)
        return cast_fault(r, r->version == 2 ? "\"width\" and \"height\" must be positive numbers"
                                             : "\"term\" must have \"cols\" and \"rows\", positive numbers");
    const char *title = json_string_value(json_object_get(head, "title"));
    double limit = json_number_value(json_object_get(head, "idle_time_limit"));
    c->title = xstrdup(title ? title : "");
    c->idle_limit = limit > 0 && limit < CAST_SECONDS_MAX ? limit : 0;
    return true;
}

/* Events. */

static bool cast_take_size(struct cast_reader *r, struct cast_event *e, const char *text)
{
    char rest;
    if (!isdigit((unsigned char)*text) || sscanf(text, "%5dx%5d%c", &e->cols, &e->rows, &rest) != 2 || e->cols < 1 ||
        e->rows < 1 || e->cols > CAST_SIDE_MAX || e->rows > CAST_SIDE_MAX)
        return cast_fault(r, "a resize must be \"COLUMNSxROWS\"");
    return true;
}

/* Version 2 counts from the start, version 3 from the event before. Recorders' clocks may be set back. */
static bool cast_take_time(struct cast_reader *r, const json_t *v)
{
    double t = json_number_value(v);
    if (!json_is_number(v) || !(t >= 0 && t <= CAST_SECONDS_MAX))
        return cast_fault(r, "an event begins with its time in seconds");
    int64_t us = (int64_t)(t * 1e6 + 0.5) + (r->version == 3 ? r->last_us : 0);
    if (us > r->last_us)
        r->last_us = us;
    return r->last_us <= (int64_t)(CAST_SECONDS_MAX * 1e6) || cast_fault(r, "it would play for too long");
}

static bool cast_take_event(struct cast_reader *r, const json_t *v)
{
    struct cast *c = r->cast;
    const json_t *kind = json_array_get(v, 1), *data = json_array_get(v, 2);
    if (!json_is_array(v) || json_array_size(v) < 3 || !json_is_string(kind) || !json_is_string(data))
        return cast_fault(r, "an event is [time, \"kind\", \"data\"]");
    if (!cast_take_time(r, json_array_get(v, 0)))
        return false;
    struct cast_event e = {.us = r->last_us, .at = c->text.len, .len = json_string_length(data)};
    if (json_string_length(kind) != 1 || !strchr("orm", *json_string_value(kind)))
        return true;
    e.kind = *json_string_value(kind);
    if (e.kind == 'r' && !cast_take_size(r, &e, json_string_value(data)))
        return false;
    str_addn(&c->text, json_string_value(data), e.len);
    GROW(c->v, c->n, c->cap);
    c->v[c->n++] = e;
    return true;
}

/* Lines. */

static bool cast_line(struct cast_reader *r, const char *line, size_t n, bool last)
{
    json_error_t bad;
    if (!n || (r->version == 3 && *line == '#'))
        return true;
    json_t *v = json_loadb(line, n, JSON_ALLOW_NUL, &bad);
    if (!v && last && r->version) {
        r->cast->torn = true;
        return true;
    }
    if (!v) {
        autofree char *what = xasprintf("this is no JSON: %s", bad.text);
        return cast_fault(r, r->version ? what : "this is no asciicast: its first line is no JSON");
    }
    bool ok = r->version ? cast_take_event(r, v) : cast_take_head(r, v);
    json_decref(v);
    return ok;
}

struct cast *cast_parse(const char *name, const char *text, size_t n, struct str *error)
{
    struct cast_reader r = {.cast = xcalloc(1, sizeof *r.cast), .name = name, .error = error};
    bool ok = true;
    while (n && ok) {
        const char *end = memchr(text, '\n', n);
        size_t len = end ? (size_t)(end - text) : n, used = end ? len + 1 : n;
        r.line++;
        size_t bare = len && text[len - 1] == '\r' ? len - 1 : len;
        ok = cast_line(&r, text, bare, !end);
        text += used;
        n -= used;
    }
    r.line += !r.line;
    if (ok && !r.version)
        ok = cast_fault(&r, "this is no asciicast: there is nothing in it");
    if (ok)
        return r.cast;
    cast_free(r.cast);
    return NULL;
}

struct cast *cast_load(const char *path, struct str *error)
{
    autostr struct str text = {0};
    if (file_read(AT_FDCWD, path, &text, CAST_FILE_MAX))
        return cast_parse(path, str_c(&text), text.len, error);
    autofree char *why = xasprintf("%s: %s", path, errno == EFBIG ? "it is too large to be played" : strerror(errno));
    text_sanitise(error, why, strlen(why), TEXT_LINE);
    return NULL;
}

void cast_free(struct cast *c)
{
    if (!c)
        return;
    str_free(&c->text);
    free(c->title);
    free(c->v);
    free(c);
}

int64_t cast_length_us(const struct cast *c)
{
    return c->n ? c->v[c->n - 1].us : 0;
}
