/* The images made here, unpacked and used: programs of the image really run in it. */
#include "support.h"

#include "base/file.h"
#include "base/mem.h"
#include "session/rootfs.h"
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64];
static struct rootfs *image;
static struct outcome o;

static int setup(void **state)
{
    snprintf(dir, sizeof dir, "/tmp/porthole-rootfs-XXXXXX");
    image = rootfs_default(&o);
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static int teardown(void **state)
{
    rootfs_free(image);
    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return 0;
}

static int unpack_into(const char *path, bool host)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    bool done = host ? rootfs_unpack_practice_host(fd, &o) : rootfs_unpack(image, fd, &o);
    if (!done)
        fail_msg("%s: %s: errno %d, %s", o.step, o.where, o.err, o.hint);
    return fd;
}

static const char *need_image(void)
{
    SKIP_UNLESS(image || o.err != ENOENT, "no static busybox here");
    assert_non_null(image);
    return rootfs_name(image);
}

static void test_default(void **state)
{
    static const struct {
        const char *path;
        mode_t mode;
    } rows[] = {
        {"bin/busybox", S_IFREG | 0755}, {"bin/sh", S_IFLNK | 0777},     {"bin/ls", S_IFLNK | 0777},
        {"usr/bin/env", S_IFLNK | 0777}, {"proc", S_IFDIR | 0555},       {"sys", S_IFDIR | 0555},
        {"dev", S_IFDIR | 0755},         {"tmp", S_IFDIR | 01777},       {"root", S_IFDIR | 0700},
        {"var/log", S_IFDIR | 0755},     {"etc/passwd", S_IFREG | 0644}, {"etc/os-release", S_IFREG | 0644},
        {"mnt", S_IFDIR | 0755},         {"opt", S_IFDIR | 0755},        {"home", S_IFDIR | 0755},
    };
    assert_memory_equal(need_image(), "busybox ", 8);
    assert_string_equal(rootfs_notes(image), "");
    assert_true(rootfs_bytes(image) > 500000);
    mode_t mask = umask(027);
    autofd int fd = unpack_into(dir, false);
    assert_int_equal(umask(mask), 027);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct stat st;
        if (fstatat(fd, rows[i].path, &st, AT_SYMLINK_NOFOLLOW) < 0)
            fail_msg("%s: %s", rows[i].path, strerror(errno));
        if (st.st_mode != rows[i].mode)
            fail_msg("%s: mode %o, wanted %o", rows[i].path, st.st_mode, rows[i].mode);
    }
    struct stat a, b; /* the links are right outside of a chroot too */
    assert_int_equal(fstatat(fd, "bin/busybox", &a, 0), 0);
    assert_int_equal(fstatat(fd, "usr/sbin/chroot", &b, 0), 0);
    assert_int_equal(a.st_ino, b.st_ino);
}

