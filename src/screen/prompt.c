/* Readline without a terminal.
 *
 * It must neither read nor write the terminal, whose keys and cells have other owners here. What makes it so:
 *
 *  - rl_redisplay_function is set before rl_initialize(): then it leaves terminfo alone. It takes a terminal it does
 *    not know for a dumb one, so the bindings for editing keys and the variables that follow are put back.
 *  - rl_getc_function pops a queue that is filled with one whole key at a time, and rl_input_available_hook tells
 *    whether it is empty. So it never waits, and a lone ESC is a lone ESC.
 *  - signals, window size, environment and terminal modes are switched off: they are porthole's business.
 *
 * A paste is put into the line as text, never through the key bindings, where it would run. */
#include "screen/prompt.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/text.h"
#include "screen/history.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <readline/readline.h>

static struct {
    char keys[256]; /* bytes of the key being given to readline */
    size_t nkeys, at;
    char *entered;
    bool has_line, repaint, open;
    char **candidates;
    size_t ncandidates;
    FILE *null;
} prompt;

static int prompt_getc(FILE *unused)
{
    /* Readline asking for more than a whole key is a bug; ^G gets it out of whatever it does. */
    return prompt.at < prompt.nkeys ? (unsigned char)prompt.keys[prompt.at++] : 7;
}

static int prompt_available(void)
{
    return prompt.at < prompt.nkeys;
}

static void prompt_redisplay(void)
{
}

static void prompt_entered(char *line)
{
    free(prompt.entered);
    prompt.entered = line;
    prompt.has_line = true;
    if (line)
        history_enter(line);
}

static int prompt_repaint(int count, int key)
{
    prompt.repaint = true;
    return 0;
}

static void prompt_show_matches(char **matches, int n, int longest)
{
    prompt_forget_candidates();
    prompt.candidates = xcalloc((size_t)n + 1, sizeof *prompt.candidates);
    for (int i = 0; i < n; i++) {
        autostr struct str safe = {0};
        text_sanitise(&safe, matches[i + 1], strlen(matches[i + 1]), TEXT_LINE);
        prompt.candidates[i] = str_steal(&safe);
    }
    prompt.ncandidates = (size_t)n;
}

/* What readline leaves out on a terminal that it takes for dumb. */
static void prompt_bind_keys(Keymap map)
{
    static const struct {
        const char *keys;
        rl_command_func_t *function;
    } table[] = {
        {"\033[3~", rl_delete},          {"\033[2~", rl_quoted_insert},       {"\033[1~", rl_beg_of_line},
        {"\033[4~", rl_end_of_line},     {"\033[7~", rl_beg_of_line},         {"\033[8~", rl_end_of_line},
        {"\033[H", rl_beg_of_line},      {"\033[F", rl_end_of_line},          {"\033OH", rl_beg_of_line},
        {"\033OF", rl_end_of_line},      {"\033[A", rl_get_previous_history}, {"\033[B", rl_get_next_history},
        {"\033[C", rl_forward_char},     {"\033[D", rl_backward_char},        {"\033OA", rl_get_previous_history},
        {"\033OB", rl_get_next_history}, {"\033OC", rl_forward_char},         {"\033OD", rl_backward_char},
        {"\033[1;5C", rl_forward_word},  {"\033[1;5D", rl_backward_word},     {"\033[1;3C", rl_forward_word},
        {"\033[1;3D", rl_backward_word}, {"\033Oc", rl_forward_word},         {"\033Od", rl_backward_word},
    };
    for (size_t i = 0; i < COUNT(table); i++)
        rl_bind_keyseq_if_unbound_in_map(table[i].keys, table[i].function, map);
    rl_command_func_t *clears[] = {rl_clear_screen, rl_clear_display};
    for (size_t i = 0; i < COUNT(clears); i++) {
        char **keys = rl_invoking_keyseqs_in_map(clears[i], map);
        for (size_t k = 0; keys && keys[k]; k++)
            rl_bind_keyseq_in_map(keys[k], prompt_repaint, map);
        completer_free_list(keys);
    }
}

static void prompt_setup(void)
{
    rl_readline_name = "porthole";
    rl_redisplay_function = prompt_redisplay;
    rl_getc_function = prompt_getc;
    rl_input_available_hook = prompt_available;
    rl_change_environment = 0;
    rl_catch_signals = rl_catch_sigwinch = 0;
    rl_prep_term_function = NULL;
    rl_deprep_term_function = NULL;
    rl_outstream = prompt.null;
    rl_completion_display_matches_hook = prompt_show_matches;
    rl_initialize();
    rl_variable_bind("enable-bracketed-paste",
                     "off"); /* porthole asks the terminal for it, and inserts pastes itself */
    rl_variable_bind("enable-active-region", "on");
    rl_variable_bind("show-all-if-ambiguous", "on");
    rl_read_init_file(NULL); /* the user's word comes last */
    rl_variable_bind("horizontal-scroll-mode", "off");
    prompt_bind_keys(rl_get_keymap_by_name("emacs-standard"));
    prompt_bind_keys(rl_get_keymap_by_name("vi-insert"));
    prompt_bind_keys(rl_get_keymap_by_name("vi-command"));
}

