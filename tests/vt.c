#include "vt.h"
#include "base/loop.h"
#include "base/str.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vterm.h>

struct vt {
    VTerm *term;
    VTermScreen *screen;
    int rows, cols;
    bool alternate, cursor_visible;
    char row[4096];
};

static int vt_on_prop(VTermProp prop, VTermValue *value, void *user)
{
    struct vt *v = user;
    if (prop == VTERM_PROP_ALTSCREEN)
        v->alternate = value->boolean;
    if (prop == VTERM_PROP_CURSORVISIBLE)
        v->cursor_visible = value->boolean;
    return 1;
}

static const VTermScreenCallbacks vt_callbacks = {.settermprop = vt_on_prop};

static int vt_clamp(int n, int least)
{
    return n < least ? least : n;
}

struct vt *vt_new(int rows, int cols)
{
    struct vt *v = xcalloc(1, sizeof *v);
    v->rows = vt_clamp(rows, 2);
    v->cols = vt_clamp(cols, 8);
    v->term = vterm_new(v->rows, v->cols);
    vterm_set_utf8(v->term, 1);
    v->screen = vterm_obtain_screen(v->term);
    vterm_screen_set_callbacks(v->screen, &vt_callbacks, v);
    vterm_screen_enable_altscreen(v->screen, 1);
    vterm_screen_reset(v->screen, 1);
    v->cursor_visible = true;
    return v;
}

void vt_free(struct vt *v)
{
    if (!v)
        return;
    vterm_free(v->term);
    free(v);
}

void vt_feed(struct vt *v, const char *bytes, size_t n)
{
    vterm_input_write(v->term, bytes, n);
}

void vt_resize(struct vt *v, int rows, int cols)
{
    int old = v->rows;
    v->rows = vt_clamp(rows, 2);
    v->cols = vt_clamp(cols, 8);
    char move[32]; /* shrinking with the cursor above text below crashes 0.1.4 */
    snprintf(move, sizeof move, "\033[r\033[%d;1H", old);
    vt_feed(v, move, strlen(move));
    vterm_set_size(v->term, v->rows, v->cols);
    snprintf(move, sizeof move, "\033[r\033[%d;1H", v->rows);
    vt_feed(v, move, strlen(move));
}

int vt_rows(const struct vt *v)
{
    return v->rows;
}

int vt_cols(const struct vt *v)
{
    return v->cols;
}

static size_t vt_encode(unsigned cp, char *out)
{
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    if (cp < 0x800) {
        out[0] = (char)(0xc0 | cp >> 6);
        out[1] = (char)(0x80 | (cp & 0x3f));
        return 2;
    }
    if (cp < 0x10000) {
        out[0] = (char)(0xe0 | cp >> 12);
        out[1] = (char)(0x80 | (cp >> 6 & 0x3f));
        out[2] = (char)(0x80 | (cp & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | cp >> 18);
    out[1] = (char)(0x80 | (cp >> 12 & 0x3f));
    out[2] = (char)(0x80 | (cp >> 6 & 0x3f));
    out[3] = (char)(0x80 | (cp & 0x3f));
    return 4;
}

const char *vt_row(struct vt *v, int y)
{
    size_t n = 0;
    for (int x = 0; x < v->cols && n + 32 < sizeof v->row;) {
        VTermScreenCell cell;
        if (!vterm_screen_get_cell(v->screen, (VTermPos){y, x}, &cell))
            break;
        if (!cell.chars[0])
            v->row[n++] = ' ';
        for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i]; i++)
            n += vt_encode(cell.chars[i], v->row + n);
        x += cell.width > 0 ? cell.width : 1;
    }
    while (n && v->row[n - 1] == ' ')
        n--;
    v->row[n] = '\0';
    return v->row;
}

char *vt_text(struct vt *v)
{
    struct str all = {0};
    for (int y = 0; y < v->rows; y++)
        str_addf(&all, "%s\n", vt_row(v, y));
    return str_steal(&all);
}

int vt_find(struct vt *v, const char *text, int *col)
{
    for (int y = 0; y < v->rows; y++) {
        const char *row = vt_row(v, y), *at = strstr(row, text);
        if (!at)
            continue;
        int x = 0;
        for (const char *p = row; p < at; p++)
            x += ((unsigned char)*p & 0xc0) != 0x80;
        if (col)
            *col = x;
        return y;
    }
    return -1;
}

bool vt_has(struct vt *v, const char *text)
{
    return vt_find(v, text, NULL) >= 0;
}

static VTermScreenCell vt_cell(struct vt *v, int y, int x)
{
    VTermScreenCell cell = {0};
    vterm_screen_get_cell(v->screen, (VTermPos){y, x}, &cell);
    return cell;
}

bool vt_reverse(struct vt *v, int y, int x)
{
    return vt_cell(v, y, x).attrs.reverse;
}

bool vt_bold(struct vt *v, int y, int x)
{
    return vt_cell(v, y, x).attrs.bold;
}

bool vt_underlined(struct vt *v, int y, int x)
{
    return vt_cell(v, y, x).attrs.underline;
}

static int vt_colour(const VTermColor *c)
{
    if (VTERM_COLOR_IS_DEFAULT_FG(c) || VTERM_COLOR_IS_DEFAULT_BG(c))
        return -1;
    if (VTERM_COLOR_IS_INDEXED(c))
        return c->indexed.idx;
    return 0x1000000 | c->rgb.red << 16 | c->rgb.green << 8 | c->rgb.blue;
}

