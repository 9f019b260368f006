/* Reading the process connector. Loss shows in two ways: ENOBUFS, when our queue was full, and a gap in the sequence
 * numbers, which the kernel counts for each CPU on its own. */
#include "proc/connector.h"
#include "base/mem.h"
#include <errno.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CONNECTOR_QUEUE = 4 << 20,   /* bytes; some 5,000 events while we do not look */
    CONNECTOR_PER_TURN = 4096,   /* events read before the loop gets its turn again */
    CONNECTOR_BATCH = 32,        /* events per recvmmsg */
    CONNECTOR_PATIENCE = 20,     /* ms that a proof of life may take; it takes microseconds */
    CONNECTOR_MAX_CPUS = 1 << 16 /* larger numbers are no CPUs: answers had -1 before they were counted */
};

static struct {
    int fd;
    struct loop *loop;
    struct connector_user *users;
    uint32_t *seq; /* by CPU: the number expected next, 0 when none was seen */
    size_t ncpus;
    unsigned long count;
    bool own_name_heard, forbidden;
} connector = {.fd = -1};

static void connector_tell(enum connector_what what, pid_t pid)
{
    for (struct connector_user *u = connector.users; u; u = u->next)
        u->event(u->arg, what, pid);
}

/* proc_input of Linux 6.6 added a filter behind the operation; the bare operation is accepted by all kernels. */
static bool connector_subscribe(int fd, enum proc_cn_mcast_op op)
{
    struct nlmsghdr nl = {.nlmsg_type = NLMSG_DONE};
    struct cn_msg cn = {.id = {CN_IDX_PROC, CN_VAL_PROC}, .len = sizeof(uint32_t)};
    uint32_t word = op;
    char m[sizeof nl + sizeof cn + sizeof word];
    nl.nlmsg_len = sizeof m;
    memcpy(m, &nl, sizeof nl);
    memcpy(m + sizeof nl, &cn, sizeof cn);
    memcpy(m + sizeof nl + sizeof cn, &word, sizeof word);
    return send(fd, m, sizeof m, MSG_DONTWAIT) == (ssize_t)sizeof m;
}

static int connector_open(void)
{
    autofd int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR);
    struct sockaddr_nl to = {.nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC};
    int size = CONNECTOR_QUEUE;
    if (fd < 0 || bind(fd, (struct sockaddr *)&to, sizeof to) < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (!connector_subscribe(fd, PROC_CN_MCAST_LISTEN))
        return -1;
    return steal_fd(&fd);
}

static void connector_check_sequence(uint32_t cpu, uint32_t seq)
{
    if (cpu >= CONNECTOR_MAX_CPUS)
        return;
    if (cpu >= connector.ncpus) {
        size_t n = cpu + 16;
        connector.seq = xrealloc(connector.seq, n * sizeof *connector.seq);
        memset(connector.seq + connector.ncpus, 0, (n - connector.ncpus) * sizeof *connector.seq);
        connector.ncpus = n;
    }
    uint32_t *expected = &connector.seq[cpu];
    if (*expected && *expected != seq)
        connector_tell(CONNECTOR_LOST, 0);
    *expected = seq + 1;
}

static void connector_hear(const struct proc_event *e)
{
    connector.count++;
    switch (e->what) {
    case PROC_EVENT_FORK:
        if (e->event_data.fork.child_pid == e->event_data.fork.child_tgid) /* not a thread */
            connector_tell(CONNECTOR_FORK, e->event_data.fork.child_pid);
        break;
    case PROC_EVENT_EXEC:
        connector_tell(CONNECTOR_EXEC, e->event_data.exec.process_tgid);
        break;
    case PROC_EVENT_COMM:
        if (e->event_data.comm.process_tgid == getpid())
            connector.own_name_heard = true;
        if (e->event_data.comm.process_pid == e->event_data.comm.process_tgid)
            connector_tell(CONNECTOR_NAME, e->event_data.comm.process_tgid);
        break;
    case PROC_EVENT_UID:
        if (e->event_data.id.process_pid == e->event_data.id.process_tgid)
            connector_tell(CONNECTOR_IDS, e->event_data.id.process_tgid);
        break;
    case PROC_EVENT_EXIT:
        if (e->event_data.exit.process_pid == e->event_data.exit.process_tgid)
            connector_tell(CONNECTOR_EXIT, e->event_data.exit.process_tgid);
        break;
    default: /* groups, sessions, ptrace, core dumps */
        break;
    }
}

