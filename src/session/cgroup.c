/* Where our own groups are: /proc/self/cgroup gives the path inside each hierarchy, /proc/self/mountinfo where it is
 * mounted. A mount that shows only part of a hierarchy has that part as its root field, which is cut from the path. */
#include "session/cgroup.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "proc/mountinfo.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct cgroup_dir cgroup_none = {.parent = -1, .procs = -1, .kill = -1, .events = -1};

/* Is `word` one of the comma-separated words? */
static bool cgroup_has_word(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = list; (p = strstr(p, word)); p += n)
        if ((p == list || p[-1] == ',') && (p[n] == ',' || p[n] == '\0'))
            return true;
    return false;
}

/* Our path in the hierarchy that has `controller` ("" is cgroup2). false when we are in none. */
static bool cgroup_own_path(const char *controller, char path[256])
{
    autostr struct str text = {0};
    if (!file_read(AT_FDCWD, "/proc/self/cgroup", &text, 65536))
        return false;
    char *save = NULL;
    for (char *line = strtok_r(text.s, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char *list = strchr(line, ':');
        char *own = list ? strchr(list + 1, ':') : NULL;
        if (!own)
            continue;
        *own++ = '\0';
        if (*controller ? cgroup_has_word(list + 1, controller) : !list[1]) {
            snprintf(path, 256, "%s", own);
            return true;
        }
    }
    return false;
}

/* The mount of the hierarchy, NULL when it is not mounted. */
static const struct mount_row *cgroup_mount(const struct mounts *mounts, const char *controller)
{
    for (size_t i = 0; i < mounts->n; i++) {
        const struct mount_row *m = &mounts->v[i];
        if (*controller ? !strcmp(m->type, "cgroup") && cgroup_has_word(m->fs_options, controller)
                        : !strcmp(m->type, "cgroup2"))
            return m;
    }
    return NULL;
}

static struct cgroup_dir cgroup_make_dir(const char *controller, const char *name)
{
    char own[256];
    struct cgroup_dir d = cgroup_none;
    autofd int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC); /* the warden has closed procfs_self() */
    automounts struct mounts mounts = {0};
    const struct mount_row *at = mounts_read(proc, 0, &mounts) ? cgroup_mount(&mounts, controller) : NULL;
    if (!at || !cgroup_own_path(controller, own))
        return d;
    const char *inside = own;
    if (strcmp(at->root, "/") && !strncmp(own, at->root, strlen(at->root)))
        inside = own + strlen(at->root);
    autofree char *parent = xasprintf("%s%s", at->target, strcmp(inside, "/") ? inside : "");
    d.parent = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (d.parent < 0 || mkdirat(d.parent, name, 0755) < 0) {
        close_fd(&d.parent);
        return d;
    }
    snprintf(d.path, sizeof d.path, "%s/%s", parent, name);
    snprintf(d.name, sizeof d.name, "%s", name);
    autofd int dir = openat(d.parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    d.procs = openat(dir, "cgroup.procs", O_RDWR | O_CLOEXEC);
    d.kill = openat(dir, "cgroup.kill", O_WRONLY | O_CLOEXEC);
    d.events = openat(dir, "cgroup.events", O_RDONLY | O_CLOEXEC);
    return d;
}

static bool cgroup_limit(const struct cgroup_dir *d, int max_pids)
{
    if (!d->path[0])
        return false;
    autofree char *file = xasprintf("%s/pids.max", d->path);
    autofd int fd = open(file, O_WRONLY | O_CLOEXEC);
    return fd >= 0 && dprintf(fd, "%d\n", max_pids) > 0;
}

void cgroup_make(struct cgroup *g, const char *name, int max_pids)
{
    *g = (struct cgroup){.unified = cgroup_make_dir("", name), .pids = cgroup_none};
    g->limited = cgroup_limit(&g->unified, max_pids);
    if (g->limited)
        return;
    g->pids = cgroup_make_dir("pids", name);
    g->limited = cgroup_limit(&g->pids, max_pids);
}

static bool cgroup_join_dir(const struct cgroup_dir *d, pid_t pid)
{
    return d->procs >= 0 && dprintf(d->procs, "%d\n", (int)pid) > 0;
}

bool cgroup_join(const struct cgroup *g, pid_t pid)
{
    bool unified = cgroup_join_dir(&g->unified, pid);
    bool pids = cgroup_join_dir(&g->pids, pid);
    return unified || pids;
}

bool cgroup_kill(const struct cgroup *g)
{
    return g->unified.kill >= 0 && write(g->unified.kill, "1", 1) == 1;
}

bool cgroup_populated(const struct cgroup *g)
{
    char text[256];
    ssize_t n = g->unified.events < 0 ? -1 : pread(g->unified.events, text, sizeof text - 1, 0);
    if (n < 0)
        return false;
    text[n] = '\0';
    return strstr(text, "populated 1") != NULL;
}

static bool cgroup_remove_dir(struct cgroup_dir *d)
{
    if (!d->path[0])
        return true;
    if (unlinkat(d->parent, d->name, AT_REMOVEDIR) < 0 && errno != ENOENT)
        return false;
    close_fd(&d->procs);
    close_fd(&d->kill);
    close_fd(&d->events);
    close_fd(&d->parent);
    d->path[0] = '\0';
    return true;
}

bool cgroup_remove(struct cgroup *g)
{
    bool unified = cgroup_remove_dir(&g->unified);
    bool pids = cgroup_remove_dir(&g->pids);
    return unified && pids;
}
