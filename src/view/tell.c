/* Changes as sentences, for those who read or hear lines rather than see columns. What came and went between two calls
 * is not told, nor is every stranger on a busy machine: what is not the session's is counted. */
#include "base/mem.h"
#include "base/str.h"
#include "base/text.h"
#include "view/command.h"
#include "view/link.h"
#include "view/roles.h"
#include "view/tree.h"
#include "view/view.h"
#include <string.h>

enum {
    TELL_MAX = 20,     /* sentences for one side */
    TELL_COLUMNS = 72, /* of a command line */
};

struct tell {
    const struct view_input *in;
    enum side side;
    const struct link *link;
    int64_t since;
    struct str *out;
    unsigned told, begun, ended; /* sentences; and what is only counted */
};

static void tell_command(struct tell *t, struct task *row)
{
    autostr struct str command = {0};
    view_command(&command, t->side == SIDE_HOST ? t->in->host_procfd : t->in->container_procfd, row);
    size_t fit = text_fit(str_c(&command), TELL_COLUMNS);
    str_addn(t->out, str_c(&command), fit);
    if (fit < command.len)
        str_add(t->out, "...");
}

static void tell_name(struct tell *t, struct task *row)
{
    str_addf(t->out, "%d ", (int)row->pid);
    tell_command(t, row);
}

/* "; 1 in the container" */
static void tell_other(struct tell *t, size_t i, const char *before)
{
    const struct task *other = link_other(t->link, t->in, t->side, i);
    if (other)
        str_addf(t->out, "%s%d %s", before, (int)other->pid, t->side == SIDE_HOST ? "in the container" : "on the host");
}

static void tell_begun(struct tell *t, size_t i, struct task *row)
{
    str_addf(t->out, "%s: new process ", side_name(t->side));
    tell_name(t, row);
    if (row->ppid)
        str_addf(t->out, " (child of %d", (int)row->ppid);
    else
        str_add(t->out, " (its parent is out of sight");
    tell_other(t, i, "; ");
    str_add(t->out, ")");
    if (row->state == 'Z')
        str_add(t->out, ", already ended: a zombie until its parent waits for it");
    str_add(t->out, "\n");
}

static void tell_ended(struct tell *t, size_t i, struct task *row)
{
    str_addf(t->out, "%s: process ", side_name(t->side));
    tell_name(t, row);
    tell_other(t, i, ", ");
    str_add(t->out, " is gone\n");
}

static void tell_became(struct tell *t, size_t i, struct task *row)
{
    if (row->exec_ms >= t->since && row->state != 'Z') {
        str_addf(t->out, "%s: process %d", side_name(t->side), (int)row->pid);
        tell_other(t, i, ", ");
        str_add(t->out, " now runs ");
        tell_command(t, row);
        str_add(t->out, "\n");
    }
    if (row->adopted_ms >= t->since) {
        str_addf(t->out, "%s: process ", side_name(t->side));
        tell_name(t, row);
        tell_other(t, i, ", ");
        if (row->ppid)
            str_addf(t->out, " lost its parent and is now a child of %d\n", (int)row->ppid);
        else
            str_add(t->out, " lost its parent and is now a child of one out of sight\n");
    }
    if (row->zombie_ms >= t->since) {
        str_addf(t->out, "%s: process ", side_name(t->side));
        tell_name(t, row);
        tell_other(t, i, ", ");
        str_add(t->out, " ended: a zombie until its parent waits for it\n");
    }
}

/* One row; `known` when it is told by itself rather than counted. */
static void tell_row(struct tell *t, size_t i, struct task *row, bool known)
{
    bool begun = row->born_ms && row->born_ms >= t->since, ended = row->died_ms && row->died_ms >= t->since;
    bool became = !row->died_ms &&
                  ((row->exec_ms && row->exec_ms >= t->since) || (row->zombie_ms && row->zombie_ms >= t->since) ||
                   (row->adopted_ms && row->adopted_ms >= t->since));
    if (begun == ended && !(became && !begun)) /* neither, or both: it came and went */
        return;
    known = known && t->told < TELL_MAX;
    t->told += known;
    if (!known) {
        t->begun += begun;
        t->ended += ended;
    } else if (begun) {
        tell_begun(t, i, row);
    } else if (ended) {
        tell_ended(t, i, row);
    } else {
        tell_became(t, i, row);
    }
}

/* Whether a row without a part in the session is somebody else's: in the container as long as it sees the host's, too.
 */
static bool tell_is_stranger(const struct tell *t, size_t i)
{
    return t->in->nours && (t->side == SIDE_HOST || link_other(t->link, t->in, t->side, i));
}

static void tell_rest(struct tell *t)
{
    if (t->begun || t->ended)
        str_addf(t->out, "%s: of the other processes, %u %s new and %u %s gone\n", side_name(t->side), t->begun,
                 t->begun == 1 ? "is" : "are", t->ended, t->ended == 1 ? "is" : "are");
}

static void tell_side_changes(const struct view_input *in, enum side side, const struct link *link, int64_t since,
                              struct str *out)
{
    const struct tasks *set = side == SIDE_HOST ? in->host : in->container;
    if (!set)
        return;
    struct tell t = {.in = in, .side = side, .link = link, .since = since > 0 ? since : 1, .out = out};
    struct tree tree;
    tree_build(&tree, set);
    autofree unsigned *marks = roles_of(in, link, side, &tree);
    tree_free(&tree);
    for (size_t i = 0; i < set->n; i++)
        tell_row(&t, i, &set->v[i], marks[i] || !tell_is_stranger(&t, i));
    tell_rest(&t);
}

void view_tell_changes(const struct view_input *in, int64_t since_ms, struct str *out)
{
    struct link link;
    link_rows(&link, in);
    tell_side_changes(in, SIDE_HOST, &link, since_ms, out);
    tell_side_changes(in, SIDE_CONTAINER, &link, since_ms, out);
    link_free(&link);
}
