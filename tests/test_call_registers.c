/* Calls decoded from registers and memory: what a program's call prints as. The memory is this process's own. */
#include "support.h"

#include "base/mem.h"
#include "call/registers.h"
#include <fcntl.h>
#include <linux/prctl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define AT(p) ((uint64_t)(uintptr_t)(p))

static size_t own_read(void *arg, uint64_t at, void *buf, size_t n)
{
    struct iovec local = {buf, n}, remote = {(void *)(uintptr_t)at, n};
    ssize_t got = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
    return got < 0 ? 0 : (size_t)got;
}

static void expect(long nr, const uint64_t *regs, unsigned word, int64_t ret, const char *want)
{
    const struct call_memory m = {own_read, NULL, word};
    const struct call_row *row = call_row_of_number(nr);
    assert_non_null(row);
    _cleanup_(call_freep)
    struct call *c = call_from_registers(row, regs, &m);
    autofree struct call_image *image = xcalloc(1, sizeof *image);
    call_read_outputs(c, ret, &m, image);
    autostr struct str out = {0};
    call_print_result(&out, c, image);
    assert_string_equal(str_c(&out), want);
}

static void test_decoded(void **state)
{
    const char *argv[] = {"sh", "-c", "a\nb", NULL}, *env[] = {"A=1", NULL};
    const uint32_t ids[] = {0, 27};
    int status = 3 << 8;
    siginfo_t queued = {.si_signo = SIGUSR1, .si_code = SI_QUEUE}, sent = {.si_signo = SIGTERM, .si_code = SI_TKILL};
    queued.si_pid = sent.si_pid = 7;
    queued.si_uid = 5;
    queued.si_value.sival_ptr = (void *)0xffffffff;
    const int64_t words[] = {1, 2};
    const int32_t zone[] = {-60, 2};
    uint64_t clone_args[11] = {0x20000000, 0, 0, 0, 17};
    autofree char *exec = xasprintf("execve(\"/bin/sh\", [\"sh\", \"-c\", \"a\\nb\"], %#llx /* 1 var */) = 0",
                                    (unsigned long long)AT(env));
    const struct {
        long nr;
        uint64_t regs[CALL_MAX_ARGS];
        int64_t ret;
        const char *want;
    } rows[] = {
        {SYS_chdir, {AT("/proc")}, 0, "chdir(\"/proc\") = 0"},
        {SYS_chdir, {0}, -14, "chdir(NULL) = -1 EFAULT (Bad address)"},
        {SYS_chdir, {0x10}, -14, "chdir(0x10) = -1 EFAULT (Bad address)"},
        {SYS_mount,
         {AT("none"), AT("/"), 0, 0x44000, 0},
         0,
         "mount(\"none\", \"/\", NULL, MS_REC|MS_PRIVATE, NULL) = 0"},
        {SYS_execve, {AT("/bin/sh"), AT(argv), AT(env)}, 0, exec},
        {SYS_setgroups, {2, AT(ids)}, 0, "setgroups(2, [0, 27]) = 0"},
        {SYS_sethostname, {AT("web1!"), 4}, 0, "sethostname(\"web1\", 4) = 0"},
        /* the upper half of a register is noise to an int */
        {SYS_kill, {0xdeadbeef00000005, 0xdeadbeef0000000f}, 0, "kill(5, SIGTERM) = 0"},
        {SYS_setresuid, {0xffffffff, 0, 1}, 0, "setresuid(-1, 0, 1) = 0"},
        {SYS_wait4,
         {(uint64_t)-1, AT(&status), 0, 0},
         7,
         "wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 3}], 0, NULL) = 7"},
        {SYS_wait4, {(uint64_t)-1, 0x20, 0, 0}, -10, "wait4(-1, 0x20, 0, NULL) = -1 ECHILD (No child processes)"},
        {SYS_prctl, {PR_SET_PDEATHSIG, 9}, 0, "prctl(PR_SET_PDEATHSIG, SIGKILL) = 0"},
        {SYS_exit_group, {7}, 0, "exit_group(7) = ?"},
        {SYS_clone, {0x20000011, 0, 0, 0, 0}, 8, "clone(child_stack=NULL, flags=CLONE_NEWPID|SIGCHLD) = 8"},
        {SYS_clone3,
         {AT(clone_args), 88},
         8,
         "clone3({flags=CLONE_NEWPID, exit_signal=SIGCHLD, stack=NULL, stack_size=0}, 88) = 8"},
        {SYS_fsconfig,
         {3, 1, AT("source"), AT("proc"), 0},
         0,
         "fsconfig(3, FSCONFIG_SET_STRING, \"source\", \"proc\", 0) = 0"},
        {SYS_rt_sigqueueinfo,
         {9, SIGUSR1, AT(&queued)},
         -3,
         "rt_sigqueueinfo(9, SIGUSR1, {si_signo=SIGUSR1, si_code=SI_QUEUE, si_pid=7, si_uid=5, si_int=-1, "
         "si_ptr=0xffffffff}) = -1 ESRCH (No such process)"},
        {SYS_rt_tgsigqueueinfo,
         {9, 10, SIGTERM, AT(&sent)},
         0,
         "rt_tgsigqueueinfo(9, 10, SIGTERM, {si_signo=SIGTERM, si_code=SI_TKILL, si_pid=7, si_uid=0}) = 0"},
        {SYS_pidfd_send_signal,
         {3, SIGTERM, AT(&sent), 0},
         0,
         "pidfd_send_signal(3, SIGTERM, {si_signo=SIGTERM, si_code=SI_TKILL, si_pid=7, si_uid=0}, 0) = 0"},
        {SYS_pidfd_send_signal, {3, 0, 0, 4}, 0, "pidfd_send_signal(3, 0, NULL, PIDFD_SIGNAL_PROCESS_GROUP) = 0"},
        {SYS_reboot,
         {0xfffffffffee1dead, 672274793, 0xa1b2c3d4, AT("x")},
         -1,
         "reboot(LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_RESTART2, \"x\") = -1 EPERM (Operation "
         "not permitted)"},
        {SYS_reboot,
         {0xfee1dead, 0x5121996, 0x1234567, AT("x")},
         0,
         "reboot(LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2A, LINUX_REBOOT_CMD_RESTART) = 0"},
        {SYS_swapon, {AT("/s"), 0x8005}, 0, "swapon(\"/s\", SWAP_FLAG_PREFER|5) = 0"},
        {SYS_swapon, {AT("/s"), 5}, 0, "swapon(\"/s\", 5) = 0"},
        {SYS_swapon, {AT("/s"), 0x10000}, 0, "swapon(\"/s\", SWAP_FLAG_DISCARD|0) = 0"},
        {SYS_clock_settime, {0, AT(words)}, 0, "clock_settime(CLOCK_REALTIME, {tv_sec=1, tv_nsec=2}) = 0"},
        {SYS_settimeofday, {AT(words), 0}, 0, "settimeofday({tv_sec=1, tv_usec=2}, NULL) = 0"},
        {SYS_settimeofday, {0, AT(zone)}, 0, "settimeofday(NULL, {tz_minuteswest=-60, tz_dsttime=2}) = 0"},
        {SYS_finit_module,
         {3, AT("a=1"), 3},
         0,
         "finit_module(3, \"a=1\", MODULE_INIT_IGNORE_MODVERSIONS|MODULE_INIT_IGNORE_VERMAGIC) = 0"},
        {SYS_delete_module, {AT("dummy"), 04000}, 0, "delete_module(\"dummy\", O_NONBLOCK) = 0"},
        {SYS_acct, {0}, 0, "acct(NULL) = 0"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        expect(rows[i].nr, rows[i].regs, 8, rows[i].ret, rows[i].want);
}

/* A path that ends with its page, before one that cannot be read. */
static void test_page_end(void **state)
{
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(page != MAP_FAILED);
    assert_int_equal(mprotect(page + 4096, 4096, PROT_NONE), 0);
    strcpy(page + 4096 - 5, "/tmp");
    expect(SYS_chdir, (uint64_t[CALL_MAX_ARGS]){AT(page + 4096 - 5)}, 8, 0, "chdir(\"/tmp\") = 0");
    page[4095] = 'x'; /* no end: an address, and the kernel's EFAULT */
    autofree char *want = xasprintf("chdir(%p) = -1 EFAULT (Bad address)", (void *)(page + 4096 - 5));
    expect(SYS_chdir, (uint64_t[CALL_MAX_ARGS]){AT(page + 4096 - 5)}, 8, -14, want);
    munmap(page, 8192);
}

/* A list without an end is cut; a 32-bit program's pointers are half as long. */
static void test_lists(void **state)
{
    const char **argv = xcalloc(400, sizeof *argv);
    autostr struct str want = {0};
    str_add(&want, "execve(\"p\", [\"a\"");
    for (int i = 0; i < 399; i++)
        argv[i] = "a";
    for (int i = 1; i < 256; i++)
        str_add(&want, ", \"a\"");
    str_add(&want, ", ...], NULL) = 0");
    expect(SYS_execve, (uint64_t[CALL_MAX_ARGS]){AT("p"), AT(argv), 0}, 8, 0, str_c(&want));
    free(argv);
    const uint32_t none[] = {0};
    expect(SYS_execve, (uint64_t[CALL_MAX_ARGS]){AT("p"), AT(none), 0}, 4, -2,
           "execve(\"p\", [], NULL) = -1 ENOENT (No such file or directory)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decoded),
        cmocka_unit_test(test_page_end),
        cmocka_unit_test(test_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
