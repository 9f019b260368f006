/* The table of porthole's commands, finding one, and running a line. */
#include "base/text.h"
#include "shell/private.h"
#include <ctype.h>
#include <string.h>

static enum shell_next cmd_quit(struct shell *sh, int argc, char **argv, struct outcome *o)
{
    return SHELL_QUIT;
}

static const char cmd_walk[] = "The lesson", cmd_show[] = "On stage", cmd_course[] = "The course",
                  cmd_drive_[] = "Sides and processes", cmd_look[] = "Looking", cmd_self[] = "Porthole";

static const struct cmd cmd_rows[] = {
    {"next", "n", cmd_walk, ":next", "go to the next step, or the next lesson", 0, 0, cmd_next, NULL},
    {"back", "b", cmd_walk, ":back", "go to the step before; the container is rebuilt as it was then", 0, 0, cmd_back,
     NULL},
    {"goto", "g", cmd_walk, ":goto STEP", "go to a step by number; what it needs is done on the way", 1, 1, cmd_goto,
     cmd_complete_step},
    {"reset", "r", cmd_walk, ":reset", "start this step anew, in a fresh container", 0, 0, cmd_reset, NULL},
    {"hint", "h", cmd_walk, ":hint", "the next hint", 0, 0, cmd_hint, NULL},
    {"solution", NULL, cmd_walk, ":solution", "show one way to do it; Enter then types it", 0, 0, cmd_solution, NULL},
    {"skip", NULL, cmd_walk, ":skip", "go past what waits: a question, a turn, a command", 0, 0, cmd_skip, NULL},
    {"steps", NULL, cmd_walk, ":steps", "list the steps, with their numbers, to jump to one", 0, 0, cmd_steps, NULL},
    {"resume", NULL, cmd_walk, ":resume", "back to the lesson from whatever was run beside it", 0, 0, cmd_resume, NULL},
    {"recorded", NULL, cmd_show, ":recorded", "show the rehearsal's recording of this step, and go on behind it", 0, 0,
     cmd_recorded, NULL},
    {"black", NULL, cmd_show, ":black", "nothing on the screen until a key is pressed", 0, 0, cmd_black, NULL},
    {"pause", NULL, cmd_show, ":pause", "the same, and the clock stands still", 0, 0, cmd_pause, NULL},
    {"follow", NULL, cmd_show, ":follow [on|off]", "whether other users may watch with `porthole follow`", 0, 1,
     cmd_follow, cmd_complete_follow},
    {"lessons", "ls", cmd_course, ":lessons", "list the lessons and what is done", 0, 0, cmd_lessons, NULL},
    {"lesson", "l", cmd_course, ":lesson NAME", "start a lesson by number, id or file", 0, CMD_REST, cmd_lesson,
     cmd_complete_lesson},
    {"side", "s", cmd_drive_, ":side [host|container]", "type on the other side", 0, 1, cmd_side, cmd_complete_side},
    {"actors", "a", cmd_drive_, ":actors", "list the processes that can be driven", 0, 0, cmd_actors, NULL},
    {"drive", "d", cmd_drive_, ":drive NAME", "drive another process, by name or number", 1, 1, cmd_drive,
     cmd_complete_actor},
    {"fork", "f", cmd_drive_, ":fork", "fork() the driven process and drive the child", 0, 0, cmd_fork, NULL},
    {"shell", "sh", cmd_drive_, ":shell [host|container] [COMMAND]",
     "a terminal of the side's own, with an interactive shell or a command", 0, CMD_REST, cmd_shell, cmd_complete_side},
    {"stage", NULL, cmd_drive_, ":stage [practice|real]", "say which stage this is, or restart the lesson on the other",
     0, 1, cmd_stage, cmd_complete_stage},
    {"view", "v", cmd_look, ":view [NAME]", "choose what the two columns show", 0, 1, cmd_view, cmd_complete_view},
    {"layout", NULL, cmd_look, ":layout [auto|lesson|split|terminals|stage]", "choose what stands below the trees", 0,
     1, cmd_layout, cmd_complete_layout},
    {"zoom", "z", cmd_look, ":zoom [host|container|lesson|off]", "give one pane the whole screen", 0, 1, cmd_zoom,
     cmd_complete_zoom},
    {"why", "w", cmd_look, ":why", "all causes that were checked for the last call, with the evidence", 0, 0, cmd_why,
     NULL},
    {"slow", NULL, cmd_look, ":slow [on|off|all]", "slow motion: stop programs before each call they make", 0, 1,
     cmd_slow, cmd_complete_slow},
    {"calls", "c", cmd_look, ":calls [on|off]", "the last command's calls, explained; on, off: as they are made", 0, 1,
     cmd_calls, cmd_complete_calls},
    {"man", "m", cmd_look, ":man [PAGE|CALL]", "open a man page; without a name, list this lesson's", 0, CMD_REST,
     cmd_man, cmd_complete_man},
    {"vars", NULL, cmd_look, ":vars", "the variables that lines may use", 0, 0, cmd_vars, NULL},
    {"journal", "j", cmd_look, ":journal", "what was done so far", 0, 0, cmd_journal, NULL},
    {"help", "?", cmd_self, ":help [COMMAND|CALL]", "this list, or one command or system call", 0, 1, cmd_help,
     cmd_complete_help},
    {"theme", NULL, cmd_self, ":theme [default|contrast|mono]", "choose how the screen looks, now and the next time", 0,
     1, cmd_theme, cmd_complete_theme},
    {"record", NULL, cmd_self, ":record [--force] FILE | off | pause | resume",
     "record the screen as an asciicast; without a word: is one being made?", 0, CMD_REST, cmd_record,
     cmd_complete_record},
    {"export", NULL, cmd_self, ":export [--force] FILE.html",
     "write what was done so far as a page of HTML, with the trees of each step", 1, CMD_REST, cmd_export, NULL},
    {"doctor", NULL, cmd_self, ":doctor", "try what this machine can run", 0, 0, cmd_doctor, NULL},
    {"quit", "q", cmd_self, ":quit", "end; your place is kept", 0, 0, cmd_quit, NULL},
};

