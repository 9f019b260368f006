#include "screen/audience.h"
#include "base/loop.h"
#include "base/text.h"
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define AUDIENCE_OTHERS 32  /* presentations that are listed */
#define AUDIENCE_BATCH  256 /* messages taken at once */

/* Joining. */

static void audience_print_found(const struct relay_found *f, struct str *out)
{
    const struct passwd *pw = getpwuid(f->uid);
    if (pw)
        text_sanitise(out, pw->pw_name, strlen(pw->pw_name), TEXT_LINE);
    else
        str_addf(out, "uid %u", (unsigned)f->uid);
    str_addf(out, " (pid %d)", (int)f->pid);
}

static int audience_none(const struct audience_wish *w, struct outcome *o)
{
    if (w->role == RELAY_NOTES)
        return outcome_set(o, 0, "no presentation of yours is running", "",
                           "`porthole present LESSON` in another terminal starts one");
    return outcome_set(o, 0, "there is no presentation here that you may follow", "",
                       "`porthole present` starts one, and its :follow on lets other users watch");
}

static int audience_several(struct relay_found *v, size_t n, struct outcome *o)
{
    autostr struct str list = {0};
    for (size_t i = 0; i < n; i++) {
        str_add(&list, i ? ", " : "");
        audience_print_found(&v[i], &list);
        close_fd(&v[i].fd);
    }
    return outcome_set(o, 0, "several presentations may be followed", str_c(&list),
                       "choose one by --pid, or by its user");
}

/* Somebody else's is taken only when it is clear whose: the first that comes by might be anybody's. */
static int audience_find_others(struct audience *a, const struct audience_wish *w, struct outcome *o)
{
    struct relay_found v[AUDIENCE_OTHERS];
    const struct passwd *pw = w->user ? getpwnam(w->user) : NULL;
    if (w->user && !pw)
        return outcome_set(o, 0, "there is no such user", w->user, NULL);
    size_t n = relay_find_others(w->pid, pw ? pw->pw_uid : (uid_t)-1, v, AUDIENCE_OTHERS);
    if (n == 0)
        return audience_none(w, o);
    if (n > 1)
        return audience_several(v, n, o);
    a->who = v[0];
    return 0;
}

static int audience_find(struct audience *a, const struct audience_wish *w, struct outcome *o)
{
    if (!w->user && relay_find_own(w->pid, &a->who))
        return 0;
    return w->role == RELAY_NOTES ? audience_none(w, o) : audience_find_others(a, w, o);
}

int audience_join(struct audience *a, const struct audience_wish *w, struct outcome *o)
{
    autostr struct str hello = {0};
    *a = (struct audience){.fd = -1};
    if (audience_find(a, w, o) < 0)
        return -1;
    a->fd = a->who.fd;
    relay_encode(&hello, &(struct relay_message){.kind = RELAY_HELLO, .role = w->role});
    if (send(a->fd, hello.s, hello.len, MSG_NOSIGNAL) < 0) {
        outcome_set(o, errno, "say hello to the presentation", "", "it may have ended just now");
        close_fd(&a->fd);
        return -1;
    }
    return 0;
}

void audience_leave(struct audience *a)
{
    close_fd(&a->fd);
    term_free(a->screen);
    cue_clear(&a->cue);
    free(a->columns[0]);
    free(a->columns[1]);
    *a = (struct audience){.fd = -1};
}

/* Listening. */

static void audience_take_size(struct audience *a, const struct relay_message *m)
{
    term_free(a->screen);
    a->screen = term_new(m->rows, m->cols, NULL);
}

static void audience_take_cue(struct audience *a, struct relay_message *m)
{
    cue_clear(&a->cue);
    a->cue = m->cue;
    m->cue = (struct cue){0};
    a->has_cue = true;
    a->cue_ms = now_ms();
}

static void audience_take(struct audience *a, struct relay_message *m)
{
    switch (m->kind) {
    case RELAY_SIZE:
        audience_take_size(a, m);
        break;
    case RELAY_DRAW:
        if (a->screen)
            term_feed(a->screen, m->bytes, m->n);
        break;
    case RELAY_AWAY:
        a->away = m->away;
        break;
    case RELAY_CUE:
        audience_take_cue(a, m);
        break;
    case RELAY_TREES:
        for (int i = 0; i < 2; i++) {
            free(a->columns[i]);
            a->columns[i] = steal_ptr(&m->columns[i]);
        }
        break;
    case RELAY_END:
        a->ended = true;
        a->elapsed_ms = m->elapsed_ms;
        break;
    case RELAY_HELLO:
        break;
    }
}

/* 1: a message, 0: none has come, -1: the connection is over. What is no message ends it, too. */
static int audience_receive(struct audience *a)
{
    static char bytes[RELAY_MESSAGE + 1];
    struct relay_message m = {0};
    ssize_t n = recv(a->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    bool whole = n > 0 && relay_decode(&m, bytes, (size_t)n);
    if (whole)
        audience_take(a, &m);
    relay_message_clear(&m);
    return whole ? 1 : -1;
}

bool audience_read(struct audience *a)
{
    int got = 0, any = 0;
    for (int i = 0; a->fd >= 0 && i < AUDIENCE_BATCH && (got = audience_receive(a)) > 0; i++)
        any = 1;
    if (got < 0)
        close_fd(&a->fd);
    return any || got < 0;
}

/* Words. */

int64_t audience_elapsed(const struct audience *a)
{
    if (a->ended)
        return a->elapsed_ms;
    bool runs = a->fd >= 0 && !a->cue.paused && a->cue_ms;
    return a->cue.elapsed_ms + (runs ? now_ms() - a->cue_ms : 0);
}

void audience_print_time(const struct audience *a, struct str *out)
{
    int64_t ms = audience_elapsed(a);
    clock_print(out, ms);
    if (a->cue.budget_ms > 0) {
        str_add(out, " of ");
        clock_print(out, a->cue.budget_ms);
        if (ms > a->cue.budget_ms)
            str_add(out, ", over");
    }
    if (a->cue.paused && a->fd >= 0)
        str_add(out, ", paused");
}

void audience_print_who(const struct audience *a, struct str *out)
{
    audience_print_found(&a->who, out);
}

void audience_print_end(const struct audience *a, struct str *out)
{
    if (a->ended) {
        str_add(out, "The presentation has ended, after ");
        clock_print(out, a->elapsed_ms);
        str_add(out, ".");
    } else if (a->fd < 0) {
        str_add(out, "The presentation has gone without a word.");
    }
}
