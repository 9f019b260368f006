/* The parts of the printer. Private to this folder. */
#ifndef CALL_PRINT_H
#define CALL_PRINT_H

#include "call/table.h"

#define PRINT_TEXT_MAX 256 /* bytes of a text before it is cut with "..." */

/* Prints one number as its argument's kind says: octal, by names, as makedev(0x1, 0x3). */
void print_number(struct str *out, enum arg_kind kind, const struct call_family *f, int64_t v);

void print_struct(struct str *out, const struct call_struct *shape, const int64_t *nums);

/* Output argument i: what image holds when the call succeeded, else its name. */
void print_output(struct str *out, const struct call *c, int i, const struct call_image *image);

#endif
