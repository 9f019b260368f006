/* The seccomp filter that stops the calls worth a look, and no other: made from the call table.
 *
 * A filter holds for one architecture's numbers. int $0x80 makes i386 calls from a 64-bit program, and numbers from
 * 0x40000000 are x32's: libseccomp sends both to the action for a bad architecture, and so they all stop and the tracer
 * sorts them by name (decode.c). */
#include "base/mem.h"
#include "trace/private.h"
#include <errno.h>
#include <seccomp.h>

void *filter_new(void)
{
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
    if (!ctx)
        return NULL;
    size_t n;
    const struct call_row *rows = call_rows(&n);
    int failed = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_TRACE(FILTER_FOREIGN));
    for (size_t i = 0; i < n && !failed; i++) {
        if (!(rows[i].flags & CALL_INTERESTING))
            continue;
        failed = seccomp_rule_add(ctx, SCMP_ACT_TRACE(FILTER_CALL), (int)rows[i].nr, 0);
        if (failed == -EEXIST) /* waitpid() is wait4() */
            failed = 0;
    }
    /* A search tree instead of a list, where libseccomp can (2.5): the calls that do not stop pay for the filter, too.
     */
    (void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (failed) {
        seccomp_release(ctx);
        return NULL;
    }
    return ctx;
}

int filter_load(void *filter)
{
    /* CAP_SYS_ADMIN in the user namespace is enough, and leaves setuid programs their bits. Without it the kernel wants
     * the promise never to gain privileges. */
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
