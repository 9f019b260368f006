/* Recordings: what is written can be read, whatever bytes it was made of, and what cannot be read is said with its
 * line. */
#include "support.h"

#include "base/file.h"
#include "base/loop.h"
#include "base/text.h"
#include "export/cast_read.h"
#include "export/cast_write.h"
#include "export/recording.h"
#include "export/spool.h"
#include "temp.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct cast_head head = {
    .cols = 80, .rows = 24, .when = 1795529100, .title = "a \"title\"\n", .term = "xterm", .shell = "/bin/bash"};

static struct cast *parse(const struct str *lines)
{
    autostr struct str error = {0};
    struct cast *c = cast_parse("x.cast", str_c(lines), lines->len, &error);
    if (!c)
        fail_msg("%s\n%s", str_c(&error), str_c(lines));
    return c;
}

static void assert_text(const struct cast *c, size_t i, char kind, const char *text, size_t n)
{
    assert_true(i < c->n);
    assert_int_equal(c->v[i].kind, kind);
    assert_int_equal(c->v[i].len, n);
    assert_memory_equal(c->text.s + c->v[i].at, text, n);
}

#define assert_event(c, i, kind, text) assert_text(c, i, kind, text, sizeof(text) - 1)

static void what_is_written_can_be_read(void **state)
{
    static const char first[] = "\033[2J\"\\\r\n\t\0\x7f", last[] = "wörld ✓ 🐳 \xc2\x9b \xe2\x80\xae";
    struct cast_writer w = {0};
    autostr struct str out = {0};
    cast_output(&w, 0, "before", 6, &out); /* nothing is recorded yet */
    assert_int_equal(out.len, 0);
    cast_begin(&w, 5000000, &head, &out);
    cast_output(&w, 5000000, first, sizeof first - 1, &out);
    cast_mark(&w, 5250001, "kill · step 2/6 \"Predict\"", &out);
    cast_resize(&w, 6000000, 100, 30, &out);
    cast_output(&w, 7000000, last, sizeof last - 1, &out);
    cast_end(&w, 8000000, &out);
    for (const char *p = out.s; *p; p++) /* it can be looked at */
        assert_true(*p == '\n' || (unsigned char)*p >= 0x20);
    assert_null(strstr(out.s, "\x7f"));
    assert_null(strstr(out.s, "\xc2\x9b"));
    assert_null(strstr(out.s, "\"i\""));
    struct cast *c = parse(&out);
    assert_int_equal(c->cols, 80);
    assert_int_equal(c->rows, 24);
    assert_string_equal(c->title, "a \"title\"\n");
    assert_int_equal(c->n, 4);
    assert_text(c, 0, 'o', first, sizeof first - 1);
    assert_event(c, 1, 'm', "kill · step 2/6 \"Predict\"");
    assert_int_equal(c->v[1].us, 250001);
    assert_int_equal(c->v[2].kind, 'r');
    assert_int_equal(c->v[2].cols, 100);
    assert_int_equal(c->v[2].rows, 30);
    assert_text(c, 3, 'o', last, sizeof last - 1);
    assert_int_equal(c->v[3].us, 2000000);
    assert_false(c->torn);
    cast_free(c);
}

static void the_first_line_says_what_it_is(void **state)
{
    struct cast_writer w = {0};
    autostr struct str out = {0};
    cast_begin(&w, 0, &head, &out);
    assert_string_equal(
        out.s, "{\"version\": 2, \"width\": 80, \"height\": 24, \"timestamp\": 1795529100, "
               "\"title\": \"a \\\"title\\\"\\n\", \"env\": {\"TERM\": \"xterm\", \"SHELL\": \"/bin/bash\"}}\n");
    str_cut(&out, 0);
    cast_begin(&w, 0, &(struct cast_head){.cols = 1, .rows = 2}, &out);
    assert_string_equal(out.s, "{\"version\": 2, \"width\": 1, \"height\": 2, \"timestamp\": 0}\n");
}

