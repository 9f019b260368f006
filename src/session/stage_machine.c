/* The machine as a stage: a process to start programs from, and nothing else.
 *
 *     warden ── host actor
 *
 * What is traced here shall do exactly what it does at the user's own prompt, so everything is left as porthole was
 * given it: ids and capabilities, namespaces, cgroup, keyring, limits, umask, working directory. Only the terminal is
 * another one, since porthole has the user's. Nothing is guarded.
 *
 * At the end everything that was started is ended like on the other stages: what its parents left behind is the
 * warden's to reap, and the tracer's threads die with the tracer (PTRACE_O_EXITKILL). */
#include "actor/child.h"
#include "session/stage.h"
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

pid_t stage_machine_fork(const struct stage_plan *plan, struct outcome *o)
{
    pid_t pid = fork();
    if (pid < 0)
        return outcome_set(o, errno, "fork the process that starts programs", NULL, NULL);
    if (pid > 0)
        return pid;
    char go;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (read(plan->report, &go, 1) != 1)
        _exit(1);
    stage_ready(plan, "");
    actor_become(plan->control, plan->pty, "host");
}
