/* The tools whose calls lessons watch: each is found and made to run one program in a container, as the lessons do, in
 * namespaces like those of the practice stage. */
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "session/image.h"
#include "session/probe.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOOL_ARGS 16

/* Runs the tool with these arguments; what it complains of is the reason when it fails. */
static bool tool_run(struct probe_report *p, const char *program, const char *const args[])
{
    const char *argv[TOOL_ARGS + 6] = {"/bin/sh", "-c", "exec \"$@\" 2>&1", "sh", program};
    autostr struct str out = {0}, said = {0};
    for (size_t i = 0; i < TOOL_ARGS && args[i]; i++)
        argv[5 + i] = args[i];
    if (image_run(argv, &out))
        return true;
    text_sanitise(&said, str_c(&out), strcspn(str_c(&out), "\n"), TEXT_LINE);
    autofree char *why = xasprintf("%s %s: %.160s", program, args[0], said.len ? said.s : "it failed without a word");
    return probe_tell(p, why, "%s", "none known; only the lesson that runs it needs it");
}

static bool tool_missing(struct probe_report *p, const char *name, const char *packages)
{
    autofree char *why = xasprintf("no program %s in the usual directories or in $PATH", name);
    return probe_tell(p, why, "%s", packages);
}

static bool try_bwrap(struct probe_report *p)
{
    static const char *const args[] = {"--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "true", NULL};
    autofree char *program = image_find_program("bwrap");
    if (!program)
        return tool_missing(p, "bwrap",
                            "apt install bubblewrap | dnf install bubblewrap | apk add bubblewrap | "
                            "pacman -S bubblewrap");
    return tool_run(p, program, args);
}

/* An OCI bundle that runs `true`: the namespaces and mounts are those of the lesson. */
static const char tool_config[] =
    "{\"ociVersion\": \"1.0.0\", \"root\": {\"path\": \"rootfs\"}, \"hostname\": \"box\","
    "\"process\": {\"args\": [\"/bin/busybox\", \"true\"], \"cwd\": \"/\", \"user\": {\"uid\": 0, \"gid\": 0}},"
    "\"mounts\": [{\"destination\": \"/proc\", \"type\": \"proc\", \"source\": \"proc\"},"
    "{\"destination\": \"/dev\", \"type\": \"tmpfs\", \"source\": \"tmpfs\"}],"
    "\"linux\": {\"namespaces\": [{\"type\": \"pid\"}, {\"type\": \"mount\"}, {\"type\": \"uts\"}, {\"type\": "
    "\"ipc\"}]}}\n";

static bool tool_write(struct probe_report *p, const char *path, const char *text)
{
    autofd int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
    return (fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text)) || probe_fail(p, "write %s", path);
}

/* Runtimes look for cgroup2 at its usual place, and crun refuses to see it beside cgroups of version 1. */
static bool tool_cgroup(struct probe_report *p)
{
    if (access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0 || access("/sys/fs/cgroup", F_OK) < 0)
        return true;
    return mount("none", "/sys/fs/cgroup", "cgroup2", MS_RDONLY, NULL) == 0 || probe_fail(p, "mount(\"cgroup2\")");
}

static bool tool_bundle(struct probe_report *p)
{
    static const char *const dirs[] = {"/tmp/rootfs",     "/tmp/rootfs/bin", "/tmp/rootfs/proc",
                                       "/tmp/rootfs/dev", "/tmp/state",      NULL};
    const char *busybox = image_find_busybox();
    if (!busybox)
        return probe_tell(p, "no static busybox to run in a container", "%s", "apt install busybox-static");
    if (!probe_private(p) || !probe_tmpfs(p) || !probe_mkdirs(p, dirs) || !tool_cgroup(p) ||
        !tool_write(p, "/tmp/rootfs/bin/busybox", "") || !tool_write(p, "/tmp/config.json", tool_config))
        return false;
    if (mount(busybox, "/tmp/rootfs/bin/busybox", NULL, MS_BIND, NULL) < 0)
        return probe_fail(p, "bind %s", busybox);
    return chdir("/tmp") == 0 || probe_fail(p, "chdir(\"/tmp\")");
}

static bool try_crun(struct probe_report *p)
{
    static const char *const args[] = {"--root", "/tmp/state", "--cgroup-manager=disabled", "run", "--no-new-keyring",
                                       "probe",  NULL};
    autofree char *program = image_find_program("crun");
    if (!program)
        return tool_missing(p, "crun", "apt install crun | dnf install crun | apk add crun | pacman -S crun");
    return tool_bundle(p) && tool_run(p, program, args);
}

static bool try_runc(struct probe_report *p)
{
    static const char *const args[] = {"--root", "/tmp/state",       "--rootless", "true",
                                       "run",    "--no-new-keyring", "probe",      NULL};
    autofree char *program = image_find_program("runc");
    if (!program)
        return tool_missing(p, "runc", "apt install runc | dnf install runc | apk add runc | pacman -S runc");
    return tool_bundle(p) && tool_run(p, program, args);
}

#define PART_TOOLS "Tools that lessons watch"

const struct probe probes_tools[] = {
    {"bwrap", "run a program in a sandbox by bubblewrap", PART_TOOLS, PROBE_EITHER, CLONE_NEWNS, try_bwrap},
    {"crun", "run a container by crun", PART_TOOLS, PROBE_EITHER, CLONE_NEWNS | CLONE_NEWCGROUP, try_crun},
    {"runc", "run a container by runc", PART_TOOLS, PROBE_EITHER, CLONE_NEWNS | CLONE_NEWCGROUP, try_runc},
    {0},
};
