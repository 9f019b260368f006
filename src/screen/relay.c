/* Who connects says hello and then only listens. Each watcher has a queue of messages for the screen, and a flag for
 * each thing of which only the latest state counts: cue and trees are made when they are sent.
 *
 *     presenter's bytes --+--> mirror (a terminal emulator)
 *                         |       | whoever comes, or has lost something, gets its cells
 *                         +-------+--> queues --> sockets
 *
 * The mirror is why nobody can make the presenter's own screen repaint. */
#include "screen/relay.h"
#include "base/mem.h"
#include "screen/relay_place.h"
#include "screen/relay_wire.h"
#include "screen/snapshot.h"
#include "screen/trees_text.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RELAY_SNDBUF    (64 << 10) /* what the kernel keeps for a watcher that does not read */
#define RELAY_NOTES_MS  100        /* between two states of the notes */
#define RELAY_TREE_ROWS 60
#define RELAY_TREE_COLS 76

struct relay_packet {
    char *bytes;
    size_t n;
};

struct relay_watcher {
    struct relay *relay;
    int fd;
    bool everybody; /* came in where everybody may */
    bool greeted, notes;
    struct relay_packet *queue;
    size_t nqueue, capqueue, queued; /* queued: bytes */
    bool stale;                      /* has lost frames: the next thing it gets is a snapshot */
    bool cue_due, trees_due;
    struct relay_watcher *next;
};

struct relay {
    struct loop *loop;
    struct shell *sh;
    struct relay_place own, others;
    struct relay_watcher *watchers;
    struct term *mirror; /* NULL: nothing was put on a screen yet */
    int rows, cols;
    bool away;
    int notes_timer;
    int64_t told; /* when the notes were told last */
};

/* Watchers. */

static void relay_on_watcher(void *arg, int fd, short revents);

static void watcher_drop_queue(struct relay_watcher *w)
{
    for (size_t i = 0; i < w->nqueue; i++)
        free(w->queue[i].bytes);
    w->nqueue = w->queued = 0;
}

static void watcher_free(struct relay_watcher *w)
{
    for (struct relay_watcher **p = &w->relay->watchers; *p; p = &(*p)->next)
        if (*p == w) {
            *p = w->next;
            break;
        }
    loop_unwatch(w->relay->loop, w->fd);
    watcher_drop_queue(w);
    free(w->queue);
    close_fd(&w->fd);
    free(w);
}

static void watcher_put(struct relay_watcher *w, const struct relay_message *m)
{
    struct str bytes = {0};
    relay_encode(&bytes, m);
    GROW(w->queue, w->nqueue, w->capqueue);
    w->queued += bytes.len;
    w->queue[w->nqueue].n = bytes.len;
    w->queue[w->nqueue++].bytes = str_steal(&bytes);
}

static void watcher_put_screen(struct relay_watcher *w, const char *bytes, size_t n)
{
    for (size_t at = 0; at < n; at += RELAY_BYTES) {
        struct relay_message m = {
            .kind = RELAY_DRAW, .bytes = bytes + at, .n = n - at < RELAY_BYTES ? n - at : RELAY_BYTES};
        watcher_put(w, &m);
    }
}

/* The screen as it is, in place of whatever was queued. */
static void watcher_put_snapshot(struct relay_watcher *w)
{
    struct relay *r = w->relay;
    autostr struct str bytes = {0};
    watcher_drop_queue(w);
    w->stale = false;
    if (!r->mirror)
        return;
    snapshot_print(&bytes, r->mirror);
    watcher_put(w, &(struct relay_message){.kind = RELAY_SIZE, .rows = r->rows, .cols = r->cols});
    watcher_put(w, &(struct relay_message){.kind = RELAY_AWAY, .away = r->away});
    watcher_put_screen(w, bytes.s, bytes.len);
}

static void watcher_put_cue(struct relay_watcher *w)
{
    struct relay_message m = {.kind = RELAY_CUE};
    w->cue_due = false;
    shell_cue(w->relay->sh, &m.cue);
    watcher_put(w, &m);
    relay_message_clear(&m);
}

static void watcher_put_trees(struct relay_watcher *w)
{
    struct relay_message m = {.kind = RELAY_TREES};
    w->trees_due = false;
    for (int side = 0; side < 2; side++) {
        struct str text = {0};
        trees_text(w->relay->sh, (enum side)side, RELAY_TREE_COLS, RELAY_TREE_ROWS, &text);
        m.columns[side] = str_steal(&text);
    }
    watcher_put(w, &m);
    relay_message_clear(&m);
}

