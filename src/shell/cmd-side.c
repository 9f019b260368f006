/* :side :actors :drive :fork choose which process the next line is for. */
#include "base/text.h"
#include "shell/private.h"
#include <stdlib.h>
#include <string.h>

static bool side_needs_stage(struct shell *sh, struct outcome *o)
{
    if (!session_running(sh->session))
        outcome_set(o, 0, "no stage is running", "", ":lesson starts one");
    return session_running(sh->session);
}

static void side_say_driven(struct shell *sh)
{
    const struct actor *who = session_driven(sh->session);
    if (who)
        shell_say(sh, SAY_INFO, "Lines are now for %s (pid %d).", who->name, (int)who->host_pid);
    engine_note_drive(sh->engine);
}

CMD(side)
{
    if (!side_needs_stage(sh, o))
        return SHELL_GO_ON;
    if (sh->trace) {
        outcome_set(o, 0, "there is one side here", "host", "a container is what the traced program makes");
        return SHELL_GO_ON;
    }
    enum side side = session_side(sh->session) == SIDE_HOST ? SIDE_CONTAINER : SIDE_HOST;
    if (argc > 1 && text_has_prefix("host", argv[1]))
        side = SIDE_HOST;
    else if (argc > 1 && text_has_prefix("container", argv[1]))
        side = SIDE_CONTAINER;
    else if (argc > 1) {
        outcome_set(o, 0, "there is no such side", argv[1], "the sides are host and container");
        return SHELL_GO_ON;
    }
    session_set_side(sh->session, side);
    side_say_driven(sh);
    return SHELL_GO_ON;
}

static void actors_add(const struct session *s, const struct actor *a, struct str *out)
{
    static const char *const states[] = {"waits for a call", "is inside a call", "runs", "has ended"};
    str_addf(out, "%s %d  %-10s %-9s pid %d", a == session_driven(s) ? ">" : " ", a->id, a->name, side_name(a->side),
             (int)a->host_pid);
    if (a->own_pid && a->own_pid != a->host_pid)
        str_addf(out, "/%d", (int)a->own_pid);
    str_addf(out, ", %s%s%s\n", states[a->state], a->state == ACTOR_PROGRAM ? " " : "",
             a->state == ACTOR_PROGRAM ? a->program : "");
}

CMD(actors)
{
    const struct actor *all[64];
    autostr struct str text = {0};
    size_t n = session_actors(sh->session, all, COUNT(all));
    for (size_t i = 0; i < n; i++)
        actors_add(sh->session, all[i], &text);
    if (n)
        shell_say_text(sh, SAY_OUTPUT, str_c(&text));
    else
        side_needs_stage(sh, o);
    return SHELL_GO_ON;
}

CMD(drive)
{
    const struct actor *all[64];
    const char *names[65] = {0};
    size_t n = session_actors(sh->session, all, COUNT(all));
    int id = 0;
    for (size_t i = 0; i < n; i++) {
        autofree char *number = xasprintf("%d", all[i]->id);
        names[i] = all[i]->name;
        if (!strcmp(all[i]->name, argv[1]) || !strcmp(number, argv[1]))
            id = all[i]->id;
    }
    const char *nearest = id ? NULL : text_nearest(argv[1], names);
    if (!id)
        outcome_set(o, 0, "there is no such process to drive", argv[1],
                    nearest ? "the nearest is %s; :actors lists all" : ":actors lists them%s", nearest ? nearest : "");
    else if (session_drive(sh->session, id, o))
        side_say_driven(sh);
    return SHELL_GO_ON;
}

CMD(fork)
{
    const struct actor *all[64];
    int before = 0, child = 0;
    if (!side_needs_stage(sh, o))
        return SHELL_GO_ON;
    size_t n = session_actors(sh->session, all, COUNT(all));
    for (size_t i = 0; i < n; i++)
        before = all[i]->id > before ? all[i]->id : before;
    struct outcome said = {0};
    engine_line(sh->engine, "fork()", &said);
    n = session_actors(sh->session, all, COUNT(all));
    for (size_t i = 0; i < n; i++)
        child = all[i]->id > before ? all[i]->id : child;
    if (child && session_drive(sh->session, child, o))
        side_say_driven(sh);
    return SHELL_GO_ON;
}

char **cmd_complete_side(struct shell *sh, const char *word)
{
    struct shell_words words = {0};
    shell_words_add(&words, word, "host");
    shell_words_add(&words, word, "container");
    return shell_words_end(&words);
}

char **cmd_complete_actor(struct shell *sh, const char *word)
{
    const struct actor *all[64];
    struct shell_words words = {0};
    size_t n = session_actors(sh->session, all, COUNT(all));
    for (size_t i = 0; i < n; i++)
        if (all[i]->state != ACTOR_DEAD)
            shell_words_add(&words, word, all[i]->name);
    return shell_words_end(&words);
}
