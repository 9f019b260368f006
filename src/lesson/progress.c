/* Two files in the state directory.
 *
 * progress.log only grows: a line for each event, "TIME EVENT LESSON STEP". A line torn by a crash is skipped when
 * read, and the next one starts on a fresh line. What is done is worked out from it; nothing is ever rewritten.
 *
 * session is the place to resume at, replaced as a whole: a head of `key: value` lines, the journal's text, and at the
 * end a checksum over all of it. A file that does not add up is moved aside as session.damaged, never half believed. */
#include "lesson/progress.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "lesson/progress_line.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PROGRESS_MAX (16 << 20)

struct progress_done {
    enum progress_event event; /* STEP_DONE, STEP_SKIPPED or LESSON_DONE */
    char *lesson, *step;
};

struct progress {
    char *dir, *log, *session;
    bool torn; /* the log does not end in a newline */
    struct str trouble;
    bool told;
    struct progress_done *v;
    size_t n, cap;
};

static void progress_remember(struct progress *p, enum progress_event e, const char *lesson, const char *step)
{
    if (e != PROGRESS_STEP_DONE && e != PROGRESS_STEP_SKIPPED && e != PROGRESS_LESSON_DONE)
        return;
    GROW(p->v, p->n, p->cap);
    p->v[p->n++] = (struct progress_done){e, xstrdup(lesson), xstrdup(step)};
}

static void progress_read_log(struct progress *p)
{
    autostr struct str text = {0};
    if (!file_read(AT_FDCWD, p->log, &text, PROGRESS_MAX))
        return;
    p->torn = text.len && text.s[text.len - 1] != '\n';
    for (char *rest = text.s, *line; rest && (line = strsep(&rest, "\n"));)
        if (rest) { /* the last piece has no newline: torn, or empty */
            _cleanup_(progress_line_free)
            struct progress_line l = {0};
            if (progress_line_parse(line, strlen(line), &l))
                progress_remember(p, l.event, l.lesson, l.step);
        }
}

/* file_replace() names its temporary file session.PID.tmp. A process killed while writing leaves it. */
static void progress_sweep(const struct progress *p)
{
    DIR *dir = opendir(p->dir);
    if (!dir)
        return;
    for (struct dirent *d; (d = readdir(dir));) {
        long pid;
        int used = 0;
        if (sscanf(d->d_name, "session.%9ld.tmp%n", &pid, &used) != 1 || !used || d->d_name[used] || pid <= 1)
            continue;
        if (kill((pid_t)pid, 0) < 0 && errno == ESRCH)
            unlinkat(dirfd(dir), d->d_name, 0);
    }
    closedir(dir);
}

static void progress_set_trouble(struct progress *p, int err)
{
    if (!p->trouble.len)
        str_addf(
            &p->trouble,
            "Progress cannot be saved in %s: %s. The session works, but will not be remembered; set PORTHOLE_STATE to "
            "a directory of yours to change that.",
            p->dir, strerror(err));
}

struct progress *progress_open(const char *dir)
{
    struct progress *p = xcalloc(1, sizeof *p);
    p->dir = dir ? xstrdup(dir) : user_state_dir();
    p->log = xasprintf("%s/progress.log", p->dir);
    p->session = xasprintf("%s/session", p->dir);
    if (!file_mkdirs(p->dir) || access(p->dir, W_OK) < 0)
        progress_set_trouble(p, errno);
    progress_sweep(p);
    progress_read_log(p);
    return p;
}

void progress_free(struct progress *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->n; i++) {
        free(p->v[i].lesson);
        free(p->v[i].step);
    }
    free(p->v);
    free(p->dir);
    free(p->log);
    free(p->session);
    str_free(&p->trouble);
    free(p);
}

const char *progress_trouble(const struct progress *p)
{
    if (!p->trouble.len || p->told)
        return NULL;
    ((struct progress *)p)->told = true;
    return str_c(&p->trouble);
}

void progress_log(struct progress *p, enum progress_event e, const char *lesson, const char *step)
{
    autostr struct str line = {0};
    if (p->torn)
        str_addc(&line, '\n');
    size_t start = line.len;
    progress_line_print(&line, time(NULL), e, lesson, step);
    if (file_append(p->log, line.s, line.len))
        p->torn = false;
    else
        progress_set_trouble(p, errno);
    _cleanup_(progress_line_free)
    struct progress_line l = {0};
    if (progress_line_parse(line.s + start, line.len - start - 1, &l))
        progress_remember(p, l.event, l.lesson, l.step);
}