int vt_fg(struct vt *v, int y, int x)
{
    VTermScreenCell cell = vt_cell(v, y, x);
    return vt_colour(&cell.fg);
}

int vt_bg(struct vt *v, int y, int x)
{
    VTermScreenCell cell = vt_cell(v, y, x);
    return vt_colour(&cell.bg);
}

bool vt_coloured(struct vt *v, int y, int x)
{
    VTermScreenCell cell = vt_cell(v, y, x);
    return !VTERM_COLOR_IS_DEFAULT_FG(&cell.fg);
}

void vt_cursor(struct vt *v, int *y, int *x)
{
    VTermPos at;
    vterm_state_get_cursorpos(vterm_obtain_state(v->term), &at);
    *y = at.row;
    *x = at.col;
}

bool vt_alternate(const struct vt *v)
{
    return v->alternate;
}

bool vt_cursor_visible(const struct vt *v)
{
    return v->cursor_visible;
}

/* A program behind it. */

void vt_run_start(struct vt_run *r, int rows, int cols, char *const argv[], const char *const env[])
{
    struct winsize w = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    *r = (struct vt_run){.vt = vt_new(rows, cols), .status = -1, .master = -1};
    r->pid = forkpty(&r->master, NULL, NULL, &w);
    if (r->pid < 0) {
        perror("forkpty");
        exit(1);
    }
    if (r->pid == 0) {
        signal(SIGINT, SIG_DFL); /* who runs us in the background has it ignored, and that would be inherited */
        signal(SIGQUIT, SIG_DFL);
        for (int i = 0; env && env[i]; i++) {
            char *pair = strdup(env[i]), *eq = strchr(pair, '=');
            if (eq) {
                *eq = '\0';
                setenv(pair, eq + 1, 1);
            } else {
                unsetenv(pair);
            }
        }
        execvp(argv[0], argv);
        _exit(127);
    }
    fcntl(r->master, F_SETFD, FD_CLOEXEC);
    fcntl(r->master, F_SETFL, O_NONBLOCK);
}

void vt_run_type(struct vt_run *r, const char *bytes)
{
    for (size_t n = strlen(bytes); n;) {
        ssize_t k = write(r->master, bytes, n);
        if (k < 0) {
            struct pollfd p = {.fd = r->master, .events = POLLOUT};
            if (errno != EAGAIN || poll(&p, 1, 2000) <= 0)
                return;
            continue;
        }
        bytes += k;
        n -= (size_t)k;
    }
}

void vt_run_resize(struct vt_run *r, int rows, int cols)
{
    struct winsize w = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    vt_run_pump(r, 50); /* what was drawn for the old size belongs there */
    vt_resize(r->vt, rows, cols);
    ioctl(r->master, TIOCSWINSZ, &w);
}

/* One look; true when something came. */
static bool vt_run_look(struct vt_run *r, int ms)
{
    struct pollfd p = {.fd = r->deaf ? -1 : r->master, .events = POLLIN};
    char bytes[16384];
    if (poll(&p, 1, ms) <= 0)
        return false;
    ssize_t n = read(r->master, bytes, sizeof bytes);
    if (n <= 0) {
        poll(NULL, 0, ms < 10 ? ms : 10); /* hung up: nothing more comes */
        return false;
    }
    r->bytes += (size_t)n;
    if (r->tap)
        str_addn(r->tap, bytes, (size_t)n);
    vt_feed(r->vt, bytes, (size_t)n);
    char reply[256];
    size_t k = vterm_output_read(r->vt->term, reply, sizeof reply);
    if (k && write(r->master, reply, k) < 0)
        return true;
    return true;
}

void vt_run_pump(struct vt_run *r, int ms)
{
    for (int64_t end = now_ms() + ms, left; (left = end - now_ms()) > 0;)
        vt_run_look(r, (int)left);
}

static bool vt_run_until(struct vt_run *r, const char *text, bool there, int ms)
{
    int64_t end = now_ms() + ms;
    while (vt_has(r->vt, text) != there) {
        if (now_ms() >= end)
            return false;
        vt_run_look(r, 20);
    }
    return true;
}

bool vt_run_sees(struct vt_run *r, const char *text, int ms)
{
    return vt_run_until(r, text, true, ms);
}

bool vt_run_wait(struct vt_run *r, const char *text, int ms)
{
    if (vt_run_sees(r, text, ms))
        return true;
    autofree char *all = vt_text(r->vt);
    fprintf(stderr, "no \"%s\" on the screen:\n%s", text, all);
    return false;
}

bool vt_run_wait_gone(struct vt_run *r, const char *text, int ms)
{
    return vt_run_until(r, text, false, ms);
}

void vt_run_quiet(struct vt_run *r, int quiet_ms, int ms)
{
    int64_t end = now_ms() + ms, last = now_ms();
    while (now_ms() < end && now_ms() - last < quiet_ms)
        if (vt_run_look(r, 10))
            last = now_ms();
}

bool vt_run_wait_end(struct vt_run *r, int ms)
{
    for (int64_t end = now_ms() + ms; r->status < 0; vt_run_look(r, 10)) {
        if (waitpid(r->pid, &r->status, WNOHANG) == r->pid)
            break;
        if (now_ms() >= end)
            return false;
    }
    while (vt_run_look(r, 50)) /* what it wrote last */
        ;
    return true;
}

void vt_run_end(struct vt_run *r)
{
    if (r->status < 0 && r->pid > 0) {
        kill(r->pid, SIGKILL);
        waitpid(r->pid, &r->status, 0);
    }
    close_fd(&r->master);
    vt_free(r->vt);
    r->vt = NULL;
}
