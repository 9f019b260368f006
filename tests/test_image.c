/* Images from elsewhere, among them archives made to do harm: what is kept, what is noted, what is refused. */
#include "support.h"

#include "base/file.h"
#include "base/mem.h"
#include "session/image.h"
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_BYTES   ((size_t)2 << 30)
#define MAX_ENTRIES 200000

static char dir[64], tar_path[96], root_path[96];
static struct outcome o;

static int setup(void **state)
{
    strcpy(dir, "/tmp/porthole-image-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(tar_path, sizeof tar_path, "%s/a.tar", dir);
    snprintf(root_path, sizeof root_path, "%s/root", dir);
    memset(&o, 0, sizeof o);
    return mkdir(root_path, 0755);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)ftw;
    if (type == FTW_DNR)
        chmod(path, 0700);
    return remove(path);
}

static int teardown(void **state)
{
    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return 0;
}

/* Archives. */

struct member {
    const char *path;
    mode_t mode;      /* type and permissions; 0: a hard link */
    const char *text; /* content, or where a link goes */
};

static struct archive *tar_begin(int filter)
{
    struct archive *a = archive_write_new();
    assert_int_equal(archive_write_set_format_pax(a), ARCHIVE_OK);
    if (filter && archive_write_add_filter(a, filter) != ARCHIVE_OK) {
        archive_write_free(a);
        return NULL;
    }
    assert_int_equal(archive_write_open_filename(a, tar_path), ARCHIVE_OK);
    return a;
}

static void tar_member(struct archive *a, const struct member *m)
{
    struct archive_entry *e = archive_entry_new();
    size_t n = S_ISREG(m->mode) && m->text ? strlen(m->text) : 0;
    archive_entry_copy_pathname(e, m->path);
    archive_entry_set_mode(e, m->mode ? m->mode : S_IFREG | 0644);
    archive_entry_set_uid(e, geteuid());
    archive_entry_set_gid(e, getegid());
    archive_entry_set_mtime(e, 1000000000, 0);
    archive_entry_set_size(e, (la_int64_t)n);
    if (!m->mode)
        archive_entry_copy_hardlink(e, m->text);
    if (S_ISLNK(m->mode))
        archive_entry_copy_symlink(e, m->text);
    assert_true(archive_write_header(a, e) >= ARCHIVE_WARN);
    if (n)
        assert_int_equal(archive_write_data(a, m->text, n), n);
    archive_entry_free(e);
}

static void tar_end(struct archive *a)
{
    assert_int_equal(archive_write_close(a), ARCHIVE_OK);
    archive_write_free(a);
}

static void tar_make(const struct member *m, size_t n)
{
    struct archive *a = tar_begin(0);
    for (size_t i = 0; i < n && m[i].path; i++)
        tar_member(a, &m[i]);
    tar_end(a);
}

static struct rootfs *load(void)
{
    struct rootfs *r = rootfs_load(tar_path, &o);
    if (!r)
        fail_msg("%s: %s: errno %d, %s", o.step, o.where, o.err, o.hint);
    return r;
}

