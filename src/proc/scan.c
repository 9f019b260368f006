#include "proc/scan.h"
#include "base/mem.h"
#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

struct scan_dirent { /* struct linux_dirent64 of getdents(2) */
    uint64_t d_ino;
    int64_t d_off;
    unsigned short d_reclen;
    unsigned char d_type;
    char d_name[];
};

/* The pid an entry is named after, 0 for any other name. */
static pid_t scan_pid(const char *name)
{
    long pid = 0;
    if (*name < '1' || *name > '9')
        return 0;
    for (; *name >= '0' && *name <= '9'; name++)
        if ((pid = pid * 10 + (*name - '0')) > INT_MAX)
            return 0;
    return *name ? 0 : (pid_t)pid;
}

static int scan_compare(const void *a, const void *b)
{
    const struct scan_entry *x = a, *y = b;
    return (x->pid > y->pid) - (x->pid < y->pid);
}

/* A proc file system lists in rising order; a plain folder in any. */
static void scan_sort(struct scan *s)
{
    for (size_t i = 1; i < s->n; i++)
        if (s->v[i - 1].pid >= s->v[i].pid) {
            qsort(s->v, s->n, sizeof *s->v, scan_compare);
            return;
        }
}

bool scan_read(int procfd, struct scan *s)
{
    _Alignas(struct scan_dirent) char buf[32768];
    s->n = 0;
    if (lseek(procfd, 0, SEEK_SET) < 0)
        return false;
    for (;;) {
        long got = syscall(SYS_getdents64, procfd, buf, sizeof buf);
        if (got < 0)
            return false;
        if (got == 0)
            break;
        for (long at = 0; at < got;) {
            struct scan_dirent *d = (struct scan_dirent *)(buf + at);
            pid_t pid = scan_pid(d->d_name);
            if (pid) {
                GROW(s->v, s->n, s->cap);
                s->v[s->n++] = (struct scan_entry){pid, d->d_ino};
            }
            at += d->d_reclen;
        }
    }
    scan_sort(s);
    return true;
}

void scan_free(struct scan *s)
{
    free(s->v);
    *s = (struct scan){0};
}
