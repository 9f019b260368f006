/* The memory of a stopped thread.
 *
 * process_vm_readv(2) is one call for many bytes, but the kernel asks again who we are: a rootless tracer is refused
 * after its tracee has changed its user. PTRACE_PEEKDATA asks nothing of the one who has attached already, and takes a
 * call for each word. */
#include "trace/private.h"
#include <errno.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <unistd.h>

static size_t memory_peek(pid_t tid, uint64_t at, unsigned char *buf, size_t n)
{
    size_t got = 0;
    while (got < n) {
        uint64_t from = (at + got) & ~(uint64_t)(sizeof(long) - 1), skip = at + got - from;
        errno = 0;
        long word = ptrace(PTRACE_PEEKDATA, tid, (void *)(uintptr_t)from, NULL);
        if (errno)
            break;
        size_t part = sizeof word - skip < n - got ? sizeof word - skip : n - got;
        memcpy(buf + got, (const unsigned char *)&word + skip, part);
        got += part;
    }
    return got;
}

size_t memory_read(void *arg, uint64_t at, void *buf, size_t n)
{
    pid_t tid = *(pid_t *)arg;
    struct iovec local = {buf, n}, remote = {(void *)(uintptr_t)at, n};
    ssize_t got = process_vm_readv(tid, &local, 1, &remote, 1, 0);
    if (got >= 0)
        return (size_t)got;
    return errno == EPERM || errno == ENOSYS ? memory_peek(tid, at, buf, n) : 0;
}

bool memory_write_word(pid_t tid, uint64_t at, uint64_t word)
{
    return ptrace(PTRACE_POKEDATA, tid, (void *)(uintptr_t)at, (void *)(uintptr_t)word) == 0;
}
