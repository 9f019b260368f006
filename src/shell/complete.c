/* Completion: what can stand at the cursor? Commands and their arguments, calls with their constants, variables,
 * programs and paths of the side that is driven.
 *
 * Directories of a side are opened through the driven process's root and never leave it, whatever links say. */
#include "base/text.h"
#include "proc/procfs.h"
#include "shell/private.h"
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define COMPLETE_MAX 4000 /* candidates; a directory may hold anything */

/* Lists. */

static void words_take(struct shell_words *w, char *word)
{
    GROW(w->v, w->n, w->cap);
    w->v[w->n++] = word;
}

void shell_words_add(struct shell_words *w, const char *prefix, const char *word)
{
    if (w->n < COMPLETE_MAX && text_has_prefix(word, prefix))
        words_take(w, xstrdup(word));
}

static int words_compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char **shell_words_end(struct shell_words *w)
{
    if (w->n == 0) {
        free_ptr(&w->v);
        return NULL;
    }
    qsort(w->v, w->n, sizeof *w->v, words_compare);
    size_t n = 1;
    for (size_t i = 1; i < w->n; i++) {
        if (strcmp(w->v[i], w->v[n - 1]))
            w->v[n++] = w->v[i];
        else
            free(w->v[i]);
    }
    words_take((w->n = n, w), NULL);
    return steal_ptr(&w->v);
}

/* Paths. */

static int complete_open_dir(struct shell *sh, const char *dir)
{
    const struct actor *who = session_running(sh->session) ? session_driven(sh->session) : NULL;
    autofd int root = who && who->state != ACTOR_DEAD ? procfs_root_of(who->pid) : -1;
    if (root < 0)
        return -1;
    const char *cwd = session_cwd(sh->session, who->side);
    autofree char *path = *dir == '/' ? xstrdup(dir) : xasprintf("%s/%s", cwd && *cwd == '/' ? cwd : "/", dir);
    struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK,
                           .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
    return (int)syscall(SYS_openat2, root, path, &how, sizeof how);
}

/* A name that cannot be typed as it is would only mislead. */
static bool complete_is_plain(const char *name)
{
    autostr struct str safe = {0};
    text_sanitise(&safe, name, strlen(name), TEXT_LINE);
    return !strcmp(str_c(&safe), name) && !strpbrk(name, " \t'\"\\$`;&|<>()*?[]#~!{}");
}

enum complete_what { COMPLETE_ANY, COMPLETE_PROGRAMS };

static void complete_dir(struct shell *sh, const char *dir, const char *shown, const char *prefix,
                         enum complete_what what, struct shell_words *words)
{
    int fd = complete_open_dir(sh, dir);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    if (!d) {
        close_fd(&fd);
        return;
    }
    for (struct dirent *e; words->n < COMPLETE_MAX && (e = readdir(d));) {
        if (!text_has_prefix(e->d_name, prefix) || (e->d_name[0] == '.' && prefix[0] != '.') ||
            !complete_is_plain(e->d_name))
            continue;
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
            continue;
        struct stat st;
        bool is_dir = e->d_type == DT_DIR;
        if (what == COMPLETE_PROGRAMS && (is_dir || fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
                                          (!S_ISLNK(st.st_mode) && !(st.st_mode & 0111))))
            continue;
        words_take(words, xasprintf("%s%s%s", shown, e->d_name, is_dir ? "/" : ""));
    }
    closedir(d);
}

static void complete_path(struct shell *sh, const char *word, struct shell_words *words)
{
    const char *slash = strrchr(word, '/');
    autofree char *dir = xstrndup(word, slash ? (size_t)(slash + 1 - word) : 0);
    complete_dir(sh, dir, dir, slash ? slash + 1 : word, COMPLETE_ANY, words);
}

static void complete_program(struct shell *sh, const char *word, struct shell_words *words)
{
    const char *path =
        session_running(sh->session) ? session_var(sh->session, session_side(sh->session), "PATH") : NULL;
    autofree char *copy = xstrdup(path ? path : "/usr/sbin:/usr/bin:/sbin:/bin");
    char *save = NULL;
    if (!*word)
        return;
    for (char *dir = strtok_r(copy, ":", &save); dir; dir = strtok_r(NULL, ":", &save))
        if (*dir == '/')
            complete_dir(sh, dir, "", word, COMPLETE_PROGRAMS, words);
}

/* The rest. */

