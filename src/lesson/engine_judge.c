/* Judging. The state, or what the kernel and the programs said, decides; the words that were typed never do.
 *
 * State may lag behind the call that changes it: a killed process is a zombie until its parent waits, a child's exit
 * reaches the tree a moment later. So a look that disappoints is repeated for a bounded time, in short naps, and only
 * where looking again is harmless. */
#include "base/loop.h"
#include "base/text.h"
#include "lesson/engine_private.h"
#include "lesson/expect.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>

/* One command or call against its expectation. */

static int judge_shell_status(int wait_status)
{
    if (WIFEXITED(wait_status))
        return WEXITSTATUS(wait_status);
    return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : wait_status;
}

/* A program that prompts in its own way leaves its prompt behind the answer, without a newline. */
static bool judge_without_prompt(const struct block *b, const struct ran *r, struct engine_scope *scope,
                                 struct str *why)
{
    const char *last = r->kind == JOURNAL_INPUT ? strrchr(str_c(&r->out), '\n') : NULL;
    if (!last)
        return false;
    autofree char *text = xstrndup(r->out.s, (size_t)(last + 1 - r->out.s));
    autostr struct str ignored = {0};
    bool matches = expect_matches(b->expect, text, engine_var, scope, &ignored);
    if (matches)
        str_cut(why, 0);
    return matches;
}

static bool judge_console(struct engine *e, const struct block *b, const struct ran *r, struct str *why)
{
    struct engine_scope scope = {e, r->side};
    if (b->expect && *b->expect && !expect_matches(b->expect, str_c(&r->out), engine_var, &scope, why) &&
        !judge_without_prompt(b, r, &scope, why))
        return false;
    if (r->status == -1 || judge_shell_status(r->status) == b->status)
        return engine_traced_judge(e, b, why);
    str_addf(why, "Expected exit status %d, but it was %d.", b->status, judge_shell_status(r->status));
    if (WIFSIGNALED(r->status))
        str_addf(why, " (Ended by signal %d, %s.)", WTERMSIG(r->status), strsignal(WTERMSIG(r->status)));
    return false;
}

/* What the kernel wrote into the caller's memory, where the lesson writes it as strace prints it. A learner who passed
 * NULL did not ask for it. */
static bool judge_outputs(struct engine *e, const struct block *b, const struct ran *r, struct str *why)
{
    struct engine_scope mine = {e, r->side};
    struct call_scope scope = {engine_var, &mine};
    struct call_error bad;
    autofree char *line = engine_block_line(b);
    _cleanup_(call_freep)
    struct call *asked = call_parse(line, &scope, &bad);
    autostr struct str got = {0};
    if (!asked || !r->call || call_row_of(asked) != call_row_of(r->call) || call_outputs_hold(asked, r->image, &got))
        return true;
    str_addf(why, "Expected %s, but the kernel wrote %s.", line, str_c(&got));
    return false;
}

static bool judge_call(struct engine *e, const struct block *b, const struct ran *r, struct str *why)
{
    struct call_expect x;
    engine_block_expect(b, &x);
    if (!r->image)
        return true;
    if (call_expect_holds(&x, r->image))
        return judge_outputs(e, b, r, why);
    autostr struct str came = {0};
    call_print_result(&came, r->call, r->image);
    const char *result = str_c(&came);
    for (const char *p = result; (p = strstr(p, ") = ")); p++)
        result = p + 4;
    str_add(why, "Expected ");
    call_expect_print(why, &x);
    str_addf(why, ", but the kernel answered %s.", result);
    return false;
}

bool engine_judge(struct engine *e, const struct block *b, const struct ran *r, struct str *why)
{
    return b->kind == BLOCK_CALL ? judge_call(e, b, r, why) : judge_console(e, b, r, why);
}

void engine_keep_result(struct engine *e, const struct block *b, const struct ran *r)
{
    struct call_expect x;
    if (b->kind != BLOCK_CALL || !r->image || r->image->ret <= 0)
        return;
    engine_block_expect(b, &x);
    autofree char *value = xasprintf("%lld", (long long)r->image->ret);
    if (x.set[0])
        session_set_var(e->session, x.set, value);
}

/* Another line with the same effect. */

/* Commands that do to the machine's state what a call does. Those that only change the calling process have no pair:
 * `chroot` the program changes the root of a child that is gone a moment later. */
static const struct {
    const char *command, *call;
} judge_pairs[] = {
    {"kill", "kill"},   {"mount", "mount"}, {"umount", "umount2"},       {"mkdir", "mkdir"},
    {"rmdir", "rmdir"}, {"rm", "unlink"},   {"ln", "symlink"},           {"mknod", "mknod"},
    {"chmod", "chmod"}, {"chown", "chown"}, {"hostname", "sethostname"},
};

