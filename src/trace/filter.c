/* The seccomp filter that stops the calls worth a look, and no other: made from the call table.
 *
 * A filter holds for one architecture's numbers. int $0x80 makes i386 calls from a 64-bit program, and numbers from
 * 0x40000000 are x32's: libseccomp sends both to the action for a bad architecture, and so they all stop and the tracer
 * sorts them by name (decode.c). */
#include "base/mem.h"
#include "trace/private.h"
#include <errno.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

static int filter_add_rows(scmp_filter_ctx ctx, const struct call_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!(rows[i].flags & CALL_INTERESTING))
            continue;
        int failed = seccomp_rule_add(ctx, SCMP_ACT_TRACE(FILTER_CALL), (int)rows[i].nr, 0);
        if (failed && failed != -EEXIST) /* waitpid() is wait4() */
            return failed;
    }
    return 0;
}

void *filter_new(void)
{
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
    if (!ctx)
        return NULL;
    size_t n, nprogram;
    const struct call_row *rows = call_rows(&n), *program = call_program_rows(&nprogram);
    if (seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_TRACE(FILTER_FOREIGN)) ||
        filter_add_rows(ctx, rows, n) || filter_add_rows(ctx, program, nprogram)) {
        seccomp_release(ctx);
        return NULL;
    }
    /* A search tree instead of a list, where libseccomp can (2.5): the calls that do not stop pay for the filter, too.
     */
    (void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    return ctx;
}

/* libseccomp writes to a descriptor; a filter is a few kilobytes. */
bool filter_export(void *filter, struct str *bpf)
{
    autofd int fd = memfd_create("filter", MFD_CLOEXEC);
    if (fd < 0)
        return false;
    int failed = seccomp_export_bpf(filter, fd);
    if (failed || lseek(fd, 0, SEEK_SET) < 0) {
        errno = failed ? -failed : errno;
        return false;
    }
    char buf[4096];
    ssize_t n;
    while ((n = read(fd, buf, sizeof buf)) > 0)
        str_addn(bpf, buf, (size_t)n);
    return n == 0;
}

int filter_load(void *filter)
{
    /* CAP_SYS_ADMIN in the user namespace is enough, and leaves setuid programs their bits. Without it the kernel wants
     * the promise never to gain privileges. */
    (void)seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1); /* errors are the kernel's, not ECANCELED */
    (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
    int failed = seccomp_load(filter);
    if (failed == -EACCES || failed == -EPERM) {
        (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 1);
        failed = seccomp_load(filter);
    }
    return -failed;
}

void filter_free(void *filter)
{
    if (filter)
        seccomp_release(filter);
}
