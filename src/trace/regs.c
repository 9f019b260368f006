/* The registers of a stopped thread: the little that each architecture does in its own way. */
#include "trace/private.h"
#include <elf.h>
#include <linux/audit.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#ifndef PTRACE_SET_SYSCALL_INFO
#define PTRACE_SET_SYSCALL_INFO 0x4212
#endif

/* No call has the number -1. The way for all architectures, from Linux 6.16 on; older kernels say EIO and would make
 * the call, so it comes second. */
static bool regs_skip_call(pid_t tid)
{
    struct __ptrace_syscall_info info;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, (void *)sizeof info, &info) <= 0)
        return false;
    info.entry.nr = ~0ull;
    return ptrace(PTRACE_SET_SYSCALL_INFO, tid, (void *)sizeof info, &info) == 0;
}

#ifdef __x86_64__

static bool regs_poke(pid_t tid, size_t offset, uint64_t value)
{
    return ptrace(PTRACE_POKEUSER, tid, (void *)offset, (void *)(uintptr_t)value) == 0;
}

bool regs_deny(pid_t tid, int err)
{
    /* The kernel leaves rax alone then. */
    return (regs_poke(tid, offsetof(struct user_regs_struct, orig_rax), ~0ull) || regs_skip_call(tid)) &&
           regs_poke(tid, offsetof(struct user_regs_struct, rax), (uint64_t) - (int64_t)err);
}

bool regs_set_first(pid_t tid, uint32_t arch, uint64_t value)
{
    return regs_poke(
        tid, arch == AUDIT_ARCH_I386 ? offsetof(struct user_regs_struct, rbx) : offsetof(struct user_regs_struct, rdi),
        value);
}

void regs_restore_first(pid_t tid, uint32_t arch, uint64_t value)
{
    regs_set_first(tid, arch, value);
}

#elif defined(__aarch64__)

#define REGS_ARM_SYSTEM_CALL 0x404 /* NT_ARM_SYSTEM_CALL */

/* A 32-bit program has 18 registers of 32 bits, and the kernel says so by the length. */
static bool regs_set_x0(pid_t tid, uint64_t value)
{
    union {
        struct user_regs_struct wide;
        uint32_t narrow[18];
    } regs;
    struct iovec io = {&regs, sizeof regs};
    if (ptrace(PTRACE_GETREGSET, tid, (void *)NT_PRSTATUS, &io) < 0)
        return false;
    if (io.iov_len == sizeof regs.narrow)
        regs.narrow[0] = (uint32_t)value;
    else
        regs.wide.regs[0] = value;
    return ptrace(PTRACE_SETREGSET, tid, (void *)NT_PRSTATUS, &io) == 0;
}

bool regs_deny(pid_t tid, int err)
{
    /* Writing x8 would not do: the kernel has read it. */
    int nr = -1;
    struct iovec io = {&nr, sizeof nr};
    return (ptrace(PTRACE_SETREGSET, tid, (void *)REGS_ARM_SYSTEM_CALL, &io) == 0 || regs_skip_call(tid)) &&
           regs_set_x0(tid, (uint64_t) - (int64_t)err);
}

bool regs_set_first(pid_t tid, uint32_t arch, uint64_t value)
{
    return regs_set_x0(tid, value);
}

/* x0 is the result by then. */
void regs_restore_first(pid_t tid, uint32_t arch, uint64_t value)
{
}

#endif
