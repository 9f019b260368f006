/* STAGE_MACHINE: programs run as at the user's own prompt, watched and unguarded. As root, and once more as an ordinary
 * user, for whom the filter costs no_new_privs. */
#include "support.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "proc/procfs.h"
#include "session/doctor.h"
#include "session/watch.h"
#include "stage.h"
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ORDINARY 65534

struct machine {
    struct loop *loop;
    struct session *session;
    struct str told, seen; /* calls; the title's facts at each stop: "own pid of the witness" */
    int held;
    bool leave; /* what is held stays held */
};

static void machine_watched(void *arg, const struct watched *w)
{
    struct machine *m = arg;
    if (w->kind == WATCHED_CALL)
        str_addf(&m->told, "%s %s\n", w->who->name, w->text);
}

static void machine_held(void *arg, const struct watched *w)
{
    struct machine *m = arg;
    m->held++;
    str_addf(&m->seen, "%d ", (int)session_witness(m->session));
    if (m->leave)
        session_give_up(m->session);
    else
        session_go(m->session, GO_ONE);
}

static struct machine machine_open(void)
{
    struct machine m = {.loop = loop_new()};
    struct outcome o = {0};
    const char *why = "";
    m.session = session_new(m.loop, NULL, &o);
    if (!m.session || session_start(m.session, STAGE_MACHINE, &o) < 0)
        fail_msg("%s: %s (%d) %s", o.step, o.where, o.err, o.hint);
    bool watches = session_watches(m.session, &why);
    if (!watches)
        session_free(m.session);
    SKIP_UNLESS(watches, why);
    return m;
}

static void machine_listen(struct machine *m)
{
    session_set_events(m->session,
                       &(struct session_events){.watched = machine_watched, .held = machine_held, .arg = m});
    session_set_slow(m->session, SLOW_ON);
}

static void machine_close(struct machine *m)
{
    session_free(m->session);
    loop_free(m->loop);
    str_free(&m->told);
    str_free(&m->seen);
}

