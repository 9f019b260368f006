#include "e2e.h"
#include "base/file.h"
#include "base/loop.h"
#include "proc/procfs.h"
#include "proc/task.h"
#include "session/doctor.h"
#include "support.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* Long enough to need scrolling, and with each kind of block. */
static const char e2e_lesson[] = "---\n"
                                 "format: 1\n"
                                 "id: looking\n"
                                 "title: Looking around\n"
                                 "---\n\n"
                                 "# Looking around\n\n"
                                 "The goal of this lesson is to be looked at.\n\n"
                                 "## The first step\n\n"
                                 "The kernel knows the number of each process.\n\n"
                                 "```c syscall\n"
                                 "[container] getpid() = $me\n"
                                 "```\n\n"
                                 "```console\n"
                                 "root@container# echo marker-$((40 + 2))\n"
                                 "marker-42\n"
                                 "```\n\n"
                                 "## The second step\n\n"
                                 "**Predict:** what is asked here?\n\n"
                                 "- [ ] nothing\n\n"
                                 "  It is a question.\n\n"
                                 "- [x] a question\n\n"
                                 "  Indeed.\n\n"
                                 "```console\n"
                                 "root@container# echo the-end\n"
                                 "the-end\n"
                                 "```\n";

const char *e2e_program(void)
{
    const char *program = getenv("PORTHOLE");
    return program && *program ? program : "./porthole";
}

const char *e2e_cannot(void)
{
    return e2e_cannot_on("--practice");
}

const char *e2e_cannot_on(const char *stage)
{
    static struct str why;
    str_cut(&why, 0);
    if (access(e2e_program(), X_OK) < 0)
        return "./porthole is not built";
    bool can = strcmp(stage, "--real") == 0 ? doctor_stage_real(&why) : doctor_stage_practice(&why);
    return can ? NULL : str_c(&why);
}

void e2e_on_each_stage(void (*test)(const char *stage))
{
    static const char *const stages[] = {"--practice", "--real"};
    size_t ran = 0;
    for (size_t i = 0; i < COUNT(stages); i++)
        if (!e2e_cannot_on(stages[i])) {
            test(stages[i]);
            ran++;
        }
    SKIP_UNLESS(ran, e2e_cannot_on("--practice"));
}

static void e2e_write(const struct e2e *e, const char *name, const char *text)
{
    autofree char *path = xasprintf("%s/%s", e->dir, name);
    assert_true(file_replace(path, text, strlen(text)));
}

static void e2e_prepare(struct e2e *e)
{
    memset(e, 0, sizeof *e);
    snprintf(e->dir, sizeof e->dir, "/tmp/porthole-e2e-XXXXXX");
    assert_non_null(mkdtemp(e->dir));
    autofree char *lessons = xasprintf("%s/lessons", e->dir);
    assert_true(file_mkdirs(lessons));
    e2e_write(e, "lessons/01-looking.md", e2e_lesson);
}

static void e2e_launch(struct e2e *e, int rows, int cols, const char *const *extra, char *const *argv)
{
    autofree char *state = xasprintf("PORTHOLE_STATE=%s/state", e->dir);
    const char *env[32] = {state,      "TERM=xterm-256color", "LC_ALL=C.UTF-8", "INPUTRC=/dev/null",
                           "NO_COLOR", "PORTHOLE_PREFIX"};
    size_t n = 6;
    for (size_t i = 0; extra && extra[i]; i++)
        env[n++] = extra[i];
    vt_run_start(&e->run, rows, cols, argv, env);
    assert_int_equal(tcgetattr(e->run.master, &e->before), 0); /* a pty's two ends share the modes */
}

static void e2e_start_with(struct e2e *e, int rows, int cols, const char *const *extra, const char *stage)
{
    e2e_prepare(e);
    autofree char *lessons = xasprintf("%s/lessons", e->dir);
    char *const argv[] = {(char *)(uintptr_t)e2e_program(), (char *)(uintptr_t)stage, (char *)"--lessons", lessons,
                          NULL};
    e2e_launch(e, rows, cols, extra, argv);
    e2e_wait(e, "Enter types: getpid()");
}

void e2e_start(struct e2e *e, int rows, int cols, const char *const *extra)
{
    e2e_start_with(e, rows, cols, extra, "--practice");
}

void e2e_start_stage(struct e2e *e, int rows, int cols, const char *stage)
{
    e2e_start_with(e, rows, cols, NULL, stage);
}

void e2e_start_script(struct e2e *e, int rows, int cols, const char *script, const char *text, const char *stage)
{
    e2e_prepare(e);
    autofree char *lessons = xasprintf("%s/lessons", e->dir);
    const char *const argv[] = {"bash", "--norc", "-c", script, text, stage, e2e_program(), lessons, NULL};
    e2e_launch(e, rows, cols, NULL, (char *const *)(uintptr_t)argv);
}

void e2e_start_command(struct e2e *e, int rows, int cols, const char *const *extra, const char *script)
{
    e2e_prepare(e);
    autofree char *lessons = xasprintf("%s/lessons", e->dir);
    char *const argv[] = {(char *)"bash",
                          (char *)"--norc",
                          (char *)"-c",
                          (char *)(uintptr_t)script,
                          (char *)"bash",
                          (char *)(uintptr_t)e2e_program(),
                          (char *)"--practice",
                          (char *)"--lessons",
                          lessons,
                          NULL};
    e2e_launch(e, rows, cols, extra, argv);
}

void e2e_start_course(struct e2e *e, int rows, int cols, const char *stage)
{
    e2e_prepare(e);
    char *const argv[] = {(char *)(uintptr_t)e2e_program(), (char *)(uintptr_t)stage, (char *)"--lessons",
                          (char *)"lessons", NULL};
    e2e_launch(e, rows, cols, NULL, argv);
}

