/* :lessons lists the course, :lesson starts one of it. */
#include "base/text.h"
#include "shell/private.h"
#include <string.h>

static void lessons_add(struct shell *sh, const struct lesson *l, struct str *out)
{
    autostr struct str title = {0}, id = {0};
    text_sanitise(&title, l->title, strlen(l->title), TEXT_LINE);
    text_sanitise(&id, l->id, strlen(l->id), TEXT_LINE);
    const char *mark = l == engine_lesson(sh->engine) ? ">" : progress_lesson_done(sh->progress, l->id) ? "x" : " ";
    str_addf(out, "%s %2d  %-12s %s", mark, course_number(sh->course, l), str_c(&id), str_c(&title));
    if (l->minutes > 0)
        str_addf(out, " (%d min)", l->minutes);
    if (strchr(l->id, '/'))
        str_addf(out, " (\"%s\" alone is that of another pack)", strchr(str_c(&id), '/') + 1);
    if (l->foreign && !sh->course->trust)
        str_add(out, " (not yours: porthole --trust runs it)");
    str_addc(out, '\n');
}

/* Where there are several packs, each begins with its name. */
static void lessons_add_pack(struct shell *sh, size_t i, struct str *out)
{
    const struct pack *pack = course_pack(sh->course, sh->course->v[i]);
    if (sh->course->npacks < 2 || pack->first != i)
        return;
    str_add(out, i ? "\n" : "");
    text_sanitise(out, pack->name, strlen(pack->name), TEXT_LINE);
    str_add(out, ":\n");
}

CMD(lessons)
{
    autostr struct str text = {0};
    for (size_t i = 0; i < sh->course->n; i++) {
        lessons_add_pack(sh, i, &text);
        lessons_add(sh, sh->course->v[i], &text);
    }
    shell_say_text(sh, SAY_OUTPUT, str_c(&text));
    shell_say(sh, SAY_INFO, "x: done, >: this one. :lesson NAME starts one, by number or id.");
    return SHELL_GO_ON;
}

static void lesson_on_fault(void *arg, const char *path, int line, bool error, const char *message)
{
    if (error)
        shell_say(arg, SAY_ERROR, "%s:%d: %s", path, line, message);
}

CMD(lesson)
{
    if (argc < 2)
        return cmd_lessons(sh, argc, argv, o);
    struct lesson *l = course_find(sh->course, argv[1], lesson_on_fault, sh, o);
    if (l)
        engine_start(sh->engine, l, 0, sh->stage, o);
    return SHELL_GO_ON;
}

char **cmd_complete_lesson(struct shell *sh, const char *word)
{
    struct shell_words words = {0};
    for (size_t i = 0; i < sh->course->n; i++)
        shell_words_add(&words, word, sh->course->v[i]->id);
    return shell_words_end(&words);
}
