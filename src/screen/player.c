#include "screen/player.h"
#include "base/mem.h"
#include "base/text.h"
#include <stdlib.h>
#include <string.h>

#define PLAYER_BEGUN_US 1000000  /* so long a step has only just begun */
#define PLAYER_PIECE_US 10000000 /* of a recording without markers */
#define PLAYER_RESIZE   4096     /* bytes that take as long as another size */

struct player {
    const struct cast *cast;
    int64_t *us; /* when each event is due, pauses cut */
    size_t next; /* the event to be played next */
    int64_t at_us;
    size_t markers;
    struct term *term;
    double speed;
    bool paused, seeking; /* seeking: everything before event `goal` is played, whatever the time */
    size_t goal;
    int64_t goal_us;
    char label[160];
};

static void player_plan(struct player *p, int64_t idle_us)
{
    const struct cast *c = p->cast;
    int64_t cut = 0, last = 0;
    p->us = xcalloc(c->n + 1, sizeof *p->us);
    for (size_t i = 0; i < c->n; i++) {
        int64_t pause = c->v[i].us - last;
        if (idle_us > 0 && pause > idle_us)
            cut += pause - idle_us;
        last = c->v[i].us;
        p->us[i] = last - cut;
        p->markers += c->v[i].kind == 'm';
    }
}

static void player_rewind(struct player *p)
{
    term_free(p->term);
    p->term = term_new(p->cast->rows, p->cast->cols, NULL);
    p->next = 0;
    p->at_us = 0;
    p->label[0] = '\0';
}

struct player *player_new(const struct cast *c, int64_t idle_us)
{
    struct player *p = xcalloc(1, sizeof *p);
    p->cast = c;
    p->speed = 1;
    player_plan(p, idle_us);
    player_rewind(p);
    return p;
}

void player_free(struct player *p)
{
    if (!p)
        return;
    term_free(p->term);
    free(p->us);
    free(p);
}

struct term *player_term(const struct player *p)
{
    return p->term;
}

/* Plays one event. Returns how much work that was, in bytes. */
static size_t player_play(struct player *p)
{
    const struct cast_event *e = &p->cast->v[p->next];
    const char *s = e->len ? p->cast->text.s + e->at : "";
    if (p->us[p->next] > p->at_us)
        p->at_us = p->us[p->next];
    p->next++;
    if (e->kind == 'r') {
        term_resize(p->term, e->rows, e->cols);
    } else if (e->kind == 'm') {
        autofree char *label = xstrndup(s, e->len);
        text_copy(p->label, sizeof p->label, label);
    } else {
        term_feed(p->term, s, e->len);
    }
    return e->kind == 'r' ? PLAYER_RESIZE : e->len;
}

static void player_seek(struct player *p)
{
    for (size_t n = 0; p->next < p->goal && n < PLAYER_PORTION;)
        n += player_play(p) + 1;
    p->seeking = p->next < p->goal;
    if (!p->seeking)
        p->at_us = p->goal_us;
}

void player_advance(struct player *p, int64_t us)
{
    if (p->seeking) {
        player_seek(p);
        return;
    }
    if (p->paused || us < 0 || player_ended(p))
        return;
    int64_t at = p->at_us + (int64_t)((double)us * p->speed);
    for (size_t n = 0; !player_ended(p) && p->us[p->next] <= at;) {
        n += player_play(p) + 1;
        if (n >= PLAYER_PORTION && !player_ended(p) && p->us[p->next] <= at) {
            at = p->us[p->next]; /* time waits for the rest */
            break;
        }
    }
    p->at_us = player_ended(p) ? player_length_us(p) : at;
}

int64_t player_wait_us(const struct player *p)
{
    if (p->seeking)
        return 0;
    if (p->paused || player_ended(p))
        return -1;
    int64_t left = p->us[p->next] - p->at_us;
    return left > 0 ? (int64_t)((double)left / p->speed) + 1 : 0;
}

void player_pause(struct player *p, bool pause)
{
    p->paused = pause;
}

bool player_paused(const struct player *p)
{
    return p->paused;
}

bool player_seeking(const struct player *p)
{
    return p->seeking;
}

bool player_ended(const struct player *p)
{
    return p->next >= p->cast->n;
}

void player_set_speed(struct player *p, double speed)
{
    p->speed = speed < PLAYER_SLOWEST ? PLAYER_SLOWEST : speed > PLAYER_FASTEST ? PLAYER_FASTEST : speed;
}

double player_speed(const struct player *p)
{
    return p->speed;
}

bool player_frame(struct player *p)
{
    while (!player_ended(p)) {
        const struct cast_event *e = &p->cast->v[p->next];
        player_play(p);
        if (e->kind == 'o' && e->len)
            return true;
    }
    return false;
}

/* Jumping. */

/* To after event to - 1, from a blank terminal if that lies behind. */
static void player_go(struct player *p, size_t to, int64_t us)
{
    if (to < p->next)
        player_rewind(p);
    p->goal = to;
    p->goal_us = us;
    p->seeking = true;
    player_seek(p);
}

static bool player_jump_time(struct player *p, int by)
{
    int64_t us = p->at_us + by * PLAYER_PIECE_US, end = player_length_us(p);
    size_t to = 0;
    if (by > 0 && player_ended(p))
        return false;
    us = us < 0 ? 0 : us > end ? end : us;
    while (to < p->cast->n && p->us[to] <= us)
        to++;
    player_go(p, to, us);
    return true;
}

/* The place behind the last marker before event i; 0: there is none. */
static size_t player_after_marker(const struct player *p, size_t i)
{
    while (i > 0 && p->cast->v[i - 1].kind != 'm')
        i--;
    return i;
}

bool player_jump(struct player *p, int by)
{
    const struct cast *c = p->cast;
    if (!p->markers)
        return player_jump_time(p, by);
    if (by > 0) {
        size_t i = p->next;
        while (i < c->n && c->v[i].kind != 'm')
            i++;
        if (i < c->n)
            player_go(p, i + 1, p->us[i]);
        return i < c->n;
    }
    size_t to = player_after_marker(p, p->next);
    if (to && p->us[to - 1] + PLAYER_BEGUN_US > p->at_us)
        to = player_after_marker(p, to - 1);
    player_go(p, to, to ? p->us[to - 1] : 0);
    return true;
}

void player_start(struct player *p)
{
    p->seeking = false;
    player_rewind(p);
}

int64_t player_at_us(const struct player *p)
{
    return p->at_us;
}

int64_t player_length_us(const struct player *p)
{
    return p->cast->n ? p->us[p->cast->n - 1] : 0;
}

const char *player_label(const struct player *p)
{
    return p->label;
}
