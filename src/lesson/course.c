#include "base/mem.h"
#include "base/text.h"
#include "lesson/course_private.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct lesson *course_by_id(const struct course *c, const char *id)
{
    for (size_t i = 0; i < c->n; i++)
        if (!strcmp(c->v[i]->id, id))
            return c->v[i];
    return NULL;
}

static void course_leave_out(struct lesson *l, const struct lesson *same, lesson_fault_fn fault, void *arg)
{
    autofree char *text = xasprintf("id \"%s\" is taken by %s", l->id, same->path);
    if (fault)
        fault(arg, l->path, 1, true, text);
    lesson_free(l);
}

/* Ids are unique: one that another pack has already is put behind its own pack's name, in the log of progress, too. */
static void course_add(struct course *c, const struct pack *pack, struct lesson *l, lesson_fault_fn fault, void *arg)
{
    struct lesson *same = course_by_id(c, l->id);
    if (same && (size_t)course_number(c, same) <= pack->first) {
        autofree char *id = l->id;
        l->id = xasprintf("%s/%s", pack->name, id);
        autofree char *text = xasprintf("id \"%s\" is that of %s, too: this one is \"%s\"", id, same->path, l->id);
        if (fault)
            fault(arg, l->path, 1, false, text);
        same = course_by_id(c, l->id);
    }
    if (same) {
        course_leave_out(l, same, fault, arg);
        return;
    }
    c->v = xrealloc(c->v, (c->n + 1) * sizeof *c->v);
    c->v[c->n++] = l;
}

static int course_load_pack(struct course *c, struct pack *pack, lesson_fault_fn fault, void *arg, struct outcome *o)
{
    struct dirent **names;
    int n = scandir(pack->dir, &names, course_is_lesson, course_by_name);
    if (n < 0)
        return outcome_set(o, errno, "read the lessons", pack->dir, NULL);
    pack->first = c->n;
    for (int i = 0; i < n; i++) {
        autofree char *path = xasprintf("%s/%s", pack->dir, names[i]->d_name);
        struct lesson *l = lesson_load(path, fault, arg);
        if (l)
            course_add(c, pack, l, fault, arg);
        free(names[i]);
    }
    free(names);
    pack->n = c->n - pack->first;
    return 0;
}

struct course *course_load(const char *path, lesson_fault_fn fault, void *arg, struct outcome *o)
{
    struct course *c = xcalloc(1, sizeof *c);
    bool good = course_find_packs(c, path, o) == 0;
    for (size_t i = 0; good && i < c->npacks; i++)
        good = course_load_pack(c, &c->packs[i], fault, arg, o) == 0;
    if (!good) {
        course_free(c);
        return NULL;
    }
    c->dir = xstrdup(c->packs[0].dir);
    return c;
}

void course_free(struct course *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->n; i++)
        lesson_free(c->v[i]);
    for (size_t i = 0; i < c->nextra; i++)
        lesson_free(c->extra[i]);
    for (size_t i = 0; i < c->npacks; i++) {
        free(c->packs[i].name);
        free(c->packs[i].dir);
    }
    free(c->packs);
    free(c->v);
    free(c->extra);
    free(c->dir);
    free(c);
}

