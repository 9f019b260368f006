#include "screen/relay_place.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define PLACE_BACKLOG 16
#define PLACE_TMP     "/tmp"
#define PLACE_PREFIX  "porthole-follow-"
#define PLACE_SCREEN  "screen"

/* Directories. */

/* NULL for the second one, where there is no runtime directory. The caller frees. */
static char *place_private_path(bool runtime)
{
    const char *xdg = user_uid() == getuid() ? getenv("XDG_RUNTIME_DIR") : NULL;
    if (runtime)
        return xdg && *xdg == '/' && access(xdg, W_OK) == 0 ? xasprintf("%s/porthole", xdg) : NULL;
    autofree char *state = user_state_dir();
    return xasprintf("%s/run", state);
}

/* The owner's alone. */
static int place_open_private(const char *path)
{
    struct stat st;
    autofd int dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0 || fstat(dir, &st) < 0)
        return -1;
    bool mine = st.st_uid == user_uid() || st.st_uid == geteuid();
    if (!mine || (st.st_mode & 077)) {
        errno = EPERM;
        return -1;
    }
    return steal_fd(&dir);
}

static void place_address(struct sockaddr_un *a, int dir, const char *name)
{
    *a = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(a->sun_path, sizeof a->sun_path, "/proc/self/fd/%d/%s", dir, name);
}

/* Never waits: who listens may have been stopped, with a queue that is full. */
static int place_connect(int dir, const char *name)
{
    struct sockaddr_un a;
    autofd int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    place_address(&a, dir, name);
    if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) < 0)
        return -1;
    return steal_fd(&fd);
}

/* Listening. */

/* "4711.sock". */
static pid_t place_pid_of(const char *name)
{
    int used = 0;
    long pid = 0;
    return sscanf(name, "%9ld.sock%n", &pid, &used) == 1 && used && !name[used] && pid > 0 ? (pid_t)pid : 0;
}

static void place_sweep(int dir)
{
    int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = copy < 0 ? NULL : fdopendir(copy);
    for (struct dirent *e; d && (e = readdir(d));) {
        autofd int fd = place_pid_of(e->d_name) ? place_connect(dir, e->d_name) : -1;
        if (place_pid_of(e->d_name) && fd < 0 && errno == ECONNREFUSED)
            unlinkat(dir, e->d_name, 0);
    }
    if (d)
        closedir(d);
}

/* The mode is there from the first moment on: bind(2) makes the socket with what umask leaves. */
static int place_listen(struct relay_place *p, mode_t mode, struct outcome *o)
{
    struct sockaddr_un a;
    place_address(&a, p->dir, p->name);
    p->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    unlinkat(p->dir, p->name, 0);
    mode_t before = umask(0777 & ~mode);
    int bound = p->fd < 0 ? -1 : bind(p->fd, (struct sockaddr *)&a, sizeof a);
    umask(before);
    if (bound < 0 || listen(p->fd, PLACE_BACKLOG) < 0) {
        outcome_set(o, errno, "listen for notes and followers", p->dir_name, NULL);
        return -1;
    }
    return 0;
}

int relay_place_private(struct relay_place *p, struct outcome *o)
{
    *p = (struct relay_place){.fd = -1, .dir = -1, .parent = -1};
    snprintf(p->name, sizeof p->name, "%d.sock", (int)getpid());
    for (int runtime = 1; runtime >= 0 && p->dir < 0; runtime--) {
        autofree char *path = place_private_path(runtime);
        if (!path || !file_mkdirs(path))
            continue;
        p->dir = place_open_private(path);
        snprintf(p->dir_name, sizeof p->dir_name, "%.63s", path);
    }
    if (p->dir < 0)
        return outcome_set(o, errno, "make a place for the notes' socket", p->dir_name,
                           "it must be a directory of yours with mode 0700");
    place_sweep(p->dir);
    if (place_listen(p, 0600, o) < 0)
        return -1;
    if (user_uid() != geteuid() && fchownat(p->dir, p->name, user_uid(), user_gid(), AT_SYMLINK_NOFOLLOW) < 0)
        return outcome_set(o, errno, "give the notes' socket to the user who called sudo", p->dir_name, NULL);
    return 0;
}

