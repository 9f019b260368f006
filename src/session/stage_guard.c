/* What a process of the real stage may no longer do, said to the kernel once: capabilities, a seccomp list, a Landlock
 * domain. The guard (guard.c) explains, where programs are watched; these hold in any case.
 *
 * A filter's errno comes before a tracer's stop: what the guard is to refuse with a reason must be missing here. */
#include "base/mem.h"
#include "session/guard.h"
#include "session/stage.h"
#include <errno.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/capability.h>
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

static int guard_add(scmp_filter_ctx ctx, const struct guard_never *never)
{
    int nr = seccomp_syscall_resolve_name(never->name);
    if (nr == __NR_SCMP_ERROR) /* older than the call */
        return 0;
    if (!never->mask)
        return seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), nr, 0);
    const struct scmp_arg_cmp when = {(unsigned)never->arg, SCMP_CMP_MASKED_EQ, never->mask, never->value};
    return seccomp_rule_add_array(ctx, SCMP_ACT_ERRNO(EPERM), nr, 1, &when);
}

/* Programs of the processor's other modes: without this they would be killed at their first call. */
static void guard_add_modes(scmp_filter_ctx ctx)
{
#ifdef __x86_64__
    static const uint32_t modes[] = {SCMP_ARCH_X86, SCMP_ARCH_X32};
#elif defined(__aarch64__)
    static const uint32_t modes[] = {SCMP_ARCH_ARM};
#else
    static const uint32_t modes[] = {SCMP_ARCH_NATIVE};
#endif
    for (size_t i = 0; i < COUNT(modes); i++)
        (void)seccomp_arch_add(ctx, modes[i]); /* EEXIST; one that libseccomp does not know stays forbidden */
}

void stage_deny_calls(const struct stage_plan *plan)
{
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
    if (!ctx)
        guard_fail(plan, ENOMEM, "real stage: make a seccomp filter");
    guard_add_modes(ctx);
    size_t n;
    const struct guard_never *never = guard_nevers(&n);
    int failed = 0;
    for (size_t i = 0; i < n && !failed; i++)
        if (!plan->watched || !guard_explains(&never[i]))
            failed = guard_add(ctx, &never[i]);
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
