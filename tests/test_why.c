/* Every row of :why, provoked by a real call on a real stage: is the cause named, and no other before it? */
#include "support.h"

#include "why.h"

#include "session/why_private.h"
#include "stage.h"
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* A line each: "N call(...)" is made by actor N, "N$ command" is run there, "N? call(...)" is made and explained.
 * What it needs beyond a practice stage: R the real stage, D several ids in the practice host, B the real stage and a
 * file system for block devices. */
struct why_try {
    const char *cause;
    int err;
    const char *lines[14];
    char needs;
};

#define CONTAINER_NS "2 unshare(CLONE_NEWPID|CLONE_NEWNS)", "2 fork()"
#define USER_NS      "2 unshare(CLONE_NEWUSER|CLONE_NEWNS)"
#define OPEN(file)   "2 open(\"/proc/self/" file "\", O_RDWR)"
#define MAP_USER                                                                                                       \
    "2 unshare(CLONE_NEWUSER|CLONE_NEWNS)", OPEN("setgroups"), "2 write(3, \"deny\")", OPEN("uid_map"),                \
        "2 write(4, \"0 0 1\")", OPEN("gid_map"), "2 write(5, \"0 0 1\")"
#define DIR_D   "2 mkdir(\"d\", 0755)"
#define TMPFS_D "2 mount(\"t\", \"d\", \"tmpfs\")"
#define NO_CAPS "2 capset(0, {effective=0, permitted=0, inheritable=0})"

