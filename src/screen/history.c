#include "screen/history.h"
#include "base/file.h"
#include "base/mem.h"
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <readline/history.h>

#define HISTORY_BYTES (1 << 20)

static char *history_path;

/* The file only grows while we run: a killed session loses nothing, two sessions do not overwrite each other. It is cut
 * back here, when it has grown to twice its size. */
static void history_shrink(size_t lines)
{
    if (lines < 2 * HISTORY_MAX)
        return;
    autostr struct str keep = {0};
    HIST_ENTRY **list = history_list();
    for (size_t i = 0; list && list[i]; i++)
        str_addf(&keep, "%s\n", list[i]->line);
    if (!file_replace(history_path, str_c(&keep), keep.len))
        return; /* it stays long */
}

void history_open(const char *path)
{
    using_history();
    stifle_history(HISTORY_MAX);
    clear_history();
    history_path = xstrdup(path);
    autostr struct str text = {0};
    if (!path || !file_read(AT_FDCWD, path, &text, HISTORY_BYTES))
        return;
    size_t n = 0;
    for (char *line = text.s, *end; line && (end = strchr(line, '\n')); line = end + 1, n++) {
        *end = '\0';
        if (*line)
            add_history(line);
    }
    history_shrink(n);
}

static void history_save(const char *line)
{
    if (!history_path)
        return;
    autofree char *dir = xstrdup(history_path);
    autofree char *record = xasprintf("%s\n", line);
    if (file_mkdirs(dirname(dir)))
        file_append(history_path, record, strlen(record));
}

static void history_enter_line(const char *line)
{
    if (!*line || *line == ' ' || *line == '\t')
        return;
    HIST_ENTRY *last = history_length > 0 ? history_get(history_base + history_length - 1) : NULL;
    if (last && !strcmp(last->line, line))
        return;
    add_history(line);
    history_save(line);
}

void history_enter(const char *text)
{
    autofree char *copy = xstrdup(text);
    char *state = NULL;
    for (char *line = strtok_r(copy, "\n", &state); line; line = strtok_r(NULL, "\n", &state))
        history_enter_line(line);
    using_history();
}

void history_close(void)
{
    clear_history();
    free(history_path);
    history_path = NULL;
}
