/* Why may we not trace a process of ours? The causes are looked at here and now, and the one that holds is named.
 *
 * Yama: Documentation/admin-guide/LSM/Yama.rst. Its scope 1, which is Ubuntu's, leaves children to their parents and so
 * is no cause. */
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "trace/private.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static long refused_status(const char *field)
{
    autostr struct str status = {0};
    const char *at = file_read(AT_FDCWD, "/proc/self/status", &status, 1 << 16) ? strstr(str_c(&status), field) : NULL;
    return at ? strtol(at + strlen(field), NULL, 10) : -1;
}

/* A process has one tracer. */
static bool refused_by_tracer(struct str *why, struct str *cure)
{
    long by = refused_status("\nTracerPid:\t");
    if (by <= 0)
        return false;
    autofree char *path = xasprintf("/proc/%ld/comm", by);
    autostr struct str name = {0};
    str_addf(why, "porthole is itself traced, by process %ld", by);
    if (file_read(AT_FDCWD, path, &name, 64) && name.len > 1) {
        str_add(why, " (");
        text_sanitise(why, name.s, name.len - 1, TEXT_LINE);
        str_addc(why, ')');
    }
    str_add(why, ", and a process has one tracer");
    str_add(cure, "run porthole without it");
    return true;
}

static bool refused_by_yama(struct str *why, struct str *cure)
{
    autostr struct str scope = {0};
    if (!file_read(AT_FDCWD, "/proc/sys/kernel/yama/ptrace_scope", &scope, 16) || !scope.len)
        return false;
    if (*scope.s == '3') {
        str_add(why, "kernel.yama.ptrace_scope is 3: nobody may trace until the next boot");
        str_add(cure, "start the machine with another value, in /etc/sysctl.d");
        return true;
    }
    if (*scope.s != '2')
        return false;
    str_addf(why, "kernel.yama.ptrace_scope is 2: it takes CAP_SYS_PTRACE%s",
             geteuid() ? "" : ", which root lacks here");
    str_add(cure, geteuid() ? "sudo sysctl kernel.yama.ptrace_scope=1, or run porthole as root"
                            : "in a container: docker run --cap-add SYS_PTRACE");
    return true;
}

static bool refused_by_filter(struct str *why, struct str *cure)
{
    if (refused_status("\nSeccomp:\t") != 2)
        return false;
    str_add(why, "a seccomp filter is in force here (Seccomp: 2 in /proc/self/status), as container engines set one");
    str_add(cure, "in a container: docker run --cap-add SYS_PTRACE, or --security-opt seccomp=unconfined");
    return true;
}

void trace_explain(int err, struct str *why, struct str *cure)
{
    bool denied = err == EPERM || err == EACCES;
    if (denied && (refused_by_tracer(why, cure) || refused_by_yama(why, cure)))
        return;
    if ((denied || err == ENOSYS) && refused_by_filter(why, cure))
        return;
    if (err == ENOSYS || err == EINVAL || err == EIO) {
        str_add(why, "this kernel does not know it");
        str_add(cure, "a kernel from 5.3 on, built with CONFIG_SECCOMP_FILTER");
    }
}

int refused(struct outcome *o, int err, const char *step)
{
    autostr struct str why = {0}, cure = {0};
    trace_explain(err, &why, &cure);
    if (!why.len)
        return outcome_set(o, err, step, "", NULL);
    return outcome_set(o, err, step, "", "%s; what to do: %s", str_c(&why), str_c(&cure));
}
