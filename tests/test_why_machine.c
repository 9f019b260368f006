/* Causes that no line alone brings about: limits, filters, and what other machines have. */
#include "support.h"

#include "why.h"

#include "base/mem.h"
#include "session/private.h"
#include "session/stage.h"
#include "session/why_private.h"
#include "stage.h"
#include "temp.h"
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NO_CAPS "capset(0, {effective=0, permitted=0, inheritable=0})"

static void test_too_many_open(void **state)
{
    why_session = stage_open(STAGE_PRACTICE);
    pid_t pid = session_actor(why_session, 2)->pid;
    struct rlimit few = {6, 6}; /* 0-2, the actor's own socket, and two more */
    assert_int_equal(prlimit(pid, RLIMIT_NOFILE, &few, NULL), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(stage_call(why_session, 2, "open(\"image.tar\", O_RDONLY)", NULL), 3 + i);
    why_assert_call(2, "open(\"image.tar\", O_RDONLY)", EMFILE, "too-many-open");
    stage_close(why_session);
}

static void test_interrupted(void **state)
{
    why_session = stage_open(STAGE_PRACTICE);
    session_set_patience(why_session, 100); /* as if ^C came then */
    why_assert_call(2, "pause()", EINTR, "interrupted");
    stage_close(why_session);
}

static void test_too_deep(void **state)
{
    why_session = stage_open(STAGE_PRACTICE);
    int id = 2, err = 0;
    while (id < 40 && stage_call(why_session, id, "unshare(CLONE_NEWPID)", &err) == 0) {
        assert_true(stage_call(why_session, id, "fork()", NULL) > 0);
        id = id == 2 ? 3 : id + 1;
    }
    assert_int_equal(err, ENOSPC);
    why_assert_call(id, "unshare(CLONE_NEWPID)", ENOSPC, "too-deep");
    stage_close(why_session);
}

/* The real stage's own limit; where no cgroup can be made there is none. */
static void test_cgroup_limit(void **state)
{
    why_session = stage_open(STAGE_REAL);
    bool limited = session_limits_processes(why_session);
    if (!limited)
        stage_close(why_session);
    SKIP_UNLESS(limited, "no cgroup with a pids limit can be made here");
    stage_run(why_session, 1, "(while sleep 31345 & do :; done) 2>/dev/null || true", NULL);
    int err = 0;
    for (int i = 0; i < 8 && !err; i++)
        stage_call(why_session, 2, "fork()", &err);
    why_assert_call(2, "fork()", EAGAIN, "cgroup-limit");
    stage_close(why_session);
}

static void test_landlock(void **state)
{
    why_session = stage_open(STAGE_REAL);
    if (!stage_can_scope_signals())
        stage_close(why_session);
    SKIP_UNLESS(stage_can_scope_signals(), "Landlock's signal scope is not in this kernel");
    pid_t stranger = fork();
    if (stranger == 0) {
        pause();
        _exit(0);
    }
    autofree char *command = xasprintf("kill -0 %d", (int)stranger), *call = xasprintf("kill(%d, 0)", (int)stranger);
    autowhy struct why w = {0};
    const char *out;
    assert_int_not_equal(stage_run(why_session, 1, command, &out), 0);
    assert_non_null(strstr(out, "not permitted"));
    why_made_up(session_actor(why_session, 1), call, EPERM, &w); /* the guard refuses the typed call before */
    kill(stranger, SIGKILL);
    waitpid(stranger, NULL, 0);
    why_assert(&w, "landlock");
    stage_close(why_session);
}

/* What a container engine does to porthole: a filter before it starts. setdomainname is a call no stage needs. */
static void filter_begin(int err)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_setdomainname, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)err),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog prog = {COUNT(code), code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0)
        _exit(3);
}

static int filter_try(int err)
{
    filter_begin(err);
    why_session = stage_open(STAGE_PRACTICE);
    autowhy struct why w = {0};
    int got = 0;
    why_try_call(2, "setdomainname(\"box\")", &w, &got);
    stage_close(why_session);
    return got == err && w.first && !strcmp(w.first->name, "engine-filter") ? 0 : 4;
}

static void test_engine_filter(void **state)
{
    static const int errs[] = {EPERM, ENOSYS};
    for (size_t i = 0; i < COUNT(errs); i++) {
        int status = 0;
        pid_t pid = fork();
        if (pid == 0)
            _exit(filter_try(errs[i]));
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
    }
}

