#include "session/guard.h"
#include "actor/child.h"
#include "base/mem.h"
#include "call/registers.h"
#include "proc/procfs.h"
#include "session/guard_private.h"
#include "session/private.h"
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

int guard_refuse(const struct guard_ask *a, const char *where, const char *hint, ...)
{
    va_list ap;
    va_start(ap, hint);
    autofree char *text = xvasprintf(hint, ap);
    va_end(ap);
    return outcome_set(a->o, 0, "porthole did not make this call", where, "%s", text);
}

void guard_place_fill(struct guard_place *g, enum stage_kind kind, const char *lab, pid_t host, pid_t warden)
{
    int proc = procfs_self();
    *g = (struct guard_place){.kind = kind, .porthole = getpid(), .warden = warden, .host = host};
    snprintf(g->lab, sizeof g->lab, "%s", lab);
    g->mntns = procfs_ns(proc, host, "mnt");
    g->machine.mntns = procfs_ns(proc, g->porthole, "mnt");
    g->machine.utsns = procfs_ns(proc, g->porthole, "uts");
    g->machine.pidns = procfs_ns(proc, g->porthole, "pid");
}

/* ---- what nobody may do ---- */

#define NEVER_CLOCK                                                                                                    \
    "the machine has one time of day for everybody; a time namespace shifts only the clocks since its start"
#define NEVER_SWAP   "swap belongs to the whole machine"
#define NEVER_KERNEL "everything on this machine runs on that kernel"
#define NEVER_TRACE  "it can watch or change every process of the machine"
#define NEVER_KEYS   "keyrings reach across namespaces"

static const struct guard_never guard_never[] = {
    {"reboot", .why = "it would restart or halt the machine; made in a pid namespace of its own, it ends that "
                      "namespace's process 1"},
    {"kill", 0, ~0u, ~0u, "it would signal every process; name one pid"},
    /* With MS_BIND only the mount changes. */
    {"mount", 3, MS_REMOUNT | MS_BIND, MS_REMOUNT,
     "the machine has this file system mounted, too, and MS_REMOUNT would change it there; MS_REMOUNT|MS_BIND changes "
     "this mount only"},
    {"fsconfig", 1, ~0u, FSCONFIG_CMD_RECONFIGURE,
     "it changes a file system wherever that is mounted, in the machine, too; mount_setattr() changes one mount only"},
    {"settimeofday", .why = NEVER_CLOCK},
    {"clock_settime", .why = NEVER_CLOCK},
    {"clock_adjtime", .why = NEVER_CLOCK},
    {"adjtimex", .why = NEVER_CLOCK},
    {"swapon", .why = NEVER_SWAP},
    {"swapoff", .why = NEVER_SWAP},
    {"init_module", .why = NEVER_KERNEL},
    {"finit_module", .why = NEVER_KERNEL},
    {"delete_module", .why = NEVER_KERNEL},
    {"kexec_load", .why = NEVER_KERNEL},
    {"kexec_file_load", .why = NEVER_KERNEL},
    {"bpf", .why = NEVER_KERNEL},
    {"acct", .why = "it would keep, or stop, the books of every process of the machine"},
    {"iopl", .why = "it opens the machine's hardware to a program"},
    {"ioperm", .why = "it opens the machine's hardware to a program"},
    {"quotactl", .why = "quotas hold for the machine's file systems"},
    {"quotactl_fd", .why = "quotas hold for the machine's file systems"},
    {"open_by_handle_at", .why = "it opens files of the machine past every mount and root"},
    {"add_key", .why = NEVER_KEYS},
    {"request_key", .why = NEVER_KEYS},
    {"keyctl", .why = NEVER_KEYS},
    {"perf_event_open", .why = NEVER_TRACE},
    {"userfaultfd", .why = NEVER_TRACE},
    {"syslog", .why = "the kernel's log is the machine's"},
    {"vhangup", .why = "it would hang up a terminal"},
};

const struct guard_never *guard_nevers(size_t *n)
{
    *n = COUNT(guard_never);
    return guard_never;
}

bool guard_explains(const struct guard_never *never)
{
    const struct call_row *row = call_row_of_name(never->name);
    return row && (row->flags & CALL_INTERESTING);
}

