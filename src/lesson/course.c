#include "lesson/course.h"
#include "base/mem.h"
#include "base/text.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef PORTHOLE_DATADIR
#define PORTHOLE_DATADIR "/usr/local/share/porthole"
#endif

/* "03-chroot.md": two digits keep a directory listing in order. */
static int course_is_lesson(const struct dirent *d)
{
    const char *s = d->d_name;
    size_t n = strlen(s);
    return n > 6 && isdigit((unsigned char)s[0]) && isdigit((unsigned char)s[1]) && s[2] == '-' &&
           !strcmp(s + n - 3, ".md");
}

static int course_by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name); /* alphasort() would follow the locale */
}

static bool course_has_lessons(const char *dir)
{
    struct dirent **names;
    int n = scandir(dir, &names, course_is_lesson, course_by_name);
    for (int i = 0; i < n; i++)
        free(names[i]);
    if (n >= 0)
        free(names);
    return n > 0;
}

/* DIR/BELOW, where DIR holds the running program. */
static char *course_beside(const char *below)
{
    char exe[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (n <= 0)
        return NULL;
    exe[n] = '\0';
    char *slash = strrchr(exe, '/');
    if (!slash)
        return NULL;
    *slash = '\0';
    return xasprintf("%s/%s", exe, below);
}

/* A given directory is used or refused; the others are tried in turn. */
static char *course_dir(const char *dir, struct outcome *o)
{
    const char *env = getenv("PORTHOLE_LESSONS");
    const char *given = dir ? dir : env && *env ? env : NULL;
    if (given) {
        if (course_has_lessons(given))
            return xstrdup(given);
        outcome_set(o, 0, "find lessons", given, "there is no NN-topic.md in it%s",
                    dir ? "" : "; PORTHOLE_LESSONS names it: correct or unset it");
        return NULL;
    }
    char *tries[] = {course_beside("lessons"), course_beside("../lessons"), course_beside("../share/porthole/lessons"),
                     xstrdup(PORTHOLE_DATADIR "/lessons")};
    char *found = NULL;
    for (size_t i = 0; i < COUNT(tries); i++) {
        if (!found && tries[i] && course_has_lessons(tries[i]))
            found = tries[i];
        else
            free(tries[i]);
    }
    if (!found)
        outcome_set(o, 0, "find lessons", PORTHOLE_DATADIR "/lessons",
                    "none is installed; name a directory with --lessons or PORTHOLE_LESSONS");
    return found;
}

static struct lesson *course_by_id(const struct course *c, const char *id)
{
    for (size_t i = 0; i < c->n; i++)
        if (!strcmp(c->v[i]->id, id))
            return c->v[i];
    return NULL;
}

static void course_add(struct course *c, struct lesson *l, lesson_fault_fn fault, void *arg)
{
    struct lesson *same = course_by_id(c, l->id);
    if (same) {
        autofree char *text = xasprintf("id \"%s\" is taken by %s", l->id, same->path);
        if (fault)
            fault(arg, l->path, 1, true, text);
        lesson_free(l);
        return;
    }
    c->v = xrealloc(c->v, (c->n + 1) * sizeof *c->v);
    c->v[c->n++] = l;
}

struct course *course_load(const char *dir, lesson_fault_fn fault, void *arg, struct outcome *o)
{
    autofree char *found = course_dir(dir, o);
    if (!found)
        return NULL;
    struct dirent **names;
    int n = scandir(found, &names, course_is_lesson, course_by_name);
    if (n < 0) {
        outcome_set(o, errno, "read the lessons", found, NULL);
        return NULL;
    }
    struct course *c = xcalloc(1, sizeof *c);
    c->dir = steal_ptr(&found);
    for (int i = 0; i < n; i++) {
        autofree char *path = xasprintf("%s/%s", c->dir, names[i]->d_name);
        struct lesson *l = lesson_load(path, fault, arg);
        if (l)
            course_add(c, l, fault, arg);
        free(names[i]);
    }
    free(names);
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
    free(c->v);
    free(c->extra);
    free(c->dir);
    free(c);
}

static bool course_same_file(const char *a, const char *b)
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

struct lesson *course_find(struct course *c, const char *what, lesson_fault_fn fault, void *arg, struct outcome *o)
{
    size_t n = strlen(what);
    if (n && strspn(what, "0123456789") == n) {
        unsigned long number = strtoul(what, NULL, 10);
        return number >= 1 && number <= c->n ? c->v[number - 1] : course_unknown(c, what, o);
    }
    struct lesson *l = course_by_id(c, what);
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

struct lesson *course_next(const struct course *c, const struct lesson *l)
{
    int number = course_number(c, l);
    return number && (size_t)number < c->n ? c->v[number] : NULL;
}

int course_lint(const struct course *c, lesson_fault_fn fault, void *arg)
{
    int found = 0;
    for (size_t i = 0; i < c->n; i++) {
        const struct lesson *l = c->v[i], *before = *l->after ? course_by_id(c, l->after) : NULL;
        autofree char *text = NULL;
        if (!*l->after) {
            if (!i)
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
