/* Fuzzes the terminal: any bytes, in any pieces, with resizes, scrolling, keys and pasted text in between. Afterwards,
 * and sometimes meanwhile, everything is looked at: no control character in a cell, no half of a wide character alone,
 * the cursor on the screen, the same characters in the text as in the cells.
 *
 * Under libFuzzer (-fsanitize=fuzzer, -DFUZZ) its loop is used; else main() runs the files given, or makes up input
 * with a fixed seed, FUZZ_RUNS times. A byte 0xf0-0xff followed by 0xfe is an action, not input. */
#include "base/mem.h"
#include "base/str.h"
#include "base/text.h"
#include "screen/term.h"
#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_CHECK(cond)                                                                                               \
    do {                                                                                                               \
        if (!(cond)) {                                                                                                 \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #cond);                                   \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

static size_t fuzz_answered;

static void fuzz_answer(void *arg, const char *bytes, size_t n)
{
    fuzz_answered += n;
}

static void fuzz_look_at(const struct term *t, int y)
{
    static struct term_cell cells[TERM_COLS_MAX];
    autofree char *text = term_row_text(t, y);
    FUZZ_CHECK(!strpbrk(text, "\033\n\r\t\b\a\x7f"));
    term_cells(t, y, cells, term_cols(t));
    for (int x = 0; x < term_cols(t); x++) {
        const struct term_cell *c = &cells[x];
        FUZZ_CHECK(c->width <= 2 && c->fg >= -1 && c->bg >= -1 && c->fg <= (TERM_RGB | 0xffffff));
        FUZZ_CHECK((c->cp[0] == 0 || c->cp[0] >= 0x20) && (c->cp[0] < 0x7f || c->cp[0] >= 0xa0));
        FUZZ_CHECK(c->cp[0] <= 0x10ffff && !text_is_format(c->cp[0]));
        FUZZ_CHECK(c->width || (x && cells[x - 1].width == 2));
        FUZZ_CHECK(c->width != 2 || (x + 1 < term_cols(t) && cells[x + 1].width == 0));
        FUZZ_CHECK(c->cp[0] || !c->cp[1]);
    }
}

static void fuzz_look(const struct term *t)
{
    int y, x;
    if (term_cursor(t, &y, &x))
        FUZZ_CHECK(y >= 0 && y < term_rows(t) && x >= 0 && x < term_cols(t));
    FUZZ_CHECK(term_scrolled(t) <= term_history(t) && term_history(t) <= TERM_HISTORY);
    FUZZ_CHECK(!strpbrk(term_title(t), "\033\n\a"));
    for (y = 0; y < term_rows(t); y++)
        fuzz_look_at(t, y);
}

/* What the two bytes of an action, and one more, ask for. */
static void fuzz_act(struct term *t, unsigned action, unsigned more)
{
    struct key key = {.id = (enum key_id)(more % (K_UNKNOWN + 1)), .mods = more >> 5, .cp = more, .raw = "\033[9~"};
    key.n = more & 1 ? 4 : 0;
    switch (action & 7) {
    case 0:
        term_resize(t, term_rows(t), (int)more / 2);
        break;
    case 1:
        term_resize(t, (int)more / 4, term_cols(t));
        break;
    case 2:
        term_resize(t, (int)(more & 15), (int)(more >> 4));
        break;
    case 3:
        term_scroll(t, (int)more - 128);
        break;
    case 4:
        term_key(t, &key);
        break;
    case 5:
        term_paste(t, "a\033[201~\xff\n舷", more % 14);
        break;
    case 6:
        term_clean(t);
        for (int y = 0; y < term_rows(t); y++)
            FUZZ_CHECK(!term_row_dirty(t, y));
        break;
    default:
        fuzz_look(t);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    if (!ready)
        setlocale(LC_ALL, "C.UTF-8");
    ready = true;
    fuzz_answered = 0;
    struct term *t =
        term_new(size ? data[0] & 31 : 24, size > 1 ? data[1] : 80, &(struct term_events){.answer = fuzz_answer});
    size_t at = 0, from = 0, acted = 0;
    for (; at + 2 < size; at++) {
        bool action = data[at] >= 0xf0 && data[at + 1] == 0xfe;
        if (!action)
            continue;
        term_feed(t, (const char *)data + from, at - from);
        fuzz_act(t, data[at], data[at + 2]);
        acted++;
        from = at + 3;
        at += 2;
    }
    term_feed(t, (const char *)data + from, size - from);
    FUZZ_CHECK(fuzz_answered <= 2000 + 64 * acted);
    fuzz_look(t);
    term_scroll(t, -TERM_HISTORY);
    fuzz_look(t);
    term_free(t);
    return 0;
}

#ifndef FUZZ
static const char *const fuzz_words[] = {
    "\033[",
    "\033]",
    "\033P",
    "\033",
    "\033(0",
    "\033(B",
    "\033[?1049h",
    "\033[?1049l",
    "\033[?6h",
    "\033[r",
    "\033c",
    "\0337",
    "\0338",
    "\033[2J",
    "\033[K",
    "\033[3J",
    "\033[5b",
    "\033[99C",
    "\033[99B",
    "\033[H",
    "\033[4h",
    "\033[L",
    "\033[M",
    "\033[@",
    "\033[P",
    "\033[S",
    "\033[T",
    "\033[44m",
    "\033[2;38;5;9m",
    "\033[6n",
    "\033[c",
    ";",
    ":",
    "38",
    "m",
    "H",
    "?",
    "\a",
    "\033\\",
    "\r\n",
    "\n\n\n\n",
    "\t",
    "\b",
    "text",
    "舷",
    "窓舷",
    "e\xcc\x81",
    "\xcc\x88",
    "\xe8\x88",
    "\xc2\x9b",
    "\xff",
    "\033[2;5r",
    "\033M",
    "\033[!p",
    "\033]0;title\a",
    "\x18",
    "\x0e",
    "0123456789012345678901234567890123456789",
};

static size_t fuzz_make(unsigned *seed, uint8_t *data, size_t max)
{
    size_t n = 2, want = 16 + (size_t)rand_r(seed) % (max - 100);
    data[0] = (uint8_t)rand_r(seed);
    data[1] = (uint8_t)rand_r(seed);
    while (n < want) {
        const char *word = fuzz_words[(size_t)rand_r(seed) % COUNT(fuzz_words)];
        switch (rand_r(seed) % 8) {
        case 0:
            data[n++] = (uint8_t)rand_r(seed);
            break;
        case 1:
            data[n++] = (uint8_t)(0xf0 | (rand_r(seed) & 15));
            data[n++] = 0xfe;
            data[n++] = (uint8_t)rand_r(seed);
            break;
        case 2:
            data[n++] = (uint8_t)(' ' + rand_r(seed) % 95);
            break;
        default:
            memcpy(data + n, word, strlen(word));
            n += strlen(word);
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
    for (long n = argc > 1 ? 0 : runs ? atol(runs) : 20000; n > 0; n -= 8) { /* one is as long as several of a parser */
        uint8_t data[2048];
        LLVMFuzzerTestOneInput(data, fuzz_make(&seed, data, sizeof data));
    }
    return failed;
}
#endif
