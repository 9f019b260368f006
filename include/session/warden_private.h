/* What the warden's two halves say to each other: porthole's handle (warden.c) asks, the process (warden_process.c)
 * answers, over a SEQPACKET socket whose end of file is the lifeline: only porthole holds the other end. */
#ifndef SESSION_WARDEN_PRIVATE_H
#define SESSION_WARDEN_PRIVATE_H

#include "session/warden.h"

#define WARDEN_CGROUPS 1100 /* bytes: two paths and what separates them */

enum warden_kind { WARDEN_START = 1, WARDEN_END, WARDEN_SCREEN_UP, WARDEN_SCREEN_DOWN, WARDEN_UNLINK, WARDEN_BYE };

/* With WARDEN_START travel two descriptors: the host actor's control socket and pty. */
struct warden_request {
    enum warden_kind kind;
    enum stage_kind stage_kind;
    bool watched;  /* START */
    int stage;     /* number, for END */
    bool wait;     /* END: answer when nothing is left */
    char name[64]; /* UNLINK: in the directory whose descriptor travels with it */
    int flags;
};

/* To WARDEN_START always, to WARDEN_END when asked to. */
struct warden_answer {
    int stage; /* > 0, or -1; 0: tells only of the cgroups, as soon as they are there, the answer itself follows */
    pid_t pid;
    char lab[64];
    char cgroups[WARDEN_CGROUPS];
    bool limited;
    struct outcome outcome;
};

/* In the fork: becomes the warden of the process `porthole`, which holds the other end of control. */
_Noreturn void warden_become(int control, const struct rootfs *image, int image_tar, pid_t porthole);

#endif
