/* :stage says where we are, or restarts the lesson on the other stage. :doctor tries what this machine can run. */
#include "base/text.h"
#include "session/doctor.h"
#include "shell/private.h"
#include <string.h>

CMD(stage)
{
    autostr struct str why = {0};
    if (argc < 2) {
        if (session_running(sh->session))
            shell_say_stage(sh);
        else
            shell_say(sh, SAY_INFO, "No stage is running: :reset builds a fresh one.");
        return SHELL_GO_ON;
    }
    if (sh->trace) {
        outcome_set(o, 0, "a traced program is on your own machine", argv[1], "other stages are for lessons");
        return SHELL_GO_ON;
    }
    bool real = text_has_prefix("real", argv[1]), practice = text_has_prefix("practice", argv[1]);
    struct lesson *l = engine_lesson(sh->engine);
    if (!real && !practice)
        outcome_set(o, 0, "there is no such stage", argv[1], "the stages are practice and real");
    else if (!(real ? doctor_stage_real(&why) : doctor_stage_practice(&why)))
        outcome_set(o, 0, "that stage cannot run here", "", "%s", str_c(&why));
    else if (!l)
        sh->stage = real ? STAGE_REAL : STAGE_PRACTICE;
    else if (engine_start(sh->engine, l, 0, real ? STAGE_REAL : STAGE_PRACTICE, o) == 0) {
        sh->stage = real ? STAGE_REAL : STAGE_PRACTICE;
        shell_say_stage(sh);
    }
    return SHELL_GO_ON;
}

CMD(doctor)
{
    autostr struct str text = {0};
    doctor_report(&text);
    shell_say_text(sh, SAY_OUTPUT, str_c(&text));
    return SHELL_GO_ON;
}

char **cmd_complete_stage(struct shell *sh, const char *word)
{
    struct shell_words words = {0};
    shell_words_add(&words, word, "practice");
    shell_words_add(&words, word, "real");
    return shell_words_end(&words);
}
