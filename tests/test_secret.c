/* Passwords: which words ask for one, and that a line typed as one is kept nowhere. */
#include "support.h"

#include "base/file.h"
#include "base/text.h"
#include "home.h"
#include "session/doctor.h"
#include "session/secret.h"
#include "shell/shell.h"
#include <fcntl.h>
#include <string.h>

static void some_words_ask_for_a_secret(void **state)
{
    static const struct {
        const char *line;
        bool asks;
    } rows[] = {
        {"Password: ", true},
        {"Password:", true},
        {"password for root@db? ", true},
        {"[sudo] password for eve: ", true},
        {"Enter passphrase for key '/root/.ssh/id_ed25519': ", true},
        {"Enter passphrase (empty for no passphrase): ", true},
        {"Passwort: ", true},
        {"Mot de passe : ", true},
        {"Retype new UNIX password: ", true},
        {"\033[1mPassword\033[0m: ", true},
        {"PIN: ", true},
        {"Enter PIN? ", true},
        {"Client secret: ", true},
        {"密码：", true},
        {"Пароль: ", false}, /* case is folded for ASCII only */
        {"пароль: ", true},
        {"root_password: ", true},
        {"Password", false},
        {"Password: ok", false},
        {"shipping: ", false},
        {"Name: ", false},
        {"Pinned: ", false},
        {"secretary: ", false},
        {"", false},
        {" ", false},
        {":", false},
        {"\xff\xfe: ", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (secret_question(rows[i].line, strlen(rows[i].line)) != rows[i].asks)
            fail_msg("\"%s\" %s", rows[i].line, rows[i].asks ? "is a question" : "is none");
    assert_false(secret_question(NULL, 0));
}

/* A shell in which a program asks. */

#define LOGIN                                                                                                          \
    "printf 'Pass'; sleep 0.1; printf 'word: '; read p; echo heard ${#p}; printf 'Name: '; read n; echo hello $n; "    \
    "printf 'PIN? '; read q; echo pin ${#q}; echo; read -s r; echo quiet ${#r}; exec cat"

static const char lesson[] = HOME_HEAD("login") "```sh setup\n"
                                                "cat >$rootfs/login <<'END'\n" LOGIN "\nEND\n"
                                                "```\n\n"
                                                "## One\n\nWords.\n\n"
                                                "```c syscall\n[container] chroot(\"rootfs\") = 0\n```\n\n"
                                                "```c syscall\n[container] chdir(\"/\") = 0\n```\n\n"
                                                "```c syscall\n[container] execve(\"/bin/sh\", [\"sh\", \"/login\"]) = "
                                                "0\n```\n\n"
                                                "## Two\n\nWords.\n";

static struct loop *loop;
static struct shell *sh;
static struct str said;
static const char *home;

static void on_say(void *arg, enum say kind, const char *text)
{
    str_addf(&said, "%s%s", text, kind == SAY_OUTPUT ? "" : "\n");
}

static void login_open(void)
{
    struct shell_options opt = {.stage = STAGE_PRACTICE, .stage_given = true, .lesson = "login"};
    struct outcome o = {0};
    autostr struct str why = {0};
    int status;
    bool can = doctor_stage_practice(&why);
    SKIP_UNLESS(can, str_c(&why));
    str_cut(&said, 0);
    loop = loop_new();
    sh = shell_new(loop, &opt, &status, &o);
    if (!sh)
        fail_msg("no shell: %s: %s %s", o.step, o.where, o.hint);
    shell_set_ui(sh, &(struct shell_ui){.say = on_say});
    if (shell_begin(sh, &o) < 0)
        fail_msg("not begun: %s: %s %s", o.step, o.where, o.hint);
    for (int i = 0; i < 3; i++)
        shell_line(sh, "");
}

static void login_close(void)
{
    autostr struct str receipt = {0};
    bool clean = shell_end(sh, &receipt);
    if (!clean)
        fail_msg("something is left:\n%s", str_c(&receipt));
    shell_free(sh);
    loop_free(loop);
}

static bool asks(void *arg)
{
    return shell_secret(sh) == *(bool *)arg;
}

static void wait_secret(bool secret)
{
    if (!loop_run_until(loop, asks, &secret, 20000))
        fail_msg("it %s\n%s", secret ? "does not ask" : "still asks", str_c(&said));
}

static bool has_said(void *arg)
{
    return strstr(str_c(&said), arg);
}

static void wait_said(const char *text)
{
    if (!loop_run_until(loop, has_said, (void *)(uintptr_t)text, 20000))
        fail_msg("not said: %s\n%s", text, str_c(&said));
}

static void assert_unsaid(const char *text)
{
    if (strstr(str_c(&said), text))
        fail_msg("said: %s\n%s", text, str_c(&said));
}

/* In no file of the learner's. */
static void assert_unkept(const char *text)
{
    static const char *const names[] = {"session", "progress.log", "history"};
    for (size_t i = 0; i < COUNT(names); i++) {
        autofree char *path = xasprintf("%s/%s", home, names[i]);
        autostr struct str kept = {0};
        if (file_read(AT_FDCWD, path, &kept, 1 << 20) && strstr(str_c(&kept), text))
            fail_msg("%s has %s", path, text);
    }
}

static void what_is_typed_there_is_kept_nowhere(void **state)
{
    login_open();
    wait_secret(true);
    assert_true(shell_secret_reaches(sh));
    shell_line(sh, " hunter2 $HOME "); /* as it is: nothing is trimmed or expanded */
    wait_said("heard 13");             /* read(1posix) itself takes the blanks at both ends */
    assert_unsaid("hunter2");
    wait_said("********");
    wait_said("Name: ");
    wait_secret(false);
    shell_line(sh, "eve");
    wait_said("hello eve");
    wait_said("# eve"); /* a name is no secret */
    wait_secret(true);
    shell_secret_line(sh, "12345");
    wait_said("pin 5");
    assert_unsaid("12345");
    wait_secret(true); /* without a word: by what `read -s` does to the terminal */
    shell_line(sh, ":hush-hush");
    wait_said("quiet 10");
    assert_unsaid(":hush");
    wait_secret(false);
    shell_line(sh, ":journal");
    wait_said("(a line that is not kept)");
    assert_non_null(strstr(str_c(&said), "[container] eve"));
    assert_unsaid("hunter2");
    login_close();
    assert_unkept("hunter2");
    assert_unkept("12345");
    assert_unkept("hush");
}

static void orders_are_orders_there_too(void **state)
{
    login_open();
    wait_secret(true);
    assert_int_equal(shell_secret_line(sh, ":quit"), SHELL_QUIT);
    assert_int_equal(shell_line(sh, ":q"), SHELL_QUIT);
    shell_secret_line(sh, ":vars");
    wait_said("$rootfs = ");
    wait_secret(true);             /* it still waits */
    shell_secret_line(sh, ":var"); /* a shortened one might be a password */
    wait_said("heard 4");
    assert_unsaid(":var\n");
    login_close();
}

/* Going back and coming again answers with an empty line, so that what follows goes where it went. */
static void a_replay_answers_with_nothing(void **state)
{
    login_open();
    wait_secret(true);
    shell_line(sh, "hunter2");
    wait_said("Name: ");
    shell_line(sh, "eve");
    wait_said("hello eve");
    str_cut(&said, 0);
    shell_line(sh, ":next");
    shell_line(sh, ":goto 2");
    wait_secret(true); /* the PIN comes next, again */
    shell_line(sh, "12345");
    wait_said("pin 5");
    login_close();
    assert_unkept("hunter2");
}

static void nobody_asks_any_more(void **state)
{
    login_open();
    wait_secret(true);
    shell_line(sh, ":reset");
    assert_false(shell_secret(sh));
    shell_secret_line(sh, "hunter2");
    wait_said("what was typed is forgotten");
    assert_unsaid("hunter2");
    login_close();
    assert_unkept("hunter2");
}

static int open_all(void **state)
{
    home = home_open();
    home_lesson("01-login.md", lesson);
    return 0;
}

static int close_all(void **state)
{
    home_close();
    str_free(&said);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(some_words_ask_for_a_secret), cmocka_unit_test(what_is_typed_there_is_kept_nowhere),
        cmocka_unit_test(orders_are_orders_there_too), cmocka_unit_test(a_replay_answers_with_nothing),
        cmocka_unit_test(nobody_asks_any_more),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
