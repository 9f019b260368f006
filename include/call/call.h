/* The table of system calls, and everything that is derived from one row of it: parse, print, marshal, complete, help.
 *
 * A typed call goes  text --call_parse--> struct call --call_marshal--> struct call_image --(actor makes it)-->
 * struct call_image (arena and return value filled in) --call_print_result--> text.  Nothing in this folder makes a
 * system call for the learner: the actor does (actor/). */
#ifndef CALL_CALL_H
#define CALL_CALL_H

#include "base/outcome.h"
#include "base/str.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CALL_MAX_ARGS 6
#define CALL_ARENA    24576 /* bytes of strings and buffers one call may carry */
#define CALL_MAX_DATA 16384 /* bytes one read or write may move */

/* How an actor performs the row. Everything but OP_SYSCALL needs more than registers. */
enum call_op {
    OP_SYSCALL, /* syscall(nr, ...) with the arena's pointers */
    OP_FORK,    /* fork() and clone(flags): a new actor; arg[0] holds the clone flags (without the exit signal) */
    OP_EXECVE,  /* on success the actor becomes a program on its pty */
    OP_EXIT,    /* the actor ends; arg[0] is the status */
};

/* What a row changes, for those who follow: views rescan, the session re-reads roots, the guard looks closer. */
enum call_flag {
    CALL_CHANGES_ROOT = 1 << 0,
    CALL_CHANGES_NS = 1 << 1,
    CALL_CHANGES_CREDS = 1 << 2,
    CALL_CHANGES_MOUNTS = 1 << 3,
    CALL_SIGNALS = 1 << 4, /* guard: sends a signal */
    CALL_BLOCKS = 1 << 5,  /* may wait for ever: wait4, read */
    CALL_NAMES_HOST = 1 << 6,
    CALL_TASKS = 1 << 7,       /* makes or ends processes */
    CALL_INTERESTING = 1 << 8, /* worth a stop when a program makes it */
};

struct call; /* one parsed call */
struct call_error;
struct call_arg; /* call/table.h */
struct call_row {
    const char *name; /* as typed: "clone" stands for clone(flags) */
    long nr;          /* __NR_..., what is really called */
    enum call_op op;
    unsigned flags;        /* enum call_flag */
    const char *prototype; /* "int mount(const char *source, ...)", shown by :man and as one-line help */
    const char *meaning;   /* one sentence: what it does to whom */
    const char *man;       /* "mount(2)" */
    const struct call_arg *args;
    int nargs;
    const char *registers; /* not NULL: the architecture lacks the call of that name, nr is a newer one that takes these
                            * registers; see call_use_registers() */
    const char *prints_as; /* the kernel's name where a C library function was typed: wait4 for waitpid; or NULL */
    bool returns_octal;    /* umask */
    bool (*check)(struct call *c, struct call_error *err); /* what must hold between arguments; NULL: nothing */
};

const struct call_row *call_rows(size_t *n); /* the table, in the order of its file */
/* Rows of calls that programs make and nobody types: a parser, a list of calls to learn, need not know them. */
const struct call_row *call_program_rows(size_t *n);
const struct call_row *call_find(const char *name); /* NULL when there is none */

/* Where $names in a typed call come from. get returns NULL when unset; the text stays valid until the next get. */
struct call_scope {
    const char *(*get)(void *arg, const char *name);
    void *arg;
};

/* Where a parse failed: a message for the learner, and the byte offset the caret stands under. */
struct call_error {
    char text[256];    /* "MS_BINF is no flag of mount()" */
    char nearest[128]; /* the nearest right spelling, or "" */
    size_t at;         /* byte offset in the line */
};

/* Is this line meant as a call: a name, optional blanks and '('? Does not ask whether the name exists. Definitions of
 * shell functions, `f() {`, and subshells are not. */
bool call_looks_like(const char *line);

/* Parses `name(args)`, C or strace notation, and nothing after it but blanks and `;`. Returns NULL with *err filled:
 * unknown call, flag or constant, wrong arity or type, unset $name, text after the call. Free with call_free(). */
struct call *call_parse(const char *line, const struct call_scope *scope, struct call_error *err);
void call_free(struct call *c);

/* The environment ("NAME=value", NULL-terminated, copied) that execve("/bin/sh") and execve("/bin/sh", ["sh"]) hand to
 * the program. A written envp wins, NULL included. Without this call a program gets an empty environment. */
