/* A call that a program made: from registers and memory to struct call, the same as if it had been typed. */
#ifndef CALL_REGISTERS_H
#define CALL_REGISTERS_H

#include "call/call.h"

/* The caller's memory. read copies up to n bytes from address `at` and returns how many could be read. */
struct call_memory {
    size_t (*read)(void *arg, uint64_t at, void *buf, size_t n);
    void *arg;
    unsigned word; /* bytes of a pointer in its arrays: 8, or 4 for a 32-bit program */
};

/* The row that stands for the kernel's call of that number, under its own name and not that of a C library function;
 * NULL when the table has none. */
const struct call_row *call_row_of_number(long nr);
const struct call_row *call_row_of_name(const char *name); /* the same by the kernel's name */

/* Decodes the call, before it is made. Memory that cannot be read leaves the argument an address. Free with
 * call_free(). What the caller's other threads change afterwards is what the kernel gets: good for showing and against
 * accidents. Numbers in registers are exact. */
struct call *call_from_registers(const struct call_row *row, const uint64_t regs[CALL_MAX_ARGS],
                                 const struct call_memory *m);

/* Fills image for call_print_result() when a call of call_from_registers() has returned ret (-errno: it failed): what
 * the kernel wrote is read from the caller's memory. */
void call_read_outputs(const struct call *c, int64_t ret, const struct call_memory *m, struct call_image *image);

#endif
