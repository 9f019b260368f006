/* What programs do on the stage, as the session tells it, and slow motion. */
#include "support.h"

#include "base/mem.h"
#include "proc/procfs.h"
#include "proc/task.h"
#include "session/watch.h"
#include "stage.h"
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static enum stage_kind kind_of(void **state)
{
    return *(const enum stage_kind *)*state;
}

struct ear {
    struct session *session;
    struct str told; /* "name text\n" */
    struct str why;
    int exits, denied, held, lost, searches;
    enum slow_go how;
    int refuse;         /* the errno for calls of `only` */
    const char *only;   /* NULL: every held call is let go */
    char waiting[32];   /* name of a call that is left held */
    pid_t witness;      /* at the last held call */
    bool saw_other;     /* the container column looked through another process than the actor */
    pid_t wrong_number; /* a held process that was not in a stop */
};

static void ear_watched(void *arg, const struct watched *w)
{
    struct ear *ear = arg;
    if (w->kind == WATCHED_EXIT)
        ear->exits++;
    else if (w->kind == WATCHED_LOST)
        ear->lost += (int)w->ret;
    else
        str_addf(&ear->told, "%s %s\n", w->who ? w->who->name : "?", w->text);
    str_add(&ear->why, w->why);
    ear->denied += w->denied;
    ear->searches += w->search;
}

static void ear_held(void *arg, const struct watched *w)
{
    struct ear *ear = arg;
    struct task t = {0};
    ear->held++;
    ear->witness = session_witness(ear->session);
    ear->saw_other |= ear->witness != session_side_actor(ear->session, SIDE_CONTAINER)->pid;
    if (!task_read_stat(procfs_self(), w->tid, &t) || t.state != 't')
        ear->wrong_number = w->tid;
    if (ear->waiting[0] && !strcmp(w->row->name, ear->waiting))
        return;
    if (ear->only && !strcmp(w->row->name, ear->only))
        session_refuse(ear->session, ear->refuse);
    else
        session_go(ear->session, ear->how);
}

static struct session *ear_open(struct ear *ear, enum stage_kind kind, bool holds)
{
    const char *why = "";
    ear->session = stage_open(kind);
    session_set_events(ear->session,
                       &(struct session_events){.watched = ear_watched, .held = holds ? ear_held : NULL, .arg = ear});
    bool watches = session_watches(ear->session, &why);
    if (!watches)
        stage_close(ear->session);
    SKIP_UNLESS(watches, why);
    return ear->session;
}