const struct cmd *cmd_table(size_t *n)
{
    *n = COUNT(cmd_rows);
    return cmd_rows;
}

bool shell_offers(const struct shell *sh, const struct cmd *c)
{
    bool again = c->run == cmd_reset; /* of a traced program: from the start */
    if (c->group == cmd_show)
        return sh->present;
    return !sh->trace || again || (c->group != cmd_walk && c->group != cmd_course && c->run != cmd_journal);
}

const struct cmd *cmd_find(const char *word)
{
    const struct cmd *found = NULL;
    size_t hits = 0;
    for (size_t i = 0; i < COUNT(cmd_rows); i++) {
        const struct cmd *c = &cmd_rows[i];
        if (!strcmp(c->name, word) || (c->alias && !strcmp(c->alias, word)))
            return c;
        if (*word && text_has_prefix(c->name, word)) {
            found = c;
            hits++;
        }
    }
    return hits == 1 ? found : NULL;
}

static void cmd_unknown(struct shell *sh, const char *word)
{
    const char *names[COUNT(cmd_rows) + 1] = {0};
    autostr struct str text = {0}, safe = {0};
    size_t hits = 0;
    text_sanitise(&safe, word, strlen(word), TEXT_LINE);
    for (size_t i = 0; i < COUNT(cmd_rows); i++) {
        names[i] = cmd_rows[i].name;
        if (*word && text_has_prefix(names[i], word))
            str_addf(&text, "%s:%s", hits++ ? ", " : "", names[i]);
    }
    const char *nearest = text_nearest(word, names);
    if (hits)
        shell_say(sh, SAY_ERROR, ":%s could be %s.", str_c(&safe), str_c(&text));
    else if (nearest)
        shell_say(sh, SAY_ERROR, "There is no command :%s. The nearest is :%s; :help lists all.", str_c(&safe),
                  nearest);
    else
        shell_say(sh, SAY_ERROR, "There is no command :%s. :help lists them.", str_c(&safe));
}

/* Splits at blanks, in place. With CMD_REST the last word takes the rest of the line. */
static int cmd_split(char *line, int max_args, char **argv, int room)
{
    int n = 0;
    for (char *p = line; *(p += strspn(p, " \t")) && n < room;) {
        argv[n++] = p;
        if (max_args == CMD_REST && n == 2) {
            text_trim(p);
            break;
        }
        p += strcspn(p, " \t");
        if (*p)
            *p++ = '\0';
    }
    return n;
}

enum shell_next cmd_eval(struct shell *sh, const char *line)
{
    autofree char *copy = xstrdup(line + (*line == ':'));
    autofree char *word = xstrndup(copy, strcspn(copy, " \t"));
    const struct cmd *c = cmd_find(word);
    char *argv[8] = {0};
    struct outcome o = {0};
    if (!c) {
        cmd_unknown(sh, word);
        return SHELL_GO_ON;
    }
    if (!shell_offers(sh, c)) {
        shell_say(sh, SAY_ERROR,
                  c->group == cmd_show
                      ? "That is for a presentation: `porthole present LESSON` starts one."
                      : "There are no lessons here: porthole traces a program. :quit leaves; porthole without "
                        "`trace` starts the course.");
        return SHELL_GO_ON;
    }
    int argc = cmd_split(copy, c->max_args, argv, (int)COUNT(argv) - 1);
    if (argc - 1 < c->min_args || (c->max_args != CMD_REST && argc - 1 > c->max_args)) {
        shell_say(sh, SAY_ERROR, "Usage: %s  (%s)", c->usage, c->help);
        return SHELL_GO_ON;
    }
    autostr struct str spelled = {0};
    str_addf(&spelled, ":%s", c->name);
    for (int i = 1; i < argc; i++)
        str_addf(&spelled, " %s", argv[i]);
    enum shell_next next = c->run(sh, argc, argv, &o);
    if (o.step[0])
        shell_say_outcome(sh, &o);
    else
        engine_ordered(sh->engine, str_c(&spelled));
    shell_changed(sh);
    return next;
}