static const struct why_try tries[] = {
    /* processes */
    {"init-died", ENOMEM, {"2 unshare(CLONE_NEWPID)", "2 fork()", "3 exit(0)", "2 wait4(-1)", "2? fork()"}},
    {"init-died", ENOMEM, {"2 unshare(CLONE_NEWPID)", "2 fork()", "3 exit(0)", "2? fork()"}}, /* still a zombie */
    {"process-limit",
     EAGAIN,
     {"1$ (i=0; while [ $i -lt 520 ]; do sleep 31341 & i=$((i+1)); done) 2>/dev/null || true", "2 fork()", "2 fork()",
      "2 fork()", "2 fork()", "2? fork()"}},
    {"stale-proc", ESRCH, {"2 chroot(\"/\")", "2 unshare(CLONE_NEWPID)", "2 fork()", "3? kill(4, 0)"}},
    {"outer-number",
     ESRCH,
     {CONTAINER_NS, "3 mount(\"proc\", \"/proc\", \"proc\")", "3 fork()", "3? kill($outer4, 0)"}},
    {"inner-number",
     ESRCH,
     {CONTAINER_NS, "3$ i=0; while [ $i -lt 60 ]; do $rootfs/bin/true; i=$((i+1)); done", "3 fork()",
      "1? kill($inner, 0)"}},
    {"outside", ESRCH, {CONTAINER_NS, "3 mount(\"proc\", \"/proc\", \"proc\")", "3? kill($outer2, SIGTERM)"}},
    {"gone", ESRCH, {"2? kill(4000000, 0)"}},
    {"gone", ESRCH, {"2? pidfd_open(4000000, 0)"}},
    {"no-group", ESRCH, {"2? kill(-4000000, 0)"}},
    {"other-user", EPERM, {"2 setresuid(1000, 1000, 1000)", "2? kill(1, SIGTERM)"}, 'D'},
    {"no-such-signal", EINVAL, {"2? kill(1, 99)"}},
    {"init-inside", 0, {CONTAINER_NS, "3? kill(1, SIGKILL)"}},
    {"init-inside", 0, {"2? kill(1, SIGTERM)"}},
    {"init-outside", 0, {CONTAINER_NS, "2? kill($outer3, SIGTERM)"}},
    {"zombie", 0, {"2 fork()", "3 exit(0)", "2? kill($outer3, SIGKILL)"}},
    {"zombie", 0, {"2 fork()", "3 exit(0)", "2? kill($outer3, 0)"}},
    {"ignored",
     0,
     {"1$ sh -c 'trap \"\" TERM; sleep 31342' & export victim=$!; sleep 0.2", "1? kill($victim, SIGTERM)"}},
    {"stopped",
     0,
     {"1$ sleep 31343 & export victim=$!", "1 kill($victim, SIGSTOP)",
      "1$ while ! grep -q 'State:.[Tt]' /proc/$victim/status; do sleep 0.01; done", "1? kill($victim, SIGTERM)"}},
    {"blocked", 0, {"2 fork()", "2? kill($outer3, SIGTTOU)"}},
    {"nobody-yet", 0, {"2 fork()", "2? wait4(-1, status, WNOHANG, NULL)"}},
    {"not-mine", ESRCH, {"2? setpgid(1, 1)"}},
    {"session-leader", EPERM, {"2? setpgid(0, 0)"}},
    {"ended",
     ESRCH,
     {"2 fork()", "2 pidfd_open($outer3, 0)", "3 exit(0)", "2 wait4(-1)", "2? pidfd_send_signal(3, SIGTERM, NULL, 0)"}},
    {"no-child", ECHILD, {"2? wait4(-1)"}},
    {"not-a-child", ECHILD, {"2? wait4(1)"}},
    {"waited-already", ECHILD, {"2 fork()", "3 exit(0)", "2 wait4($outer3)", "2? wait4($outer3)"}},
    {"group-leader", EPERM, {"2? setsid()"}},

    /* execve */
    {"no-loader", ENOENT, {"2$ cp \"$dynamic\" rootfs/dyn", "2 chroot(\"rootfs\")", "2? execve(\"/dyn\", [\"dyn\"])"}},
    {"no-interpreter",
     ENOENT,
     {"2$ printf '#!/bin/python9\\n' > rootfs/s; chmod 755 rootfs/s", "2? execve(\"rootfs/s\", [\"s\"])"}},
    {"no-interpreter",
     ENOENT,
     {"2$ printf '#! /bin/nosuch -e\\n' > rootfs/s; chmod 755 rootfs/s", "2 chroot(\"rootfs\")", "2 chdir(\"/\")",
      "2? execve(\"s\", [\"s\"])"}},
    {"missing", ENOENT, {"2? execve(\"/bin/nothing\", [\"x\"])"}},
    {"is-a-directory", EACCES, {"2? execve(\"rootfs\", [\"x\"])"}},
    {"not-executable", EACCES, {"2$ echo hi > f", "2? execve(\"f\", [\"f\"])"}},
    {"noexec",
     EACCES,
     {"2 mkdir(\"d\", 0755)", "2 mount(\"x\", \"d\", \"tmpfs\", MS_NOEXEC)", "2$ cp rootfs/bin/busybox d/b",
      "2? execve(\"d/b\", [\"b\"])"}},
    {"no-program", ENOEXEC, {"2$ echo hi > f; chmod 755 f", "2? execve(\"f\", [\"f\"])"}},
    {"being-written",
     ETXTBSY,
     {"2$ cp rootfs/bin/busybox b", "2 open(\"b\", O_WRONLY)", "2 fork()", "3? execve(\"b\", [\"b\"])"}},

    /* mount */
    {"superblock-remount",
     EPERM,
     {"2 unshare(CLONE_NEWNS)", "2? mount(NULL, \"/tmp\", NULL, MS_REMOUNT|MS_RDONLY)"},
     'R'},
    {"foreign-pid-namespace",
     EPERM,
     {"2 unshare(CLONE_NEWUSER|CLONE_NEWNS)", "2? mount(\"proc\", \"/proc\", \"proc\")"}},
    {"masked-proc",
     EPERM,
     {"2 mount(\"/dev/null\", \"/proc/timer_list\", NULL, MS_BIND)",
      "2 unshare(CLONE_NEWUSER|CLONE_NEWNS|CLONE_NEWPID)", "2 fork()", "3? mount(\"proc\", \"/proc\", \"proc\")"}},
    {"locked-flags", EPERM, {USER_NS, "2? mount(NULL, \"/\", NULL, MS_REMOUNT|MS_BIND)"}},
    {"foreign-net-namespace", EPERM, {USER_NS, "2? mount(\"s\", \"/tmp\", \"sysfs\")"}},
    {"machine-only-type", EPERM, {"2? mount(\"d\", \"/tmp\", \"devtmpfs\")"}},
    {"no-capability", EPERM, {NO_CAPS, "2? mount(\"d\", \"/tmp\", \"tmpfs\")"}},
    {"foreign-owner", EPERM, {"2 unshare(CLONE_NEWUSER)", "2? mount(\"d\", \"/tmp\", \"tmpfs\")"}},
    {"not-a-mount-point", EINVAL, {"2? mount(NULL, \"rootfs\", NULL, MS_PRIVATE)"}},
    {"not-a-mount-point", EINVAL, {"2? mount(NULL, \"rootfs\", NULL, MS_REMOUNT|MS_BIND|MS_RDONLY)"}},
    {"moves-no-mount", EINVAL, {"2? mount(\"rootfs/bin\", \"/tmp\", NULL, MS_MOVE)"}},
    {"bind-needs-rec", EINVAL, {USER_NS, "2? mount(\"/dev\", \"/tmp\", NULL, MS_BIND)"}},
    {"overlay-layers", EINVAL, {"2? mount(\"o\", \"/tmp\", \"overlay\", 0, \"lowerdir=/lab\")"}},
    {"unmapped-id-option", EINVAL, {MAP_USER, "2? mount(\"t\", \"/tmp\", \"tmpfs\", 0, \"gid=5\")"}},
    {"unknown-option", EINVAL, {"2? mount(\"t\", \"/tmp\", \"tmpfs\", 0, \"size=1m,colour=red\")"}},
    {"moves-from-shared",
     EINVAL,
     {"2 unshare(CLONE_NEWNS)", "2 mount(NULL, \"/\", NULL, MS_REC|MS_SHARED)", DIR_D, TMPFS_D,
      "2? mount(\"d\", \"/tmp\", NULL, MS_MOVE)"}},
    {"locked", EINVAL, {USER_NS, "2? mount(\"/proc\", \"/tmp\", NULL, MS_MOVE)"}},
    {"unbindable",
     EINVAL,
     {DIR_D, TMPFS_D, "2 mount(NULL, \"d\", NULL, MS_UNBINDABLE)", "2? mount(\"d\", \"/tmp\", NULL, MS_BIND)"}},
    {"propagation-alone", EINVAL, {"2? mount(NULL, \"/\", NULL, MS_PRIVATE|MS_SLAVE)"}},
    {"propagation-alone", EINVAL, {"2? mount(NULL, \"/\", NULL, MS_PRIVATE|MS_RDONLY)"}},
    {"workdir-elsewhere",
     EINVAL,
     {DIR_D, TMPFS_D, "2$ mkdir l u d/w",
      "2? mount(\"o\", \"/tmp\", \"overlay\", 0, \"lowerdir=l,upperdir=u,workdir=d/w\")"}},
    {"workdir-overlaps",
     EINVAL,
     {"2$ mkdir l u u/w", "2? mount(\"o\", \"/tmp\", \"overlay\", 0, \"lowerdir=l,upperdir=u,workdir=u/w\")"}},
    {"upper-on-overlay",
     EINVAL,
     {"2$ mkdir l u w m", "2 mount(\"o\", \"m\", \"overlay\", 0, \"lowerdir=l,upperdir=u,workdir=w,userxattr\")",
      "2$ mkdir m/u m/w",
      "2? mount(\"o\", \"/tmp\", \"overlay\", 0, \"lowerdir=rootfs,upperdir=m/u,workdir=m/w,userxattr\")"}},
    {"no-mount-point", ENOENT, {"2? mount(\"t\", \"rootfs/nowhere\", \"tmpfs\")"}},
    {"no-source", ENOENT, {"2? mount(\"/nowhere\", \"/tmp\", NULL, MS_BIND)"}},
    {"no-source", ENOENT, {"2? mount(\"/dev/nothing\", \"rootfs\", \"$device_type\")"}, 'B'},
    {"no-layer", ENOENT, {"2? mount(\"o\", \"/tmp\", \"overlay\", 0, \"lowerdir=/lab:/nowhere\")"}},
    {"file-and-directory", ENOTDIR, {"2? mount(\"t\", \"image.tar\", \"tmpfs\")"}},
    {"file-and-directory", ENOTDIR, {"2? mount(\"rootfs\", \"image.tar\", NULL, MS_BIND)"}},
    {"unknown-type", ENODEV, {"2? mount(\"t\", \"/tmp\", \"porthole\")"}},
    {"no-block-device", ENOTBLK, {"2? mount(\"image.tar\", \"rootfs\", \"$device_type\")"}, 'B'},
    {"into-itself", ELOOP, {DIR_D, TMPFS_D, "2 mkdir(\"d/e\", 0755)", "2? mount(\"d\", \"d/e\", NULL, MS_MOVE)"}},
    {"open-for-writing",
     EBUSY,
     {DIR_D, TMPFS_D, "2 open(\"d/f\", O_CREAT|O_WRONLY, 0600)",
      "2? mount(NULL, \"d\", NULL, MS_REMOUNT|MS_BIND|MS_RDONLY)"}},
    {"open-for-writing",
     EBUSY,
     {DIR_D, TMPFS_D, "2 open(\"d/f\", O_CREAT|O_WRONLY, 0600)", "2? mount(NULL, \"d\", NULL, MS_REMOUNT|MS_RDONLY)"}},
    {"mounted-already",
     EBUSY,
     {"2 mkdir(\"q\", 0755)", "2 mount(\"q\", \"q\", \"mqueue\")", "2? mount(\"q\", \"q\", \"mqueue\")"}},
    {"still-writable", 0, {"2? mount(\"rootfs\", \"/tmp\", NULL, MS_BIND|MS_RDONLY)"}},
    {"below-writable",
     0,
     {DIR_D, TMPFS_D, "2 mkdir(\"d/e\", 0755)", "2 mount(\"t\", \"d/e\", \"tmpfs\")",
      "2? mount(NULL, \"d\", NULL, MS_REMOUNT|MS_BIND|MS_RDONLY)"}},
    {"propagation-ignored", 0, {DIR_D, "2? mount(\"d\", \"d\", NULL, MS_BIND|MS_PRIVATE)"}},
    {"over-working-directory", 0, {"2 chdir(\"rootfs\")", "2? mount(\".\", \".\", NULL, MS_BIND|MS_REC)"}},
    {"over-working-directory", 0, {"2 chdir(\"rootfs\")", "2? mount(\"t\", \"/lab\", \"tmpfs\")"}},
    {"outer-proc",
     0,
     {"2 unshare(CLONE_NEWPID|CLONE_NEWNS)", "2 fork()", "2? mount(\"proc\", \"rootfs/proc\", \"proc\")"}},
    {"leaks",
     0,
     {"1 mount(NULL, \"/\", NULL, MS_REC|MS_SHARED)", "2 unshare(CLONE_NEWNS)",
      "2? mount(\"t\", \"/tmp\", \"tmpfs\")"}},
    {"not-a-mount-point", EINVAL, {"2? umount2(\"rootfs\", 0)"}},
    {"locked", EINVAL, {USER_NS, "2? umount2(\"/dev/null\", 0)"}},
    {"mounts-on-top",
     EBUSY,
     {"2 mkdir(\"d\", 0755)", "2 mount(\"t\", \"d\", \"tmpfs\")", "2 mkdir(\"d/e\", 0755)",
      "2 mount(\"t\", \"d/e\", \"tmpfs\")", "2? umount2(\"d\", 0)"}},
    {"in-use",
     EBUSY,
     {"2 mkdir(\"d\", 0755)", "2 mount(\"t\", \"d\", \"tmpfs\")", "2 chdir(\"d\")", "2? umount2(\"/lab/d\", 0)"}},
    {"another-below",
     0,
     {"2 mkdir(\"d\", 0755)", "2 mount(\"t\", \"d\", \"tmpfs\")", "2 mount(\"t\", \"d\", \"tmpfs\")",
      "2? umount2(\"d\", 0)"}},

    /* pivot_root */
    {"shared",
     EINVAL,
     {"2 unshare(CLONE_NEWNS)", "2 mount(NULL, \"/\", NULL, MS_REC|MS_SHARED)",
      "2 mount(\"rootfs\", \"rootfs\", NULL, MS_BIND)", "2? pivot_root(\"rootfs\", \"rootfs\")"}},
    {"shared",
     EINVAL,
     {"2 unshare(CLONE_NEWNS)", DIR_D, "2 mount(NULL, \"/\", NULL, MS_REC|MS_SHARED)", TMPFS_D,
      "2 mount(NULL, \"d\", NULL, MS_PRIVATE)", "2 mkdir(\"d/e\", 0755)", "2 chroot(\"d\")", "2 chdir(\"/\")",
      "2 mount(\"t\", \"e\", \"tmpfs\")", "2 mount(NULL, \"e\", NULL, MS_PRIVATE)", "2? pivot_root(\"e\", \"e\")"}},
    {"detached",
     ENOENT,
     {DIR_D, TMPFS_D, "2 chdir(\"d\")", "2 umount2(\"/lab/d\", MNT_DETACH)", "2? pivot_root(\".\", \".\")"}},
    {"detached",
     EINVAL,
     {"2 unshare(CLONE_NEWNS)", DIR_D, TMPFS_D, "2 mount(\"rootfs\", \"rootfs\", NULL, MS_BIND)", "2 chdir(\"d\")",
      "2 chroot(\"/lab/rootfs\")", "2? pivot_root(\".\", \".\")"}},
    {"first-root",
     EINVAL,
     {"2 unshare(CLONE_NEWNS)", "2 mount(NULL, \"/\", NULL, MS_REC|MS_PRIVATE)",
      "2 open(\"/proc/self/ns/mnt\", O_RDONLY)", "2 umount2(\"/\", MNT_DETACH)", "2 setns(3, CLONE_NEWNS)",
      "2 mount(\"t\", \"/\", \"tmpfs\")", "2? pivot_root(\"/..\", \"/..\")"},
     'R'},
    {"locked", EINVAL, {USER_NS, "2? pivot_root(\"/proc\", \"/proc\")"}},
    {"in-a-chroot",
     EINVAL,
     {"2 unshare(CLONE_NEWNS)", "2 chroot(\"rootfs\")", "2 chdir(\"/\")", "2 mount(\"t\", \"/tmp\", \"tmpfs\")",
      "2? pivot_root(\"/tmp\", \"/tmp\")"}},
    {"not-a-mount-point", EINVAL, {"2? pivot_root(\"rootfs\", \"rootfs\")"}},
    {"put-old-outside",
     EINVAL,
     {"2 unshare(CLONE_NEWNS)", "2 mkdir(\"a\", 0755)", "2 mkdir(\"b\", 0755)", "2 mount(\"t\", \"a\", \"tmpfs\")",
      "2 mount(\"t\", \"b\", \"tmpfs\")", "2? pivot_root(\"a\", \"b\")"}},
    {"new-root-on-root", EBUSY, {"2 unshare(CLONE_NEWNS)", "2? pivot_root(\"/\", \"/\")"}, 'R'},
    {"put-old-on-root", EBUSY, {"2 unshare(CLONE_NEWNS)", "2? pivot_root(\"$lab\", \"/\")"}, 'R'},
    {"no-directory", ENOENT, {"2? pivot_root(\"rootfs\", \"rootfs/nowhere\")"}},
    {"not-a-directory", ENOTDIR, {"2? pivot_root(\"image.tar\", \"rootfs\")"}},

    /* files */
    {"stranger-to-proc",
     ENOENT,
     {"2 unshare(CLONE_NEWPID)", "2 fork()", "3 mount(\"proc\", \"/proc\", \"proc\")",
      "2? open(\"/proc/self/status\", O_RDONLY)"}},
    {"no-child-yet", ENOENT, {"2 unshare(CLONE_NEWPID)", "2? readlink(\"/proc/self/ns/pid_for_children\")"}},
    {"outside-the-root",
     ENOENT,
     {"2 unshare(CLONE_NEWNS)", "2 fork()", "3 open(\"/proc/self/ns/mnt\", O_RDONLY)", "3 chroot(\"rootfs\")",
      "3? open(\"/proc/self/ns/net\", O_RDONLY)"}}, /* each descriptor before the first step inside */
    {"too-long",
     ENAMETOOLONG,
     {"2? "
      "mkdir("
      "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\", 0755)"}},
    {"no-directory", ENOTDIR, {"2 open(\"image.tar\", O_RDONLY)", "2? fchdir(3)"}},
    {"outside-the-root", ENOENT, {"2 chroot(\"rootfs\")", "2? chdir(\"/lab\")"}},
    {"missing", ENOENT, {"2? chroot(\"nowhere/else\")"}},
    {"missing", ENOENT, {"2? mkdir(\"nowhere/else\", 0755)"}},
    {"dangling-link", ENOENT, {"2 symlink(\"/nowhere\", \"l\")", "2? chdir(\"l\")"}},
    {"file-in-the-way", ENOTDIR, {"2? chdir(\"image.tar\")"}},
    {"file-in-the-way", ENOTDIR, {"2? open(\"image.tar/x\", O_RDONLY)"}},
    {"nodev",
     EACCES,
     {"2 mount(NULL, \"/dev/null\", NULL, MS_REMOUNT|MS_BIND|MS_NODEV|MS_NOSUID|MS_NOEXEC)",
      "2? open(\"/dev/null\", O_RDONLY)"}},
    {"closed-directory", EACCES, {"2 mkdir(\"d\", 0)", NO_CAPS, "2? open(\"d/f\", O_RDONLY)"}},
    {"mode", EACCES, {"2$ echo > f; chmod 0 f", NO_CAPS, "2? open(\"f\", O_RDONLY)"}},
    {"read-only",
     EROFS,
     {"2 mkdir(\"d\", 0755)", "2 mount(\"t\", \"d\", \"tmpfs\", MS_RDONLY)", "2? mkdir(\"d/e\", 0755)"}},
    {"running", ETXTBSY, {"1$ cp rootfs/bin/busybox sleep; ./sleep 31344 & sleep 0.2", "2? open(\"sleep\", O_WRONLY)"}},
    {"is-a-directory", EISDIR, {"2? open(\"rootfs\", O_WRONLY)"}},
    {"exists", EEXIST, {"2? mkdir(\"rootfs\", 0755)"}},
    {"not-empty", ENOTEMPTY, {"2? rmdir(\"rootfs\")"}},
    {"is-a-mount-point", EBUSY, {"2 mkdir(\"d\", 0755)", "2 mount(\"t\", \"d\", \"tmpfs\")", "2? rmdir(\"d\")"}},
    {"across-mounts",
     EXDEV,
     {"2 mkdir(\"d\", 0755)", "2 mount(\"t\", \"d\", \"tmpfs\")", "2? rename(\"image.tar\", \"d/image.tar\")"}},
    {"whiteout",
     ENXIO,
     {"2 mkdir(\"d\", 0755)", "2 mount(\"t\", \"d\", \"tmpfs\")", "2 mknod(\"d/w\", S_IFCHR, 0)",
      "2? open(\"d/w\", O_RDONLY)"},
     'R'},
    {"no-reader", ENXIO, {"2$ mkfifo p", "2? open(\"p\", O_WRONLY|O_NONBLOCK)"}},
    {"link-loop", ELOOP, {"2 symlink(\"l\", \"l\")", "2? chdir(\"l\")"}},
    {"no-link", EINVAL, {"2? readlink(\"image.tar\")"}},
    {"devices-are-the-machines", EPERM, {"2? mknod(\"n\", S_IFCHR|0666, makedev(1, 3))"}},
    {"unmapped-id", EINVAL, {MAP_USER, "2? chown(\"image.tar\", 5, 5)"}},
    {"foreign-owner", EPERM, {"2 chown(\"image.tar\", 7, 7)", MAP_USER, "2? chmod(\"image.tar\", 0600)"}, 'D'},
    {"left-outside", 0, {"2? chroot(\"rootfs\")"}},

    /* ids */
    {"map-written-before",
     EPERM,
     {USER_NS, OPEN("uid_map"), "2 write(3, \"0 0 1\")", OPEN("uid_map"), "2? write(4, \"0 0 1\")"}},
    {"map-at-once", EINVAL, {USER_NS, OPEN("uid_map"), "2 write(3, \"0 0 1\")", "2? write(3, \"0 0 1\")"}},
    {"setgroups-first", EPERM, {USER_NS, OPEN("gid_map"), "2? write(3, \"0 0 1\")"}, 'D'},
    {"map-too-large", EPERM, {USER_NS, OPEN("uid_map"), "2? write(3, \"0 0 2\")"}, 'D'},
    {"map-not-own-id", EPERM, {USER_NS, OPEN("uid_map"), "2? write(3, \"0 1 1\")"}},
    {"setgroups-too-late",
     EPERM,
     {"2 unshare(CLONE_NEWUSER)", OPEN("setgroups"), "2 write(3, \"deny\")", OPEN("gid_map"), "2 write(4, \"0 0 1\")",
      OPEN("setgroups"), "2? write(5, \"allow\")"}},
    {"map-malformed", EINVAL, {USER_NS, OPEN("uid_map"), "2? write(3, \"root\")"}},
    {"map-not-in-parent",
     EPERM,
     {"2 fork()", "3 unshare(CLONE_NEWUSER)", "2 open(\"/proc/$outer3/uid_map\", O_RDWR)",
      "2? write(3, \"0 4000000 1\")"}},
    {"clock-in-use",
     EACCES,
     {"2 unshare(CLONE_NEWTIME)", "2 fork()", OPEN("timens_offsets"), "2? write(3, \"boottime 10 0\")"}},
    {"clock-before-boot",
     ERANGE,
     {"2 unshare(CLONE_NEWTIME)", OPEN("timens_offsets"), "2? write(3, \"boottime -99999999 0\")"}},
    {"clock-unknown", EINVAL, {"2 unshare(CLONE_NEWTIME)", OPEN("timens_offsets"), "2? write(3, \"realtime 10 0\")"}},
    {"setgroups-word", EINVAL, {USER_NS, OPEN("setgroups"), "2? write(3, \"never\")"}},
    {"unmapped-id", EINVAL, {"2? setuid(4000000)"}},
    {"unmapped-id", EINVAL, {"2? setgid(4000000)"}},
    {"unmapped-id", EINVAL, {MAP_USER, "2? setuid(5)"}},
    {"unmapped-id", EINVAL, {USER_NS, "2? setresgid(0, 0, 0)"}},
    {"groups-denied", EPERM, {MAP_USER, "2? setgroups([0])"}},
    {"no-gid-map", EPERM, {USER_NS, "2? setgroups([])"}, 'D'},
    {"not-permitted", EPERM, {NO_CAPS, "2? capset(0, {effective=CAP_KILL, permitted=CAP_KILL, inheritable=0})"}},
    {"one-way", EINVAL, {"2 prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)", "2? prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0)"}},
    {"still-effective", 0, {"2? prctl(PR_CAPBSET_DROP, CAP_SYS_CHROOT)"}},

    /* namespaces */
    {"in-a-chroot", EPERM, {"2 chroot(\"rootfs\")", "2? unshare(CLONE_NEWUSER)"}},
    {"unmapped-caller", EPERM, {"2 unshare(CLONE_NEWUSER)", "2? unshare(CLONE_NEWUSER)"}},
    {"no-capability", EPERM, {NO_CAPS, "2? unshare(CLONE_NEWUTS)"}},
    {"no-capability", EPERM, {NO_CAPS, "2? chroot(\"rootfs\")"}},
    {"no-capability", EPERM, {NO_CAPS, "2? setgroups(0, NULL)"}, 'D'}, /* with one id only it is denied for all */
    {"pid-twice", EINVAL, {"2 unshare(CLONE_NEWPID)", "2? unshare(CLONE_NEWPID)"}},
    {"unknown-flag", EINVAL, {"2? unshare(0x1)"}},
    {"limit", ENOSPC, {"1$ echo 0 > /proc/sys/user/max_uts_namespaces", "2? unshare(CLONE_NEWUTS)"}},
    {"limit",
     ENOSPC,
     {"2 unshare(CLONE_NEWUTS)", "2 fork()", "1$ echo 2 > /proc/sys/user/max_uts_namespaces", "3 unshare(CLONE_NEWUTS)",
      "2? unshare(CLONE_NEWUTS)"}},
    {"children-only", 0, {"2? unshare(CLONE_NEWPID)"}},
    {"no-map-yet", 0, {"2? unshare(CLONE_NEWUSER)"}},
    {"no-namespace", EINVAL, {"2 open(\"image.tar\", O_RDONLY)", "2? setns(3, 0)"}},
    {"wrong-type", EINVAL, {"2 open(\"/proc/self/ns/uts\", O_RDONLY)", "2? setns(3, CLONE_NEWNET)"}},
    {"pidfd-without-type", EINVAL, {"2 pidfd_open(1, 0)", "2? setns(3, 0)"}},
    {"process-ended",
     ESRCH,
     {"2 fork()", "2 pidfd_open($outer3, 0)", "3 exit(0)", "2 wait4(-1)", "2? setns(3, CLONE_NEWUTS)"}},
    {"own-user-namespace", EINVAL, {"2 open(\"/proc/self/ns/user\", O_RDONLY)", "2? setns(3, 0)"}},
    {"pid-upwards", EINVAL, {"2 open(\"/proc/self/ns/pid\", O_RDONLY)", CONTAINER_NS, "3? setns(3, 0)"}},
    {"user-namespace-first",
     EPERM,
     {"2 open(\"/proc/self/ns/uts\", O_RDONLY)", "2 unshare(CLONE_NEWUSER)", "2? setns(3, 0)"}},
    {"too-long",
     EINVAL,
     {"2? sethostname(\"0123456789012345678901234567890123456789012345678901234567890123456789\")"}},
    {"shared-name", 0, {"2? sethostname(\"web1\")"}},
    {"foreign-uts-namespace", EPERM, {"2 unshare(CLONE_NEWUSER)", "2? sethostname(\"box\")"}},

    /* any */
    {"not-open", EBADF, {"2? close(77)"}},
    {"wrong-direction", EBADF, {"2 open(\"image.tar\", O_RDONLY)", "2? write(3, \"x\")"}},
    {"number-too-high", EBADF, {"2? dup2(0, 100000000)"}},
    {"number-too-high", EINVAL, {"2? fcntl(1, F_DUPFD, 100000000)"}},
    {"cannot-seek", ESPIPE, {"2 pipe()", "2? lseek(3, 0, SEEK_SET)"}},
    {"stage-filter", EPERM, {CONTAINER_NS, "3? kill(-1, 0)"}, 'R'},
};

