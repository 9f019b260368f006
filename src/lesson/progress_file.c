/* An export is text:
 *
 *     porthole progress 1
 *     learner: 3f2a...            one learner, however many exports and machines
 *     name: Ada Lovelace
 *     lines: 2                    so that a file cut short is noticed
 *
 *     2025-01-31T09:30:00Z started kill find-the-victim
 *     2025-01-31T09:31:12Z step-done kill find-the-victim
 *
 * The lines are those of the log, so merging is a union of lines. A line has no number of its own: the same line in two
 * files is the same event, and only as often as the file that has it most often says.
 *
 * The number in the first line is the format's. A later one is refused: what it means, this version cannot know. */
#include "base/file.h"
#include "base/text.h"
#include "lesson/progress_file_private.h"
#include "lesson/progress_line.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define PROGRESS_FILE_MAX    (64 << 20)
#define PROGRESS_FILE_FORMAT 1

void progress_file_free(struct progress_file *f)
{
    for (size_t i = 0; i < f->n; i++)
        free(f->v[i]);
    free(f->v);
    free(f->id);
    free(f->name);
    *f = (struct progress_file){0};
}

/* By time; of one second, a start comes before what was done in the lesson. */
static int progress_file_compare(const char *a, const char *b)
{
    static const char start[] = " started ";
    int order = strncmp(a, b, PROGRESS_LINE_TIME);
    if (order)
        return order;
    bool first = text_has_prefix(a + PROGRESS_LINE_TIME, start),
         second = text_has_prefix(b + PROGRESS_LINE_TIME, start);
    return first != second ? second - first : strcmp(a, b);
}

static int progress_file_by_time(const void *a, const void *b)
{
    return progress_file_compare(*(char *const *)a, *(char *const *)b);
}

static void progress_file_sort(struct progress_file *f)
{
    if (f->n)
        qsort(f->v, f->n, sizeof *f->v, progress_file_by_time);
}

static void progress_file_add(struct progress_file *f, const char *text, size_t n)
{
    _cleanup_(progress_line_free)
    struct progress_line line = {0};
    if (!progress_line_parse(text, n, &line)) {
        f->damaged++;
        return;
    }
    GROW(f->v, f->n, f->cap);
    f->v[f->n++] = xstrndup(text, n);
}

/* The last piece, without a newline, is a line torn by a crash. */
static void progress_file_add_log(struct progress_file *f, const char *text, size_t n)
{
    for (const char *end = text + n; text < end;) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t len = (size_t)((newline ? newline : end) - text);
        if (!newline)
            f->damaged++;
        else if (len)
            progress_file_add(f, text, len);
        text += len + 1;
    }
    progress_file_sort(f);
}

/* "KEY: VALUE\n" at *s, which moves on; NULL when another line is there. malloc'd. */
static char *progress_file_field(const char **s, const char *key)
{
    size_t n = strlen(key), len = strcspn(*s, "\n");
    if (strncmp(*s, key, n) != 0 || strncmp(*s + n, ": ", 2) != 0 || !(*s)[len])
        return NULL;
    char *value = xstrndup(*s + n + 2, len - n - 2);
    *s += len + 1;
    return value;
}

static bool progress_file_is_id(const char *id)
{
    return strlen(id) == 32 && strspn(id, "0123456789abcdef") == 32;
}

char *progress_file_safe_name(const char *name)
{
    char safe[80];
    autofree char *copy = xstrdup(name);
    text_copy(safe, sizeof safe, text_trim(copy));
    return xstrdup(safe);
}

static int progress_file_parse(const char *path, const char *s, size_t n, struct progress_file *f, struct outcome *o)
{
    const char *end = s + n;
    if (atoi(s) != PROGRESS_FILE_FORMAT || s[strspn(s, "0123456789")] != '\n')
        return outcome_set(o, 0, "read the progress file", path,
                           "it is of format %.*s, and this porthole reads format %d: update porthole",
                           (int)strspn(s, "0123456789"), s, PROGRESS_FILE_FORMAT);
    s = strchr(s, '\n') + 1;
    autofree char *id = progress_file_field(&s, "learner");
    autofree char *name = id ? progress_file_field(&s, "name") : NULL;
    autofree char *lines = name ? progress_file_field(&s, "lines") : NULL;
    if (!lines || !progress_file_is_id(id) || !isdigit((unsigned char)*lines))
        return outcome_set(o, 0, "read the progress file", path,
                           "its head is damaged: ask for a fresh `porthole progress export`");
    f->id = steal_ptr(&id);
    f->name = progress_file_safe_name(name);
    progress_file_add_log(f, s, (size_t)(end - s));
    unsigned long counted = strtoul(lines, NULL, 10);
    if (counted > f->n + f->damaged)
        f->damaged += counted - f->n - f->damaged;
    return 0;
}

static const char *progress_file_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

int progress_file_read(const char *path, struct progress_file *f, struct outcome *o)
{
    static const char head[] = "porthole progress ";
    autostr struct str text = {0};
    *f = (struct progress_file){0};
    if (!file_read(AT_FDCWD, path, &text, PROGRESS_FILE_MAX))
        return outcome_set(o, errno, "read the progress file", path, NULL);
    if (text_has_prefix(str_c(&text), head))
        return progress_file_parse(path, text.s + strlen(head), text.len - strlen(head), f, o);
    progress_file_add_log(f, str_c(&text), text.len);
    if (!f->n) {
        progress_file_free(f);
        return outcome_set(o, 0, "read the progress file", path,
                           "there is no progress in it; `porthole progress export FILE` writes such files");
    }
    f->id = xstrdup("");
    f->name = progress_file_safe_name(progress_file_base(path));
    return 0;
}

void progress_file_print(const struct progress_file *f, struct str *out)
{
    str_addf(out, "porthole progress %d\nlearner: %s\nname: %s\nlines: %zu\n\n", PROGRESS_FILE_FORMAT, f->id, f->name,
             f->n);
    for (size_t i = 0; i < f->n; i++)
        str_addf(out, "%s\n", f->v[i]);
}

/* Both are sorted: what stands at k and is not in f at i is new. */
size_t progress_file_merge(struct progress_file *f, const struct progress_file *from, struct str *added)
{
    size_t had = f->n, i = 0, count = 0;
    for (size_t k = 0; k < from->n; k++) {
        while (i < had && progress_file_compare(f->v[i], from->v[k]) < 0)
            i++;
        if (i < had && !strcmp(f->v[i], from->v[k])) {
            i++;
            continue;
        }
        GROW(f->v, f->n, f->cap);
        f->v[f->n++] = xstrdup(from->v[k]);
        if (added)
            str_addf(added, "%s\n", from->v[k]);
        count++;
    }
    progress_file_sort(f);
    return count;
}

bool progress_file_read_log(const char *path, struct progress_file *f, bool *torn)
{
    autostr struct str text = {0};
    *torn = false;
    if (!file_read(AT_FDCWD, path, &text, PROGRESS_FILE_MAX))
        return errno == ENOENT;
    *torn = text.len && text.s[text.len - 1] != '\n';
    progress_file_add_log(f, str_c(&text), text.len);
    return true;
}
