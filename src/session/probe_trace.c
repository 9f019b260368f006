/* Can programs be watched here? The tracer itself is tried: it takes a child, which loads the filter and makes a call
 * that is stopped, decoded and denied. */
#include "base/loop.h"
#include "base/mem.h"
#include "session/probe.h"
#include "trace/tracer.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRACE_MS    2000
#define TRACE_ERROR EXDEV /* no cause of chdir("/") to fail */

struct probe_tracer {
    struct tracer *tracer;
    int status;
};

/* The child: 0 when its call was denied; else why not. */
static _Noreturn void trace_child(int word, const struct str *bpf)
{
    char byte;
    struct sock_fprog program = {(unsigned short)(bpf->len / sizeof(struct sock_filter)), (struct sock_filter *)bpf->s};
    if (read(word, &byte, 1) != 1)
        _exit(EPIPE);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
        _exit(errno);
    if (chdir("/") == 0)
        _exit(ECHILD);
    _exit(errno == TRACE_ERROR ? 0 : errno);
}

static enum trace_verdict trace_begins(void *arg, struct tracee *t, const struct call *c)
{
    const char *path = call_arg_text(c, 0);
    if (!strcmp(call_row_of(c)->name, "chdir") && path && !strcmp(path, "/"))
        trace_deny(t, TRACE_ERROR);
    return TRACE_GO;
}

static void trace_exited(void *arg, struct tracee *t, int status)
{
    ((struct probe_tracer *)arg)->status = status;
}

static bool trace_is_over(void *arg)
{
    return tracer_count(((const struct probe_tracer *)arg)->tracer) == 0;
}

static bool trace_fail(struct probe_report *p, int err, const char *step)
{
    autostr struct str why = {0}, cure = {0};
    errno = err;
    probe_fail(p, "%s", step);
    trace_explain(err, &why, &cure);
    return why.len ? probe_tell(p, str_c(&why), "%s", str_c(&cure)) : false;
}

static bool trace_watch(struct probe_report *p, struct loop *l, struct probe_tracer *pt, pid_t pid, int word)
{
    struct outcome o = {0};
    if (!trace_attach(pt->tracer, pid, &o))
        return trace_fail(p, o.err, o.step);
    if (write(word, "", 1) != 1)
        return probe_fail(p, "write()");
    if (!loop_run_until(l, trace_is_over, pt, TRACE_MS))
        return probe_tell(p, "a call of a child was not stopped in time", "%s", "");
    if (!WIFEXITED(pt->status))
        return probe_tell(p, "the child that was watched died of it", "%s", "");
    if (WEXITSTATUS(pt->status) == ECHILD)
        return probe_tell(p, "a call that was denied was made all the same", "%s", "");
    return WEXITSTATUS(pt->status) == 0 || trace_fail(p, WEXITSTATUS(pt->status), "seccomp(SECCOMP_SET_MODE_FILTER)");
}

bool probe_trace(struct probe_report *p)
{
    static const struct trace_events events = {.begins = trace_begins, .exited = trace_exited};
    struct probe_tracer pt = {0};
    struct outcome o = {0};
    autostr struct str bpf = {0};
    int word[2];
    if (!trace_filter(&bpf, &o) || pipe2(word, O_CLOEXEC) < 0)
        return probe_fail(p, "make a seccomp filter");
    pid_t pid = fork();
    if (pid == 0) {
        close(word[1]);
        trace_child(word[0], &bpf);
    }
    close(word[0]);
    struct loop *l = loop_new();
    pt.tracer = pid < 0 ? NULL : tracer_new(l, &events, &pt, &o);
    bool works = pt.tracer ? trace_watch(p, l, &pt, pid, word[1]) : probe_fail(p, "%s", pid < 0 ? "fork()" : o.step);
    close(word[1]); /* a child that was not taken leaves */
    tracer_free(pt.tracer);
    loop_free(l);
    waitpid(pid, NULL, __WALL);
    return works;
}
