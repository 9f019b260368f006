/* Why did it fail? Each errno has candidate causes; each candidate is tested, and only one that holds is told.
 *
 *     EPERM    the caller lacks the capability that the call asks for       CapEff in its status
 *     EINVAL   setuid() to an id that the user namespace does not map       uid_map, gid_map
 *     ENOMEM   fork() into a pid namespace whose process 1 has ended        ns/pid_for_children, and nobody alive in it
 *     ENOENT   execve() of a file that is there, but whose loader is not    PT_INTERP, or the script's first line */
#include "session/why.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "proc/procfs.h"
#include "proc/scan.h"
#include "proc/task.h"
#include "session/elf.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- EPERM ---- */

#define WHY_CAP(name) #name, name

/* What capabilities(7) lists, as far as typed calls go. */
static const struct {
    const char *call, *cap;
    int bit;
} why_caps[] = {
    {"chroot", WHY_CAP(CAP_SYS_CHROOT)},
    {"mount", WHY_CAP(CAP_SYS_ADMIN)},
    {"umount2", WHY_CAP(CAP_SYS_ADMIN)},
    {"fsopen", WHY_CAP(CAP_SYS_ADMIN)},
    {"fsmount", WHY_CAP(CAP_SYS_ADMIN)},
    {"move_mount", WHY_CAP(CAP_SYS_ADMIN)},
    {"open_tree", WHY_CAP(CAP_SYS_ADMIN)},
    {"pivot_root", WHY_CAP(CAP_SYS_ADMIN)},
    {"unshare", WHY_CAP(CAP_SYS_ADMIN)},
    {"clone", WHY_CAP(CAP_SYS_ADMIN)},
    {"setns", WHY_CAP(CAP_SYS_ADMIN)},
    {"sethostname", WHY_CAP(CAP_SYS_ADMIN)},
    {"mknod", WHY_CAP(CAP_MKNOD)},
    {"setuid", WHY_CAP(CAP_SETUID)},
    {"setgid", WHY_CAP(CAP_SETGID)},
    {"setgroups", WHY_CAP(CAP_SETGID)},
    {"chown", WHY_CAP(CAP_CHOWN)},
    {"kill", WHY_CAP(CAP_KILL)},
    {"pidfd_send_signal", WHY_CAP(CAP_KILL)},
};

static bool why_cap_eff(pid_t pid, unsigned long long *caps)
{
    autostr struct str text = {0};
    autofree char *path = xasprintf("%d/status", (int)pid);
    if (!file_read(procfs_self(), path, &text, 65536))
        return false;
    const char *field = strstr(str_c(&text), "\nCapEff:");
    return field && sscanf(field, "\nCapEff: %llx", caps) == 1;
}

static bool why_capability(const struct actor *who, const struct call *c, struct str *out)
{
    const char *name = call_row_of(c)->name;
    unsigned long long caps;
    for (size_t i = 0; i < COUNT(why_caps); i++) {
        if (strcmp(why_caps[i].call, name) != 0)
            continue;
        if (!why_cap_eff(who->pid, &caps) || caps >> why_caps[i].bit & 1)
            return false;
        str_addf(out, "%s() asks for %s, which %s lacks: CapEff in /proc/%d/status is %016llx.", name, why_caps[i].cap,
                 who->name, (int)who->host_pid, caps);
        return true;
    }
    return false;
}

/* ---- EINVAL ---- */

/* Is id inside a range of /proc/PID/uid_map or gid_map? "inside outside count", a range a line; see user_namespaces(7).
 */
static bool why_is_mapped(const char *map, unsigned id)
{
    unsigned inside, count;
    for (; map && *map; map = strchr(map, '\n') ? strchr(map, '\n') + 1 : NULL)
        if (sscanf(map, "%u %*u %u", &inside, &count) == 2 && id >= inside && id - inside < count)
            return true;
    return false;
}

static bool why_unmapped(const struct actor *who, const struct call *c, struct str *out)
{
    const char *name = call_row_of(c)->name;
    bool group = !strcmp(name, "setgid");
    if (!group && strcmp(name, "setuid") != 0)
        return false;
    unsigned id = (unsigned)call_arg_num(c, 0);
    autostr struct str map = {0};
    autofree char *path = xasprintf("%d/%s", (int)who->pid, group ? "gid_map" : "uid_map");
    if (!file_read(procfs_self(), path, &map, 65536) || !map.len || why_is_mapped(str_c(&map), id))
        return false;
    str_addf(out, "%s %u does not exist in this user namespace: no line of /proc/%d/%s has it.",
             group ? "group" : "user", id, (int)who->host_pid, group ? "gid_map" : "uid_map");
    return true;
}

