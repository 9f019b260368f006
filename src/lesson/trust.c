#include "lesson/trust.h"
#include "base/file.h"
#include "base/text.h"
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Who can replace the program need not bother with lessons. In a container whose user namespace does not map the owner
 * of the installation, all of that is the overflow uid's, and so trusted. */
static bool trust_owns_program(uid_t uid)
{
    char exe[PATH_MAX];
    struct stat st;
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (n <= 0)
        return false;
    exe[n] = '\0';
    if (stat("/proc/self/exe", &st) == 0 && st.st_uid == uid)
        return true;
    char *slash = strrchr(exe, '/');
    slash[slash == exe] = '\0';
    return stat(exe, &st) == 0 && st.st_uid == uid;
}

static bool trust_uid(uid_t uid)
{
    return uid == 0 || uid == user_uid() || uid == getuid() || uid == geteuid() || trust_owns_program(uid);
}

static bool trust_member(const char *name, const char *user)
{
    return !strcmp(name, user) || !strcmp(name, "root");
}

/* Many systems give each user a group of the same name, and a umask that lets it write. */
static bool trust_gid(gid_t gid)
{
    const struct passwd *pw = getpwuid(user_uid());
    autofree char *user = xstrdup(pw ? pw->pw_name : "");
    const struct group *gr = getgrgid(gid);
    if (!gr)
        return !*user && gid == user_gid() && gid == user_uid();
    if (!trust_member(gr->gr_name, user))
        return false;
    for (char **m = gr->gr_mem; *m; m++)
        if (!trust_member(*m, user))
            return false;
    return true;
}

static bool trust_has_acl(const char *path)
{
    return getxattr(path, "system.posix_acl_access", NULL, 0) > 0;
}

static bool trust_says(struct str *why, const char *path, const char *what)
{
    if (!why)
        return false;
    autostr struct str text = {0};
    str_addf(&text, "%s %s", path, what);
    text_sanitise(why, text.s, text.len, TEXT_LINE);
    return false;
}

static bool trust_owner(const char *path, const struct stat *st, struct str *why)
{
    if (trust_uid(st->st_uid))
        return true;
    const struct passwd *pw = getpwuid(st->st_uid);
    autofree char *what = pw ? xasprintf("is owned by %s (uid %u)", pw->pw_name, (unsigned)st->st_uid)
                             : xasprintf("is owned by uid %u", (unsigned)st->st_uid);
    return trust_says(why, path, what);
}

/* One file or directory of the path. */
static bool trust_one(const char *path, struct str *why)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return trust_says(why, path, strerror(errno));
    if (!trust_owner(path, &st, why))
        return false;
    if (S_ISDIR(st.st_mode) && (st.st_mode & S_ISVTX))
        return true;
    if (st.st_mode & S_IWOTH)
        return trust_says(why, path, "can be written by everybody");
    if ((st.st_mode & S_IWGRP) && (!trust_gid(st.st_gid) || trust_has_acl(path))) {
        const struct group *gr = getgrgid(st.st_gid);
        autofree char *what = gr ? xasprintf("can be written by the group %s", gr->gr_name)
                                 : xasprintf("can be written by the group %u", (unsigned)st.st_gid);
        return trust_says(why, path, what);
    }
    return true;
}

/* From the root down: the first fault is the one that makes the rest worthless. */
bool trust_path(const char *path, struct str *why)
{
    autofree char *real = realpath(path, NULL);
    if (!real)
        return trust_says(why, path, strerror(errno));
    if (!trust_one("/", why))
        return false;
    for (char *slash = real + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        bool good = trust_one(real, why);
        *slash = '/';
        if (!good)
            return false;
    }
    return trust_one(real, why);
}

/* What it would run. */

/* "setup (line 12): sleep 1; ...", the first lines of the block in one. */
static void trust_add_block(struct str *out, const char *kind, const struct block *b)
{
    autofree char *copy = xstrdup(b->text);
    autostr struct str text = {0};
    for (char *p = copy; *p; p++)
        if (*p == '\n')
            *p = ' ';
    copy[text_cut(copy, strlen(copy), 60)] = '\0';
    text_sanitise(&text, text_trim(copy), strlen(text_trim(copy)), TEXT_LINE);
    str_addf(out, "%s%s (line %d): %s%s", out->len ? "; " : "", kind, b->line, str_c(&text),
             strlen(b->text) > 60 ? "..." : "");
}

static void trust_add_blocks(struct str *out, const struct block *v, size_t n, unsigned *more)
{
    for (size_t i = 0; i < n; i++) {
        const char *kind = v[i].kind == BLOCK_SETUP     ? "setup"
                           : v[i].kind == BLOCK_CHECK   ? "check"
                           : v[i].kind == BLOCK_CLEANUP ? "cleanup"
                                                        : NULL;
        if (kind && out->len < 200)
            trust_add_block(out, kind, &v[i]);
        else if (kind)
            ++*more;
    }
}

int trust_refuse(const struct lesson *l, struct outcome *o)
{
    autostr struct str runs = {0};
    unsigned more = 0;
    if (!l->foreign)
        return 0;
    trust_add_blocks(&runs, l->blocks, l->nblocks, &more);
    for (size_t i = 0; i < l->nsteps; i++)
        trust_add_blocks(&runs, l->steps[i].blocks, l->steps[i].nblocks, &more);
    if (more)
        str_addf(&runs, "; and %u more", more);
    return outcome_set(o, 0, "this lesson is not yours and runs programs", l->path,
                       "%s. Read it, then run it with --trust. By itself it runs: %s", l->foreign,
                       runs.len ? runs.s : "nothing but what its steps show");
}
