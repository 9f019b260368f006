/* Memory and scoped cleanup.
 *
 * Allocation never returns NULL: running out of memory is our kind-1 error, and die() restores the terminal first.
 * Scoped cleanup uses the compiler's cleanup attribute with an empty value that is always safe to clean: NULL, -1.
 * To hand ownership on, steal: `return steal_ptr(&s);` leaves NULL behind for the cleanup to see. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>

void *xmalloc(size_t n);
void *xcalloc(size_t n, size_t size); /* zeroed; overflow of n * size dies */
void *xrealloc(void *p, size_t n);
char *xstrdup(const char *s); /* NULL stays NULL */
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *xvasprintf(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));

/* Makes room for one more element in the array p of n elements with room for cap. All three are lvalues. */
#define GROW(p, n, cap)                                                                                                \
    do {                                                                                                               \
        if ((n) >= (cap)) {                                                                                            \
            (cap) = (cap) ? (cap)*2 : 8;                                                                               \
            (p) = xrealloc((p), (cap) * sizeof *(p));                                                                  \
        }                                                                                                              \
    } while (0)

#define COUNT(a) (sizeof(a) / sizeof *(a))

void free_ptr(void *pp); /* frees *(void **)pp */
void close_fd(int *fd);  /* closes *fd if >= 0 and sets -1; errno is kept */
#define _cleanup_(f) __attribute__((cleanup(f)))
#define autofree     _cleanup_(free_ptr)
#define autofd       _cleanup_(close_fd)

static inline void *steal_ptr_(void *pp)
{
    void **p = pp, *v = *p;
    *p = NULL;
    return v;
}
#define steal_ptr(pp) ((__typeof__(*(pp)))steal_ptr_(pp))

static inline int steal_fd(int *fd)
{
    int v = *fd;
    *fd = -1;
    return v;
}

#endif
