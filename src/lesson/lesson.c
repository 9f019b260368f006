#include "lesson/lesson.h"
#include "base/file.h"
#include "base/mem.h"
#include "lesson/parse.h"
#include "lesson/trust.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define LESSON_MAX_BYTES (1 << 20)

void block_append(struct block **v, size_t *n, struct block b)
{
    *v = xrealloc(*v, (*n + 1) * sizeof **v);
    (*v)[(*n)++] = b;
}

static void block_free_all(struct block *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        block_free(&v[i]);
    free(v);
}

void block_free(struct block *b)
{
    free(b->actor);
    free(b->text);
    free(b->expect);
    for (size_t i = 0; i < b->nchoices; i++) {
        free(b->choices[i].text);
        free(b->choices[i].feedback);
    }
    free(b->choices);
    block_free_all(b->sub, b->nsub);
    *b = (struct block){0};
}

static void lesson_free_words(char **words)
{
    for (char **w = words; w && *w; w++)
        free(*w);
    free(words);
}

void lesson_free(struct lesson *l)
{
    if (!l)
        return;
    free(l->path);
    free(l->id);
    free(l->title);
    free(l->after);
    free(l->view);
    free(l->goal);
    free(l->foreign);
    lesson_free_words(l->needs);
    lesson_free_words(l->man);
    block_free_all(l->blocks, l->nblocks);
    for (size_t i = 0; i < l->nsteps; i++) {
        free(l->steps[i].title);
        free(l->steps[i].slug);
        block_free_all(l->steps[i].blocks, l->steps[i].nblocks);
    }
    free(l->steps);
    free(l);
}

void lesson_freep(struct lesson **l)
{
    lesson_free(*l);
    *l = NULL;
}

char *lesson_slug(const char *title)
{
    struct str slug = {0};
    for (; *title; title++) {
        unsigned char c = (unsigned char)*title;
        if (isalnum(c) || c >= 0x80)
            str_addc(&slug, (char)tolower(c));
        else if (slug.len && slug.s[slug.len - 1] != '-')
            str_addc(&slug, '-');
    }
    while (slug.len && slug.s[slug.len - 1] == '-')
        str_cut(&slug, slug.len - 1);
    return str_steal(&slug);
}

struct lesson *lesson_load(const char *path, lesson_fault_fn fault, void *arg)
{
    autostr struct str text = {0}, why = {0};
    bool trusted = trust_path(path, &why); /* before it is read: see there */
    if (file_read(AT_FDCWD, path, &text, LESSON_MAX_BYTES)) {
        struct lesson *l = lesson_parse(path, str_c(&text), text.len, fault, arg);
        if (l && !trusted)
            l->foreign = str_steal(&why);
        return l;
    }
    struct parser p = {.path = path, .fault = fault, .arg = arg};
    if (errno == EFBIG)
        parse_error(&p, 1, "longer than %d bytes: split the lesson", LESSON_MAX_BYTES);
    else
        parse_error(&p, 1, "cannot read the file: %s", strerror(errno));
    return NULL;
}
