/* What programs write, on its way to the presenter.
 *
 * It is passed on in whole lines: escape sequences and characters that a read(2) cut in two are whole again. What
 * stands without a newline is a prompt or a progress line, and is shown after a moment.
 *
 * The calls of programs come by another way, the tracer's, and overtake what a terminal still carries: "unshare: " has
 * arrived, that its writer has ended is known already, "unshare failed: ..." is yet to come. What is said of programs
 * therefore waits behind a line that is not whole, for a little longer than that moment. */
#include "base/mem.h"
#include "base/text.h"
#include "shell/private.h"
#include <stdlib.h>

#define OUTPUT_MOMENT_MS 40
#define OUTPUT_BEHIND_MS 250  /* when something waits behind the line */
#define OUTPUT_LINE_MAX  4096 /* bytes */

static void output_say(struct shell *sh, enum say kind, const char *text)
{
    pages_say(sh, kind, text);
    if (sh->ui.say)
        sh->ui.say(sh->ui.arg, kind, text);
}

static void output_say_line(struct shell *sh)
{
    struct str raw = sh->output;
    autostr struct str safe = {0};
    sh->output = (struct str){0};
    text_sanitise(&safe, raw.s, raw.len, TEXT_BLOCK);
    str_free(&raw);
    if (safe.len)
        output_say(sh, SAY_OUTPUT, safe.s);
}

void shell_flush_output(struct shell *sh)
{
    struct shell_said *behind = sh->behind;
    size_t n = sh->nbehind;
    loop_cancel(sh->loop, sh->output_timer);
    sh->output_timer = 0;
    sh->behind = NULL;
    sh->nbehind = sh->capbehind = 0;
    if (sh->output.len)
        output_say_line(sh);
    for (size_t i = 0; i < n; i++) {
        output_say(sh, behind[i].kind, behind[i].text);
        free(behind[i].text);
    }
    free(behind);
}

static void output_on_timer(void *arg)
{
    struct shell *sh = arg;
    sh->output_timer = 0;
    shell_flush_output(sh);
}

void shell_say_behind(struct shell *sh, enum say kind, const char *text)
{
    if (!sh->output.len) {
        output_say(sh, kind, text);
        return;
    }
    if (!sh->nbehind) {
        loop_cancel(sh->loop, sh->output_timer);
        sh->output_timer = loop_timer(sh->loop, OUTPUT_BEHIND_MS, output_on_timer, sh);
    }
    GROW(sh->behind, sh->nbehind, sh->capbehind);
    sh->behind[sh->nbehind++] = (struct shell_said){kind, xstrdup(text)};
}

static void output_take(struct shell *sh, const char *bytes, size_t n)
{
    if (sh->engine)
        engine_hear(sh->engine, bytes, n);
    if (sh->engine && engine_silent(sh->engine))
        return;
    size_t whole = n;
    while (whole && bytes[whole - 1] != '\n')
        whole--;
    str_addn(&sh->output, bytes, whole);
    if (whole)
        shell_flush_output(sh);
    str_addn(&sh->output, bytes + whole, n - whole);
    if (sh->output.len > OUTPUT_LINE_MAX)
        shell_flush_output(sh);
    else if (sh->output.len && !sh->output_timer)
        sh->output_timer = loop_timer(sh->loop, OUTPUT_MOMENT_MS, output_on_timer, sh);
}

void shell_on_output(void *arg, const struct actor *who, const char *bytes, size_t n)
{
    output_take(arg, bytes, n);
    secret_note(arg);
}
