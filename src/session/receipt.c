/* The receipt: having ended everything, porthole looks.
 *
 * Processes: every process of the machine whose UTS namespace is one of the stages' (all were private, so nobody else
 * can be in them; one that moved on into a deeper one has the warden's children file against it). A descriptor keeps
 * each of these namespaces alive until then: the kernel gives the number of a dead one to the next. STAGE_MACHINE has
 * the machine's own; what it leaves has become a child of ours, whom the warden left it to. Mounts: lines of our own
 * mountinfo that name a file system of ours, or that were not there before. cgroups: the directories that were made.
 * Links: names that were not there before. Files: porthole makes none outside its state directory; the lab's were in
 * memory. */
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "proc/mountinfo.h"
#include "proc/procfs.h"
#include "proc/task.h"
#include "session/private.h"
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool receipt_is_stage(const struct session *s, uint64_t ns)
{
    struct stat st;
    for (size_t i = 0; i < s->nuts && ns; i++)
        if (fstat(s->uts[i], &st) == 0 && st.st_ino == ns)
            return true;
    return false;
}

/* What nobody but us is left to wait for has ended: we end next. */
static bool receipt_is_ours(const struct session *s, pid_t pid, const struct task *t)
{
    if (s->kind == STAGE_MACHINE)
        return t->state != 'Z' && t->state != 'X' && guard_descends(getpid(), pid);
    return receipt_is_stage(s, procfs_ns(procfs_self(), pid, "uts"));
}

static int receipt_processes(struct session *s, int *looked, struct str *which)
{
    int left = 0;
    DIR *d = opendir("/proc");
    struct dirent *e;
    while (d && (e = readdir(d))) {
        if (!isdigit((unsigned char)e->d_name[0]))
            continue;
        ++*looked;
        struct task t = {.pid = (pid_t)atol(e->d_name)};
        task_read_stat(procfs_self(), t.pid, &t);
        if (!receipt_is_ours(s, t.pid, &t))
            continue;
        left++;
        str_addf(which, " %d ", (int)t.pid);
        text_sanitise(which, t.comm, strlen(t.comm), TEXT_LINE);
    }
    if (d)
        closedir(d);
    return left;
}

/* By the names that the stages give their file systems; on the machine by what was there. */
static bool receipt_is_our_mount(const struct session *s, const struct mount_row *m)
{
    if (s->kind != STAGE_MACHINE)
        return !strcmp(m->type, "tmpfs") &&
               (text_has_prefix(m->source, "porthole-") || !strcmp(m->source, "practice-host"));
    for (size_t i = 0; i < s->mounts_before.n; i++)
        if (s->mounts_before.v[i].id == m->id)
            return false;
    return true;
}

static int receipt_mounts(const struct session *s, int *lines, struct str *which)
{
    automounts struct mounts m = {0};
    int left = 0;
    if (!mounts_read(procfs_self(), 0, &m))
        return 0;
    *lines = (int)m.n;
    for (size_t i = 0; i < m.n; i++)
        if (receipt_is_our_mount(s, &m.v[i])) {
            left++;
            str_add(which, " ");
            text_sanitise(which, m.v[i].target, strlen(m.v[i].target), TEXT_LINE);
        }
    return left;
}

static int receipt_cgroups(struct session *s, struct str *out)
{
    autofree char *list = xstrdup(warden_cgroups(s->warden));
    char *save = NULL;
    int left = 0, made = 0;
    for (char *path = strtok_r(list, "\n", &save); path; path = strtok_r(NULL, "\n", &save)) {
        bool there = access(path, F_OK) == 0;
        str_addf(out, "  cgroups    %s: %s\n", path, there ? "STILL THERE" : "removed");
        left += there;
        made++;
    }
    if (!made)
        str_add(out, "  cgroups    none were made\n");
    return left;
}

void receipt_begin(struct session *s)
{
    struct if_nameindex *links = if_nameindex();
    str_add(&s->receipt_before, "\n");
    for (struct if_nameindex *i = links; i && i->if_index; i++)
        str_addf(&s->receipt_before, "%s\n", i->if_name);
    if (links)
        if_freenameindex(links);
    mounts_read(procfs_self(), 0, &s->mounts_before);
}

void receipt_end(struct session *s)
{
    str_free(&s->receipt_before);
    mounts_free(&s->mounts_before);
}

static int receipt_links(const struct session *s, int *looked)
{
    struct if_nameindex *links = if_nameindex();
    int added = 0;
    for (struct if_nameindex *i = links; i && i->if_index; i++) {
        autofree char *line = xasprintf("\n%s\n", i->if_name);
        ++*looked;
        added += !strstr(str_c(&s->receipt_before), line);
    }
    if (links)
        if_freenameindex(links);
    return added;
}

bool session_receipt(struct session *s, struct str *out)
{
    int looked = 0, lines = 0, links = 0;
    /* The warden removes its cgroups when it ends. */
    warden_retire(s->warden);
    autostr struct str who = {0};
    int processes = receipt_processes(s, &looked, &who);
    autostr struct str where = {0};
    int mounts = receipt_mounts(s, &lines, &where);
    int added = receipt_links(s, &links);
    autofree char *state = user_state_dir();
    str_add(out, "Receipt: what was looked for, and what is left\n");
    str_addf(out, "  processes  %d looked at, %d of this session's left%s%s\n", looked, processes, processes ? ":" : "",
             str_c(&who));
    str_addf(out, "  mounts     %d looked at, %d %s%s%s\n", lines, mounts,
             s->kind == STAGE_MACHINE ? "more than at the start" : "of this session's left", mounts ? ":" : "",
             str_c(&where));
    int groups = receipt_cgroups(s, out);
    str_addf(out, "  links      %d looked at, %d more than at the start\n", links, added);
    if (s->kind == STAGE_MACHINE)
        str_add(out, "  files      not looked for: programs wrote where you may write\n");
    else
        str_addf(out, "  files      the lab was in memory and is gone; your progress is in %s\n", state);
    bool clean = !processes && !mounts && !groups && !added;
    str_add(out, clean ? "Nothing is left behind.\n" : "Something is left: see above.\n");
    return clean;
}
