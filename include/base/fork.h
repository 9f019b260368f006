/* What a fresh fork does before it becomes something else. Nothing here allocates memory, but forked_become_user() asks
 * the passwd database. */
#ifndef BASE_FORK_H
#define BASE_FORK_H

#include <stdbool.h>
#include <stddef.h>

/* Every signal's default disposition, and none blocked: the parent's handlers are about the parent's terminal and
 * children. sigaction(2) */
void forked_reset_signals(void);

/* Closes every descriptor but 0-2 and keep[0..n), at most FORKED_KEEP of them; negative ones are ignored.
 * close_range(2) */
#define FORKED_KEEP 8
void forked_keep(const int *keep, size_t n);

/* Standard input, output and error are these descriptors from now on; -1 stands for /dev/null. false with errno. */
bool forked_stdio(int in, int out, int err);

/* As root under sudo: gives root up for good and becomes the invoking user, groups included. Else nothing. false with
 * errno when it could not: the caller must not go on. credentials(7) */
bool forked_become_user(void);

#endif