void call_set_environment(struct call *c, char *const *env);
void call_freep(struct call **c);
const struct call_row *call_row_of(const struct call *c);

/* Values the guard needs: the numeric value of argument i (0 when it is a string), its text (NULL when numeric). */
int64_t call_arg_num(const struct call *c, int i);
const char *call_arg_text(const struct call *c, int i);

/* Prints the message, the line and a caret under the place, with the nearest right spelling: three lines at most. */
void call_error_print(struct str *out, const char *line, const struct call_error *err);

/* What travels to the actor and back. Pointers are arena offsets: bit i of ptr says arg[i] is one; fix[] lists arena
 * offsets of 8-byte words that are offsets themselves (argv arrays). Fixed size on purpose: the receiver checks bounds,
 * never lengths it cannot trust. */
struct call_image {
    uint32_t op; /* enum call_op */
    int32_t nr;
    uint64_t arg[CALL_MAX_ARGS];
    uint32_t ptr;
    uint32_t nfix;
    uint16_t fix[128];
    uint32_t len; /* bytes of arena used */
    int64_t ret;  /* filled by the actor: return value, -1 on failure */
    int32_t err;  /* filled by the actor: errno */
    uint32_t pad;
    unsigned char arena[CALL_ARENA];
};

/* Fills image from c. false with *o when the arguments do not fit in the arena. */
bool call_marshal(const struct call *c, struct call_image *image, struct outcome *o);

/* Is a received image safe to relocate: every offset inside the arena, texts ended? Async-signal-safe. */
bool call_image_valid(const struct call_image *image);

/* In the process that makes the call: registers with the arena's offsets turned to pointers. Changes the arena (pointer
 * arrays). false when the image is not valid. Async-signal-safe, allocates nothing. */
bool call_image_relocate(struct call_image *image, uint64_t regs[CALL_MAX_ARGS]);

/* "mount("proc", "/proc", "proc", 0, NULL)" in strace notation. Output arguments print as what came back when image is
 * not NULL and the call succeeded (wait4's [{WIFEXITED(s) && WEXITSTATUS(s) == 7}], read's buffer, uname's struct),
 * else as their names. */
void call_print(struct str *out, const struct call *c, const struct call_image *image);

/* call_print plus " = 0", " = -1 ESRCH (No such process)" or " = 0x..."; EXIT and a successful execve print " = ?". */
void call_print_result(struct str *out, const struct call *c, const struct call_image *image);

/* The expectation of a lesson's line `mount(...) = 0`: splits the text at its last top-level '='. *call_end is the
 * offset where the call's text ends. Forms: "= N", "= -1 ENAME (text)", "= ?" (no expectation of the value: execve,
 * exit), and
 * "= $name" / "= PID" (any positive number; $name is set to it by the caller). A line without '=' has kind ANY. */
struct call_expect {
    enum { EXPECT_ANY, EXPECT_VALUE, EXPECT_ERRNO, EXPECT_POSITIVE, EXPECT_NO_RETURN } kind;
    int64_t value;
    int err;
    char set[32]; /* the name after '$', or "" */
};
bool call_expect_parse(const char *line, size_t *call_end, struct call_expect *e, struct call_error *err);
bool call_expect_holds(const struct call_expect *e, const struct call_image *image);
void call_expect_print(struct str *out, const struct call_expect *e); /* "-1 ESRCH (No such process)" */

/* Output arguments that were written as strace prints them, `[{WIFEXITED(s) && WEXITSTATUS(s) == 7}]`, are expectations
 * too: does image hold them? `...` stands for anything. On false appends to *got (may be NULL) what came back. */
bool call_outputs_hold(const struct call *c, const struct call_image *image, struct str *got);

/* Completion inside a call: candidates for the word that ends at point (call names with "(", constants of the
 * argument's family; a path argument gives *want_path). Returns a NULL-terminated malloc'd array of malloc'd strings,
 * or NULL. *start is the offset of the word. */
char **call_complete(const char *line, size_t point, size_t *start, bool *want_path);

/* One line for the prompt's help: the prototype with argument number `point` is in marked by *from..*to (byte offsets).
 */
const char *call_hint(const char *line, size_t point, size_t *from, size_t *to);

#endif
