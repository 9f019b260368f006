/* The practice host's own root: a small busybox host that also has one dynamically linked program of this machine, with
 * its loader and libraries at the machine's own paths, for the lesson about what an image must contain; the machine's
 * unshare(1) and nsenter(1), since busybox's unshare mounts a proc on mount points only and refuses
 * `--mount-proc=$rootfs/proc`; and bwrap, crun and runc where the machine has them, for the lessons that watch them.
 *
 * What is here is copied for every stage, in a millisecond or two. A program of many megabytes, as Go's are, is not: an
 * empty file is put in its place, and the machine's own bound over it, read-only. */
#include "base/mem.h"
#include "base/text.h"
#include "session/elf.h"
#include "session/image.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HOST_TOOL_BYTES ((size_t)8 << 20) /* the libraries of one tool */
#define HOST_COPY_BYTES ((size_t)4 << 20) /* a larger program is bound instead */

static struct {
    char program[256], loader[256];
    struct str libs;
} host_dyn;

static struct {
    char *from, *at; /* path of the machine; the same file's in the practice host, relative */
} host_bound[4];
static size_t host_nbound;

static bool host_looked;
static struct rootfs *host_image; /* NULL: host_failure says why */
static struct outcome host_failure;

/* The lines of ld.so --list: "\tNAME => /PATH (0x...)", "\t/PATH (0x...)", "\tlinux-vdso.so.1 (0x...)". musl's loader
 * speaks alike. */