static void complete_variable(struct shell *sh, const char *word, struct shell_words *words)
{
    static const char *const names[] = {"$container", "$host",  "$rootfs", "$lab", "$dynamic",
                                        "$victim",    "$child", "$!",      NULL};
    enum side side = session_running(sh->session) ? session_side(sh->session) : SIDE_HOST;
    for (size_t i = 0; names[i]; i++)
        if (session_running(sh->session) && session_var(sh->session, side, names[i] + 1))
            shell_words_add(words, word, names[i]);
}

/* After ':', the command's name with its colon; after that, what the command says. */
static char **complete_command(struct shell *sh, const char *line, size_t point, size_t *start)
{
    size_t name_end = strcspn(line, " \t");
    struct shell_words words = {0};
    autofree char *word = NULL;
    if (point <= name_end) {
        size_t n;
        const struct cmd *rows = cmd_table(&n);
        *start = 0;
        word = xstrndup(line, point);
        for (size_t i = 0; i < n; i++) {
            autofree char *name = xasprintf(":%s", rows[i].name);
            if (shell_offers(sh, &rows[i]))
                shell_words_add(&words, word, name);
        }
        return shell_words_end(&words);
    }
    autofree char *name = xstrndup(line + 1, name_end - 1);
    const struct cmd *c = cmd_find(name);
    for (*start = point; *start > name_end && !isblank((unsigned char)line[*start - 1]); --*start)
        ;
    word = xstrndup(line + *start, point - *start);
    return c && c->complete && shell_offers(sh, c) ? c->complete(sh, word) : NULL;
}

static void complete_take_list(struct shell_words *words, char **list)
{
    for (char **p = list; p && *p; p++)
        words_take(words, *p);
    free(list);
}

/* Inside a call: constants and calls from the table; where a path belongs, the side's files. */
static char **complete_call(struct shell *sh, const char *line, size_t point, size_t *start)
{
    struct shell_words words = {0};
    bool want_path = false;
    complete_take_list(&words, call_complete(line, point, start, &want_path));
    if (want_path) {
        size_t from = point;
        while (from > 0 && line[from - 1] != '"' && line[from - 1] != '(' && line[from - 1] != ',')
            from--;
        *start = from;
        autofree char *word = xstrndup(line + from, point - from);
        complete_path(sh, word, &words);
    }
    return shell_words_end(&words);
}

static char **complete_shell(struct shell *sh, const char *line, size_t point, size_t *start)
{
    static const char borders[] = " \t;|&<>(`='\"";
    struct shell_words words = {0};
    size_t from = point;
    while (from > 0 && !strchr(borders, line[from - 1]))
        from--;
    size_t before = from;
    while (before > 0 && isblank((unsigned char)line[before - 1]))
        before--;
    *start = from;
    bool first = before == 0 || strchr(";|&(`", line[before - 1]);
    autofree char *word = xstrndup(line + from, point - from);
    if (*word == '$')
        complete_variable(sh, word, &words);
    else if (first && !strchr(word, '/')) {
        complete_program(sh, word, &words);
        if (before == 0 && *word) {
            size_t call_start = from;
            bool want_path = false;
            char **calls = call_complete(line, point, &call_start, &want_path);
            if (call_start == from)
                complete_take_list(&words, calls);
            else
                for (char **p = calls; p && *p; p++)
                    free(*p);
            if (call_start != from)
                free(calls);
        }
    } else
        complete_path(sh, word, &words);
    return shell_words_end(&words);
}

/* "[container] chr": what follows the prefix is completed as if it stood alone. */
static size_t complete_prefix(const char *line)
{
    if (line[0] != '[')
        return 0;
    size_t n = strcspn(line, "]");
    return line[n] == ']' ? n + 1 + strspn(line + n + 1, " \t") : 0;
}

char **shell_complete(struct shell *sh, const char *line, size_t point, size_t *start)
{
    autofree char *upto = xstrndup(line, point);
    size_t skip = strspn(upto, " \t");
    skip += complete_prefix(upto + skip);
    point = strlen(upto);
    if (skip > point)
        return NULL;
    const char *text = upto + skip;
    char **list;
    size_t inner = 0;
    if (*text == ':')
        list = complete_command(sh, text, point - skip, &inner);
    else if (strchr(text, '(') && call_looks_like(text))
        list = complete_call(sh, text, point - skip, &inner);
    else
        list = complete_shell(sh, text, point - skip, &inner);
    *start = skip + inner;
    return list;
}
