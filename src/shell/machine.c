/* `porthole trace -- CMD...` on the full screen: the machine as it is for a stage, slow motion, the program, and then a
 * prompt whose lines are traced as well.
 *
 * The program takes the place of the shell that finds it ("exec"), so that the first call of all is its own execve(),
 * it is the leader of the terminal's foreground group, and how it ends is how that shell ends. */
#include "base/text.h"
#include "session/watch.h"
#include "shell/private.h"
#include <ctype.h>
#include <string.h>
#include <sys/wait.h>

/* As it would have to be typed. */
static void machine_quote(struct str *out, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@%+,";
    if (*word && !word[strspn(word, plain)]) {
        str_add(out, word);
        return;
    }
    str_addc(out, '\'');
    for (; *word; word++)
        str_add(out, *word == '\'' ? "'\\''" : (char[]){*word, 0});
    str_addc(out, '\'');
}

static void machine_line(char *const *argv, struct str *out)
{
    for (size_t i = 0; argv[i]; i++) {
        str_add(out, i ? " " : "");
        machine_quote(out, argv[i]);
    }
}

/* How it ended: noted at once, since the next command's end would take its place; said when nothing else is being. */

void shell_machine_note(struct shell *sh)
{
    const struct actor *host = sh->trace && session_running(sh->session) ? session_actor(sh->session, 1) : NULL;
    if (sh->tracing == TRACING_RUNS && host && host->ended >= 0) {
        sh->tracing = TRACING_ENDED;
        sh->trace_status = host->ended;
    }
}

void shell_machine_tell(struct shell *sh)
{
    if (sh->tracing != TRACING_ENDED)
        return;
    sh->tracing = TRACING_TOLD;
    autostr struct str name = {0};
    text_sanitise(&name, sh->trace[0], strlen(sh->trace[0]), TEXT_LINE);
    if (WIFEXITED(sh->trace_status))
        str_addf(&name, " exited with %d", WEXITSTATUS(sh->trace_status));
    else
        str_addf(&name, " was killed by signal %d (%s)", WTERMSIG(sh->trace_status),
                 strsignal(WTERMSIG(sh->trace_status)));
    shell_say(sh, SAY_INFO, "%s. Lines typed here are traced, too; :reset runs it again, :quit leaves.", str_c(&name));
}

int shell_trace_status(const struct shell *sh)
{
    if (sh->tracing == TRACING_NONE)
        return EXIT_FAILED;
    return WIFEXITED(sh->trace_status) ? WEXITSTATUS(sh->trace_status) : 128 + WTERMSIG(sh->trace_status);
}

/* The start. */

static void machine_run(struct shell *sh)
{
    struct outcome o = {0};
    int status;
    autostr struct str line = {0}, shown = {0};
    machine_line(sh->trace, &line);
    shell_prompt(sh, &shown);
    text_sanitise(&shown, str_c(&line), line.len, TEXT_LINE);
    shell_say_text(sh, SAY_ECHO, str_c(&shown));
    autofree char *command = xasprintf("exec %s", str_c(&line));
    sh->tracing = TRACING_RUNS;
    sh->trace_status = SIGKILL; /* what becomes of it when porthole is left before its end */
    shell_calls_begin(sh);
    if (session_run(sh->session, session_actor(sh->session, 1), command, 0, 0, NULL, &status, &o) < 0) {
        sh->tracing = TRACING_NONE;
        shell_say_outcome(sh, &o);
    }
    shell_flush_output(sh);
    shell_calls_settle(sh);
    shell_machine_tell(sh);
    shell_changed(sh);
}

int shell_machine_start(struct shell *sh, struct outcome *o)
{
    const char *why = "";
    bool again = session_running(sh->session);
    if (session_start(sh->session, STAGE_MACHINE, o) < 0)
        return -1;
    if (!session_watches(sh->session, &why))
        return outcome_set(o, 0, "programs cannot be traced here", "", "%s", why);
    if (!again) {
        session_set_slow(sh->session, SLOW_ON);
        shell_say_stage(sh);
        shell_say(sh, SAY_INFO, "Each call that changes something waits before it is made; :slow off ends that.");
    }
    machine_run(sh);
    return 0;
}
