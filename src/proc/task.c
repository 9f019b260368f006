/* One process, read from the text files of a /proc.
 *
 * The kernel prints comm between parentheses and escapes nothing: a process may call itself ") S 1 (" or hold newlines
 * and terminal escapes. Only numbers follow comm, so its end is the last ')' of the text. In `status` the name is
 * escaped, so there each line is what it seems. */
#include "proc/task.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/text.h"
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TASK_PF_KTHREAD 0x00200000 /* include/linux/sched.h; not in a public header, but in proc(5)'s flags field */

enum task_field { /* numbers as in proc_pid_stat(5) */
                  FIELD_STATE = 3,
                  FIELD_PPID = 4,
                  FIELD_PGRP = 5,
                  FIELD_FLAGS = 9,
                  FIELD_START = 22,
                  FIELD_STARTCODE = 26,
                  FIELD_ENDCODE = 27,
                  FIELD_STARTSTACK = 28,
};

/* Takes one decimal number, with the blanks before it, off the text. A negative one is stored as two's complement. */
static bool task_take_number(const char **at, const char *end, uint64_t *out)
{
    const char *s = *at;
    while (s < end && *s == ' ')
        s++;
    bool minus = s < end && *s == '-';
    s += minus;
    uint64_t v = 0;
    const char *digits = s;
    for (; s < end && *s >= '0' && *s <= '9'; s++)
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, (uint64_t)(*s - '0'), &v))
            return false;
    if (s == digits)
        return false;
    *out = minus ? -v : v;
    *at = s;
    return true;
}

static bool task_take_pid(const char **at, const char *end, pid_t *out)
{
    uint64_t v;
    if (!task_take_number(at, end, &v) || v > INT_MAX)
        return false;
    *out = (pid_t)v;
    return true;
}

/* The numbers from ppid on. A kernel that prints fewer fields than it should is refused up to the start time. */
static bool task_parse_numbers(const char *at, const char *end, struct task *t)
{
    t->image = 0;
    t->start = 0;
    for (int field = FIELD_PPID; field <= FIELD_STARTSTACK; field++) {
        uint64_t v;
        if (!task_take_number(&at, end, &v))
            return field > FIELD_START;
        switch (field) {
        case FIELD_PPID:
        case FIELD_PGRP:
            if (v > INT_MAX) /* pgrp is -1 for a leader that is being taken apart */
                v = 0;
            *(field == FIELD_PPID ? &t->ppid : &t->pgrp) = (pid_t)v;
            break;
        case FIELD_FLAGS:
            t->kthread = v & TASK_PF_KTHREAD;
            break;
        case FIELD_START:
            t->start = v;
            break;
        case FIELD_STARTCODE:
        case FIELD_ENDCODE:
        case FIELD_STARTSTACK:
            t->image = t->image * 31 + v;
            break;
        }
    }
    return true;
}

bool task_parse_stat(const char *text, size_t len, struct task *t)
{
    const char *end = text + len, *at = text;
    const char *open = memchr(text, '(', len), *close = memrchr(text, ')', len);
    if (!open || !close || close < open || memchr(text, '\0', len))
        return false;
    if (!task_take_pid(&at, open, &t->pid) || t->pid == 0)
        return false;
    size_t name = (size_t)(close - open - 1);
    if (name >= sizeof t->comm)
        name = sizeof t->comm - 1;
    memset(t->comm, 0, sizeof t->comm);
    memcpy(t->comm, open + 1, name);
    if (end - close < 4 || close[1] != ' ' || close[2] <= ' ' || close[2] > '~')
        return false;
    t->state = close[2];
    return task_parse_numbers(close + 3, end, t);
}

/* Reads a small file of a /proc in one read: the kernel composes it at the first. Returns the length, -1 when gone. */
static ssize_t task_slurp(int procfd, pid_t pid, const char *name, char *buf, size_t size)
{
    char path[48];
    snprintf(path, sizeof path, "%d/%s", (int)pid, name);
    autofd int fd = openat(procfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return -1;
    ssize_t n = read(fd, buf, size - 1);
    if (n >= 0)
        buf[n] = '\0';
    return n;
}

bool task_read_stat(int procfd, pid_t pid, struct task *t)
{
    char buf[2048];
    ssize_t n = task_slurp(procfd, pid, "stat", buf, sizeof buf);
    return n > 0 && task_parse_stat(buf, (size_t)n, t) && t->pid == pid;
}

static void task_parse_nspid(const char *line, struct task *t)
{
    const char *end = line + strcspn(line, "\n");
    pid_t pid;
    for (int n = 0;; n++) {
        while (line < end && (*line == '\t' || *line == ' '))
            line++;
        if (!task_take_pid(&line, end, &pid))
            break;
        int at = n < TASK_LEVELS ? n : TASK_LEVELS - 1; /* the last is its own view and always kept */
        t->nspid[at] = pid;
        t->nspids = at + 1;
    }
}

void task_parse_status(const char *text, struct task *t)
{
    t->nspids = 0;
    const char *uid = strstr(text, "\nUid:\t"), *nspid = strstr(text, "\nNSpid:\t");
    if (uid)
        t->uid = (uid_t)strtoul(uid + 6, NULL, 10);
    if (nspid)
        task_parse_nspid(nspid + 8, t);
    if (!t->nspids) {
        t->nspid[0] = t->pid;
        t->nspids = 1;
    }
}

bool task_read_status(int procfd, struct task *t)
{
    char buf[4096];
    ssize_t n = task_slurp(procfd, t->pid, "status", buf, sizeof buf);
    if (n == (ssize_t)sizeof buf - 1) { /* some 65,536 groups stand before NSpid */
        autostr struct str all = {0};
        char path[32];
        snprintf(path, sizeof path, "%d/status", (int)t->pid);
        if (!file_read(procfd, path, &all, 1 << 20))
            return false;
        task_parse_status(str_c(&all), t);
        return true;
    }
    task_parse_status(n > 0 ? buf : "", t);
    return n > 0;
}

bool task_read(int procfd, pid_t pid, struct task *t)
{
    *t = (struct task){0};
    if (!task_read_stat(procfd, pid, t))
        return false;
    if (t->kthread) { /* in the first pid namespace, as uid 0: spares half of the reads of a fresh machine */
        t->nspid[0] = pid;
        t->nspids = 1;
        return true;
    }
    task_read_status(procfd, t); /* unreadable (hidepid) leaves the one pid */
    return true;
}

bool task_read_args(int procfd, struct task *t)
{
    char buf[4097];
    ssize_t n = task_slurp(procfd, t->pid, "cmdline", buf, sizeof buf);
    if (n < 0)
        return false;
    while (n > 0 && (buf[n - 1] == '\0' || buf[n - 1] == ' '))
        n--;
    for (ssize_t i = 0; i < n; i++)
        if (buf[i] == '\0')
            buf[i] = ' ';
    struct str out = {0};
    text_sanitise(&out, buf, (size_t)n, TEXT_LINE);
    free(t->args);
    t->args = str_steal(&out);
    return true;
}
