/* Where lessons come from. A pack is a directory of NN-topic.md files, and its name is the directory's.
 *
 * A search path, from --lessons or $PORTHOLE_LESSONS, says which packs there are, and in which order; it is taken or
 * refused as a whole. Without one, and where an element of it is empty, stand the packs that are there by themselves:
 * the course that came with the program (the first place that has one), then the user's own. The course comes first, so
 * that its lessons keep their numbers. */
#include "base/file.h"
#include "base/mem.h"
#include "lesson/course_private.h"
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef PORTHOLE_DATADIR
#define PORTHOLE_DATADIR "/usr/local/share/porthole"
#endif

/* "03-chroot.md": two digits keep a directory listing in order. */
int course_is_lesson(const struct dirent *d)
{
    const char *s = d->d_name;
    size_t n = strlen(s);
    return n > 6 && isdigit((unsigned char)s[0]) && isdigit((unsigned char)s[1]) && s[2] == '-' &&
           !strcmp(s + n - 3, ".md");
}

int course_by_name(const struct dirent **a, const struct dirent **b)
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

static bool course_has_pack(const struct course *c, const char *name)
{
    for (size_t i = 0; i < c->npacks; i++)
        if (!strcmp(c->packs[i].name, name))
            return true;
    return false;
}

/* The second "lessons" is "lessons-2". */
static char *course_free_name(const struct course *c, const char *name)
{
    char *free_name = xstrdup(name);
    for (int i = 2; course_has_pack(c, free_name); i++) {
        free(free_name);
        free_name = xasprintf("%s-%d", name, i);
    }
    return free_name;
}

/* A directory that is there already is not there twice. name: NULL for the directory's own. */
static void course_add_pack(struct course *c, const char *dir, const char *name)
{
    for (size_t i = 0; i < c->npacks; i++)
        if (course_same_file(c->packs[i].dir, dir))
            return;
    autofree char *real = name ? NULL : realpath(dir, NULL);
    const char *slash = real ? strrchr(real, '/') : NULL;
    c->packs = xrealloc(c->packs, (c->npacks + 1) * sizeof *c->packs);
    c->packs[c->npacks] = (struct pack){.name = course_free_name(c, name                ? name
                                                                    : slash && slash[1] ? slash + 1
                                                                                        : "lessons"),
                                        .dir = xstrdup(dir)};
    c->npacks++;
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

static void course_add_installed(struct course *c)
{
    char *tries[] = {course_beside("lessons"), course_beside("../lessons"), course_beside("../share/porthole/lessons"),
                     xstrdup(PORTHOLE_DATADIR "/lessons")};
    bool found = false;
    for (size_t i = 0; i < COUNT(tries); i++) {
        if (!found && tries[i] && course_has_lessons(tries[i])) {
            course_add_pack(c, tries[i], "course");
            found = true;
        }
        free(tries[i]);
    }
}

static void course_add_defaults(struct course *c)
{
    autofree char *data = user_data_dir();
    autofree char *own = xasprintf("%s/lessons", data);
    course_add_installed(c);
    if (course_has_lessons(own))
        course_add_pack(c, own, "own");
}

static int course_refuse(const char *dir, bool from_environment, struct outcome *o)
{
    return outcome_set(o, 0, "find lessons", dir, "there is no NN-topic.md in it%s",
                       from_environment ? "; PORTHOLE_LESSONS names it: correct or unset it" : "");
}

/* A directory whose name holds a colon can be named alone. */
static int course_add_path(struct course *c, const char *path, bool from_environment, struct outcome *o)
{
    if (course_has_lessons(path)) {
        course_add_pack(c, path, NULL);
        return 0;
    }
    autofree char *copy = xstrdup(path);
    for (char *rest = copy, *dir; (dir = strsep(&rest, ":"));) {
        if (!*dir)
            course_add_defaults(c);
        else if (course_has_lessons(dir))
            course_add_pack(c, dir, NULL);
        else
            return course_refuse(dir, from_environment, o);
    }
    return 0;
}

int course_find_packs(struct course *c, const char *path, struct outcome *o)
{
    const char *env = getenv("PORTHOLE_LESSONS");
    const char *given = path ? path : env && *env ? env : NULL;
    if (given && course_add_path(c, given, !path, o) < 0)
        return -1;
    if (!given)
        course_add_defaults(c);
    if (!c->npacks)
        return outcome_set(o, 0, "find lessons", PORTHOLE_DATADIR "/lessons",
                           "none is installed; name a directory with --lessons or PORTHOLE_LESSONS");
    return 0;
}
