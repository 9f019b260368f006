#include "base/json.h"
#include "base/text.h"
#include <string.h>

/* text_sanitise() leaves valid UTF-8 without control characters but newlines. */
void json_add_string(struct str *out, const char *s)
{
    autostr struct str safe = {0};
    text_sanitise(&safe, s ? s : "", s ? strlen(s) : 0, TEXT_BLOCK);
    str_addc(out, '"');
    for (const char *p = str_c(&safe); *p; p++) {
        if (*p == '\n') {
            str_add(out, "\\n");
            continue;
        }
        if (*p == '"' || *p == '\\')
            str_addc(out, '\\');
        str_addc(out, *p);
    }
    str_addc(out, '"');
}