/* ---- running one ---- */

static int try_run(const struct why_try *t)
{
    autowhy struct why w = {0};
    int err = 0;
    bool real = t->needs == 'R' || t->needs == 'B';
    why_session = real ? stage_open_unwatched(STAGE_REAL) : stage_open(STAGE_PRACTICE);
    for (size_t i = 0; i < COUNT(t->lines) && t->lines[i]; i++) {
        const char *line = t->lines[i];
        int id = atoi(line);
        if (line[1] == '$')
            assert_int_equal(stage_run(why_session, id, line + 3, NULL), 0);
        else if (line[1] == '?')
            why_try_call(id, line + 3, &w, &err);
        else {
            why_try_call(id, line + 2, NULL, &err);
            if (err)
                print_error("%s: %s: %s\n", t->cause, line, strerror(err));
            if (strstr(line, "exit"))
                poll(NULL, 0, 20); /* an exit reaches /proc a moment after its socket's end */
        }
    }
    autostr struct str all = {0};
    why_print_all(&w, &all);
    bool right = err == t->err && w.first && !strcmp(w.first->name, t->cause);
    if (!right)
        print_error("expected %s (errno %d), but errno %d:\n%s\n", t->cause, t->err, err, str_c(&all));
    stage_close(why_session);
    return !right;
}

