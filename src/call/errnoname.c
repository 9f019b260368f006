#include "call/errnoname.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

const char *errno_name(int err)
{
    return strerrorname_np(err);
}

int errno_number(const char *name)
{
    for (int err = 1; err < 4096; err++) {
        const char *known = strerrorname_np(err);
        if (known && !strcmp(known, name))
            return err;
    }
    /* Names for the same number that glibc prints otherwise (errno(3)). */
    if (!strcmp(name, "EWOULDBLOCK"))
        return EWOULDBLOCK;
    if (!strcmp(name, "EDEADLOCK"))
        return EDEADLOCK;
    if (!strcmp(name, "ENOTSUP"))
        return ENOTSUP;
    return -1;
}

const char *signal_name(int sig)
{
    static char name[NSIG][16];
    const char *brief = sig > 0 && sig < NSIG ? sigabbrev_np(sig) : NULL;
    if (!brief)
        return NULL;
    snprintf(name[sig], sizeof name[sig], "SIG%s", brief);
    return name[sig];
}

int signal_number(const char *name)
{
    if (!strncmp(name, "SIG", 3))
        name += 3;
    for (int sig = 1; sig < NSIG; sig++) {
        const char *brief = sigabbrev_np(sig);
        if (brief && !strcmp(brief, name))
            return sig;
    }
    return -1;
}
