/* An image in memory: a list of entries that is also a tree. Private to session/ (rootfs.h is the public face).
 *
 * Every path is canonical: relative, without "." and "..", and no parent of it is a symbolic link. Whatever is added is
 * placed where a process chrooted into the image would place it, and links are made to end inside, so that nothing read
 * from a hostile archive can name a file outside: neither when we unpack, nor when somebody unpacks the tar we write.
 */
#ifndef SESSION_IMAGE_H
#define SESSION_IMAGE_H

#include "base/outcome.h"
#include "base/str.h"
#include "session/rootfs.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum image_type { IMAGE_DIR, IMAGE_FILE, IMAGE_SYMLINK };

struct image_entry {
    char *path;
    enum image_type type;
    mode_t mode; /* permission bits only */
    uid_t uid;
    gid_t gid;
    int64_t mtime;    /* seconds */
    char *target;     /* of a symbolic link, else NULL */
    const char *data; /* of a file; not ours to free */
    size_t size;
    off_t spool;    /* before image_finish(): where in the spool the data is, -1 when data is set */
    unsigned group; /* hard links: entries with the same number > 0 are one file */
};

struct image_map {
    void *p;
    size_t n;
};

struct rootfs {
    struct image_entry *v;
    size_t n, cap;
    uint32_t *slots; /* hash table of the paths, index + 1; NULL after image_finish() */
    size_t nslots;
    unsigned groups;
    size_t bytes;
    char *name;
    struct str notes;
    unsigned nnotes, nabsolute; /* noted; symbolic links that were absolute */
    struct image_map *map;
    size_t nmaps, maps_cap;
    int spool; /* memfd with the data of files read from elsewhere, -1 none */
    off_t spool_len;
    bool foreign; /* came from the learner: dates matter */
};

struct rootfs *image_new(const char *name); /* name is sanitised */

/* A line for rootfs_notes(): "PATH: what was done". Only the first few dozen are kept, the rest counted. */
void image_note(struct rootfs *r, const char *path, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Adds or replaces one entry; e->path is not canonical yet, target and path are copied. Missing parents are made.
 * Set-id bits are taken off. Returns the entry (valid until the next addition), or NULL with a note when it cannot be
 * placed.
 */
struct image_entry *image_add(struct rootfs *r, const struct image_entry *e);
/* A hard link to a file that came before. */
struct image_entry *image_add_link(struct rootfs *r, const char *path, const char *to);
/* The entry at a canonical path, NULL when there is none. Works before and after image_finish(). */
struct image_entry *image_find(const struct rootfs *r, const char *path);
/* Where path ends when the image's links are followed, all but one at the very end; missing parents are made. NULL when
 * it cannot be. The caller frees it. Before image_finish() only. */
char *image_canonical(struct rootfs *r, const char *path);

/* Shorthand for our own images. */
void image_dir(struct rootfs *r, const char *path, mode_t mode);
void image_text(struct rootfs *r, const char *path, const char *text); /* a literal: kept by reference, mode 0644 */
void image_link(struct rootfs *r, const char *path, const char *target);

/* Maps a machine's file for as long as the image lives. NULL with errno. */
const char *image_map_file(struct rootfs *r, const char *path, size_t *size);

/* Appends to the spool; false with errno. image_spool_hole() leaves zeros. */
bool image_spool(struct rootfs *r, const void *data, size_t n);
bool image_spool_hole(struct rootfs *r, size_t n);
/* Maps the spool and points the files' data into it; false with errno. */
bool image_map_spool(struct rootfs *r);

/* No more additions: maps the spool, sorts the entries so that parents come before children, counts the bytes. */
bool image_finish(struct rootfs *r, struct outcome *o);

/* What rootfs_load() does, with limits: the sum of the files' sizes and the number of entries. */
struct rootfs *image_load(const char *path, size_t max_bytes, size_t max_entries, struct outcome *o);

/* The usual directories and users; static busybox as bin/busybox and its applets as links (false with *o). */
void image_add_house(struct rootfs *r);
bool image_add_busybox(struct rootfs *r, struct outcome *o);
const char *image_find_busybox(void); /* its path on this machine, NULL when there is none */

/* A program of the machine, in the usual directories or in $PATH; malloc'd, NULL when there is none. */
char *image_find_program(const char *name);
/* Runs a program of the machine with an empty environment and appends its standard output (at most 1 MiB). false when
 * it could not run or failed. */
bool image_run(const char *const argv[], struct str *out);

#endif
