/* The table itself: every row whole, and every row there and back: text, call, image, text. */
#include "support.h"

#include "base/mem.h"
#include "base/str.h"
#include "call/registers.h"
#include "call/table.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/securebits.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The calls that lessons are promised. */
static const char *const promised[] = {
    "fork",        "clone",       "clone3",
    "execve",      "wait4",       "exit",
    "kill",        "pidfd_open",  "pidfd_send_signal",
    "getpid",      "getppid",     "getuid",
    "geteuid",     "getgid",      "getegid",
    "setuid",      "setgid",      "setgroups",
    "chroot",      "chdir",       "fchdir",
    "getcwd",      "mkdir",       "rmdir",
    "unlink",      "symlink",     "open",
    "openat",      "close",       "read",
    "write",       "dup2",        "mount",
    "umount2",     "pivot_root",  "unshare",
    "setns",       "sethostname", "uname",
    "gethostname", "prctl",       "capset",
    "capget",      "mknod",       "chown",
    "chmod",       "open_tree",   "move_mount",
    "fsopen",      "fsconfig",    "fsmount",
    "setsid",      "setpgid",     "getpgid",
    "access",      "link",        "rename",
    "nanosleep",   "pause",       "getresuid",
};

static void check_row(const struct call_row *r)
{
    autofree char *opens = xasprintf("%s(", r->name);
    assert_non_null(strstr(r->prototype, opens));
    assert_int_equal(r->prototype[strlen(r->prototype) - 1], ')');
    assert_true(strlen(r->meaning) > 15 && !strchr(r->meaning, '\n'));
    assert_true(r->man[strlen(r->man) - 3] == '(');
    assert_true(r->nr >= 0);
    assert_true(r->nargs >= 0 && r->nargs <= CALL_MAX_ARGS);
    for (int j = 0; j < r->nargs; j++) {
        const struct call_arg *a = &r->args[j];
        if (a->kind == ARG_FLAGS || a->kind == ARG_ENUM)
            assert_non_null(a->family);
        if (a->kind == ARG_STRUCT || a->kind == ARG_OUT_STRUCT)
            assert_non_null(a->shape);
        if (a->kind == ARG_LENGTH || a->kind == ARG_ROOM)
            assert_true(a->of >= 0 && a->of < r->nargs && a->of != j);
    }
}

/* Those that only programs call: stopped, found by number and name, and not typed. */
static void test_program_rows_are_whole(void **state)
{
    size_t n;
    const struct call_row *rows = call_program_rows(&n);
    assert_true(n > 0);
    for (size_t i = 0; i < n; i++) {
        check_row(&rows[i]);
        assert_true(rows[i].flags & CALL_INTERESTING);
        assert_ptr_equal(call_row_of_number(rows[i].nr), &rows[i]);
        assert_ptr_equal(call_row_of_name(rows[i].name), &rows[i]);
        assert_null(call_find(rows[i].name));
    }
}

static void test_rows_are_whole(void **state)
{
    size_t n;
    const struct call_row *rows = call_rows(&n);
    for (size_t i = 0; i < COUNT(promised); i++)
        if (!call_find(promised[i]))
            fail_msg("no %s()", promised[i]);
    assert_null(call_find("vfork"));
    assert_null(call_find(""));
    for (size_t i = 0; i < n; i++) {
        const struct call_row *r = &rows[i];
        assert_ptr_equal(call_find(r->name), r); /* and so no name twice */
        check_row(r);
    }
}

