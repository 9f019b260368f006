/* What the watcher makes of each stop: whether the call is told, held or denied. Runs in the tracer's thread.
 *
 * An actor's own calls are silent, and so is its child until it has executed the shell that runs a command; from then
 * on the child and all its descendants are told of. The shell itself is porthole's wrapping: that it ends is no news.
 */
#include "base/errnoname.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "call/table.h"
#include "session/watcher_private.h"
#include "session/why.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The list of the held. */

static struct watcher_held *held_find(const struct watcher *w, uint64_t call)
{
    for (size_t i = 0; i < w->nheld; i++)
        if (w->held[i].call == call)
            return &w->held[i];
    return NULL;
}

struct tracee *watcher_held(struct watcher *w, uint64_t call)
{
    const struct watcher_held *h = held_find(w, call);
    struct tracee *t = h ? tracer_find(w->tracer, h->tid) : NULL;
    return t && tracee_note(t)->call == call && tracee_is_held(t) ? t : NULL;
}

const struct call_row *watcher_row(const struct watcher *w, uint64_t call)
{
    const struct watcher_held *h = held_find(w, call);
    return h ? h->row : NULL;
}

void watcher_forget(struct watcher *w, uint64_t call)
{
    struct watcher_held *h = held_find(w, call);
    if (h)
        memmove(h, h + 1, (size_t)(w->held + --w->nheld - h) * sizeof *h);
}

void watcher_let_go(struct watcher *w, const struct call_row *row)
{
    for (size_t i = 0; i < w->nheld;) {
        struct tracee *t = watcher_held(w, w->held[i].call);
        if (row && w->held[i].row != row) {
            i++;
            continue;
        }
        watcher_forget(w, w->held[i].call);
        if (t)
            trace_release(t);
    }
}

/* The name of the program, read when it is executed and kept with the thread. */

struct judge_data {
    char program[16];
    char reason[512]; /* why the guard denied the call that is being made */
    bool cancelled;   /* by ^C, in that command */
    unsigned command;
};

static struct judge_data *judge_data(struct tracee *t)
{
    struct tracee_note *note = tracee_note(t);
    if (!note->data)
        note->data = xcalloc(1, sizeof(struct judge_data));
    return note->data;
}

/* The signal alone would not do. A shell's child that is to become the program still has the shell's handler, which
 * takes the SIGINT for the shell; and told EINTR it tries the next directory of $PATH. */
void watcher_cancel(struct watcher *w, struct tracee *t, int err)
{
    judge_data(t)->cancelled = true;
    judge_data(t)->command = w->command;
    if (tracee_id(t)->pid > 0) /* it stands in a stop of ours, so the number is still its own */
        kill(tracee_id(t)->pid, SIGINT);
    trace_deny(t, err);
}

static bool judge_is_cancelled(const struct watcher *w, struct tracee *t)
{
    return judge_data(t)->cancelled && judge_data(t)->command == w->command;
}

static void judge_read_program(struct tracee *t)
{
    char path[48];
    autostr struct str comm = {0};
    snprintf(path, sizeof path, "/proc/%d/comm", (int)tracee_id(t)->tid);
    if (!file_read(AT_FDCWD, path, &comm, 64))
        return;
    if (comm.len && comm.s[comm.len - 1] == '\n')
        str_cut(&comm, comm.len - 1);
    text_copy(judge_data(t)->program, sizeof judge_data(t)->program, str_c(&comm));
}

static void judge_fill(struct tracee *t, struct watcher_event *e)
{
    const struct tracee_id *id = tracee_id(t);
    struct judge_data *data = judge_data(t);
    unsigned mark = tracee_note(t)->mark;
    if (!data->program[0])
        judge_read_program(t);
    e->stage = MARK_STAGE(mark);
    e->actor = MARK_WHOSE(mark);
    e->call = tracee_note(t)->call;
    e->tid = id->tid;
    e->pid = id->pid;
    e->second = id->second;
    e->own = id->own;
    memcpy(e->program, data->program, sizeof e->program);
}

static char *judge_text(const struct call *c, const struct call_image *result, bool ended)
{
    autostr struct str text = {0};
    struct str safe = {0};
    if (ended)
        call_print_result(&text, c, result);
    else
        call_print(&text, c, NULL);
    text_sanitise(&safe, str_c(&text), text.len, TEXT_LINE);
    return str_steal(&safe);
}

/* Which calls are worth a stop. */

