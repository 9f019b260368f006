/* :help prints the table of commands; with a word, that command or that system call. */
#include "base/text.h"
#include "shell/private.h"
#include <string.h>

static void help_all(struct shell *sh)
{
    autostr struct str text = {0};
    const char *group = "";
    size_t n;
    const struct cmd *rows = cmd_table(&n);
    for (size_t i = 0; i < n; i++) {
        if (!shell_offers(sh, &rows[i]))
            continue;
        if (strcmp(group, rows[i].group))
            str_addf(&text, "%s\n", rows[i].group);
        group = rows[i].group;
        str_addf(&text, "  %-34s %s", rows[i].usage, rows[i].help);
        if (rows[i].alias)
            str_addf(&text, " (:%s)", rows[i].alias);
        str_addc(&text, '\n');
    }
    str_add(&text, "At the prompt\n"
                   "  name(args)                         a call by the process you drive: getpid()\n"
                   "  anything else                      a shell command on this side: ps ax\n"
                   "  Enter                              reads on, types the next line, runs it\n"
                   ":help mount explains a call, :man mount opens its page.\n");
    shell_say_text(sh, SAY_OUTPUT, str_c(&text));
}

static void help_command(struct shell *sh, const struct cmd *c)
{
    shell_say(sh, SAY_INFO, "%s%s%s  %s", c->usage, c->alias ? ", short :" : "", c->alias ? c->alias : "", c->help);
}

static void help_call(struct shell *sh, const struct call_row *row)
{
    shell_say(sh, SAY_INFO, "%s\n%s\nManual: %s (:man %s)", row->prototype, row->meaning, row->man, row->name);
}

static void help_unknown(const char *word, struct outcome *o)
{
    size_t ncmds, ncalls, n = 0;
    const struct cmd *cmds = cmd_table(&ncmds);
    const struct call_row *calls = call_rows(&ncalls);
    autofree const char **names = xcalloc(ncmds + ncalls + 1, sizeof *names);
    for (size_t i = 0; i < ncmds; i++)
        names[n++] = cmds[i].name;
    for (size_t i = 0; i < ncalls; i++)
        names[n++] = calls[i].name;
    const char *nearest = text_nearest(word, names);
    outcome_set(o, 0, "there is no help on this", word, nearest ? "the nearest is %s" : ":help lists the commands%s",
                nearest ? nearest : "");
}

CMD(help)
{
    if (argc < 2) {
        help_all(sh);
        return SHELL_GO_ON;
    }
    char *word = argv[1] + (argv[1][0] == ':');
    word[strcspn(word, "(")] = '\0';
    const struct call_row *row = argv[1][0] == ':' ? NULL : call_find(word);
    const struct cmd *c = cmd_find(word);
    if (c && (!row || !strcmp(c->name, word)))
        help_command(sh, c);
    if (row)
        help_call(sh, row);
    if (!c && !row)
        help_unknown(word, o);
    return SHELL_GO_ON;
}

char **cmd_complete_help(struct shell *sh, const char *word)
{
    struct shell_words words = {0};
    size_t n;
    const struct cmd *cmds = cmd_table(&n);
    for (size_t i = 0; i < n; i++)
        if (shell_offers(sh, &cmds[i]))
            shell_words_add(&words, word, cmds[i].name);
    const struct call_row *calls = call_rows(&n);
    for (size_t i = 0; i < n; i++)
        shell_words_add(&words, word, calls[i].name);
    return shell_words_end(&words);
}
