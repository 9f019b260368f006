#include "base/file.h"
#include "base/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool file_read(int dirfd, const char *path, struct str *out, size_t max)
{
    autofd int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return false;
    size_t start = out->len;
    char buf[16384];
    for (;;) {
        ssize_t n = read(fd, buf, sizeof buf);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        if (n == 0)
            break;
        if (out->len - start + (size_t)n > max) {
            errno = EFBIG;
            return false;
        }
        str_addn(out, buf, (size_t)n);
    }
    str_addn(out, "", 0);
    return true;
}

bool file_write_all(int fd, const char *data, size_t len)
{
    while (len) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        data += n;
        len -= (size_t)n;
    }
    return true;
}

/* Under sudo, what we make in the user's home must be the user's. */
static void file_give_to_user(int fd)
{
    if (geteuid() == 0 && user_uid() != 0 && fchown(fd, user_uid(), user_gid()) < 0)
        return; /* on a file system without owners nothing is lost */
}

static void file_sync_dir(const char *path)
{
    char copy[PATH_MAX];
    snprintf(copy, sizeof copy, "%s", path);
    autofd int dir = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir >= 0)
        fsync(dir);
}

bool file_replace(const char *path, const char *data, size_t len)
{
    autofree char *tmp = xasprintf("%s.%ld.tmp", path, (long)getpid());
    autofd int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    file_give_to_user(fd);
    if (!file_write_all(fd, data, len) || fsync(fd) < 0 || rename(tmp, path) < 0) {
        int saved = errno;
        unlink(tmp);
        errno = saved;
        return false;
    }
    file_sync_dir(path);
    return true;
}

bool file_append(const char *path, const char *data, size_t len)
{
    autofd int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    file_give_to_user(fd);
    return file_write_all(fd, data, len) && fsync(fd) == 0;
}

static int file_empty(const char *path)
{
    struct stat st;
    /* O_NONBLOCK: a FIFO that nobody reads must not keep us waiting before it is refused. */
    autofd int fd = open(path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0)
        return -1;
    if (!S_ISREG(st.st_mode)) {
        errno = EINVAL;
        return -1;
    }
    return ftruncate(fd, 0) < 0 ? -1 : steal_fd(&fd);
}

int file_create(const char *path, bool replace)
{
    int fd = replace ? file_empty(path) : -1;
    if (fd >= 0 || (replace && errno != ENOENT))
        return fd;
    fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0)
        file_give_to_user(fd);
    return fd;
}

char *file_from_home(const char *path)
{
    return !strncmp(path, "~/", 2) ? xasprintf("%s%s", user_home(), path + 1) : xstrdup(path);
}

static bool file_mkdir_one(const char *path)
{
    if (mkdir(path, 0700) < 0)
        return errno == EEXIST;
    autofd int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0)
        file_give_to_user(fd);
    return true;
}

bool file_mkdirs(const char *path)
{
    autofree char *copy = xstrdup(path);
    for (char *slash = copy + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        bool made = file_mkdir_one(copy);
        *slash = '/';
        if (!made)
            return false;
    }
    return file_mkdir_one(copy);
}

static long user_env_id(const char *name)
{
    const char *text = geteuid() == 0 ? getenv(name) : NULL;
    char *end;
    if (!text || !*text)
        return -1;
    long id = strtol(text, &end, 10);
    return *end || id < 0 ? -1 : id;
}

uid_t user_uid(void)
{
    long id = user_env_id("SUDO_UID");
    return id >= 0 ? (uid_t)id : getuid();
}

gid_t user_gid(void)
{
    long id = user_env_id("SUDO_GID");
    return id >= 0 ? (gid_t)id : getgid();
}

const char *user_home(void)
{
    static char home[PATH_MAX];
    bool sudo = user_uid() != getuid();
    const char *env = sudo ? NULL : getenv("HOME");
    struct passwd *pw = env && *env ? NULL : getpwuid(user_uid());
    snprintf(home, sizeof home, "%s", env && *env ? env : pw && pw->pw_dir ? pw->pw_dir : "/");
    return home;
}

/* The XDG base directory specification: a relative path is to be ignored. Under sudo it is another user's. */
static char *user_xdg_dir(const char *variable, const char *otherwise)
{
    const char *xdg = user_uid() == getuid() ? getenv(variable) : NULL;
    return xdg && *xdg == '/' ? xasprintf("%s/porthole", xdg) : xasprintf("%s/%s/porthole", user_home(), otherwise);
}

char *user_state_dir(void)
{
    const char *own = getenv("PORTHOLE_STATE");
    return own && *own ? xstrdup(own) : user_xdg_dir("XDG_STATE_HOME", ".local/state");
}

char *user_data_dir(void)
{
    return user_xdg_dir("XDG_DATA_HOME", ".local/share");
}
