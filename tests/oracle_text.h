/* Two notations of one call made equal: for oracle.c. */
#ifndef TESTS_ORACLE_TEXT_H
#define TESTS_ORACLE_TEXT_H

#include "base/str.h"

void oracle_replace(struct str *s, const char *from, const char *to);
/* Puts strace's words into porthole's where they differ on purpose, and takes out what differs from run to run. */
void oracle_normalise(struct str *line);

#endif
