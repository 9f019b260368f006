/* One file for a lesson on a stage:
 *
 *     porthole rehearsal 1
 *     lesson kill
 *     stage practice
 *     step 4f0c... ok 120 1795529100 find-the-victim myhost
 *     say 2 E 34
 *     root@host# ps -o pid,comm -p 4711
 *     ...
 *     end 0123456789abcdef
 *
 * Texts are given by their length, so they may hold anything. The checksum finds torn and edited files: a recording
 * that is only half there is none. */
#include "shell/rehearsal.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#define REHEARSAL_MAX (16 << 20)

static const char rehearsal_head[] = "porthole rehearsal 1\n";
static const char rehearsal_kinds[] = "TPQCEKOIGBRHWXV"; /* a letter for each enum say */
static const char *const rehearsal_stages[] = {[STAGE_PRACTICE] = "practice", [STAGE_REAL] = "real"};

/* In memory. */

static void rehearsal_step_clear(struct rehearsal_step *s)
{
    free(s->slug);
    free(s->host);
    for (size_t i = 0; i < s->n; i++)
        free(s->v[i].text);
    free(s->v);
    *s = (struct rehearsal_step){0};
}

void rehearsal_clear(struct rehearsal *r)
{
    free(r->lesson);
    for (size_t i = 0; i < r->n; i++)
        rehearsal_step_clear(&r->v[i]);
    free(r->v);
    *r = (struct rehearsal){0};
}

static uint64_t rehearsal_hash_text(uint64_t h, const char *text)
{
    return text ? hash_more(h, text, strlen(text) + 1) : hash_more(h, "", 1);
}

static uint64_t rehearsal_hash_blocks(uint64_t h, const struct block *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int facts[] = {(int)b[i].kind, (int)b[i].only, (int)b[i].where, b[i].status};
        h = hash_more(h, facts, sizeof facts);
        h = rehearsal_hash_text(h, b[i].actor);
        h = rehearsal_hash_text(h, b[i].text);
        h = rehearsal_hash_text(h, b[i].expect);
        h = rehearsal_hash_blocks(h, b[i].sub, b[i].nsub);
    }
    return h;
}

uint64_t rehearsal_hash(const struct step *s)
{
    return rehearsal_hash_blocks(rehearsal_hash_text(HASH_START, s->title), s->blocks, s->nblocks);
}

/* A word of a line: no blanks, nothing that a terminal acts on. */
static char *rehearsal_word(const char *text)
{
    autostr struct str safe = {0};
    text_sanitise(&safe, text, strlen(text), TEXT_LINE);
    for (char *p = safe.s; p && *p; p++)
        if (isspace((unsigned char)*p))
            *p = '_';
    return xstrdup(safe.len ? safe.s : "-");
}

struct rehearsal_step *rehearsal_add(struct rehearsal *r, const struct step *s)
{
    struct utsname name = {0};
    uname(&name);
    GROW(r->v, r->n, r->cap);
    struct rehearsal_step *step = &r->v[r->n++];
    *step = (struct rehearsal_step){.slug = rehearsal_word(s->slug),
                                    .hash = rehearsal_hash(s),
                                    .ok = true,
                                    .when = time(NULL),
                                    .host = rehearsal_word(name.nodename)};
    return step;
}

static void rehearsal_add_line(struct rehearsal_step *s, size_t at, enum say kind, char *text)
{
    GROW(s->v, s->n, s->cap);
    s->v[s->n++] = (struct rehearsal_line){at, kind, text};
    s->bytes += strlen(text);
}

static bool rehearsal_is_lesson_text(enum say kind)
{
    return kind == SAY_TITLE || kind == SAY_PROSE || kind == SAY_QUESTION || kind == SAY_CHOICE;
}