static bool host_read_libs(char *list, const char *loader, struct str *libs)
{
    for (char *save, *line = strtok_r(list, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        if (strstr(line, "not found"))
            return false;
        char *arrow = strstr(line, "=> "), *path = text_trim(arrow ? arrow + 3 : line);
        path[strcspn(path, " \t")] = '\0';
        if (path[0] != '/' || !strcmp(path, loader) || strlen(path) > 255)
            continue;
        /* musl lists its loader again under the name of the C library. */
        struct stat a, b;
        if (stat(path, &a) < 0 || (stat(loader, &b) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev))
            continue;
        str_addf(libs, "%s%s", libs->len ? " " : "", path);
    }
    return true;
}

/* The loader and libraries of a dynamic program of the machine; false when it is none, or a library is missing. */
static bool host_needs(const char *program, char *loader, size_t size, struct str *libs)
{
    autostr struct str list = {0};
    if (access(program, X_OK) < 0 || elf_inspect_file(program, loader, size) != ELF_DYNAMIC)
        return false;
    const char *const argv[] = {loader, "--list", program, NULL};
    return loader[0] == '/' && !strchr(loader, ' ') && image_run(argv, &list) && list.len &&
           host_read_libs(list.s, loader, libs);
}

static bool host_try_dynamic(const char *program)
{
    autostr struct str libs = {0};
    char loader[256];
    if (!host_needs(program, loader, sizeof loader, &libs))
        return false;
    snprintf(host_dyn.program, sizeof host_dyn.program, "%s", program);
    snprintf(host_dyn.loader, sizeof host_dyn.loader, "%s", loader);
    host_dyn.libs = libs;
    libs = (struct str){0};
    return true;
}

char *image_find_program(const char *name)
{
    const char *path = getenv("PATH");
    autofree char *dirs =
        xasprintf("/usr/bin:/usr/sbin:/bin:/sbin:/usr/local/bin:/usr/local/sbin:%s", path ? path : "");
    for (char *save, *dir = strtok_r(dirs, ":", &save); dir; dir = strtok_r(NULL, ":", &save)) {
        autofree char *program = xasprintf("%s/%s", dir, name);
        if (dir[0] == '/' && access(program, X_OK) == 0)
            return xstrdup(program);
    }
    return NULL;
}

/* The top directories of the machine that are links (merged /usr) are the same links here, so that each of its paths
 * means the same file. */
static void host_add_top_links(struct rootfs *r)
{
    static const char *const tops[] = {"usr/sbin", "usr/lib64", "bin", "sbin", "lib", "lib32", "lib64", "libx32"};
    char path[32], target[64];
    for (size_t i = 0; i < COUNT(tops); i++) {
        snprintf(path, sizeof path, "/%s", tops[i]);
        ssize_t n = readlink(path, target, sizeof target - 1);
        if (n <= 0 || memchr(target, '.', (size_t)n))
            continue;
        target[n] = '\0';
        image_link(r, tops[i], target);
        autofree char *dir = xasprintf("%s%s", !strchr(tops[i], '/') || target[0] == '/' ? "" : "usr/", target);
        image_dir(r, dir + strspn(dir, "/"), 0755);
    }
}

/* Adds a file of the machine, once. */
static void host_add_file_at(struct rootfs *r, const char *path, const char *where)
{
    autofree char *at = image_canonical(r, where);
    const struct image_entry *old = at ? image_find(r, at) : NULL;
    struct image_entry e = {.path = at, .type = IMAGE_FILE, .mode = 0755, .spool = -1};
    if (!at || (old && old->type == IMAGE_FILE))
        return;
    e.data = image_map_file(r, path, &e.size);
    if (e.data)
        image_add(r, &e);
}

static void host_add_file(struct rootfs *r, const char *path)
{
    host_add_file_at(r, path, path);
}

static void host_add_files(struct rootfs *r, const char *paths)
{
    autofree char *list = xstrdup(paths);
    for (char *save, *path = strtok_r(list, " ", &save); path; path = strtok_r(NULL, " ", &save))
        host_add_file(r, path);
}

static void host_add_dynamic(struct rootfs *r)
{
    if (!host_dyn.program[0])
        return;
    host_add_file(r, host_dyn.program);
    host_add_file(r, host_dyn.loader);
    host_add_files(r, str_c(&host_dyn.libs));
}

static size_t host_sizes(const char *paths)
{
    struct stat st;
    size_t sum = 0;
    autofree char *list = xstrdup(paths);
    for (char *save, *path = strtok_r(list, " ", &save); path; path = strtok_r(NULL, " ", &save))
        sum += stat(path, &st) == 0 ? (size_t)st.st_size : HOST_TOOL_BYTES;
    return sum;
}

static void host_add_bound(struct rootfs *r, const char *program, const char *where)
{
    autofree char *at = image_canonical(r, where);
    struct image_entry e = {.path = at, .type = IMAGE_FILE, .mode = 0755, .data = "", .spool = -1};
    if (!at || host_nbound == COUNT(host_bound))
        return;
    host_bound[host_nbound].from = xstrdup(program);
    host_bound[host_nbound++].at = xstrdup(at);
    image_add(r, &e);
}

/* A tool of the machine, with what it loads, unless that is too much: the start must stay quick. */
static void host_add_tool_at(struct rootfs *r, const char *program, const char *where)
{
    char loader[256] = "";
    autostr struct str libs = {0};
    bool dynamic = host_needs(program, loader, sizeof loader, &libs);
    if ((!dynamic && elf_inspect_file(program, NULL, 0) != ELF_STATIC) || host_sizes(str_c(&libs)) >= HOST_TOOL_BYTES)
        return;
    if (host_sizes(program) > HOST_COPY_BYTES)
        host_add_bound(r, program, where);
    else
        host_add_file_at(r, program, where);
    if (dynamic)
        host_add_file(r, loader);
    host_add_files(r, str_c(&libs));
}

/* In the place of busybox's applet. */
static void host_add_tool(struct rootfs *r, const char *program)
{
    host_add_tool_at(r, program, program);
}

/* Wherever the machine keeps it: here it is found. */
static void host_add_named(struct rootfs *r, const char *name)
{
    autofree char *program = image_find_program(name), *at = xasprintf("usr/bin/%s", name);
    if (program)
        host_add_tool_at(r, program, at);
}

static struct rootfs *host_make(struct outcome *o)
{
    struct rootfs *r = image_new("practice host");
    host_add_top_links(r);
    image_add_house(r);
    image_dir(r, "srv", 0755);
    image_dir(r, "var/www", 0755);
    image_dir(r, "var/spool/cron/crontabs", 0755);
    image_text(r, "var/www/index.html",
               "<!doctype html>\n<title>practice</title>\n<p>The practice host serves this.\n");
    image_text(r, "etc/hostname", "practice\n");
    image_text(r, "etc/hosts", "127.0.0.1\tlocalhost practice\n::1\tlocalhost\n");
    image_text(r, "etc/os-release",
               "NAME=\"Porthole practice host\"\nID=porthole\nPRETTY_NAME=\"A practice host made by Porthole\"\n");
    if (!image_add_busybox(r, o)) {
        rootfs_free(r);
        return NULL;
    }
    host_add_dynamic(r);         /* last: the real programs take the places of the applets' links */
    host_add_tool(r, "/bin/sh"); /* busybox's own may prefer its applets to what $PATH holds (FEATURE_SH_STANDALONE) */
    host_add_tool(r, "/usr/bin/unshare");
    host_add_tool(r, "/usr/bin/nsenter");
    host_add_named(r, "bwrap");
    host_add_named(r, "crun");
    host_add_named(r, "runc");
    if (image_finish(r, o))
        return r;
    rootfs_free(r);
    return NULL;
}

/* Finds and maps everything once. Called before the first stage is forked: the stage's process has other mounts and
 * another user, and should not need to look. */
static void host_look(void)
{
    static const char *const programs[] = {"/usr/bin/env", "/bin/env",  "/usr/bin/id",
                                           "/bin/cat",     "/bin/true", "/usr/bin/true"};
    if (host_looked)
        return;
    host_looked = true;
    for (size_t i = 0; i < COUNT(programs) && !host_dyn.program[0]; i++)
        host_try_dynamic(programs[i]);
    host_image = host_make(&host_failure);
}

bool rootfs_unpack_practice_host(int dirfd, struct outcome *o)
{
    host_look();
    if (host_image)
        return rootfs_unpack(host_image, dirfd, o);
    *o = host_failure;
    return false;
}

/* Read-only by mount_setattr(2), which adds a flag and need not know those that are locked. What cannot be bound is not
 * there: an empty file that can be executed would do nothing, and say nothing. */
void rootfs_bind_practice_host(void)
{
    struct mount_attr ro = {.attr_set = MOUNT_ATTR_RDONLY};
    for (size_t i = 0; i < host_nbound; i++) {
        const char *at = host_bound[i].at;
        if (mount(host_bound[i].from, at, NULL, MS_BIND, NULL) < 0)
            unlink(at);
        else
            syscall(SYS_mount_setattr, AT_FDCWD, at, 0, &ro, sizeof ro);
    }
}

const char *rootfs_dynamic(void)
{
    host_look();
    return host_dyn.program;
}

const char *rootfs_dynamic_loader(void)
{
    host_look();
    return host_dyn.loader;
}

const char *rootfs_dynamic_libs(void)
{
    host_look();
    return str_c(&host_dyn.libs);
}
