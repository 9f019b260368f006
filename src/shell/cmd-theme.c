/* :theme chooses how the full screen looks, from now on. */
#include "shell/private.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void theme_list(struct shell *sh)
{
    autostr struct str text = {0};
    for (int i = 0; i < THEME_COUNT; i++)
        str_addf(&text, "\n%s: %s", theme_rows[i].name, theme_rows[i].help);
    shell_say(sh, SAY_INFO, "The theme is %s. There are:%s", theme_rows[sh->theme].name, str_c(&text));
}

/* It changes at once; what is worth a word is when it does not, or will not have changed the next time. */
static void theme_take(struct shell *sh, enum theme theme)
{
    const char *no_color = getenv("NO_COLOR");
    sh->theme = theme;
    if (!theme_remember(theme))
        shell_say(sh, SAY_ERROR, "The theme is %s, but could not be remembered: %s", theme_rows[theme].name,
                  strerror(errno));
    else if (no_color && *no_color && theme != THEME_MONO)
        shell_say(sh, SAY_INFO, "The theme is %s. Since NO_COLOR is set, porthole starts without colours all the same.",
                  theme_rows[theme].name);
    if (sh->ui.theme)
        sh->ui.theme(sh->ui.arg, theme);
    else
        shell_say(sh, SAY_INFO, "The theme is %s when there is a full screen; this is the linear mode.",
                  theme_rows[theme].name);
}

CMD(theme)
{
    int theme = argc > 1 ? theme_find(argv[1]) : -1;
    if (argc < 2)
        theme_list(sh);
    else if (theme < 0)
        outcome_set(o, 0, "there is no such theme", argv[1], ":theme lists them");
    else
        theme_take(sh, (enum theme)theme);
    return SHELL_GO_ON;
}

char **cmd_complete_theme(struct shell *sh, const char *word)
{
    struct shell_words words = {0};
    for (int i = 0; i < THEME_COUNT; i++)
        shell_words_add(&words, word, theme_rows[i].name);
    return shell_words_end(&words);
}