void rehearsal_say(struct rehearsal_step *s, size_t at, enum say kind, const char *text)
{
    if (rehearsal_is_lesson_text(kind) || s->bytes > REHEARSAL_STEP_MAX)
        return;
    size_t n = text_cut(text, strlen(text), REHEARSAL_STEP_MAX + 1 - s->bytes);
    autofree char *piece = xstrndup(text, n);
    struct rehearsal_line *last = s->n ? &s->v[s->n - 1] : NULL;
    if (last && kind == SAY_OUTPUT && last->kind == SAY_OUTPUT && last->at == at) {
        char *joined = xasprintf("%s%s", last->text, piece);
        free(last->text);
        last->text = joined;
        s->bytes += n;
    } else {
        rehearsal_add_line(s, at, kind, steal_ptr(&piece));
    }
    if (text[n] || s->bytes > REHEARSAL_STEP_MAX) {
        s->bytes = REHEARSAL_STEP_MAX + 1;
        rehearsal_add_line(s, at, SAY_INFO, xstrdup("(more was said than is kept)"));
    }
}

const struct rehearsal_step *rehearsal_find(const struct rehearsal *r, const struct step *s)
{
    uint64_t hash = rehearsal_hash(s);
    autofree char *slug = rehearsal_word(s->slug);
    for (size_t i = 0; i < r->n; i++)
        if (r->v[i].hash == hash && !strcmp(r->v[i].slug, slug))
            return &r->v[i];
    return NULL;
}

static void rehearsal_copy(struct rehearsal_step *to, const struct rehearsal_step *from)
{
    rehearsal_step_clear(to);
    *to = (struct rehearsal_step){.slug = xstrdup(from->slug),
                                  .hash = from->hash,
                                  .ok = from->ok,
                                  .ms = from->ms,
                                  .when = from->when,
                                  .host = xstrdup(from->host)};
    for (size_t i = 0; i < from->n; i++)
        rehearsal_add_line(to, from->v[i].at, from->v[i].kind, xstrdup(from->v[i].text));
}

void rehearsal_keep(struct rehearsal *r, const struct rehearsal *old)
{
    for (size_t i = 0; i < r->n; i++)
        for (size_t k = 0; k < old->n && !r->v[i].ok; k++)
            if (old->v[k].ok && old->v[k].hash == r->v[i].hash && !strcmp(old->v[k].slug, r->v[i].slug))
                rehearsal_copy(&r->v[i], &old->v[k]);
}

void rehearsal_print_origin(struct str *out, const struct rehearsal_step *s)
{
    struct tm tm = {0};
    char when[32] = "?";
    if (localtime_r(&s->when, &tm))
        strftime(when, sizeof when, "%Y-%m-%d %H:%M", &tm);
    str_addf(out, "%s on ", when);
    text_sanitise(out, s->host, strlen(s->host), TEXT_LINE);
}

/* As text. */

static void rehearsal_print_step(const struct rehearsal_step *s, struct str *out)
{
    str_addf(out, "step %016llx %s %lld %lld %s %s\n", (unsigned long long)s->hash, s->ok ? "ok" : "failed",
             (long long)s->ms, (long long)s->when, s->slug, s->host);
    for (size_t i = 0; i < s->n; i++) {
        const struct rehearsal_line *l = &s->v[i];
        str_addf(out, "say %zu %c %zu\n%s\n", l->at, rehearsal_kinds[l->kind], strlen(l->text), l->text);
    }
}

void rehearsal_print(const struct rehearsal *r, struct str *out)
{
    size_t from = out->len;
    str_addf(out, "%slesson %s\nstage %s\n", rehearsal_head, r->lesson, rehearsal_stages[r->stage]);
    for (size_t i = 0; i < r->n; i++)
        rehearsal_print_step(&r->v[i], out);
    str_addf(out, "end %016llx\n", (unsigned long long)hash_more(HASH_START, out->s + from, out->len - from));
}

/* Takes a line off *at, without its newline; NULL when there is no whole one. */
static char *rehearsal_take(char **at, const char *end)
{
    char *line = *at, *newline = memchr(line, '\n', (size_t)(end - line));
    if (!newline)
        return NULL;
    *newline = '\0';
    *at = newline + 1;
    return line;
}