/* Every way to cut it: the text is the same. */
static void a_character_may_come_in_pieces(void **state)
{
    static const char text[] = "a\xc3\xb6"
                               "b\xe2\x9c\x93"
                               "c\xf0\x9f\x90\xb3"
                               "d";
    for (size_t cut = 0; cut < sizeof text - 1; cut++) {
        struct cast_writer w = {0};
        autostr struct str out = {0};
        cast_begin(&w, 0, &head, &out);
        cast_output(&w, 1, text, cut, &out);
        cast_mark(&w, 1, "between", &out);
        for (size_t i = cut; i < sizeof text - 1; i++)
            cast_output(&w, (int64_t)i, text + i, 1, &out);
        cast_end(&w, 99, &out);
        struct cast *c = parse(&out);
        autostr struct str all = {0};
        for (size_t i = 0; i < c->n; i++) {
            const char *s = c->text.s + c->v[i].at;
            if (c->v[i].kind == 'o')
                str_addn(&all, s, c->v[i].len);
            assert_true(c->v[i].len > 0);
        }
        assert_string_equal(str_c(&all), text);
        cast_free(c);
    }
}

static void what_is_no_text_is_replaced(void **state)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"a\xff"
         "b",
         "a\xef\xbf\xbd"
         "b"},
        {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},                 /* overlong */
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* a surrogate */
        {"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"x\xe2\x9c", "x\xef\xbf\xbd\xef\xbf\xbd"}, /* its rest never comes */
        {"\x80\x80\x80\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cast_writer w = {0};
        autostr struct str out = {0}, all = {0};
        cast_begin(&w, 0, &head, &out);
        for (const char *p = rows[i].in; *p; p++)
            cast_output(&w, 1, p, 1, &out);
        cast_end(&w, 2, &out);
        struct cast *c = parse(&out);
        for (size_t k = 0; k < c->n; k++)
            str_addn(&all, c->text.s + c->v[k].at, c->v[k].len);
        assert_string_equal(str_c(&all), rows[i].out);
        cast_free(c);
    }
}

static void time_stands_still_in_a_pause(void **state)
{
    struct cast_writer w = {0};
    autostr struct str out = {0};
    cast_begin(&w, 1000, &head, &out);
    cast_output(&w, 1001000, "one", 3, &out);
    cast_pause(&w, 2001000, &out);
    cast_pause(&w, 3001000, &out); /* twice is once */
    cast_output(&w, 4001000, "unseen", 6, &out);
    cast_resize(&w, 5001000, 90, 25, &out); /* but the size is what it is */
    assert_int_equal(cast_time(&w, 7000000), 2000000);
    cast_resume(&w, 9001000);
    cast_resume(&w, 9501000);
    cast_output(&w, 9501000, "two", 3, &out);
    struct cast *c = parse(&out);
    assert_null(strstr(out.s, "unseen"));
    assert_int_equal(c->n, 3);
    assert_int_equal(c->v[1].kind, 'r');
    assert_int_equal(c->v[1].us, 2000000);
    assert_event(c, 2, 'o', "two");
    assert_int_equal(c->v[2].us, 2500000);
    cast_free(c);
}

static void foreign_recordings_are_read(void **state)
{
    autostr struct str error = {0};
    static const char two[] =
        "{\"version\":2,\"width\":80,\"height\":24,\"idle_time_limit\":1.5,\"theme\":{\"fg\":1}}\r\n"
        "[0.5,\"o\",\"a\"]\r\n"
        "\n"
        "[1.5,\"i\",\"typed\"]\n"
        "[2,\"x-new\",\"?\"]\n"
        "[1.25, \"o\", \"the clock was set back\", 4]\n"
        "[3, \"m\", \"\"]\n"
        "[1e1,\"o\",\"\\u0000\\ud83d\\udc33\"]";
    struct cast *c = cast_parse("two", two, sizeof two - 1, &error);
    assert_non_null(c);
    assert_int_equal(c->n, 4);
    assert_int_equal(c->v[1].us, 2000000);
    assert_event(c, 3, 'o', "\0\xf0\x9f\x90\xb3");
    assert_int_equal(cast_length_us(c), 10000000);
    assert_true(c->idle_limit > 1.4 && c->idle_limit < 1.6);
    assert_false(c->torn);
    cast_free(c);
    static const char three[] = "{\"version\":3,\"term\":{\"cols\":90,\"rows\":20,\"type\":\"xterm\"}}\n"
                                "# a remark\n"
                                "[0.5,\"o\",\"a\"]\n"
                                "[0.25,\"r\",\"91x21\"]\n"
                                "[1,\"x\",\"0\"]\n"
                                "[1,\"m\",\"end\"]\n"
                                "[1,\"o\",\"torn";
    c = cast_parse("three", three, sizeof three - 1, &error);
    assert_non_null(c);
    assert_int_equal(c->cols, 90);
    assert_int_equal(c->n, 3);
    assert_int_equal(c->v[1].us, 750000);
    assert_int_equal(c->v[2].us, 2750000);
    assert_true(c->torn);
    cast_free(c);
}

