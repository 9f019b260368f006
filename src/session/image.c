/* The tree of an image. Paths are looked up in a hash table while it grows; afterwards the entries are sorted.
 *
 * image_resolve() walks a path the way the kernel walks it for a process whose root is the image: links are followed,
 * an absolute target starts at the image's root, ".." at the root stays there. So `bin -> usr/bin` followed by `bin/ls`
 * ends at usr/bin/ls, as on a merged-/usr system, and `evil -> ../../etc` followed by `evil/passwd` at etc/passwd of
 * the image.
 *
 * Symbolic links are kept such that they end inside for a process that is NOT chrooted, too: `> rootfs/etc/mtab` typed
 * on the host side must not write the host's file. The link's own path has no link in it, so a target with its ".." in
 * front, at most as many as the link is deep, cannot climb out; and "/proc/mounts" means the same as "../proc/mounts".
 */
#include "session/image.h"
#include "base/mem.h"
#include "base/text.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define IMAGE_NOTES 40 /* lines kept */
#define IMAGE_LINKS 40 /* links followed in one path, as the kernel does */

struct rootfs *image_new(const char *name)
{
    struct rootfs *r = xcalloc(1, sizeof *r);
    struct str safe = {0};
    text_sanitise(&safe, name, strlen(name), TEXT_LINE);
    r->name = str_steal(&safe);
    r->spool = -1;
    return r;
}

void rootfs_free(struct rootfs *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->n; i++) {
        free(r->v[i].path);
        free(r->v[i].target);
    }
    for (size_t i = 0; i < r->nmaps; i++)
        munmap(r->map[i].p, r->map[i].n);
    free(r->map);
    close_fd(&r->spool);
    free(r->v);
    free(r->slots);
    free(r->name);
    str_free(&r->notes);
    free(r);
}

const char *rootfs_notes(const struct rootfs *r)
{
    return str_c(&r->notes);
}

const char *rootfs_name(const struct rootfs *r)
{
    return r->name;
}

size_t rootfs_bytes(const struct rootfs *r)
{
    return r->bytes;
}

size_t rootfs_entries(const struct rootfs *r)
{
    return r->n;
}

void image_note(struct rootfs *r, const char *path, const char *fmt, ...)
{
    if (r->nnotes++ >= IMAGE_NOTES)
        return;
    autostr struct str text = {0};
    va_list ap;
    va_start(ap, fmt);
    str_vaddf(&text, fmt, ap);
    va_end(ap);
    text_sanitise(&r->notes, path, strlen(path), TEXT_LINE);
    str_add(&r->notes, ": ");
    text_sanitise(&r->notes, str_c(&text), text.len, TEXT_LINE);
    str_addc(&r->notes, '\n');
}

/* What was only counted. */
static void image_notes_end(struct rootfs *r)
{
    if (r->nnotes > IMAGE_NOTES)
        str_addf(&r->notes, "... and %u more like these\n", r->nnotes - IMAGE_NOTES);
    if (r->nabsolute)
        str_addf(&r->notes, "%u absolute symbolic link%s made relative, same meaning in the container\n", r->nabsolute,
                 r->nabsolute == 1 ? "" : "s");
}

/* Finding. */

static size_t image_hash(const char *path)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a */
    for (; *path; path++)
        h = (h ^ (unsigned char)*path) * 1099511628211u;
    return (size_t)(h ^ h >> 32);
}

static uint32_t *image_slot(const struct rootfs *r, const char *path)
{
    size_t i = image_hash(path) & (r->nslots - 1);
    while (r->slots[i] && strcmp(r->v[r->slots[i] - 1].path, path))
        i = (i + 1) & (r->nslots - 1);
    return &r->slots[i];
}

static void image_rehash(struct rootfs *r)
{
    free(r->slots);
    r->nslots = r->nslots ? r->nslots * 2 : 1024;
    r->slots = xcalloc(r->nslots, sizeof *r->slots);
    for (size_t i = 0; i < r->n; i++)
        *image_slot(r, r->v[i].path) = (uint32_t)i + 1;
}

static int image_compare(const void *a, const void *b)
{
    return strcmp(((const struct image_entry *)a)->path, ((const struct image_entry *)b)->path);
}

struct image_entry *image_find(const struct rootfs *r, const char *path)
{
    if (r->slots) {
        uint32_t i = *image_slot(r, path);
        return i ? &r->v[i - 1] : NULL;
    }
    struct image_entry key = {.path = (char *)(uintptr_t)path};
    return r->n ? bsearch(&key, r->v, r->n, sizeof *r->v, image_compare) : NULL;
}

/* Walking. */

