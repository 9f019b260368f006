/* What a process of the real stage may no longer do, said to the kernel once: capabilities, a seccomp list, a Landlock
 * domain. The guard for typed calls (guard.c) explains; these hold for every program. */
#include "base/mem.h"
#include "session/stage.h"
#include <errno.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/mount.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef LANDLOCK_SCOPE_SIGNAL
#define LANDLOCK_SCOPE_SIGNAL (1ULL << 1)
#endif

static _Noreturn void guard_fail(const struct stage_plan *plan, int err, const char *step)
{
    struct outcome o;
    outcome_set(&o, err, step, NULL, "use --practice");
    stage_fail(plan, &o);
}

static const cap_value_t guard_dropped[] = {
    CAP_SYS_BOOT,        CAP_SYS_MODULE, CAP_SYS_TIME,       CAP_SYS_RAWIO,     CAP_SYSLOG,      CAP_WAKE_ALARM,
    CAP_BLOCK_SUSPEND,   CAP_MAC_ADMIN,  CAP_MAC_OVERRIDE,   CAP_AUDIT_CONTROL, CAP_AUDIT_WRITE, CAP_AUDIT_READ,
    CAP_LINUX_IMMUTABLE, CAP_SYS_PACCT,  CAP_SYS_TTY_CONFIG, CAP_NET_ADMIN,     CAP_BPF,         CAP_PERFMON,
};

void stage_drop_capabilities(const struct stage_plan *plan)
{
    for (size_t i = 0; i < COUNT(guard_dropped); i++)
        /* EINVAL: a capability this kernel does not know, EPERM: one we lack CAP_SETPCAP for; the sets below decide. */
        (void)prctl(PR_CAPBSET_DROP, guard_dropped[i], 0, 0, 0);
    cap_t caps = cap_get_proc();
    if (!caps)
        guard_fail(plan, errno, "real stage: read capabilities");
    for (size_t i = 0; i < COUNT(guard_dropped); i++) {
        if (guard_dropped[i] > cap_max_bits() - 1)
            continue;
        cap_set_flag(caps, CAP_EFFECTIVE, 1, &guard_dropped[i], CAP_CLEAR);
        cap_set_flag(caps, CAP_PERMITTED, 1, &guard_dropped[i], CAP_CLEAR);
        cap_set_flag(caps, CAP_INHERITABLE, 1, &guard_dropped[i], CAP_CLEAR);
    }
    int failed = cap_set_proc(caps);
    int err = errno;
    cap_free(caps);
    if (failed)
        guard_fail(plan, err, "real stage: drop capabilities");
}

static const char *const guard_denied[] = {
    "reboot",  "kexec_load",      "kexec_file_load", "init_module",       "finit_module", "delete_module", "swapon",
    "swapoff", "settimeofday",    "clock_settime",   "clock_adjtime",     "adjtimex",     "iopl",          "ioperm",
    "acct",    "quotactl",        "quotactl_fd",     "open_by_handle_at", "add_key",      "request_key",   "keyctl",
    "bpf",     "perf_event_open", "syslog",          "vhangup",           "userfaultfd",
};

void stage_deny_calls(const struct stage_plan *plan)
{
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
    if (!ctx)
        guard_fail(plan, ENOMEM, "real stage: make a seccomp filter");
    uint32_t deny = SCMP_ACT_ERRNO(EPERM);
    int failed = 0;
    for (size_t i = 0; i < COUNT(guard_denied); i++) {
        int nr = seccomp_syscall_resolve_name(guard_denied[i]);
        if (nr != __NR_SCMP_ERROR)
            failed |= seccomp_rule_add(ctx, deny, nr, 0);
    }
    /* MS_REMOUNT without MS_BIND changes the superblock, which the machine shares with us; with MS_BIND only our mount.
     */
    failed |=
        seccomp_rule_add(ctx, deny, SCMP_SYS(mount), 1, SCMP_A3(SCMP_CMP_MASKED_EQ, MS_REMOUNT | MS_BIND, MS_REMOUNT));
    failed |= seccomp_rule_add(ctx, deny, SCMP_SYS(fsconfig), 1, SCMP_A1(SCMP_CMP_EQ, FSCONFIG_CMD_RECONFIGURE));
    /* kill(-1): everybody we may signal. An int, so only the low half counts. */
    failed |= seccomp_rule_add(ctx, deny, SCMP_SYS(kill), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, 0xffffffffu, 0xffffffffu));
    seccomp_attr_set(ctx, SCMP_FLTATR_CTL_NNP, 0); /* root needs no no_new_privs, and lessons are about it */
    if (!failed)
        failed = seccomp_load(ctx);
    seccomp_release(ctx);
    if (failed)
        guard_fail(plan, -failed, "real stage: load the seccomp filter");
}

bool stage_can_scope_signals(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) >= 6;
}

void stage_scope_signals(const struct stage_plan *plan)
{
    /* struct landlock_ruleset_attr of Linux 6.12; older headers lack the last member. */
    struct {
        uint64_t fs, net, scoped;
    } attr = {.scoped = LANDLOCK_SCOPE_SIGNAL};
    if (!stage_can_scope_signals())
        return; /* the guard for typed calls and the filter's kill(-1) remain; session_stage_words() says so */
    autofd int fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
    if (fd < 0 || syscall(SYS_landlock_restrict_self, fd, 0) < 0)
        guard_fail(plan, errno, "real stage: scope signals with Landlock");
}
