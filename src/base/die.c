#include "base/die.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void (*die_hook)(void);

void die_set_hook(void (*hook)(void))
{
    die_hook = hook;
}

void die_run_hook(void)
{
    /* Taken first: a hook that dies itself must not come back here. */
    void (*hook)(void) = die_hook;
    die_hook = NULL;
    if (hook)
        hook();
}

_Noreturn void die(const char *fmt, ...)
{
    die_run_hook();
    va_list ap;
    va_start(ap, fmt);
    fputs("porthole: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    exit(70); /* EX_SOFTWARE of sysexits.h(3head) */
}
