/* What the session tells of programs reaches the presenter through here: the ticker, and the call that is held. */
#include "shell/slow.h"
#include "base/errnoname.h"
#include "base/text.h"
#include "shell/private.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct ticker *shell_calls(const struct shell *sh)
{
    return sh->calls;
}

/* A ticker that has a place of its own is on unless it is turned off. As lines among the output calls would bury what
 * a lesson shows, three and more for every `ls`: there they come only when they are asked for, or in slow motion. */
bool shell_ticks(const struct shell *sh)
{
    if (sh->ticking != TICKER_DEFAULT)
        return sh->ticking == TICKER_ON;
    return sh->ui.calls || shell_is_slow(sh);
}

bool shell_is_slow(const struct shell *sh)
{
    return session_slow(sh->session) != SLOW_OFF;
}

/* What is told. */

static bool slow_is_silent(const struct shell *sh)
{
    return !sh->engine || engine_silent(sh->engine);
}

static void slow_say_calls(struct shell *sh, struct str *lines)
{
    if (!lines->len)
        return;
    shell_flush_output(sh);
    if (lines->s[lines->len - 1] == '\n')
        str_cut(lines, lines->len - 1);
    if (sh->ui.say)
        sh->ui.say(sh->ui.arg, SAY_CALL, lines->s);
}

/* What porthole does not let a program do, and why a call failed, is said, whoever watches: the program itself only
 * sees an errno. */
static void slow_say_reason(struct shell *sh, const struct watched *w, bool call_told)
{
    autostr struct str call = {0};
    const char *reason = w->denied ? w->reason : w->why;
    if (w->kind != WATCHED_CALL || !reason || !*reason)
        return;
    if (!w->denied && w->why_all && *w->why_all) {
        free(sh->program_why);
        sh->program_why = xstrdup(w->why_all);
    }
    ticker_print_who(w, &call);
    str_add(&call, w->text);
    autofree char *said = xasprintf("%d %s %s", (int)w->pid, w->row ? w->row->name : "", reason);
    if (sh->said_reason && !strcmp(sh->said_reason, said))
        return; /* a loop of such calls is explained once */
    free(sh->said_reason);
    sh->said_reason = steal_ptr(&said);
    if (!call_told)
        slow_say_calls(sh, &call);
    shell_say_text(sh, SAY_WHY, reason);
}

void shell_on_watched(void *arg, const struct watched *w)
{
    struct shell *sh = arg;
    if (sh->engine)
        engine_hear_call(sh->engine, w);
    if (slow_is_silent(sh))
        return;
    autostr struct str lines = {0};
    bool linear = !sh->ui.calls && shell_ticks(sh);
    ticker_take(sh->calls, w, linear ? &lines : NULL);
    slow_say_calls(sh, &lines);
    slow_say_reason(sh, w, linear);
    if (sh->ui.calls)
        sh->ui.calls(sh->ui.arg);
    if (sh->holding) { /* its thread may have ended, or ^C has answered it */
        sh->holding = shell_held(sh);
        if (sh->ui.held)
            sh->ui.held(sh->ui.arg);
    }
}

void shell_calls_begin(struct shell *sh)
{
    ticker_begin(sh->calls);
    free(sh->said_reason);
    free(sh->program_why);
    sh->said_reason = sh->program_why = NULL;
}

void shell_calls_settle(struct shell *sh)
{
    autostr struct str lines = {0};
    bool linear = !sh->ui.calls && shell_ticks(sh);
    ticker_settle(sh->calls, linear ? &lines : NULL);
    slow_say_calls(sh, &lines);
}

/* What is held. */

void shell_on_held(void *arg, const struct watched *w)
{
    struct shell *sh = arg;
    if (slow_is_silent(sh) || !sh->ui.held) {
        session_go(sh->session, GO_ON);
        return;
    }
    shell_flush_output(sh);
    shell_calls_settle(sh);
    shell_scan(sh); /* both trees as they are before the call */
    sh->holding = true;
    sh->ui.held(sh->ui.arg);
    shell_changed(sh);
}

const struct watched *shell_held(const struct shell *sh)
{
    return session_running(sh->session) ? session_held(sh->session) : NULL;
}

size_t shell_held_others(const struct shell *sh)
{
    size_t n = session_nheld(sh->session);
    return n ? n - 1 : 0;
}