void prompt_open(const struct completer *source, const char *history)
{
    completer_install(source);
    if (!prompt.null) {
        prompt.null = fopen("/dev/null", "we");
        prompt_setup();
    }
    history_open(history);
    prompt.open = true;
    rl_callback_handler_install("", prompt_entered);
}

void prompt_close(void)
{
    if (!prompt.open)
        return;
    rl_callback_handler_remove();
    history_close();
    prompt_forget_candidates();
    free(prompt.entered);
    prompt.entered = NULL;
    prompt.has_line = prompt.open = false;
}

void prompt_set(const char *text)
{
    if (!rl_prompt || strcmp(rl_prompt, text) != 0)
        rl_set_prompt(text);
}

void prompt_key(const char *raw, size_t n)
{
    if (n > sizeof prompt.keys)
        return;
    memcpy(prompt.keys, raw, n);
    prompt.nkeys = n;
    prompt.at = 0;
    while (prompt.at < prompt.nkeys)
        rl_callback_read_char();
    prompt.at = prompt.nkeys = 0;
}

/* During an incremental search readline collects single printable characters and nothing else. */
static void prompt_paste_search(const char *text, size_t n)
{
    for (size_t at = 0; at < n;) {
        unsigned cp;
        size_t used = (size_t)text_decode(text + at, n - at, &cp);
        if (cp >= 0x20 && cp != 0x7f && cp != 0xfffd)
            prompt_key(text + at, used);
        at += used;
    }
}

void prompt_paste(const char *text, size_t n)
{
    if (RL_ISSTATE(RL_STATE_ISEARCH | RL_STATE_NSEARCH)) {
        prompt_paste_search(text, n);
        return;
    }
    rl_callback_sigcleanup(); /* a half-typed key sequence or argument is given up */
    autostr struct str line = {0};
    for (size_t i = 0; i < n; i++) /* terminals send CR for the ends of lines; a NUL would end the text */
        if (text[i] && !(text[i] == '\n' && i && text[i - 1] == '\r'))
            str_addc(&line, text[i] == '\r' ? '\n' : text[i]);
    while (line.len && line.s[line.len - 1] == '\n')
        str_cut(&line, line.len - 1);
    if (!line.len)
        return;
    rl_begin_undo_group();
    rl_insert_text(line.s);
    rl_end_undo_group();
}

void prompt_insert(const char *text)
{
    rl_insert_text(text);
}

void prompt_cancel(void)
{
    rl_callback_sigcleanup();
    rl_free_line_state();
    rl_clear_message();
    rl_callback_handler_remove();
    autofree char *text = xstrdup(rl_prompt);
    rl_callback_handler_install(text ? text : "", prompt_entered);
    prompt_forget_candidates();
}

bool prompt_binds(const char *raw, size_t n)
{
    int type = ISFUNC;
    rl_command_func_t *function = rl_function_of_keyseq_len(raw, n, rl_get_keymap(), &type);
    return type == ISMACR || (type == ISFUNC && function && function != rl_do_lowercase_version);
}

bool prompt_take(char **line)
{
    if (!prompt.has_line)
        return false;
    prompt.has_line = false;
    *line = prompt.entered;
    prompt.entered = NULL;
    return true;
}

bool prompt_wants_repaint(void)
{
    bool wants = prompt.repaint;
    prompt.repaint = false;
    return wants;
}

const char *prompt_line(void)
{
    return rl_line_buffer ? rl_line_buffer : "";
}

size_t prompt_point(void)
{
    return (size_t)rl_point;
}

bool prompt_searching(void)
{
    return rl_display_prompt && rl_display_prompt != rl_prompt;
}

size_t prompt_candidates(const char *const **out)
{
    *out = (const char *const *)prompt.candidates;
    return prompt.ncandidates;
}

void prompt_forget_candidates(void)
{
    completer_free_list(prompt.candidates);
    prompt.candidates = NULL;
    prompt.ncandidates = 0;
}

void prompt_draw(struct prompt_shape *shape, int width, bool utf8)
{
    bool own = prompt_searching();
    struct prompt_text t = {
        .before = rl_display_prompt ? rl_display_prompt : "",
        .style = own ? STYLE_NOTICE : STYLE_BOLD,
        .line = prompt_line(),
        .len = (size_t)rl_end,
        .point = (size_t)rl_point,
        .utf8 = utf8,
    };
    if (rl_mark_active_p() && rl_mark >= 0 && rl_mark <= rl_end) {
        t.from = (size_t)(rl_mark < rl_point ? rl_mark : rl_point);
        t.to = (size_t)(rl_mark < rl_point ? rl_point : rl_mark);
    }
    prompt_shape(shape, &t, width);
}
