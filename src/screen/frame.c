/* ncurses renders into a memory file.
 *
 * Left to itself ncurses writes to the terminal at each cursor movement (up to a hundred writes a frame) and spins when
 * a terminal stops reading. So it gets a memfd for a terminal: after doupdate() the bytes of the whole frame lie there,
 * are taken out and go to the terminal in one write, when the terminal wants them (tty.c).
 *
 *     cells --wnoutrefresh, doupdate--> memfd --frame_take--> bytes
 *
 * Everything is drawn on stdscr: panes are rectangles, not windows. ncurses compares the new screen with the old one
 * anyway and sends only what differs, and there is no window to move when the layout changes. */
#include "base/die.h"
#include "base/mem.h"
#include "base/text.h"
#include "screen/frame_private.h"
#include "screen/glyph.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* newterm() takes over SIGINT, SIGTERM, SIGTSTP and SIGWINCH when they are default. They are ours. */
static const int frame_signals[] = {SIGINT, SIGTERM, SIGTSTP, SIGWINCH, SIGTTOU, SIGTTIN};

/* A memfd has no size: newterm() would take terminfo's and set the terminal's scroll region to its 24 rows. */
static void frame_size_in_environment(int rows, int cols)
{
    static const char *const names[] = {"LINES", "COLUMNS"};
    static char *saved[2];
    for (int i = 0; i < 2; i++) {
        char number[16];
        int n = i ? cols : rows;
        snprintf(number, sizeof number, "%d", n);
        if (n) {
            const char *value = getenv(names[i]);
            saved[i] = value ? xstrdup(value) : NULL;
            setenv(names[i], number, 1);
        } else if (saved[i]) {
            setenv(names[i], saved[i], 1);
            free(saved[i]);
            saved[i] = NULL;
        } else
            unsetenv(names[i]);
    }
}

struct frame *frame_new(int rows, int cols, bool utf8, bool colour)
{
    struct sigaction saved[COUNT(frame_signals)];
    for (size_t i = 0; i < COUNT(frame_signals); i++)
        sigaction(frame_signals[i], NULL, &saved[i]);
    int fd = memfd_create("porthole-frame", MFD_CLOEXEC);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w+");
    if (!file)
        die("no memory for a frame");
    frame_size_in_environment(rows, cols);
    SCREEN *screen = newterm(NULL, file, stdin);
    frame_size_in_environment(0, 0);
    for (size_t i = 0; i < COUNT(frame_signals); i++)
        sigaction(frame_signals[i], &saved[i], NULL);
    if (!screen) {
        fclose(file);
        return NULL;
    }
    struct frame *f = xcalloc(1, sizeof *f);
    f->screen = screen;
    f->file = file;
    f->fd = fd;
    f->utf8 = utf8;
    f->cursor_y = -1;
    set_term(screen);
    typeahead(-1);
    frame_resize(f, rows, cols);
    if (colour)
        frame_colours_open(f);
    frame_theme(f, THEME_DEFAULT);
    return f;
}

void frame_free(struct frame *f)
{
    if (!f)
        return;
    delscreen(f->screen);
    fclose(f->file);
    free(f);
}

int frame_rows(const struct frame *f)
{
    return f->rows;
}

int frame_cols(const struct frame *f)
{
    return f->cols;
}

void frame_resize(struct frame *f, int rows, int cols)
{
    f->rows = rows < 1 ? 1 : rows;
    f->cols = cols < 1 ? 1 : cols;
    resize_term(f->rows, f->cols);
    f->resized = true;
    erase();
    frame_repaint(f);
}

void frame_repaint(struct frame *f)
{
    clearok(curscr, TRUE);
}

/* The character to show for cp: what a terminal might act on or draw at another width than we think is replaced. */
unsigned frame_safe(const struct frame *f, unsigned cp)
{
    if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
        return '?';
    return f->utf8 ? cp : (unsigned)glyph_ascii(cp);
}

bool frame_combines(unsigned cp)
{
    return cp >= 0x300 && text_cp_width(cp) == 0;
}

/* Is there an occurrence of find at s? Case is folded for ASCII only. */
static bool frame_found(const char *s, const char *find)
{
    return find && *find && !strncasecmp(s, find, strlen(find));
}

