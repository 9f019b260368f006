/* Each cause made real, and told; and the same errno without it, which is not. */
#include "support.h"

#include "base/mem.h"
#include "session/why.h"
#include "stage.h"
#include <errno.h>
#include <string.h>

static struct session *s;

static const char *scope_get(void *arg, const char *name)
{
    return session_var(s, SIDE_CONTAINER, name);
}

/* Makes the call; returns what porthole says about its failure (static), "" when nothing. */
static const char *why(int who, const char *line, int err)
{
    static char text[512];
    struct call_scope scope = {scope_get, NULL};
    struct call_error bad;
    struct outcome o = {0};
    autostr struct str said = {0};
    _cleanup_(call_freep)
    struct call *c = call_parse(line, &scope, &bad);
    autofree struct call_image *image = xcalloc(1, sizeof *image);
    if (!c || !call_marshal(c, image, &o) || session_call(s, session_actor(s, who), c, image, NULL, &o) < 0)
        fail_msg("%s: %s %s", line, c ? o.step : bad.text, o.hint);
    if (image->ret != (err ? -1 : image->ret) || (err && image->err != err))
        fail_msg("%s: %lld, errno %d", line, (long long)image->ret, image->err);
    if (session_why(session_actor(s, who), c, image, &said) != (said.len > 0))
        fail_msg("%s: said \"%s\"", line, str_c(&said));
    snprintf(text, sizeof text, "%s", str_c(&said));
    return text;
}

static void told(const char *said, const char *part)
{
    if (!strstr(said, part))
        fail_msg("not told: %s\n--- told: %s", part, said);
}

static void test_capability(void **state)
{
    s = stage_open(STAGE_PRACTICE);
    assert_string_equal(why(2, "getpid()", 0), "");
    assert_string_equal(why(2, "kill(4000000, 0)", ESRCH), "");
    assert_string_equal(why(2, "mount(\"a\", \"/nosuch\", \"tmpfs\", 0, NULL)", ENOENT), "");
    why(2, "capset(0, {effective=0, permitted=0, inheritable=0})", 0);
    told(why(2, "chroot(\"rootfs\")", EPERM),
         "chroot() asks for CAP_SYS_CHROOT, which container lacks: CapEff in /proc/");
    told(why(2, "chroot(\"rootfs\")", EPERM), " is 0000000000000000.");
    told(why(2, "unshare(CLONE_NEWUTS)", EPERM), "CAP_SYS_ADMIN");
    told(why(2, "setgroups(0, NULL)", EPERM), "CAP_SETGID");
    assert_string_equal(why(2, "unlink(\"/\")", EISDIR), "");
    stage_close(s);
}

static void test_unmapped(void **state)
{
    s = stage_open(STAGE_PRACTICE);
    told(why(2, "setuid(4000000)", EINVAL), "user 4000000 does not exist in this user namespace: no line of /proc/");
    told(why(2, "setgid(4000000)", EINVAL), "/gid_map has it");
    assert_string_equal(why(2, "unshare(0x1)", EINVAL), "");
    assert_string_equal(why(2, "setuid(0)", 0), "");
    stage_close(s);
}

static void test_dead_init(void **state)
{
    s = stage_open(STAGE_PRACTICE);
    why(2, "unshare(CLONE_NEWPID)", 0);
    why(2, "fork()", 0);
    why(3, "exit(0)", 0);
    told(why(2, "fork()", ENOMEM), "process 1 has ended"); /* a zombie */
    why(2, "wait4(-1, NULL, 0, NULL)", 0);
    told(why(2, "fork()", ENOMEM), "pid_for_children"); /* gone */
    stage_close(s);
}

static void test_loader(void **state)
{
    const char *out;
    s = stage_open(STAGE_PRACTICE);
    assert_int_equal(stage_run(s, 1, "test -n \"$dynamic\" && cp $dynamic $rootfs/dyn", &out), 0);
    assert_int_equal(
        stage_run(s, 1, "printf '#! /bin/nosuch -e\\n' >$rootfs/script; chmod +x $rootfs/script $rootfs/dyn", &out), 0);
    why(2, "chroot(\"rootfs\")", 0);
    why(2, "chdir(\"/\")", 0);
    told(why(2, "execve(\"/dyn\", [\"dyn\"])", ENOENT), "/dyn is there, but the loader that it names, /lib");
    told(why(2, "execve(\"dyn\", [\"dyn\"])", ENOENT), "is not in this root");
    told(why(2, "execve(\"/script\", [\"x\"])", ENOENT), "the interpreter that it names, /bin/nosuch,");
    assert_string_equal(why(2, "execve(\"/nosuch\", [\"x\"])", ENOENT), "");
    assert_string_equal(why(2, "chdir(\"/nosuch\")", ENOENT), "");
    stage_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_capability),
        cmocka_unit_test(test_unmapped),
        cmocka_unit_test(test_dead_init),
        cmocka_unit_test(test_loader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