static int unpack(const struct rootfs *r)
{
    int fd = open(root_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    if (!rootfs_unpack(r, fd, &o))
        fail_msg("%s: %s: errno %d, %s", o.step, o.where, o.err, o.hint);
    return fd;
}

/* Hostile entries: each is neutralised and said. */

#define F S_IFREG | 0644
#define D S_IFDIR | 0755
#define L S_IFLNK | 0777
#define OK                                                                                                             \
    {                                                                                                                  \
        "bin/ok", F, "ok"                                                                                              \
    }

/* want: "PATH", "PATH -> TARGET", "PATH = CONTENT" or "!PATH" (absent) */
static const struct hostile {
    struct member member[5];
    const char *want[3], *note;
} hostile[] = {
    {{OK, {"../evil", F, "x"}}, {"bin/ok = ok", "!evil"}, "../evil: "},
    {{OK, {"a/../../evil", F, "x"}}, {"!evil", "!a"}, "a/../../evil: "},
    {{OK, {"..", D, NULL}}, {"bin/ok"}, "../: "},
    {{OK, {"/etc/passwd", F, "mine"}}, {"etc/passwd = mine"}, "/etc/passwd: "},
    {{OK, {"a/l", L, "../../../etc"}}, {"a/l -> ../etc"}, "a/l: "},
    {{OK, {"l", L, "a/b/../../../../etc"}}, {"l -> etc"}, "l: "},
    {{OK, {"l", L, ".."}}, {"l -> ."}, "l: "},
    {{OK, {"bin/ls", L, "/bin/busybox"}}, {"bin/ls -> ../bin/busybox"}, "1 absolute symbolic link"},
    {{OK, {"a/b/root", L, "/"}}, {"a/b/root -> ../.."}, "absolute"},
    {{OK, {"x", L, "/etc"}, {"x/passwd", F, "mine"}}, {"x -> etc", "etc/passwd = mine"}, "absolute"},
    {{OK, {"x", L, "../.."}, {"x/f", F, "in"}}, {"x -> .", "f = in"}, "x: "},
    {{OK, {"a", L, "b"}, {"b", L, "a"}, {"a/c", F, "x"}}, {"a -> b", "b -> a", "!c"}, "a/c: "},
    {{OK, {"h", 0, "../../etc/passwd"}}, {"!h"}, "h: "},
    {{OK, {"h", 0, "/etc/passwd"}}, {"!h"}, "h: "},
    {{OK, {"l", L, "/etc/passwd"}, {"h", 0, "l"}}, {"!h"}, "h: "},
    {{OK, {"null", S_IFCHR | 0666, NULL}}, {"!null"}, "null: "},
    {{OK, {"sda", S_IFBLK | 0666, NULL}}, {"!sda"}, "sda: "},
    {{OK, {"pipe", S_IFIFO | 0666, NULL}}, {"!pipe"}, "pipe: "},
    {{OK, {"bin/su", S_IFREG | 06755, "su"}}, {"bin/su = su"}, "bin/su: "},
    {{OK, {"bin/ok/below", F, "x"}}, {"bin/ok = ok"}, "bin/ok/below: "},
    {{OK, {"bin", F, "x"}}, {"bin/ok = ok"}, "bin: "},
    {{OK, {"\033[2Jred", S_IFIFO | 0666, NULL}}, {"bin/ok"}, "\\033[2Jred: "},
};

/* Tame ones: kept as they are and nothing said. */
static const struct hostile tame[] = {
    {{OK, {"bin/sh", L, "ok"}, {"lib", L, "usr/lib"}, {"lib/x", F, "x"}}, {"bin/sh -> ok", "usr/lib/x = x"}, NULL},
    {{OK, {"a/b/l", L, "../../bin/ok"}, {"dangling", L, "nowhere"}},
     {"a/b/l -> ../../bin/ok", "dangling -> nowhere"},
     NULL},
    {{OK, {"./", D, NULL}, {"./etc/", D, NULL}, {"./etc/./f", F, "1"}, {"etc/f", F, "2"}}, {"etc/f = 2"}, NULL},
    {{OK, {"h", 0, "bin/ok"}, {"bin/ok", F, "new"}}, {"h = ok", "bin/ok = new"}, NULL},
    {{OK, {"f", L, "bin/ok"}, {"f", F, "mine"}}, {"f = mine", "bin/ok = ok"}, NULL},
    {{OK, {"caf\xc3\xa9", F, "x"}}, {"caf\xc3\xa9 = x"}, NULL},
};

static void check_want(int fd, const char *want, size_t row)
{
    autofree char *path = xstrdup(want);
    char *arrow = strstr(path, " -> "), *is = strstr(path, " = "), target[256];
    struct stat st;
    if (*want == '!') {
        if (fstatat(fd, want + 1, &st, AT_SYMLINK_NOFOLLOW) == 0)
            fail_msg("row %zu: %s is there", row, want + 1);
        return;
    }
    if (arrow)
        *arrow = '\0';
    if (is)
        *is = '\0';
    if (fstatat(fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
        fail_msg("row %zu: %s: %s", row, path, strerror(errno));
    assert_false(st.st_mode & (S_ISUID | S_ISGID));
    if (arrow) {
        ssize_t n = readlinkat(fd, path, target, sizeof target - 1);
        target[n < 0 ? 0 : n] = '\0';
        if (strcmp(target, arrow + 4) != 0)
            fail_msg("row %zu: %s -> %s, wanted %s", row, path, target, arrow + 4);
    }
    if (is) {
        autostr struct str text = {0};
        assert_true(S_ISREG(st.st_mode) && file_read(fd, path, &text, 100));
        if (strcmp(str_c(&text), is + 3) != 0)
            fail_msg("row %zu: %s holds \"%s\", wanted \"%s\"", row, path, str_c(&text), is + 3);
    }
}

static void check_row(const struct hostile *h, size_t row)
{
    setup(NULL);
    tar_make(h->member, COUNT(h->member));
    struct rootfs *r = load();
    const char *notes = rootfs_notes(r);
    if (h->note ? !strstr(notes, h->note) : *notes)
        fail_msg("row %zu: notes are \"%s\", wanted \"%s\"", row, notes, h->note ? h->note : "");
    for (const char *s = notes; *s; s++)
        assert_true((unsigned char)*s >= ' ' || *s == '\n');
    autofd int fd = unpack(r);
    for (size_t i = 0; i < COUNT(h->want) && h->want[i]; i++)
        check_want(fd, h->want[i], row);
    autofree char *beside = xasprintf("%s/evil", dir);
    assert_int_not_equal(access(beside, F_OK), 0);
    rootfs_free(r);
    teardown(NULL);
}

static void test_hostile(void **state)
{
    for (size_t i = 0; i < COUNT(hostile); i++)
        check_row(&hostile[i], i);
}

static void test_tame(void **state)
{
    for (size_t i = 0; i < COUNT(tame); i++)
        check_row(&tame[i], i);
}

static void test_many_notes(void **state)
{
    struct archive *a = tar_begin(0);
    tar_member(a, &(struct member)OK);
    for (int i = 0; i < 5000; i++) {
        autofree char *path = xasprintf("../evil%d", i);
        tar_member(a, &(struct member){path, F, "x"});
    }
    tar_end(a);
    struct rootfs *r = load();
    assert_true(strlen(rootfs_notes(r)) < 10000);
    assert_non_null(strstr(rootfs_notes(r), "more"));
    rootfs_free(r);
}

/* Refused as a whole, with a cure. */

static void check_refused(size_t max_bytes, size_t max_entries, const char *hint)
{
    struct rootfs *r = image_load(tar_path, max_bytes, max_entries, &o);
    if (r) {
        rootfs_free(r);
        fail_msg("loaded, wanted \"%s\"", hint);
    }
    if (!strstr(o.hint, hint))
        fail_msg("hint is \"%s\", wanted \"%s\"", o.hint, hint);
    assert_true(*o.step && *o.where);
}

static void test_too_much(void **state)
{
    static const struct member m[] = {{"a", F, "12345678"}, {"b", F, "12345678"}, {"c", F, "12345678"}};
    tar_make(m, COUNT(m));
    check_refused(23, 10, "unpacks to more than");
    check_refused(24, 2, "more than 2 entries");
    struct rootfs *r = image_load(tar_path, 24, 3, &o);
    assert_non_null(r);
    assert_int_equal(rootfs_bytes(r), 24);
    rootfs_free(r);
}

/* One real byte and a claim of a TiB: the claim counts. */
static void test_sparse(void **state)
{
    struct archive *a = tar_begin(0);
    struct archive_entry *e = archive_entry_new();
    archive_entry_copy_pathname(e, "big");
    archive_entry_set_mode(e, F);
    archive_entry_set_size(e, (la_int64_t)1 << 40);
    archive_entry_sparse_add_entry(e, 0, 1);
    assert_true(archive_write_header(a, e) >= ARCHIVE_WARN);
    assert_int_equal(archive_write_data(a, "x", 1), 1);
    archive_entry_free(e);
    archive_write_close(a);
    archive_write_free(a);
    check_refused(MAX_BYTES, MAX_ENTRIES, "unpacks to more than 2048 MiB");
}

/* A skipped entry costs time like any other, and so counts as well. */
static void test_skipped_data(void **state)
{
    static const struct member m[] = {{"a", F, "1"}, {"../b", F, "12345678"}};
    tar_make(m, COUNT(m));
    check_refused(8, 10, "unpacks to more than");
}

/* Few entries that each need a thousand directories. */
static void test_deep(void **state)
{
    struct archive *a = tar_begin(0);
    for (int i = 0; i < 20; i++) {
        autostr struct str path = {0};
        for (int k = 0; k < 500; k++)
            str_addf(&path, "%d/", k + i * 500);
        str_addc(&path, 'f');
        tar_member(a, &(struct member){path.s, F, "x"});
    }
    tar_end(a);
    check_refused(MAX_BYTES, 5000, "more than 5000 entries");
    struct rootfs *r = image_load(tar_path, MAX_BYTES, 20000, &o);
    assert_non_null(r);
    rootfs_free(r);
}

static void test_layers(void **state)
{
    static const struct member docker[] = {
        {"manifest.json", F, "[]"}, {"0123", D, NULL}, {"0123/layer.tar", F, "x"}, {"0123/json", F, "{}"}};
    static const struct member oci[] = {
        {"oci-layout", F, "{}"}, {"index.json", F, "{}"}, {"blobs/sha256/ab", F, "x"}, {"manifest.json", F, "[]"}};
    tar_make(docker, COUNT(docker));
    check_refused(MAX_BYTES, MAX_ENTRIES, "docker export");
    tar_make(oci, COUNT(oci));
    check_refused(MAX_BYTES, MAX_ENTRIES, "docker export");
}

static void test_no_tar(void **state)
{
    static const char text[] = "#!/bin/sh\necho this is no archive at all\n";
    assert_true(file_replace(tar_path, text, strlen(text)));
    check_refused(MAX_BYTES, MAX_ENTRIES, ".tar.gz");
    assert_int_equal(truncate(tar_path, 0), 0);
    check_refused(MAX_BYTES, MAX_ENTRIES, "");
    assert_int_equal(unlink(tar_path), 0);
    check_refused(MAX_BYTES, MAX_ENTRIES, "directory or a tar");
    assert_int_equal(o.err, ENOENT);
    assert_int_equal(mkfifo(tar_path, 0600), 0); /* must not wait for a writer */
    check_refused(MAX_BYTES, MAX_ENTRIES, "directory or a tar");
}

/* Cut anywhere, an archive is refused or gives a part of itself; it never crashes or hangs. */
static void test_cut(void **state)
{
    struct archive *a = tar_begin(ARCHIVE_FILTER_GZIP);
    SKIP_UNLESS(a, "libarchive without gzip");
    autofree char *noise = xmalloc(20001);
    for (int i = 0; i < 20000; i++)
        noise[i] = (char)('a' + (i * 7919 >> 3) % 26);
    noise[20000] = '\0';
    tar_member(a, &(struct member){"noise", F, noise});
    tar_member(a, &(struct member)OK);
    tar_end(a);
    struct stat st;
    assert_int_equal(stat(tar_path, &st), 0);
    int refused = 0;
    for (off_t n = st.st_size - 1; n > 0; n -= 1 + n / 40) {
        assert_int_equal(truncate(tar_path, n), 0);
        struct rootfs *r = rootfs_load(tar_path, &o);
        refused += !r;
        rootfs_free(r);
    }
    assert_true(refused > 10);
}

/* Good ones. */

static void test_filters(void **state)
{
    static const int filter[] = {0, ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_XZ, ARCHIVE_FILTER_ZSTD};
    for (size_t i = 0; i < COUNT(filter); i++) {
        struct archive *a = tar_begin(filter[i]);
        if (!a)
            continue;
        tar_member(a, &(struct member)OK);
        tar_end(a);
        struct rootfs *r = load();
        assert_string_equal(rootfs_name(r), "a.tar");
        assert_int_equal(rootfs_bytes(r), 2);
        rootfs_free(r);
    }
}

static void test_directory(void **state)
{
    autofree char *from = xasprintf("%s/from", dir);
    assert_int_equal(mkdir(from, 0755), 0);
    autofd int fd = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(mkdirat(fd, "bin", 0755), 0);
    int f = openat(fd, "bin/su", O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
    assert_int_equal(write(f, "hello", 5), 5);
    assert_int_equal(fchmod(f, 04755), 0);
    close_fd(&f);
    assert_int_equal(linkat(fd, "bin/su", fd, "second", 0), 0);
    assert_int_equal(symlinkat("../../../etc/shadow", fd, "bin/l"), 0);
    assert_int_equal(mkfifoat(fd, "fifo", 0600), 0);
    struct rootfs *r = rootfs_load(from, &o);
    assert_non_null(r);
    assert_int_equal(rootfs_bytes(r), 5);
    assert_non_null(strstr(rootfs_notes(r), "fifo: "));
    assert_non_null(strstr(rootfs_notes(r), "-id bit"));
    autofd int to = unpack(r);
    check_want(to, "bin/su = hello", 0);
    check_want(to, "bin/l -> ../etc/shadow", 0);
    check_want(to, "!fifo", 0);
    struct stat a, b;
    assert_int_equal(fstatat(to, "bin/su", &a, 0), 0);
    assert_int_equal(fstatat(to, "second", &b, 0), 0);
    assert_int_equal(a.st_ino, b.st_ino);
    assert_int_equal(a.st_mode, S_IFREG | 0755);
    rootfs_free(r);
}

/* What we write is as harmless as what we unpack, and the same when read again. */
static void test_round(void **state)
{
    static const struct member m[] = {OK,
                                      {"hard", 0, "bin/ok"},
                                      {"locked", S_IFDIR | 0555, NULL},
                                      {"locked/f", S_IFREG | 0400, "f"},
                                      {"../evil", F, "x"},
                                      {"l", L, "/bin/ok"}};
    tar_make(m, COUNT(m));
    struct rootfs *r = load();
    int fd = open(tar_path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    assert_true(rootfs_write_tar(r, fd, &o));
    close_fd(&fd);
    size_t bytes = rootfs_bytes(r);
    rootfs_free(r);
    r = load();
    assert_string_equal(rootfs_notes(r), "");
    assert_int_equal(rootfs_bytes(r), bytes);
    fd = unpack(r);
    check_want(fd, "hard = ok", 0);
    check_want(fd, "locked/f = f", 0);
    check_want(fd, "l -> bin/ok", 0);
    struct stat st;
    assert_int_equal(fstatat(fd, "locked", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0555);
    assert_int_equal(fchmodat(fd, "locked", 0755, 0), 0);
    close_fd(&fd);
    rootfs_free(r);
}

static bool write_text(const char *path, const char *text)
{
    autofd int fd = open(path, O_WRONLY | O_CLOEXEC);
    return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

/* In a user namespace that maps one id, the owners in the image do not exist: the files become ours. */
static void test_one_id(void **state)
{
    char uid[32], gid[32];
    snprintf(uid, sizeof uid, "0 %u 1", geteuid());
    snprintf(gid, sizeof gid, "0 %u 1", getegid());
    struct archive *a = tar_begin(0);
    struct archive_entry *e = archive_entry_new();
    archive_entry_copy_pathname(e, "f");
    archive_entry_set_mode(e, F);
    archive_entry_set_uid(e, 4242);
    archive_entry_set_gid(e, 4242);
    archive_entry_set_size(e, 0);
    assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
    archive_entry_free(e);
    tar_end(a);
    struct rootfs *r = load();
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (unshare(CLONE_NEWUSER) < 0 || !write_text("/proc/self/setgroups", "deny") ||
            !write_text("/proc/self/uid_map", uid) || !write_text("/proc/self/gid_map", gid))
            _exit(125);
        int fd = open(root_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        struct stat st;
        _exit(rootfs_unpack(r, fd, &o) && fstatat(fd, "f", &st, 0) == 0 && st.st_uid == 0 ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    rootfs_free(r);
    SKIP_UNLESS(!WIFEXITED(status) || WEXITSTATUS(status) != 125, "no user namespaces here");
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
#define ROW(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_tame),
        ROW(test_many_notes),
        ROW(test_too_much),
        ROW(test_sparse),
        ROW(test_skipped_data),
        ROW(test_deep),
        ROW(test_layers),
        ROW(test_no_tar),
        ROW(test_cut),
        ROW(test_filters),
        ROW(test_directory),
        ROW(test_round),
        ROW(test_one_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