/* What is due goes into the empty queue: so the latest is told, however long it took to get here. */
static void watcher_fill(struct relay_watcher *w)
{
    if (w->stale)
        watcher_put_snapshot(w);
    if (w->cue_due)
        watcher_put_cue(w);
    if (w->trees_due)
        watcher_put_trees(w);
}

/* false: it has gone, and w with it. */
static bool watcher_flush(struct relay_watcher *w)
{
    size_t sent = 0;
    bool full = false;
    for (; !full;) {
        if (sent == w->nqueue) {
            w->nqueue = sent = 0;
            watcher_fill(w);
            if (!w->nqueue)
                break;
        }
        struct relay_packet *p = &w->queue[sent];
        if (send(w->fd, p->bytes, p->n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
            if (errno == EINTR)
                continue;
            if (errno != EAGAIN && errno != ENOBUFS) {
                memmove(w->queue, w->queue + sent, (w->nqueue -= sent) * sizeof *w->queue);
                watcher_free(w);
                return false;
            }
            full = true;
        } else {
            w->queued -= p->n;
            free(p->bytes);
            sent++;
        }
    }
    memmove(w->queue, w->queue + sent, (w->nqueue -= sent) * sizeof *w->queue);
    loop_watch(w->relay->loop, w->fd, (short)(POLLIN | (full ? POLLOUT : 0)), relay_on_watcher, w);
    return true;
}

static void watcher_greeted(struct relay_watcher *w, enum relay_role role)
{
    w->greeted = true;
    w->stale = true;
    w->notes = role == RELAY_NOTES;
    w->cue_due = w->trees_due = w->notes;
}

/* The first message is the hello; there is no second. */
static bool watcher_read(struct relay_watcher *w)
{
    char bytes[64];
    struct relay_message m = {0};
    ssize_t n = recv(w->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    bool hello = n > 0 && !w->greeted && relay_decode(&m, bytes, (size_t)n) && m.kind == RELAY_HELLO &&
                 (m.role != RELAY_NOTES || !w->everybody);
    if (hello)
        watcher_greeted(w, m.role);
    relay_message_clear(&m);
    return hello;
}

static void relay_on_watcher(void *arg, int fd, short revents)
{
    struct relay_watcher *w = arg;
    if ((revents & (POLLIN | POLLHUP | POLLERR)) && !watcher_read(w))
        watcher_free(w);
    else
        watcher_flush(w);
}

/* Coming in. */

static size_t relay_count(const struct relay *r, bool everybody)
{
    size_t n = 0;
    for (const struct relay_watcher *w = r->watchers; w; w = w->next)
        n += w->everybody == everybody;
    return n;
}

static void relay_accept(struct relay *r, int listens, bool everybody)
{
    int room = RELAY_SNDBUF;
    autofd int fd = accept4(listens, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0 || (!everybody && !relay_place_trusts(fd)) ||
        relay_count(r, everybody) >= (everybody ? RELAY_OTHERS : RELAY_OWN))
        return;
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    struct relay_watcher *w = xcalloc(1, sizeof *w);
    *w = (struct relay_watcher){.relay = r, .fd = steal_fd(&fd), .everybody = everybody, .next = r->watchers};
    r->watchers = w;
    loop_watch(r->loop, w->fd, POLLIN, relay_on_watcher, w);
}

static void relay_on_own(void *arg, int fd, short revents)
{
    relay_accept(arg, fd, false);
}

static void relay_on_others(void *arg, int fd, short revents)
{
    relay_accept(arg, fd, true);
}

/* Telling. */

static void relay_flush_all(struct relay *r)
{
    for (struct relay_watcher *w = r->watchers, *next; w; w = next) {
        next = w->next;
        if (w->greeted)
            watcher_flush(w);
    }
}

static void relay_size(struct relay *r, int rows, int cols)
{
    if (r->mirror && r->rows == rows && r->cols == cols)
        return;
    r->rows = rows;
    r->cols = cols;
    if (r->mirror)
        term_resize(r->mirror, rows, cols);
    else
        r->mirror = term_new(rows, cols, NULL);
    for (struct relay_watcher *w = r->watchers; w; w = w->next)
        w->stale = true;
}

void relay_screen(struct relay *r, const char *bytes, size_t n, int rows, int cols)
{
    if (!r)
        return;
    relay_size(r, rows, cols);
    term_feed(r->mirror, bytes, n);
    for (struct relay_watcher *w = r->watchers; w; w = w->next) {
        if (w->stale || !w->greeted)
            continue;
        if (w->queued + n > RELAY_QUEUE) {
            watcher_drop_queue(w);
            w->stale = true;
        } else {
            watcher_put_screen(w, bytes, n);
        }
    }
    relay_flush_all(r);
}

void relay_away(struct relay *r, bool away)
{
    if (!r || r->away == away)
        return;
    r->away = away;
    for (struct relay_watcher *w = r->watchers; w; w = w->next)
        if (w->greeted && !w->stale)
            watcher_put(w, &(struct relay_message){.kind = RELAY_AWAY, .away = away});
    relay_flush_all(r);
}

static void relay_tell_notes(void *arg)
{
    struct relay *r = arg;
    r->notes_timer = 0;
    r->told = now_ms();
    for (struct relay_watcher *w = r->watchers; w; w = w->next)
        if (w->notes)
            w->cue_due = w->trees_due = true;
    relay_flush_all(r);
}

void relay_changed(struct relay *r)
{
    bool notes = false;
    for (const struct relay_watcher *w = r ? r->watchers : NULL; w; w = w->next)
        notes |= w->notes;
    if (!notes || r->notes_timer)
        return;
    int64_t wait = r->told + RELAY_NOTES_MS - now_ms();
    r->notes_timer = loop_timer(r->loop, wait > 5 ? wait : 5, relay_tell_notes, r);
}

/* Start and end. */

static void relay_keep_clean(struct relay *r, const struct relay_place *p)
{
    struct session *s = shell_session(r->sh);
    session_unlink_at_end(s, p->dir, p->name, 0);
    if (p->parent >= 0)
        session_unlink_at_end(s, p->parent, p->dir_name, AT_REMOVEDIR);
}

struct relay *relay_open(struct loop *l, struct shell *sh, struct outcome *o)
{
    struct relay *r = xcalloc(1, sizeof *r);
    *r = (struct relay){.loop = l, .sh = sh, .others = {.fd = -1, .dir = -1, .parent = -1}};
    if (relay_place_private(&r->own, o) < 0) {
        relay_close(r);
        return NULL;
    }
    relay_keep_clean(r, &r->own);
    loop_watch(l, r->own.fd, POLLIN, relay_on_own, r);
    return r;
}

static void relay_unpublish(struct relay *r)
{
    if (r->others.fd >= 0)
        loop_unwatch(r->loop, r->others.fd);
    relay_place_close(&r->others);
    for (struct relay_watcher *w = r->watchers, *next; w; w = next) {
        next = w->next;
        if (w->everybody)
            watcher_free(w);
    }
}

bool relay_publish(struct relay *r, bool on, struct outcome *o)
{
    if (!r) {
        outcome_set(o, 0, "nobody can watch this presentation", "", "its socket could not be made; see above");
        return false;
    }
    if (!on)
        relay_unpublish(r);
    if (!on || r->others.fd >= 0)
        return true;
    if (relay_place_public(&r->others, o) < 0) {
        relay_place_close(&r->others);
        return false;
    }
    relay_keep_clean(r, &r->others);
    loop_watch(r->loop, r->others.fd, POLLIN, relay_on_others, r);
    return true;
}

void relay_close(struct relay *r)
{
    if (!r)
        return;
    struct relay_message bye = {.kind = RELAY_END};
    shell_cue(r->sh, &bye.cue);
    bye.elapsed_ms = bye.cue.elapsed_ms;
    for (struct relay_watcher *w = r->watchers, *next; w; w = next) {
        next = w->next;
        w->stale = w->cue_due = w->trees_due = false;
        watcher_put(w, &bye);
        if (watcher_flush(w))
            watcher_free(w);
    }
    relay_message_clear(&bye);
    relay_unpublish(r);
    if (r->own.fd >= 0)
        loop_unwatch(r->loop, r->own.fd);
    relay_place_close(&r->own);
    loop_cancel(r->loop, r->notes_timer);
    term_free(r->mirror);
    free(r);
}