static bool rehearsal_parse_say(struct rehearsal_step *s, const char *line, char **at, const char *end)
{
    size_t block, n;
    char letter;
    int used = 0;
    if (sscanf(line, "say %6zu %c %9zu%n", &block, &letter, &n, &used) != 3 || line[used])
        return false;
    const char *kind = strchr(rehearsal_kinds, letter);
    if (!kind || n >= (size_t)(end - *at) || (*at)[n] != '\n' || memchr(*at, '\0', n))
        return false;
    rehearsal_add_line(s, block, (enum say)(kind - rehearsal_kinds), xstrndup(*at, n));
    *at += n + 1;
    return true;
}

static bool rehearsal_parse_step(struct rehearsal *r, const char *line)
{
    unsigned long long hash;
    long long ms, when;
    char ok[8], slug[256], host[256];
    int used = 0;
    if (sscanf(line, "step %16llx %7s %18lld %18lld %255s %255s%n", &hash, ok, &ms, &when, slug, host, &used) != 6 ||
        line[used])
        return false;
    GROW(r->v, r->n, r->cap);
    r->v[r->n++] = (struct rehearsal_step){.slug = xstrdup(slug),
                                           .hash = hash,
                                           .ok = !strcmp(ok, "ok"),
                                           .ms = ms,
                                           .when = (time_t)when,
                                           .host = xstrdup(host)};
    return true;
}

static bool rehearsal_parse_lines(struct rehearsal *r, char *at, const char *end)
{
    char *lesson = rehearsal_take(&at, end), *stage = lesson ? rehearsal_take(&at, end) : NULL;
    if (!stage || !text_has_prefix(lesson, "lesson ") || !text_has_prefix(stage, "stage "))
        return false;
    r->lesson = xstrdup(lesson + 7);
    r->stage = !strcmp(stage + 6, "real") ? STAGE_REAL : STAGE_PRACTICE;
    while (at < end) {
        char *line = rehearsal_take(&at, end);
        struct rehearsal_step *s = r->n ? &r->v[r->n - 1] : NULL;
        if (!line || (text_has_prefix(line, "say ") ? !s || !rehearsal_parse_say(s, line, &at, end)
                                                    : !rehearsal_parse_step(r, line)))
            return false;
    }
    return true;
}

bool rehearsal_parse(struct rehearsal *r, const char *text, size_t n)
{
    const size_t head = sizeof rehearsal_head - 1, tail = strlen("end 0123456789abcdef\n");
    char sum[32];
    *r = (struct rehearsal){0};
    if (n < head + tail || memcmp(text, rehearsal_head, head) != 0)
        return false;
    snprintf(sum, sizeof sum, "end %016llx\n", (unsigned long long)hash_more(HASH_START, text, n - tail));
    if (memcmp(text + n - tail, sum, tail) != 0)
        return false;
    autofree char *copy = xmalloc(n + 1);
    memcpy(copy, text, n);
    copy[n] = '\0';
    if (rehearsal_parse_lines(r, copy + head, copy + n - tail))
        return true;
    rehearsal_clear(r);
    return false;
}

/* As a file. */

char *rehearsal_path(const char *lesson, enum stage_kind stage)
{
    autofree char *dir = user_state_dir(), *word = rehearsal_word(lesson);
    for (char *p = word; *p; p++)
        if (*p == '/' || (*p == '.' && p == word))
            *p = '_';
    return xasprintf("%s/rehearsals/%s.%s", dir, word, rehearsal_stages[stage]);
}

bool rehearsal_save(const struct rehearsal *r)
{
    autostr struct str text = {0};
    autofree char *path = rehearsal_path(r->lesson, r->stage), *dir = xstrdup(path);
    *strrchr(dir, '/') = '\0';
    rehearsal_print(r, &text);
    return file_mkdirs(dir) && file_replace(path, text.s, text.len);
}

bool rehearsal_load(struct rehearsal *r, const char *lesson, enum stage_kind stage)
{
    autostr struct str text = {0};
    autofree char *path = rehearsal_path(lesson, stage);
    *r = (struct rehearsal){0};
    if (!file_read(AT_FDCWD, path, &text, REHEARSAL_MAX))
        return false;
    if (rehearsal_parse(r, text.s, text.len))
        return true;
    errno = EBADMSG;
    return false;
}
