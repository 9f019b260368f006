/* :slow stops programs before their calls, :calls shows the calls they made. */
#include "base/text.h"
#include "shell/private.h"
#include "shell/slow.h"
#include <string.h>

/* A word that the command's usage names, or its beginning; -1. */
static int slow_word(const char *const *words, const char *word)
{
    for (int i = 0; words[i]; i++)
        if (*word && text_has_prefix(words[i], word) && (strcmp(word, "o") != 0))
            return i;
    return -1;
}

static char **slow_complete(const char *const *words, const char *word)
{
    struct shell_words list = {0};
    for (int i = 0; words[i]; i++)
        shell_words_add(&list, word, words[i]);
    return shell_words_end(&list);
}

static bool slow_is_watched(struct shell *sh, struct outcome *o)
{
    const char *why = NULL;
    if (!session_running(sh->session)) {
        outcome_set(o, 0, "no stage is running", "", ":lesson starts one");
        return false;
    }
    if (session_watches(sh->session, &why))
        return true;
    outcome_set(o, 0, "programs are not watched here", "", "%s", why ? why : "this machine does not allow ptrace");
    return false;
}

/* :slow */

static const char *const slow_modes[] = {[SLOW_OFF] = "off", [SLOW_ON] = "on", [SLOW_ALL] = "all", NULL};

static void slow_say(struct shell *sh)
{
    switch (session_slow(sh->session)) {
    case SLOW_OFF:
        shell_say(sh, SAY_INFO, "Slow motion is off: programs run on. :slow on stops them before each call.");
        break;
    case SLOW_ON:
        shell_say(sh, SAY_INFO,
                  "Slow motion is on: a program stops before each call that changes something. Enter lets it make the "
                  "call, s runs to the next of another kind, c to the end of the line, d denies the call, ? opens its "
                  "manual page. :slow off ends this.");
        break;
    case SLOW_ALL:
        shell_say(sh, SAY_INFO,
                  "Slow motion is on for all calls that are watched, threads and waiting included. Enter lets the "
                  "program make the call, s, c, d and ? are as with :slow on.");
        break;
    }
}

CMD(slow)
{
    int mode = argc > 1 ? slow_word(slow_modes, argv[1]) : -1;
    if (argc > 1 && mode < 0) {
        outcome_set(o, 0, "slow motion cannot be", argv[1], ":slow takes on, off or all");
        return SHELL_GO_ON;
    }
    if (mode != SLOW_OFF && !slow_is_watched(sh, o))
        return SHELL_GO_ON;
    if (mode >= 0)
        session_set_slow(sh->session, (enum slow)mode);
    slow_say(sh);
    if (sh->ui.calls)
        sh->ui.calls(sh->ui.arg);
    return SHELL_GO_ON;
}

char **cmd_complete_slow(struct shell *sh, const char *word)
{
    return slow_complete(slow_modes, word);
}

/* :calls */

static const char *const calls_words[] = {"off", "on", NULL};

/* What is said of one line is not said of the next one again. */
static void calls_say(struct shell *sh)
{
    autostr struct str text = {0}, said = {0};
    if (ticker_forgotten(sh->calls))
        str_addf(&text, "(%zu earlier lines are no longer kept)\n", ticker_forgotten(sh->calls));
    for (size_t i = 0; i < ticker_count(sh->calls); i++) {
        const struct ticker_line *l = ticker_line(sh->calls, i);
        autostr struct str meaning = {0};
        ticker_print(l, &text);
        str_addc(&text, '\n');
        ticker_print_meaning(l, &meaning);
        if (meaning.len && strcmp(str_c(&said), meaning.s))
            str_addf(&text, "    %s\n", meaning.s);
        str_cut(&said, 0);
        str_add(&said, str_c(&meaning));
    }
    shell_say_text(sh, SAY_OUTPUT, str_c(&text));
}

CMD(calls)
{
    int word = argc > 1 ? slow_word(calls_words, argv[1]) : -1;
    if (argc > 1 && word < 0)
        outcome_set(o, 0, "calls cannot be", argv[1], ":calls takes on or off; alone it lists them");
    else if (word == 1 && !slow_is_watched(sh, o))
        return SHELL_GO_ON;
    else if (word >= 0) {
        sh->ticking = word ? TICKER_ON : TICKER_OFF;
        shell_say(sh, SAY_INFO,
                  word ? "The calls of programs are shown as they are made."
                       : "The calls of programs are no longer shown; :calls lists the last command's.");
        if (sh->ui.calls)
            sh->ui.calls(sh->ui.arg);
    } else if (!ticker_count(sh->calls) && slow_is_watched(sh, o))
        shell_say(sh, SAY_INFO, "No program has made a call of interest yet.");
    else if (ticker_count(sh->calls) && sh->ui.show_calls)
        sh->ui.show_calls(sh->ui.arg);
    else if (ticker_count(sh->calls))
        calls_say(sh);
    return SHELL_GO_ON;
}

char **cmd_complete_calls(struct shell *sh, const char *word)
{
    return slow_complete(calls_words, word);
}