void shell_held_who(const struct shell *sh, struct str *out)
{
    const struct watched *w = shell_held(sh);
    if (!w)
        return;
    pid_t host = w->host_pid ? w->host_pid : w->pid;
    if (w->who) {
        str_add(out, w->who->name);
        if (strcmp(w->who->name, side_name(w->who->side)))
            str_addf(out, ", %s side,", side_name(w->who->side));
    }
    str_addf(out, "%s%d", out->len ? " " : "", (int)host);
    if (w->own_pid && w->own_pid != host)
        str_addf(out, "/%d", (int)w->own_pid);
    if (w->program && *w->program)
        str_addf(out, " (%s)", w->program);
}

void shell_held_about(const struct shell *sh, struct str *out)
{
    const struct watched *w = shell_held(sh);
    const char *remark = w && sh->engine ? engine_call_remark(sh->engine, w) : NULL;
    if (w)
        ticker_print_about(w->row, w->text, out);
    if (remark)
        str_addf(out, " · %s", remark);
}

/* Answers. */

const char *shell_held_keys(void)
{
    return "Enter: make it  s: to the next kind  c: run on  d: deny  ?: manual  ^C: cancel";
}

char **shell_complete_errno(const char *word)
{
    struct shell_words words = {0};
    autofree char *upper = xstrdup(word);
    for (char *p = upper; *p; p++)
        *p = (char)toupper((unsigned char)*p);
    for (int err = 1; err < 200; err++)
        if (errno_name(err))
            shell_words_add(&words, upper, errno_name(err));
    return shell_words_end(&words);
}

static int slow_errno(char *word, struct outcome *o)
{
    for (char *p = word; *p; p++)
        *p = (char)toupper((unsigned char)*p);
    int err = *word ? errno_number(word) : EPERM;
    if (err > 0)
        return err;
    const char *nearest = errno_nearest(word);
    autostr struct str safe = {0};
    text_sanitise(&safe, word, strlen(word), TEXT_LINE);
    return outcome_set(o, 0, "there is no error of that name", str_c(&safe),
                       nearest ? "the nearest is %s" : "errno(3) lists them: EPERM, ENOENT, EBUSY, ...%s",
                       nearest ? nearest : "");
}

static void slow_deny(struct shell *sh, char *word, struct outcome *o)
{
    int err = slow_errno(word, o);
    if (err > 0)
        session_refuse(sh->session, err);
}

/* Commands that leave the stage as it is. */
static enum shell_next slow_command(struct shell *sh, const char *line, struct outcome *o)
{
    static const char *const looking[] = {"slow", "calls", "man",    "help",  "view",
                                          "zoom", "vars",  "actors", "theme", "quit"};
    autofree char *word = xstrndup(line + 1, strcspn(line + 1, " \t"));
    const struct cmd *c = cmd_find(word);
    for (size_t i = 0; c && i < COUNT(looking); i++)
        if (!strcmp(c->name, looking[i]))
            return cmd_eval(sh, line);
    outcome_set(o, 0, "that has to wait", line, "a call is held: %s", shell_held_keys());
    return SHELL_GO_ON;
}

enum shell_next shell_held_answer(struct shell *sh, const char *line, struct outcome *o)
{
    const struct watched *w = shell_held(sh);
    autofree char *copy = xstrdup(line);
    char *word = text_trim(copy);
    enum shell_next next = SHELL_GO_ON;
    if (!w)
        return SHELL_GO_ON;
    if (!*word)
        session_go(sh->session, GO_ONE);
    else if (!strcmp(word, "s"))
        session_go(sh->session, GO_KIND);
    else if (!strcmp(word, "c"))
        session_go(sh->session, GO_ON);
    else if (word[0] == 'd' && (!word[1] || isblank((unsigned char)word[1])))
        slow_deny(sh, text_trim(word + 1), o);
    else if (!strcmp(word, "?") || !strcmp(word, ":man")) {
        autofree char *page = xasprintf(":man %s", w->row->man);
        cmd_eval(sh, page);
    } else if (*word == ':')
        next = slow_command(sh, word, o);
    else {
        autostr struct str safe = {0};
        text_sanitise(&safe, word, strlen(word), TEXT_LINE);
        outcome_set(o, 0, "a call is held, and this is no answer", str_c(&safe), "%s", shell_held_keys());
    }
    shell_changed(sh);
    return next;
}
