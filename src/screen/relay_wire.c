/* Numbers are little-endian, texts have their length before them. */
#include "screen/relay_wire.h"
#include "base/text.h"
#include <stdlib.h>
#include <string.h>

#define RELAY_VERSION  1
#define RELAY_TEXT_MAX 8192 /* of the six texts of a cue */
#define RELAY_COL_MAX  24576

/* Writing. */

static void relay_put_number(struct str *out, uint64_t n, int bytes)
{
    for (int i = 0; i < bytes; i++)
        str_addc(out, (char)(n >> (8 * i)));
}

static void relay_put_text(struct str *out, const char *text, size_t most)
{
    size_t n = text ? text_cut(text, strlen(text), most) : 0;
    relay_put_number(out, n, 4);
    str_addn(out, n ? text : "", n);
}

static void relay_put_cue(struct str *out, const struct cue *c)
{
    const char *const texts[] = {c->lesson, c->title, c->next_title, c->notes, c->line, c->awaits};
    for (size_t i = 0; i < COUNT(texts); i++)
        relay_put_text(out, texts[i], RELAY_TEXT_MAX);
    relay_put_number(out, c->step, 4);
    relay_put_number(out, c->nsteps, 4);
    relay_put_number(out, (uint64_t)c->elapsed_ms, 8);
    relay_put_number(out, (uint64_t)c->budget_ms, 8);
    relay_put_number(out, (uint64_t)(c->paused | c->missed << 1), 1);
}

void relay_encode(struct str *out, const struct relay_message *m)
{
    str_addc(out, (char)m->kind);
    switch (m->kind) {
    case RELAY_HELLO:
        relay_put_number(out, RELAY_VERSION, 1);
        str_addc(out, (char)m->role);
        break;
    case RELAY_SIZE:
        relay_put_number(out, (uint64_t)m->rows, 2);
        relay_put_number(out, (uint64_t)m->cols, 2);
        break;
    case RELAY_DRAW:
        str_addn(out, m->bytes, m->n < RELAY_BYTES ? m->n : RELAY_BYTES);
        break;
    case RELAY_AWAY:
        relay_put_number(out, m->away, 1);
        break;
    case RELAY_CUE:
        relay_put_cue(out, &m->cue);
        break;
    case RELAY_TREES:
        for (int i = 0; i < 2; i++)
            relay_put_text(out, m->columns[i], RELAY_COL_MAX);
        break;
    case RELAY_END:
        relay_put_number(out, (uint64_t)m->elapsed_ms, 8);
    }
}

/* Reading. */

struct relay_reader {
    const unsigned char *at, *end;
    bool bad;
};

static uint64_t relay_take_number(struct relay_reader *r, int bytes)
{
    uint64_t n = 0;
    r->bad = r->bad || r->end - r->at < bytes;
    for (int i = 0; i < bytes && !r->bad; i++)
        n |= (uint64_t)*r->at++ << (8 * i);
    return n;
}

static char *relay_take_text(struct relay_reader *r, size_t most, enum text_safe how)
{
    struct str safe = {0};
    size_t n = relay_take_number(r, 4);
    r->bad = r->bad || n > most || n > (size_t)(r->end - r->at);
    if (!r->bad) {
        text_sanitise(&safe, (const char *)r->at, n, how);
        r->at += n;
    }
    return str_steal(&safe);
}

static void relay_take_cue(struct relay_reader *r, struct cue *c)
{
    char **texts[] = {&c->lesson, &c->title, &c->next_title, &c->notes, &c->line, &c->awaits};
    for (size_t i = 0; i < COUNT(texts); i++)
        *texts[i] = relay_take_text(r, RELAY_TEXT_MAX, texts[i] == &c->notes ? TEXT_BLOCK : TEXT_LINE);
    c->step = (uint32_t)relay_take_number(r, 4);
    c->nsteps = (uint32_t)relay_take_number(r, 4);
    c->elapsed_ms = (int64_t)relay_take_number(r, 8);
    c->budget_ms = (int64_t)relay_take_number(r, 8);
    uint64_t flags = relay_take_number(r, 1);
    c->paused = flags & 1;
    c->missed = flags & 2;
    r->bad = r->bad || flags > 3;
}

static void relay_take_hello(struct relay_reader *r, struct relay_message *m)
{
    r->bad = relay_take_number(r, 1) != RELAY_VERSION || r->bad;
    m->role = (enum relay_role)relay_take_number(r, 1);
    r->bad = r->bad || (m->role != RELAY_NOTES && m->role != RELAY_FOLLOW);
}

static void relay_take_size(struct relay_reader *r, struct relay_message *m)
{
    m->rows = (int)relay_take_number(r, 2);
    m->cols = (int)relay_take_number(r, 2);
    r->bad = r->bad || !m->rows || !m->cols;
}

static void relay_take_bytes(struct relay_reader *r, struct relay_message *m)
{
    m->bytes = (const char *)r->at;
    m->n = (size_t)(r->end - r->at);
    r->bad = m->n > RELAY_BYTES;
    r->at = r->end;
}

bool relay_decode(struct relay_message *m, const char *bytes, size_t n)
{
    struct relay_reader r = {(const unsigned char *)bytes + 1, (const unsigned char *)bytes + n, false};
    *m = (struct relay_message){0};
    if (n == 0 || n > RELAY_MESSAGE)
        return false;
    m->kind = (enum relay_kind)(unsigned char)bytes[0];
    switch (m->kind) {
    case RELAY_HELLO:
        relay_take_hello(&r, m);
        break;
    case RELAY_SIZE:
        relay_take_size(&r, m);
        break;
    case RELAY_DRAW:
        relay_take_bytes(&r, m);
        break;
    case RELAY_AWAY:
        m->away = relay_take_number(&r, 1);
        break;
    case RELAY_CUE:
        relay_take_cue(&r, &m->cue);
        break;
    case RELAY_TREES:
        for (int i = 0; i < 2; i++)
            m->columns[i] = relay_take_text(&r, RELAY_COL_MAX, TEXT_BLOCK);
        break;
    case RELAY_END:
        m->elapsed_ms = (int64_t)relay_take_number(&r, 8);
        break;
    default:
        return false;
    }
    return !r.bad && r.at == r.end;
}

void relay_message_clear(struct relay_message *m)
{
    cue_clear(&m->cue);
    free(m->columns[0]);
    free(m->columns[1]);
    *m = (struct relay_message){0};
}
