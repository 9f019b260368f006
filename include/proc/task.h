/* One process as a /proc shows it, and a set of them.
 *
 * "A /proc" is a directory descriptor of any mounted proc (or, in tests, of a plain folder): the host's, or the
 * container's own. A process that vanishes while it is read is normal and reported as false, never as an error. */
#ifndef PROC_TASK_H
#define PROC_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TASK_LEVELS 8 /* pid namespaces nested below the reading /proc; more are cut */

struct task {
    pid_t pid, ppid, pgrp; /* as this /proc numbers them; ppid 0: no parent in sight */
    uint64_t start;        /* field 22 of stat: clock ticks after boot; with pid it names a process for ever */
    char state;            /* R S D T t Z X I */
    char comm[64];         /* raw: may hold any byte but NUL; sanitise before showing */
    char *args;            /* command line, blanks between the words, sanitised; NULL until task_read_args() */
    uid_t uid;
    int nspids;               /* entries in nspid: 1 + how many namespaces it is below this /proc's */
    pid_t nspid[TASK_LEVELS]; /* nspid[0] == pid, the last is its own view */
    uint64_t ino;             /* inode of /proc/PID, which a reused pid does not inherit; 0 unknown */
    uint64_t image;           /* differs after each execve (fields 26-28 of stat); a constant when not ours to read */
    bool kthread;             /* a thread of the kernel (PF_KTHREAD) */
    int64_t born_ms;          /* when we first saw it (now_ms), 0 when it was there at the first scan */
    int64_t died_ms;          /* when we saw it gone, 0 while alive; the row is kept for about a second */
    int64_t exec_ms;          /* when we last saw it become another program or name, 0 never */
    int64_t zombie_ms;  /* when we saw it end without being waited for, 0 when not a zombie or one from the start */
    int64_t adopted_ms; /* when we last saw it change its parent, 0 never */
};

/* Reads /proc/PID/stat and status (NSpid, Uid) into *t, which is overwritten whole. false: gone or unreadable. proc(5)
 */
bool task_read(int procfd, pid_t pid, struct task *t);
/* Reads stat only (state, ppid, comm, start): what changes. The other fields are kept. false: gone. */
bool task_read_stat(int procfd, pid_t pid, struct task *t);
/* Reads NSpid and Uid from status. A /proc without NSpid (a kernel without pid namespaces) gives the one pid. */
bool task_read_status(int procfd, struct task *t);
/* Replaces t->args, "" for a process without a command line (kernel thread, zombie); "[comm]" is the caller's business.
 * At most 4096 bytes are read. false: gone, t->args as before. */
bool task_read_args(int procfd, struct task *t);

/* Parses the text of a stat file: comm ends at the LAST ')'. Exposed for its tests and its fuzzer. false: no such text;
 * *t is then unspecified in the fields it would have filled. */
bool task_parse_stat(const char *text, size_t len, struct task *t);
/* Finds NSpid and Uid in the text of a status file. */
void task_parse_status(const char *text, struct task *t);

/* A set sorted by pid. */
struct tasks {
    struct task *v;
    size_t n, cap;
};
struct task *tasks_find(const struct tasks *set, pid_t pid); /* NULL when absent; dead rows are found too */
void tasks_free(struct tasks *set);

#endif
