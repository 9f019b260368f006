/* This learner: the file `learner` in the state directory, made when it is first asked for, holds a random id and the
 * name. It says nothing about the machine, and goes nowhere by itself. */
#include "base/file.h"
#include "base/text.h"
#include "lesson/progress_file_private.h"
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct progress_own {
    char *dir, *log, *learner;
};

static void progress_own_open(struct progress_own *w, const char *dir)
{
    w->dir = dir ? xstrdup(dir) : user_state_dir();
    w->log = xasprintf("%s/progress.log", w->dir);
    w->learner = xasprintf("%s/learner", w->dir);
}

static void progress_own_close(struct progress_own *w)
{
    free(w->dir);
    free(w->log);
    free(w->learner);
}

static char *progress_own_login(void)
{
    const struct passwd *pw = getpwuid(user_uid());
    return pw && pw->pw_name && *pw->pw_name ? xstrdup(pw->pw_name) : xasprintf("user %u", (unsigned)user_uid());
}

/* 1: it is there, 0: there is none, -1: *o. */
static int progress_own_read(const struct progress_own *w, char **id, char **name, struct outcome *o)
{
    char hex[33], line[256];
    int used = 0;
    autostr struct str text = {0};
    if (!file_read(AT_FDCWD, w->learner, &text, 4096))
        return errno == ENOENT || errno == ENOTDIR ? 0 : outcome_set(o, errno, "read", w->learner, NULL);
    if (sscanf(str_c(&text), "porthole learner 1\nid: %32[0-9a-f]\nname: %255[^\n]%n", hex, line, &used) != 2 ||
        !used || strlen(hex) != 32)
        return outcome_set(o, 0, "read", w->learner, "it is damaged; without that file a new learner id is made");
    *id = xstrdup(hex);
    *name = progress_file_safe_name(line);
    return 1;
}

static int progress_own_write(const struct progress_own *w, const char *id, const char *name, struct outcome *o)
{
    autostr struct str text = {0};
    str_addf(&text, "porthole learner 1\nid: %s\nname: %s\n", id, name);
    if (!file_mkdirs(w->dir) || !file_replace(w->learner, text.s, text.len))
        return outcome_set(o, errno, "write", w->learner, NULL);
    return 0;
}

static char *progress_own_new_id(void)
{
    unsigned char bytes[16];
    char hex[33];
    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
        return NULL;
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    return xstrdup(hex);
}

static int progress_own_identify(const struct progress_own *w, bool create, const char *name, struct progress_file *f,
                                 struct outcome *o)
{
    int found = progress_own_read(w, &f->id, &f->name, o);
    if (found < 0)
        return -1;
    autofree char *wanted = name ? progress_file_safe_name(name) : xstrdup("");
    if (name && !*wanted)
        return outcome_set(o, 0, "the learner's name is empty", "", "--name takes a name");
    if (!found)
        f->id = create ? progress_own_new_id() : xstrdup("");
    if (!f->id)
        return outcome_set(o, errno, "make a random id", "", NULL);
    if (!f->name || *wanted) {
        free(f->name);
        f->name = *wanted ? xstrdup(wanted) : progress_own_login();
    }
    return create && (!found || *wanted) ? progress_own_write(w, f->id, f->name, o) : 0;
}

int progress_file_own(const char *dir, bool create, const char *name, struct progress_file *f, struct outcome *o)
{
    _cleanup_(progress_own_close)
    struct progress_own w = {0};
    bool torn;
    *f = (struct progress_file){0};
    progress_own_open(&w, dir);
    if (progress_own_identify(&w, create, name, f, o) < 0)
        return -1;
    if (!progress_file_read_log(w.log, f, &torn))
        return outcome_set(o, errno, "read", w.log, NULL);
    return 0;
}

/* Whose progress is it from now on? */
static int progress_import_identity(const struct progress_own *w, const struct progress_file *from, bool anyone,
                                    struct outcome *o)
{
    autofree char *id = NULL, *name = NULL;
    int found = progress_own_read(w, &id, &name, o);
    if (found < 0 || !*from->id || anyone)
        return found < 0 ? -1 : 0;
    if (!found)
        return progress_own_write(w, from->id, from->name, o);
    if (!strcmp(id, from->id))
        return 0;
    autofree char *where = xasprintf("%s (learner %.8s)", from->name, from->id);
    return outcome_set(o, 0, "this is the progress of another learner", where,
                       "`porthole report FILE` shows it; with --yes it is merged into that of %s (learner %.8s)", name,
                       id);
}

long progress_import(const char *dir, const struct progress_file *from, bool anyone, struct outcome *o)
{
    _cleanup_(progress_own_close)
    struct progress_own w = {0};
    _cleanup_(progress_file_free)
    struct progress_file own = {0};
    autostr struct str added = {0};
    bool torn;
    progress_own_open(&w, dir);
    if (!file_mkdirs(w.dir))
        return outcome_set(o, errno, "make the directory", w.dir, NULL);
    if (!progress_file_read_log(w.log, &own, &torn))
        return outcome_set(o, errno, "read", w.log, NULL);
    if (progress_import_identity(&w, from, anyone, o) < 0)
        return -1;
    if (torn)
        str_addc(&added, '\n');
    size_t n = progress_file_merge(&own, from, &added);
    if (n && !file_append(w.log, added.s, added.len))
        return outcome_set(o, errno, "append to", w.log, NULL);
    return (long)n;
}

/* A name of its own for each: two resets in one second keep both. */
static int progress_reset_directory(const struct progress_own *w, struct str *path, struct outcome *o)
{
    time_t now = time(NULL);
    struct tm tm;
    char when[32];
    size_t start = path->len;
    strftime(when, sizeof when, "%Y%m%dT%H%M%SZ", gmtime_r(&now, &tm));
    for (int i = 1; i < 1000; i++) {
        str_cut(path, start);
        str_addf(path, "%s/backup-%s", w->dir, when);
        if (i > 1)
            str_addf(path, "-%d", i);
        if (access(str_c(path) + start, F_OK) < 0 && errno == ENOENT)
            return file_mkdirs(str_c(path) + start) ? 0 : outcome_set(o, errno, "make", str_c(path) + start, NULL);
    }
    return outcome_set(o, EEXIST, "make a backup directory in", w->dir, NULL);
}

int progress_reset(const char *dir, struct str *backup, struct outcome *o)
{
    static const char *const names[] = {"progress.log", "session"};
    _cleanup_(progress_own_close)
    struct progress_own w = {0};
    size_t start = backup->len;
    int moved = 0;
    progress_own_open(&w, dir);
    for (size_t i = 0; i < COUNT(names); i++) {
        autofree char *from = xasprintf("%s/%s", w.dir, names[i]);
        if (access(from, F_OK) < 0)
            continue;
        if (!moved && progress_reset_directory(&w, backup, o) < 0)
            return -1;
        autofree char *to = xasprintf("%s/%s", backup->s + start, names[i]);
        if (rename(from, to) < 0)
            return outcome_set(o, errno, "move", from, NULL);
        moved++;
    }
    return moved;
}
