/* A file that is written behind the back of whoever fills it: lines go into a queue, a thread writes them. A disk that
 * is slow or full costs the file, never the screen. */
#ifndef EXPORT_SPOOL_H
#define EXPORT_SPOOL_H

#include <stddef.h>

#define SPOOL_MAX (32 << 20) /* bytes that wait at most */

struct spool;

/* Takes fd, an empty file opened for appending, over. NULL with errno when there is no thread to be had; fd is closed
 * then, too. */
struct spool *spool_open(int fd);

/* Queues whole lines, each with its '\n', and never waits. After a failure they are dropped. */
void spool_put(struct spool *s, const char *lines, size_t n);

/* Becomes readable (POLLIN) when writing has failed, for the loop. */
int spool_bell(const struct spool *s);
/* What failed: errno of write(2), ENOBUFS when SPOOL_MAX bytes wait; 0: nothing yet. What the file holds then are the
 * lines before, all of them whole. */
int spool_error(struct spool *s);

/* Writes what is queued, for at most ms, and frees s. Returns what spool_error() would, ETIMEDOUT when the disk did not
 * take it in time. */
int spool_close(struct spool *s, int ms);

#endif
