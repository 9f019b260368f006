/* Lines that nobody shall see. */
#include "session/secret.h"
#include "shell/private.h"
#include "shell/slow.h"
#include <string.h>

bool shell_secret(const struct shell *sh)
{
    const struct actor *who = session_running(sh->session) ? session_driven(sh->session) : NULL;
    return who && !shell_held(sh) && session_asks_secret(sh->session, who);
}

bool shell_secret_reaches(const struct shell *sh)
{
    return session_secret_reaches(session_driven(sh->session));
}

/* An order is one by its whole name: a password that begins with a colon is none. */
static bool secret_is_order(const char *line)
{
    if (*line != ':')
        return false;
    autofree char *word = xstrndup(line + 1, strcspn(line + 1, " \t"));
    const struct cmd *c = cmd_find(word);
    return c && (!strcmp(c->name, word) || (c->alias && !strcmp(c->alias, word)));
}

bool secret_takes(const struct shell *sh, const char *line)
{
    return *line ? !secret_is_order(line) : !*shell_offer(sh);
}

void secret_note(struct shell *sh)
{
    bool secret = shell_secret(sh), was = sh->secret;
    sh->secret = secret;
    if (secret && !was)
        shell_flush_output(sh); /* the question stands before what asks for its answer */
    if (secret != was)
        shell_changed(sh);
}