static bool judge_prctl_changes(int64_t option)
{
    switch (option) {
    case PR_SET_PDEATHSIG:
    case PR_SET_DUMPABLE:
    case PR_SET_KEEPCAPS:
    case PR_SET_SECCOMP:
    case PR_CAPBSET_DROP:
    case PR_SET_SECUREBITS:
    case PR_SET_CHILD_SUBREAPER:
    case PR_SET_NO_NEW_PRIVS:
    case PR_CAP_AMBIENT:
        return true;
    default:
        return false;
    }
}

/* Is there a file of that name for the thread? Where that cannot be told the answer is yes. */
static bool judge_has_file(pid_t tid, const char *path)
{
    char link[48];
    snprintf(link, sizeof link, "/proc/%d/%s", (int)tid, *path == '/' ? "root" : "cwd");
    autofd int dir = open(link, O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = *path == '/' ? RESOLVE_IN_ROOT : 0};
    autofd int fd = dir < 0 ? -1 : (int)syscall(SYS_openat2, dir, path, &how, sizeof how);
    return fd >= 0 || dir < 0 || (errno != ENOENT && errno != ENOTDIR);
}

static bool judge_changes(pid_t tid, const struct call *c)
{
    const struct call_row *row = call_row_of(c);
    if (row->op == OP_FORK)
        return !c->clone || !(c->clone[0] & CLONE_THREAD);
    if (row->op == OP_EXECVE)
        return !call_arg_text(c, 0) || judge_has_file(tid, call_arg_text(c, 0));
    if (!strcmp(row->name, "prctl"))
        return judge_prctl_changes(call_arg_num(c, 0));
    if (!strcmp(row->name, "seccomp")) /* programs ask for this and that before they install a filter */
        return call_arg_num(c, 0) == SECCOMP_SET_MODE_FILTER && call_arg_num(c, 2);
    if (!strcmp(row->name, "setpgid") || !strcmp(row->name, "pidfd_open"))
        return false;
    return row->op != OP_EXIT && !(row->flags & CALL_BLOCKS);
}

static bool judge_stops(struct watcher *w, struct tracee *t, const struct call *c)
{
    if (w->mode == SLOW_OFF || w->on)
        return false;
    if (w->mode == SLOW_ON && !judge_changes(tracee_id(t)->tid, c))
        return false;
    if (w->pass && w->pass == call_row_of(c))
        return false;
    w->pass = NULL;
    return true;
}

/* Why it failed: asked while the thread stands at the end of its call, so that the evidence is fresh. Not for what
 * programs try in passing, and not so often that it would slow them down. */

static bool judge_is_puzzling(struct watcher *w, struct tracee *t, const struct call *c,
                              const struct call_image *result)
{
    const struct call_row *row = call_row_of(c);
    if (!result || result->ret >= 0 || tracee_denied(t) || !strcmp(row->name, "prctl") ||
        !judge_changes(tracee_id(t)->tid, c))
        return false;
    int64_t now = now_ms();
    if (now - w->why_since > 1000) {
        w->why_since = now;
        w->whys = 0;
    }
    return w->whys++ < WATCHER_WHYS;
}

static void judge_why(struct watcher *w, struct tracee *t, const struct call *c, const struct call_image *result,
                      struct watcher_event *e)
{
    struct why why = {0};
    struct str brief = {0}, all = {0};
    why_explain_process(&w->place.why, tracee_id(t)->tid, c, result, &why);
    why_print(&why, &brief);
    why_print_all(&why, &all);
    why_free(&why);
    e->why = str_steal(&brief);
    e->why_all = str_steal(&all);
}

/* Does the guard refuse it? The reason is told when the call has returned. */
static bool judge_refuses(struct watcher *w, struct tracee *t, const struct call *c)
{
    struct outcome o = {0};
    autostr struct str text = {0};
    judge_data(t)->reason[0] = '\0';
    if (guard_program(&w->place.guard, tracee_id(t)->tid, c, &o) == 0)
        return false;
    outcome_print(&text, &o);
    text_copy(judge_data(t)->reason, sizeof judge_data(t)->reason, str_c(&text));
    return true;
}

/* The events of the tracer. */

static enum trace_verdict judge_begins(void *arg, struct tracee *t, const struct call *c)
{
    struct watcher *w = arg;
    struct tracee_note *note = tracee_note(t);
    bool told = !(note->mark & MARK_SILENT);
    note->call = told ? ++w->calls : 0;
    if (!told)
        return TRACE_GO;
    if (judge_refuses(w, t, c)) {
        trace_deny(t, EPERM);
        return TRACE_GO;
    }
    if (call_row_of(c)->op == OP_EXECVE && judge_is_cancelled(w, t)) {
        trace_deny(t, EINTR);
        return TRACE_GO;
    }
    if (note->mark & MARK_QUIET || !judge_stops(w, t, c))
        return TRACE_GO;
    struct watcher_event e = {.kind = WATCHER_HELD, .row = call_row_of(c), .text = judge_text(c, NULL, false)};
    judge_fill(t, &e);
    GROW(w->held, w->nheld, w->capheld);
    w->held[w->nheld++] = (struct watcher_held){e.call, e.tid, e.row};
    watcher_push(w, &e);
    return TRACE_HOLD;
}

