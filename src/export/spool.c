/* The thread sleeps until there is something, takes all of it, and writes without the lock. What it is killed in the
 * middle of is at most the last line: a reader takes the file as it is up to there. */
#include "export/spool.h"
#include "base/file.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct spool {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t filled;
    int fd, bell;
    /* under the lock */
    struct str queue;
    bool ending;
    int err;
};

/* The end of the last whole line in s[0..n). */
static size_t spool_whole(const char *s, size_t n)
{
    while (n && s[n - 1] != '\n')
        n--;
    return n;
}

/* Writes all or, when that fails, leaves whole lines in the file. *size is what the file has. Returns errno. */
static int spool_write(int fd, const struct str *lines, off_t *size)
{
    for (size_t done = 0; done < lines->len;) {
        ssize_t n = write(fd, lines->s + done, lines->len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            int err = errno;
            *size += (off_t)spool_whole(lines->s, done);
            (void)!ftruncate(fd, *size); /* a half line at its end would be the least of it */
            return err;
        }
        done += (size_t)n;
    }
    *size += (off_t)lines->len;
    return 0;
}

static void spool_fail(struct spool *s, int err)
{
    if (!s->err)
        s->err = err;
    str_free(&s->queue);
    (void)eventfd_write(s->bell, 1);
}

static void *spool_thread(void *arg)
{
    struct spool *s = arg;
    off_t size = 0;
    pthread_mutex_lock(&s->lock);
    while (!s->err) {
        while (!s->queue.len && !s->ending && !s->err)
            pthread_cond_wait(&s->filled, &s->lock);
        if (!s->queue.len)
            break;
        struct str lines = s->queue;
        s->queue = (struct str){0};
        pthread_mutex_unlock(&s->lock);
        int err = spool_write(s->fd, &lines, &size);
        str_free(&lines);
        pthread_mutex_lock(&s->lock);
        if (err)
            spool_fail(s, err);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

static void spool_free(struct spool *s)
{
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->filled);
    str_free(&s->queue);
    close_fd(&s->fd);
    close_fd(&s->bell);
    free(s);
}

struct spool *spool_open(int fd)
{
    struct spool *s = xcalloc(1, sizeof *s);
    sigset_t all, before;
    s->fd = fd;
    s->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->filled, NULL);
    sigfillset(&all); /* signals are the main thread's business */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int err = s->bell < 0 ? errno : pthread_create(&s->thread, NULL, spool_thread, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!err)
        return s;
    spool_free(s);
    errno = err;
    return NULL;
}

void spool_put(struct spool *s, const char *lines, size_t n)
{
    pthread_mutex_lock(&s->lock);
    if (!s->err && s->queue.len + n > SPOOL_MAX)
        spool_fail(s, ENOBUFS);
    if (!s->err)
        str_addn(&s->queue, lines, n);
    pthread_cond_signal(&s->filled);
    pthread_mutex_unlock(&s->lock);
}

int spool_bell(const struct spool *s)
{
    return s->bell;
}

int spool_error(struct spool *s)
{
    pthread_mutex_lock(&s->lock);
    int err = s->err;
    pthread_mutex_unlock(&s->lock);
    return err;
}

int spool_close(struct spool *s, int ms)
{
    struct timespec end;
    pthread_mutex_lock(&s->lock);
    s->ending = true;
    pthread_cond_signal(&s->filled);
    pthread_mutex_unlock(&s->lock);
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += ms / 1000;
    end.tv_nsec += ms % 1000 * 1000000L;
    end.tv_sec += end.tv_nsec / 1000000000L;
    end.tv_nsec %= 1000000000L;
    if (pthread_timedjoin_np(s->thread, NULL, &end) != 0) {
        pthread_detach(s->thread); /* it sits in write(2), and keeps what is its own */
        return ETIMEDOUT;
    }
    int err = s->err;
    spool_free(s);
    return err;
}
