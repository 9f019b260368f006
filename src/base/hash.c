#include "base/hash.h"

uint64_t hash_more(uint64_t h, const void *bytes, size_t n)
{
    const unsigned char *s = bytes;
    while (n--)
        h = (h ^ *s++) * 0x100000001b3u;
    return h;
}
