/* The rhythm: about eighteen characters a second, no two the same; a breath before a word and after punctuation. Long
 * lines are typed faster, since an audience reads them faster than anybody types. */
#include "shell/pace.h"
#include "base/mem.h"
#include "base/text.h"
#include <stdlib.h>
#include <string.h>

#define PACE_USUAL_MS 55
#define PACE_BREATH   150 /* percent, for a character after which the next one comes late */
#define PACE_SPREAD   60  /* percent: how much faster or slower a character may come */
#define PACE_HURRIED  3   /* characters for a key */
#define PACE_LATE_MS  200 /* after a stall (the program was stopped) the line is not caught up with at once */

static uint32_t pace_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

static bool pace_breathes(char c)
{
    return strchr(" ,;|(&", c);
}

/* What all characters of a line would take at the usual pace. */
static int pace_sum(const char *text)
{
    int ms = 0;
    size_t n = strlen(text);
    unsigned cp;
    for (size_t at = 0; at < n; at += (size_t)text_decode(text + at, n - at, &cp))
        ms += pace_breathes(text[at]) ? PACE_USUAL_MS * PACE_BREATH / 100 : PACE_USUAL_MS;
    return ms;
}

int pace_total_ms(const char *text)
{
    int ms = pace_sum(text);
    return ms > PACE_LINE_MS ? PACE_LINE_MS : ms;
}

void pace_begin(struct pace *p, const char *text, uint32_t seed, int64_t now)
{
    pace_stop(p);
    int sum = pace_sum(text);
    *p = (struct pace){.text = xstrdup(text), .n = strlen(text), .seed = seed ? seed : 1, .due = now};
    p->percent = sum > PACE_LINE_MS ? PACE_LINE_MS * 100 / sum : 100;
    if (!p->n)
        pace_stop(p);
}

void pace_stop(struct pace *p)
{
    free(p->text);
    *p = (struct pace){0};
}

bool pace_runs(const struct pace *p)
{
    return p->text;
}

int pace_wait(const struct pace *p, int64_t now)
{
    if (!p->text)
        return -1;
    return p->due > now ? (int)(p->due - now) : 0;
}

/* The time from the character at `at` to the one after it. */
static int pace_gap(struct pace *p)
{
    int ms = pace_breathes(p->text[p->at]) ? PACE_USUAL_MS * PACE_BREATH / 100 : PACE_USUAL_MS;
    int percent = 100 - PACE_SPREAD + (int)(pace_random(&p->seed) % (2 * PACE_SPREAD + 1));
    return ms * percent / 100 * p->percent / 100;
}

static void pace_step(struct pace *p)
{
    unsigned cp;
    p->due += pace_gap(p);
    p->at += (size_t)text_decode(p->text + p->at, p->n - p->at, &cp);
}

/* The text from `from` to where it has come; typed to its end, it is over. */
static char *pace_typed(struct pace *p, size_t from)
{
    char *typed = p->text ? xstrndup(p->text + from, p->at - from) : xstrdup("");
    if (p->text && p->at >= p->n)
        pace_stop(p);
    return typed;
}

char *pace_take(struct pace *p, int64_t now)
{
    size_t from = p->at;
    if (p->text && now - p->due > PACE_LATE_MS)
        p->due = now;
    while (p->text && p->at < p->n && p->due <= now)
        pace_step(p);
    return pace_typed(p, from);
}

char *pace_hurry(struct pace *p, int64_t now)
{
    size_t from = p->at;
    p->due = now;
    p->percent = p->percent > 40 ? p->percent * 4 / 5 : p->percent;
    for (int i = 0; p->text && p->at < p->n && i < PACE_HURRIED; i++)
        pace_step(p);
    return pace_typed(p, from);
}

char *pace_rest(struct pace *p)
{
    size_t from = p->at;
    p->at = p->n;
    return pace_typed(p, from);
}
