/* A checksum for files that may have been torn or edited, and for telling texts apart. Nothing that an adversary could
 * not forge. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_START 0xcbf29ce484222325u

/* FNV-1a, 64 bits, of bytes after those that gave h. http://www.isthe.com/chongo/tech/comp/fnv/ */
uint64_t hash_more(uint64_t h, const void *bytes, size_t n);

#endif
