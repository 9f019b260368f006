#include "watched.h"
#include "base/mem.h"
#include "support.h"
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void watch_be_child(int argc, char **argv, const struct watch_program *programs)
{
    if (argc != 3 || strcmp(argv[1], "child") != 0)
        return;
    for (; programs->name; programs++)
        if (!strcmp(programs->name, argv[2]))
            exit(programs->run());
    exit(99);
}

static enum trace_verdict watch_begins(void *arg, struct tracee *t, const struct call *c)
{
    struct watch *w = arg;
    const struct tracee_id *id = tracee_id(t);
    w->begun++;
    if (!id->parent && id->pid != w->pid)
        w->unborn++;
    return w->judge ? w->judge(w, t, c) : TRACE_GO;
}

static void watch_ends(void *arg, struct tracee *t, const struct call *c, const struct call_image *result)
{
    struct watch *w = arg;
    str_addf(&w->lines, "[%d] ", (int)tracee_id(t)->own);
    call_print_result(&w->lines, c, result);
    if (tracee_denied(t))
        str_add(&w->lines, " (denied)");
    str_addc(&w->lines, '\n');
}

static void watch_forked(void *arg, struct tracee *parent, struct tracee *child)
{
    struct watch *w = arg;
    w->forked++;
}

static void watch_executed(void *arg, struct tracee *t)
{
    struct watch *w = arg;
    w->executed++;
}

static void watch_exited(void *arg, struct tracee *t, int status)
{
    struct watch *w = arg;
    w->exited++;
    if (tracee_id(t)->pid == w->pid)
        w->status = status;
}

static void watch_stopped(void *arg, struct tracee *t, int sig)
{
    struct watch *w = arg;
    w->stopped = sig;
    w->held = t;
}

static void watch_continued(void *arg, struct tracee *t)
{
    struct watch *w = arg;
    w->continued++;
}

static const struct trace_events watch_events = {.begins = watch_begins,
                                                 .ends = watch_ends,
                                                 .forked = watch_forked,
                                                 .executed = watch_executed,
                                                 .exited = watch_exited,
                                                 .stopped = watch_stopped,
                                                 .continued = watch_continued};

void watch_start_program(struct watch *w, char *const argv[])
{
    struct outcome o = {0};
    w->loop = loop_new();
    w->tracer = tracer_new(w->loop, &watch_events, w, &o);
    assert_non_null(w->tracer);
    w->pid = trace_spawn(w->tracer, argv[0][0] == '/' ? argv[0] : "/proc/self/exe", argv, NULL, &o);
    if (w->pid > 0)
        return;
    autostr struct str why = {0};
    outcome_print(&why, &o);
    tracer_free(w->tracer);
    loop_free(w->loop);
    SKIP_UNLESS(false, str_c(&why));
}

void watch_start(struct watch *w, const char *child)
{
    char *argv[] = {(char *)"test_trace", (char *)"child", (char *)child, NULL};
    watch_start_program(w, argv);
}

bool watch_over(void *arg)
{
    const struct watch *w = arg;
    return tracer_count(w->tracer) == 0;
}

bool watch_holds(void *arg)
{
    return ((const struct watch *)arg)->held;
}

bool watch_is_stopped(void *arg)
{
    return ((const struct watch *)arg)->stopped;
}

bool watch_is_continued(void *arg)
{
    return ((const struct watch *)arg)->continued;
}

void watch_end(struct watch *w)
{
    tracer_free(w->tracer);
    loop_free(w->loop);
    str_free(&w->lines);
}

int watch_run(struct watch *w)
{
    assert_true(loop_run_until(w->loop, watch_over, w, WATCH_MS));
    assert_true(WIFEXITED(w->status));
    return WEXITSTATUS(w->status);
}

static bool watch_never(void *arg)
{
    return false;
}

void watch_pause(struct watch *w, int ms)
{
    loop_run_until(w->loop, watch_never, w, ms);
}

int watch_count(const struct watch *w, const char *text)
{
    int n = 0;
    for (const char *p = str_c(&w->lines); (p = strstr(p, text)); p++)
        n++;
    return n;
}

void watch_expect(const struct watch *w, const char *text, int times)
{
    if (watch_count(w, text) != times)
        fail_msg("%s: %d times instead of %d in\n%s", text, watch_count(w, text), times, str_c(&w->lines));
}

char watch_state(pid_t pid)
{
    autofree char *path = xasprintf("/proc/%d/stat", (int)pid);
    char text[512] = "";
    autofd int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, text, sizeof text - 1) <= 0)
        return 0;
    return strrchr(text, ')')[2];
}
