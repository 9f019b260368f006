/* :shell opens a terminal of a side's own; what becomes of it when the stage is rebuilt. */
#include "base/errnoname.h"
#include "base/text.h"
#include "shell/private.h"
#include "shell/terminals.h"
#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#define TERMINAL_ROWS 24 /* until the presenter says better */
#define TERMINAL_COLS 80

/* The session's event. Who was at an interactive shell finds one again on the next stage: on a stage as it is after the
 * replay, so not before the line has ended that asked for it. */
void shell_on_terminal(void *arg, enum side side, const char *bytes, size_t n)
{
    struct shell *sh = arg;
    if (!n && pty_state(sh->session, side) == PTY_LOST && pty_is_shell(sh->session, side))
        sh->reopen[side] = true;
    if (sh->ui.terminal)
        sh->ui.terminal(sh->ui.arg, side, bytes, n);
}

void shell_reopen_terminals(struct shell *sh)
{
    for (int side = 0; side < 2; side++) {
        struct outcome o = {0};
        if (!sh->reopen[side] || !session_running(sh->session))
            continue;
        sh->reopen[side] = false;
        if (pty_state(sh->session, (enum side)side) == PTY_RUNNING)
            continue; /* the lesson runs a command there */
        if (pty_open(sh->session, (enum side)side, NULL, TERMINAL_ROWS, TERMINAL_COLS, &o) < 0)
            shell_say_outcome(sh, &o);
    }
}

bool shell_terminal_open(struct shell *sh, enum side side)
{
    struct outcome o = {0};
    if (pty_open(sh->session, side, NULL, TERMINAL_ROWS, TERMINAL_COLS, &o) == 0)
        return true;
    shell_say_outcome(sh, &o);
    return false;
}

void shell_terminal_title(struct shell *sh, enum side side, struct str *out)
{
    int status = pty_status(sh->session, side);
    str_addf(out, "%s terminal", side_name(side));
    switch (pty_state(sh->session, side)) {
    case PTY_NONE:
        break;
    case PTY_RUNNING:
        str_addf(out, ": %s", pty_program(sh->session, side));
        break;
    case PTY_ENDED:
        if (status >= 0 && WIFSIGNALED(status))
            str_addf(out, " (ended by %s)", signal_name(WTERMSIG(status)) ? signal_name(WTERMSIG(status)) : "a signal");
        else if (status >= 0)
            str_addf(out, " (ended with status %d)", WEXITSTATUS(status));
        else
            str_add(out, " (ended)");
        break;
    case PTY_LOST:
        str_add(out, " (ended with its stage)");
    }
}

static bool shell_side_named(const char *word, enum side *side)
{
    for (int i = 0; i < 2; i++)
        if (!strcmp(word, side_name((enum side)i))) {
            *side = (enum side)i;
            return true;
        }
    return false;
}

/* ":shell", ":shell host", ":shell host top -d 1": the rest of the line is one argument. */
CMD(shell)
{
    enum side side = session_side(sh->session);
    autofree char *rest = xstrdup(argc > 1 ? argv[1] : "");
    autofree char *word = xstrndup(rest, strcspn(rest, " \t"));
    char *command = text_trim(rest + strlen(word));
    if (*word && !shell_side_named(word, &side)) {
        outcome_set(o, 0, "that is no side", word, ":shell [host|container] [COMMAND]");
        return SHELL_GO_ON;
    }
    if (!sh->ui.terminal) {
        outcome_set(o, 0, "a terminal of its own needs the full screen", "",
                    "here a command runs at the prompt, and `sh` starts a shell");
        return SHELL_GO_ON;
    }
    bool runs = pty_state(sh->session, side) == PTY_RUNNING;
    if (*command && runs)
        outcome_set(o, EBUSY, "a program runs in that terminal", pty_program(sh->session, side),
                    "end it first, or type the command there");
    else if (!runs && pty_open(sh->session, side, *command ? command : NULL, TERMINAL_ROWS, TERMINAL_COLS, o) < 0)
        return SHELL_GO_ON;
    else if (!*command && sh->ui.terminal_focus)
        sh->ui.terminal_focus(sh->ui.arg, side);
    return SHELL_GO_ON;
}

CMD(layout)
{
    if (!sh->ui.layout) {
        outcome_set(o, 0, "layouts are a matter of the full screen", "", NULL);
        return SHELL_GO_ON;
    }
    const char *now = sh->ui.layout(sh->ui.arg, argc > 1 ? argv[1] : NULL);
    if (!now)
        outcome_set(o, 0, "there is no such layout", argv[1], ":layout lists them");
    else if (argc < 2)
        shell_say(sh, SAY_INFO,
                  "The layout is %s. There are:\n"
                  "auto: what fits; a terminal that has the focus alone, where there is no room for more\n"
                  "lesson: lesson and transcript, no terminals\n"
                  "split: terminals above lesson and transcript\n"
                  "terminals: terminals alone below the trees\n"
                  "stage: for large letters: trees, and a terminal or the transcript; no lesson",
                  now);
    return SHELL_GO_ON;
}

char **cmd_complete_layout(struct shell *sh, const char *word)
{
    static const char *const names[] = {"auto", "lesson", "split", "terminals", "stage"};
    struct shell_words words = {0};
    for (size_t i = 0; i < COUNT(names); i++)
        shell_words_add(&words, word, names[i]);
    return shell_words_end(&words);
}
