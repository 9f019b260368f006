#include "session/terminal.h"
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct terminal_saved terminal = {.fd = -1};

void terminal_prepare(void)
{
    if (terminal.fd >= 0 || !isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &terminal.before) < 0)
        return;
    /* A description of our own: O_NONBLOCK on a shared one would reach the user's shell. */
    char path[128];
    if (ttyname_r(STDIN_FILENO, path, sizeof path) != 0)
        snprintf(path, sizeof path, "/dev/tty");
    terminal.fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (terminal.fd < 0)
        terminal.fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    /* Synchronized update off, bracketed paste off, attributes off, cursor on, application keys off, normal screen.
     * These are what every terminal that has an alternate screen understands (ECMA-48, xterm's ctlseqs); others ignore
     * them. */
    const char *term = getenv("TERM");
    const char *leave = term && !strcmp(term, "linux")
                            ? "\033[?2004l\033[m\033[?25h\033[H\033[J"
                            : "\033[?2026l\033[?2004l\033[m\033[?25h\033[?1l\033>\033[?1049l";
    terminal.leave_len = (size_t)snprintf(terminal.leave, sizeof terminal.leave, "%s\r", leave);
}

const struct terminal_saved *terminal_saved(void)
{
    return &terminal;
}

void terminal_note_raw(struct terminal_saved *t)
{
    t->has_raw = t->fd >= 0 && tcgetattr(t->fd, &t->raw) == 0;
}

void terminal_restore(const struct terminal_saved *t)
{
    struct termios now;
    if (t->fd < 0)
        return;
    for (size_t at = 0; at < t->leave_len;) {
        ssize_t n = write(t->fd, t->leave + at, t->leave_len - at);
        if (n > 0) {
            at += (size_t)n;
            continue;
        }
        struct pollfd p = {.fd = t->fd, .events = POLLOUT};
        if (poll(&p, 1, 500) <= 0 || (p.revents & (POLLHUP | POLLERR)))
            break; /* a terminal that stopped reading must not keep the clean-up waiting */
    }
    if (tcgetattr(t->fd, &now) < 0)
        return;
    bool ours = !t->has_raw || (now.c_lflag == t->raw.c_lflag && now.c_iflag == t->raw.c_iflag);
    if (ours)
        tcsetattr(t->fd, TCSANOW, &t->before);
}
