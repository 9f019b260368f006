/* :view chooses what the columns show, :zoom gives one pane the screen. */
#include "base/text.h"
#include "shell/private.h"
#include <string.h>

static const char *const zoom_panes[] = {"host", "container", "lesson", "off", NULL};

CMD(view)
{
    size_t n;
    const struct view *all = view_table(&n);
    const struct view *v = argc > 1 ? view_find(argv[1]) : NULL;
    autostr struct str text = {0};
    for (size_t i = 0; i < n; i++)
        str_addf(&text, "%s%s: %s", i ? "\n" : "", all[i].name, all[i].help);
    if (argc < 2)
        shell_say(sh, SAY_INFO, "The view is %s. There are:\n%s", sh->view->name, str_c(&text));
    else if (v)
        sh->view = v;
    else
        outcome_set(o, 0, "there is no such view", argv[1], ":view lists them");
    return SHELL_GO_ON;
}

CMD(zoom)
{
    const char *pane = argc > 1 ? argv[1] : "host";
    bool known = false;
    for (size_t i = 0; zoom_panes[i]; i++)
        known = known || !strcmp(zoom_panes[i], pane);
    if (sh->trace && !strcmp(pane, "lesson"))
        outcome_set(o, 0, "there is no lesson here", "", ":zoom takes host, container or off");
    else if (!known)
        outcome_set(o, 0, "there is no such pane", pane, ":zoom takes host, container, lesson or off");
    else if (sh->ui.zoom)
        sh->ui.zoom(sh->ui.arg, pane);
    else
        shell_say(sh, SAY_INFO, "Panes are a matter of the full screen; this is the linear mode.");
    return SHELL_GO_ON;
}

char **cmd_complete_view(struct shell *sh, const char *word)
{
    struct shell_words words = {0};
    size_t n;
    const struct view *all = view_table(&n);
    for (size_t i = 0; i < n; i++)
        shell_words_add(&words, word, all[i].name);
    return shell_words_end(&words);
}

char **cmd_complete_zoom(struct shell *sh, const char *word)
{
    struct shell_words words = {0};
    for (size_t i = 0; zoom_panes[i]; i++)
        shell_words_add(&words, word, zoom_panes[i]);
    return shell_words_end(&words);
}