/* Runs argv with dir as its root, in a user namespace of its own; its exit status, 125 when that is not possible. */
static int run_inside(const char *const argv[])
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if ((geteuid() != 0 && unshare(CLONE_NEWUSER) < 0) || chroot(dir) < 0 || chdir("/") < 0)
            _exit(125);
        char *const env[] = {(char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
        execve(argv[0], (char *const *)(uintptr_t)argv, env);
        _exit(126);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_runs(void **state)
{
    need_image();
    int fd = unpack_into(dir, false);
    close_fd(&fd);
    const char *const argv[] = {"/bin/sh", "-c",
                                "ls / >/dev/null && grep -q ^root: /etc/passwd && /usr/bin/test -h /bin/ls && "
                                "[ -e /bin/sh ] && env | grep -q PATH && exit 42",
                                NULL};
    int status = run_inside(argv);
    SKIP_UNLESS(status != 125, "no chroot here");
    assert_int_equal(status, 42);
}

static void test_tar(void **state)
{
    need_image();
    autofd int a = memfd_create("a", MFD_CLOEXEC), b = memfd_create("b", MFD_CLOEXEC);
    assert_true(rootfs_write_tar(image, a, &o));
    struct rootfs *again = rootfs_default(&o);
    assert_true(rootfs_write_tar(again, b, &o));
    rootfs_free(again);
    off_t n = lseek(a, 0, SEEK_END);
    assert_true(n > 500000 && n % 512 == 0);
    assert_int_equal(n, lseek(b, 0, SEEK_END));
    void *p = mmap(NULL, (size_t)n, PROT_READ, MAP_SHARED, a, 0),
         *q = mmap(NULL, (size_t)n, PROT_READ, MAP_SHARED, b, 0);
    assert_memory_equal(p, q, (size_t)n);
    munmap(p, (size_t)n);
    munmap(q, (size_t)n);

    autofree char *path = xasprintf("/proc/self/fd/%d", a);
    struct rootfs *loaded = rootfs_load(path, &o); /* and it comes back whole */
    assert_non_null(loaded);
    assert_string_equal(rootfs_notes(loaded), "");
    assert_int_equal(rootfs_bytes(loaded), rootfs_bytes(image));
    rootfs_free(image);
    image = loaded;
    autofd int fd = unpack_into(dir, false);
    assert_int_equal(faccessat(fd, "usr/bin/env", X_OK, 0), 0);
}

static void test_practice_host(void **state)
{
    need_image();
    autofd int fd = unpack_into(dir, true);
    autostr struct str text = {0};
    assert_true(file_read(fd, "etc/hostname", &text, 100));
    assert_string_equal(str_c(&text), "practice\n");
    assert_int_equal(faccessat(fd, "var/www/index.html", R_OK, 0), 0);
    const char *const argv[] = {"/bin/busybox", "true", NULL};
    int status = run_inside(argv);
    SKIP_UNLESS(status != 125, "no chroot here");
    assert_int_equal(status, 0);
}

/* The machine's own program with all it needs, at the machine's paths. */
static void test_dynamic(void **state)
{
    need_image();
    SKIP_UNLESS(*rootfs_dynamic(), "no dynamically linked program here");
    autofd int fd = unpack_into(dir, true);
    struct stat st;
    assert_int_equal(fstatat(fd, rootfs_dynamic() + 1, &st, AT_SYMLINK_NOFOLLOW), 0);
    assert_true(S_ISREG(st.st_mode));
    assert_int_equal(faccessat(fd, rootfs_dynamic_loader() + 1, X_OK, 0), 0);
    autofree char *libs = xstrdup(rootfs_dynamic_libs());
    assert_true(*libs);
    for (char *save, *lib = strtok_r(libs, " ", &save); lib; lib = strtok_r(NULL, " ", &save)) {
        assert_int_equal(*lib, '/');
        assert_int_equal(faccessat(fd, lib + 1, R_OK, 0), 0);
    }
    autofree char *command = xasprintf("exec %s --help >/dev/null", rootfs_dynamic());
    const char *const argv[] = {"/bin/sh", "-c", command, NULL};
    int status = run_inside(argv);
    SKIP_UNLESS(status != 125, "no chroot here");
    assert_int_equal(status, 0);
}

/* Typed by name, the machine's tools are what the shell finds, not busybox's applets. */
static void test_tools(void **state)
{
    static const char *const tools[] = {"/usr/bin/unshare", "/usr/bin/nsenter"};
    need_image();
    SKIP_UNLESS(access(tools[0], X_OK) == 0 && access(tools[1], X_OK) == 0, "no unshare and nsenter here");
    int fd = unpack_into(dir, true);
    close_fd(&fd);
    for (size_t i = 0; i < COUNT(tools); i++) {
        autofree char *command = xasprintf("%s --version | grep -q util-linux", strrchr(tools[i], '/') + 1);
        const char *const argv[] = {"/bin/sh", "-c", command, NULL};
        int status = run_inside(argv);
        SKIP_UNLESS(status != 125, "no chroot here");
        assert_int_equal(status, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_default, setup, teardown),
        cmocka_unit_test_setup_teardown(test_runs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tar, setup, teardown),
        cmocka_unit_test_setup_teardown(test_practice_host, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dynamic, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tools, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