/* The exit status, output in *out (static). */
static int machine_run(struct machine *m, const char *command, const char **out)
{
    static struct str text;
    struct outcome o;
    int status = 0;
    str_cut(&text, 0);
    if (session_run(m->session, session_actor(m->session, 1), command, 0, 0, &text, &status, &o) < 0)
        fail_msg("%s: %s %s", command, o.step, o.hint);
    str_addn(&text, "", 0);
    *out = text_trim(text.s);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void assert_prints(struct machine *m, const char *command, const char *want)
{
    const char *out;
    assert_int_equal(machine_run(m, command, &out), 0);
    assert_string_equal(out, want);
}

static void as_you_are(void **state)
{
    static const char *const kinds[] = {"mnt", "pid", "user", "uts", "net", "ipc", "cgroup"};
    setenv("USER", "somebody", 1);
    setenv("HOME", "/", 1);
    umask(027);
    struct machine m = machine_open();
    autofree char *cwd = getcwd(NULL, 0), *uid = xasprintf("%d", (int)geteuid());
    autostr struct str cgroup = {0};
    assert_prints(&m, "id -u", uid);
    assert_prints(&m, "pwd", cwd);
    assert_prints(&m, "umask", "0027");
    assert_prints(&m, "echo $USER $HOME ${container-unset} ${host-unset} ${lab-unset}", "somebody / unset unset unset");
    for (size_t i = 0; i < COUNT(kinds); i++) {
        autofree char *command = xasprintf("readlink /proc/self/ns/%s", kinds[i]);
        autofree char *want = xasprintf("%s:[%lu]", kinds[i], procfs_ns(procfs_self(), getpid(), kinds[i]));
        assert_prints(&m, command, want);
    }
    assert_true(file_read(AT_FDCWD, "/proc/self/cgroup", &cgroup, 1 << 16));
    assert_prints(&m, "cat /proc/self/cgroup", text_trim(cgroup.s));
    umask(022);
    machine_close(&m);
}

static void what_a_line_leaves(void **state)
{
    autofree char *big = xcalloc(1, 40001);
    memset(big, 'x', 40000);
    setenv("BIG", big, 1);
    struct machine m = machine_open();
    assert_prints(&m, "cd /proc; export mine=1 USER=else", "");
    assert_prints(&m, "pwd; echo $mine $USER ${#BIG}", "/proc\n1 else 40000");
    assert_string_equal(session_cwd(m.session, SIDE_HOST), "/proc");
    machine_close(&m);
    unsetenv("BIG");
}

static void one_side(void **state)
{
    struct machine m = machine_open();
    const char *why = NULL;
    assert_int_equal(session_side(m.session), SIDE_HOST);
    assert_null(session_side_actor(m.session, SIDE_CONTAINER));
    assert_int_equal(session_witness(m.session), 0);
    assert_true(session_host_proc(m.session) >= 0);
    assert_int_equal(session_container_proc(m.session, &why), -1);
    assert_non_null(strstr(why, "no container yet"));
    assert_true(stage_call(m.session, 1, "fork()", NULL) > 0);
    assert_string_equal(session_actor(m.session, 2)->name, "fork2");
    assert_int_equal(session_actor(m.session, 2)->side, SIDE_HOST);
    machine_close(&m);
}

static void the_witness_is_found(void **state)
{
    autostr struct str why = {0};
    SKIP_UNLESS(geteuid() == 0 || doctor_stage_practice(&why), str_c(&why));
    struct machine m = machine_open();
    const char *out;
    machine_listen(&m);
    const char *command = geteuid() ? "exec unshare -r --fork --pid --mount-proc sh -c 'echo I am $$; true; exit 7'"
                                    : "exec unshare --fork --pid --mount-proc sh -c 'echo I am $$; true; exit 7'";
    assert_int_equal(machine_run(&m, command, &out), 7);
    assert_string_equal(out, "I am 1");
    assert_true(m.held >= 4);
    assert_true(text_has_prefix(str_c(&m.told), "host execve(")); /* no fork by our shell */
    assert_non_null(strstr(str_c(&m.told), geteuid() ? "unshare(CLONE_NEWNS|CLONE_NEWUSER|CLONE_NEWPID) = 0"
                                                     : "unshare(CLONE_NEWNS|CLONE_NEWPID) = 0"));
    assert_true(text_has_prefix(str_c(&m.seen), "0 0 ")); /* before the unshare nobody sees anything else */
    long first = strtol(str_c(&m.seen) + 4, NULL, 10), last = 0;
    for (char *p = m.seen.s, *end; last = strtol(p, &end, 10), *end && end[1]; p = end)
        ;
    assert_true(first > 0 && last > 0 && first != last); /* unshare, then its child */
    assert_int_equal(session_witness(m.session), 0);     /* all over */
    assert_int_equal(session_actor(m.session, 1)->ended, W_EXITCODE(7, 0));
    machine_close(&m);
}

static void no_new_privs_is_said(void **state)
{
    struct machine m = machine_open();
    const char *words = session_stage_words(m.session);
    assert_non_null(strstr(words, "nothing here is guarded"));
    assert_prints(&m, "grep NoNewPrivs /proc/self/status", geteuid() ? "NoNewPrivs:\t1" : "NoNewPrivs:\t0");
    assert_int_equal(!strstr(words, "no_new_privs"), geteuid() == 0);
    machine_close(&m);
}

static void nothing_survives(void **state)
{
    struct machine m = machine_open();
    const char *out;
    autostr struct str receipt = {0};
    machine_run(&m, "(setsid sh -c 'sleep 31353 & sleep 31353' &) ; echo $$", &out);
    machine_listen(&m);
    m.leave = true; /* the end comes while a call waits */
    struct outcome o;
    int status;
    session_run(m.session, session_actor(m.session, 1), "sleep 31353", 0, 0, NULL, &status, &o);
    assert_true(m.held > 0);
    session_stop(m.session);
    if (!session_receipt(m.session, &receipt))
        fail_msg("%s", str_c(&receipt));
    assert_int_equal(system("pgrep -f 'slee[p] 31353' >/dev/null"), W_EXITCODE(1, 0));
    machine_close(&m);
}

/* In a mount namespace of the test's own, as if that were the machine. */
static void the_receipt_tells_of_mounts(void **state)
{
    SKIP_UNLESS(geteuid() == 0, "needs root");
    pid_t pid = fork();
    if (pid == 0) {
        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
            _exit(77);
        struct machine m = machine_open();
        const char *out;
        autostr struct str receipt = {0};
        machine_run(&m, "mount -t tmpfs mine /mnt", &out);
        session_stop(m.session);
        bool clean = session_receipt(m.session, &receipt);
        _exit(!clean && strstr(str_c(&receipt), "1 more than at the start: /mnt\n") ? 0 : 1);
    }
    int status;
    waitpid(pid, &status, 0);
    SKIP_UNLESS(status != W_EXITCODE(77, 0), "no private mount namespace can be had");
    assert_int_equal(status, 0);
}

static void an_ordinary_user(void **state)
{
    SKIP_UNLESS(geteuid() == 0, "only root can become somebody else; these tests ran as an ordinary user already");
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        if (setgroups(0, NULL) < 0 || setresgid(ORDINARY, ORDINARY, ORDINARY) < 0 ||
            setresuid(ORDINARY, ORDINARY, ORDINARY) < 0)
            _exit(77);
        execl("/proc/self/exe", "test_session_machine", "ordinary", NULL);
        _exit(78);
    }
    int status;
    waitpid(pid, &status, 0);
    SKIP_UNLESS(status != W_EXITCODE(77, 0), "setresuid is not allowed here");
    assert_int_equal(status, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_you_are),
        cmocka_unit_test(what_a_line_leaves),
        cmocka_unit_test(one_side),
        cmocka_unit_test(the_witness_is_found),
        cmocka_unit_test(no_new_privs_is_said),
        cmocka_unit_test(nothing_survives),
    };
    const struct CMUnitTest roots[] = {
        cmocka_unit_test(the_receipt_tells_of_mounts),
        cmocka_unit_test(an_ordinary_user),
    };
    setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1); /* a short one: each step of a search is told */
    int failed =
        cmocka_run_group_tests_name(argc > 1 ? "session_machine, ordinary user" : "session_machine", tests, NULL, NULL);
    return argc > 1 ? failed : failed + cmocka_run_group_tests_name("session_machine, root", roots, NULL, NULL);
}
