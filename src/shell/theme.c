#include "shell/theme.h"
#include "base/prefs.h"
#include <stdlib.h>
#include <string.h>

const struct theme_row theme_rows[THEME_COUNT] = {
    [THEME_DEFAULT] = {"default", "the terminal's own colours"},
    [THEME_CONTRAST] = {"contrast", "for projectors: nothing dim, nothing pale, on light and on dark backgrounds"},
    [THEME_MONO] = {"mono", "no colours: bold, underlined and reversed"},
};

int theme_find(const char *name)
{
    for (int i = 0; name && i < THEME_COUNT; i++)
        if (!strcmp(name, theme_rows[i].name))
            return i;
    return -1;
}

enum theme theme_choose(const char *given)
{
    const char *no_color = getenv("NO_COLOR");
    int theme = theme_find(given);
    if (theme < 0 && no_color && *no_color)
        theme = THEME_MONO;
    if (theme < 0)
        theme = theme_find(prefs_get("theme"));
    return theme < 0 ? THEME_DEFAULT : (enum theme)theme;
}

bool theme_remember(enum theme theme)
{
    return prefs_set("theme", theme_rows[theme].name);
}
