/* The images made here, from what the machine has: static busybox and a few texts. No network, no privilege. */
#include "session/rootfs.h"
#include "base/mem.h"
#include "session/elf.h"
#include "session/image.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char rootfs_busybox_path[4096], rootfs_busybox_version[64];
static struct str rootfs_applets; /* its list, one a line */

static bool rootfs_is_static(const char *path)
{
    return access(path, X_OK) == 0 && elf_inspect_file(path, NULL, 0) == ELF_STATIC;
}

/* Debian and Fedora: busybox. Alpine: busybox.static beside a dynamic busybox. */
const char *image_find_busybox(void)
{
    static const char *const names[] = {"busybox", "busybox.static", "busybox-static"};
    const char *path = getenv("PATH");
    autofree char *dirs = xasprintf("/bin:/usr/bin:/sbin:/usr/sbin:/usr/local/bin:%s", path ? path : "");
    if (rootfs_busybox_path[0] && rootfs_is_static(rootfs_busybox_path))
        return rootfs_busybox_path;
    for (char *save, *dir = strtok_r(dirs, ":", &save); dir; dir = strtok_r(NULL, ":", &save))
        for (size_t i = 0; i < COUNT(names); i++) {
            int len = snprintf(rootfs_busybox_path, sizeof rootfs_busybox_path, "%s/%s", dir, names[i]);
            if (dir[0] == '/' && len < (int)sizeof rootfs_busybox_path && rootfs_is_static(rootfs_busybox_path))
                return rootfs_busybox_path;
        }
    rootfs_busybox_path[0] = '\0';
    return NULL;
}

/* Asks once for its applets ("usr/bin/env" a line; "env" when it was built without the long form) and its version, from
 * "BusyBox v1.35.0 (Debian 1:1.35.0-4+b3) multi-call binary." on the first line of its help. */
static void rootfs_ask_busybox(const char *busybox)
{
    const char *const full[] = {busybox, "--list-full", NULL}, *const plain[] = {busybox, "--list", NULL};
    const char *const help[] = {busybox, NULL};
    autostr struct str text = {0};
    char version[32];
    if (rootfs_applets.len)
        return;
    if (!image_run(full, &rootfs_applets)) {
        str_cut(&rootfs_applets, 0);
        image_run(plain, &rootfs_applets);
    }
    snprintf(rootfs_busybox_version, sizeof rootfs_busybox_version, "busybox");
    if (image_run(help, &text) && sscanf(str_c(&text), "BusyBox v%31[0-9A-Za-z.-]", version) == 1)
        snprintf(rootfs_busybox_version, sizeof rootfs_busybox_version, "busybox %s", version);
}

/* A link to bin/busybox that is right inside a chroot and outside of it: relative, from where the link really is (the
 * practice host may have bin -> usr/bin). */
static void rootfs_add_applet(struct rootfs *r, const char *path)
{
    autofree char *at = image_canonical(r, path), *busybox = image_canonical(r, "bin/busybox");
    if (!at || !busybox)
        return;
    size_t dir = (size_t)(strrchr(busybox, '/') - busybox) + 1;
    autostr struct str target = {0};
    if (!strncmp(at, busybox, dir) && !strchr(at + dir, '/')) {
        str_add(&target, busybox + dir);
    } else {
        for (const char *p = at; (p = strchr(p, '/')); p++)
            str_add(&target, "../");
        str_add(&target, busybox);
    }
    image_link(r, at, str_c(&target));
}

static void rootfs_add_applets(struct rootfs *r)
{
    autofree char *list = xstrdup(str_c(&rootfs_applets));
    for (char *save, *line = strtok_r(list, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char path[128];
        const char *base = strrchr(line, '/');
        base = base ? base + 1 : line;
        if (line[0] == '/' || !strcmp(base, "busybox") || !strcmp(base, "linuxrc") || strlen(line) > 64)
            continue;
        snprintf(path, sizeof path, "%s%s", strchr(line, '/') ? "" : "bin/", line);
        rootfs_add_applet(r, path);
    }
}

bool image_add_busybox(struct rootfs *r, struct outcome *o)
{
    const char *busybox = image_find_busybox();
    if (!busybox) {
        outcome_set(o, ENOENT, "make the image: find a static busybox", "",
                    "install it: apt install busybox-static | dnf install busybox | apk add busybox-static | "
                    "pacman -S busybox; or give an image of your own with --rootfs");
        return false;
    }
    struct image_entry e = {.path = (char *)"bin/busybox", .type = IMAGE_FILE, .mode = 0755, .spool = -1};
    e.data = image_map_file(r, busybox, &e.size);
    if (!e.data) {
        outcome_set(o, errno, "make the image: read busybox", busybox, NULL);
        return false;
    }
    image_add(r, &e);
    rootfs_ask_busybox(busybox);
    rootfs_add_applets(r);
    rootfs_add_applet(r, "bin/sh");
    return true;
}

void image_add_house(struct rootfs *r)
{
    static const struct {
        const char *path;
        mode_t mode;
    } dirs[] = {
        {"bin", 0755},      {"sbin", 0755}, {"usr", 0755}, {"usr/bin", 0755}, {"usr/sbin", 0755},
        {"etc", 0755},      {"proc", 0555}, {"sys", 0555}, {"dev", 0755},     {"tmp", 01777},
        {"root", 0700},     {"home", 0755}, {"var", 0755}, {"var/log", 0755}, {"var/run", 0755},
        {"var/tmp", 01777}, {"run", 0755},  {"mnt", 0755}, {"opt", 0755},
    };
    for (size_t i = 0; i < COUNT(dirs); i++)
        if (!image_find(r, dirs[i].path)) /* the practice host may have made it a link */
            image_dir(r, dirs[i].path, dirs[i].mode);
    image_text(r, "etc/passwd",
               "root:x:0:0:root:/root:/bin/sh\n"
               "user:x:1000:1000:An ordinary user:/home/user:/bin/sh\n"
               "nobody:x:65534:65534:nobody:/:/bin/false\n");
    image_text(r, "etc/group", "root:x:0:\ntty:x:5:\nuser:x:1000:\nnogroup:x:65534:\n");
    image_text(r, "etc/profile", "export PATH=/usr/sbin:/usr/bin:/sbin:/bin\numask 022\n");
    image_add(r,
              &(struct image_entry){
                  .path = (char *)"home/user", .type = IMAGE_DIR, .mode = 0755, .uid = 1000, .gid = 1000, .spool = -1});
}

struct rootfs *rootfs_default(struct outcome *o)
{
    struct rootfs *r = image_new("");
    image_add_house(r);
    image_text(r, "etc/hostname", "container\n");
    image_text(r, "etc/hosts", "127.0.0.1\tlocalhost container\n::1\tlocalhost\n");
    image_text(r, "etc/os-release",
               "NAME=\"Porthole image\"\nID=porthole\nPRETTY_NAME=\"A container image made by Porthole\"\n");
    if (!image_add_busybox(r, o) || !image_finish(r, o)) {
        rootfs_free(r);
        return NULL;
    }
    free(r->name);
    r->name = xasprintf("%s (made here)", rootfs_busybox_version);
    return r;
}

struct rootfs *rootfs_load(const char *path, struct outcome *o)
{
    return image_load(path, (size_t)2 << 30, 200000, o);
}
