/* /proc/PID/cmdline is read from the memory that execve filled: argv's strings and, behind them, the environment's. A
 * title is written over both, so the environment is copied away first. */
#include "base/title.h"
#include "base/mem.h"
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static char *title_at;
static size_t title_room;

void title_init(int argc, char **argv)
{
    if (argc < 1)
        return;
    char *end = argv[0] + strlen(argv[0]) + 1;
    for (int i = 1; i < argc; i++)
        if (argv[i] == end)
            end += strlen(argv[i]) + 1;
    size_t n = 0;
    while (environ[n])
        n++;
    char **copy = xcalloc(n + 1, sizeof *copy);
    for (size_t i = 0; i < n; i++) {
        if (environ[i] == end)
            end += strlen(environ[i]) + 1;
        copy[i] = xstrdup(environ[i]);
    }
    environ = copy;
    title_at = argv[0];
    title_room = (size_t)(end - argv[0]);
    /* argv itself must stay readable for getopt: its strings move too. */
    for (int i = 0; i < argc; i++)
        argv[i] = xstrdup(argv[i]);
}

void title_set(const char *title)
{
    prctl(PR_SET_NAME, title);
    if (title_room < 2)
        return;
    memset(title_at, 0, title_room);
    strncpy(title_at, title, title_room - 1);
}