bool course_same_file(const char *a, const char *b)
{
    struct stat sa, sb;
    return stat(a, &sa) == 0 && stat(b, &sb) == 0 && sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

static struct lesson *course_open(struct course *c, const char *path, lesson_fault_fn fault, void *arg,
                                  struct outcome *o)
{
    for (size_t i = 0; i < c->n; i++)
        if (course_same_file(c->v[i]->path, path))
            return c->v[i];
    if (access(path, R_OK) < 0) {
        outcome_set(o, errno, "open the lesson", path, NULL);
        return NULL;
    }
    struct lesson *l = lesson_load(path, fault, arg);
    if (!l) {
        outcome_set(o, 0, "read the lesson", path, "it has faults; `porthole lint` lists them");
        return NULL;
    }
    c->extra = xrealloc(c->extra, (c->nextra + 1) * sizeof *c->extra);
    c->extra[c->nextra++] = l;
    return l;
}

static struct lesson *course_unknown(const struct course *c, const char *what, struct outcome *o)
{
    autofree const char **ids = xcalloc(c->n + 1, sizeof *ids);
    for (size_t i = 0; i < c->n; i++)
        ids[i] = c->v[i]->id;
    const char *near = *what ? text_nearest(what, ids) : NULL;
    autofree char *where = xasprintf("\"%s\"", what);
    if (near)
        outcome_set(o, 0, "there is no lesson", where, "nearest: %s (number %d)", near,
                    course_number(c, course_by_id(c, near)));
    else
        outcome_set(o, 0, "there is no lesson", where,
                    "take a number from 1 to %zu, a name from `porthole list`, or a file", c->n);
    return NULL;
}

/* The only lesson whose id starts with what; NULL when none or several do. */
static struct lesson *course_by_prefix(const struct course *c, const char *what)
{
    struct lesson *found = NULL;
    for (size_t i = 0; *what && i < c->n; i++) {
        if (!text_has_prefix(c->v[i]->id, what))
            continue;
        if (found)
            return NULL;
        found = c->v[i];
    }
    return found;
}

/* "team/chroot": a lesson of one pack, whether another has that id or not. */
static struct lesson *course_in_pack(const struct course *c, const char *what)
{
    const char *slash = strchr(what, '/');
    for (size_t i = 0; slash && i < c->n; i++) {
        const struct pack *pack = course_pack(c, c->v[i]);
        size_t n = strlen(pack->name);
        if ((size_t)(slash - what) == n && !strncmp(what, pack->name, n) && !strcmp(slash + 1, c->v[i]->id))
            return c->v[i];
    }
    return NULL;
}

struct lesson *course_find(struct course *c, const char *what, lesson_fault_fn fault, void *arg, struct outcome *o)
{
    size_t n = strlen(what);
    if (n && strspn(what, "0123456789") == n) {
        unsigned long number = strtoul(what, NULL, 10);
        return number >= 1 && number <= c->n ? c->v[number - 1] : course_unknown(c, what, o);
    }
    struct lesson *l = course_by_id(c, what);
    if (!l)
        l = course_in_pack(c, what);
    if (!l && (strchr(what, '/') || (n > 3 && !strcmp(what + n - 3, ".md"))))
        return course_open(c, what, fault, arg, o);
    if (!l)
        l = course_by_prefix(c, what);
    return l ? l : course_unknown(c, what, o);
}

int course_number(const struct course *c, const struct lesson *l)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->v[i] == l)
            return (int)i + 1;
    return 0;
}

const struct pack *course_pack(const struct course *c, const struct lesson *l)
{
    int number = course_number(c, l);
    for (size_t i = 0; number && i < c->npacks; i++)
        if ((size_t)number <= c->packs[i].first + c->packs[i].n)
            return &c->packs[i];
    return NULL;
}

struct lesson *course_next(const struct course *c, const struct lesson *l)
{
    const struct pack *pack = course_pack(c, l);
    size_t next = (size_t)course_number(c, l);
    return next && next < (pack ? pack->first + pack->n : c->n) ? c->v[next] : NULL;
}

int course_lint(const struct course *c, lesson_fault_fn fault, void *arg)
{
    int found = 0;
    for (size_t i = 0; i < c->n; i++) {
        const struct lesson *l = c->v[i], *before = *l->after ? course_by_id(c, l->after) : NULL;
        autofree char *text = NULL;
        if (!*l->after) {
            if (course_pack(c, l)->first == i)
                continue;
            text = xasprintf("only the first lesson has no `after:`; this one follows \"%s\"", c->v[i - 1]->id);
        } else if (!before) {
            text = xasprintf("after \"%s\": there is no such lesson", l->after);
        } else if (course_number(c, before) > (int)i) {
            text = xasprintf("after \"%s\", but that lesson comes later; rename the files", l->after);
        } else {
            continue;
        }
        found++;
        fault(arg, l->path, l->after_line ? l->after_line : 1, true, text);
    }
    return found;
}
