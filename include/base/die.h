/* The end of the program on errors of kind 1: our own bug, or no memory. */
#ifndef BASE_DIE_H
#define BASE_DIE_H

/* Prints "porthole: MESSAGE" to standard error after running the hook (which restores the terminal), and exits 70. */
_Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Sets what die() runs first; NULL for nothing. The hook must be async-signal-safe: crash handlers call it too. */
void die_set_hook(void (*hook)(void));
void die_run_hook(void);

#define ASSERT(cond)                                                                                                   \
    do {                                                                                                               \
        if (!(cond))                                                                                                   \
            die("%s:%d: %s does not hold", __FILE__, __LINE__, #cond);                                                 \
    } while (0)

#endif
