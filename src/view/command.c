#include "view/command.h"
#include "base/text.h"
#include <string.h>

/* Does the command line begin with this name? A login shell's '-' and the path before the name do not count, and comm
 * is cut at 15 bytes. */
static bool command_says(const char *args, const char *comm)
{
    size_t word = strcspn(args, " ");
    const char *name = args;
    for (size_t i = 0; i < word; i++)
        if (args[i] == '/' && i + 1 < word)
            name = args + i + 1;
    if (*name == '-')
        name++;
    return text_has_prefix(name, comm) || text_has_prefix(args, comm);
}

/* The session runs a command as `/bin/sh -c 'eval "$porthole"' sh COMMAND` (session/run.c). The middle says nothing. */
static void command_add(struct str *out, const char *args)
{
    static const char wrapped[] = "/bin/sh -c eval \"$porthole\" sh ";
    if (text_has_prefix(args, wrapped))
        str_addf(out, "sh -c %s", args + sizeof wrapped - 1);
    else
        str_add(out, args);
}

void view_command(struct str *out, int procfd, struct task *t)
{
    if (!t->args && procfd >= 0 && !t->died_ms && t->state != 'Z' && !t->kthread)
        task_read_args(procfd, t);
    autostr struct str comm = {0};
    text_sanitise(&comm, t->comm, strlen(t->comm), TEXT_LINE);
    if (!t->args || !*t->args)
        str_addf(out, "[%s]", str_c(&comm));
    else if (command_says(t->args, str_c(&comm)))
        command_add(out, t->args);
    else {
        str_addf(out, "{%s} ", str_c(&comm));
        command_add(out, t->args);
    }
}