/* The exceptions: what a filter cannot tell apart. */
static bool guard_harmless(const struct guard_ask *a)
{
    const char *name = call_row_of(a->call)->name;
    if (!strcmp(name, "reboot"))
        return guard_own_pidns(a);
    if (!strcmp(name, "kill"))
        return call_arg_num(a->call, 1) == 0 || guard_own_pidns(a);
    return !strcmp(name, "mount") && guard_own_filesystem(a);
}

static int guard_check_never(const struct guard_ask *a, const struct guard_never *never)
{
    uint32_t arg = never->mask ? (uint32_t)call_arg_num(a->call, never->arg) : 0;
    if ((arg & never->mask) != never->value || guard_harmless(a))
        return 0;
    autofree char *where = xasprintf("%s()", never->name);
    return guard_refuse(a, where, "%s", never->why);
}

/* ---- what depends on whom or what it is done to ---- */

static const struct guard_rule {
    const char *name;
    int (*look)(const struct guard_ask *a);
} guard_rules[] = {
    {"kill", guard_kill},
    {"tkill", guard_thread},
    {"tgkill", guard_threads},
    {"rt_sigqueueinfo", guard_queue},
    {"rt_tgsigqueueinfo", guard_threads},
    {"pidfd_send_signal", guard_pidfd_signal},
    {"pidfd_getfd", guard_pidfd_getfd},
    {"mount", guard_mount},
    {"umount2", guard_umount},
    {"move_mount", guard_move_mount},
    {"mount_setattr", guard_mount_setattr},
    {"pivot_root", guard_pivot_root},
    {"setns", guard_setns},
    {"sethostname", guard_names},
    {"setdomainname", guard_names},
};

int guard_program(const struct guard_place *g, pid_t tid, const struct call *c, struct outcome *o)
{
    const char *name = call_row_of(c)->name;
    const struct guard_ask a = {g, tid, c, o};
    if (g->kind != STAGE_REAL)
        return 0;
    for (size_t i = 0; i < COUNT(guard_never); i++)
        if (!strcmp(guard_never[i].name, name) && guard_check_never(&a, &guard_never[i]) < 0)
            return -1;
    for (size_t i = 0; i < COUNT(guard_rules); i++)
        if (!strcmp(guard_rules[i].name, name) && guard_rules[i].look(&a) < 0)
            return -1;
    return 0;
}

/* ---- what only actors must not do ---- */

/* Argument `arg` of these is a descriptor. */
static const struct {
    const char *name;
    int arg;
} guard_descriptors[] = {
    {"close", 0}, {"dup", 0}, /* a copy would outlive execve(), whose success the socket's end tells */
    {"dup2", 0},  {"dup2", 1}, {"dup3", 0}, {"dup3", 1}, {"fcntl", 0}, {"read", 0}, {"write", 0}, {"pidfd_getfd", 1},
};

static int guard_own_descriptor(const struct guard_ask *a)
{
    for (size_t i = 0; i < COUNT(guard_descriptors); i++)
        if (!strcmp(guard_descriptors[i].name, call_row_of(a->call)->name) &&
            call_arg_num(a->call, guard_descriptors[i].arg) == ACTOR_CONTROL_FD)
            return guard_refuse(a, "descriptor 250", "it is porthole's line to this actor");
    return 0;
}

static int guard_host_actor(const struct guard_ask *a, const struct actor *who)
{
    enum call_op op = call_row_of(a->call)->op;
    if (who->id != 1 || (op != OP_EXECVE && op != OP_EXIT))
        return 0;
    return guard_refuse(a, who->name, "the host side needs this actor; fork() first, then drive the child");
}

bool guard_is_ours(const struct session *s, pid_t pid)
{
    return guard_descends(warden_pid(s->warden), pid);
}

int guard_check(struct session *s, const struct actor *who, const struct call *c, struct outcome *o)
{
    const struct guard_ask a = {&s->place, who->pid, c, o};
    if (guard_host_actor(&a, who) < 0 || guard_own_descriptor(&a) < 0)
        return -1;
    return guard_program(a.place, a.tid, c, o);
}
