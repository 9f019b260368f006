/* Mount lists: a fixture with the odd spellings, and the kernel's own in a mount namespace made for it. */
#include "base/mem.h"
#include "nest.h"
#include "proc/mountinfo.h"
#include "proc/procfs.h"
#include "support.h"
#include "temp.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static char root[TEMP_PATH];
static int procfd = -1;

static int make_root(void **state)
{
    char path[96];
    temp_make(root);
    snprintf(path, sizeof path, "%s/7", root);
    mkdir(path, 0700);
    procfd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return procfd < 0;
}

static int remove_root(void **state)
{
    close_fd(&procfd);
    temp_remove(root);
    return 0;
}

static void put(const char *text)
{
    char path[96];
    snprintf(path, sizeof path, "%s/7/mountinfo", root);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

#define BASE                                                                                                           \
    "20 1 8:1 / / rw,relatime - ext4 /dev/root rw\n"                                                                   \
    "21 20 0:5 / /proc rw,nosuid,nodev,noexec shared:3 - proc proc rw\n"                                               \
    "22 20 0:30 /a\\040b /mnt/new\\012line\\134 ro,nodev master:3 - tmpfs none rw,size=1024k\n"

static void test_fields(void **state)
{
    struct mounts m;
    put(BASE "23 20 0:31 / /data rw shared:9 master:3 - tmpfs tmpfs rw\n"
             "24 20 0:32 / /own rw unbindable - tmpfs tmpfs rw\n");
    assert_true(mounts_read(procfd, 7, &m));
    assert_int_equal(m.n, 5);
    assert_int_equal(m.v[0].id, 20);
    assert_int_equal(m.v[0].parent, 1);
    assert_int_equal(m.v[0].dev, makedev(8, 1));
    assert_string_equal(m.v[0].target, "/");
    assert_string_equal(m.v[0].type, "ext4");
    assert_string_equal(m.v[0].source, "/dev/root");
    assert_int_equal(m.v[0].propagation, MOUNT_PRIVATE);
    assert_string_equal(m.v[1].options, "rw,nosuid,nodev,noexec");
    assert_string_equal(m.v[2].fs_options, "rw,size=1024k");
    assert_int_equal(m.v[1].propagation, MOUNT_SHARED);
    assert_string_equal(m.v[2].root, "/a b");
    assert_string_equal(m.v[2].target, "/mnt/new\nline\\");
    assert_int_equal(m.v[2].propagation, MOUNT_SLAVE);
    assert_int_equal(m.v[3].propagation, MOUNT_SHARED | MOUNT_SLAVE);
    assert_int_equal(m.v[4].propagation, MOUNT_UNBINDABLE);
    mounts_free(&m);
}

static void test_topmost(void **state)
{
    struct mounts m;
    put(BASE "23 21 0:31 / /proc rw - tmpfs cover rw\n");
    assert_true(mounts_read(procfd, 7, &m));
    assert_string_equal(mounts_find(&m, "/proc")->source, "cover");
    assert_null(mounts_find(&m, "/sys"));
    mounts_free(&m);
}

static void test_bad_lines_hide_no_others(void **state)
{
    struct mounts m;
    put(BASE "24 20\nnonsense\n25 20 0:33 / /after rw - tmpfs tmpfs rw\n");
    assert_true(mounts_read(procfd, 7, &m));
    assert_non_null(mounts_find(&m, "/proc"));
    assert_non_null(mounts_find(&m, "/after"));
    mounts_free(&m);
    put("");
    assert_false(mounts_read(procfd, 7, &m));
    assert_int_equal(errno, EINVAL);
    mounts_free(&m);
    assert_false(mounts_read(procfd, 8, &m));
    assert_int_equal(errno, ENOENT);
    mounts_free(&m);
}

static void mount_on_demand(int fd)
{
    char c;
    if (read(fd, &c, 1) != 1 || mount("porthole-test", "/tmp", "tmpfs", 0, "size=64k") < 0)
        return;
    nest_say(fd);
    while (read(fd, &c, 1) == 1)
        ;
}

/* The kernel's text: one more mount in a namespace of its own, none in ours. */
static void test_a_real_mount(void **state)
{
    struct nest n;
    struct mounts ours, before, after;
    const char *refusal = nest_refusal();
    SKIP_UNLESS(!refusal, refusal);
    assert_true(nest_start(&n, NEST_OLD_PROC, mount_on_demand));
    assert_true(mounts_read(procfs_self(), n.pid, &before));
    nest_say(n.fd);
    assert_true(nest_wait_byte(n.fd));
    assert_true(mounts_read(procfs_self(), n.pid, &after));
    assert_true(mounts_read(procfs_self(), 0, &ours));
    nest_end(&n);
    assert_int_equal(after.n, before.n + 1);
    assert_string_equal(mounts_find(&after, "/tmp")->source, "porthole-test");
    assert_true(ours.n > 0);
    for (size_t i = 0; i < ours.n; i++)
        assert_string_not_equal(ours.v[i].source, "porthole-test");
    mounts_free(&ours);
    mounts_free(&before);
    mounts_free(&after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_topmost),
        cmocka_unit_test(test_bad_lines_hide_no_others),
        cmocka_unit_test(test_a_real_mount),
    };
    return cmocka_run_group_tests_name("mountinfo", tests, make_root, remove_root);
}
