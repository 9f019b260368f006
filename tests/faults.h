/* Collects the faults that reading a lesson reports, one line each: "LINE error: MESSAGE". */
#ifndef TESTS_FAULTS_H
#define TESTS_FAULTS_H

#include "base/str.h"
#include <stdbool.h>

void faults_collect(void *out, const char *path, int line, bool error, const char *message); /* out: struct str */

#endif