static struct image_entry *image_append(struct rootfs *r, const char *canonical)
{
    if (!r->slots || r->n * 2 >= r->nslots)
        image_rehash(r);
    GROW(r->v, r->n, r->cap);
    r->v[r->n] = (struct image_entry){.path = xstrdup(canonical), .type = IMAGE_DIR, .mode = 0755, .spool = -1};
    *image_slot(r, canonical) = (uint32_t)r->n + 1;
    return &r->v[r->n++];
}

static void image_pop(struct str *at)
{
    char *slash = at->len ? strrchr(at->s, '/') : NULL;
    str_cut(at, slash ? (size_t)(slash - at->s) : 0);
}

/* `at` is on the way to *rest: go into it, or follow it. Takes the old *rest. */
static const char *image_enter(struct rootfs *r, struct str *at, struct str *rest, int *links)
{
    struct image_entry *e = image_find(r, str_c(at));
    if (!e)
        e = image_append(r, str_c(at));
    if (e->type == IMAGE_DIR)
        return NULL;
    if (e->type == IMAGE_FILE)
        return "skipped: its parent is a file";
    if (++*links > IMAGE_LINKS)
        return "skipped: too many symbolic links on the way";
    struct str spliced = {0};
    str_addf(&spliced, "%s/%s", e->target, str_c(rest));
    if (e->target[0] == '/')
        str_cut(at, 0);
    else
        image_pop(at);
    str_free(rest);
    *rest = spliced;
    return NULL;
}

/* Takes the first component off *rest. */
static size_t image_component(struct str *rest, char name[NAME_MAX + 1])
{
    const char *p = str_c(rest) + strspn(str_c(rest), "/");
    size_t len = strcspn(p, "/");
    if (len > NAME_MAX)
        return len;
    memcpy(name, p, len);
    name[len] = '\0';
    p += len + strspn(p + len, "/");
    struct str tail = {0};
    str_add(&tail, p);
    str_free(rest);
    *rest = tail;
    return len;
}

/* Appends the canonical form of path to *at; the last component is not followed. NULL, or why it cannot be. */
static const char *image_resolve(struct rootfs *r, const char *path, struct str *at)
{
    autostr struct str rest = {0};
    char name[NAME_MAX + 1];
    int links = 0;
    str_add(&rest, path);
    while (rest.len) {
        size_t len = image_component(&rest, name);
        if (len > NAME_MAX)
            return "skipped: a name in it is too long";
        if (!strcmp(name, ".."))
            image_pop(at);
        if (!len || !strcmp(name, "..") || !strcmp(name, "."))
            continue;
        str_addf(at, "%s%s", at->len ? "/" : "", name);
        if (at->len >= PATH_MAX)
            return "skipped: the path is too long";
        const char *why = rest.len ? image_enter(r, at, &rest, &links) : NULL;
        if (why)
            return why;
    }
    return NULL;
}

char *image_canonical(struct rootfs *r, const char *path)
{
    struct str at = {0};
    if (!image_resolve(r, path, &at))
        return str_steal(&at);
    str_free(&at);
    return NULL;
}

/* Adding. */

/* Is there a ".." component? */
static bool image_climbs(const char *path)
{
    for (const char *p = path; *p; p += strspn(p, "/")) {
        size_t len = strcspn(p, "/");
        if (len == 2 && p[0] == '.' && p[1] == '.')
            return true;
        p += len;
    }
    return false;
}

enum image_cure { CURE_NONE, CURE_ABSOLUTE, CURE_OUT };

/* Appends to *out what the target of the link at path has to be so that it ends inside, and says what was wrong. */
static enum image_cure image_contain(const char *path, const char *target, struct str *out)
{
    size_t depth = 0, ups = 0;
    bool absolute = target[0] == '/', crooked = false;
    autostr struct str down = {0};
    for (const char *p = path; (p = strchr(p, '/')); p++)
        depth++;
    for (const char *p = target + strspn(target, "/"); *p; p += strspn(p, "/")) {
        size_t len = strcspn(p, "/");
        bool up = len == 2 && p[0] == '.' && p[1] == '.';
        if (up && down.len) {
            image_pop(&down);
            crooked = true;
        } else if (up) {
            ups++;
        } else if (len != 1 || p[0] != '.') {
            str_addf(&down, "%s%.*s", down.len ? "/" : "", (int)len, p);
        }
        p += len;
    }
    enum image_cure cure = ups > (absolute ? 0 : depth) || crooked ? CURE_OUT : absolute ? CURE_ABSOLUTE : CURE_NONE;
    if (cure == CURE_NONE) {
        str_add(out, target);
        return cure;
    }
    ups = absolute || ups > depth ? depth : ups;
    for (size_t i = 0; i < ups; i++)
        str_add(out, i + 1 < ups || down.len ? "../" : "..");
    str_add(out, down.len || ups ? str_c(&down) : ".");
    return cure;
}

