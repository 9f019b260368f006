#include "session/elf.h"
#include "base/mem.h"
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ELF_HEAD 16384 /* program headers and PT_INTERP are at the start of every real executable */

static bool elf_is_ours(const ElfW(Ehdr) * h)
{
    unsigned char class = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;
    unsigned char order = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
    return !memcmp(h->e_ident, ELFMAG, SELFMAG) && h->e_ident[EI_CLASS] == class && h->e_ident[EI_DATA] == order &&
           (h->e_type == ET_EXEC || h->e_type == ET_DYN) && h->e_phentsize == sizeof(ElfW(Phdr));
}

/* The loader's name out of PT_INTERP; false when it is damaged or does not fit. */
static bool elf_read_interp(const char *image, size_t n, const ElfW(Phdr) * p, char *interp, size_t size)
{
    if (p->p_offset > n || p->p_filesz > n - p->p_offset || p->p_filesz < 2)
        return false;
    size_t len = strnlen(image + p->p_offset, p->p_filesz);
    if (len == p->p_filesz || (interp && len >= size))
        return false;
    if (interp)
        memcpy(interp, image + p->p_offset, len + 1);
    return true;
}

static enum elf_kind elf_inspect(const void *image, size_t n, char *interp, size_t size)
{
    ElfW(Ehdr) h;
    bool loads = false;
    if (interp && size)
        interp[0] = '\0';
    if (n < sizeof h)
        return ELF_NOT;
    memcpy(&h, image, sizeof h);
    if (!elf_is_ours(&h) || h.e_phoff > n)
        return ELF_NOT;
    for (size_t i = 0; i < h.e_phnum; i++) {
        ElfW(Phdr) p;
        if ((n - h.e_phoff) / sizeof p <= i)
            return ELF_NOT;
        memcpy(&p, (const char *)image + h.e_phoff + i * sizeof p, sizeof p);
        loads |= p.p_type == PT_LOAD;
        if (p.p_type == PT_INTERP)
            return elf_read_interp(image, n, &p, interp, size) ? ELF_DYNAMIC : ELF_NOT;
    }
    return loads ? ELF_STATIC : ELF_NOT;
}

enum elf_kind elf_inspect_file(const char *path, char *interp, size_t size)
{
    char head[ELF_HEAD];
    if (interp && size)
        interp[0] = '\0';
    autofd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        return ELF_NOT;
    ssize_t n = pread(fd, head, sizeof head, 0);
    return n < 0 ? ELF_NOT : elf_inspect(head, (size_t)n, interp, size);
}