static void e2e_remove(const char *path)
{
    DIR *d = opendir(path);
    for (struct dirent *entry; d && (entry = readdir(d));) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        autofree char *inner = xasprintf("%s/%s", path, entry->d_name);
        if (unlink(inner) < 0)
            e2e_remove(inner);
    }
    if (d)
        closedir(d);
    rmdir(path);
}

void e2e_end(struct e2e *e)
{
    vt_run_end(&e->run);
    if (!strncmp(e->dir, "/tmp/porthole-e2e-", 18))
        e2e_remove(e->dir);
}

void e2e_type(struct e2e *e, const char *bytes)
{
    vt_run_type(&e->run, bytes);
}

void e2e_wait(struct e2e *e, const char *text)
{
    if (!vt_run_wait(&e->run, text, E2E_MS))
        fail_msg("\"%s\" did not appear", text);
}

void e2e_wait_gone(struct e2e *e, const char *text)
{
    if (!vt_run_wait_gone(&e->run, text, E2E_MS))
        fail_msg("\"%s\" did not go away", text);
}

void e2e_run(struct e2e *e, const char *line, const char *answer)
{
    e2e_type(e, line);
    e2e_type(e, "\r");
    e2e_wait(e, answer);
}

/* Slow motion. */

/* The call that is held, as the strip shows it, and whose it is; "" when none is. The caller frees. */
static char *e2e_held(struct e2e *e)
{
    struct str held = {0};
    int head = vt_find(e->run.vt, "HELD: ", NULL), call = vt_find(e->run.vt, "▶ ", NULL);
    if (head < 0 || call < 0)
        return xstrdup("");
    str_add(&held, vt_row(e->run.vt, head));
    for (int y = call; y < call + 2 && y < vt_rows(e->run.vt); y++)
        str_add(&held, vt_row(e->run.vt, y));
    return str_steal(&held);
}

/* A key that is typed before the last one has been answered would answer the very call that is waited for. Two calls in
 * a row may look the same. */
static void e2e_step(struct e2e *e, const char *key, const char *text)
{
    autofree char *before = e2e_held(e);
    e2e_type(e, key);
    for (int64_t end = now_ms() + E2E_MS / 4; now_ms() < end && !vt_has(e->run.vt, text);) {
        autofree char *now = e2e_held(e);
        if (strcmp(now, before) != 0)
            return;
        vt_run_pump(&e->run, 20);
    }
}

void e2e_step_to(struct e2e *e, const char *key, const char *text)
{
    int64_t end = now_ms() + 8 * E2E_MS;
    while (!vt_has(e->run.vt, text) && now_ms() < end) {
        autofree char *held = e2e_held(e);
        if (*held)
            e2e_step(e, key, text);
        else
            vt_run_pump(&e->run, 20);
    }
    e2e_wait(e, text);
}

/* Who belongs to it. */

static bool e2e_in_family(const struct e2e *e, pid_t pid)
{
    for (size_t i = 0; i < e->nfamily; i++)
        if (e->family[i].pid == pid)
            return true;
    return false;
}

/* Pids need not grow from parent to child (they wrap around), so it goes on until a round finds nobody new. */
void e2e_family(struct e2e *e)
{
    struct task t;
    e->nfamily = 0;
    assert_true(task_read_stat(procfs_self(), e->run.pid, &t));
    e->family[e->nfamily++] = (struct e2e_process){t.pid, t.start};
    for (size_t before = 0; before != e->nfamily;) {
        before = e->nfamily;
        DIR *d = opendir("/proc");
        for (struct dirent *entry; d && (entry = readdir(d));) {
            pid_t pid = (pid_t)atoi(entry->d_name);
            bool room = e->nfamily < sizeof e->family / sizeof *e->family;
            if (pid > 0 && room && !e2e_in_family(e, pid) && task_read_stat(procfs_self(), pid, &t) &&
                e2e_in_family(e, t.ppid))
                e->family[e->nfamily++] = (struct e2e_process){pid, t.start};
        }
        if (d)
            closedir(d);
    }
}

bool e2e_family_gone(struct e2e *e, int ms)
{
    for (int64_t end = now_ms() + ms;; vt_run_pump(&e->run, 20)) {
        size_t left = 0;
        struct task t;
        if (e->run.status < 0) /* reap it: a zombie would count */
            vt_run_wait_end(&e->run, 1);
        for (size_t i = 0; i < e->nfamily; i++)
            left +=
                task_read_stat(procfs_self(), e->family[i].pid, &t) && t.start == e->family[i].start && t.state != 'X';
        if (!left)
            return true;
        if (now_ms() >= end) {
            for (size_t i = 0; i < e->nfamily; i++)
                if (task_read_stat(procfs_self(), e->family[i].pid, &t) && t.start == e->family[i].start)
                    fprintf(stderr, "left: %d %s %c\n", (int)t.pid, t.comm, t.state);
            return false;
        }
    }
}

void e2e_assert_restored(struct e2e *e)
{
    struct termios now;
    assert_int_equal(tcgetattr(e->run.master, &now), 0);
    assert_int_equal(now.c_iflag, e->before.c_iflag);
    assert_int_equal(now.c_oflag, e->before.c_oflag);
    assert_int_equal(now.c_lflag, e->before.c_lflag);
    assert_int_equal(now.c_cflag, e->before.c_cflag);
    assert_memory_equal(now.c_cc, e->before.c_cc, sizeof now.c_cc);
    assert_false(vt_alternate(e->run.vt));
    assert_true(vt_cursor_visible(e->run.vt));
}
