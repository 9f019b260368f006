/* The memory of a stopped thread.
 *
 * process_vm_readv(2) is one call for many bytes, but the kernel asks again who we are: without CAP_SYS_PTRACE it is
 * refused when the program has another user. PTRACE_PEEKDATA asks nothing of the one who has attached already, and
 * takes a call for each word. Neither reads a process that is not dumpable (prctl PR_SET_DUMPABLE; a change of user,
 * until the next execve) unless we had CAP_SYS_PTRACE over it when we attached: its arguments remain addresses, as in
 * strace.
 *
 * A call's arguments lie close together: the texts of execve's argv and the pointers to them are a hundred reads of one
 * or two pages. Pages are read whole, then, and kept for as long as the stop lasts. A thread has one tracer, and so the
 * pages are the thread's, too. */
#include "base/mem.h"
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

#define MEMORY_PAGE 4096u /* or a part of one, where pages are larger */

static _Thread_local struct memory_page {
    uint64_t at; /* 0: empty */
    unsigned char bytes[MEMORY_PAGE];
} memory_pages[4];
static _Thread_local unsigned memory_next;

void memory_forget(void)
{
    for (size_t i = 0; i < COUNT(memory_pages); i++)
        memory_pages[i].at = 0;
}

/* NULL with errno: it cannot be read. */
static const unsigned char *memory_page(pid_t tid, uint64_t at)
{
    for (size_t i = 0; i < COUNT(memory_pages); i++)
        if (memory_pages[i].at == at)
            return memory_pages[i].bytes;
    struct memory_page *p = &memory_pages[memory_next++ % COUNT(memory_pages)];
    struct iovec local = {p->bytes, MEMORY_PAGE}, remote = {(void *)(uintptr_t)at, MEMORY_PAGE};
    p->at = process_vm_readv(tid, &local, 1, &remote, 1, 0) == MEMORY_PAGE ? at : 0;
    return p->at ? p->bytes : NULL;
}

size_t memory_read(void *arg, uint64_t at, void *buf, size_t n)
{
    pid_t tid = *(pid_t *)arg;
    size_t got = 0;
    while (got < n) {
        uint64_t from = at + got, skip = from % MEMORY_PAGE;
        const unsigned char *page = from >= MEMORY_PAGE ? memory_page(tid, from - skip) : NULL;
        if (!page)
            break;
        size_t part = MEMORY_PAGE - skip < n - got ? MEMORY_PAGE - skip : n - got;
        memcpy((unsigned char *)buf + got, page + skip, part);
        got += part;
    }
    if (!got && at >= MEMORY_PAGE && (errno == EPERM || errno == ENOSYS))
        return memory_peek(tid, at, buf, n);
    return got;
}

bool memory_write_word(pid_t tid, uint64_t at, uint64_t word)
{
    memory_forget();
    return ptrace(PTRACE_POKEDATA, tid, (void *)(uintptr_t)at, (void *)(uintptr_t)word) == 0;
}
