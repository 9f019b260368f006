/* A child in namespaces of its own, for tests that need the kernel's own nesting. */
#ifndef TESTS_NEST_H
#define TESTS_NEST_H

#include <stdbool.h>
#include <sys/types.h>

enum nest_flag {
    NEST_PROC = 1,     /* a fresh /proc for the new pid namespace */
    NEST_OLD_PROC = 2, /* the mount namespace is private, /proc still the outer one */
};

/* A process that is PID 1 of a new user, pid and mount namespace and runs body(fd): fd is its end of a stream to
 * nest.fd, on which the body may say that it is ready. Ended by nest_end(), and by the death of the caller. */
struct nest {
    pid_t outer; /* our child, which waits for the one in the namespace */
    pid_t pid;   /* the namespace's PID 1, as we number it */
    int pidfd;   /* of that */
    int fd;
};
bool nest_start(struct nest *n, unsigned flags, void (*body)(int fd));
void nest_end(struct nest *n);

/* Can namespaces be nested here? The reason when not. */
const char *nest_refusal(void);

/* One byte, within two seconds. */
bool nest_wait_byte(int fd);
void nest_say(int fd);

#endif
