/* `porthole trace -- CMD...` on a terminal: the machine's own processes, the container that the program makes, and its
 * calls one by one; as root and as an ordinary user. Where there is no terminal it is linear. */
#include "base/mem.h"
#include "e2e.h"
#include "proc/procfs.h"
#include "session/doctor.h"
#include "support.h"
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* By a descriptor: an ordinary user need not be able to reach the file. */
#define AS_NOBODY "exec 9<\"$1\"; exec setpriv --reuid 65534 --regid 65534 --clear-groups /proc/self/fd/9 "

static const char short_path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin"; /* each step of a search would be a line */
static const char *const trace_env[] = {short_path, NULL};

static const char *cannot(void)
{
    static struct str why;
    str_cut(&why, 0);
    if (access(e2e_program(), X_OK) < 0)
        return "./porthole is not built";
    return doctor_stage_practice(&why) ? NULL : str_c(&why); /* it takes namespaces and ptrace, too */
}

static void trace_start(struct e2e *e, int rows, int cols, const char *script)
{
    e2e_start_command(e, rows, cols, trace_env, script);
}

static int trace_end(struct e2e *e)
{
    e2e_wait(e, "Type a command to trace it");
    vt_run_pump(&e->run, 500); /* Enters typed late are swallowed, letters are not */
    e2e_type(e, ":quit\r");
    assert_true(vt_run_wait_end(&e->run, E2E_MS));
    e2e_assert_restored(e);
    e2e_wait(e, "Nothing is left behind.");
    int status = e->run.status;
    e2e_end(e);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void every_call_of_unshare(void **state)
{
    SKIP_UNLESS(!cannot(), cannot());
    struct e2e e;
    bool root = geteuid() == 0;
    trace_start(&e, 24, 80,
                root ? "exec \"$1\" trace -- unshare --fork --pid --mount-proc sh -c 'echo I am $$; exit 3'"
                     : "exec \"$1\" trace -- unshare -r --fork --pid --mount-proc sh -c 'echo I am $$; exit 3'");
    e2e_wait(&e, "nothing here is guarded");
    e2e_wait(&e, "your machine, unguarded");
    e2e_wait(&e, "slow motion");
    e2e_wait(&e, "1 host: this machine");
    e2e_wait(&e, "no container yet");
    e2e_wait(&e, "HELD: host ");
    e2e_wait(&e, "bin/unshare\", [\"unshare\", "); /* its own execve() is the first of all */
    e2e_wait(&e, "(held) sh -c");
    e2e_step_to(&e, "\r", "▶ unshare(CLONE_NEWNS|");
    e2e_wait(&e, "no container yet");
    e2e_wait(&e, "(held) unsh"); /* how much room is left for it depends on how deep we are in the tree */
    e2e_step_to(&e, "\r", "▶ mount(\"none\", \"/\", NULL, MS_REC|MS_PRIVATE, NULL)");
    e2e_wait(&e, "container: seen by 1 ("); /* the child, before it has a /proc of its own */
    e2e_step_to(&e, "\r", "▶ mount(\"proc\", \"/proc\", \"proc\"");
    e2e_step_to(&e, "\r", "▶ execve(\"/usr/bin/sh\"");
    e2e_wait(&e, "=1 (held) unshare ");
    e2e_step_to(&e, "\r", "I am 1");
    e2e_step_to(&e, "\r", "unshare exited with 3.");
    e2e_wait_gone(&e, "HELD: ");
    e2e_wait(&e, "no container yet");
    assert_int_equal(trace_end(&e), 3);
}

static void an_ordinary_user(void **state)
{
    SKIP_UNLESS(!cannot(), cannot());
    SKIP_UNLESS(geteuid() == 0, "only root can become somebody else; the other tests ran as an ordinary user");
    struct e2e e;
    trace_start(&e, 40, 120, AS_NOBODY "trace -- unshare -r --fork --pid --mount-proc sh -c 'id -u; exit 4'");
    e2e_wait(&e, "no_new_privs is set");
    e2e_wait(&e, "HELD: host ");
    e2e_step_to(&e, "\r", "▶ unshare(CLONE_NEWNS|CLONE_NEWUSER|CLONE_NEWPID)");
    e2e_step_to(&e, "\r", "▶ mount(\"proc\", \"/proc\", \"proc\"");
    e2e_wait(&e, "container: seen by 1 (unshare)");
    e2e_type(&e, "c");
    e2e_wait(&e, "unshare exited with 4.");
    e2e_wait(&e, "$ "); /* a prompt that is not root's */
    assert_int_equal(trace_end(&e), 4);
}

static void what_bwrap_does(void **state)
{
    SKIP_UNLESS(!cannot(), cannot());
    SKIP_UNLESS(system("command -v bwrap >/dev/null") == 0, "bwrap is not installed");
    struct e2e e;
    bool root = geteuid() == 0;
    autofree char *script = xasprintf("%s trace -- bwrap --unshare-all --tmpfs / --ro-bind /usr /usr --symlink usr/bin "
                                      "/bin --symlink usr/lib /lib --symlink usr/lib64 /lib64 --proc /proc sh -c "
                                      "'echo I am one of $(ls -d /proc/[0-9]* | wc -l)'",
                                      root ? AS_NOBODY : "exec \"$1\"");
    trace_start(&e, 40, 120, script);
    e2e_wait(&e, "HELD: host ");
    e2e_step_to(&e, "\r", "▶ clone(");
    e2e_step_to(&e, "\r", "▶ pivot_root(");
    e2e_wait(&e, "(bwrap) ─");
    e2e_type(&e, "c");
    e2e_wait(&e, "I am one of ");
    e2e_wait(&e, "bwrap exited with 0.");
    assert_int_equal(trace_end(&e), 0);
}

static void the_prompt_traces_on(void **state)
{
    SKIP_UNLESS(!cannot(), cannot());
    struct e2e e;
    trace_start(&e, 40, 160, "exec \"$1\" trace -- 'printf' '%s-%s\\n' 'it'\"'\"'s' '$HOME  *'");
    e2e_wait(&e, "4 transcript");
    assert_false(vt_has(e.run.vt, "3 lesson"));
    e2e_wait(&e, "HELD: ");
    e2e_type(&e, "c");
    e2e_wait(&e, "it's-$HOME  *"); /* not a word was changed */
    e2e_wait(&e, "printf exited with 0.");
    vt_run_pump(&e.run, 600);
    e2e_type(&e, "/bin/true; pwd; cd /proc\r");
    e2e_wait(&e, "HELD: host ");
    e2e_type(&e, "c");
    e2e_wait_gone(&e, "HELD: ");
    e2e_wait(&e, "host:/proc");
    vt_run_pump(&e.run, 600);
    e2e_run(&e, ":slow off", "Slow motion is off");
    e2e_run(&e, "/bin/echo not-$((1 + 1))-held", "not-2-held");
    e2e_wait(&e, "/bin/echo\", [\"/bin/echo\", \"not-2-held\"]"); /* but told */
    e2e_run(&e, "setsid sleep 31362 & sleep 0.3; kill -STOP $!", "(stopped) sleep 31362");
    e2e_run(&e, ":lesson 1", "There are no lessons here");
    e2e_run(&e, ":side container", "there is one side here");
    e2e_run(&e, ":stage real", "on your own machine");
    e2e_run(&e, ":help slow", ":slow [on|off|all]");
    e2e_run(&e, ":help", ":help mount explains");
    assert_false(vt_has(e.run.vt, ":hint"));
    e2e_type(&e, "\0343"); /* C-\ 3 */
    e2e_wait(&e, "there is no lesson here");
    e2e_type(&e, "\r");
    e2e_run(&e, "exec kill -9 $$", "host:/proc"); /* how later lines end is not the program's affair */
    assert_int_equal(trace_end(&e), 0);
}

/* Of a watched process /proc says the same, whoever has stopped it. */
static void the_stopped_are_not_held(void **state)
{
    SKIP_UNLESS(!cannot(), cannot());
    struct e2e e;
    e2e_start(&e, 40, 120, NULL); /* the practice stage: its numbers are not the machine's */
    e2e_run(&e, "setsid sleep 31363 & sleep 0.3; kill -STOP $!", "(stopped) sleep 31363");
    e2e_run(&e, "kill -CONT $!", "─ sleep 31363");
    e2e_wait_gone(&e, "(stopped)");
    e2e_end(&e);
}

/* The program is a shell: what is typed is for it, and its end is the program's. */
static void a_shell_is_typed_to(void **state)
{
    static const char *const shells[] = {"exec \"$1\" trace -- sh", "exec \"$1\" trace -- bash --norc"};
    SKIP_UNLESS(!cannot(), cannot());
    for (size_t i = 0; i < COUNT(shells); i++) {
        struct e2e e;
        trace_start(&e, 40, 120, shells[i]);
        e2e_wait(&e, "HELD: ");
        e2e_type(&e, "c");
        e2e_wait(&e, "host, in sh");
        vt_run_pump(&e.run, 600);
        e2e_run(&e, "echo typed-$((1 + 1))", "typed-2");
        e2e_run(&e, "type cd", "cd is a shell builtin");
        e2e_type(&e, "exit 6\r");
        e2e_step_to(&e, "\r", "sh exited with 6."); /* its own calls stop, too */
        assert_int_equal(trace_end(&e), 6);
    }
}

static void it_runs_again(void **state)
{
    SKIP_UNLESS(!cannot(), cannot());
    struct e2e e;
    trace_start(&e, 40, 120, "exec \"$1\" trace -- sh -c 'echo ran; kill -TERM $$'");
    e2e_wait(&e, "HELD: ");
    e2e_type(&e, "c");
    e2e_wait(&e, "sh was killed by signal 15");
    vt_run_pump(&e.run, 600);
    e2e_type(&e, ":reset\r");
    e2e_wait(&e, "HELD: ");
    e2e_type(&e, "\003"); /* cancelled: not even executed */
    e2e_wait_gone(&e, "HELD: ");
    e2e_wait(&e, "Type a command to trace it");
    vt_run_pump(&e.run, 600);
    e2e_type(&e, ":reset\r");
    e2e_wait(&e, "HELD: ");
    e2e_type(&e, "c");
    e2e_wait_gone(&e, "HELD: ");
    assert_int_equal(trace_end(&e), 128 + 15);
}

static void sigkill_while_a_call_is_held(void **state)
{
    SKIP_UNLESS(!cannot(), cannot());
    struct e2e e;
    trace_start(&e, 24, 80,
                geteuid()
                    ? "exec \"$1\" trace -- unshare -r --fork --pid --mount-proc sh -c 'sleep 31361 & sleep 31361'"
                    : "exec \"$1\" trace -- unshare --fork --pid --mount-proc sh -c 'sleep 31361 & sleep 31361'");
    e2e_wait(&e, "HELD: ");
    e2e_step_to(&e, "\r", "sleep\", [\"sleep\", \"31361\"]");
    e2e_family(&e);
    assert_true(e.nfamily >= 5); /* porthole, warden, host, unshare, sh, sleep */
    assert_int_equal(kill(e.run.pid, SIGKILL), 0);
    assert_true(e2e_family_gone(&e, 4000));
    e2e_end(&e);
}

/* Nobody but porthole is left to clean up. */
static void the_warden_is_killed_while_a_call_is_held(void **state)
{
    SKIP_UNLESS(!cannot(), cannot());
    struct e2e e;
    pid_t warden = 0;
    trace_start(&e, 24, 80, "exec \"$1\" trace -- sh -c 'sleep 31364 & exec sleep 31364'");
    e2e_wait(&e, "HELD: ");
    e2e_step_to(&e, "\r", "sleep\", [\"sleep\", \"31364\"]");
    e2e_family(&e);
    assert_int_equal(procfs_children(procfs_self(), e.run.pid, &warden, 1), 1);
    assert_int_equal(kill(warden, SIGKILL), 0);
    for (int i = 0; i < 40 && !vt_has(e.run.vt, "Type a command"); i++) { /* what is held, and what runs then */
        e2e_type(&e, "\003");
        vt_run_pump(&e.run, 200);
    }
    e2e_run(&e, ":quit", "Nothing is left behind.");
    assert_true(e2e_family_gone(&e, 4000));
    e2e_end(&e);
}

static void linear_without_a_terminal(void **state)
{
    SKIP_UNLESS(!cannot(), cannot());
    static const char *const scripts[] = {
        "\"$1\" trace -- /bin/true </dev/null; echo status $?",
        "\"$1\" trace -- /bin/true 2>&1 | cat; echo status 0",
        "\"$1\" trace --plain -- /bin/true; echo status $?",
        "TERM=dumb \"$1\" trace -- /bin/true; echo status $?",
    };
    for (size_t i = 0; i < COUNT(scripts); i++) {
        struct e2e e;
        trace_start(&e, 24, 100, scripts[i]);
        e2e_wait(&e, "] execve(\"/bin/true\", [\"/bin/true\"], ");
        e2e_wait(&e, "+++ exited with 0 +++");
        e2e_wait(&e, "status 0");
        assert_false(vt_alternate(e.run.vt));
        e2e_end(&e);
    }
}

static void nothing_to_execute(void **state)
{
    SKIP_UNLESS(!cannot(), cannot());
    struct e2e e;
    trace_start(&e, 24, 100,
                "\"$1\" trace -- no-such-program; echo status $?; \"$1\" trace /etc/passwd; echo status $?");
    e2e_wait(&e, "no-such-program: execute: No such file or directory (ENOENT)");
    e2e_wait(&e, "status 127");
    e2e_wait(&e, "status 126");
    assert_false(vt_alternate(e.run.vt));
    e2e_end(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_call_of_unshare),
        cmocka_unit_test(an_ordinary_user),
        cmocka_unit_test(what_bwrap_does),
        cmocka_unit_test(the_prompt_traces_on),
        cmocka_unit_test(the_stopped_are_not_held),
        cmocka_unit_test(a_shell_is_typed_to),
        cmocka_unit_test(it_runs_again),
        cmocka_unit_test(sigkill_while_a_call_is_held),
        cmocka_unit_test(the_warden_is_killed_while_a_call_is_held),
        cmocka_unit_test(linear_without_a_terminal),
        cmocka_unit_test(nothing_to_execute),
    };
    return cmocka_run_group_tests_name("e2e_trace", tests, NULL, NULL);
}