static bool maps_many(void)
{
    struct session *s = stage_open(STAGE_PRACTICE);
    bool many = stage_call(s, 2, "setresuid(1000, 1000, 1000)", NULL) == 0;
    stage_close(s);
    return many;
}

static void test_rows(char needs)
{
    int wrong = 0;
    for (size_t i = 0; i < COUNT(tries); i++)
        if (tries[i].needs == needs)
            wrong += try_run(&tries[i]);
    assert_int_equal(wrong, 0);
}

static void test_practice(void **state)
{
    test_rows('\0');
}

static void test_many_ids(void **state)
{
    SKIP_UNLESS(geteuid() == 0, "not as root: an ordinary user maps a single id into the practice host");
    SKIP_UNLESS(maps_many(), "this machine maps a single id into the practice host");
    test_rows('D');
}

static void test_real(void **state)
{
    test_rows('R');
    if (*why_device_type())
        test_rows('B'); /* a kernel without one refuses otherwise */
}

/* ---- what is said ---- */

static void test_words(void **state)
{
    autowhy struct why w = {0};
    autostr struct str text = {0};
    int err;
    why_session = stage_open(STAGE_PRACTICE);
    why_try_call(2, "mount(\"t\", \"rootfs/nowhere\", \"tmpfs\")", &w, &err);
    why_print(&w, &text);
    assert_ptr_equal(strstr(str_c(&text), "checked 3 causes; this one holds: The directory to mount on"), text.s);
    assert_non_null(strstr(text.s, "Seen: there is no rootfs/nowhere."));
    why_free(&w);
    str_cut(&text, 0);
    why_try_call(2, "getpid()", &w, &err);
    why_print(&w, &text);
    assert_int_equal(text.len, 0); /* a success that deceives nobody */
    why_free(&w);
    why_made_up(session_actor(why_session, 2), "mount(\"t\", \"/tmp\", \"tmpfs\")", ENODEV, &w);
    assert_null(w.first); /* tmpfs is known: whatever it was, it was not that */
    why_print(&w, &text);
    assert_string_equal(text.s, "the one known cause of ENODEV from mount() does not hold.");
    why_free(&w);
    str_cut(&text, 0);
    why_made_up(session_actor(why_session, 2), "getpid()", ERANGE, &w);
    why_print(&w, &text);
    assert_non_null(strstr(text.s, "porthole knows no cause of ERANGE from getpid()"));
    stage_close(why_session);
}

