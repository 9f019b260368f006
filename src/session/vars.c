#include "session/vars.h"
#include "base/mem.h"
#include "base/text.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static size_t vars_find(const struct vars *vars, const char *name, size_t len)
{
    size_t i = 0;
    while (i < vars->n && !(!strncmp(vars->v[i], name, len) && vars->v[i][len] == '='))
        i++;
    return i;
}

const char *vars_get(const struct vars *vars, const char *name)
{
    size_t len = strlen(name), i = vars_find(vars, name, len);
    return i < vars->n ? vars->v[i] + len + 1 : NULL;
}

void vars_set(struct vars *vars, const char *name, const char *value)
{
    size_t i = vars_find(vars, name, strlen(name));
    if (i == vars->n) {
        GROW(vars->v, vars->n, vars->cap);
        vars->v[vars->n++] = NULL;
    }
    char *old = vars->v[i]; /* value may point into it */
    vars->v[i] = xasprintf("%s=%s", name, value);
    free(old);
}

void vars_clear(struct vars *vars)
{
    for (size_t i = 0; i < vars->n; i++)
        free(vars->v[i]);
    free(vars->v);
    *vars = (struct vars){0};
}

/* Appends one shell word's value, which ends at a newline outside quotes; returns where it ended. */
static const char *vars_unquote(struct str *out, const char *p)
{
    str_addn(out, "", 0);
    while (*p && *p != '\n') {
        if (*p == '\'') {
            const char *end = strchr(++p, '\'');
            if (!end)
                return p + strlen(p);
            str_addn(out, p, (size_t)(end - p));
            p = end + 1;
        } else if (*p == '"') {
            for (p++; *p && *p != '"'; p++) {
                if (*p == '\\' && p[1] && strchr("\"\\$`\n", p[1]))
                    p++;
                str_addc(out, *p);
            }
            p += *p == '"';
        } else {
            if (*p == '\\' && p[1])
                p++;
            str_addc(out, *p++);
        }
    }
    return p;
}

/* Without the variable that is about to be replaced. */
static size_t vars_bytes(const struct vars *vars, const char *but)
{
    size_t n = 0, skip = vars_find(vars, but, strlen(but));
    for (size_t i = 0; i < vars->n; i++)
        n += i == skip ? 0 : strlen(vars->v[i]) + 1;
    return n;
}

static void vars_unset(struct vars *vars, const char *name)
{
    size_t i = vars_find(vars, name, strlen(name));
    if (i == vars->n)
        return;
    free(vars->v[i]);
    vars->v[i] = vars->v[--vars->n];
}

static void vars_keep(struct vars *vars, const char *name, const char *value, struct str *too_long)
{
    size_t room = vars->room ? vars->room : VARS_ROOM;
    if (strlen(name) + strlen(value) + 2 + vars_bytes(vars, name) <= room) {
        vars_set(vars, name, value);
        return;
    }
    vars_unset(vars, name); /* rather none than an old value */
    if (too_long)
        str_addf(too_long, "porthole: %s is lost after this line: a side keeps %zu bytes of variables\n", name, room);
}

void vars_read_export(struct vars *vars, const char *p, bool (*skip)(const char *name), struct str *too_long)
{
    while (*p) {
        const char *at = text_has_prefix(p, "export ") ? p + 7 : text_has_prefix(p, "declare -x ") ? p + 11 : NULL;
        size_t len = 0;
        while (at && (isalnum((unsigned char)at[len]) || at[len] == '_'))
            len++;
        if (at && len && at[len] == '=') {
            autofree char *name = xstrndup(at, len);
            autostr struct str value = {0};
            p = vars_unquote(&value, at + len + 1);
            if (!skip(name))
                vars_keep(vars, name, str_c(&value), too_long);
        }
        p += strcspn(p, "\n");
        p += *p == '\n';
    }
}
