/* What a row of the table says about its arguments, and what a parsed call holds.
 *
 * Shared by the files of this folder, and by decoders of the calls that programs make. Everything that is known of an
 * argument is data here: a kind, a family of constants, a structure's fields. The parser, the marshaller, the printer
 * and the completion each walk the same rows. */
#ifndef CALL_TABLE_H
#define CALL_TABLE_H

#include "base/str.h"
#include "call/call.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A named number of the kernel's headers. */
struct call_const {
    const char *name;
    uint64_t value;
    uint64_t mask;       /* not 0: one of several values of a bit field, like O_RDWR within O_ACCMODE */
    const char *refused; /* why porthole cannot do it, or NULL */
};

/* The constants one argument takes. Printing and completion keep their order; a later name for the same bits is an
 * alias that is understood but not printed. */
struct call_family {
    const char *noun;    /* "flag": for "MS_BINF is no flag of mount()" */
    const char *unknown; /* "MS_???": what strace writes beside bits without a name */
    bool bits;           /* may be joined by | */
    bool numbered;       /* a set whose constants are bit numbers: CAP_KILL stands for 1 << 5 */
    uint64_t plain;      /* bits that are a number beside the flags: swapon's priority */
    const struct call_const *v;
    size_t n;
};

#define FAMILIES(F)                                                                                                    \
    F(none)                                                                                                            \
    F(fd)                                                                                                              \
    F(dirfd)                                                                                                           \
    F(clone)                                                                                                           \
    F(clone3)                                                                                                          \
    F(unshare)                                                                                                         \
    F(setns)                                                                                                           \
    F(open)                                                                                                            \
    F(mode)                                                                                                            \
    F(access)                                                                                                          \
    F(seek)                                                                                                            \
    F(fcntl)                                                                                                           \
    F(fdflag)                                                                                                          \
    F(pipe)                                                                                                            \
    F(rename)                                                                                                          \
    F(resolve)                                                                                                         \
    F(at_unlink)                                                                                                       \
    F(at_link)                                                                                                         \
    F(at_chown)                                                                                                        \
    F(at_access)                                                                                                       \
    F(at_exec)                                                                                                         \
    F(at_setattr)                                                                                                      \
    F(mount)                                                                                                           \
    F(propagation)                                                                                                     \
    F(umount)                                                                                                          \
    F(open_tree)                                                                                                       \
    F(move_mount)                                                                                                      \
    F(fsopen)                                                                                                          \
    F(fsconfig)                                                                                                        \
    F(fsmount)                                                                                                         \
    F(fspick)                                                                                                          \
    F(mount_attr)                                                                                                      \
    F(signal)                                                                                                          \
    F(sigcode)                                                                                                         \
    F(pidfd_signal)                                                                                                    \
    F(wait)                                                                                                            \
    F(pidfd)                                                                                                           \
    F(clock)                                                                                                           \
    F(memfd)                                                                                                           \
    F(cap)                                                                                                             \
    F(capset)                                                                                                          \
    F(capversion)                                                                                                      \
    F(prctl)                                                                                                           \
    F(ambient)                                                                                                         \
    F(secbit)                                                                                                          \
    F(seccomp)                                                                                                         \
    F(dumpable)                                                                                                        \
    F(ptracer)                                                                                                         \
    F(speculation)                                                                                                     \
    F(tsc)                                                                                                             \
    F(mce)                                                                                                             \
    F(mm)                                                                                                              \
    F(reboot_magic)                                                                                                    \
    F(reboot_magic2)                                                                                                   \
    F(reboot)                                                                                                          \
    F(swap)                                                                                                            \
    F(module)                                                                                                          \
    F(module_end)
#define FAMILY_DECLARE(name) extern const struct call_family family_##name;
FAMILIES(FAMILY_DECLARE)

const struct call_const *family_find(const struct call_family *f, const char *name, size_t len);
const char *family_nearest(const struct call_family *f, const char *name); /* NULL when none is near */

/* Prints value as strace does: "MS_RDONLY|MS_BIND", "0", "0x4" with a remark that names the family. */
void family_print(struct str *out, const struct call_family *f, uint64_t value);

enum arg_kind {
    ARG_INT,      /* int */
    ARG_PID,      /* pid_t, negative numbers have a meaning */
    ARG_FD,       /* a descriptor */
    ARG_ID,       /* uid_t or gid_t; -1 leaves it as it is */
    ARG_LONG,     /* unsigned long, off_t */
    ARG_MODE,     /* permission bits, octal */
    ARG_FILEMODE, /* mknod's mode: a file type too */
    ARG_DEV,      /* makedev(major, minor) */
    ARG_FLAGS,    /* constants of the family joined by | */
    ARG_ENUM,     /* one constant of the family */
    ARG_NULL,     /* a pointer porthole passes as NULL only; with a shape, programs pass that structure */
    ARG_PATH,     /* a text, or NULL; completes as a path */
    ARG_TEXT,     /* a text, or NULL */
    ARG_DATA,     /* bytes; may hold \0 */
    ARG_STRINGS,  /* argv */
    ARG_ENV,      /* envp */
    ARG_IDS,      /* an array of gid_t */
    ARG_STRUCT,   /* a structure the call reads */
    ARG_LENGTH,   /* bytes or elements of argument `of`; may be left out */
    ARG_ROOM,     /* room in the output argument `of`; `fallback` when left out, if not 0 */
    /* Output arguments: the kernel fills them in. They may be left out, or be written as any name. */
    ARG_OUT_DATA,    /* as many bytes as the call returned, in the room of argument `of` */
    ARG_OUT_TEXT,    /* a text ended by \0, in the room of argument `of` (or `fallback` bytes) */
    ARG_OUT_STATUS,  /* wait status */
    ARG_OUT_NUMBER,  /* an int printed as argument kind and family say: `fallback` is the kind */
    ARG_OUT_IDS,     /* as many gid_t as the call returned */
    ARG_OUT_PAIR,    /* int[2] */
    ARG_OUT_UTSNAME, /* struct utsname; with `fallback` only its nodename is printed */
    ARG_OUT_STRUCT,
};
#define ARG_FIRST_OUTPUT ARG_OUT_DATA