static bool judge_is_pair(const char *command, const char *call)
{
    for (size_t i = 0; i < COUNT(judge_pairs); i++)
        if (!strcmp(judge_pairs[i].command, command) && !strcmp(judge_pairs[i].call, call))
            return true;
    return false;
}

static char *judge_program(const char *line)
{
    size_t n = strcspn(line, " \t;|&<>");
    autofree char *word = xstrndup(line, n);
    const char *slash = strrchr(word, '/');
    return xstrdup(slash ? slash + 1 : word);
}

static char *judge_last_word(struct engine *e, enum side side, const char *line)
{
    autofree char *full = engine_expand(e, side, line);
    char *end = full + strlen(full);
    while (end > full && strchr(" \t;'\"", end[-1]))
        *--end = '\0';
    char *start = end;
    while (start > full && !strchr(" \t'\"", start[-1]))
        start--;
    return xstrdup(start);
}

static bool judge_names(const struct call *c, const char *word)
{
    char number[24];
    for (int i = 0; i < CALL_MAX_ARGS; i++) {
        const char *text = call_arg_text(c, i);
        snprintf(number, sizeof number, "%lld", (long long)call_arg_num(c, i));
        if (!strcmp(text ? text : number, word))
            return true;
    }
    return false;
}

/* "rootfs", "./rootfs" and "/lab/rootfs" may well be one directory: the call's result says whether they are. */
static bool judge_same_path(const char *a, const char *b)
{
    while (a[0] == '.' && a[1] == '/')
        a += 2;
    while (b[0] == '.' && b[1] == '/')
        b += 2;
    size_t n = strlen(a), m = strlen(b);
    while (n > 1 && a[n - 1] == '/')
        n--;
    while (m > 1 && b[m - 1] == '/')
        m--;
    if (n > m) {
        const char *p = a;
        size_t k = n;
        a = b, b = p, n = m, m = k;
    }
    return !strncmp(a, b + (m - n), n) && (n == m || (n > 1 && a[0] != '/' && b[m - n - 1] == '/'));
}

/* Flags of mount() that only narrow what can be done with the files, or reach submounts. */
#define JUDGE_MOUNT_EXTRAS (MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_RELATIME | MS_REC | MS_SILENT)

/* The arguments must name the same things. The first one of mount() is a label when there is no device behind the type.
 */
static bool judge_same_args(const struct call *asked, const struct call *made)
{
    bool mount = !strcmp(call_row_of(asked)->name, "mount");
    if (call_row_of(asked)->op == OP_EXECVE) { /* lists have no number and no text */
        autostr struct str x = {0}, y = {0};
        call_print(&x, asked, NULL);
        call_print(&y, made, NULL);
        return !strcmp(str_c(&x), str_c(&y));
    }
    for (int i = 0; i < CALL_MAX_ARGS; i++) {
        const char *a = call_arg_text(asked, i), *b = call_arg_text(made, i);
        int64_t x = call_arg_num(asked, i), y = call_arg_num(made, i);
        int64_t free_to_choose = mount && i == 3 ? JUDGE_MOUNT_EXTRAS : 0;
        if (mount && i == 0 && call_arg_text(asked, 2))
            continue;
        if (!a != !b || (a && !judge_same_path(a, b)) || (!a && (x | free_to_choose) != (y | free_to_choose)))
            return false;
    }
    return true;
}

bool engine_same_effect(struct engine *e, const struct block *b, const struct ran *r)
{
    if (b->where != r->side)
        return false;
    struct engine_scope mine = {e, r->side};
    struct call_scope scope = {engine_var, &mine};
    struct call_error bad;
    autofree char *line = engine_block_line(b);
    _cleanup_(call_freep)
    struct call *asked = b->kind == BLOCK_CALL ? call_parse(line, &scope, &bad) : NULL;
    if (asked && r->call)
        return call_row_of(asked) == call_row_of(r->call) && judge_same_args(asked, r->call);
    autofree char *typed = judge_program(r->text), *wanted = judge_program(line);
    if (asked) { /* a command was typed for a call */
        autofree char *last = judge_last_word(e, r->side, r->text);
        struct call_expect x;
        engine_block_expect(b, &x);
        return x.kind != EXPECT_ERRNO && r->status == 0 && judge_is_pair(typed, call_row_of(asked)->name) &&
               judge_names(asked, last);
    }
    autofree char *last = judge_last_word(e, r->side, line);
    if (r->call) /* a call was typed for a command */
        return !*b->expect && b->status == 0 && r->image->ret >= 0 &&
               judge_is_pair(wanted, call_row_of(r->call)->name) && judge_names(r->call, last);
    autofree char *typed_last = judge_last_word(e, r->side, r->text);
    return !strcmp(typed, wanted) && (*b->expect || judge_same_path(last, typed_last));
}