void frame_line(struct frame *f, int y, int x, int width, const struct line *line, const char *find)
{
    if (y < 0 || y >= f->rows || x < 0 || x >= f->cols)
        return;
    if (width > f->cols - x)
        width = f->cols - x;
    autofree cchar_t *row = xcalloc((size_t)(width > 0 ? width : 1) + 1, sizeof *row);
    int cell = 0, column = 0;
    const char *text = line->text ? line->text : "";
    size_t found_to = 0;
    for (size_t at = 0, n = strlen(text); at < n && column < width;) {
        if (at >= found_to && frame_found(text + at, find))
            found_to = at + strlen(find);
        enum style style = at < found_to ? STYLE_MATCH : at >= line->from && at < line->to ? line->mark : line->style;
        wchar_t text_cell[CCHARW_MAX + 1] = {0};
        unsigned cp;
        at += (size_t)text_decode(text + at, n - at, &cp);
        cp = frame_safe(f, cp);
        int columns = f->utf8 ? text_cp_width(cp) : 1;
        if (columns == 0) { /* a mark without a letter to stand on */
            cp = '?';
            columns = 1;
        }
        if (column + columns > width)
            break;
        text_cell[0] = (wchar_t)cp;
        for (int k = 1; f->utf8 && at < n; k++) {
            unsigned mark;
            int used = text_decode(text + at, n - at, &mark);
            if (!frame_combines(mark))
                break;
            at += (size_t)used;
            bool selector = (mark >= 0xfe00 && mark <= 0xfe0f); /* would change the width in some terminals */
            if (k < CCHARW_MAX && !selector)
                text_cell[k] = (wchar_t)mark;
            else
                k--;
        }
        attr_t attrs;
        int pair;
        frame_look(f, style, &attrs, &pair);
        setcchar(&row[cell++], text_cell, attrs, (short)pair, &pair);
        column += columns;
    }
    attr_t attrs;
    int pair;
    frame_look(f, line->style, &attrs, &pair);
    for (; column < width; column++)
        setcchar(&row[cell++], L" ", attrs & A_REVERSE, 0, &(int){0});
    mvadd_wchnstr(y, x, row, cell);
}

void frame_text(struct frame *f, int y, int x, int width, const char *text, enum style style)
{
    autofree char *copy = xstrdup(text);
    struct line line = {.text = copy, .style = style};
    frame_line(f, y, x, width, &line, NULL);
}

void frame_fill(struct frame *f, int y, int x, int height, int width)
{
    for (int i = 0; i < height; i++)
        frame_text(f, y + i, x, width, "", STYLE_PLAIN);
}

void frame_cursor(struct frame *f, int y, int x)
{
    f->cursor_y = y >= f->rows ? f->rows - 1 : y;
    f->cursor_x = x >= f->cols ? f->cols - 1 : x;
}

/* Moves the memory file's bytes to out and empties it. */
static void frame_drain(struct frame *f, struct str *out)
{
    struct stat st;
    fflush(f->file);
    if (fstat(f->fd, &st) < 0 || st.st_size == 0)
        return;
    autofree char *bytes = xmalloc((size_t)st.st_size);
    ssize_t n = pread(f->fd, bytes, (size_t)st.st_size, 0);
    if (n > 0)
        str_addn(out, bytes, (size_t)n);
    if (ftruncate(f->fd, 0) < 0 || lseek(f->fd, 0, SEEK_SET) < 0)
        die("cannot empty the frame");
}

void frame_take(struct frame *f, struct str *out)
{
    if (f->left) { /* ncurses itself enters the alternate screen again */
        f->left = false;
        clearok(curscr, TRUE);
    }
    if (f->resized) { /* not every terminal does so by itself; the cursor goes home, as it does with all drawn anew */
        const char *region = tigetstr("csr");
        f->resized = false;
        if (region && region != (const char *)-1)
            str_add(out, tparm(region, 0, f->rows - 1));
    }
    curs_set(f->cursor_y >= 0);
    move(f->cursor_y < 0 ? 0 : f->cursor_y, f->cursor_x);
    wnoutrefresh(stdscr);
    doupdate();
    f->pairs.counted = false;
    f->pairs.renewed = 0;
    frame_drain(f, out);
}

void frame_leave(struct frame *f, struct str *out)
{
    if (f->left)
        return;
    f->left = true;
    curs_set(1);
    endwin();
    frame_drain(f, out);
}

const char *frame_function_key(const struct frame *f, int i)
{
    char name[8];
    snprintf(name, sizeof name, "kf%d", i);
    const char *bytes = tigetstr(name);
    return bytes && bytes != (const char *)-1 && *bytes ? bytes : NULL;
}
