/* The looks that a probe may take at the caller itself: its arguments, ids, capabilities, limits, descriptors, and its
 * namespaces with their owners. See user_namespaces(7), ioctl_nsfs(2), capabilities(7). */
#include "base/file.h"
#include "base/text.h"
#include "proc/procfs.h"
#include "proc/task.h"
#include "session/why_private.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

bool why_saw(struct why_case *k, const char *fmt, ...)
{
    autostr struct str raw = {0};
    va_list ap;
    va_start(ap, fmt);
    str_vaddf(&raw, fmt, ap);
    va_end(ap);
    text_sanitise(k->evidence, str_c(&raw), raw.len, TEXT_LINE);
    return true;
}

/* ---- arguments ---- */

int64_t why_num(const struct why_case *k, int i)
{
    return i < k->c->nargs ? call_arg_num(k->c, i) : 0;
}

const char *why_text(const struct why_case *k, int i)
{
    const char *text = i < k->c->nargs ? call_arg_text(k->c, i) : NULL;
    return text ? text : "";
}

bool why_is(const struct why_case *k, const char *name)
{
    return !strcmp(k->row->name, name);
}

uint64_t why_clone_flags(const struct why_case *k)
{
    enum { CLONE_SIGNAL = 0xff }; /* the child's signal, in clone()'s flags only */
    if (why_is(k, "setns"))
        return (uint64_t)why_num(k, 1);
    if (why_is(k, "unshare"))
        return (uint64_t)why_num(k, 0);
    if (k->c->clone) /* a program's */
        return why_is(k, "clone3") ? k->c->clone[0] : k->c->clone[0] & ~(uint64_t)CLONE_SIGNAL;
    return k->row->op == OP_FORK ? k->image->arg[0] : 0;
}

const char *why_path(const struct why_case *k, int nth, int64_t *dirfd)
{
    for (int i = 0; i < k->c->nargs; i++) {
        if (k->c->args[i].kind != ARG_PATH || nth--)
            continue;
        bool at = i > 0 && k->c->args[i - 1].family == &family_dirfd;
        *dirfd = at ? why_num(k, i - 1) : AT_FDCWD;
        return call_arg_text(k->c, i);
    }
    return NULL;
}

/* ---- the caller ---- */

bool why_status_line(pid_t pid, const char *field, struct str *out)
{
    char path[48], key[48];
    autostr struct str text = {0};
    snprintf(path, sizeof path, "%d/status", (int)pid);
    snprintf(key, sizeof key, "\n%s:\t", field);
    if (!file_read(procfs_self(), path, &text, 65536) || !text.len)
        return false;
    const char *at = strstr(text.s, key);
    if (!at)
        return false;
    at += strlen(key);
    str_addn(out, at, strcspn(at, "\n"));
    return true;
}

long why_status(const struct why_case *k, pid_t pid, const char *field, int base)
{
    autostr struct str line = {0};
    return why_status_line(pid, field, &line) ? (long)strtoull(str_c(&line), NULL, base) : -1;
}

bool why_ids(const struct why_case *k, const char *field, long id[4])
{
    autostr struct str line = {0};
    return why_status_line(k->pid, field, &line) &&
           sscanf(str_c(&line), "%ld %ld %ld %ld", &id[0], &id[1], &id[2], &id[3]) == 4;
}

bool why_has_cap(const struct why_case *k, int cap)
{
    autostr struct str line = {0};
    return why_status_line(k->pid, "CapEff", &line) && strtoull(str_c(&line), NULL, 16) >> cap & 1;
}

const char *why_cap_name(int cap)
{
    static _Thread_local char name[40]; /* the tracer's thread asks, too */
    char *lower = cap_to_name(cap);
    size_t n = lower ? strlen(lower) : 0;
    for (size_t i = 0; i <= n && i < sizeof name; i++)
        name[i] = !n || i == n ? '\0' : lower[i] == '_' ? '_' : (char)(lower[i] & ~0x20);
    cap_free(lower);
    return name;
}

long why_limit(const struct why_case *k, const char *name)
{
    char path[48];
    autostr struct str text = {0};
    snprintf(path, sizeof path, "%d/limits", (int)k->pid);
    const char *at = file_read(procfs_self(), path, &text, 65536) ? strstr(str_c(&text), name) : NULL;
    if (!at)
        return -1;
    at += strlen(name);
    at += strspn(at, " ");
    return *at == 'u' ? -1 : atol(at);
}

int why_count_fds(const struct why_case *k)
{
    char path[48];
    snprintf(path, sizeof path, "/proc/%d/fd", (int)k->pid);
    DIR *d = opendir(path);
    int n = 0;
    for (struct dirent *e; d && (e = readdir(d));)
        n += e->d_name[0] != '.';
    if (d)
        closedir(d);
    return n;
}

bool why_fd_link(const struct why_case *k, int64_t fd, struct str *out)
{
    char path[64], link[512];
    snprintf(path, sizeof path, "/proc/%d/fd/%lld", (int)k->pid, (long long)fd);
    ssize_t n = readlink(path, link, sizeof link);
    if (n < 0)
        return false;
    str_addn(out, link, (size_t)n);
    return true;
}