static bool progress_has(const struct progress *p, enum progress_event e, const char *lesson, const char *step)
{
    autostr struct str key = {0};
    progress_line_word(&key, lesson);
    for (size_t i = 0; i < p->n; i++)
        if (p->v[i].event == e && !strcmp(p->v[i].lesson, key.s + 1) && (!step || !strcmp(p->v[i].step, step)))
            return true;
    return false;
}

bool progress_step_done(const struct progress *p, const char *lesson, const char *slug)
{
    return progress_has(p, PROGRESS_STEP_DONE, lesson, slug);
}

bool progress_lesson_done(const struct progress *p, const char *lesson)
{
    return progress_has(p, PROGRESS_LESSON_DONE, lesson, NULL);
}

static uint64_t progress_sum(const char *s, size_t n)
{
    return hash_more(HASH_START, s, n);
}

bool progress_save(struct progress *p, const struct progress_place *place)
{
    autostr struct str text = {0};
    const char *journal = place->journal ? place->journal : "";
    str_addf(&text, "porthole session 1\nlesson:");
    progress_line_word(&text, place->lesson);
    str_add(&text, "\nstep:");
    progress_line_word(&text, place->step);
    str_addf(&text, "\nblock: %d\nstage: %d\nside: %d\njournal: %zu\n", place->block, place->stage, place->side,
             strlen(journal));
    str_add(&text, journal);
    str_addf(&text, "\nend %016llx\n", (unsigned long long)progress_sum(text.s, text.len));
    if (file_replace(p->session, text.s, text.len))
        return true;
    progress_set_trouble(p, errno);
    return false;
}

/* Takes "KEY: VALUE\n" from *s. NULL when the next line is another. */
static char *progress_take(char **s, const char *key)
{
    size_t n = strlen(key);
    char *end = strchr(*s, '\n');
    if (!end || strncmp(*s, key, n) || strncmp(*s + n, ": ", 2))
        return NULL;
    *end = '\0';
    char *value = *s + n + 2;
    *s = end + 1;
    return value;
}

static bool progress_take_int(char **s, const char *key, long max, long *out)
{
    char *value = progress_take(s, key), *end;
    if (!value || !isdigit((unsigned char)*value))
        return false;
    errno = 0;
    *out = strtol(value, &end, 10);
    return !*end && !errno && *out <= max;
}

static bool progress_parse(char *text, size_t len, struct progress_place *place)
{
    static const char head[] = "porthole session 1\n";
    const size_t tail = strlen("\nend 0123456789abcdef\n");
    if (memchr(text, '\0', len) || len < sizeof head + tail || strncmp(text, head, sizeof head - 1))
        return false;
    char sum[32];
    snprintf(sum, sizeof sum, "\nend %016llx\n", (unsigned long long)progress_sum(text, len - tail));
    if (strcmp(text + len - tail, sum) != 0)
        return false;
    char *s = text + sizeof head - 1;
    char *lesson = progress_take(&s, "lesson");
    char *step = lesson ? progress_take(&s, "step") : NULL;
    long block, stage, side, journal;
    if (!step || !progress_take_int(&s, "block", 1000000, &block) || !progress_take_int(&s, "stage", 1, &stage) ||
        !progress_take_int(&s, "side", 1, &side) || !progress_take_int(&s, "journal", PROGRESS_MAX, &journal) ||
        s + journal + tail != text + len)
        return false;
    *place = (struct progress_place){
        .lesson = xstrdup(lesson),
        .step = xstrdup(step),
        .journal = xstrndup(s, (size_t)journal),
        .block = (int)block,
        .stage = (int)stage,
        .side = (int)side,
    };
    return true;
}

bool progress_load(struct progress *p, struct progress_place *place)
{
    autostr struct str text = {0};
    *place = (struct progress_place){0};
    if (!file_read(AT_FDCWD, p->session, &text, PROGRESS_MAX)) {
        if (errno != EFBIG)
            return false;
    } else if (progress_parse(text.s, text.len, place)) {
        return true;
    }
    autofree char *aside = xasprintf("%s.damaged", p->session);
    if (rename(p->session, aside) < 0)
        progress_set_trouble(p, errno);
    return false;
}

void progress_place_free(struct progress_place *place)
{
    free(place->lesson);
    free(place->step);
    free(place->journal);
    *place = (struct progress_place){0};
}
