/* :man opens a page of the manual: on the terminal when the presenter can, else as text. man(1) runs on the machine, as
 * the invoking user, and never with a name that could be an option or a path. */
#include "base/fork.h"
#include "base/text.h"
#include "shell/private.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAN_MAX (512 * 1024)
#define MAN_MS  8000

/* "mount", "mount(2)", "2 mount", and names of calls that go by another page. The section is "" when none was given. */
static bool man_parse(const char *text, char section[8], char name[64])
{
    const struct call_row *row = call_find(text);
    if (row && row->man)
        text = row->man;
    section[0] = '\0';
    size_t n = strspn(text, "0123456789");
    if (n && n < 8 && isblank((unsigned char)text[n])) {
        memcpy(section, text, n);
        section[n] = '\0';
        text += n + strspn(text + n, " \t");
    }
    for (n = 0; isalnum((unsigned char)text[n]) || (text[n] && n && strchr("_.+:-", text[n])); n++)
        ;
    if (n == 0 || n >= 64)
        return false;
    memcpy(name, text, n);
    name[n] = '\0';
    if (text[n] == '(') {
        size_t k = strcspn(text + n + 1, ")");
        if (k == 0 || k >= 8 || text[n + 1 + k] != ')' || strspn(text + n + 1, "0123456789nlpx") < k)
            return false;
        memcpy(section, text + n + 1, k);
        section[k] = '\0';
        n += k + 2;
    }
    return !text[n + strspn(text + n, " \t")];
}

/* In the child: gives up root for good, whatever man(1) and its formatters do with the page. */
static _Noreturn void man_exec(int out, const char *section, const char *name)
{
    const char *const argv[] = {"man", "-P", "cat", section[0] ? section : name, section[0] ? name : NULL, NULL};
    forked_reset_signals();
    if (!forked_stdio(-1, out, -1) || !forked_become_user())
        _exit(126);
    setenv("MANWIDTH", "78", 1);
    setenv("MAN_KEEP_FORMATTING", "0", 1);
    setenv("GROFF_NO_SGR", "1", 1);
    setenv("MANPAGER", "cat", 1);
    execvp("man", (char *const *)argv);
    _exit(errno == ENOENT ? 127 : 126);
}

/* Overstriking as typewriters did: "x BS x" is bold, "_ BS x" is underlined. */
static void man_strip(struct str *text)
{
    size_t to = 0;
    for (size_t i = 0; i < text->len; i++) {
        if (text->s[i] != '\b') {
            text->s[to++] = text->s[i];
            continue;
        }
        while (to && ((unsigned char)text->s[to - 1] & 0xc0) == 0x80)
            to--;
        if (to)
            to--;
    }
    str_cut(text, to);
}

/* Reads the page. Returns man's exit status, 127 without man(1), -1 when it could not be run. */
static int man_read(const char *section, const char *name, struct str *out)
{
    int ends[2], status;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0)
        man_exec(ends[1], section, name);
    close(ends[1]);
    char buf[8192];
    ssize_t n = pid > 0 ? 1 : 0;
    for (int64_t end = now_ms() + MAN_MS; n > 0 && out->len < MAN_MAX;) {
        struct pollfd p = {.fd = ends[0], .events = POLLIN};
        int64_t left = end - now_ms();
        n = left > 0 && poll(&p, 1, (int)left) > 0 ? read(ends[0], buf, sizeof buf) : 0;
        if (n > 0)
            str_addn(out, buf, (size_t)n);
    }
    close(ends[0]); /* a man that still writes gets SIGPIPE */
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : out->len ? 0 : -1;
}

static void man_list(struct shell *sh)
{
    const struct lesson *l = engine_lesson(sh->engine);
    autostr struct str text = {0};
    for (char **page = l ? l->man : NULL; page && *page; page++)
        str_addf(&text, "%s%s", text.len ? ", " : "", *page);
    shell_say(sh, SAY_INFO, "%s%s%s", text.len ? "Pages of this lesson: " : "", str_c(&text),
              text.len ? ". :man NAME opens one." : ":man NAME opens a page, as in :man mount.");
}

CMD(man)
{
    char section[8], name[64];
    if (argc < 2) {
        man_list(sh);
        return SHELL_GO_ON;
    }
    if (!man_parse(argv[1], section, name)) {
        outcome_set(o, 0, "that is no name of a man page", argv[1], "as in :man mount, or :man mount(2)");
        return SHELL_GO_ON;
    }
    if (sh->ui.show_man) {
        sh->ui.show_man(sh->ui.arg, section, name);
        return SHELL_GO_ON;
    }
    autostr struct str text = {0}, safe = {0};
    int status = man_read(section, name, &text);
    man_strip(&text);
    text_sanitise(&safe, str_c(&text), text.len, TEXT_BLOCK);
    /* Minimised images replace man(1) by a script that says so and exits 0. */
    if (status == 0 && safe.len && !strstr(safe.s, "has been minimized"))
        shell_say_text(sh, SAY_OUTPUT, safe.s);
    else
        outcome_set(o, 0, status == 127 ? "man(1) is not installed" : "there is no such page here", argv[1],
                    "packages man-db and manpages-dev hold it; in the browser: https://man7.org/linux/man-pages/");
    return SHELL_GO_ON;
}

char **cmd_complete_man(struct shell *sh, const char *word)
{
    const struct lesson *l = engine_lesson(sh->engine);
    struct shell_words words = {0};
    size_t n;
    const struct call_row *calls = call_rows(&n);
    for (size_t i = 0; i < n; i++)
        shell_words_add(&words, word, calls[i].name);
    for (char **page = l ? l->man : NULL; page && *page; page++)
        shell_words_add(&words, word, *page);
    return shell_words_end(&words);
}
