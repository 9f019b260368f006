/* What a terminal in a pane costs: bytes a second that programs may write, beside libvterm with its own screen fed the
 * same in the same run, and what a screen costs to read and a line of scrollback to keep. Asserts nothing. */
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "screen/frame.h"
#include "screen/term.h"
#include <locale.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vterm.h>

#define BENCH_ROWS  24
#define BENCH_COLS  80
#define BENCH_PIECE 16384 /* as much as is read from a pty at once */
#define BENCH_BYTES (8 << 20)

static void bench_plain(struct str *out, int i)
{
    str_add(out, "-rw-r--r--  1 root root   4096 a line of a listing, as long as they are\r\n");
}

static void bench_yes(struct str *out, int i)
{
    str_add(out, "y\r\n");
}

static void bench_colours(struct str *out, int i)
{
    str_addf(out, "\033[0;%d;48;5;%dmword\033[1;3%dmother\033[0m ", 30 + i % 8, i % 256, i % 8);
    if (i % 6 == 5)
        str_add(out, "\r\n");
}

/* As top repaints: cursor, text, erase to the end. */
static void bench_fullscreen(struct str *out, int i)
{
    str_addf(out, "\033[%d;1H%7d root      20   0  %6d  0.0 \033[7mS\033[m cmd\033[K", i % BENCH_ROWS + 1, i,
             i * 7 % 9999);
}

static void bench_wide(struct str *out, int i)
{
    str_add(out, "舷窓の外には海がある — é ü ñ ──┤\r\n");
}

static const struct {
    const char *name;
    void (*make)(struct str *out, int i);
} bench_kinds[] = {
    {"plain text", bench_plain},       {"yes", bench_yes},   {"colours", bench_colours},
    {"full screen", bench_fullscreen}, {"wide", bench_wide},
};

/* Megabytes a second. */
static double bench_term(const struct str *text, bool read)
{
    struct term *t = term_new(BENCH_ROWS, BENCH_COLS, NULL);
    static struct term_cell cells[BENCH_COLS];
    size_t done = 0;
    int64_t start = now_us();
    while (done < BENCH_BYTES)
        for (size_t at = 0; at < text->len; at += BENCH_PIECE) {
            size_t n = text->len - at < BENCH_PIECE ? text->len - at : BENCH_PIECE;
            term_feed(t, text->s + at, n);
            for (int y = 0; read && y < BENCH_ROWS; y++)
                if (term_row_dirty(t, y))
                    term_cells(t, y, cells, BENCH_COLS);
            if (read)
                term_clean(t);
            done += n;
        }
    double speed = (double)done / (double)(now_us() - start);
    term_free(t);
    return speed;
}

static double bench_libvterm(const struct str *text)
{
    VTerm *vt = vterm_new(BENCH_ROWS, BENCH_COLS);
    vterm_set_utf8(vt, 1);
    VTermScreen *screen = vterm_obtain_screen(vt);
    vterm_screen_enable_altscreen(screen, 1);
    vterm_screen_set_damage_merge(screen, VTERM_DAMAGE_SCROLL);
    vterm_screen_reset(screen, 1);
    size_t done = 0;
    int64_t start = now_us();
    while (done < BENCH_BYTES)
        for (size_t at = 0; at < text->len; at += BENCH_PIECE) {
            size_t n = text->len - at < BENCH_PIECE ? text->len - at : BENCH_PIECE;
            vterm_input_write(vt, text->s + at, n);
            vterm_screen_flush_damage(screen);
            done += n;
        }
    double speed = (double)done / (double)(now_us() - start);
    vterm_free(vt);
    return speed;
}

/* Frames of a big screen on which each cell has two colours that were not there before, and of one with few colours. */
static double bench_frames(int colours)
{
    static struct term_cell cells[200];
    struct frame *f = frame_new(60, 200, true, true);
    autostr struct str bytes = {0};
    unsigned seed = 1;
    int64_t start = now_us();
    for (int i = 0; f && i < 50; i++) {
        for (int y = 0; y < 60; y++) {
            for (int x = 0; x < 200; x++)
                cells[x] = (struct term_cell){.cp = {(unsigned)('a' + (x + i) % 26)},
                                              .width = 1,
                                              .fg = TERM_RGB | (rand_r(&seed) % colours),
                                              .bg = TERM_RGB | (rand_r(&seed) % colours)};
            frame_cells(f, y, 0, 200, cells, 200);
        }
        frame_take(f, &bytes);
        str_cut(&bytes, 0);
    }
    double ms = (double)(now_us() - start) / 50 / 1000;
    frame_free(f);
    return ms;
}

static void bench_memory(void)
{
    struct mallinfo2 before = mallinfo2();
    struct term *t = term_new(BENCH_ROWS, BENCH_COLS, NULL);
    struct mallinfo2 empty = mallinfo2();
    for (int i = 0; i < TERM_HISTORY + BENCH_ROWS; i++)
        term_feed(t, "a line of a usual length, of forty bytes\r\n", 42);
    struct mallinfo2 full = mallinfo2();
    printf("terminal's memory      %6.0f KiB, and %.0f KiB for %d lines of scrollback\n",
           (double)(empty.uordblks - before.uordblks) / 1024, (double)(full.uordblks - empty.uordblks) / 1024,
           TERM_HISTORY);
    term_free(t);
}

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < COUNT(bench_kinds); i++) {
        autostr struct str text = {0};
        for (int k = 0; text.len < 64 * 1024; k++)
            bench_kinds[i].make(&text, k);
        double library = bench_libvterm(&text), mine = bench_term(&text, false), looked = bench_term(&text, true);
        printf("terminal, %-12s %6.1f MB/s, %4.1f ns a byte; read 16 KiB apart %6.1f MB/s; libvterm alone %6.1f MB/s, "
               "ratio %.2f\n",
               bench_kinds[i].name, mine, 1000 / mine, looked, library, mine / library);
    }
    setenv("TERM", "xterm-256color", 1);
    printf("a frame of 60x200, all of it new: %.1f ms; in millions of colours %.1f ms\n", bench_frames(2),
           bench_frames(1 << 24));
    bench_memory();
    return 0;
}
