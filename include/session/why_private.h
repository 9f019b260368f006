/* What the files of `why` share: the case that is looked into, the rows, and the looks that a probe may take.
 *
 * Private to session/. Every look reads the state of another process and may find it gone: then it answers what keeps
 * the probe from holding. */
#ifndef SESSION_WHY_PRIVATE_H
#define SESSION_WHY_PRIVATE_H

#include "call/table.h"
#include "proc/mountinfo.h"
#include "session/why.h"
#include <stdint.h>
#include <sys/stat.h>

struct why_case {
    const struct why_stage *stage;
    const struct call *c;
    const struct call_image *image;
    const struct call_row *row;
    pid_t pid;     /* machine number of the caller: of the thread that made the call */
    pid_t process; /* ... of its process */
    pid_t own;     /* the process in its own numbering */
    int level;     /* index of the caller's own numbering in NSpid */
    uint64_t pidns;
    struct str *evidence; /* where the probe writes */
    struct mounts mounts;
};

struct why_row {
    const char *call; /* names, separated by blanks; "*" is any */
    int err;          /* 0: it succeeded */
    const char *name;
    bool (*probe)(struct why_case *k);
    const char *meaning, *cure;
};

/* Ended by a NULL call. Rows that fit any call come last. */
extern const struct why_row why_rows_process[], why_rows_signal[], why_rows_exec[], why_rows_mount[],
    why_rows_mounted[], why_rows_overlay[], why_rows_umount[], why_rows_pivot[], why_rows_file[], why_rows_owner[],
    why_rows_user[], why_rows_namespace[], why_rows_general[];

/* Adds to the evidence, sanitised. Returns true, so that `return why_saw(...)` reads well. */
bool why_saw(struct why_case *k, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* ---- arguments ---- */
int64_t why_num(const struct why_case *k, int i);
const char *why_text(const struct why_case *k, int i);   /* "" when it is none */
bool why_is(const struct why_case *k, const char *name); /* the call's name */
uint64_t why_clone_flags(const struct why_case *k);      /* of fork, clone, clone3, unshare; setns: its type */
const char *why_path(const struct why_case *k, int nth, int64_t *dirfd); /* the nth path argument, NULL: none */

/* ---- the caller ---- */
long why_status(const struct why_case *k, pid_t pid, const char *field, int base); /* first number, -1: unknown */
bool why_status_line(pid_t pid, const char *field, struct str *out);
bool why_ids(const struct why_case *k, const char *field, long id[4]); /* "Uid", "Gid" as this program's namespace */
bool why_has_cap(const struct why_case *k, int cap);
const char *why_cap_name(int cap);
long why_limit(const struct why_case *k, const char *name); /* "Max open files": soft limit, -1 unknown */
int why_count_fds(const struct why_case *k);
/* Has the process that the pidfd stands for ended? */
bool why_pidfd_ended(const struct why_case *k, int64_t fd);
bool why_fd_link(const struct why_case *k, int64_t fd, struct str *out); /* what the descriptor shows */

/* ---- the machine's switches ---- */
/* A number of /proc/sys, "kernel/unprivileged_userns_clone"; -1: this kernel has none of that name. */
long why_switch(const char *name);
/* What a security module calls the caller: "docker-default (enforce)". false: none does. */
bool why_label(const struct why_case *k, struct str *out);
/* Another folder stands for /proc in these two: NAME is read from sys/NAME, a label from PID/attr/current. Kept by
 * reference. NULL: /proc again. For tests of what the kernel at hand does not have. */
void why_pretend(const char *proc);

/* ---- namespaces ---- */
uint64_t why_ns(const struct why_case *k, const char *name);
int why_open_ns(const struct why_case *k, const char *name);
/* Does the user namespace of the caller own this namespace, or an ancestor of its owner? */
bool why_owns_fd(const struct why_case *k, int nsfd);
bool why_owns(const struct why_case *k, const char *name);
int why_user_depth(const struct why_case *k); /* parents of its user namespace, as far as we see */
bool why_in_child_userns(const struct why_case *k);
/* Reads a file as a process of that user namespace sees it (sysctls of user.* belong to one). */
bool why_read_in(int userfd, const char *path, struct str *out);
/* Is the id mapped in the caller's user namespace: as itself names it, or as this program's does? */
enum why_numbering { WHY_INSIDE, WHY_OUTSIDE };
bool why_maps(const struct why_case *k, const char *map, enum why_numbering how, int64_t id);

/* ---- other processes ---- */
struct task;
/* Calls found for each process until it says true; that one's facts stay in *t. */
bool why_search(bool (*found)(const struct why_case *k, const struct task *t, int64_t n), const struct why_case *k,
                int64_t n, struct task *t);
/* Is it in that pid namespace, named by its inode, or below? */
bool why_is_below(const struct task *t, uint64_t ino);
/* ... in the caller's? */
bool why_is_in_sight(const struct why_case *k, const struct task *t);
/* The process that a pid argument names in the caller's numbering. */
bool why_named(const struct why_case *k, int64_t n, struct task *t);

/* Looks for a descriptor that somebody has open for writing: found is told its path in /proc until it says true. *out
 * gets "descriptor 3 of sh (12)". */
bool why_search_writer(bool (*found)(const char *path, const void *arg), const void *arg, struct str *out);

/* ---- paths ---- */
/* Opens the path O_PATH where the caller would find it, never leaving its root. -1 with errno. */
int why_open(const struct why_case *k, int64_t dirfd, const char *path, bool follow);
/* The path of an argument. */
int why_open_arg(const struct why_case *k, int nth, bool follow);
bool why_stat_arg(const struct why_case *k, int nth, bool follow, struct stat *st);
/* A file to be read, through that descriptor. */
int why_reopen(int fd);
/* The first part of the path that cannot be walked, with errno in *err; false: all of it can. */
bool why_broken_part(const struct why_case *k, int64_t dirfd, const char *path, struct str *part, int *err);
/* Path without its last part. */
char *why_parent(const char *path);
/* May the caller do that (R_OK|W_OK|X_OK) by owner, group, mode and capabilities? */
bool why_may(const struct why_case *k, const struct stat *st, int want);

/* ---- mounts ---- */
#define WHY_MOUNT_SPREAD (MS_PRIVATE | MS_SHARED | MS_SLAVE | MS_UNBINDABLE)
unsigned long why_mount_flags(const struct why_case *k); /* of mount() */
const char *why_mount_type(const struct why_case *k);    /* of a new file system, "" for what is none */
/* Has the host side, or a process that the caller descends from, the same mount, and a user namespace around the
 * caller's? Then the caller's mount namespace got its copy locked. */
bool why_mount_is_locked(const struct why_case *k, const struct mount_row *row);
struct why_mount {
    uint64_t id;
    bool is_root; /* the path is where it is mounted */
};
bool why_mount_of(int fd, struct why_mount *m);
const struct mounts *why_mounts(struct why_case *k);
const struct mount_row *why_mount_row(struct why_case *k, uint64_t id);
const struct mount_row *why_mount_arg(struct why_case *k, int nth, struct why_mount *m);
bool why_has_option(const char *options, const char *name);
bool why_is_chrooted(const struct why_case *k); /* its root is not that of its mount namespace */
/* Who keeps the mount busy: "sh (12)"; false: nobody in sight. */
bool why_users_of_mount(uint64_t id, struct str *out);

#endif
