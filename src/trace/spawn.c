/* Starting a program that is watched from its own execve() on, or taking a process that runs.
 *
 *     tracer                        child
 *     fork  ----------------------> waits for the word
 *     ptrace(PTRACE_SEIZE)
 *     the word -------------------> loads the filter
 *     reads what became of it <---- says so
 *     (its loop)                    execve(): the first call that stops
 *
 * The order matters: a filter without a tracer would make the child's own execve() fail with ENOSYS. */
#include "base/file.h"
#include "base/mem.h"
#include "trace/private.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define SPAWN_OPTIONS                                                                                                  \
    (PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC |     \
     PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD)

extern char **environ;

struct spawn {
    const struct tracer *tracer;
    const char *path;
    char *const *argv, *const *env;
    void *filter;
    int word[2], answer[2];
};

static _Noreturn void spawn_child(const struct spawn *s)
{
    char byte;
    close(s->word[1]);
    if (read(s->word[0], &byte, 1) != 1)
        _exit(127); /* our parent is gone, or may not trace us */
    int err = filter_load(s->filter);
    if (write(s->answer[1], &err, sizeof err) != sizeof err || err)
        _exit(127);
    close(s->word[0]);
    close(s->answer[0]);
    close(s->answer[1]);
    sigprocmask(SIG_SETMASK, &s->tracer->mask, NULL);
    signal(SIGXFSZ, SIG_DFL); /* ignored by porthole itself, see main.c */
    execve(s->path, s->argv, s->env);
    _exit(errno == ENOENT ? 127 : 126);
}

static pid_t spawn_start(struct spawn *s, struct outcome *o)
{
    int err = 0;
    if (pipe2(s->word, O_CLOEXEC) < 0 || pipe2(s->answer, O_CLOEXEC) < 0)
        return outcome_set(o, errno, "pipe2", "", NULL);
    pid_t pid = fork();
    if (pid < 0)
        return outcome_set(o, errno, "fork", "", NULL);
    if (pid == 0)
        spawn_child(s);
    close_fd(&s->answer[1]);
    if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)SPAWN_OPTIONS) < 0) {
        refused(o, errno, "ptrace(PTRACE_SEIZE)");
    } else if (write(s->word[1], "", 1) != 1 || read(s->answer[0], &err, sizeof err) != sizeof err || err) {
        refused(o, err ? err : EPIPE, "seccomp(SECCOMP_SET_MODE_FILTER)");
    } else {
        return pid;
    }
    kill(pid, SIGKILL);
    while (waitpid(pid, &err, __WALL) == pid && WIFSTOPPED(err))
        ptrace(PTRACE_CONT, pid, NULL, NULL);
    return -1;
}

static struct tracee *spawn_add(struct tracer *tr, pid_t pid)
{
    struct tracee *t = tracees_add(&tr->set, tr, pid);
    t->state = TRACEE_RUN;
    t->born = t->told = true;
    t->id.pid = pid;
    t->full = tr->filtered ? FULL_YES : FULL_NO;
    return t;
}

pid_t trace_spawn(struct tracer *tr, const char *path, char *const argv[], char *const env[], struct outcome *o)
{
    struct spawn s = {.tracer = tr,
                      .path = path,
                      .argv = argv,
                      .env = env ? env : environ,
                      .word = {-1, -1},
                      .answer = {-1, -1},
                      .filter = filter_new()};
    if (!s.filter)
        return outcome_set(o, ENOMEM, "make a seccomp filter", "", NULL);
    tracer_reap_orphans(tr);
    pid_t pid = spawn_start(&s, o);
    for (int i = 0; i < 2; i++) {
        close_fd(&s.word[i]);
        close_fd(&s.answer[i]);
    }
    filter_free(s.filter);
    if (pid < 0)
        return -1;
    struct tracee *t = spawn_add(tr, pid);
    tracee_id(t);
    t->plain = t->levels == 1;
    return pid;
}

struct tracee *trace_attach(struct tracer *tr, pid_t pid, struct outcome *o)
{
    if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)SPAWN_OPTIONS) < 0) {
        refused(o, errno, "ptrace(PTRACE_SEIZE)");
        return NULL;
    }
    return spawn_add(tr, pid);
}

bool trace_filter(struct str *bpf, struct outcome *o)
{
    void *filter = filter_new();
    bool ok = filter && filter_export(filter, bpf);
    if (!ok)
        outcome_set(o, filter ? errno : ENOMEM, "make a seccomp filter", "", NULL);
    filter_free(filter);
    return ok;
}