static void connector_parse(const char *buf, size_t len)
{
    struct nlmsghdr nl;
    struct cn_msg cn;
    struct proc_event e = {0};
    size_t head = sizeof nl + sizeof cn;
    if (len < head)
        return;
    memcpy(&nl, buf, sizeof nl);
    memcpy(&cn, buf + sizeof nl, sizeof cn);
    if (cn.id.idx != CN_IDX_PROC || cn.id.val != CN_VAL_PROC || nl.nlmsg_len > len)
        return;
    /* Behind a 36 byte head the event is not aligned for its 64 bit time stamp. */
    memcpy(&e, buf + head, len - head < sizeof e ? len - head : sizeof e);
    connector_check_sequence(e.cpu, cn.seq);
    if (e.what != PROC_EVENT_NONE) /* the answer to a subscription, ours or another's, which takes a number too */
        connector_hear(&e);
}

/* One batch. Returns how many datagrams were read; 0: the queue is empty. */
static int connector_receive(void)
{
    static char bufs[CONNECTOR_BATCH][256];
    struct sockaddr_nl from[CONNECTOR_BATCH];
    struct iovec iov[CONNECTOR_BATCH];
    struct mmsghdr m[CONNECTOR_BATCH];
    memset(m, 0, sizeof m);
    for (int i = 0; i < CONNECTOR_BATCH; i++) {
        iov[i] = (struct iovec){bufs[i], sizeof bufs[i]};
        m[i].msg_hdr =
            (struct msghdr){.msg_name = &from[i], .msg_namelen = sizeof from[i], .msg_iov = &iov[i], .msg_iovlen = 1};
    }
    int n = recvmmsg(connector.fd, m, CONNECTOR_BATCH, MSG_DONTWAIT, NULL);
    if (n < 0 && errno == ENOBUFS) {
        connector_tell(CONNECTOR_LOST, 0);
        return 1; /* what was queued before the loss is still there */
    }
    for (int i = 0; i < n; i++)
        if (from[i].nl_pid == 0) /* from the kernel, not from another program */
            connector_parse(bufs[i], m[i].msg_len);
    return n < 0 && errno == EINTR ? 1 : n;
}

static bool connector_read(int limit)
{
    int total = 0, n;
    while (total < limit && (n = connector_receive()) > 0)
        total += n;
    return total > 0;
}

/* A drained() may make its owner leave; nothing else changes the list meanwhile. */
static void connector_tell_drained(void)
{
    for (struct connector_user *u = connector.users, *next; u; u = next) {
        next = u->next;
        u->drained(u->arg);
    }
}

static void connector_ready(void *arg, int fd, short revents)
{
    (void)arg, (void)fd, (void)revents;
    if (connector_read(CONNECTOR_PER_TURN))
        connector_tell_drained();
}

void connector_drain(void)
{
    if (connector.fd >= 0 && connector_read(16 * CONNECTOR_PER_TURN))
        connector_tell_drained();
}

/* Renaming ourselves to our own name changes nothing and makes a COMM event; a fork would show up in every view. */
static bool connector_prove(void)
{
    char name[16];
    connector.own_name_heard = false;
    if (prctl(PR_GET_NAME, name) < 0 || prctl(PR_SET_NAME, name) < 0)
        return false;
    int64_t end = now_ms() + CONNECTOR_PATIENCE;
    for (;;) {
        connector_read(16 * CONNECTOR_PER_TURN);
        int64_t left = end - now_ms();
        if (connector.own_name_heard || left <= 0)
            return connector.own_name_heard;
        struct pollfd p = {.fd = connector.fd, .events = POLLIN};
        poll(&p, 1, (int)left);
    }
}

bool connector_alive(void)
{
    if (connector.fd < 0)
        return false;
    bool alive = connector_prove();
    if (!alive && connector_subscribe(connector.fd, PROC_CN_MCAST_LISTEN))
        alive = connector_prove();
    connector_tell_drained();
    return alive;
}

unsigned long connector_count(void)
{
    return connector.count;
}

void connector_forbid(bool forbidden)
{
    connector.forbidden = forbidden;
}

static void connector_close(void)
{
    if (connector.fd >= 0) {
        loop_unwatch(connector.loop, connector.fd);
        connector_subscribe(connector.fd, PROC_CN_MCAST_IGNORE);
    }
    close_fd(&connector.fd);
    free(connector.seq);
    connector.seq = NULL;
    connector.ncpus = 0;
    connector.loop = NULL;
}

bool connector_join(struct loop *l, struct connector_user *u)
{
    if (connector.forbidden || (connector.users && connector.loop != l))
        return false;
    if (!connector.users) {
        connector.loop = l;
        connector.fd = connector_open();
        if (connector.fd < 0)
            return false;
        if (!connector_prove()) {
            connector_close();
            return false;
        }
        loop_watch(l, connector.fd, POLLIN, connector_ready, NULL);
    }
    u->next = connector.users;
    connector.users = u;
    return true;
}

void connector_leave(struct connector_user *u)
{
    struct connector_user **at = &connector.users;
    while (*at && *at != u)
        at = &(*at)->next;
    if (!*at)
        return;
    *at = u->next;
    if (!connector.users)
        connector_close();
}
