#include "base/prefs.h"
#include "base/file.h"
#include "base/text.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define PREFS_MAX 65536

/* The file as it is, each line ended; and the value handed out last. */
static struct str prefs_text;
static char *prefs_value;
static bool prefs_read_once;

static char *prefs_path(void)
{
    autofree char *dir = user_state_dir();
    return xasprintf("%s/preferences", dir);
}

/* false: there is something that is not to be overwritten, and it cannot be read. */
static bool prefs_read(void)
{
    autofree char *path = prefs_path();
    autostr struct str text = {0};
    prefs_read_once = true;
    if (!file_read(AT_FDCWD, path, &text, PREFS_MAX))
        return errno == ENOENT || errno == ENOTDIR;
    if (text.len && text.s[text.len - 1] != '\n')
        str_addc(&text, '\n');
    str_free(&prefs_text);
    prefs_text = text;
    text = (struct str){0};
    return true;
}

/* Length of the line that begins at byte at, its end included. */
static size_t prefs_line(size_t at)
{
    const char *start = prefs_text.s + at, *end = memchr(start, '\n', prefs_text.len - at);
    return (size_t)(end - start) + 1;
}

/* Is the line at s[0..n) "key = value"? *value is the trimmed value, *len its length. */
static bool prefs_is(const char *s, size_t n, const char *key, const char **value, size_t *len)
{
    const char *end = s + n, *eq = memchr(s, '=', n);
    if (!eq || memchr(s, '\0', n))
        return false;
    while (s < eq && isblank((unsigned char)*s))
        s++;
    size_t length = (size_t)(eq - s);
    while (length && isblank((unsigned char)s[length - 1]))
        length--;
    if (length != strlen(key) || strncmp(s, key, length) != 0)
        return false;
    for (s = eq + 1; s < end && isspace((unsigned char)*s);)
        s++;
    while (end > s && isspace((unsigned char)end[-1]))
        end--;
    *value = s;
    *len = (size_t)(end - s);
    return true;
}

const char *prefs_get(const char *key)
{
    const char *value;
    size_t len, line;
    if (!prefs_read_once)
        prefs_read();
    free(steal_ptr(&prefs_value));
    for (size_t at = 0; at < prefs_text.len; at += line) { /* the last line of that key counts */
        line = prefs_line(at);
        if (prefs_is(prefs_text.s + at, line, key, &value, &len)) {
            free(prefs_value);
            prefs_value = xstrndup(value, len);
        }
    }
    return prefs_value;
}

static bool prefs_is_valid(const char *key, const char *value)
{
    if (!*key || key[strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.")])
        return false;
    size_t n = value ? strlen(value) : 0;
    if (n && (isspace((unsigned char)value[0]) || isspace((unsigned char)value[n - 1])))
        return false;
    return !value || !strpbrk(value, "\n\r");
}

bool prefs_set(const char *key, const char *value)
{
    autostr struct str text = {0};
    autofree char *path = prefs_path();
    autofree char *dir = user_state_dir();
    const char *old;
    size_t len, line;
    if (!prefs_is_valid(key, value)) {
        errno = EINVAL;
        return false;
    }
    bool known = prefs_read();
    int trouble = errno;
    for (size_t at = 0; at < prefs_text.len; at += line) {
        line = prefs_line(at);
        if (!prefs_is(prefs_text.s + at, line, key, &old, &len))
            str_addn(&text, prefs_text.s + at, line);
    }
    if (value)
        str_addf(&text, "%s = %s\n", key, value);
    str_free(&prefs_text);
    prefs_text = text;
    text = (struct str){0};
    if (!known) {
        errno = trouble;
        return false;
    }
    return file_mkdirs(dir) && file_replace(path, str_c(&prefs_text), prefs_text.len);
}

void prefs_forget(void)
{
    str_free(&prefs_text);
    free(steal_ptr(&prefs_value));
    prefs_read_once = false;
}
