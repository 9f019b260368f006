/* One line of the learner's, and the words around it: prompt, header, offer. */
#include "base/text.h"
#include "session/watch.h"
#include "shell/private.h"
#include <ctype.h>
#include <string.h>
#include <unistd.h>

/* The prompt. */

static void shell_add_cwd(const struct shell *sh, enum side side, struct str *out)
{
    const char *cwd = session_cwd(sh->session, side);
    if (cwd)
        text_sanitise(out, cwd, strlen(cwd), TEXT_LINE);
}

void shell_prompt(const struct shell *sh, struct str *out)
{
    const struct actor *who = session_running(sh->session) ? session_driven(sh->session) : NULL;
    if (!who) {
        str_add(out, "porthole> ");
        return;
    }
    if (who->state == ACTOR_DEAD)
        str_addf(out, "%s (ended)# ", who->name);
    else if (who->state == ACTOR_PROGRAM)
        str_addf(out, "%s, in %s# ", who->name, who->program);
    else {
        bool user = session_stage(sh->session) == STAGE_MACHINE && geteuid() != 0;
        str_addf(out, "%s:", who->name);
        shell_add_cwd(sh, who->side, out);
        str_add(out, user ? "$ " : "# ");
    }
}

static void shell_add_driven(const struct actor *who, struct str *out)
{
    str_addf(out, "%s %d", who->name, (int)who->host_pid);
    if (who->own_pid && who->own_pid != who->host_pid)
        str_addf(out, "/%d", (int)who->own_pid);
    if (who->state == ACTOR_PROGRAM)
        str_addf(out, " (%s)", who->program);
    if (who->state == ACTOR_DEAD)
        str_add(out, " (ended)");
}

void shell_header(const struct shell *sh, struct str *out)
{
    static const char *const stages[] = {
        [STAGE_PRACTICE] = "practice stage", [STAGE_REAL] = "real stage", [STAGE_MACHINE] = "your machine, unguarded"};
    const struct lesson *l = engine_lesson(sh->engine);
    const struct actor *who = session_running(sh->session) ? session_driven(sh->session) : NULL;
    if (session_slow(sh->session) != SLOW_OFF)
        str_add(out, session_slow(sh->session) == SLOW_ALL ? "slow motion, all · " : "slow motion · ");
    if (l) {
        int number = course_number(sh->course, l);
        if (number)
            str_addf(out, "%d ", number);
        text_sanitise(out, l->id, strlen(l->id), TEXT_LINE);
        str_addf(out, " · step %zu/%zu · ", engine_step(sh->engine) + 1, l->nsteps);
    }
    if (session_running(sh->session))
        str_add(out, stages[session_stage(sh->session)]);
    else
        str_add(out, "no stage");
    if (who) {
        str_add(out, " · driving ");
        shell_add_driven(who, out);
    }
}

const char *shell_offer(const struct shell *sh)
{
    return engine_offer(sh->engine, NULL);
}

const char *shell_take_offer(struct shell *sh)
{
    const char *offer = engine_take_offer(sh->engine);
    shell_changed(sh);
    return offer;
}

const char *shell_awaits(const struct shell *sh)
{
    return sh->trace ? "type a command to trace it; :quit leaves" : engine_awaits(sh->engine);
}

/* Evaluation. */

static void shell_echo(struct shell *sh, const char *line)
{
    autostr struct str text = {0};
    shell_prompt(sh, &text);
    text_sanitise(&text, line, strlen(line), TEXT_LINE);
    shell_say_text(sh, SAY_ECHO, str_c(&text));
}

static bool shell_is_command(const char *line)
{
    return line[0] == ':' && (isalpha((unsigned char)line[1]) || line[1] == '?');
}

/* Words that people type to leave or to get help, where no program reads them. */
static bool shell_is_farewell(struct shell *sh, const char *line)
{
    static const char *const words[] = {"exit", "quit", "logout", "help", NULL};
    const struct actor *who = session_running(sh->session) ? session_driven(sh->session) : NULL;
    if (who && who->state == ACTOR_PROGRAM)
        return false;
    for (size_t i = 0; words[i]; i++)
        if (!strcmp(words[i], line)) {
            shell_say(sh, SAY_INFO,
                      ":quit leaves porthole, :help lists its commands; a process ends itself with exit(0).");
            return true;
        }
    return false;
}

static void shell_eval(struct shell *sh, const char *line)
{
    struct outcome o = {0};
    if (shell_is_farewell(sh, line))
        return;
    shell_calls_begin(sh);
    engine_line(sh->engine, line, &o); /* it has said everything there is to say */
    shell_flush_output(sh);
    shell_calls_settle(sh);
    shell_changed(sh);
}

static void shell_enter(struct shell *sh)
{
    struct outcome o = {0};
    if (sh->trace)
        return;
    if (*shell_offer(sh)) {
        autofree char *line = xstrdup(shell_take_offer(sh));
        shell_echo(sh, line);
        if (shell_is_command(line))
            cmd_eval(sh, line);
        else
            shell_eval(sh, line);
        return;
    }
    if (engine_enter(sh->engine, &o) < 0)
        shell_say_outcome(sh, &o);
    shell_changed(sh);
}

/* Whoever waits for a process pumps the loop, and the loop may bring the next line already. */
static bool shell_busy(const struct shell *sh)
{
    return sh->evaluating || session_busy(sh->session);
}

/* The disk may fill up, or the directory go, at any time. */
static void shell_tell_trouble(struct shell *sh)
{
    const char *trouble = sh->progress ? progress_trouble(sh->progress) : NULL;
    if (trouble)
        shell_say(sh, SAY_ERROR, "%s", trouble);
}

/* false: it cannot be run now, which was said. */
static bool shell_line_begins(struct shell *sh)
{
    if (shell_busy(sh)) {
        shell_say(sh, SAY_ERROR, "A command is still running: ^C interrupts it.");
        return false;
    }
    pages_settle(sh);
    sh->evaluating = true;
    shell_present_pause(sh, false);
    return true;
}

static void shell_line_ends(struct shell *sh)
{
    shell_reopen_terminals(sh);
    sh->evaluating = false;
    shell_flush_output(sh);
    shell_tell_gone(sh);
    shell_machine_tell(sh);
    shell_present_tell(sh);
    shell_tell_trouble(sh);
    pages_line_ended(sh);
}

enum shell_next shell_line(struct shell *sh, const char *line)
{
    autofree char *copy = xstrdup(line);
    char *text = text_trim(copy);
    enum shell_next next = SHELL_GO_ON;
    if (shell_secret(sh) && secret_takes(sh, line))
        return shell_secret_line(sh, line);
    if (!shell_line_begins(sh))
        return SHELL_GO_ON;
    if (*text)
        shell_echo(sh, text);
    if (!*text)
        shell_enter(sh);
    else if (shell_is_command(text))
        next = cmd_eval(sh, text);
    else
        shell_eval(sh, text);
    shell_line_ends(sh);
    return next;
}

enum shell_next shell_secret_line(struct shell *sh, const char *line)
{
    struct outcome o = {0};
    if (!secret_takes(sh, line))
        return shell_line(sh, line);
    if (!shell_line_begins(sh))
        return SHELL_GO_ON;
    shell_echo(sh, SECRET_MASK);
    shell_calls_begin(sh);
    if (engine_secret_line(sh->engine, line, &o) < 0)
        shell_say_outcome(sh, &o);
    shell_flush_output(sh);
    shell_calls_settle(sh);
    shell_changed(sh);
    shell_line_ends(sh);
    return SHELL_GO_ON;
}
