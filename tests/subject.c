#include "subject.h"
#include "base/mem.h"
#include "support.h"
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void subject_be_child(int argc, char **argv, const struct subject_program *programs)
{
    if (argc != 3 || strcmp(argv[1], "child") != 0)
        return;
    for (; programs->name; programs++)
        if (!strcmp(programs->name, argv[2]))
            exit(programs->run());
    exit(99);
}

static enum trace_verdict subject_begins(void *arg, struct tracee *t, const struct call *c)
{
    struct subject *s = arg;
    const struct tracee_id *id = tracee_id(t);
    s->begun++;
    if (!id->parent && id->pid != s->pid)
        s->unborn++;
    return s->judge ? s->judge(s, t, c) : TRACE_GO;
}

static void subject_ends(void *arg, struct tracee *t, const struct call *c, const struct call_image *result)
{
    struct subject *s = arg;
    str_addf(&s->lines, "[%d] ", (int)tracee_id(t)->own);
    call_print_result(&s->lines, c, result);
    if (tracee_denied(t))
        str_add(&s->lines, " (denied)");
    str_addc(&s->lines, '\n');
}

static void subject_forked(void *arg, struct tracee *parent, struct tracee *child)
{
    struct subject *s = arg;
    s->forked++;
}

static void subject_executed(void *arg, struct tracee *t)
{
    struct subject *s = arg;
    s->executed++;
}

static void subject_exited(void *arg, struct tracee *t, int status)
{
    struct subject *s = arg;
    s->exited++;
    if (tracee_id(t)->pid == s->pid)
        s->status = status;
}

static void subject_stopped(void *arg, struct tracee *t, int sig)
{
    struct subject *s = arg;
    s->stopped = sig;
    s->held = t;
}

static void subject_continued(void *arg, struct tracee *t)
{
    struct subject *s = arg;
    s->continued++;
}

static const struct trace_events subject_events = {.begins = subject_begins,
                                                   .ends = subject_ends,
                                                   .forked = subject_forked,
                                                   .executed = subject_executed,
                                                   .exited = subject_exited,
                                                   .stopped = subject_stopped,
                                                   .continued = subject_continued};

void subject_start_program(struct subject *s, char *const argv[])
{
    struct outcome o = {0};
    s->loop = loop_new();
    s->tracer = tracer_new(s->loop, &subject_events, s, &o);
    assert_non_null(s->tracer);
    s->pid = trace_spawn(s->tracer, argv[0][0] == '/' ? argv[0] : "/proc/self/exe", argv, NULL, &o);
    if (s->pid > 0)
        return;
    autostr struct str why = {0};
    outcome_print(&why, &o);
    tracer_free(s->tracer);
    loop_free(s->loop);
    SKIP_UNLESS(false, str_c(&why));
}

void subject_start(struct subject *s, const char *child)
{
    char *argv[] = {(char *)"test_trace", (char *)"child", (char *)child, NULL};
    subject_start_program(s, argv);
}

bool subject_over(void *arg)
{
    const struct subject *s = arg;
    return tracer_count(s->tracer) == 0;
}

bool subject_holds(void *arg)
{
    return ((const struct subject *)arg)->held;
}

bool subject_is_stopped(void *arg)
{
    return ((const struct subject *)arg)->stopped;
}

bool subject_is_continued(void *arg)
{
    return ((const struct subject *)arg)->continued;
}

void subject_end(struct subject *s)
{
    tracer_free(s->tracer);
    loop_free(s->loop);
    str_free(&s->lines);
}

int subject_run(struct subject *s)
{
    assert_true(loop_run_until(s->loop, subject_over, s, SUBJECT_MS));
    assert_true(WIFEXITED(s->status));
    return WEXITSTATUS(s->status);
}

static bool subject_never(void *arg)
{
    return false;
}

void subject_pause(struct subject *s, int ms)
{
    loop_run_until(s->loop, subject_never, s, ms);
}

int subject_count(const struct subject *s, const char *text)
{
    int n = 0;
    for (const char *p = str_c(&s->lines); (p = strstr(p, text)); p++)
        n++;
    return n;
}

void subject_expect(const struct subject *s, const char *text, int times)
{
    if (subject_count(s, text) != times)
        fail_msg("%s: %d times instead of %d in\n%s", text, subject_count(s, text), times, str_c(&s->lines));
}

char subject_state(pid_t pid)
{
    autofree char *path = xasprintf("/proc/%d/stat", (int)pid);
    char text[512] = "";
    autofd int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, text, sizeof text - 1) <= 0)
        return 0;
    return strrchr(text, ')')[2];
}
