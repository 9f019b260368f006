/* The kernel's process events: one netlink socket for the whole program, shared by all who follow a /proc.
 *
 * Events carry the numbers of the first pid namespace. In a child user or pid namespace the kernel accepts the
 * subscription and then sends nothing, so working is proved by an event of our own, not by a successful call.
 * Documentation/driver-api/connector.rst, linux/cn_proc.h */
#ifndef PROC_CONNECTOR_H
#define PROC_CONNECTOR_H

#include "base/loop.h"
#include <stdbool.h>
#include <sys/types.h>

enum connector_what {
    CONNECTOR_FORK, /* pid is new */
    CONNECTOR_EXEC, /* became another program */
    CONNECTOR_NAME, /* took another comm */
    CONNECTOR_IDS,  /* changed its uid */
    CONNECTOR_EXIT, /* ended: a zombie now, or gone already */
    CONNECTOR_LOST, /* events were lost (pid is 0): look for yourself */
};

/* A listener, owned by the caller. event() must only note what it hears; drained() follows once after a batch of
 * events, from the loop or from connector_drain(). */
struct connector_user {
    void (*event)(void *arg, enum connector_what what, pid_t pid);
    void (*drained)(void *arg);
    void *arg;
    struct connector_user *next;
};

/* Joins; the first to join opens the socket. false when events do not arrive here, or when it serves another loop. */
bool connector_join(struct loop *l, struct connector_user *u);
void connector_leave(struct connector_user *u); /* the last to leave closes the socket */

/* Reads what has arrived, now rather than in the next turn of the loop. */
void connector_drain(void);
/* Do events still arrive? Asks the kernel for one (we take our own name once more) and subscribes again if need be: any
 * program's PROC_CN_MCAST_IGNORE could end the events of all before Linux 6.6. */
bool connector_alive(void);
/* Counts events; a caller who saw the pulse move without this moving has reason to ask connector_alive(). */
unsigned long connector_count(void);
/* From now on joining fails, as it does where no events arrive: for tests and measurements of the other sources. */
void connector_forbid(bool forbidden);

#endif
