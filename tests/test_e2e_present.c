/* A presentation as it happens on stage: the speaker's keys, the notes in a second terminal, the audience in a third.
 */
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "e2e.h"
#include "support.h"
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PREFIX "\034"

static void present(struct e2e *e)
{
    const char *const own[] = {"XDG_RUNTIME_DIR", NULL};
    e2e_start_command(e, 24, 80, own, "exec \"$1\" present \"${@:2}\" looking");
    e2e_wait(e, "Any key types the next line");
}

/* Another program of the same user: it finds the presentation by the state directory. */
static void watch(struct e2e *e, const struct e2e *presenter, const char *what)
{
    autofree char *state = xasprintf("PORTHOLE_STATE=%s/state", presenter->dir);
    autofree char *script = xasprintf("exec \"$1\" %s", what);
    const char *const env[] = {"XDG_RUNTIME_DIR", state, NULL};
    e2e_start_command(e, 30, 100, env, script);
}

/* One key, and the whole line is there. */
static void typed(struct e2e *e, const char *line)
{
    e2e_type(e, "x");
    e2e_wait(e, line);
    vt_run_quiet(&e->run, 600, 3000); /* keys right behind the typing would belong to it */
}

/* Esc, and not the beginning of another key. */
static void own_line(struct e2e *e)
{
    e2e_type(e, "\033");
    e2e_wait(e, "a line of your own; Enter");
}

static void any_key_and_enter_to_the_end(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    present(&e);
    assert_true(vt_has(e.run.vt, "0:0")); /* a clock */
    e2e_wait(&e, "step 1/2");
    assert_false(vt_has(e.run.vt, "# getpid()")); /* nothing types itself */
    typed(&e, "# getpid()");
    assert_false(vt_has(e.run.vt, "getpid() = ")); /* and nothing runs itself */
    e2e_type(&e, "\r");
    e2e_wait(&e, "getpid() = ");
    typed(&e, "# echo marker-$((40 + 2))");
    e2e_type(&e, "\r");
    e2e_wait(&e, "Enter: ");
    e2e_type(&e, "\r");
    e2e_wait(&e, "step 2/2");
    vt_run_quiet(&e.run, 300, 3000);
    for (int i = 0; i < 5 && !vt_has(e.run.vt, "Type the number"); i++) {
        e2e_type(&e, "\r"); /* reads on */
        vt_run_wait(&e.run, "Type the number", 500);
    }
    e2e_type(&e, "2"); /* a digit answers */
    e2e_wait(&e, "Any key types");
    typed(&e, "# echo the-end");
    e2e_type(&e, "\r");
    e2e_wait(&e, "Lesson complete");
    e2e_family(&e);
    e2e_type(&e, PREFIX "q");
    assert_true(vt_run_wait_end(&e.run, E2E_MS));
    e2e_assert_restored(&e);
    assert_true(e2e_family_gone(&e, E2E_MS));
    e2e_end(&e);
}

static void the_speaker_edits_wanders_off_and_comes_back(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    present(&e);
    typed(&e, "# getpid()");
    e2e_type(&e, "\001\013getppid()\r"); /* ^A ^K: another line instead */
    e2e_wait(&e, "getppid() = ");
    own_line(&e);
    e2e_type(&e, "cd /tmp; echo own-$((1 + 1))\r");
    e2e_wait(&e, "own-2");
    e2e_wait(&e, "container:/tmp#");
    e2e_type(&e, ":resume\r");
    e2e_wait(&e, "the container was rebuilt");
    e2e_wait(&e, "Any key types");
    typed(&e, "# getpid()"); /* the lesson is where it was */
    e2e_type(&e, "\r");
    e2e_wait(&e, "getpid() = ");
    e2e_type(&e, ":reset\r");
    vt_run_quiet(&e.run, 500, E2E_MS); /* while it runs keys are dropped */
    e2e_wait(&e, "Any key types");
    typed(&e, "# getpid()");
    e2e_type(&e, "\003");
    e2e_type(&e, ":steps\r");
    e2e_wait(&e, "The second step");
    e2e_type(&e, "2\r");
    e2e_wait(&e, "step 2/2");
    e2e_end(&e);
}

static void black_until_a_key(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    present(&e);
    e2e_type(&e, PREFIX ".");
    e2e_wait_gone(&e, "1 host");
    assert_false(vt_has(e.run.vt, "lesson"));
    e2e_type(&e, "x");
    e2e_wait(&e, "1 host");
    vt_run_pump(&e.run, 300);
    assert_false(vt_has(e.run.vt, "# getpid()")); /* the key did nothing else */
    e2e_end(&e);
}