/* What a presentation of ours left that was killed together with its warden. */
static void place_sweep_public(int tmp)
{
    int copy = openat(tmp, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = copy < 0 ? NULL : fdopendir(copy);
    for (struct dirent *e; d && (e = readdir(d));) {
        struct stat st;
        autofd int dir = text_has_prefix(e->d_name, PLACE_PREFIX)
                             ? openat(tmp, e->d_name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                             : -1;
        if (dir < 0 || fstat(dir, &st) < 0 || st.st_uid != geteuid() || (st.st_mode & 0777) != 0711)
            continue;
        autofd int fd = place_connect(dir, PLACE_SCREEN);
        if (fd >= 0 || (errno != ECONNREFUSED && errno != ENOENT))
            continue;
        unlinkat(dir, PLACE_SCREEN, 0);
        unlinkat(tmp, e->d_name, AT_REMOVEDIR);
    }
    if (d)
        closedir(d);
}

int relay_place_public(struct relay_place *p, struct outcome *o)
{
    char path[] = PLACE_TMP "/" PLACE_PREFIX "XXXXXX";
    *p = (struct relay_place){.fd = -1, .dir = -1, .parent = -1};
    if (!mkdtemp(path))
        return outcome_set(o, errno, "make a directory for followers", PLACE_TMP, NULL);
    snprintf(p->name, sizeof p->name, PLACE_SCREEN);
    snprintf(p->dir_name, sizeof p->dir_name, "%s", strrchr(path, '/') + 1);
    p->parent = open(PLACE_TMP, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    p->dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (p->parent >= 0)
        place_sweep_public(p->parent);
    if (p->parent < 0 || p->dir < 0 || place_listen(p, 0666, o) < 0 || fchmod(p->dir, 0711) < 0)
        return outcome_set(o, errno, "make a place for followers", path, NULL);
    return 0;
}

void relay_place_close(struct relay_place *p)
{
    if (p->fd >= 0)
        unlinkat(p->dir, p->name, 0);
    if (p->parent >= 0)
        unlinkat(p->parent, p->dir_name, AT_REMOVEDIR);
    close_fd(&p->fd);
    close_fd(&p->dir);
    close_fd(&p->parent);
}

/* Who is at the other end. */

static bool place_peer(int fd, struct ucred *peer)
{
    socklen_t n = sizeof *peer;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, peer, &n) == 0 && n == sizeof *peer;
}

bool relay_place_trusts(int fd)
{
    struct ucred peer;
    return place_peer(fd, &peer) && (peer.uid == geteuid() || peer.uid == user_uid() || peer.uid == 0);
}

/* Finding. */

/* The newest one in a directory that is the user's alone. */
static bool place_find_in(int dir, pid_t pid, struct relay_found *out)
{
    struct timespec newest = {0};
    int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = copy < 0 ? NULL : fdopendir(copy);
    *out = (struct relay_found){.fd = -1};
    for (struct dirent *e; d && (e = readdir(d));) {
        struct stat st;
        struct ucred peer;
        pid_t named = place_pid_of(e->d_name);
        if (!named || (pid && named != pid) || fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
            !S_ISSOCK(st.st_mode))
            continue;
        bool newer = st.st_mtim.tv_sec > newest.tv_sec ||
                     (st.st_mtim.tv_sec == newest.tv_sec && st.st_mtim.tv_nsec > newest.tv_nsec);
        autofd int fd = newer ? place_connect(dir, e->d_name) : -1;
        if (fd < 0 || !relay_place_trusts(fd) || !place_peer(fd, &peer))
            continue;
        close_fd(&out->fd);
        *out = (struct relay_found){.fd = steal_fd(&fd), .pid = named, .uid = peer.uid};
        newest = st.st_mtim;
    }
    if (d)
        closedir(d);
    return out->fd >= 0;
}

bool relay_find_own(pid_t pid, struct relay_found *out)
{
    for (int runtime = 1; runtime >= 0; runtime--) {
        autofree char *path = place_private_path(runtime);
        autofd int dir = path ? place_open_private(path) : -1;
        if (dir >= 0 && place_find_in(dir, pid, out))
            return true;
    }
    return false;
}

/* A directory in /tmp that only its owner can change, with a socket at which only its owner listens. */
static bool place_find_public(int tmp, const char *name, struct relay_found *out)
{
    struct stat st;
    struct ucred peer;
    autofd int dir = openat(tmp, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0 || fstat(dir, &st) < 0 || (st.st_mode & 022))
        return false;
    autofd int fd = place_connect(dir, PLACE_SCREEN);
    if (fd < 0 || !place_peer(fd, &peer) || peer.uid != st.st_uid)
        return false;
    *out = (struct relay_found){.fd = steal_fd(&fd), .pid = peer.pid, .uid = peer.uid, .everybody = true};
    return true;
}

size_t relay_find_others(pid_t pid, uid_t user, struct relay_found *out, size_t max)
{
    size_t n = 0;
    DIR *d = opendir(PLACE_TMP);
    for (struct dirent *e; d && n < max && (e = readdir(d));) {
        struct relay_found one = {.fd = -1};
        if (!text_has_prefix(e->d_name, PLACE_PREFIX) || !place_find_public(dirfd(d), e->d_name, &one))
            continue;
        if ((pid && one.pid != pid) || (user != (uid_t)-1 && one.uid != user))
            close_fd(&one.fd);
        else
            out[n++] = one;
    }
    if (d)
        closedir(d);
    return n;
}
