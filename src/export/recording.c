#include "export/recording.h"
#include "base/file.h"
#include "base/loop.h"
#include "export/spool.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define RECORDING_PATIENCE_MS 2000

struct recording {
    struct cast_writer cast;
    struct spool *spool;
    char *path;
    int cols, rows;
};

struct recording *recording_open(const char *path, bool replace, struct outcome *o)
{
    autofd int fd = file_create(path, replace);
    if (fd < 0) {
        outcome_set(o, errno, "make a recording", path,
                    errno == EEXIST   ? "--force writes over it"
                    : errno == EINVAL ? "a recording is a regular file"
                    : errno == ELOOP  ? "a link is not written through"
                                      : NULL);
        return NULL;
    }
    struct spool *spool = spool_open(steal_fd(&fd));
    if (!spool) {
        outcome_set(o, errno, "make a recording: start its thread", path, NULL);
        unlink(path);
        return NULL;
    }
    struct recording *r = xcalloc(1, sizeof *r);
    r->spool = spool;
    r->path = xstrdup(path);
    return r;
}

static void recording_put(struct recording *r, struct str *lines)
{
    if (lines->len)
        spool_put(r->spool, lines->s, lines->len);
}

void recording_begin(struct recording *r, const struct cast_head *head)
{
    autostr struct str lines = {0};
    r->cols = head->cols;
    r->rows = head->rows;
    cast_begin(&r->cast, now_us(), head, &lines);
    recording_put(r, &lines);
}

bool recording_begun(const struct recording *r)
{
    return r->cast.begun;
}

void recording_output(struct recording *r, const char *bytes, size_t n)
{
    autostr struct str lines = {0};
    cast_output(&r->cast, now_us(), bytes, n, &lines);
    recording_put(r, &lines);
}

void recording_resize(struct recording *r, int cols, int rows)
{
    autostr struct str lines = {0};
    if (cols == r->cols && rows == r->rows)
        return;
    r->cols = cols;
    r->rows = rows;
    cast_resize(&r->cast, now_us(), cols, rows, &lines);
    recording_put(r, &lines);
}

void recording_mark(struct recording *r, const char *label)
{
    autostr struct str lines = {0};
    cast_mark(&r->cast, now_us(), label, &lines);
    recording_put(r, &lines);
}

void recording_pause(struct recording *r)
{
    autostr struct str lines = {0};
    cast_pause(&r->cast, now_us(), &lines);
    recording_put(r, &lines);
}

void recording_resume(struct recording *r)
{
    cast_resume(&r->cast, now_us());
}

bool recording_paused(const struct recording *r)
{
    return r->cast.paused;
}

const char *recording_path(const struct recording *r)
{
    return r->path;
}

int64_t recording_ms(const struct recording *r)
{
    return r->cast.begun ? cast_time(&r->cast, now_us()) / 1000 : 0;
}

int recording_bell(const struct recording *r)
{
    return spool_bell(r->spool);
}

int recording_close(struct recording *r, struct outcome *o)
{
    autostr struct str lines = {0};
    bool begun = r->cast.begun;
    cast_end(&r->cast, now_us(), &lines);
    recording_put(r, &lines);
    int err = spool_close(r->spool, RECORDING_PATIENCE_MS);
    if (!begun)
        unlink(r->path);
    if (err)
        outcome_set(o, err, "the recording ended early: write", r->path,
                    err == ENOSPC || err == EDQUOT || err == EFBIG ? "what was recorded until then is there and plays"
                                                                   : NULL);
    free(r->path);
    free(r);
    return err ? -1 : 0;
}
