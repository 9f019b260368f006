/* Text as a string of JSON. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/str.h"

/* Appends s in quotes, sanitised as a block (base/text.h) and escaped (RFC 8259). NULL is "". */
void json_add_string(struct str *out, const char *s);

#endif
