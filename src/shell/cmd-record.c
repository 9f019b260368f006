/* :record makes a recording of what is shown. */
#include "base/text.h"
#include "shell/private.h"
#include <string.h>

static void record_say_state(struct shell *sh)
{
    const struct record *r = &sh->record;
    autostr struct str text = {0};
    if (!r->file) {
        record_print_last(sh, &text);
        shell_say(sh, SAY_INFO, "%s%sNothing is being recorded; :record FILE begins.", str_c(&text),
                  text.len ? " " : "");
        return;
    }
    str_add(&text, recording_paused(r->file) ? "The recording is paused at " : "Recording, at ");
    record_print_length(recording_ms(r->file), &text);
    str_add(&text, ", to ");
    text_sanitise(&text, recording_path(r->file), strlen(recording_path(r->file)), TEXT_LINE);
    str_add(&text, recording_paused(r->file) ? ". :record resume goes on, :record off ends it."
                                             : ". :record pause and :record off.");
    shell_say_text(sh, SAY_INFO, str_c(&text));
}

static void record_start(struct shell *sh, const char *path, bool replace, struct outcome *o)
{
    if (sh->record.file)
        outcome_set(o, 0, "a recording is being made", recording_path(sh->record.file), ":record off ends it");
    else if (!sh->ui.record)
        outcome_set(o, 0, "nothing is shown here that could be recorded", "", NULL);
    else if (record_open(sh, path, replace, o) == 0) {
        record_begin(sh);
        record_say_state(sh);
    }
}

/* The orders that need a recording. false: the word is none of them. */
static bool record_order(struct shell *sh, const char *word, struct outcome *o)
{
    autostr struct str text = {0};
    bool off = !strcmp(word, "off"), pause = !strcmp(word, "pause");
    if (!off && !pause && strcmp(word, "resume") != 0)
        return false;
    if (!sh->record.file) {
        outcome_set(o, 0, "nothing is being recorded", "", ":record FILE begins");
    } else if (!off) {
        record_pause(sh, pause);
        record_say_state(sh);
    } else if (record_stop(sh, o) == 0) {
        record_print_last(sh, &text);
        shell_say_text(sh, SAY_INFO, str_c(&text));
    }
    return true;
}

/* The rest of the line is one argument: a file's name may have blanks. "./off" is a file. */
CMD(record)
{
    char *rest = argc > 1 ? argv[1] : NULL;
    bool force = rest && text_has_prefix(rest, "--force") && strchr(" \t", rest[7]);
    if (force)
        rest = text_trim(rest + 7);
    if (!rest)
        record_say_state(sh);
    else if (!*rest)
        outcome_set(o, 0, "a recording needs a file", "", ":record --force FILE");
    else if (force || !record_order(sh, rest, o))
        record_start(sh, rest, force, o);
    return SHELL_GO_ON;
}

char **cmd_complete_record(struct shell *sh, const char *word)
{
    static const char *const names[] = {"off", "pause", "resume", "--force"};
    struct shell_words words = {0};
    for (size_t i = 0; i < COUNT(names); i++)
        shell_words_add(&words, word, names[i]);
    return shell_words_end(&words);
}