/* What other kernels and distributions have is looked at through a folder that stands for /proc. */
static const struct why_switched {
    const char *before, *call, *file, *content; /* file NULL: there is none */
    int err;
    const char *cause;
    bool holds;
} switched[] = {
#define USERNS_CALL "unshare(CLONE_NEWUSER|CLONE_NEWNS)"
#define RESTRICTED  "sys/kernel/apparmor_restrict_unprivileged_userns"
#define CLONABLE    "sys/kernel/unprivileged_userns_clone"
    {NO_CAPS, USERNS_CALL, RESTRICTED, "1\n", EPERM, "apparmor", true},
    {NO_CAPS, USERNS_CALL, RESTRICTED, "1\n", EACCES, "apparmor", true},
    {NO_CAPS, USERNS_CALL, RESTRICTED, "0\n", EPERM, "apparmor", false},
    {NO_CAPS, USERNS_CALL, NULL, "", EPERM, "apparmor", false},
    {NO_CAPS, "unshare(CLONE_NEWUTS)", RESTRICTED, "1\n", EPERM, "apparmor", false},
    {NULL, USERNS_CALL, RESTRICTED, "1\n", EPERM, "apparmor", false}, /* with its capabilities it is exempt */
    {NO_CAPS, USERNS_CALL, CLONABLE, "0\n", EPERM, "switched-off", true},
    {NO_CAPS, USERNS_CALL, CLONABLE, "1\n", EPERM, "switched-off", false},
    {NO_CAPS, USERNS_CALL, NULL, "", EPERM, "switched-off", false},
    {NULL, USERNS_CALL, CLONABLE, "0\n", EPERM, "switched-off", false},
    {NULL, "mount(\"t\", \"/tmp\", \"tmpfs\")", "sys/fs/mount-max", "2\n", ENOSPC, "too-many-mounts", true},
    {NULL, "mount(\"t\", \"/tmp\", \"tmpfs\")", "sys/fs/mount-max", "100000\n", ENOSPC, "too-many-mounts", false},
#define LABEL "PID/attr/current"
    {NULL, "sethostname(\"box\")", LABEL, "unprivileged_userns (enforce)\n", EPERM, "apparmor-profile", true},
    {NULL, "sethostname(\"box\")", LABEL, "unconfined\n", EPERM, "apparmor-profile", false},
    {NULL, "sethostname(\"box\")", NULL, "", EPERM, "apparmor-profile", false},
    {NULL, "mount(\"t\", \"/tmp\", \"tmpfs\")", LABEL, "docker-default (enforce)\n", EACCES, "confined", true},
    {NULL, "mount(\"t\", \"/tmp\", \"tmpfs\")", LABEL, "unconfined_u:unconfined_r:unconfined_t:s0", EACCES, "confined",
     false},
};

static void switch_write(const char *proc, const struct why_switched *t, pid_t pid)
{
    char path[200];
    if (!strncmp(t->file, "PID/", 4))
        snprintf(path, sizeof path, "%s/%d/%s", proc, (int)pid, t->file + 4);
    else
        snprintf(path, sizeof path, "%s/%s", proc, t->file);
    for (char *slash = path + strlen(proc) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
        *slash = '\0';
        (void)!mkdir(path, 0755);
    }
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    assert_true(fputs(t->content, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void switch_try(const struct why_switched *t)
{
    char proc[TEMP_PATH];
    autowhy struct why w = {0};
    why_session = stage_open(STAGE_PRACTICE);
    struct actor *who = session_actor(why_session, 2);
    temp_make(proc);
    if (t->before)
        assert_int_equal(stage_call(why_session, 2, t->before, NULL), 0);
    if (t->file)
        switch_write(proc, t, who->pid);
    why_pretend(proc);
    why_made_up(who, t->call, t->err, &w);
    why_pretend(NULL);
    temp_remove(proc);
    const struct why_cause *c = NULL;
    for (size_t i = 0; i < w.n && !c; i++)
        c = strcmp(w.cause[i].name, t->cause) ? NULL : &w.cause[i];
    if (!c || c->holds != t->holds || (t->holds && (w.first != c || !c->evidence.len)))
        fail_msg("%s with %s of \"%s\": %s", t->call, t->file ? t->file : "nothing", t->content, t->cause);
    stage_close(why_session);
}

static void test_switched(void **state)
{
    for (size_t i = 0; i < COUNT(switched); i++)
        switch_try(&switched[i]);
}

/* Where the machine at hand is switched so, an ordinary user asks its kernel, too: the practice stage could not begin
 * there, so this process itself asks. */
static void test_own_switches(void **state)
{
    static struct session none;
    bool apparmor = why_switch("kernel/apparmor_restrict_unprivileged_userns") == 1;
    bool off = why_switch("kernel/unprivileged_userns_clone") == 0;
    assert_true(why_switch("kernel/pid_max") > 0); /* those who are not there are missing, not unreadable */
    assert_int_equal(why_switch("kernel/porthole"), -1);
    if (geteuid() == 0 || (!apparmor && !off))
        return; /* nothing is refused here */
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) { /* in Ubuntu's profile from here on */
        int err = unshare(CLONE_NEWUSER) < 0 ? errno : sethostname("x", 1) < 0 ? errno : 0;
        struct actor who = {.id = 99, .pid = getpid(), .own_pid = getpid(), .host_pid = getpid()};
        autowhy struct why w = {0};
        why_session = &none;
        why_made_up(&who, USERNS_CALL, err, &w);
        _exit(!w.first || (strcmp(w.first->name, "switched-off") && strncmp(w.first->name, "apparmor", 8)));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_too_many_open), cmocka_unit_test(test_interrupted),  cmocka_unit_test(test_too_deep),
        cmocka_unit_test(test_cgroup_limit),  cmocka_unit_test(test_landlock),     cmocka_unit_test(test_engine_filter),
        cmocka_unit_test(test_switched),      cmocka_unit_test(test_own_switches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