/* Every row has a try above, or a test in test_why_machine.c. */
static void test_coverage(void **state)
{
    static const char *const own[] = {
        "too-many-open", "interrupted",     "too-deep",         "cgroup-limit",  "landlock",
        "threads",       "engine-filter",   "apparmor",         "switched-off",  "apparmor-profile",
        "confined",      "too-many-mounts", "thread-elsewhere", "contradiction", "filter-needs-promise",
        "machine-only",  "has-executed",    "group-elsewhere"};
    static const struct why_row *const tables[] = {
        why_rows_process, why_rows_signal,    why_rows_exec,    why_rows_overlay, why_rows_mount,
        why_rows_mounted, why_rows_umount,    why_rows_pivot,   why_rows_file,    why_rows_owner,
        why_rows_user,    why_rows_namespace, why_rows_general,
    };
    size_t n = 0;
    for (size_t t = 0; t < COUNT(tables); t++)
        for (const struct why_row *r = tables[t]; r->call; r++, n++) {
            bool tried = false;
            for (size_t i = 0; i < COUNT(tries); i++)
                tried |= !strcmp(tries[i].cause, r->name) && tries[i].err == r->err;
            for (size_t i = 0; i < COUNT(own); i++)
                tried |= !strcmp(own[i], r->name);
            if (!tried)
                fail_msg("nothing provokes %s (%s, errno %d)", r->name, r->call, r->err);
        }
    assert_int_equal(n, why_count());
    assert_true(n >= 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_practice), cmocka_unit_test(test_many_ids), cmocka_unit_test(test_real),
        cmocka_unit_test(test_words),    cmocka_unit_test(test_coverage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
