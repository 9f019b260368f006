/* Ids, their maps and capabilities. See user_namespaces(7), credentials(7), capabilities(7). */
#include "base/file.h"
#include "proc/procfs.h"
#include "session/why_private.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* ---- writing maps ---- */

/* Is the descriptor that is written to /proc/N/NAME? *pid gets N as that /proc numbers it. */
static bool map_is(const struct why_case *k, const char *name)
{
    autostr struct str link = {0};
    if (!why_fd_link(k, why_num(k, 0), &link))
        return false;
    const char *base = strrchr(str_c(&link), '/');
    return base && !strcmp(base + 1, name);
}

/* What the file that the caller has open holds now. */
static bool map_read(const struct why_case *k, struct str *out)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd/%lld", (int)k->pid, (long long)why_num(k, 0));
    return file_read(AT_FDCWD, path, out, 65536);
}

static bool map_is_one(const struct why_case *k)
{
    return map_is(k, "uid_map") || map_is(k, "gid_map");
}

static bool map_written_before(struct why_case *k)
{
    autostr struct str now = {0};
    if (!map_is_one(k) || !map_read(k, &now) || !now.len)
        return false;
    str_cut(&now, strcspn(now.s, "\n"));
    return why_saw(k, "it reads \"%s\"", str_c(&now) + strspn(str_c(&now), " "));
}

static bool map_needs_deny(struct why_case *k)
{
    char path[48];
    autostr struct str setgroups = {0};
    snprintf(path, sizeof path, "%d/setgroups", (int)k->pid);
    return map_is(k, "gid_map") && file_read(procfs_self(), path, &setgroups, 64) &&
           !strncmp(str_c(&setgroups), "allow", 5) && why_saw(k, "setgroups of the same process says allow");
}

/* Lines and ids of the map that was written. */
static bool map_parse(const struct why_case *k, long long line[3], int *lines)
{
    const char *p = why_text(k, 1);
    *lines = 0;
    for (long long v[3]; sscanf(p, "%lld %lld %lld", &v[0], &v[1], &v[2]) == 3; p++) {
        if (!(*lines)++)
            memcpy(line, v, sizeof v);
        p = strchr(p, '\n');
        if (!p || !p[1])
            break;
    }
    return *lines;
}

/* The user namespace of the process whose map it is, as the caller's /proc shows it. 0: not to be seen. */
static uint64_t map_target(const struct why_case *k)
{
    autostr struct str link = {0};
    if (!why_fd_link(k, why_num(k, 0), &link))
        return 0;
    char *base = strrchr(str_c(&link), '/');
    if (!base)
        return 0;
    *base = '\0';
    const char *pid = strrchr(link.s, '/');
    autofd int proc = procfs_of(k->pid);
    return proc < 0 || !pid ? 0 : procfs_ns(proc, (pid_t)atol(pid + 1), "user");
}

/* Who is in the new namespace has no capabilities in its parent, whoever he is there. */
static bool map_from_inside(const struct why_case *k)
{
    return map_target(k) == why_ns(k, "user") || !why_has_cap(k, map_is(k, "uid_map") ? CAP_SETUID : CAP_SETGID);
}

/* The second number is one of the parent namespace, which is the writer's own. */
static bool map_not_in_parent(struct why_case *k)
{
    long long line[3];
    int lines;
    const char *map = map_is(k, "uid_map") ? "uid_map" : "gid_map";
    return map_is_one(k) && map_parse(k, line, &lines) && map_target(k) != why_ns(k, "user") &&
           !(why_maps(k, map, WHY_INSIDE, line[1]) && why_maps(k, map, WHY_INSIDE, line[1] + line[2] - 1)) &&
           why_saw(k, "%s of the writer has no line for %lld to %lld", map, line[1], line[1] + line[2] - 1);
}

static bool map_too_many(struct why_case *k)
{
    long long line[3];
    int lines;
    return map_is_one(k) && map_from_inside(k) && map_parse(k, line, &lines) && (lines > 1 || line[2] > 1) &&
           why_saw(k, "%d line%s, %lld id%s in the first", lines, lines == 1 ? "" : "s", line[2],
                   line[2] == 1 ? "" : "s");
}

/* The outside id, in the numbering of the parent namespace: what the unmapped caller still is there. */
static bool map_not_mine(struct why_case *k)
{
    long long line[3];
    long id[4];
    int lines;
    bool uid = map_is(k, "uid_map");
    if (!map_is_one(k) || !map_from_inside(k) || !map_parse(k, line, &lines) || lines != 1 || line[2] != 1 ||
        !why_ids(k, uid ? "Uid" : "Gid", id))
        return false;
    /* The host side's own map turns the machine's number into the one that it has outside. */
    pid_t host = k->stage->host;
    long mine = id[1];
    long long from, to, n;
    char path[48];
    autostr struct str text = {0};
    snprintf(path, sizeof path, "%d/%s", (int)host, uid ? "uid_map" : "gid_map");
    if (host && procfs_ns(procfs_self(), host, "user") != procfs_ns(procfs_self(), getpid(), "user") &&
        file_read(procfs_self(), path, &text, 4096) && sscanf(str_c(&text), "%lld %lld %lld", &from, &to, &n) == 3)
        mine = (long)(id[1] - to + from);
    return line[1] != mine && why_saw(k, "it maps %lld, and the writer is %ld out there", line[1], mine);
}

