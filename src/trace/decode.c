/* From architecture and number to the row of the call table.
 *
 * The table has the numbers of the architecture we are built for. Calls of another one that the processor knows, i386
 * and x32 on x86-64, are looked up by name; the few that differ from the modern call get their registers put right. */
#include "base/mem.h"
#include "trace/private.h"
#include <linux/audit.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#ifdef __x86_64__
#define DECODE_NATIVE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define DECODE_NATIVE AUDIT_ARCH_AARCH64
#else
/* cppcheck-suppress preprocessorErrorDirective */
#error "trace/: which AUDIT_ARCH_ is this machine's?"
#endif

static const struct call_row *decode_native(uint64_t nr)
{
    static const struct call_row *by_number[1024];
    static bool filled;
    if (!filled) {
        for (size_t i = 0; i < COUNT(by_number); i++) {
            const struct call_row *row = call_row_of_number((long)i);
            by_number[i] = row && (row->flags & CALL_INTERESTING) ? row : NULL;
        }
        filled = true;
    }
    return nr < COUNT(by_number) ? by_number[nr] : NULL;
}

/* i386's clone has its last two arguments the other way round; umount lacks the flags; setuid32 is what is setuid
 * elsewhere. */
static const struct call_row *decode_by_name(struct decode_call *d, const char *name)
{
    char plain[32] = "";
    size_t len = strlen(name);
    if (len < sizeof plain)
        memcpy(plain, name, len + 1);
    if (d->arch == AUDIT_ARCH_I386 && len > 2 && len < sizeof plain && !strcmp(plain + len - 2, "32"))
        plain[len - 2] = '\0';
    if (!strcmp(plain, "umount")) {
        strcpy(plain, "umount2");
        d->args[1] = 0;
    }
    if (!strcmp(plain, "waitpid")) {
        strcpy(plain, "wait4");
        d->args[3] = 0;
    }
    if (!strcmp(plain, "exit"))
        return NULL; /* of one thread */
#ifdef __x86_64__
    if (!strcmp(plain, "clone") && d->arch == AUDIT_ARCH_I386) {
        uint64_t tls = d->args[3];
        d->args[3] = d->args[4];
        d->args[4] = tls;
    }
#endif
    const struct call_row *row = call_row_of_name(plain);
    return row && (row->flags & CALL_INTERESTING) ? row : NULL;
}

static const struct call_row *decode_foreign(struct decode_call *d)
{
    bool x32 = d->arch == DECODE_NATIVE;
    char *name = seccomp_syscall_resolve_num_arch(x32 ? SCMP_ARCH_X32 : d->arch, (int)d->nr);
    const struct call_row *row = name ? decode_by_name(d, name) : NULL;
    free(name);
    return row;
}

static bool decode_is_x32(const struct decode_call *d)
{
#ifdef __x86_64__
    return d->arch == AUDIT_ARCH_X86_64 && d->nr >= 0x40000000u;
#else
    return false;
#endif
}

const struct call_row *decode_row(struct decode_call *d, unsigned *word)
{
    bool x32 = decode_is_x32(d);
    *word = d->arch == DECODE_NATIVE && !x32 ? 8 : 4;
    return *word == 8 ? decode_native(d->nr) : decode_foreign(d);
}
