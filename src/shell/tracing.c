/* Linear tracing. Interrupts from the terminal are the program's business: it shares our process group, and gets them
 * itself. Ctrl-Z is ours in part: when the program has stopped, we stop, too, so that the shell that started us takes
 * the terminal back; its SIGCONT goes to the whole group and wakes both. */
#include "shell/tracing.h"
#include "base/errnoname.h"
#include "base/text.h"
#include "shell/shell.h"
#include "trace/tracer.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct tracing {
    FILE *out;
    pid_t pid; /* the program itself */
    int status;
    struct tracer *tracer;
};

static void tracing_who(struct str *line, struct tracee *t)
{
    const struct tracee_id *id = tracee_id(t);
    if (id->own && id->own != id->pid)
        str_addf(line, "[%d/%d] ", (int)id->pid, (int)id->own);
    else
        str_addf(line, "[%d] ", (int)id->pid);
}

static void tracing_say(struct tracing *tc, struct str *line)
{
    str_addc(line, '\n');
    fwrite(line->s, 1, line->len, tc->out);
}

static void tracing_ends(void *arg, struct tracee *t, const struct call *c, const struct call_image *result)
{
    autostr struct str line = {0};
    tracing_who(&line, t);
    call_print_result(&line, c, result);
    tracing_say(arg, &line);
}

static void tracing_exited(void *arg, struct tracee *t, int status)
{
    struct tracing *tc = arg;
    autostr struct str line = {0};
    tracing_who(&line, t);
    if (WIFEXITED(status)) {
        str_addf(&line, "+++ exited with %d +++", WEXITSTATUS(status));
    } else {
        const char *name = signal_name(WTERMSIG(status));
        str_addf(&line, name ? "+++ killed by %s%s +++" : "+++ killed by a signal%s%s +++", name ? name : "",
                 WCOREDUMP(status) ? " (core dumped)" : "");
    }
    tracing_say(tc, &line);
    if (tracee_id(t)->pid == tc->pid)
        tc->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void tracing_stopped(void *arg, struct tracee *t, int sig)
{
    struct tracing *tc = arg;
    bool by_terminal = sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
    if (by_terminal && tracee_id(t)->pid == tc->pid && getpgid(tc->pid) == getpgrp())
        raise(SIGSTOP);
}

static const struct trace_events tracing_events = {
    .ends = tracing_ends, .exited = tracing_exited, .stopped = tracing_stopped};

static bool tracing_is_program(const char *path)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return false;
    if (S_ISREG(st.st_mode) && access(path, X_OK) == 0)
        return true;
    errno = EACCES;
    return false;
}

/* As execvp(3) searches; NULL with errno, EACCES when there was one that may not be executed. */
static char *tracing_search(const char *name)
{
    if (strchr(name, '/'))
        return tracing_is_program(name) ? xstrdup(name) : NULL;
    const char *path = getenv("PATH");
    int err = ENOENT;
    for (const char *p = path ? path : "/usr/local/bin:/usr/bin:/bin"; *name; p++) {
        size_t n = strcspn(p, ":");
        autofree char *full = n ? xasprintf("%.*s/%s", (int)n, p, name) : xstrdup(name);
        if (tracing_is_program(full))
            return steal_ptr(&full);
        if (errno == EACCES)
            err = EACCES;
        p += n;
        if (!*p)
            break;
    }
    errno = err;
    return NULL;
}

static int tracing_fail(const char *name, const struct outcome *o, int status)
{
    autostr struct str text = {0};
    if (name) {
        text_sanitise(&text, name, strlen(name), TEXT_LINE);
        str_add(&text, ": ");
    }
    outcome_print(&text, o);
    fprintf(stderr, "porthole: trace: %s\n", str_c(&text));
    return status;
}

static int tracing_not_found(const char *name, int err)
{
    struct outcome o = {0};
    outcome_set(&o, err, "execute", "", NULL);
    return tracing_fail(name, &o, err == EACCES ? 126 : 127);
}

int tracing_find(const char *name)
{
    autofree char *path = tracing_search(name);
    return path ? 0 : tracing_not_found(name, errno);
}

int tracing_run(struct loop *l, char *const argv[], FILE *out)
{
    struct tracing tc = {.out = out, .status = EXIT_FAILED};
    struct outcome o = {0};
    autofree char *path = tracing_search(argv[0]);
    if (!path)
        return tracing_not_found(argv[0], errno);
    tc.tracer = tracer_new(l, &tracing_events, &tc, &o);
    if (!tc.tracer)
        return tracing_fail(NULL, &o, EXIT_CANNOT_RUN);
    tc.pid = trace_spawn(tc.tracer, path, argv, NULL, &o);
    if (tc.pid < 0) {
        tracer_free(tc.tracer);
        return tracing_fail(NULL, &o, EXIT_CANNOT_RUN);
    }
    const int terminal[] = {SIGINT, SIGQUIT, SIGTSTP};
    for (size_t i = 0; i < COUNT(terminal); i++)
        signal(terminal[i], SIG_IGN);
    setvbuf(out, NULL, _IOLBF, BUFSIZ);
    while (tracer_wait(tc.tracer))
        ;
    tracer_free(tc.tracer);
    fflush(out);
    return tc.status;
}