static bool map_setgroups_late(struct why_case *k)
{
    char path[48];
    autostr struct str map = {0};
    snprintf(path, sizeof path, "%d/gid_map", (int)k->pid);
    return map_is(k, "setgroups") && file_read(procfs_self(), path, &map, 4096) && map.len &&
           why_saw(k, "gid_map has a line already");
}

static bool map_malformed(struct why_case *k)
{
    long long line[3];
    int lines;
    return map_is_one(k) && (!map_parse(k, line, &lines) || line[2] <= 0 || line[0] < 0 || line[1] < 0) &&
           why_saw(k, "it was \"%.60s\"", why_text(k, 1));
}

static bool map_not_at_start(struct why_case *k)
{
    char path[64];
    autostr struct str info = {0};
    snprintf(path, sizeof path, "%d/fdinfo/%lld", (int)k->pid, (long long)why_num(k, 0));
    return map_is_one(k) && file_read(procfs_self(), path, &info, 4096) && strncmp(str_c(&info), "pos:\t0\n", 7) &&
           why_saw(k, "%.*s in /proc/PID/fdinfo", (int)strcspn(info.s, "\n"), info.s);
}

static bool map_setgroups_word(struct why_case *k)
{
    const char *t = why_text(k, 1);
    return map_is(k, "setgroups") && strncmp(t, "deny", 4) && strncmp(t, "allow", 5) &&
           why_saw(k, "it was \"%.40s\"", t);
}

/* ---- the clocks of a time namespace ---- */

static bool clock_in_use(struct why_case *k)
{
    uint64_t own = why_ns(k, "time"), kids = why_ns(k, "time_for_children");
    return map_is(k, "timens_offsets") && own &&
           (own == kids ? why_saw(k, "time:[%llu] is its own, and it is in it", (unsigned long long)own)
                        : why_saw(k, "time:[%llu] has had a process", (unsigned long long)kids));
}

static bool clock_negative(struct why_case *k)
{
    return map_is(k, "timens_offsets") && strchr(why_text(k, 1), '-') && why_saw(k, "it was \"%.60s\"", why_text(k, 1));
}

static bool clock_unknown(struct why_case *k)
{
    const char *t = why_text(k, 1);
    return map_is(k, "timens_offsets") && strncmp(t, "monotonic ", 10) && strncmp(t, "boottime ", 9) &&
           why_saw(k, "it was \"%.60s\"", t);
}

/* ---- becoming somebody ---- */

static bool id_unmapped(struct why_case *k)
{
    bool group = strstr(k->row->name, "gid") || why_is(k, "setgroups");
    const char *map = group ? "gid_map" : "uid_map";
    if (why_is(k, "setgroups")) {
        const struct call_value *v = &k->c->v[1];
        for (size_t i = 0; i < v->n && v->nums; i++)
            if (!why_maps(k, map, WHY_INSIDE, v->nums[i]))
                return why_saw(k, "%s has no line for %lld", map, (long long)v->nums[i]);
        return false;
    }
    for (int i = 0; i < k->c->nargs; i++) {
        int64_t id = (uint32_t)why_num(k, i);
        if (id != 0xffffffff && !why_maps(k, map, WHY_INSIDE, id))
            return why_saw(k, "%s has no line for %lld", map, (long long)id);
    }
    return false;
}

static bool groups_denied(struct why_case *k)
{
    char path[48];
    autostr struct str text = {0};
    snprintf(path, sizeof path, "%d/setgroups", (int)k->pid);
    return file_read(procfs_self(), path, &text, 64) && !strncmp(str_c(&text), "deny", 4) &&
           why_saw(k, "/proc/PID/setgroups says deny");
}

static bool groups_unmapped(struct why_case *k)
{
    char path[48];
    autostr struct str text = {0};
    snprintf(path, sizeof path, "%d/gid_map", (int)k->pid);
    return file_read(procfs_self(), path, &text, 4096) && !text.len && why_saw(k, "gid_map is empty");
}

/* ---- capabilities, prctl ---- */

static bool caps_not_permitted(struct why_case *k)
{
    autostr struct str line = {0};
    if (k->c->nargs < 2 || !k->c->v[1].nums || k->c->v[1].n < 2 || !why_status_line(k->pid, "CapPrm", &line))
        return false;
    uint64_t have = strtoull(str_c(&line), NULL, 16);
    for (size_t i = 0; i < 2; i++) {
        uint64_t more = (uint64_t)k->c->v[1].nums[i] & ~have;
        if (more)
            return why_saw(k, "CapPrm is %llx, which lacks %s", (unsigned long long)have,
                           why_cap_name(__builtin_ctzll(more)));
    }
    return false;
}

