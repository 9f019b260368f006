/* The parts of the parser. Private to this folder.
 *
 *     line --split--> spans of arguments --parse--> struct call_value, by number, quote and parse
 *
 * Splitting knows quotes and brackets only; completion and help split unfinished lines with the same function. */
#ifndef CALL_PARSER_H
#define CALL_PARSER_H

#include "call/table.h"

#define SPLIT_MAX 16

struct call_span {
    size_t from, to; /* without blanks around it */
};

enum split_fault { SPLIT_FINE, SPLIT_NO_CALL, SPLIT_OPEN_PAREN, SPLIT_OPEN_STRING, SPLIT_MISMATCH, SPLIT_TOO_MANY };

struct call_split {
    struct call_span name;
    size_t open;  /* offset of the '(' */
    size_t close; /* offset of its ')', or the end of the line */
    struct call_span v[SPLIT_MAX];
    int n; /* 0 for "()"; an argument may be an empty span */
    enum split_fault fault;
    size_t fault_at;
    size_t string; /* when the line ends inside a string: offset of its quote */
};

/* Splits line[0..len). An unfinished call has fault SPLIT_OPEN_PAREN or SPLIT_OPEN_STRING and is filled in as far as it
 * goes. */
enum split_fault call_split(const char *line, size_t len, struct call_split *s);

/* The offset after blanks and C comments, at most end. */
size_t split_blanks(const char *line, size_t at, size_t end);
size_t split_word(const char *line, size_t at, size_t end); /* length of the identifier at `at`, 0: none */

struct parser {
    const char *line;
    const struct call_scope *scope;
    struct call_error *err;
    const struct call_row *row;
};

/* Fills in the error and returns false. nearest may be NULL. */
bool parser_fail(struct parser *p, size_t at, const char *nearest, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* $name, ${name} or $! at *at: moves behind it, returns its text (valid until the next one), or NULL with the error. */
const char *parser_variable(struct parser *p, size_t *at, size_t end);

/* A number, an expression of constants of family f (NULL: none) and $names, up to end. */
bool parser_number(struct parser *p, struct call_span s, const struct call_family *f, int64_t *out);

/* A C string, or several side by side, or $name; up to end. */
bool parser_text(struct parser *p, struct call_span s, struct str *out);
bool parser_is_null(const struct parser *p, struct call_span s); /* the word NULL */

/* Reads s as argument a into *v, which is zeroed. */
bool parser_argument(struct parser *p, const struct call_arg *a, struct call_span s, struct call_value *v);
void parser_new_struct(const struct call_struct *shape, struct call_value *v); /* all members 0 */
void call_value_add(struct call_value *v, char *s);                            /* owns s from now on */

/* Is the word a constant of any argument of any call? Appends "unshare(), setns()" to *calls when not NULL. */
bool parser_constant_elsewhere(const char *name, size_t len, struct str *calls);

/* The arguments that a call takes: prctl's depend on the option. */
void call_use_option(struct call *c, uint64_t option);

#endif
