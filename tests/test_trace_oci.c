/* porthole trace of the runtimes that real containers are started by, runc and crun, with strace(1) as oracle: a small
 * bundle, made by hand, in a mount namespace of its own.
 *
 * Nothing is left on the machine, not even by a test that is killed. /run is a tmpfs in the namespace, so the state of
 * the runtimes goes with it. /sys/fs/cgroup becomes the cgroup2 hierarchy alone, since crun refuses one mixed with
 * version 1, and is read-only, so that no cgroup can be made: crun is told to do without (--cgroup-manager=disabled),
 * runc does when it believes to have no right to (--rootless=true). */
#include "base/mem.h"
#include "oracle.h"
#include "support.h"
#include "temp.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static char dir[TEMP_PATH];

#define WITHIN                                                                                                         \
    "env GODEBUG=asyncpreemptoff=1 unshare -m sh -c 'mount --make-rprivate / && "                                      \
    "mount -t cgroup2 none /sys/fs/cgroup && mount -o remount,bind,ro /sys/fs/cgroup && mount -t tmpfs none /run && "  \
    "exec \"$@\"' -"

static const char config[] =
    "{\"ociVersion\": \"1.0.2\",\n"
    " \"process\": {\"terminal\": false, \"user\": {\"uid\": 33, \"gid\": 100, \"additionalGids\": [27]},\n"
    "   \"args\": [\"/bin/sh\", \"-c\", \"cd /tmp; (exit 3); echo inside\"], \"env\": [\"PATH=/bin\"], \"cwd\": "
    "\"/\",\n"
    "   \"capabilities\": {\"bounding\": [\"CAP_KILL\"], \"effective\": [\"CAP_KILL\"], \"permitted\": "
    "[\"CAP_KILL\"]},\n"
    "   \"noNewPrivileges\": true},\n"
    " \"root\": {\"path\": \"rootfs\", \"readonly\": true}, \"hostname\": \"web1\",\n"
    " \"mounts\": [\n"
    "   {\"destination\": \"/proc\", \"type\": \"proc\", \"source\": \"proc\"},\n"
    "   {\"destination\": \"/dev\", \"type\": \"tmpfs\", \"source\": \"tmpfs\",\n"
    "    \"options\": [\"nosuid\", \"strictatime\", \"mode=755\", \"size=64k\"]},\n"
    "   {\"destination\": \"/dev/pts\", \"type\": \"devpts\", \"source\": \"devpts\",\n"
    "    \"options\": [\"nosuid\", \"noexec\", \"newinstance\", \"ptmxmode=0666\", \"mode=0620\"]},\n"
    "   {\"destination\": \"/tmp\", \"type\": \"tmpfs\", \"source\": \"tmpfs\", \"options\": [\"nodev\", "
    "\"mode=1777\"]}],\n"
    " \"linux\": {\"namespaces\": [{\"type\": \"pid\"}, {\"type\": \"ipc\"}, {\"type\": \"uts\"}, {\"type\": "
    "\"mount\"},\n"
    "   {\"type\": \"network\"}],\n"
    "   \"maskedPaths\": [\"/proc/timer_list\", \"/proc/acpi\"], \"readonlyPaths\": [\"/proc/sys\", "
    "\"/proc/bus\"]%s}}\n";

/* Refuses what the program inside does: its own subtree is then watched stop by stop. */
static const char seccomp[] = ",\n   \"seccomp\": {\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [\n"
                              "     {\"names\": [\"chdir\", \"sethostname\", \"unshare\"],\n"
                              "      \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 1}]}";

static bool bundle(const char *more)
{
    autofree char *path = xasprintf("%s/config.json", dir),
                  *root =
                      xasprintf("cd %s && b=$(command -v busybox) && mkdir -p rootfs/bin rootfs/proc rootfs/dev "
                                "rootfs/sys rootfs/tmp && cp $b rootfs/bin/busybox && ln -sf busybox rootfs/bin/sh && "
                                "! LC_ALL=C ldd rootfs/bin/busybox >/dev/null 2>&1",
                                dir);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    fprintf(f, config, more);
    assert_int_equal(fclose(f), 0);
    return oracle_run(root) == 0;
}

static void compare(const char *runtime, const char *more, unsigned how)
{
    SKIP_UNLESS(geteuid() == 0, "not as root");
    SKIP_UNLESS(bundle(more), "there is no static busybox");
    SKIP_UNLESS(oracle_can(), "there is no strace, or it may not trace");
    autofree char *command = xasprintf("%s run -b %s porthole-test", runtime, dir),
                  *try = xasprintf(WITHIN " %s >/dev/null 2>&1", command);
    SKIP_UNLESS(oracle_run(try) == 0, command);
    oracle_compare(dir, &(struct oracle_case){.command = command, .within = WITHIN, .how = how});
}

#define CRUN "crun --root /run/crun --cgroup-manager=disabled"
#define RUNC "runc --root /run/runc --rootless=true"

static void test_crun(void **state)
{
    compare(CRUN, "", ORACLE_IN_ORDER);
}

static void test_runc(void **state)
{
    compare(RUNC, "", ORACLE_ANY_ORDER);
}

static void test_crun_seccomp(void **state)
{
    compare(CRUN, seccomp, ORACLE_EVERY_STOP);
}

static void test_runc_seccomp(void **state)
{
    compare(RUNC, seccomp, ORACLE_ANY_ORDER | ORACLE_EVERY_STOP);
}

static int setup(void **state)
{
    temp_make(dir);
    return 0;
}

static int teardown(void **state)
{
    temp_remove(dir);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crun),
        cmocka_unit_test(test_runc),
        cmocka_unit_test(test_crun_seccomp),
        cmocka_unit_test(test_runc_seccomp),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
