/* Names come from our own table, not strerrorname_np(3) and sigabbrev_np(3): those are glibc's alone, since 2.32. */
#include "base/errnoname.h"
#include "base/mem.h"
#include "base/text.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct named {
    const char *name;
    int number;
};
#define N(name)                                                                                                        \
    {                                                                                                                  \
#name, name                                                                                                    \
    }

/* The first name of a number is the one printed. */
static const struct named errno_names[] = {
    N(EPERM),
    N(ENOENT),
    N(ESRCH),
    N(EINTR),
    N(EIO),
    N(ENXIO),
    N(E2BIG),
    N(ENOEXEC),
    N(EBADF),
    N(ECHILD),
    N(EAGAIN),
    N(ENOMEM),
    N(EACCES),
    N(EFAULT),
    N(ENOTBLK),
    N(EBUSY),
    N(EEXIST),
    N(EXDEV),
    N(ENODEV),
    N(ENOTDIR),
    N(EISDIR),
    N(EINVAL),
    N(ENFILE),
    N(EMFILE),
    N(ENOTTY),
    N(ETXTBSY),
    N(EFBIG),
    N(ENOSPC),
    N(ESPIPE),
    N(EROFS),
    N(EMLINK),
    N(EPIPE),
    N(EDOM),
    N(ERANGE),
    N(EDEADLK),
    N(ENAMETOOLONG),
    N(ENOLCK),
    N(ENOSYS),
    N(ENOTEMPTY),
    N(ELOOP),
    N(ENOMSG),
    N(EIDRM),
    N(ECHRNG),
    N(EL2NSYNC),
    N(EL3HLT),
    N(EL3RST),
    N(ELNRNG),
    N(EUNATCH),
    N(ENOCSI),
    N(EL2HLT),
    N(EBADE),
    N(EBADR),
    N(EXFULL),
    N(ENOANO),
    N(EBADRQC),
    N(EBADSLT),
    N(EBFONT),
    N(ENOSTR),
    N(ENODATA),
    N(ETIME),
    N(ENOSR),
    N(ENONET),
    N(ENOPKG),
    N(EREMOTE),
    N(ENOLINK),
    N(EADV),
    N(ESRMNT),
    N(ECOMM),
    N(EPROTO),
    N(EMULTIHOP),
    N(EDOTDOT),
    N(EBADMSG),
    N(EOVERFLOW),
    N(ENOTUNIQ),
    N(EBADFD),
    N(EREMCHG),
    N(ELIBACC),
    N(ELIBBAD),
    N(ELIBSCN),
    N(ELIBMAX),
    N(ELIBEXEC),
    N(EILSEQ),
    N(ERESTART),
    N(ESTRPIPE),
    N(EUSERS),
    N(ENOTSOCK),
    N(EDESTADDRREQ),
    N(EMSGSIZE),
    N(EPROTOTYPE),
    N(ENOPROTOOPT),
    N(EPROTONOSUPPORT),
    N(ESOCKTNOSUPPORT),
    N(EOPNOTSUPP),
    N(EPFNOSUPPORT),
    N(EAFNOSUPPORT),
    N(EADDRINUSE),
    N(EADDRNOTAVAIL),
    N(ENETDOWN),
    N(ENETUNREACH),
    N(ENETRESET),
    N(ECONNABORTED),
    N(ECONNRESET),
    N(ENOBUFS),
    N(EISCONN),
    N(ENOTCONN),
    N(ESHUTDOWN),
    N(ETOOMANYREFS),
    N(ETIMEDOUT),
    N(ECONNREFUSED),
    N(EHOSTDOWN),
    N(EHOSTUNREACH),
    N(EALREADY),
    N(EINPROGRESS),
    N(ESTALE),
    N(EUCLEAN),
    N(ENOTNAM),
    N(ENAVAIL),
    N(EISNAM),
    N(EREMOTEIO),
    N(EDQUOT),
    N(ENOMEDIUM),
    N(EMEDIUMTYPE),
    N(ECANCELED),
    N(ENOKEY),
    N(EKEYEXPIRED),
    N(EKEYREVOKED),
    N(EKEYREJECTED),
    N(EOWNERDEAD),
    N(ENOTRECOVERABLE),
    N(ERFKILL),
    N(EHWPOISON),
    N(EWOULDBLOCK),
    N(EDEADLOCK),
    N(ENOTSUP),
};

static const struct named signal_names[] = {
    SIGNALS(N),
    N(SIGIOT),
    N(SIGPOLL),
    {"SIGCLD", SIGCHLD},
};

static const char *named_find(const struct named *v, size_t n, int number)
{
    for (size_t i = 0; i < n; i++)
        if (v[i].number == number)
            return v[i].name;
    return NULL;
}

static int named_number(const struct named *v, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(v[i].name, name))
            return v[i].number;
    return -1;
}

const char *errno_name(int err)
{
    return named_find(errno_names, COUNT(errno_names), err);
}

int errno_number(const char *name)
{
    return named_number(errno_names, COUNT(errno_names), name);
}

const char *errno_nearest(const char *name)
{
    const char *names[COUNT(errno_names) + 1] = {NULL};
    for (size_t i = 0; i < COUNT(errno_names); i++)
        names[i] = errno_names[i].name;
    return text_nearest(name, names);
}

/* Real-time signals count from the C library's SIGRTMIN (34 with glibc, the first two are its own), as kill -l and
 * signal(7) do; strace counts from the kernel's 32. */
static const char *signal_realtime_name(int sig)
{
    static _Thread_local char names[65][16]; /* the tracer has a thread of its own */
    if (sig < SIGRTMIN || sig > SIGRTMAX || sig > 64)
        return NULL;
    if (sig == SIGRTMIN)
        return "SIGRTMIN";
    if (sig == SIGRTMAX)
        return "SIGRTMAX";
    snprintf(names[sig], sizeof names[sig], "SIGRTMIN+%d", sig - SIGRTMIN);
    return names[sig];
}

const char *signal_name(int sig)
{
    const char *name = named_find(signal_names, COUNT(signal_names), sig);
    return name ? name : signal_realtime_name(sig);
}

static int signal_realtime_number(const char *name)
{
    int base = !strncmp(name, "SIGRTMIN", 8) ? SIGRTMIN : !strncmp(name, "SIGRTMAX", 8) ? SIGRTMAX : -1;
    if (base < 0)
        return -1;
    name += 8;
    if (!*name)
        return base;
    char *end;
    long offset = strtol(name, &end, 10);
    if ((*name != '+' && *name != '-') || end == name + 1 || *end || offset < -64 || offset > 64)
        return -1;
    int sig = base + (int)offset;
    return sig >= SIGRTMIN && sig <= SIGRTMAX ? sig : -1;
}

int signal_number(const char *name)
{
    char full[32];
    snprintf(full, sizeof full, "%s%s", strncmp(name, "SIG", 3) ? "SIG" : "", name);
    int sig = named_number(signal_names, COUNT(signal_names), full);
    return sig >= 0 ? sig : signal_realtime_number(full);
}