/* The socket is the speaker's alone. */
static void assert_private(const struct e2e *presenter)
{
    autofree char *path = xasprintf("%s/state/run", presenter->dir);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    DIR *d = opendir(path);
    assert_non_null(d);
    int sockets = 0;
    for (struct dirent *entry; (entry = readdir(d));) {
        if (!strstr(entry->d_name, ".sock"))
            continue;
        assert_int_equal(fstatat(dirfd(d), entry->d_name, &st, AT_SYMLINK_NOFOLLOW), 0);
        assert_true(S_ISSOCK(st.st_mode));
        assert_int_equal(st.st_mode & 0777, 0600);
        sockets++;
    }
    closedir(d);
    assert_int_equal(sockets, 1);
}

static void notes_and_followers_see_it(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e p, n, f;
    present(&p);
    assert_private(&p);
    watch(&n, &p, "notes");
    e2e_wait(&n, "NOW   1/2  The first step");
    e2e_wait(&n, "NEXT LINE  getpid()");
    e2e_wait(&n, "THEN  The second step");
    e2e_wait(&n, "practice host"); /* the current view */
    watch(&f, &p, "follow");
    e2e_wait(&f, "step 1/2");
    typed(&p, "# getpid()");
    e2e_type(&p, "\r");
    e2e_wait(&p, "getpid() = ");
    e2e_wait(&f, "getpid() = ");
    e2e_wait(&n, "NEXT LINE  echo marker-$((40 + 2))");
    e2e_type(&f, "echo not-$((1 + 1))-mine\r"); /* it looks, and cannot touch */
    vt_run_pump(&f.run, 300);
    vt_run_pump(&p.run, 300);
    assert_false(vt_has(p.run.vt, "not-"));
    /* One that is stopped, or killed, is no concern of the speaker's. */
    kill(f.run.pid, SIGSTOP);
    for (int i = 0; i < 5; i++) {
        autofree char *line =
            xasprintf("i=0; while [ $i -lt 200 ]; do echo row-$i; i=$((i + 1)); done; echo round-$((%d + 2))\r", i);
        autofree char *answer = xasprintf("round-%d", i + 2);
        own_line(&p);
        e2e_type(&p, line);
        e2e_wait(&p, answer);
    }
    kill(n.run.pid, SIGKILL);
    assert_true(vt_run_wait_end(&n.run, E2E_MS));
    typed(&p, "# echo marker-$((40 + 2))");
    kill(f.run.pid, SIGCONT);
    e2e_type(&p, "\r");
    e2e_wait(&p, "marker-42");
    e2e_wait(&f, "marker-42");
    /* The presentation is killed: who followed is told, and the socket goes. */
    e2e_family(&p);
    kill(p.run.pid, SIGKILL);
    assert_true(vt_run_wait_end(&p.run, E2E_MS));
    assert_true(e2e_family_gone(&p, E2E_MS));
    vt_run_pump(&p.run, 200);
    e2e_assert_restored(&p);
    e2e_wait(&f, "has gone without a word");
    e2e_type(&f, "q");
    assert_true(vt_run_wait_end(&f.run, E2E_MS));
    e2e_assert_restored(&f);
    e2e_end(&f);
    e2e_end(&n);
    e2e_end(&p);
}

static void without_a_presentation(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    static const char *const programs[] = {"notes", "follow --pid 1"};
    for (size_t i = 0; i < COUNT(programs); i++) {
        struct e2e e;
        autofree char *script = xasprintf("\"$1\" %s; echo status-$?", programs[i]);
        const char *const own[] = {"XDG_RUNTIME_DIR", NULL};
        e2e_start_command(&e, 24, 80, own, script);
        e2e_wait(&e, "status-1");
        e2e_wait(&e, "porthole present");
        e2e_end(&e);
    }
}

/* What was rehearsed can stand in, and says on every line that it is not live. */
static void a_recording_is_labelled(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct e2e e;
    const char *const own[] = {"XDG_RUNTIME_DIR", NULL};
    e2e_start_command(&e, 24, 80, own,
                      "\"$1\" rehearse \"${@:2}\" looking; echo status-$?; exec \"$1\" present \"${@:2}\" looking");
    e2e_wait(&e, "Any key types the next line");
    e2e_type(&e, ":recorded\r");
    e2e_wait(&e, "REC| marker-42");
    e2e_wait(&e, "End of the RECORDING of ");
    e2e_wait(&e, "What follows is live");
    e2e_wait(&e, "step 2/2");
    e2e_type(&e, PREFIX "q");
    assert_true(vt_run_wait_end(&e.run, E2E_MS));
    e2e_wait(&e, "status-0"); /* of the rehearsal */
    e2e_end(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_key_and_enter_to_the_end),
        cmocka_unit_test(the_speaker_edits_wanders_off_and_comes_back),
        cmocka_unit_test(black_until_a_key),
        cmocka_unit_test(notes_and_followers_see_it),
        cmocka_unit_test(without_a_presentation),
        cmocka_unit_test(a_recording_is_labelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
