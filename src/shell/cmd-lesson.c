/* :next :back :goto :reset :hint :solution :skip move through the lesson. */
#include "shell/private.h"
#include <stdlib.h>

CMD(next)
{
    engine_next(sh->engine, o);
    return SHELL_GO_ON;
}

CMD(back)
{
    engine_back(sh->engine, o);
    return SHELL_GO_ON;
}

CMD(goto)
{
    char *end;
    long step = strtol(argv[1], &end, 10);
    if (*end || step < 1 || step > 100000)
        outcome_set(o, 0, "that is no step's number", argv[1], ":goto 3 goes to the third step");
    else
        engine_goto(sh->engine, (size_t)step - 1, o);
    return SHELL_GO_ON;
}

CMD(reset)
{
    if (sh->trace)
        shell_machine_start(sh, o);
    else
        engine_reset(sh->engine, o);
    return SHELL_GO_ON;
}

CMD(hint)
{
    if (engine_hint(sh->engine) == 0)
        shell_say(sh, SAY_INFO, "There is no hint here. %s.", engine_awaits(sh->engine));
    return SHELL_GO_ON;
}

CMD(solution)
{
    if (engine_solution(sh->engine) == 0)
        shell_say(sh, SAY_INFO, "Nothing is to be solved right now: %s.", engine_awaits(sh->engine));
    return SHELL_GO_ON;
}

CMD(skip)
{
    engine_skip(sh->engine, o);
    return SHELL_GO_ON;
}

char **cmd_complete_step(struct shell *sh, const char *word)
{
    const struct lesson *l = engine_lesson(sh->engine);
    struct shell_words words = {0};
    for (size_t i = 0; l && i < l->nsteps; i++) {
        autofree char *number = xasprintf("%zu", i + 1);
        shell_words_add(&words, word, number);
    }
    return shell_words_end(&words);
}
