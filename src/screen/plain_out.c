/* Where linear text goes: standard output, and the recording, if one is made.
 *
 * Readline writes through the same stream, so that the recording has the prompt and the line as it was edited. What the
 * kernel adds on the way to the terminal is added to the recording: the carriage return before a line feed (ONLCR), and
 * the line that was typed where the kernel echoes it. */
#include "screen/plain_private.h"
#include "shell/record.h"
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <readline/readline.h>

static void plain_out_record(struct plain *p, const char *bytes, size_t n)
{
    autostr struct str shown = {0};
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] == '\n')
            str_addc(&shown, '\r');
        str_addc(&shown, bytes[i]);
    }
    if (shown.len)
        shell_shown(p->sh, shown.s, shown.len);
}

static ssize_t plain_out_write(void *arg, const char *bytes, size_t n)
{
    struct plain *p = arg;
    size_t done = 0;
    while (done < n) {
        ssize_t some = write(STDOUT_FILENO, bytes + done, n - done);
        if (some < 0 && errno == EINTR)
            continue;
        if (some < 0)
            break;
        done += (size_t)some;
    }
    plain_out_record(p, bytes, done);
    return (ssize_t)done;
}

void plain_out_open(struct plain *p)
{
    fflush(stdout);
    p->out = fopencookie(p, "w", (cookie_io_functions_t){.write = plain_out_write});
    if (!p->out)
        p->out = stdout; /* then nothing can be recorded */
    rl_outstream = p->out;
}

void plain_out_close(struct plain *p)
{
    fflush(p->out);
    rl_outstream = stdout;
    if (p->out != stdout)
        fclose(p->out);
    p->out = stdout;
}

void plain_out_typed(struct plain *p, const char *line)
{
    plain_out_record(p, line, strlen(line));
    plain_out_record(p, "\n", 1);
}

static void plain_out_size(int *cols, int *rows)
{
    struct winsize w = {0};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) < 0 || !w.ws_row || !w.ws_col)
        w = (struct winsize){.ws_row = 24, .ws_col = 80};
    *cols = w.ws_col;
    *rows = w.ws_row;
}

/* A terminal with linear text needs nothing to begin with. */
void plain_record(void *arg, int *cols, int *rows, struct str *before)
{
    plain_out_size(cols, rows);
}

void plain_out_resized(struct plain *p)
{
    int cols, rows;
    plain_out_size(&cols, &rows);
    shell_resized(p->sh, cols, rows);
}
