#include "actor/wire.h"
#include "base/mem.h"
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

bool wire_pair(int end[2])
{
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, end) < 0)
        return false;
    int on = 1, room = 512 * 1024;
    /* Before any fork: a message sent earlier would arrive without its sender's pid. */
    setsockopt(end[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
    for (int i = 0; i < 2; i++)
        setsockopt(end[i], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    return true;
}

static size_t wire_length(const struct wire_message *m)
{
    size_t body = offsetof(struct wire_message, image);
    switch (m->head.kind) {
    case WIRE_CALL:
    case WIRE_REPLY:
        return body + offsetof(struct call_image, arena) + (m->image.len <= CALL_ARENA ? m->image.len : CALL_ARENA);
    case WIRE_SPAWN:
    case WIRE_FILTER:
        return body + (m->head.text_len <= WIRE_TEXT ? m->head.text_len : WIRE_TEXT);
    default:
        return body;
    }
}

bool wire_add(struct wire_message *m, const char *text, uint32_t *count)
{
    size_t n = strlen(text) + 1;
    if (m->head.text_len + n > WIRE_TEXT)
        return false;
    memcpy(m->text + m->head.text_len, text, n);
    m->head.text_len += (uint32_t)n;
    ++*count;
    return true;
}

bool wire_send(int fd, const struct wire_message *m, const int *fds, int nfds)
{
    return wire_send_bytes(fd, m, wire_length(m), fds, nfds);
}

bool wire_send_bytes(int fd, const void *data, size_t len, const int *fds, int nfds)
{
    struct iovec iov = {(void *)(uintptr_t)data, len};
    union {
        char room[CMSG_SPACE(WIRE_FDS * sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    if (nfds > 0) {
        msg.msg_control = control.room;
        msg.msg_controllen = CMSG_SPACE((size_t)nfds * sizeof(int));
        struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN((size_t)nfds * sizeof(int));
        memcpy(CMSG_DATA(c), fds, (size_t)nfds * sizeof(int));
    }
    ssize_t n;
    while ((n = sendmsg(fd, &msg, MSG_NOSIGNAL)) < 0 && errno == EINTR)
        ;
    return n == (ssize_t)iov.iov_len;
}

/* Sorts the ancillary data: descriptors to fds (or closed when not wanted), the sender's pid. */
static void wire_ancillary(struct msghdr *msg, int fds[WIRE_FDS], pid_t *sender)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
        if (c->cmsg_level != SOL_SOCKET)
            continue;
        if (c->cmsg_type == SCM_CREDENTIALS && sender) {
            struct ucred cred;
            memcpy(&cred, CMSG_DATA(c), sizeof cred);
            *sender = cred.pid;
        }
        if (c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < n; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof fd);
            if (fds && i < WIRE_FDS)
                fds[i] = fd;
            else
                close(fd);
        }
    }
}

static bool wire_is_whole(const struct wire_message *m, size_t n)
{
    size_t body = offsetof(struct wire_message, image);
    if (n < body)
        return false;
    if (m->head.kind == WIRE_CALL || m->head.kind == WIRE_REPLY)
        if (n < body + offsetof(struct call_image, arena) || m->image.len > CALL_ARENA)
            return false;
    if ((m->head.kind == WIRE_SPAWN || m->head.kind == WIRE_FILTER) && m->head.text_len > WIRE_TEXT)
        return false;
    return n == wire_length(m);
}

ssize_t wire_receive_bytes(int fd, void *data, size_t size, int flags, int fds[WIRE_FDS], pid_t *sender)
{
    struct iovec iov = {data, size};
    union {
        char room[CMSG_SPACE(WIRE_FDS * sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
        struct cmsghdr align;
    } control = {0};
    struct msghdr msg = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof control.room};
    for (int i = 0; fds && i < WIRE_FDS; i++)
        fds[i] = -1;
    if (sender)
        *sender = 0;
    ssize_t n = recvmsg(fd, &msg, flags | MSG_CMSG_CLOEXEC);
    if (n > 0)
        wire_ancillary(&msg, fds, sender);
    return n;
}

int wire_receive(int fd, struct wire_message *m, int flags, int fds[WIRE_FDS], pid_t *sender)
{
    ssize_t n = wire_receive_bytes(fd, m, sizeof *m, flags, fds, sender);
    if (n <= 0)
        return n < 0 ? -1 : 0;
    if (wire_is_whole(m, (size_t)n))
        return 1;
    for (int i = 0; fds && i < WIRE_FDS; i++)
        close_fd(&fds[i]);
    errno = EBADMSG;
    return -1;
}
