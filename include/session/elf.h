/* Is a program static? Private to session/. See elf(5). */
#ifndef SESSION_ELF_H
#define SESSION_ELF_H

#include <stddef.h>

enum elf_kind {
    ELF_NOT,     /* no ELF executable of this machine's word size and byte order, or a damaged one */
    ELF_STATIC,  /* starts without a loader (static-pie included) */
    ELF_DYNAMIC, /* the kernel starts the loader named in PT_INTERP */
};

/* Looks at a file; ELF_NOT when it cannot be read. interp (may be NULL) receives the loader's path, at most size bytes
 * with the NUL; "" unless ELF_DYNAMIC. */
enum elf_kind elf_inspect_file(const char *path, char *interp, size_t size);

#endif