/* ---- ENOMEM ---- */

static bool why_lives_in(pid_t pid, uint64_t ns)
{
    struct task t;
    return procfs_ns(procfs_self(), pid, "pid") == ns && task_read_stat(procfs_self(), pid, &t) && t.state != 'Z' &&
           t.state != 'X';
}

static bool why_dead_init(const struct actor *who, struct str *out)
{
    struct scan all = {0};
    uint64_t ns = procfs_ns(procfs_self(), who->pid, "pid_for_children");
    bool alive = !ns || !scan_read(procfs_self(), &all);
    for (size_t i = 0; i < all.n && !alive; i++)
        alive = why_lives_in(all.v[i].pid, ns);
    scan_free(&all);
    if (!alive)
        str_addf(out,
                 "its children are to be born in pid:[%llu] (/proc/%d/ns/pid_for_children), but that namespace's "
                 "process 1 has ended, and nobody is let in any more.",
                 (unsigned long long)ns, (int)who->host_pid);
    return !alive;
}

/* ---- ENOENT ---- */

/* A path as the caller would resolve it: its root for an absolute one, and not above its directory for the others. */
static int why_open(const struct actor *who, const char *path)
{
    bool absolute = *path == '/';
    struct open_how how = {.flags = O_PATH | O_CLOEXEC,
                           .resolve = RESOLVE_NO_MAGICLINKS | (absolute ? RESOLVE_IN_ROOT : RESOLVE_BENEATH)};
    autofree char *link = xasprintf("%d/%s", (int)who->pid, absolute ? "root" : "cwd");
    autofd int base = openat(procfs_self(), link, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return base < 0 ? -1 : (int)syscall(SYS_openat2, base, path, &how, sizeof how);
}

/* "#!/bin/bash -e": the interpreter that execve(2) starts for a script. */
static bool why_script(const char *path, char *interp, size_t size)
{
    char line[256] = "";
    autofd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    ssize_t n = fd >= 0 ? read(fd, line, sizeof line - 1) : -1;
    if (n < 4 || line[0] != '#' || line[1] != '!')
        return false;
    char *start = line + 2 + strspn(line + 2, " \t");
    snprintf(interp, size, "%.*s", (int)strcspn(start, " \t\n"), start);
    return *interp;
}

static bool why_loader(const struct actor *who, const struct call *c, struct str *out)
{
    const char *path = call_arg_text(c, 0);
    char interp[256], fd_path[64];
    autofd int fd = path ? why_open(who, path) : -1;
    if (fd < 0)
        return false;
    snprintf(fd_path, sizeof fd_path, "/proc/self/fd/%d", fd);
    bool program = elf_inspect_file(fd_path, interp, sizeof interp) == ELF_DYNAMIC;
    if (!program && !why_script(fd_path, interp, sizeof interp))
        return false;
    autofd int there = why_open(who, interp);
    if (there >= 0 || errno != ENOENT)
        return false;
    autostr struct str file = {0}, loader = {0};
    text_sanitise(&file, path, strlen(path), TEXT_LINE);
    text_sanitise(&loader, interp, strlen(interp), TEXT_LINE);
    str_addf(out, "%s is there, but the %s that it names, %s, is not in this root.", str_c(&file),
             program ? "loader" : "interpreter", str_c(&loader));
    return true;
}

bool session_why(const struct actor *who, const struct call *c, const struct call_image *image, struct str *out)
{
    if (image->ret != -1 || who->state == ACTOR_DEAD)
        return false;
    enum call_op op = call_row_of(c)->op;
    switch (image->err) {
    case EPERM:
        return why_capability(who, c, out);
    case EINVAL:
        return why_unmapped(who, c, out);
    case ENOMEM:
        return op == OP_FORK && why_dead_init(who, out);
    case ENOENT:
        return op == OP_EXECVE && why_loader(who, c, out);
    default:
        return false;
    }
}