static bool prctl_one_way(struct why_case *k)
{
    return why_num(k, 0) == PR_SET_NO_NEW_PRIVS && why_num(k, 1) != 1 &&
           why_saw(k, "NoNewPrivs is %ld in its status", why_status(k, k->pid, "NoNewPrivs", 10));
}

static bool prctl_filter_needs_promise(struct why_case *k)
{
    bool filter = why_is(k, "seccomp") ? why_num(k, 0) == SECCOMP_SET_MODE_FILTER : why_num(k, 0) == PR_SET_SECCOMP;
    return filter && why_status(k, k->pid, "NoNewPrivs", 10) == 0 && !why_has_cap(k, CAP_SYS_ADMIN) &&
           why_saw(k, "NoNewPrivs: 0 in its status, and no CAP_SYS_ADMIN");
}

static bool prctl_still_effective(struct why_case *k)
{
    int cap = (int)why_num(k, 1);
    return why_num(k, 0) == PR_CAPBSET_DROP && why_has_cap(k, cap) &&
           why_saw(k, "CapEff still has %s", why_cap_name(cap));
}

#define SETIDS "setuid setgid setreuid setregid setresuid setresgid"
const struct why_row why_rows_user[] = {
    {"write", EPERM, "map-written-before", map_written_before, "A map can be written once, and it has been.",
     "A new user namespace gets a new map."},
    {"write", EPERM, "map-not-in-parent", map_not_in_parent,
     "The ids on the outer side have to exist in the parent namespace, which has them only as far as they are mapped "
     "there.",
     "Take numbers that the writer's own uid_map or gid_map has, in its first column."},
    {"write", EPERM, "setgroups-first", map_needs_deny,
     "Without privilege outside, gid_map can be written only after setgroups was denied: else a group that takes "
     "rights "
     "away could be left.",
     "Write \"deny\" to /proc/self/setgroups first."},
    {"write", EPERM, "map-too-large", map_too_many,
     "Who has no CAP_SETUID (CAP_SETGID) in the parent namespace may map a single id.",
     "Map one id, or let newuidmap or root outside write the map."},
    {"write", EPERM, "map-not-own-id", map_not_mine,
     "Who has no CAP_SETUID (CAP_SETGID) in the parent namespace may map no id but his own.",
     "The second number has to be the id that the writer has outside."},
    {"write", EPERM, "setgroups-too-late", map_setgroups_late,
     "setgroups can be changed only before gid_map is written.", "Write it first, in a new user namespace."},
    {"write", EINVAL, "map-at-once", map_not_at_start,
     "A map is written whole, with one write() at the start of the file: this descriptor has written before.",
     "Hand all lines to one write(); a map can be written only once."},
    {"write", EINVAL, "map-malformed", map_malformed,
     "A line of a map is three numbers: first id inside, first id outside, how many.", "Write \"0 1000 1\"."},
    {"write", EACCES, "clock-in-use", clock_in_use,
     "The clocks of a time namespace can be set only before the first process is in it.",
     "unshare(CLONE_NEWTIME), write, and then fork()."},
    {"write", ERANGE, "clock-before-boot", clock_negative,
     "No clock may show a time before 0, or more than a few centuries.", "Take a smaller offset."},
    {"write", EINVAL, "clock-unknown", clock_unknown,
     "Only the clocks \"monotonic\" and \"boottime\" have offsets: the date is the same in all containers.",
     "Write \"monotonic 864000 0\": clock, seconds, nanoseconds."},
    {"write", EINVAL, "setgroups-word", map_setgroups_word, "setgroups takes \"allow\" or \"deny\" only.",
     "Write \"deny\"."},

    {SETIDS " setgroups", EINVAL, "unmapped-id", id_unmapped,
     "That id has no meaning in the caller's user namespace: it is not mapped.",
     "Take one that /proc/self/uid_map or gid_map has, or write the map first."},
    {"setgroups", EPERM, "groups-denied", groups_denied,
     "In this user namespace setgroups is denied: that was the price of writing gid_map without privilege.",
     "Do without; or have root outside write gid_map, without the deny."},
    {"setgroups", EPERM, "no-gid-map", groups_unmapped, "Before gid_map is written nobody may change his groups.",
     "Write gid_map first."},
    {"capset", EPERM, "not-permitted", caps_not_permitted,
     "A capability that is not in the permitted set cannot be taken back.", "execve() as uid 0 may give it again."},
    {"prctl seccomp", EACCES, "filter-needs-promise", prctl_filter_needs_promise,
     "Who has no CAP_SYS_ADMIN may set a seccomp filter only after no_new_privs: else a setuid program would run under "
     "it.",
     "prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) first."},
    {"prctl", EINVAL, "one-way", prctl_one_way, "no_new_privs can be set and never be taken back.",
     "Only a process that was not told so is free of it."},
    {"prctl", 0, "still-effective", prctl_still_effective,
     "The bounding set limits what an execve() gives; what the caller already has, it keeps until then.",
     "Take it out of the effective and permitted sets as well, with capset()."},
    {0},
};
