/* Fuzzes the reader of recordings, and the writer by what it read: any bytes give a recording whose events are in order
 * and within its text, or a fault with its line; and what is recorded of it reads the same. Under libFuzzer
 * (-fsanitize=fuzzer, -DFUZZ) its loop is used; else main() runs the files given, or mutates a small recording with a
 * fixed seed, FUZZ_RUNS times. */
#include "base/text.h"
#include "export/cast_read.h"
#include "export/cast_write.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_check_error(const struct str *error)
{
    autostr struct str safe = {0};
    text_sanitise(&safe, str_c(error), error->len, TEXT_LINE);
    if (!error->len || strcmp(str_c(&safe), error->s) != 0 || !strchr(error->s, ':'))
        abort();
}

static void fuzz_check_events(const struct cast *c)
{
    int64_t last = 0;
    for (size_t i = 0; i < c->n; i++) {
        const struct cast_event *e = &c->v[i];
        if (e->us < last || e->at > c->text.len || e->len > c->text.len - e->at || !strchr("orm", e->kind))
            abort();
        if (e->kind == 'r' && (e->cols < 1 || e->rows < 1))
            abort();
        last = e->us;
    }
}

/* Written again, cut in pieces of a few bytes, and read: the same text, the same last moment. */
static void fuzz_write_again(const struct cast *c)
{
    struct cast_writer w = {0};
    autostr struct str out = {0}, error = {0}, was = {0}, is = {0};
    cast_begin(&w, 0, &(struct cast_head){.cols = c->cols, .rows = c->rows, .title = c->title}, &out);
    for (size_t i = 0; i < c->n; i++) {
        const struct cast_event *e = &c->v[i];
        const char *s = c->text.len ? c->text.s + e->at : "";
        if (e->kind != 'o')
            continue;
        str_addn(&was, s, e->len);
        for (size_t at = 0, piece; at < e->len; at += piece) {
            piece = e->len - at < 3 ? e->len - at : 3;
            cast_output(&w, e->us, s + at, piece, &out);
        }
    }
    cast_end(&w, cast_length_us(c), &out);
    struct cast *again = cast_parse("again", str_c(&out), out.len, &error);
    if (!again || again->torn || again->cols != c->cols || again->rows != c->rows)
        abort();
    for (size_t i = 0; i < again->n; i++)
        str_addn(&is, again->text.s + again->v[i].at, again->v[i].len);
    if (is.len != was.len || memcmp(str_c(&is), str_c(&was), is.len) != 0)
        abort();
    cast_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    autostr struct str error = {0};
    struct cast *c = cast_parse("fuzz", (const char *)data, size, &error);
    if (!c) {
        fuzz_check_error(&error);
        return 0;
    }
    fuzz_check_events(c);
    fuzz_write_again(c);
    cast_free(c);
    return 0;
}

#ifndef FUZZ
static const char fuzz_seed[] = "{\"version\": 2, \"width\": 80, \"height\": 24, \"timestamp\": 1504467315, \"title\": "
                                "\"Demo\", \"idle_time_limit\": 2.5, \"env\": {\"TERM\": \"xterm\"}}\n"
                                "[0.248848, \"o\", \"\\u001b[1;31mHello \\u001b[32mWorld!\\u001b[0m\\n\"]\n"
                                "[1.001376, \"o\", \"\\ud83d\\udc33 \xe2\x9c\x93\\u0000\"]\n"
                                "[2.5, \"r\", \"100x50\"]\n[3, \"m\", \"step 1\"]\n[3.25, \"i\", \"x\"]\n";
static const char fuzz_seed3[] = "{\"version\":3,\"term\":{\"cols\":80,\"rows\":24}}\n#x\n[0.5,\"o\",\"a\"]\n"
                                 "[1,\"r\",\"9x9\"]\n[0.1,\"x\",\"0\"]\n";

static size_t fuzz_mutate(unsigned *seed, uint8_t *data, size_t n, size_t max)
{
    static const char bits[] = "[]{}\",:\\u0019.eE+-ormix\n# \xc3\xe2\xf0\x80";
    for (int k = rand_r(seed) % 6; k-- && n;) {
        size_t at = (size_t)rand_r(seed) % n;
        switch (rand_r(seed) % 4) {
        case 0:
            data[at] = (uint8_t)rand_r(seed);
            break;
        case 1:
            data[at] = (uint8_t)bits[(size_t)rand_r(seed) % (sizeof bits - 1)];
            break;
        case 2: /* a piece is left out */
        {
            size_t len = (size_t)rand_r(seed) % 12;
            len = len > n - at ? n - at : len;
            memmove(data + at, data + at + len, n - at - len);
            n -= len;
            break;
        }
        default: /* or said twice */
        {
            size_t len = (size_t)rand_r(seed) % 40;
            len = len > n - at ? n - at : len;
            if (n + len > max)
                break;
            memmove(data + at + len, data + at, n - at);
            n += len;
        }
        }
    }
    return n;
}

static int fuzz_file(const char *path)
{
    static uint8_t data[1 << 20];
    FILE *f = fopen(path, "rbe");
    if (!f) {
        perror(path);
        return 1;
    }
    size_t n = fread(data, 1, sizeof data, f);
    fclose(f);
    LLVMFuzzerTestOneInput(data, n);
    return 0;
}

int main(int argc, char **argv)
{
    int failed = 0;
    for (int i = 1; i < argc; i++)
        failed |= fuzz_file(argv[i]);
    const char *runs = getenv("FUZZ_RUNS");
    unsigned seed = 1;
    for (long n = argc > 1 ? 0 : runs ? atol(runs) : 20000; n > 0; n--) {
        uint8_t data[2048];
        const char *from = n % 3 ? fuzz_seed : fuzz_seed3;
        memcpy(data, from, strlen(from));
        LLVMFuzzerTestOneInput(data, fuzz_mutate(&seed, data, strlen(from), sizeof data));
    }
    return failed;
}
#endif
