/* The inside of a row: what the parser, printer, marshaller and completion need to know of each argument. Private to
 * call/. */
#ifndef CALL_TABLE_H
#define CALL_TABLE_H

#include "call/call.h"

/* A named number, and families of them. */
struct constant {
    const char *name;
    int64_t value;
};
struct family {
    const char *what;          /* "mount flag": for error messages */
    bool bits;                 /* may be joined by | and is decoded bit by bit */
    const struct constant *v;  /* ends with a NULL name */
    const struct family *also; /* more names of the same argument, or NULL */
};
#define FAMILIES(F)                                                                                                    \
    F(clone)                                                                                                           \
    F(open) F(at) F(mount) F(umount) F(signal) F(prctl) F(prctl_value) F(cap) F(open_tree) F(move_mount) F(fsopen)     \
        F(fsconfig) F(fsmount) F(mount_attr) F(wait) F(file_type) F(pidfd) F(access) F(dirfd) F(id)
#define FAMILY_DECLARE(n) extern const struct family family_##n;
FAMILIES(FAMILY_DECLARE)

/* The constant of that name in f (or f->also); NULL when there is none. */
const struct constant *family_find(const struct family *f, const char *name, size_t len);
/* The constant of that name in any family, and the family; NULL. For "that flag belongs to another call". */
const struct constant *family_find_any(const char *name, size_t len, const struct family **of);
/* Prints value: names joined by |, the rest in hexadecimal; octal rest for modes is the caller's business. */
void family_print(struct str *out, const struct family *f, uint64_t value);

enum arg_kind {
    ARG_NONE,
    ARG_INT,      /* a number; family names allowed when there is one */
    ARG_FLAGS,    /* a number with a family, printed by names */
    ARG_MODE,     /* permission bits, printed in octal */
    ARG_DEV,      /* makedev(major, minor) */
    ARG_TEXT,     /* a string or NULL */
    ARG_DATA,     /* bytes to write; the next argument is their number */
    ARG_SIZE,     /* number of bytes of the argument before it; may be left out */
    ARG_LIST,     /* argv, envp: strings */
    ARG_IDS,      /* an array of ids; the argument before it is their number */
    ARG_COUNT,    /* that number; may be left out */
    ARG_BUFFER,   /* the kernel fills it: text of `size` bytes */
    ARG_STATUS,   /* the kernel fills it: wait status */
    ARG_UTS,      /* the kernel fills it: struct utsname */
    ARG_NULL,     /* only NULL makes sense here */
    ARG_CAPS,     /* capset: {effective=..., permitted=..., inheritable=...} */
    ARG_CAPS_OUT, /* capget fills it */
};

struct arg_spec {
    const char *name;
    enum arg_kind kind;
    const struct family *family;
    bool optional;  /* may be left out, from here to the end */
    int64_t absent; /* its value then */
};

struct call_entry {
    struct call_row row;
    struct arg_spec arg[CALL_MAX_ARGS];
};

extern const struct call_entry call_entries[];
extern const size_t call_entry_count;
static inline const struct call_entry *call_entry_of(const struct call_row *row)
{
    return (const struct call_entry *)(const void *)row; /* row is the first member */
}
int call_entry_args(const struct call_entry *e); /* how many at the most */

/* One argument of a parsed call. */
struct value {
    enum { VALUE_ABSENT, VALUE_NULL, VALUE_NUMBER, VALUE_TEXT, VALUE_LIST, VALUE_CAPS, VALUE_OUT } kind;
    int64_t number;
    uint64_t caps[3]; /* effective, permitted, inheritable */
    char *text;
    size_t len; /* of text, which may hold NUL bytes */
    struct value *list;
    size_t n, cap;
    size_t at; /* where it stands in the line */
};

struct call {
    const struct call_entry *entry;
    struct value arg[CALL_MAX_ARGS];
    int given;          /* arguments written */
    char **environment; /* for an execve without envp; own copy */
};

/* Prints bytes as a C string in double quotes, as strace does. */
void call_print_text(struct str *out, const char *s, size_t n);

#endif
