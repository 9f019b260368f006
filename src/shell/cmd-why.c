/* :why tells all that was looked at after the last typed call, or the last call of a program that failed. */
#include "shell/private.h"

CMD(why)
{
    const struct why *w = engine_why(sh->engine);
    autostr struct str text = {0};
    if (sh->program_why) {
        shell_say_text(sh, SAY_WHY, sh->program_why);
        return SHELL_GO_ON;
    }
    if (!w) {
        shell_say(sh, SAY_INFO, "No call was made yet whose result could be explained: type one, like mount(...).");
        return SHELL_GO_ON;
    }
    why_print_all(w, &text);
    shell_say_text(sh, SAY_WHY, str_c(&text));
    return SHELL_GO_ON;
}
