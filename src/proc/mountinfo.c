#include "proc/mountinfo.h"
#include "base/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void mounts_free_row(struct mount_row *row)
{
    free(row->root);
    free(row->target);
    free(row->type);
    free(row->source);
    free(row->options);
    free(row->fs_options);
}

void mounts_free(struct mounts *m)
{
    for (size_t i = 0; i < m->n; i++)
        mounts_free_row(&m->v[i]);
    free(m->v);
    *m = (struct mounts){0};
}

static char *mounts_text(const char *s)
{
    return xstrdup(s ? s : "");
}

/* libmount leaves propagation in mount(2) flags, and 0 when it has nothing to say. */
static unsigned mounts_propagation(struct libmnt_fs *fs)
{
    unsigned long flags = 0;
    mnt_fs_get_propagation(fs, &flags);
    return (flags & MS_SHARED ? MOUNT_SHARED : 0u) | (flags & MS_SLAVE ? MOUNT_SLAVE : 0u) |
           (flags & MS_UNBINDABLE ? MOUNT_UNBINDABLE : 0u);
}

static void mounts_add(struct mounts *m, struct libmnt_fs *fs)
{
    GROW(m->v, m->n, m->cap);
    m->v[m->n++] = (struct mount_row){
        .id = mnt_fs_get_id(fs),
        .parent = mnt_fs_get_parent_id(fs),
        .dev = mnt_fs_get_devno(fs),
        .root = mounts_text(mnt_fs_get_root(fs)),
        .target = mounts_text(mnt_fs_get_target(fs)),
        .type = mounts_text(mnt_fs_get_fstype(fs)),
        .source = mounts_text(mnt_fs_get_source(fs)),
        .options = mounts_text(mnt_fs_get_vfs_options(fs)),
        .fs_options = mounts_text(mnt_fs_get_fs_options(fs)),
        .propagation = mounts_propagation(fs),
    };
}

/* A line that libmount cannot read is skipped: one odd mount must not blind us for the others. */
static int mounts_bad_line(struct libmnt_table *table, const char *file, int line)
{
    (void)table, (void)file, (void)line;
    return 1;
}

static void mounts_parse(FILE *f, struct mounts *out)
{
    struct libmnt_table *table = mnt_new_table();
    struct libmnt_iter *at = mnt_new_iter(MNT_ITER_FORWARD);
    struct libmnt_fs *fs;
    if (table && at) {
        mnt_table_set_parser_errcb(table, mounts_bad_line);
        mnt_table_parse_stream(table, f, "mountinfo");
        while (mnt_table_next_fs(table, at, &fs) == 0)
            mounts_add(out, fs);
    }
    mnt_free_iter(at);
    mnt_unref_table(table);
}

static FILE *mounts_open(int procfd, pid_t pid)
{
    char path[48] = "self/mountinfo";
    if (pid)
        snprintf(path, sizeof path, "%d/mountinfo", (int)pid);
    autofd int fd = openat(procfd, path, O_RDONLY | O_CLOEXEC);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "re");
    if (f)
        steal_fd(&fd);
    return f;
}

bool mounts_read(int procfd, pid_t pid, struct mounts *out)
{
    *out = (struct mounts){0};
    FILE *f = mounts_open(procfd, pid);
    if (!f)
        return false;
    mounts_parse(f, out);
    fclose(f);
    if (!out->n)
        errno = EINVAL;
    return out->n > 0;
}

const struct mount_row *mounts_find(const struct mounts *m, const char *target)
{
    for (size_t i = m->n; i-- > 0;)
        if (!strcmp(m->v[i].target, target))
            return &m->v[i];
    return NULL;
}