/* Looking again. */

/* Programs that only look. */
static const char *const judge_lookers[] = {"ps",       "ls",   "cat",      "grep", "pgrep",      "pidof", "test",
                                            "[",        "stat", "head",     "tail", "wc",         "echo",  "tr",
                                            "readlink", "id",   "hostname", "sort", "cut",        "sed",   "awk",
                                            "true",     "top",  "pstree",   "find", "mountpoint", NULL};

static bool judge_only_looks(const char *line)
{
    if (strpbrk(line, ">&`") || strstr(line, "$("))
        return false;
    for (const char *p = line; *p;) {
        p += strspn(p, " \t;|!");
        autofree char *program = judge_program(p);
        bool found = !*p;
        for (size_t i = 0; !found && judge_lookers[i]; i++)
            found = !strcmp(judge_lookers[i], program);
        if (!found)
            return false;
        p += strcspn(p, ";|");
    }
    return true;
}

/* A call may be repeated when it only asks: a signal whose target should be gone, a wait for nobody. */
static bool judge_call_only_asks(const struct block *b, const struct ran *r)
{
    struct call_expect x;
    engine_block_expect(b, &x);
    return x.kind == EXPECT_ERRNO && (x.err == ESRCH || x.err == ECHILD) &&
           (call_row_of(r->call)->flags & CALL_SIGNALS);
}

bool engine_retry(struct engine *e, const struct block *b, struct ran *r)
{
    bool harmless = r->kind == JOURNAL_INPUT ? false /* it would be shown */
                    : r->call                ? judge_call_only_asks(b, r)
                                             : judge_only_looks(r->text);
    int64_t end = now_ms() + ENGINE_SETTLE_MS;
    for (int nap = 15; harmless && now_ms() < end; nap *= 3) {
        engine_nap(nap);
        autoran struct ran again = {0};
        if (engine_run(e, session_actor(e->session, r->actor), r->text, RUN_QUIET, &again, NULL) < 0)
            return false;
        autostr struct str text = {0};
        if (!engine_judge(e, b, &again, &text))
            continue;
        str_cut(&text, 0);
        if (again.call)
            engine_print_call(e, &again, &text);
        else
            str_add(&text, again.out.len ? str_c(&again.out) : "");
        engine_say(e, SAY_INFO, "A moment later%s", text.len ? ":" : " it is as expected.");
        if (text.len)
            engine_say(e, again.call ? SAY_CALL : SAY_OUTPUT, "%s", str_c(&text));
        struct ran old = *r;
        *r = again;
        again = old;
        return true;
    }
    return false;
}

/* Checks. */

int engine_settle_ms(const struct ran *r)
{
    if (r->call) {
        const struct call_row *row = call_row_of(r->call);
        return row->flags & CALL_SIGNALS || row->op == OP_EXIT ? ENGINE_SETTLE_MS : ENGINE_BRIEF_MS;
    }
    size_t n = strlen(r->text);
    if (n > 1 && r->text[n - 1] == '&' && r->text[n - 2] != '&')
        return ENGINE_START_MS;
    return strstr(r->text, "kill") || strstr(r->text, "exit") ? ENGINE_SETTLE_MS : ENGINE_BRIEF_MS;
}

static void judge_trimmed(struct str *to, const struct str *from)
{
    size_t n = from->len;
    while (n && strchr(" \t\r\n", from->s[n - 1]))
        n--;
    text_sanitise(to, str_c(from), n, TEXT_BLOCK);
}

/* Tries the check on the host side, in a shell of its own: what it assigns and where it goes is its own business. What
 * it prints is the reason. Each try is a process that the learner sees flash by in the tree, so there are few. */
bool engine_check(struct engine *e, const struct block *check, int settle_ms, struct str *reason)
{
    int64_t end = now_ms() + settle_ms;
    autofree char *command = xasprintf("(\n%s\n)", check->text);
    for (int nap = 15;; nap *= 3) {
        autostr struct str out = {0};
        struct outcome o = {0};
        int status = -1;
        struct actor *host = session_running(e->session) ? session_actor(e->session, 1) : NULL;
        if (!host || host->state != ACTOR_WAITING)
            outcome_set(&o, 0, "nobody on the host side can look", "", ":reset builds a fresh stage");
        else if (session_run(e->session, host, command, RUN_QUIET, ENGINE_CHECK_MS, &out, &status, &o) == 0 &&
                 status == 0)
            return true;
        if (now_ms() + nap < end) {
            engine_nap(nap);
            continue;
        }
        if (reason && o.step[0])
            outcome_print(reason, &o);
        else if (reason)
            judge_trimmed(reason, &out);
        return false;
    }
}
