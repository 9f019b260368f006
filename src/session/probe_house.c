/* What porthole needs around it: programs of the machine, the terminal, a place for progress. */
#include "base/file.h"
#include "base/mem.h"
#include "session/image.h"
#include "session/probe.h"
#include "session/rootfs.h"
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool try_busybox(struct probe_report *p)
{
    return image_find_busybox() ||
           probe_tell(p, "no statically linked busybox in /bin, /usr/bin, /sbin, /usr/sbin or $PATH", "%s",
                      "apt install busybox-static | dnf install busybox | apk add busybox-static | "
                      "pacman -S busybox");
}

static bool try_dynamic(struct probe_report *p)
{
    return *rootfs_dynamic() || probe_tell(p, "no dynamically linked env, id, cat or true was found", "%s",
                                           "none needed: only one step of one lesson shows such a program");
}

static bool try_python3(struct probe_report *p)
{
    const char *path = getenv("PATH");
    autofree char *dirs = xstrdup(path ? path : "/usr/bin:/bin");
    autostr struct str out = {0};
    for (char *save, *dir = strtok_r(dirs, ":", &save); dir; dir = strtok_r(NULL, ":", &save)) {
        autofree char *program = xasprintf("%s/python3", dir);
        const char *const argv[] = {program, "-I", "-S", "-c", "print(3)", NULL};
        if (dir[0] == '/' && access(program, X_OK) == 0 && image_run(argv, &out))
            return true;
    }
    return probe_tell(p, "no python3 in $PATH that runs", "%s", "apt install python3 | dnf install python3");
}

static bool try_root(struct probe_report *p)
{
    char why[64];
    snprintf(why, sizeof why, "porthole runs as user %d", (int)geteuid());
    return geteuid() == 0 ||
           probe_tell(p, why, "%s", "none needed: in the practice stage you are root; or sudo porthole");
}

static bool try_terminal(struct probe_report *p)
{
    struct winsize size = {0};
    const char *term = getenv("TERM");
    char why[128];
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return probe_tell(p, "standard input or output is no terminal: the session would be linear text", "%s",
                          "start porthole in a terminal");
    if (!term || !*term || !strcmp(term, "dumb"))
        return probe_tell(p, "TERM is not set, or \"dumb\": the session would be linear text", "%s",
                          "TERM=xterm-256color porthole, when your terminal is like that");
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_col)
        return true; /* a serial line: terminfo's size is used */
    snprintf(why, sizeof why, "the terminal has %d columns and %d rows, the screen needs 60 and 16", size.ws_col,
             size.ws_row);
    return (size.ws_col >= 60 && size.ws_row >= 16) || probe_tell(p, why, "%s", "make the window larger");
}

static bool try_locale(struct probe_report *p)
{
    locale_t l = newlocale(LC_ALL_MASK, "", (locale_t)0);
    if (!l)
        return probe_tell(p, "the locale that LANG or LC_ALL names is not installed: trees are drawn in ASCII", "%s",
                          "LC_ALL=C.UTF-8 porthole");
    bool utf8 = !strcasecmp(nl_langinfo_l(CODESET, l), "UTF-8");
    freelocale(l);
    return utf8 || probe_tell(p, "the locale is not a UTF-8 one: trees are drawn in ASCII", "%s",
                              "LC_ALL=C.UTF-8 porthole, when your terminal shows UTF-8");
}

/* access(2) is no answer: root may do everything, and /proc or a read-only file system refuses all the same. */
static bool state_writable(const char *dir)
{
    autofd int fd = open(dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT))
        return fd >= 0;
    autofree char *made = xasprintf("%s/.porthole-XXXXXX", dir); /* a file system without nameless files */
    return mkdtemp(made) && rmdir(made) == 0;
}

/* The directory, or where it would be made. */
static bool try_state(struct probe_report *p)
{
    autofree char *path = user_state_dir();
    autofree char *wanted = xstrdup(path);
    for (char *slash; access(path, F_OK) < 0 && errno == ENOENT && (slash = strrchr(path, '/')) && slash > path;)
        *slash = '\0';
    char why[256];
    if (state_writable(path))
        return true;
    snprintf(why, sizeof why, "%.150s cannot be written: %s", wanted, strerror(errno));
    return probe_tell(p, why, "%s", "set XDG_STATE_HOME to a directory of yours; without one progress is not kept");
}

#define PART_HOUSE "Around porthole"

const struct probe probes_house[] = {
    {"root", "be root of this machine", PART_HOUSE, PROBE_PLAIN, 0, try_root},
    {"busybox", "make an image from a static busybox", PART_HOUSE, PROBE_PLAIN, 0, try_busybox},
    {"dynamic", "show a program that needs a loader", PART_HOUSE, PROBE_PLAIN, 0, try_dynamic},
    {"python3", "run python3", PART_HOUSE, PROBE_PLAIN, 0, try_python3},
    {"terminal", "draw the full screen", PART_HOUSE, PROBE_PLAIN, 0, try_terminal},
    {"locale", "show UTF-8", PART_HOUSE, PROBE_PLAIN, 0, try_locale},
    {"state", "keep your progress", PART_HOUSE, PROBE_PLAIN, 0, try_state},
    {0},
};
