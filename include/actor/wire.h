/* Messages between porthole and the processes it drives: SOCK_SEQPACKET, one struct a message, descriptors beside it.
 *
 * SEQPACKET keeps message borders, and its end of file tells that the peer has died or executed a program. The receiver
 * trusts no length: a message that is not exactly as long as its kind is dropped (unix(7)). */
#ifndef ACTOR_WIRE_H
#define ACTOR_WIRE_H

#include "call/call.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define WIRE_TEXT (96 * 1024) /* command, arguments and environment of one spawn */
#define WIRE_FDS  4

enum wire_kind {
    /* to an actor */
    WIRE_CALL = 1, /* image; for OP_FORK: name in text, descriptors: child's control socket, child's pty */
    /* text: nargs argument strings, then nenv environment strings. Descriptors: status socket, state pipe. With
     * head.terminal: status socket, a pty that becomes the controlling terminal of a session of its own, and, to enter
     * another process' place first, its pidfd and its root. */
    WIRE_SPAWN,
    WIRE_FILTER, /* text: BPF instructions to load as its seccomp filter */
    /* from an actor */
    WIRE_HELLO,    /* pid: as the sender numbers itself; the machine's number comes as SCM_CREDENTIALS */
    WIRE_REPLY,    /* image */
    WIRE_SPAWNED,  /* pid, err: fork or exec failed */
    WIRE_FILTERED, /* err */
    WIRE_EXITED,   /* pid, status: a spawned command ended */
};

/* Which namespaces of a target are entered (CLONE_NEW*): setns(2) of its pidfd. */
struct wire_enter {
    uint32_t flags;
};

struct wire_head {
    uint32_t kind;
    int32_t pid;
    int32_t err;
    int32_t status;
    uint32_t nargs, nenv;
    uint32_t text_len;
    uint32_t terminal;
    uint32_t tag; /* SPAWN: comes back in SPAWNED; 0 for commands on the actor's own pty */
    struct wire_enter enter;
    char name[24]; /* FORK: the child's. SPAWNED by the status socket: what failed */
};

struct wire_message {
    struct wire_head head;
    union {
        struct call_image image;
        char text[WIRE_TEXT];
    };
};

/* A connected pair; end[0] (ours) receives credentials. false with errno. */
bool wire_pair(int end[2]);

/* Sends one message with nfds descriptors. false with errno (EPIPE: the peer is gone). Never raises SIGPIPE. */
bool wire_send(int fd, const struct wire_message *m, const int *fds, int nfds);

/* Appends a string to the message's text and counts it. false: no room. */
bool wire_add(struct wire_message *m, const char *text, uint32_t *count);

/* Receives one message: 1 when m is filled, 0 at end of file, -1 with errno (EAGAIN when nothing waits and flags has
 * MSG_DONTWAIT; EBADMSG when it was damaged). Received descriptors (close-on-exec) fill fds, the rest of fds is -1.
 * *sender gets the machine pid when the socket passes credentials, else 0. fds and sender may be NULL. */
int wire_receive(int fd, struct wire_message *m, int flags, int fds[WIRE_FDS], pid_t *sender);

/* The same for any fixed struct: what the warden speaks. wire_receive_bytes returns the length, 0 at end of file, or
 * -1. */
bool wire_send_bytes(int fd, const void *data, size_t len, const int *fds, int nfds);
ssize_t wire_receive_bytes(int fd, void *data, size_t size, int flags, int fds[WIRE_FDS], pid_t *sender);

#endif