/* As a learner's command, while stage_run() runs what nobody is told of. Its exit status, output in *out (static). */
static int ear_run(struct session *s, int who, const char *command, const char **out)
{
    static struct str text;
    struct outcome o;
    int status = 0;
    str_cut(&text, 0);
    if (session_run(s, session_actor(s, who), command, 0, 0, &text, &status, &o) < 0)
        fail_msg("%s: %s %s", command, o.step, o.hint);
    while (text.len && text.s[text.len - 1] == '\n')
        str_cut(&text, text.len - 1);
    if (out)
        *out = str_c(&text);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void ear_close(struct ear *ear)
{
    stage_close(ear->session);
    str_free(&ear->told);
    str_free(&ear->why);
}

/* Each of the lines, in this order. */
static void assert_told(const struct ear *ear, const char *const *lines)
{
    const char *at = str_c(&ear->told);
    for (; *lines; lines++) {
        const char *found = strstr(at, *lines);
        if (!found)
            fail_msg("\"%s\" is missing or too early in:\n%s", *lines, str_c(&ear->told));
        at = found + strlen(*lines);
    }
}

#define ARTICLE "unshare --pid --fork --mount-proc=rootfs/proc chroot rootfs /bin/sh -c 'echo I am $$'"

static void test_article(void **state)
{
    struct ear ear = {0};
    struct session *s = ear_open(&ear, kind_of(state), false);
    const char *out;
    assert_int_equal(ear_run(s, 2, ARTICLE, &out), 0);
    assert_string_equal(out, "I am 1");
    assert_told(&ear, (const char *const[]){"container unshare(CLONE_NEWNS|CLONE_NEWPID) = 0\n",
                                            "container mount(\"none\", \"/\", NULL, MS_REC|MS_PRIVATE, NULL) = 0\n",
                                            "container mount(\"proc\", \"rootfs/proc\", \"proc\", ",
                                            "container chroot(\"rootfs\") = 0\n", "execve(\"/bin/sh\"", NULL});
    assert_true(ear.exits >= 2);
    assert_null(strstr(str_c(&ear.told), "porthole")); /* our own wrapping */
    ear_close(&ear);
}

static void test_ours_is_not_told(void **state)
{
    struct ear ear = {0};
    struct session *s = ear_open(&ear, kind_of(state), false);
    struct outcome o;
    int status;
    assert_true(stage_call(s, 2, "fork()", NULL) > 0);
    assert_int_equal(stage_call(s, 3, "chdir(\"/\")", NULL), 0);
    assert_int_equal(session_run(s, session_actor(s, 1), "ls / >/dev/null; (true)", RUN_QUIET, 0, NULL, &status, &o),
                     0);
    assert_string_equal(str_c(&ear.told), "");
    assert_int_equal(ear.exits, 0);
    assert_int_equal(ear_run(s, 3, "cd /proc", NULL), 0);
    assert_string_equal(str_c(&ear.told), "fork3 chdir(\"/proc\") = 0\n");
    ear_close(&ear);
}

static void test_typed_program(void **state)
{
    struct ear ear = {0};
    struct session *s = ear_open(&ear, kind_of(state), false);
    struct outcome o;
    int status;
    assert_true(stage_call(s, 2, "fork()", NULL) > 0);
    assert_true(session_drive(s, 3, &o));
    stage_call(s, 3, "execve(\"/bin/sh\", [\"sh\"])", NULL);
    assert_int_equal(session_input(s, session_actor(s, 3), "cd /proc", 0, NULL, &status, &o), 0);
    assert_told(&ear, (const char *const[]){"fork3 chdir(\"/proc\") = 0\n", NULL});
    assert_null(strstr(str_c(&ear.told), "execve")); /* typed: told already */
    ear_close(&ear);
}

static void test_slow(void **state)
{
    struct ear ear = {.how = GO_ONE};
    struct session *s = ear_open(&ear, kind_of(state), true);
    const char *out;
    session_set_slow(s, SLOW_ON);
    assert_int_equal(ear_run(s, 2, ARTICLE, &out), 0);
    assert_string_equal(out, "I am 1");
    assert_int_equal(ear.wrong_number, 0);
    assert_true(ear.held >= 6);
    assert_true(ear.saw_other);
    assert_int_equal(session_witness(s), session_actor(s, 2)->pid); /* it has ended */
    assert_int_equal(session_nheld(s), 0);
    int held = ear.held;
    session_set_slow(s, SLOW_OFF);
    assert_int_equal(ear_run(s, 2, "ls / >/dev/null", NULL), 0);
    assert_int_equal(ear.held, held);
    ear_close(&ear);
}

static void test_run_on(void **state)
{
    struct ear ear = {.how = GO_ON};
    struct session *s = ear_open(&ear, kind_of(state), true);
    session_set_slow(s, SLOW_ON);
    assert_int_equal(ear_run(s, 2, ARTICLE, NULL), 0);
    assert_int_equal(ear.held, 1);
    assert_int_equal(ear_run(s, 2, ARTICLE, NULL), 0);
    assert_int_equal(ear.held, 2);
    ear_close(&ear);
}

static void test_next_kind(void **state)
{
    struct ear ear = {.how = GO_KIND};
    struct session *s = ear_open(&ear, kind_of(state), true);
    session_set_slow(s, SLOW_ON);
    assert_int_equal(ear_run(s, 2, "cd /; cd /proc; cd /; umask 022; cd /proc; ls / >/dev/null; cd /", NULL), 0);
    /* chdir, the fork of ls, its execve, and chdir again */
    assert_int_equal(ear.held, 4);
    ear_close(&ear);
}

/* The second of two calls has stopped, and that has not been told yet, when the answer for the first lets all go. */
static void ear_held_late(void *arg, const struct watched *w)
{
    struct ear *ear = arg;
    ear->held++;
    if (ear->held < 2) {
        session_go(ear->session, GO_ONE);
        return;
    }
    usleep(300000); /* the tracer is another thread */
    session_go(ear->session, GO_ON);
    assert_int_equal(session_nheld(ear->session), 0);
}

static void test_over_before_told(void **state)
{
    struct ear ear = {0};
    struct session *s = ear_open(&ear, kind_of(state), true);
    session_set_events(s, &(struct session_events){.watched = ear_watched, .held = ear_held_late, .arg = &ear});
    session_set_slow(s, SLOW_ON);
    assert_int_equal(ear_run(s, 2, "/bin/true & /bin/true; wait", NULL), 0);
    assert_int_equal(ear.held, 2); /* the first fork; then that of the other child, or the first child's execve */
    ear_close(&ear);
}

/* Two of a kind wait, and go on together. */
static void ear_held_pair(void *arg, const struct watched *w)
{
    struct ear *ear = arg;
    bool executes = !strcmp(w->row->name, "execve");
    if (executes && session_nheld(ear->session) < 2)
        return;
    session_go(ear->session, GO_KIND);
    assert_int_equal(session_nheld(ear->session), 0);
    ear->held += executes;
}

static void test_pair_of_a_kind(void **state)
{
    struct ear ear = {0};
    struct session *s = ear_open(&ear, kind_of(state), true);
    session_set_events(s, &(struct session_events){.watched = ear_watched, .held = ear_held_pair, .arg = &ear});
    assert_int_equal(ear_run(s, 2, "mkfifo go", NULL), 0);
    session_set_slow(s, SLOW_ON);
    assert_int_equal(ear_run(s, 2,
                             "(read x <go; exec /bin/true) & (read x <go; exec /bin/true) & "
                             "exec 3<>go; echo a >&3; echo b >&3; wait",
                             NULL),
                     0);
    assert_int_equal(ear.held, 1);
    ear_close(&ear);
}

static void test_refuse(void **state)
{
    struct ear ear = {.only = "unshare", .refuse = EPERM};
    struct session *s = ear_open(&ear, kind_of(state), true);
    const char *out;
    session_set_slow(s, SLOW_ON);
    assert_int_equal(ear_run(s, 2, "unshare --mount true", &out), 1);
    assert_non_null(strstr(out, "unshare failed: Operation not permitted"));
    assert_int_equal(ear.denied, 1);
    assert_told(&ear, (const char *const[]){"unshare(CLONE_NEWNS) = -1 EPERM (Operation not permitted)\n", NULL});
    ear_close(&ear);
}

static void test_why(void **state)
{
    struct ear ear = {0};
    struct session *s = ear_open(&ear, kind_of(state), false);
    assert_int_not_equal(ear_run(s, 2, "mount -t proc proc nowhere", NULL), 0);
    assert_told(&ear, (const char *const[]){"mount(\"proc\", \"", "nowhere\", \"proc\", ", "-1 ENOENT", NULL});
    assert_non_null(strstr(str_c(&ear.why), "nowhere"));
    ear_close(&ear);
}

/* No step of a search: the file is there, and what it asks for is not. */
static void test_no_loader(void **state)
{
    struct ear ear = {0};
    struct session *s = ear_open(&ear, kind_of(state), false);
    assert_int_equal(ear_run(s, 2, "cp $dynamic rootfs/dyn; chroot rootfs /dyn", NULL), 127);
    assert_int_equal(ear.searches, 0);
    assert_non_null(strstr(str_c(&ear.why), "what is missing is its loader"));
    assert_int_not_equal(ear_run(s, 2, "chroot rootfs /nothing", NULL), 0);
    assert_int_equal(ear.searches, 1);
    ear_close(&ear);
}

static void ear_interrupt(void *arg)
{
    struct ear *ear = arg;
    if (!session_nheld(ear->session)) { /* a loaded machine */
        loop_timer(stage_loop, 700, ear_interrupt, ear);
        return;
    }
    assert_string_equal(session_held(ear->session)->row->name, "unshare");
    assert_true(session_busy(ear->session));
    session_interrupt(ear->session);
}

/* ^C while a call is held: it is not made, and the program gets the signal. */
static void test_interrupt(void **state)
{
    struct ear ear = {.how = GO_ONE, .waiting = "unshare"};
    struct session *s = ear_open(&ear, kind_of(state), true);
    session_set_slow(s, SLOW_ON);
    loop_timer(stage_loop, 700, ear_interrupt, &ear); /* longer than what is taken for a stopped process */
    assert_int_not_equal(ear_run(s, 2, "unshare --mount true", NULL), 0);
    assert_int_equal(session_nheld(s), 0);
    assert_told(&ear, (const char *const[]){"unshare(CLONE_NEWNS) = -1 EINTR", NULL});
    assert_int_equal(ear_run(s, 2, "true", NULL), 0);
    ear_close(&ear);
}

static void ear_stage_ends(void *arg)
{
    struct ear *ear = arg;
    session_give_up(ear->session);
}

/* The stage ends while a call is held: nothing waits for it. */
static void test_end_while_held(void **state)
{
    struct ear ear = {.how = GO_ONE, .waiting = "mount"};
    struct session *s = ear_open(&ear, kind_of(state), true);
    session_set_slow(s, SLOW_ON);
    loop_timer(stage_loop, 300, ear_stage_ends, &ear);
    ear_run(s, 2, ARTICLE, NULL);
    ear_close(&ear);
}

/* Both look like 't' in /proc. */
static void test_stopped_or_held(void **state)
{
    struct ear ear = {0};
    struct session *s = ear_open(&ear, kind_of(state), false);
    struct outcome o;
    const char *out;
    assert_int_equal(ear_run(s, 1,
                             "sleep 31347 & export victim=$!; kill -STOP $victim; "
                             "until grep -q '^State:.[tT]' /proc/$victim/status; do :; done; echo stopped",
                             &out),
                     0);
    assert_string_equal(out, "stopped");
    assert_true(stage_call(s, 2, "fork()", NULL) > 0);
    session_set_var(s, "child", "");
    const char *number = session_var(s, SIDE_HOST, "victim");
    assert_non_null(number);
    autofree char *stop = xasprintf("kill(%d, SIGSTOP)", (int)session_actor(s, 3)->host_pid);
    assert_int_equal(stage_call(s, 1, stop, NULL), 0);
    struct call_error e;
    struct call *c = call_parse("getpid()", NULL, &e);
    struct call_image image;
    for (int i = 0; i < 100 && task_read_stat(procfs_self(), session_actor(s, 3)->pid, &(struct task){0}); i++)
        if (session_call(s, session_actor(s, 3), c, &image, NULL, &o) < 0)
            break;
    call_free(c);
    autostr struct str text = {0};
    outcome_print(&text, &o);
    assert_non_null(strstr(str_c(&text), "it is stopped"));
    ear_close(&ear);
}

static const enum stage_kind practice = STAGE_PRACTICE, real = STAGE_REAL;
#define ON_BOTH(test)                                                                                                  \
    {#test " (practice)", test, NULL, NULL, (void *)(uintptr_t)&practice},                                             \
    {                                                                                                                  \
#test " (real)", test, NULL, NULL, (void *)(uintptr_t)&real                                                    \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(test_article),
        ON_BOTH(test_ours_is_not_told),
        ON_BOTH(test_typed_program),
        ON_BOTH(test_slow),
        ON_BOTH(test_run_on),
        ON_BOTH(test_next_kind),
        ON_BOTH(test_over_before_told),
        ON_BOTH(test_pair_of_a_kind),
        ON_BOTH(test_refuse),
        ON_BOTH(test_interrupt),
        ON_BOTH(test_end_while_held),
        ON_BOTH(test_stopped_or_held),
        ON_BOTH(test_why),
        ON_BOTH(test_no_loader),
    };
    return cmocka_run_group_tests_name("session_watch", tests, NULL, NULL);
}
