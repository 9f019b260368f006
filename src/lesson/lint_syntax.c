/* Would a shell read these commands at all? The shell itself is asked: `sh -n` reads and runs nothing. Only the blocks
 * that always are shell are tried; a console's line may be meant for a program that the lesson has started. */
#include "base/fork.h"
#include "base/mem.h"
#include "base/text.h"
#include "lesson/lint.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void syntax_exec(int script, int errors)
{
    forked_reset_signals();
    if (!forked_stdio(script, errors, errors))
        _exit(126);
    setenv("LC_ALL", "C", 1);
    execl("/bin/sh", "sh", "-n", (char *)NULL);
    _exit(127);
}

/* A descriptor of a file without a name that holds text, to be read from its start. */
static int syntax_file(const char *text)
{
    int fd = memfd_create("lint", MFD_CLOEXEC);
    size_t len = strlen(text);
    if (fd >= 0 && (write(fd, text, len) != (ssize_t)len || lseek(fd, 0, SEEK_SET) < 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

/* false when the shell objects, with its words in *said. A machine without a shell objects to nothing. */
static bool syntax_ask(const char *text, struct str *said)
{
    autofd int script = syntax_file(text), errors = memfd_create("lint", MFD_CLOEXEC);
    char buf[512];
    int status = 0;
    if (script < 0 || errors < 0)
        return true;
    pid_t pid = fork();
    if (pid == 0)
        syntax_exec(script, errors);
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) == 0 ||
        WEXITSTATUS(status) >= 126)
        return true;
    ssize_t n = pread(errors, buf, sizeof buf, 0);
    str_addn(said, buf, n > 0 ? (size_t)n : 0);
    return false;
}

/* "sh: 3: Syntax error: ...", as dash says it, "sh: line 3: syntax error ..." busybox and bash. Returns what follows
 * the number. */
static const char *syntax_line(const char *said, int *line)
{
    const char *at = strchr(said, ':');
    while (at && *at && !isdigit((unsigned char)*at) && *at != '\n')
        at++;
    if (!at || !isdigit((unsigned char)*at))
        return said;
    char *end;
    *line = (int)strtol(at, &end, 10);
    return *end == ':' ? end + 1 + strspn(end + 1, " ") : said;
}

void lint_syntax(struct lint *t, const struct step *step, const struct block *b)
{
    autostr struct str said = {0};
    int line = 1, last = 1;
    if ((b->kind != BLOCK_SETUP && b->kind != BLOCK_CHECK && b->kind != BLOCK_CLEANUP && b->kind != BLOCK_TERMINAL) ||
        syntax_ask(b->text, &said))
        return;
    autofree char *words = xstrdup(syntax_line(str_c(&said), &line));
    words[strcspn(words, "\n")] = '\0';
    for (const char *s = b->text; (s = strchr(s, '\n')) && s[1]; s++)
        last++;
    lint_error(t, b->line + (line < last ? line : last), "the shell cannot read this: %s", words);
}
