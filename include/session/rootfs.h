/* The image: a root file system as a tarball in memory, made from busybox-static or read from the learner's own file.
 *
 * Nothing is written to the machine: the stage unpacks the image into its own tmpfs. */
#ifndef SESSION_ROOTFS_H
#define SESSION_ROOTFS_H

#include "base/outcome.h"
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct rootfs;

/* The default image: static busybox, its applet links, the usual directories and mount points,
 * /etc/{passwd,group,hosts, hostname,os-release}. NULL with *o when no static busybox is found (hint: the package to
 * install). */
struct rootfs *rootfs_default(struct outcome *o);
/* The learner's own: a directory, or a tar (plain, gz, xz, zst; libarchive). Hostile entries are refused or
 * neutralised:
 * `..`, absolute names, links that lead out, devices, sockets, setuid bits, more than max_bytes or max_entries. Each
 * neutralised entry is a line in rootfs_notes(). */
struct rootfs *rootfs_load(const char *path, struct outcome *o);
void rootfs_free(struct rootfs *r);
const char *rootfs_notes(const struct rootfs *r); /* lines, "" when there is nothing to say; sanitised */
const char *rootfs_name(const struct rootfs *r);  /* "busybox 1.35.0 (made here)" or the file's name; sanitised */
size_t rootfs_bytes(const struct rootfs *r);      /* unpacked size */
size_t rootfs_entries(const struct rootfs *r);    /* files, directories and links */

/* Unpacks into the directory dirfd (openat(2), never following a link out of it). Runs inside the stage's process; file
 * owners are set when possible (root of a mapped range), skipped otherwise. false with *o. Fast: the default image in
 * about 10 ms. */
bool rootfs_unpack(const struct rootfs *r, int dirfd, struct outcome *o);
/* Writes the image as a tar (ustar/pax, uncompressed) to fd: the `image.tar` of the lab. */
bool rootfs_write_tar(const struct rootfs *r, int fd, struct outcome *o);

/* The practice host's own root: busybox plus a dynamically linked program of this machine with its loader and
 * libraries, at the same paths as on the machine, and /etc files of a small host. */
bool rootfs_unpack_practice_host(int dirfd, struct outcome *o);
/* Binds what was too large to be unpacked there. The working directory is that root, and the machine's files are still
 * found under their own names. */
void rootfs_bind_practice_host(void);
/* A small dynamically linked program of this machine ("/usr/bin/env"), its loader, and its libraries separated by
 * blanks. Found once; "" when this machine has none (a static or musl-only machine is said in doctor). */
const char *rootfs_dynamic(void);
const char *rootfs_dynamic_loader(void);
const char *rootfs_dynamic_libs(void);

#endif
