/* Devices, owners of files, and chroot. See mknod(2), chown(2), chroot(2), user_namespaces(7). */
#include "session/why_private.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool mknod_in_userns(struct why_case *k)
{
    int at = why_is(k, "mknodat") ? 2 : 1;
    return (S_ISCHR((mode_t)why_num(k, at)) || S_ISBLK((mode_t)why_num(k, at))) && why_in_child_userns(k) &&
           why_saw(k, "the caller is in user:[%llu]", (unsigned long long)why_ns(k, "user"));
}

static int chown_first_id(const struct why_case *k)
{
    return why_is(k, "fchownat") ? 2 : 1;
}

static bool chown_unmapped(struct why_case *k)
{
    static const char *const maps[] = {"uid_map", "gid_map"};
    for (int i = 0; i < 2; i++) {
        int64_t id = (uint32_t)why_num(k, chown_first_id(k) + i);
        if (id != 0xffffffff && !why_maps(k, maps[i], WHY_INSIDE, id))
            return why_saw(k, "%s of the caller has no line for %lld", maps[i], (long long)id);
    }
    return false;
}

static bool chown_foreign_file(struct why_case *k)
{
    struct stat st;
    if (!why_stat_arg(k, 0, true, &st))
        return false;
    return (!why_maps(k, "uid_map", WHY_OUTSIDE, st.st_uid) || !why_maps(k, "gid_map", WHY_OUTSIDE, st.st_gid)) &&
           why_saw(k, "its owner is not mapped in the caller's user namespace");
}

static bool chroot_left_outside(struct why_case *k)
{
    char root[1024] = "", cwd[1024] = "", link[48];
    snprintf(link, sizeof link, "/proc/%d/root", (int)k->pid);
    (void)!readlink(link, root, sizeof root - 1);
    snprintf(link, sizeof link, "/proc/%d/cwd", (int)k->pid);
    (void)!readlink(link, cwd, sizeof cwd - 1);
    size_t n = strcmp(root, "/") ? strlen(root) : 0;
    return (strncmp(cwd, root, n) || (cwd[n] && cwd[n] != '/')) &&
           why_saw(k, "the root is %s, the working directory %s", root, cwd);
}

const struct why_row why_rows_owner[] = {
    {"mknod mknodat", EPERM, "devices-are-the-machines", mknod_in_userns,
     "Devices belong to the machine: in a user namespace nobody may make them, whatever capabilities he has there.",
     "Bind the host's: make an empty file, then mount(\"/dev/null\", FILE, NULL, MS_BIND, NULL)."},
    {"chown lchown fchown fchownat", EINVAL, "unmapped-id", chown_unmapped,
     "That id has no meaning in the caller's user namespace: it is not mapped.",
     "Take one that /proc/self/uid_map and gid_map have."},
    {"chown lchown fchown fchownat chmod", EPERM, "foreign-owner", chown_foreign_file,
     "Capabilities count only over files whose owner is mapped in the caller's user namespace.",
     "Do it from the namespace that the owner belongs to."},
    {"chroot", 0, "left-outside", chroot_left_outside,
     "chroot() moves only the root: the working directory is still outside, and \"..\" leads on from there.",
     "chdir(\"/\") next."},
    {0},
};
