/* Where the bytes of an image's files are: mapped from the machine's own files, or spooled to a memfd. Mapped memory
 * survives into the stage's process, where every descriptor has been closed. */
#include "base/fork.h"
#include "base/mem.h"
#include "session/image.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *image_map_fd(struct rootfs *r, int fd, size_t n)
{
    void *p = mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED)
        return NULL;
    GROW(r->map, r->nmaps, r->maps_cap);
    r->map[r->nmaps++] = (struct image_map){p, n};
    return p;
}

const char *image_map_file(struct rootfs *r, const char *path, size_t *size)
{
    struct stat st;
    autofd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &st) < 0)
        return NULL;
    if (!S_ISREG(st.st_mode) || st.st_size == 0) {
        errno = EINVAL;
        return NULL;
    }
    *size = (size_t)st.st_size;
    return image_map_fd(r, fd, *size);
}

static bool image_spool_open(struct rootfs *r)
{
    if (r->spool < 0)
        r->spool = memfd_create("porthole-image", MFD_CLOEXEC);
    return r->spool >= 0;
}

bool image_spool(struct rootfs *r, const void *data, size_t n)
{
    if (!image_spool_open(r))
        return false;
    for (const char *p = data; n;) {
        ssize_t w = pwrite(r->spool, p, n, r->spool_len);
        if (w < 0 && errno == EINTR)
            continue;
        if (w < 0)
            return false;
        p += w;
        n -= (size_t)w;
        r->spool_len += w;
    }
    return true;
}

bool image_spool_hole(struct rootfs *r, size_t n)
{
    if (!image_spool_open(r) || ftruncate(r->spool, r->spool_len + (off_t)n) < 0)
        return false;
    r->spool_len += (off_t)n;
    return true;
}

bool image_map_spool(struct rootfs *r)
{
    const char *base = "";
    if (r->spool_len > 0 && !(base = image_map_fd(r, r->spool, (size_t)r->spool_len)))
        return false;
    close_fd(&r->spool);
    for (size_t i = 0; i < r->n; i++)
        if (r->v[i].type == IMAGE_FILE && r->v[i].spool >= 0)
            r->v[i].data = base + r->v[i].spool;
    return true;
}

/* Asking a program of the machine. */

#define RUN_MAX_OUTPUT (1 << 20)
#define RUN_MAX_MS     5000 /* a program that hangs is no answer */

static _Noreturn void image_run_child(const char *const argv[], int out)
{
    char *const env[] = {(char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", (char *)"LC_ALL=C", NULL};
    if (!forked_stdio(-1, out, -1))
        _exit(127);
    forked_reset_signals();
    forked_keep(NULL, 0);
    execve(argv[0], (char *const *)(uintptr_t)argv, env);
    _exit(127);
}

bool image_run(const char *const argv[], struct str *out)
{
    int end[2], status = -1;
    if (pipe2(end, O_CLOEXEC) < 0)
        return false;
    pid_t pid = fork();
    if (pid == 0)
        image_run_child(argv, end[1]);
    close(end[1]);
    autofd int from = end[0];
    if (pid < 0)
        return false;
    size_t start = out->len;
    bool ended = false;
    struct pollfd p = {.fd = from, .events = POLLIN};
    while (!ended && out->len - start < RUN_MAX_OUTPUT) {
        char buf[4096];
        int ready = poll(&p, 1, RUN_MAX_MS);
        if (ready == 0 || (ready < 0 && errno != EINTR))
            break;
        ssize_t n = read(from, buf, sizeof buf);
        ended = n == 0 || (n < 0 && errno != EINTR);
        if (n > 0)
            str_addn(out, buf, (size_t)n);
    }
    if (!ended)
        kill(pid, SIGKILL); /* our own child, not waited for yet */
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return ended && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