static void image_set_target(struct rootfs *r, struct image_entry *e, const char *target)
{
    struct str safe = {0};
    enum image_cure cure = image_contain(e->path, target, &safe);
    e->target = str_steal(&safe);
    if (cure == CURE_ABSOLUTE)
        r->nabsolute++;
    if (cure == CURE_OUT)
        image_note(r, e->path, "symbolic link to %s could lead out of the image; now to %s", target, e->target);
}

/* Finds or makes the entry for path, ready to be filled; NULL with a note. */
static struct image_entry *image_place(struct rootfs *r, const char *path, bool dir)
{
    autostr struct str at = {0};
    const char *why =
        image_climbs(path) ? "skipped: \"..\" in a path could lead out of the image" : image_resolve(r, path, &at);
    if (!why && !at.len && !dir)
        why = "skipped: it would replace the root directory";
    struct image_entry *e = why || !at.len ? NULL : image_find(r, str_c(&at));
    if (e && e->type == IMAGE_DIR && !dir)
        why = "skipped: a directory of that name came first";
    if (why)
        image_note(r, path, "%s", why);
    if (why || !at.len)
        return NULL;
    if (path[0] == '/')
        image_note(r, path, "absolute path, taken as %s", str_c(&at));
    if (!e)
        return image_append(r, str_c(&at));
    free(e->target);
    e->target = NULL;
    e->group = 0;
    return e;
}

struct image_entry *image_add(struct rootfs *r, const struct image_entry *new)
{
    struct image_entry *e = image_place(r, new->path, new->type == IMAGE_DIR);
    if (!e)
        return NULL;
    char *path = e->path;
    *e = *new;
    e->path = path;
    e->target = NULL;
    e->group = 0;
    e->mode = new->mode &(new->type == IMAGE_DIR ? 01777 : 0777);
    if (new->type == IMAGE_FILE &&new->mode &(S_ISUID | S_ISGID))
        image_note(r, path, "set-%s-id bit taken off", new->mode &S_ISUID ? "user" : "group");
    if (new->type == IMAGE_SYMLINK)
        image_set_target(r, e, new->target);
    return e;
}

struct image_entry *image_add_link(struct rootfs *r, const char *path, const char *to)
{
    autostr struct str at = {0};
    struct image_entry *target = NULL;
    if (image_climbs(to)) {
        image_note(r, path, "skipped: hard link out of the image, to %s", to);
        return NULL;
    }
    if (!image_resolve(r, to, &at))
        target = image_find(r, str_c(&at));
    if (!target || target->type != IMAGE_FILE) {
        image_note(r, path, "skipped: hard link to %s, which is no file of the image", to);
        return NULL;
    }
    size_t index = (size_t)(target - r->v);
    struct image_entry *e = NULL;
    char *own = image_canonical(r, path); /* a link to itself says nothing */
    if (own && strcmp(own, r->v[index].path))
        e = image_place(r, path, false);
    free(own);
    if (!e)
        return NULL;
    target = &r->v[index]; /* image_place() may have moved it */
    if (!target->group)
        target->group = ++r->groups;
    own = e->path;
    *e = *target;
    e->path = own;
    return e;
}

void image_dir(struct rootfs *r, const char *path, mode_t mode)
{
    image_add(r, &(struct image_entry){.path = (char *)(uintptr_t)path, .type = IMAGE_DIR, .mode = mode, .spool = -1});
}

void image_text(struct rootfs *r, const char *path, const char *text)
{
    image_add(r, &(struct image_entry){.path = (char *)(uintptr_t)path,
                                       .type = IMAGE_FILE,
                                       .mode = 0644,
                                       .data = text,
                                       .size = strlen(text),
                                       .spool = -1});
}

void image_link(struct rootfs *r, const char *path, const char *target)
{
    image_add(r, &(struct image_entry){.path = (char *)(uintptr_t)path,
                                       .type = IMAGE_SYMLINK,
                                       .mode = 0777,
                                       .target = (char *)(uintptr_t)target,
                                       .spool = -1});
}

bool image_finish(struct rootfs *r, struct outcome *o)
{
    image_notes_end(r);
    if (!image_map_spool(r)) {
        outcome_set(o, errno, "map the image", r->name, NULL);
        return false;
    }
    free(r->slots);
    r->slots = NULL;
    r->nslots = 0;
    if (r->n)
        qsort(r->v, r->n, sizeof *r->v, image_compare);
    autofree char *seen = xcalloc(r->groups + 1, 1);
    for (size_t i = 0; i < r->n; i++) {
        const struct image_entry *e = &r->v[i];
        if (e->type == IMAGE_FILE && (!e->group || !seen[e->group]))
            r->bytes += e->size;
        seen[e->group] = 1;
    }
    return true;
}