#define HEAD "{\"version\": 2, \"width\": 80, \"height\": 24}\n"

static void what_is_wrong_is_said_with_its_line(void **state)
{
    static const struct {
        const char *text, *said;
    } rows[] = {
        {"", "x.cast:1: this is no asciicast: there is nothing in it"},
        {"\n\n", "x.cast:2: this is no asciicast: there is nothing in it"},
        {"hello\n", "x.cast:1: this is no asciicast: its first line is no JSON"},
        {"{\"version\": 2, \"wid", "x.cast:1: this is no asciicast: its first line is no JSON"},
        {"[1, 2]\n", "x.cast:1: this is no asciicast: its first line has no \"version\""},
        {"{}\n", "x.cast:1: this is no asciicast: its first line has no \"version\""},
        {"{\"version\": \"2\"}\n", "has no \"version\""},
        {"{\"version\": 1, \"stdout\": []}\n", "x.cast:1: an asciicast of another version; 2 and 3 can be played"},
        {"{\"version\": 2, \"width\": 80}\n", "\"width\" and \"height\" must be positive numbers"},
        {"{\"version\": 2, \"width\": 0, \"height\": 24}\n", "must be positive numbers"},
        {"{\"version\": 2, \"width\": 99999999, \"height\": 24}\n", "must be positive numbers"},
        {"{\"version\": 3, \"width\": 80, \"height\": 24}\n", "\"term\" must have"},
        {HEAD "[1, \"o\", \"x\"]\n[1, \"o\"\n", "x.cast:3: this is no JSON: "},
        {HEAD "[1, \"o\", \"\033[2J\"]\n", "x.cast:2: this is no JSON: "},
        {HEAD "[1, \"o\", \"\\ud800\"]\n", "x.cast:2: this is no JSON: "},
        {HEAD "\"text\"\n", "x.cast:2: this is no JSON: "},
        {HEAD "{\"a\": 1}\n", "x.cast:2: an event is [time, \"kind\", \"data\"]"},
        {HEAD "[1, \"o\"]\n", "x.cast:2: an event is [time, \"kind\", \"data\"]"},
        {HEAD "[1, \"o\", 7]\n", "x.cast:2: an event is [time, \"kind\", \"data\"]"},
        {HEAD "[\"1\", \"o\", \"x\"]\n", "x.cast:2: an event begins with its time in seconds"},
        {HEAD "[-1, \"o\", \"x\"]\n", "x.cast:2: an event begins with its time in seconds"},
        {HEAD "[1e300, \"o\", \"x\"]\n", "x.cast:2: an event begins with its time in seconds"},
        {HEAD "[1e999, \"o\", \"x\"]\n", "x.cast:2: this is no JSON: "},
        {HEAD "[1, \"r\", \"80\"]\n", "x.cast:2: a resize must be \"COLUMNSxROWS\""},
        {HEAD "[1, \"r\", \"80x0\"]\n", "a resize must be"},
        {HEAD "[1, \"r\", \"-1x5\"]\n", "a resize must be"},
        {HEAD "[1, \"r\", \"80x24x\"]\n", "a resize must be"},
        {HEAD "[1, \"r\", \"999999x24\"]\n", "a resize must be"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        autostr struct str error = {0}, safe = {0};
        struct cast *c = cast_parse("x.cast", rows[i].text, strlen(rows[i].text), &error);
        if (c || !strstr(str_c(&error), rows[i].said))
            fail_msg("%s\nexpected: %s\nsaid: %s", rows[i].text, rows[i].said, str_c(&error));
        text_sanitise(&safe, error.s, error.len, TEXT_LINE);
        assert_string_equal(str_c(&safe), error.s);
    }
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
    autostr struct str error = {0};
    assert_null(cast_load("/nowhere/\033[2Jx", &error));
    assert_non_null(strstr(error.s, "No such file"));
    assert_null(strchr(error.s, '\033'));
}

/* Files. */

static char dir[TEMP_PATH];

static int make_dir(void **state)
{
    temp_make(dir);
    return 0;
}

static int remove_dir(void **state)
{
    temp_remove(dir);
    return 0;
}

static struct str slurp(const char *path)
{
    struct str text = {0};
    assert_true(file_read(AT_FDCWD, path, &text, 1 << 26));
    return text;
}

static void a_recording_is_a_file_of_whole_lines(void **state)
{
    struct outcome o = {0};
    autofree char *path = xasprintf("%s/a.cast", dir);
    struct recording *r = recording_open(path, false, &o);
    assert_non_null(r);
    assert_false(recording_begun(r));
    recording_output(r, "before it begins", 16);
    recording_begin(r, &head);
    recording_output(r, "hello\xe2", 6);
    recording_mark(r, "step");
    recording_pause(r);
    assert_true(recording_paused(r));
    recording_output(r, "unseen", 6);
    recording_resume(r);
    recording_output(r, "again", 5);
    recording_resize(r, 10, 5);
    assert_int_equal(recording_close(r, &o), 0);
    autostr struct str text = slurp(path);
    assert_null(strstr(text.s, "before"));
    assert_null(strstr(text.s, "unseen"));
    struct cast *c = parse(&text);
    assert_event(c, 0, 'o', "hello");
    assert_event(c, 1, 'm', "step");
    assert_event(c, 2, 'o', "\xef\xbf\xbd");
    assert_event(c, 3, 'o', "again");
    assert_int_equal(c->n, 5);
    cast_free(c);
}

static void it_takes_nobodys_file(void **state)
{
    struct outcome o = {0};
    struct stat st;
    autofree char *path = xasprintf("%s/b", dir), *fifo = xasprintf("%s/fifo", dir), *link = xasprintf("%s/link", dir);
    mode_t mask = umask(027);
    assert_true(file_replace(path, "precious", 8));
    assert_null(recording_open(path, false, &o));
    assert_int_equal(o.err, EEXIST);
    assert_non_null(strstr(o.hint, "--force"));
    autostr struct str text = slurp(path);
    assert_string_equal(text.s, "precious");
    struct recording *r = recording_open(path, true, &o);
    assert_non_null(r);
    recording_begin(r, &head);
    assert_int_equal(recording_close(r, &o), 0);
    autostr struct str now = slurp(path);
    assert_true(text_has_prefix(now.s, "{\"version\": 2"));
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_null(recording_open(fifo, true, &o)); /* and does not wait for a reader */
    assert_true(o.err == ENXIO || o.err == EINVAL);
    assert_int_equal(symlink(path, link), 0);
    assert_null(recording_open(link, true, &o));
    assert_int_equal(o.err, ELOOP);
    assert_null(recording_open("/dev/null", true, &o));
    assert_int_equal(o.err, EINVAL);
    autofree char *other = xasprintf("%s/c", dir);
    r = recording_open(other, true, &o);
    assert_non_null(r);
    assert_int_equal(stat(other, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640); /* as any file that one saves */
    assert_int_equal(recording_close(r, &o), 0);
    assert_int_equal(access(other, F_OK), -1); /* nothing was recorded */
    umask(mask);
}

/* The bell rings within a patient while. */
static bool rings(struct recording *r)
{
    struct pollfd p = {.fd = recording_bell(r), .events = POLLIN};
    return poll(&p, 1, 20000) == 1;
}

/* Records until it is told that there is no room; what is there then plays, and is as long as there was room. */
static void fill_up(const char *path, size_t room, int err)
{
    struct outcome o = {0};
    char line[512];
    struct recording *r = recording_open(path, false, &o);
    assert_non_null(r);
    recording_begin(r, &head);
    memset(line, 'x', sizeof line);
    struct pollfd p = {.fd = recording_bell(r), .events = POLLIN};
    for (size_t sent = 0; sent < 4 * room && poll(&p, 1, 0) == 0; sent += sizeof line)
        recording_output(r, line, sizeof line);
    assert_true(rings(r));
    recording_output(r, line, sizeof line); /* goes nowhere */
    assert_int_equal(recording_close(r, &o), -1);
    assert_int_equal(o.err, err);
    autostr struct str text = slurp(path);
    assert_true(text.len > 512 && text.len <= room);
    assert_int_equal(text.s[text.len - 1], '\n');
    struct cast *c = parse(&text);
    assert_false(c->torn);
    assert_true(c->n > 0);
    cast_free(c);
}

/* In a child: a limit is for good. */
static void in_child(void (*run)(void))
{
    int status;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        run();
        _exit(0);
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void record_into_limit(void)
{
    autofree char *path = xasprintf("%s/limited", dir);
    struct rlimit limit = {.rlim_cur = 20001, .rlim_max = 20001};
    signal(SIGXFSZ, SIG_IGN); /* as main does */
    setrlimit(RLIMIT_FSIZE, &limit);
    fill_up(path, 20001, EFBIG);
}

static void a_file_that_may_not_grow_ends_the_recording(void **state)
{
    in_child(record_into_limit);
}

static void a_full_disk_ends_the_recording(void **state)
{
    autofree char *mnt = xasprintf("%s/full", dir), *path = xasprintf("%s/full/x.cast", dir);
    SKIP_UNLESS(geteuid() == 0, "only root can mount a small tmpfs");
    assert_int_equal(mkdir(mnt, 0700), 0);
    SKIP_UNLESS(mount("none", mnt, "tmpfs", 0, "size=64k") == 0, "mount is refused here");
    fill_up(path, 65536, ENOSPC);
    assert_int_equal(umount(mnt), 0);
}

/* A pipe that nobody reads is a disk that never answers. */
static void a_disk_that_hangs_costs_nobody_time(void **state)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    struct spool *s = spool_open(ends[1]);
    assert_non_null(s);
    char *lines = xmalloc(1 << 20);
    memset(lines, 'x', 1 << 20);
    lines[(1 << 20) - 1] = '\n';
    spool_put(s, lines, 1 << 20);
    for (int n = 0; n < 65536 && ioctl(ends[0], FIONREAD, &n) == 0;) /* until it sits in write(2) */
        usleep(1000);
    for (int i = 0; i < 40; i++)
        spool_put(s, lines, 1 << 20);
    struct pollfd p = {.fd = spool_bell(s), .events = POLLIN};
    assert_int_equal(poll(&p, 1, 20000), 1);
    assert_int_equal(spool_error(s), ENOBUFS);
    assert_int_equal(spool_close(s, 50), ETIMEDOUT);
    free(lines);
    close(ends[0]); /* EPIPE lets the thread go */
}

static void killed_in_the_middle(void)
{
    struct outcome o = {0};
    autofree char *path = xasprintf("%s/killed", dir);
    struct recording *r = recording_open(path, false, &o);
    recording_begin(r, &head);
    recording_output(r, "kept", 4);
    for (int i = 0; i < 2000; i++) { /* until it is in the file */
        struct stat st;
        if (stat(path, &st) == 0 && st.st_size > 150)
            kill(getpid(), SIGKILL);
        usleep(5000);
    }
}

static void what_was_recorded_survives_sigkill(void **state)
{
    int status;
    autofree char *path = xasprintf("%s/killed", dir);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        killed_in_the_middle();
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    autostr struct str text = slurp(path);
    struct cast *c = parse(&text);
    assert_event(c, 0, 'o', "kept");
    cast_free(c);
}

static void under_sudo_it_is_the_users(void **state)
{
    SKIP_UNLESS(geteuid() == 0, "only root can give a file away");
    struct stat st;
    autofree char *path = xasprintf("%s/sudo", dir);
    setenv("SUDO_UID", "64321", 1);
    setenv("SUDO_GID", "64322", 1);
    autofd int fd = file_create(path, false);
    unsetenv("SUDO_UID");
    unsetenv("SUDO_GID");
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_uid, 64321);
    assert_int_equal(st.st_gid, 64322);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_can_be_read),
        cmocka_unit_test(the_first_line_says_what_it_is),
        cmocka_unit_test(a_character_may_come_in_pieces),
        cmocka_unit_test(what_is_no_text_is_replaced),
        cmocka_unit_test(time_stands_still_in_a_pause),
        cmocka_unit_test(foreign_recordings_are_read),
        cmocka_unit_test(what_is_wrong_is_said_with_its_line),
        cmocka_unit_test(a_file_that_cannot_be_read_is_named),
        cmocka_unit_test(a_recording_is_a_file_of_whole_lines),
        cmocka_unit_test(it_takes_nobodys_file),
        cmocka_unit_test(a_file_that_may_not_grow_ends_the_recording),
        cmocka_unit_test(a_full_disk_ends_the_recording),
        cmocka_unit_test(a_disk_that_hangs_costs_nobody_time),
        cmocka_unit_test(what_was_recorded_survives_sigkill),
        cmocka_unit_test(under_sudo_it_is_the_users),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