static void judge_ends(void *arg, struct tracee *t, const struct call *c, const struct call_image *result)
{
    struct watcher *w = arg;
    struct tracee_note *note = tracee_note(t);
    const struct call_row *row = call_row_of(c);
    if (!note->call)
        return;
    watcher_forget(w, note->call);
    if (note->mark & MARK_QUIET || (note->mark & MARK_WRAPPER && row->op == OP_EXIT))
        return;
    struct watcher_event e = {.kind = WATCHER_CALL, .row = row};
    if (result) {
        e.returned = true;
        e.ret = result->ret;
        e.err = result->err;
    }
    e.denied = tracee_denied(t);
    if (e.denied && judge_data(t)->reason[0])
        e.reason = xstrdup(judge_data(t)->reason);
    e.search = row->op == OP_EXECVE && result && result->ret < 0 && result->err == ENOENT &&
               !judge_changes(tracee_id(t)->tid, c); /* the file is there: its loader is not, or its interpreter */
    judge_fill(t, &e);
    if (!watcher_is_flooded(w))
        e.text = judge_text(c, result, true);
    if (judge_is_puzzling(w, t, c, result))
        judge_why(w, t, c, result, &e);
    watcher_push(w, &e);
    note->call = 0;
}

static void judge_forked(void *arg, struct tracee *parent, struct tracee *child)
{
    struct watcher *w = arg;
    struct tracee_note *note = tracee_note(child);
    note->mark &= ~(unsigned)(MARK_ACTOR | MARK_WRAPPER);
    if (note->mark & MARK_SILENT) {
        if (atomic_load(&w->hush) == MARK_WHOSE(note->mark))
            note->mark |= MARK_QUIET;
        return;
    }
    memcpy(judge_data(child)->program, judge_data(parent)->program, sizeof judge_data(child)->program);
    if (note->mark & MARK_QUIET)
        return;
    struct watcher_event e = {.kind = WATCHER_FORK};
    judge_fill(parent, &e);
    e.child = tracee_id(child)->pid;
    watcher_push(w, &e);
}

static void judge_executed(void *arg, struct tracee *t)
{
    struct tracee_note *note = tracee_note(t);
    bool spawned = (note->mark & (MARK_SILENT | MARK_ACTOR)) == MARK_SILENT;
    note->mark &= ~(unsigned)(MARK_SILENT | MARK_ACTOR | MARK_WRAPPER);
    if (spawned)
        note->mark |= MARK_WRAPPER;
    judge_read_program(t);
}

static void judge_job(struct watcher *w, struct tracee *t, enum watcher_kind kind)
{
    struct watcher_event e = {.kind = kind};
    judge_fill(t, &e);
    watcher_push(w, &e);
}

static void judge_exited(void *arg, struct tracee *t, int status)
{
    struct watcher *w = arg;
    unsigned mark = tracee_note(t)->mark;
    if (mark & (MARK_SILENT | MARK_QUIET)) {
        judge_job(w, t, WATCHER_CONTINUE); /* it is stopped no more */
        return;
    }
    autostr struct str text = {0};
    const char *name = WIFSIGNALED(status) ? signal_name(WTERMSIG(status)) : NULL;
    if (WIFEXITED(status))
        str_addf(&text, "+++ exited with %d +++", WEXITSTATUS(status));
    else
        str_addf(&text, "+++ killed by %s%s +++", name ? name : "a signal", WCOREDUMP(status) ? " (core dumped)" : "");
    struct watcher_event e = {
        .kind = WATCHER_EXIT, .ret = status, .quiet = mark & MARK_WRAPPER, .text = str_steal(&text)};
    judge_fill(t, &e);
    watcher_push(w, &e);
}

static void judge_stopped(void *arg, struct tracee *t, int sig)
{
    judge_job(arg, t, WATCHER_STOP);
}

static void judge_continued(void *arg, struct tracee *t)
{
    judge_job(arg, t, WATCHER_CONTINUE);
}

const struct trace_events watcher_events = {.begins = judge_begins,
                                            .ends = judge_ends,
                                            .forked = judge_forked,
                                            .executed = judge_executed,
                                            .exited = judge_exited,
                                            .stopped = judge_stopped,
                                            .continued = judge_continued};
