/* The registers of a stopped thread: the little that each architecture does in its own way.
 *
 * PTRACE_SET_SYSCALL_INFO (Linux 6.16) would be one way for all, but older kernels say EIO and make the call all the
 * same, so the registers are written as they always could be. */
#include "trace/private.h"
#include <elf.h>
#include <linux/audit.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#ifdef __x86_64__

static bool regs_poke(pid_t tid, size_t offset, uint64_t value)
{
    return ptrace(PTRACE_POKEUSER, tid, (void *)offset, (void *)(uintptr_t)value) == 0;
}

bool regs_deny(pid_t tid, int err)
{
    /* No call has the number -1; the kernel then leaves rax alone. */
    return regs_poke(tid, offsetof(struct user_regs_struct, orig_rax), ~0ull) &&
           regs_poke(tid, offsetof(struct user_regs_struct, rax), (uint64_t) - (int64_t)err);
}

bool regs_set_first(pid_t tid, uint32_t arch, uint64_t value)
{
    return regs_poke(
        tid, arch == AUDIT_ARCH_I386 ? offsetof(struct user_regs_struct, rbx) : offsetof(struct user_regs_struct, rdi),
        value);
}

#elif defined(__aarch64__)

static bool regs_set_x0(pid_t tid, uint64_t value)
{
    struct user_regs_struct regs;
    struct iovec io = {&regs, sizeof regs};
    if (ptrace(PTRACE_GETREGSET, tid, (void *)NT_PRSTATUS, &io) < 0)
        return false;
    regs.regs[0] = value;
    return ptrace(PTRACE_SETREGSET, tid, (void *)NT_PRSTATUS, &io) == 0;
}

bool regs_deny(pid_t tid, int err)
{
    /* Writing x8 would not do: the kernel has read it. */
    int nr = -1;
    struct iovec io = {&nr, sizeof nr};
    return ptrace(PTRACE_SETREGSET, tid, (void *)0x404 /* NT_ARM_SYSTEM_CALL */, &io) == 0 &&
           regs_set_x0(tid, (uint64_t) - (int64_t)err);
}

bool regs_set_first(pid_t tid, uint32_t arch, uint64_t value)
{
    return regs_set_x0(tid, value);
}

#endif
