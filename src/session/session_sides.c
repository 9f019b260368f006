/* Who is driven on which side, and what each side sees: its /proc, its working directory. */
#include "base/mem.h"
#include "proc/procfs.h"
#include "session/private.h"
#include "session/watch.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

size_t session_actors(const struct session *s, const struct actor **out, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < s->nmembers && n < max; i++)
        out[n++] = &s->member[i]->pub;
    return n;
}

struct actor *session_actor(struct session *s, int id)
{
    for (size_t i = 0; i < s->nmembers; i++)
        if (s->member[i]->pub.id == id)
            return &s->member[i]->pub;
    return NULL;
}

struct actor *session_side_actor(const struct session *s, enum side side)
{
    return s->driven[side] ? &s->driven[side]->pub : NULL;
}

struct actor *session_driven(const struct session *s)
{
    return session_side_actor(s, s->side);
}

bool session_drive(struct session *s, int id, struct outcome *o)
{
    struct actor *a = session_actor(s, id);
    if (!a || a->state == ACTOR_DEAD) {
        outcome_set(o, ESRCH, a ? "that actor is dead" : "there is no such actor", a ? a->name : "",
                    ":actors lists them");
        return false;
    }
    s->driven[a->side] = member_of(a);
    s->side = a->side;
    if (s->events.changed)
        s->events.changed(s->events.arg);
    return true;
}

void session_set_side(struct session *s, enum side side)
{
    s->side = side;
    if (s->events.changed)
        s->events.changed(s->events.arg);
}

enum side session_side(const struct session *s)
{
    return s->side;
}

int session_host_proc(struct session *s)
{
    return s->host_proc;
}

int session_container_proc(struct session *s, const char **why)
{
    pid_t witness = session_witness(s);
    int fd = witness ? procfs_of(witness) : -1;
    if (!witness)
        errno = ESRCH;
    if (fd < 0) {
        *why = !witness && s->kind == STAGE_MACHINE
                   ? "no container yet: no program is in namespaces or a root of its own"
               : errno == ENODEV ? "nothing is mounted on /proc in the container: ps would find no process there"
               : errno == ENOENT ? "the container's root has no directory /proc"
               : errno == ESRCH  ? "the process that the container side drove is gone"
                                 : "the container's /proc cannot be read from here";
        close_fd(&s->container_proc);
        return -1;
    }
    struct stat now, old;
    if (s->container_proc >= 0 && fstat(fd, &now) == 0 && fstat(s->container_proc, &old) == 0 &&
        now.st_dev == old.st_dev) {
        close(fd);
        return s->container_proc;
    }
    close_fd(&s->container_proc);
    return s->container_proc = fd;
}

const char *session_cwd(struct session *s, enum side side)
{
    struct member *m = s->driven[side];
    char link[64], root[512], cwd[512];
    if (!m || m->pub.state == ACTOR_DEAD)
        return "?";
    snprintf(link, sizeof link, "/proc/%d/root", (int)m->pub.pid);
    ssize_t nroot = readlink(link, root, sizeof root - 1);
    snprintf(link, sizeof link, "/proc/%d/cwd", (int)m->pub.pid);
    ssize_t ncwd = readlink(link, cwd, sizeof cwd - 1);
    if (nroot < 0 || ncwd < 0)
        return "?";
    root[nroot] = cwd[ncwd] = '\0';
    if (nroot == 1)
        nroot = 0;
    bool inside = !strncmp(cwd, root, (size_t)nroot) && (cwd[nroot] == '/' || !cwd[nroot]);
    autostr struct str safe = {0};
    const char *shown = inside ? cwd + nroot : cwd;
    text_sanitise(&safe, *shown ? shown : "/", strlen(*shown ? shown : "/"), TEXT_LINE);
    snprintf(s->cwd, sizeof s->cwd, "%s%.480s", inside ? "" : "(outside) ", str_c(&safe));
    return s->cwd;
}