/* What the guard and the views go by. */
static void test_flags(void **state)
{
    static const struct {
        const char *name;
        unsigned flags;
    } rows[] = {
        {"kill", CALL_SIGNALS},
        {"pidfd_send_signal", CALL_SIGNALS},
        {"chroot", CALL_CHANGES_ROOT},
        {"chdir", CALL_CHANGES_ROOT},
        {"pivot_root", CALL_CHANGES_ROOT | CALL_CHANGES_MOUNTS},
        {"mount", CALL_CHANGES_MOUNTS},
        {"umount2", CALL_CHANGES_MOUNTS},
        {"move_mount", CALL_CHANGES_MOUNTS},
        {"unshare", CALL_CHANGES_NS},
        {"setns", CALL_CHANGES_NS},
        {"sethostname", CALL_NAMES_HOST},
        {"setdomainname", CALL_NAMES_HOST},
        {"setuid", CALL_CHANGES_CREDS},
        {"capset", CALL_CHANGES_CREDS},
        {"wait4", CALL_BLOCKS},
        {"read", CALL_BLOCKS},
        {"pause", CALL_BLOCKS},
        {"fork", CALL_TASKS},
        {"clone", CALL_TASKS},
        {"exit", CALL_TASKS},
        {"execve", CALL_INTERESTING},
        {"getpid", 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if ((call_find(rows[i].name)->flags & rows[i].flags) != rows[i].flags)
            fail_msg("%s", rows[i].name);
    assert_int_equal(call_find("fork")->op, OP_FORK);
    assert_int_equal(call_find("clone3")->op, OP_FORK);
    assert_int_equal(call_find("execve")->op, OP_EXECVE);
    assert_int_equal(call_find("exit")->op, OP_EXIT);
    assert_int_equal(call_find("mount")->op, OP_SYSCALL);
}

/* There and back. */

static void sample_flags(struct str *line, const struct call_arg *a)
{
    const struct call_family *f = a->family;
    size_t used = 0;
    for (size_t i = 0; i < f->n && used < 3; i++)
        if (!f->v[i].refused && (!used || !f->v[i].mask))
            str_addf(line, "%s%s", used++ ? "|" : "", f->v[i].name);
    if (!used)
        str_addc(line, '0');
}

/* Something right for the argument, in C notation. */
static void sample(struct str *line, const struct call_arg *a)
{
    switch (a->kind) {
    case ARG_FLAGS:
        sample_flags(line, a);
        break;
    case ARG_ENUM:
        str_add(line,
                a->family->v[a->family->n - 1].refused ? a->family->v[0].name : a->family->v[a->family->n - 1].name);
        break;
    case ARG_PATH:
    case ARG_TEXT:
    case ARG_DATA:
        str_add(line, "\"a \\\"b\\\"\\n\"");
        break;
    case ARG_STRINGS:
    case ARG_ENV:
        str_add(line, "{\"a\", \"b c\", NULL}");
        break;
    case ARG_IDS:
        str_add(line, "{1, 2, 3}");
        break;
    case ARG_STRUCT:
        str_addf(line, "{%s=0}", a->shape->field[0].name);
        break;
    case ARG_MODE:
        str_add(line, "0640");
        break;
    case ARG_FILEMODE:
        str_add(line, "S_IFBLK|0640");
        break;
    case ARG_DEV:
        str_add(line, "makedev(8, 1)");
        break;
    case ARG_NULL:
        str_add(line, "NULL");
        break;
    case ARG_ROOM:
        str_add(line, "64");
        break;
    case ARG_LENGTH: /* filled in by the caller */
        break;
    default:
        str_add(line, call_arg_is_output(a) ? "buf" : "7");
    }
}

static bool sample_call(struct str *line, const struct call_row *r)
{
    str_addf(line, "%s(", r->name);
    bool first = true;
    for (int i = 0; i < r->nargs; i++) {
        if (r->args[i].kind == ARG_LENGTH)
            continue;
        str_add(line, first ? "" : ", ");
        sample(line, &r->args[i]);
        first = false;
    }
    str_addc(line, ')');
    return true;
}

static struct call *parse_or_fail(const char *line)
{
    struct call_error e;
    struct call *c = call_parse(line, NULL, &e);
    if (!c)
        fail_msg("%s: %s at %zu", line, e.text, e.at);
    return c;
}

/* What is printed parses to a call that prints and marshals the same. */
static void check_round_trip(const char *line)
{
    struct outcome o = {0};
    autostr struct str once = {0}, twice = {0};
    struct call_image *a = xcalloc(1, sizeof *a), *b = xcalloc(1, sizeof *b);
    _cleanup_(call_freep)
    struct call *first = parse_or_fail(line);
    call_print(&once, first, NULL);
    _cleanup_(call_freep)
    struct call *second = parse_or_fail(str_c(&once));
    call_print(&twice, second, NULL);
    assert_string_equal(str_c(&once), str_c(&twice));
    assert_true(call_marshal(first, a, &o));
    assert_true(call_marshal(second, b, &o));
    assert_true(call_image_valid(a));
    assert_memory_equal(a, b, sizeof *a);
    assert_int_equal(a->op, call_row_of(first)->op);
    assert_true(call_looks_like(str_c(&once)));
    free(a);
    free(b);
}

static void test_every_row_there_and_back(void **state)
{
    size_t n;
    const struct call_row *rows = call_rows(&n);
    for (size_t i = 0; i < n; i++) {
        autostr struct str line = {0};
        sample_call(&line, &rows[i]);
        check_round_trip(str_c(&line));
    }
}

/* Every option of prctl, with a sample for each of its own arguments. */
static void test_every_option_there_and_back(void **state)
{
    for (size_t i = 0; i < family_prctl.n; i++) {
        autostr struct str line = {0};
        const struct call_option *o = call_option_find(family_prctl.v[i].value);
        str_addf(&line, "prctl(%s", family_prctl.v[i].name);
        for (int j = 1; o && j < o->nargs && !o->args[j].optional; j++) {
            str_add(&line, ", ");
            sample(&line, &o->args[j]);
        }
        str_addc(&line, ')');
        check_round_trip(str_c(&line));
    }
}

/* Constants. */

static void test_every_constant(void **state)
{
    static const struct call_family *const families[] = {
#define FAMILY_POINTER(name) &family_##name,
        FAMILIES(FAMILY_POINTER)};
    for (size_t i = 0; i < COUNT(families); i++)
        for (size_t j = 0; j < families[i]->n; j++) {
            const struct call_const *k = &families[i]->v[j];
            assert_ptr_equal(family_find(families[i], k->name, strlen(k->name)), k);
            assert_ptr_not_equal(family_find(families[i], k->name, strlen(k->name) - 1), k);
            if (families[i]->numbered || k->mask || !k->value)
                continue;
            autostr struct str out = {0};
            family_print(&out, families[i], k->value);
            assert_true(out.len && !strstr(str_c(&out), "???"));
        }
}

/* Numbers written out in the table are those of this machine's headers, where these know them. */
static void test_numbers_are_the_headers(void **state)
{
#define SAME(family, name)                                                                                             \
    {                                                                                                                  \
        &family_##family, #name, (uint64_t)(name)                                                                      \
    }
    static const struct {
        const struct call_family *family;
        const char *name;
        uint64_t value;
    } rows[] = {
        SAME(unshare, CLONE_NEWNS),
        SAME(unshare, CLONE_NEWCGROUP),
        SAME(unshare, CLONE_NEWUTS),
        SAME(unshare, CLONE_NEWIPC),
        SAME(unshare, CLONE_NEWUSER),
        SAME(unshare, CLONE_NEWPID),
        SAME(unshare, CLONE_NEWNET),
        SAME(unshare, CLONE_NEWTIME),
        SAME(clone, CLONE_VM),
        SAME(clone, CLONE_FS),
        SAME(clone, CLONE_FILES),
        SAME(clone, CLONE_SIGHAND),
        SAME(clone, CLONE_PIDFD),
        SAME(clone, CLONE_PTRACE),
        SAME(clone, CLONE_VFORK),
        SAME(clone, CLONE_PARENT),
        SAME(clone, CLONE_THREAD),
        SAME(clone, CLONE_SYSVSEM),
        SAME(clone, CLONE_SETTLS),
        SAME(clone, CLONE_PARENT_SETTID),
        SAME(clone, CLONE_CHILD_CLEARTID),
        SAME(clone, CLONE_DETACHED),
        SAME(clone, CLONE_UNTRACED),
        SAME(clone, CLONE_CHILD_SETTID),
        SAME(clone, CLONE_IO),
        SAME(wait, WNOHANG),
        SAME(wait, WUNTRACED),
        SAME(wait, WCONTINUED),
        SAME(wait, WEXITED),
        {&family_mount, "MS_NOUSER", (uint32_t)MS_NOUSER},
        SAME(mount, MS_SUBMOUNT),
        SAME(mount, MS_NOSEC),
        SAME(mount, MS_MGC_VAL),
        SAME(move_mount, MOVE_MOUNT_F_EMPTY_PATH),
        SAME(move_mount, MOVE_MOUNT_T_SYMLINKS),
        SAME(fsconfig, FSCONFIG_SET_STRING),
        SAME(fsconfig, FSCONFIG_CMD_CREATE),
        SAME(fsconfig, FSCONFIG_SET_FD),
        SAME(mount_attr, MOUNT_ATTR_RDONLY),
        SAME(mount_attr, MOUNT_ATTR_NODIRATIME),
        SAME(mount_attr, MOUNT_ATTR_IDMAP),
        SAME(mount_attr, MOUNT_ATTR_NOATIME),
        SAME(open_tree, OPEN_TREE_CLONE),
        SAME(open_tree, OPEN_TREE_CLOEXEC),
        SAME(open_tree, AT_RECURSIVE),
        SAME(at_unlink, AT_REMOVEDIR),
        SAME(at_link, AT_SYMLINK_FOLLOW),
        SAME(at_access, AT_EACCESS),
        SAME(fspick, FSPICK_EMPTY_PATH),
        SAME(secbit, SECBIT_NOROOT_LOCKED),
        SAME(secbit, SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED),
        SAME(capversion, _LINUX_CAPABILITY_VERSION_3),
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct call_const *k = family_find(rows[i].family, rows[i].name, strlen(rows[i].name));
        assert_non_null(k);
        if (k->value != rows[i].value)
            fail_msg("%s is %#llx", rows[i].name, (unsigned long long)k->value);
    }
    assert_true(family_cap.n >= CAP_LAST_CAP + 1);
}

/* Registers of newer calls. */

/* Architectures without mkdir are tested on those that have it: the newer call must do the same. */
static long perform(struct call_image *im)
{
    uint64_t r[CALL_MAX_ARGS];
    assert_true(call_image_relocate(im, r));
    long ret = syscall(im->nr, r[0], r[1], r[2], r[3], r[4], r[5]);
    return ret == -1 ? -errno : ret;
}

static long perform_newer(const char *line, long nr, const char *registers)
{
    struct outcome o = {0};
    struct call_image *im = xcalloc(1, sizeof *im);
    _cleanup_(call_freep)
    struct call *c = parse_or_fail(line);
    assert_true(call_marshal(c, im, &o));
    if (!c->row->registers) /* else it has been done */
        call_use_registers(im, nr, registers);
    long ret = perform(im);
    free(im);
    return ret;
}

static void test_newer_calls(void **state)
{
    char dir[] = "/tmp/porthole-table-XXXXXX";
    assert_non_null(mkdtemp(dir));
    assert_int_equal(chdir(dir), 0);
    umask(022);
    struct stat st;
    assert_int_equal(perform_newer("mkdir(\"d\", 0750)", SYS_mkdirat, "@01"), 0);
    assert_int_equal(stat("d", &st), 0);
    assert_int_equal(st.st_mode & 07777, 0750);
    assert_int_equal(perform_newer("symlink(\"d\", \"l\")", SYS_symlinkat, "0@1"), 0);
    assert_int_equal(perform_newer("rename(\"l\", \"m\")", SYS_renameat2, "@0@1z"), 0);
    assert_int_equal(perform_newer("access(\"m\", R_OK)", SYS_faccessat, "@01"), 0);
    assert_int_equal(perform_newer("access(\"l\", R_OK)", SYS_faccessat, "@01"), -ENOENT);
    assert_int_equal(perform_newer("readlink(\"m\")", SYS_readlinkat, "@012"), 1);
    assert_int_equal(perform_newer("unlink(\"m\")", SYS_unlinkat, "@0z"), 0);
    long fd = perform_newer("open(\"f\", O_CREAT|O_WRONLY, 0600)", SYS_openat, "@012");
    assert_true(fd > 2);
    autofree char *dup = xasprintf("dup2(%ld, 200)", fd);
    assert_int_equal(perform_newer(dup, SYS_dup3, "01z"), 200);
    close(200);
    close((int)fd);
    assert_int_equal(perform_newer("chmod(\"f\", 0640)", SYS_fchmodat, "@01"), 0);
    assert_int_equal(stat("f", &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    assert_int_equal(perform_newer("chown(\"f\", -1, -1)", SYS_fchownat, "@012z"), 0);
    assert_int_equal(perform_newer("lchown(\"f\", -1, -1)", SYS_fchownat, "@012l"), 0);
    assert_int_equal(perform_newer("link(\"f\", \"g\")", SYS_linkat, "@0@1z"), 0);
    assert_int_equal(perform_newer("mknod(\"p\", S_IFIFO|0600)", SYS_mknodat, "@012"), 0);
    assert_int_equal(lstat("p", &st), 0);
    assert_true(S_ISFIFO(st.st_mode));
    assert_int_equal(perform_newer("getpgrp()", SYS_getpgid, "z"), getpgrp());
    assert_int_equal(perform_newer("rmdir(\"d\")", SYS_unlinkat, "@0d"), 0);
    for (const char *const *p = (const char *const[]){"f", "g", "p", NULL}; *p; p++)
        assert_int_equal(unlink(*p), 0);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(rmdir(dir), 0);
}

/* Images. */

static void test_images_are_checked(void **state)
{
    struct call_image *im = xcalloc(1, sizeof *im);
    assert_true(call_image_valid(im));
    im->len = 16;
    assert_true(call_image_valid(im));
    im->len = CALL_ARENA + 1;
    assert_false(call_image_valid(im));
    im->len = 16;
    im->op = OP_EXIT + 1;
    assert_false(call_image_valid(im));
    im->op = OP_SYSCALL;
    im->nfix = COUNT(im->fix) + 1;
    assert_false(call_image_valid(im));
    im->nfix = 1;
    im->fix[0] = 4; /* not aligned */
    assert_false(call_image_valid(im));
    im->fix[0] = 16; /* outside */
    assert_false(call_image_valid(im));
    im->fix[0] = 0;
    im->arena[1] = 1; /* points outside */
    assert_false(call_image_valid(im));
    im->arena[1] = 0;
    assert_true(call_image_valid(im));
    im->ptr = 1;
    im->arg[0] = 16;
    assert_false(call_image_valid(im));
    im->arg[0] = UINT64_MAX;
    assert_false(call_image_valid(im));
    im->arg[0] = 15;
    assert_true(call_image_valid(im));
    im->arena[15] = 'x'; /* a text without an end */
    assert_false(call_image_valid(im));
    im->arena[15] = 0;
    im->ptr = 1u << CALL_MAX_ARGS;
    assert_false(call_image_valid(im));
    free(im);
}

static void test_relocation(void **state)
{
    struct outcome o = {0};
    struct call_image *im = xcalloc(1, sizeof *im);
    uint64_t r[CALL_MAX_ARGS];
    _cleanup_(call_freep)
    struct call *c = parse_or_fail("execve(\"/bin/x\", [\"x\", \"\"])");
    char *env[] = {(char[]){"A=1"}, NULL};
    call_set_environment(c, env);
    call_set_environment(c, env); /* replaces the first */
    assert_true(call_marshal(c, im, &o));
    assert_true(call_image_relocate(im, r));
    char *const *argv = (char *const *)(uintptr_t)r[1], *const *envp = (char *const *)(uintptr_t)r[2];
    assert_string_equal((const char *)(uintptr_t)r[0], "/bin/x");
    assert_string_equal(argv[0], "x");
    assert_string_equal(argv[1], "");
    assert_null(argv[2]);
    assert_string_equal(envp[0], "A=1");
    assert_null(envp[1]);
    free(im);
}

static void test_what_is_too_large(void **state)
{
    struct outcome o = {0};
    struct call_image *im = xcalloc(1, sizeof *im);
    autostr struct str line = {0}, list = {0};
    str_add(&line, "chroot(\"");
    for (int i = 0; i < CALL_ARENA; i++)
        str_addc(&line, 'x');
    str_add(&line, "\")");
    _cleanup_(call_freep)
    struct call *large = parse_or_fail(str_c(&line));
    assert_false(call_marshal(large, im, &o));
    assert_int_equal(o.err, E2BIG);
    str_add(&list, "execve(\"/x\", [\"a\"");
    for (size_t i = 0; i < COUNT(im->fix); i++)
        str_add(&list, ", \"a\"");
    str_add(&list, "], NULL)");
    _cleanup_(call_freep)
    struct call *many = parse_or_fail(str_c(&list));
    assert_false(call_marshal(many, im, &o));
    free(im);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_are_whole),
        cmocka_unit_test(test_program_rows_are_whole),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_every_row_there_and_back),
        cmocka_unit_test(test_every_option_there_and_back),
        cmocka_unit_test(test_every_constant),
        cmocka_unit_test(test_numbers_are_the_headers),
        cmocka_unit_test(test_newer_calls),
        cmocka_unit_test(test_images_are_checked),
        cmocka_unit_test(test_relocation),
        cmocka_unit_test(test_what_is_too_large),
    };
    return cmocka_run_group_tests_name("call table", tests, NULL, NULL);
}