bool why_pidfd_ended(const struct why_case *k, int64_t fd)
{
    char path[64];
    struct task t = {0};
    autostr struct str info = {0};
    snprintf(path, sizeof path, "%d/fdinfo/%lld", (int)k->pid, (long long)fd);
    const char *at = file_read(procfs_self(), path, &info, 4096) ? strstr(str_c(&info), "Pid:\t") : NULL;
    return at && (!task_read_stat(procfs_self(), (pid_t)atol(at + 5), &t) || t.state == 'Z');
}

/* ---- the machine's switches ---- */

static const char *why_proc = "/proc";

void why_pretend(const char *proc)
{
    why_proc = proc ? proc : "/proc";
}

long why_switch(const char *name)
{
    autostr struct str text = {0};
    autofree char *path = xasprintf("%s/sys/%s", why_proc, name);
    return file_read(AT_FDCWD, path, &text, 64) && text.len ? atol(str_c(&text)) : -1;
}

bool why_label(const struct why_case *k, struct str *out)
{
    autofree char *path = xasprintf("%s/%d/attr/current", why_proc, (int)k->pid);
    if (!file_read(AT_FDCWD, path, out, 4096) || !out->len)
        return false;
    str_cut(out, strcspn(str_c(out), "\n"));
    return out->len && strncmp(str_c(out), "unconfined", 10);
}

/* ---- namespaces ---- */

uint64_t why_ns(const struct why_case *k, const char *name)
{
    return procfs_ns(procfs_self(), k->pid, name);
}

int why_open_ns(const struct why_case *k, const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)k->pid, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

static uint64_t why_inode(int fd)
{
    struct stat st;
    return fd >= 0 && fstat(fd, &st) == 0 ? st.st_ino : 0;
}

/* Capabilities count in the caller's own user namespace and in all below it. NS_GET_USERNS and NS_GET_PARENT refuse
 * what is above our own: then the owner is above the caller's, too. */
bool why_owns_fd(const struct why_case *k, int nsfd)
{
    uint64_t mine = why_ns(k, "user");
    int fd = nsfd < 0 ? -1 : ioctl(nsfd, NS_GET_NSTYPE) == CLONE_NEWUSER ? dup(nsfd) : ioctl(nsfd, NS_GET_USERNS);
    bool found = false;
    while (fd >= 0 && !(found = why_inode(fd) == mine)) {
        int parent = ioctl(fd, NS_GET_PARENT);
        close(fd);
        fd = parent;
    }
    close_fd(&fd);
    return found;
}

bool why_owns(const struct why_case *k, const char *name)
{
    autofd int fd = why_open_ns(k, name);
    return why_owns_fd(k, fd);
}

int why_user_depth(const struct why_case *k)
{
    int depth = 0, fd = why_open_ns(k, "user");
    while (fd >= 0) {
        int parent = ioctl(fd, NS_GET_PARENT);
        close(fd);
        fd = parent;
        depth += fd >= 0;
    }
    return depth;
}

/* Below the machine's first user namespace, whose inode is fixed (PROC_USER_INIT_INO). */
bool why_in_child_userns(const struct why_case *k)
{
    uint64_t ino = why_ns(k, "user");
    return ino && ino != 0xEFFFFFFDu;
}

bool why_read_in(int userfd, const char *path, struct str *out)
{
    if (why_inode(userfd) == procfs_ns(procfs_self(), getpid(), "user"))
        return file_read(AT_FDCWD, path, out, 4096);
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return false;
    pid_t pid = fork();
    if (pid == 0) {
        char buf[1024];
        int fd = setns(userfd, CLONE_NEWUSER) < 0 ? -1 : open(path, O_RDONLY);
        ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof buf);
        _exit(n < 0 || write(ends[1], buf, (size_t)n) != n);
    }
    close(ends[1]);
    char buf[1024];
    ssize_t n = pid < 0 ? -1 : read(ends[0], buf, sizeof buf);
    close(ends[0]);
    if (pid > 0)
        waitpid(pid, NULL, 0); /* whoever waits for all children may have been faster */
    if (n <= 0)
        return false;
    str_addn(out, buf, (size_t)n);
    return true;
}

bool why_maps(const struct why_case *k, const char *map, enum why_numbering how, int64_t id)
{
    char path[48];
    autostr struct str text = {0};
    snprintf(path, sizeof path, "%d/%s", (int)k->pid, map);
    if (!file_read(procfs_self(), path, &text, 65536))
        return true;
    long long from[2], n;
    for (const char *p = str_c(&text); sscanf(p, "%lld %lld %lld", &from[0], &from[1], &n) == 3;) {
        long long first = from[how == WHY_OUTSIDE];
        if (id >= first && id < first + n)
            return true;
        p = strchr(p, '\n');
        if (!p++)
            break;
    }
    return false;
}