/* A structure's members, as written in braces. */
struct call_field {
    const char *name;
    enum arg_kind kind;
    const struct call_family *family;
    uint8_t offset, width; /* in bytes; width 0: not passed on, only checked to be 0 or NULL */
    uint8_t high;          /* not 0: offset of the upper 32 bits, which the kernel keeps apart */
    bool quiet;            /* not printed when 0 */
};
#define CALL_MAX_FIELDS 7
struct call_struct {
    const char *name; /* "struct timespec"; with fields that have no name it is an array */
    unsigned size;    /* in bytes */
    int lone;         /* the field a plain number stands for, -1: braces are required */
    unsigned n;
    struct call_field field[CALL_MAX_FIELDS];
};

struct call_arg {
    enum arg_kind kind;
    const struct call_family *family;
    const struct call_struct *shape;
    int8_t of;     /* partner of a length, a room or an output */
    bool optional; /* may be left out; it is then `fallback` */
    int32_t fallback;
};

/* prctl(2) is some sixty calls behind one number: a row for each option. */
struct call_option {
    uint64_t value;
    const struct call_arg *args; /* args[0] is the option itself */
    int nargs;
    int least;         /* arguments that must be written */
    int printed;       /* arguments strace prints, when more than nargs: the rest are zeros the kernel insists on */
    const char *usage; /* "prctl(PR_SET_PDEATHSIG, sig)" */
    const struct call_family *returns; /* how a success prints: "1 (SUID_DUMP_USER)"; NULL: a plain number */
};
const struct call_option *call_option_find(uint64_t value); /* NULL: five plain numbers */

/* A parsed argument, by its place in the C call. */
enum value_type { VALUE_NUMBER, VALUE_TEXT, VALUE_STRINGS, VALUE_NUMBERS, VALUE_STRUCT, VALUE_OUTPUT, VALUE_ENVIRON };
struct call_value {
    enum value_type type;
    bool written;   /* false: left out, and filled in by us */
    size_t at;      /* byte offset in the line, for messages */
    int64_t num;    /* NUMBER; NULL is 0 */
    char *text;     /* TEXT; OUTPUT: as it was written, or NULL */
    size_t len;     /* of text, which may hold \0 */
    char **strings; /* STRINGS: n of them, NULL after the last */
    bool cut;       /* STRINGS: there were more */
    int64_t *nums;  /* NUMBERS, STRUCT: n of them */
    size_t n;       /* ENVIRON of a program's call: how many, num is their address */
};

struct call {
    const struct call_row *row;
    const struct call_option *option; /* prctl */
    const struct call_arg *args;
    int nargs;
    struct call_value v[CALL_MAX_ARGS];
    char **environment; /* what an execve without envp passes on; NULL-terminated, ours; NULL: an empty one */
    bool made;          /* a program made it: numbers of pointers are its addresses, nothing was left out */
    uint64_t *clone;    /* made: clone's registers, or clone3's structure, CALL_CLONE_WORDS of them; NULL: not read */
};
#define CALL_CLONE_WORDS 11

/* Fills in *err (which may be NULL) and returns false. The texts may hold what was typed: they are made safe here.
 * nearest may be NULL. */
bool call_error_set(struct call_error *err, size_t at, const char *nearest, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
bool call_error_vset(struct call_error *err, size_t at, const char *nearest, const char *fmt, va_list ap)
    __attribute__((format(printf, 4, 0)));

/* The name argument i has in the prototype: "target". */
void call_arg_name(struct str *out, const struct call_row *row, int i);
bool call_arg_is_output(const struct call_arg *a);
bool call_arg_may_miss(const struct call_arg *a);

/* The register that argument i travels in: not i where the architecture has only a newer call (row->registers). */
int call_register(const struct call_row *row, int i);
/* Turns the registers of the old call into those of the newer one, e.g. mkdir to mkdirat. */
void call_use_registers(struct call_image *image, long nr, const char *registers);

/* Bytes of an output argument: what the kernel may write. */
size_t call_output_room(const struct call *c, int i);

/* The members of a structure in memory. */
void call_struct_read(const struct call_struct *shape, const unsigned char *bytes, int64_t nums[CALL_MAX_FIELDS]);

/* Prints bytes as a C string, as strace does; more than max bytes end in "...". */
void call_print_text(struct str *out, const void *text, size_t n, size_t max);

#endif
