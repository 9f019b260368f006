/* Calls that nobody in his right mind would type: thrown at a practice stage by the thousand, always the same ones.
 * Each must be made or be refused with a reason, the stage must start anew whenever it is told to, and nothing may be
 * left.
 *
 * The stage stands in user, pid and mount namespaces of its own, made by a user who is nobody even when root runs the
 * tests: what a call might do to the machine is refused by the kernel. Without these namespaces nothing is thrown. */
#include "support.h"

#include "nest.h"

#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "call/table.h"
#include "proc/procfs.h"
#include "session/doctor.h"
#include "session/session.h"
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define RANDOM_MS       4000
#define RANDOM_CALLS    6000
#define RANDOM_A_STAGE  150   /* calls before the stage is built anew */
#define RANDOM_PATIENCE 25    /* ms for a call that blocks */
#define RANDOM_HANG_MS  60000 /* the parent gives up */

/* What parent and child share: where the child is, and why it ended. */
static struct shared {
    int calls, parsed, failed, refused, stages, programs;
    bool done;
    char line[512], trouble[1024];
} * shared;

static unsigned random_seed = 20;

static size_t random_below(size_t n)
{
    return n ? (size_t)rand_r(&random_seed) % n : 0;
}

#define PICK(list) ((list)[random_below(COUNT(list))])

/* ---- one line ---- */

static void random_number(struct str *out)
{
    static const char *const numbers[] = {"0",
                                          "1",
                                          "-1",
                                          "2",
                                          "3",
                                          "4",
                                          "5",
                                          "6",
                                          "7",
                                          "8",
                                          "9",
                                          "10",
                                          "64",
                                          "1000",
                                          "2147483647",
                                          "250",
                                          "0x7fffffffffffffff"};
    str_add(out, PICK(numbers));
}

static void random_text(struct str *out)
{
    static const char *const texts[] = {"/",      ".",       "..",      "/lab",      "rootfs",  "/lab/rootfs", "/proc",
                                        "/tmp",   "/bin",    "/bin/sh", "x",         "x/y",     "/nope",       "tmpfs",
                                        "proc",   "overlay", "",        "/dev/null", "/proc/1", "\\036",       "a\\nb",
                                        "/tmp/x", "dev/x",   "sysfs",   "/dev/pts",  "devpts"};
    if (random_below(12) == 0)
        str_add(out, "NULL");
    else
        str_addf(out, "\"%s\"", PICK(texts));
}

static void random_constants(struct str *out, const struct call_family *f, bool one)
{
    if (!f || !f->n || random_below(6) == 0) {
        random_number(out);
        return;
    }
    for (size_t i = 0, n = one ? 1 : 1 + random_below(3); i < n; i++)
        str_addf(out, "%s%s", i ? "|" : "", f->v[random_below(f->n)].name);
}

static void random_argument(struct str *out, const struct call_arg *a);

static void random_struct(struct str *out, const struct call_struct *shape)
{
    str_addc(out, '{');
    for (unsigned i = 0; shape && i < shape->n; i++) {
        struct call_arg field = {.kind = shape->field[i].kind, .family = shape->field[i].family};
        str_addf(out, "%s%s=", i ? ", " : "", shape->field[i].name);
        random_argument(out, &field);
    }
    str_addc(out, '}');
}

static void random_argument(struct str *out, const struct call_arg *a)
{
    static const char *const vectors[] = {"[\"sh\"]", "[\"sh\", \"-c\", \"exit 3\"]", "[]", "NULL",
                                          "[\"sleep\", \"9\"]"};
    static const char *const programs[] = {"\"/bin/sh\"", "\"/bin/sleep\""};
    switch (a->kind) {
    case ARG_FLAGS:
        random_constants(out, a->family, false);
        break;
    case ARG_ENUM:
        random_constants(out, a->family, true);
        break;
    case ARG_NULL:
        str_add(out, "NULL");
        break;
    case ARG_PATH:
        if (random_below(8) == 0)
            str_add(out, PICK(programs));
        else
            random_text(out);
        break;
    case ARG_TEXT:
    case ARG_DATA:
        random_text(out);
        break;
    case ARG_STRINGS:
    case ARG_ENV:
        str_add(out, PICK(vectors));
        break;
    case ARG_IDS:
        str_add(out, random_below(2) ? "[0, 5]" : "NULL");
        break;
    case ARG_STRUCT:
        random_struct(out, a->shape);
        break;
    default:
        if (a->kind >= ARG_FIRST_OUTPUT)
            str_add(out, "out");
        else
            random_number(out);
    }
}

static void random_line(struct str *out)
{
    size_t n;
    const struct call_row *rows = call_rows(&n), *row = &rows[random_below(n)];
    str_cut(out, 0);
    str_addf(out, "%s(", row->name);
    for (int i = 0; i < row->nargs; i++) {
        if (call_arg_may_miss(&row->args[i]) && random_below(2) == 0)
            break;
        str_add(out, i ? ", " : "");
        random_argument(out, &row->args[i]);
    }
    str_addc(out, ')');
}

/* ---- one step ---- */

static _Noreturn void random_trouble(const char *what, const struct outcome *o)
{
    snprintf(shared->trouble, sizeof shared->trouble, "%s: %s: %s: %s (errno %d)", what, o ? o->step : "",
             o ? o->where : "", o ? o->hint : "", o ? o->err : 0);
    _exit(1);
}

/* A stopped process is noticed after half a second only: few of them are made. */
static bool random_is_slow(const char *line)
{
    return (strstr(line, "STOP") || strstr(line, "STP") || strstr(line, "SIGTT")) && random_below(30) != 0;
}

static void random_call(struct session *s, struct actor *who, struct str *line)
{
    static struct call_image image;
    struct call_error e;
    struct outcome o = {0};
    random_line(line);
    shared->calls++;
    _cleanup_(call_freep)
    struct call *c = random_is_slow(str_c(line)) ? NULL : call_parse(str_c(line), NULL, &e);
    if (!c)
        return;
    shared->parsed++;
    snprintf(shared->line, sizeof shared->line, "[%s] %s", who->name, str_c(line));
    if (session_call(s, who, c, &image, NULL, &o) == 0)
        shared->failed += image.err != 0;
    else if (o.step[0])
        shared->refused++;
    else
        random_trouble("a refusal without words", NULL);
}

static void random_command(struct session *s, struct actor *who)
{
    static const char *const commands[] = {"true",
                                           "exit 7",
                                           "kill -9 $PPID",
                                           "cat",
                                           "sleep 9 & exit",
                                           "exec sleep 9",
                                           "printf '\\036P0\\036'",
                                           "cd /; rm -rf x",
                                           "sh -i",
                                           "trap '' INT; cat",
                                           "yes",
                                           "setsid sleep 9 &",
                                           "x=$(cat /bin/busybox | head -c 70000)"};
    struct outcome o = {0};
    int status;
    const char *command = PICK(commands);
    snprintf(shared->line, sizeof shared->line, "[%s] %s", who->name, command);
    if (session_run(s, who, command, RUN_QUIET, RANDOM_PATIENCE, NULL, &status, &o) < 0 && !o.step[0])
        random_trouble("a refusal without words", NULL);
}

static void random_input(struct session *s, struct actor *who)
{
    static const char *const lines[] = {"exit", "kill -9 $$", "echo $(", ")", "cd ..", "exec true", "exit 3"};
    struct outcome o = {0};
    int status;
    const char *line = PICK(lines);
    shared->programs++;
    snprintf(shared->line, sizeof shared->line, "[%s, in %s] %s", who->name, who->program, line);
    if (session_input(s, who, line, 10, NULL, &status, &o) < 0 && !o.step[0])
        random_trouble("a refusal without words", NULL);
}

/* Returns false when nobody can serve any more. */
static bool random_step(struct session *s, struct str *line)
{
    const struct actor *all[64];
    size_t n = session_actors(s, all, COUNT(all)), start = random_below(n);
    for (size_t i = 0; i < n; i++) {
        struct actor *who = session_actor(s, all[(start + i) % n]->id);
        if (who->state != ACTOR_WAITING && who->state != ACTOR_PROGRAM)
            continue;
        if (who->state == ACTOR_PROGRAM)
            random_input(s, who);
        else if (random_below(100) == 0)
            random_command(s, who);
        else
            random_call(s, who, line);
        return true;
    }
    return false;
}

static void random_stage(struct session *s)
{
    struct outcome o = {0};
    static struct call_image image;
    struct call_error e;
    _cleanup_(call_freep)
    struct call *c = call_parse("getpid()", NULL, &e);
    shared->stages++;
    if (session_start(s, STAGE_PRACTICE, &o) < 0)
        random_trouble("the stage does not start", &o);
    if (session_call(s, session_actor(s, 2), c, &image, NULL, &o) < 0 || image.ret <= 0)
        random_trouble("a fresh stage's container does not answer", &o);
}

/* ---- in the namespaces ---- */

/* Never where the machine itself would hear the calls. */
static bool random_is_confined(void)
{
    unsigned inside, outside = 0, n = 0;
    FILE *f = fopen("/proc/self/uid_map", "re");
    bool read = f && fscanf(f, "%u %u %u", &inside, &outside, &n) == 3;
    if (f)
        fclose(f);
    return read && getpid() == 1 && outside != 0 && n == 1;
}

static void random_throw(struct session *s)
{
    autostr struct str line = {0};
    int64_t end = now_ms() + RANDOM_MS;
    for (int i = 0; i < RANDOM_CALLS && now_ms() < end; i++)
        if (i % RANDOM_A_STAGE == 0 || !random_step(s, &line))
            random_stage(s);
    random_stage(s);
}

static void random_body(int fd)
{
    struct outcome o = {0};
    autostr struct str receipt = {0};
    if (!random_is_confined())
        random_trouble("not in namespaces of our own", NULL);
    int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* the one that our parent opened is the machine's */
    if (proc < 0 || dup3(proc, procfs_self(), O_CLOEXEC) < 0)
        random_trouble("no /proc", NULL);
    close(proc);
    struct loop *l = loop_new();
    struct rootfs *image = rootfs_default(&o);
    struct session *s = image ? session_new(l, image, &o) : NULL;
    if (!s)
        random_trouble("no session", &o);
    session_set_patience(s, RANDOM_PATIENCE);
    random_throw(s);
    session_stop(s);
    if (!session_receipt(s, &receipt))
        random_trouble(str_c(&receipt), NULL);
    session_free(s);
    rootfs_free(image);
    loop_free(l);
    pid_t left;
    if (procfs_children(procfs_self(), 1, &left, 1) > 0)
        random_trouble("a process is left", NULL);
    shared->done = true;
}

/* ---- outside ---- */

/* Root becomes nobody, whose user namespace has no power over root's files, /proc/sys included. */
static int random_prepare(void **state)
{
    if (geteuid() == 0 &&
        (setgroups(0, NULL) < 0 || setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0))
        return -1;
    prctl(PR_SET_DUMPABLE, 1); /* or our /proc files would stay root's */
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return shared == MAP_FAILED ? -1 : 0;
}

static void random_calls(void **state)
{
    autostr struct str why = {0};
    const char *refusal = nest_refusal();
    SKIP_UNLESS(!refusal, refusal);
    SKIP_UNLESS(doctor_stage_practice(&why), str_c(&why));
    struct nest n;
    assert_true(nest_start(&n, NEST_PROC, random_body));
    struct pollfd p = {.fd = n.pidfd, .events = POLLIN};
    int ended = poll(&p, 1, RANDOM_HANG_MS);
    nest_end(&n);
    printf("%d lines, %d calls: %d failed, %d refused by porthole; %d stages, %d lines for programs\n", shared->calls,
           shared->parsed, shared->failed, shared->refused, shared->stages, shared->programs);
    if (ended != 1)
        fail_msg("hangs at %s", shared->line);
    if (!shared->done)
        fail_msg("%s; last: %s", shared->trouble[0] ? shared->trouble : "it crashed", shared->line);
    assert_true(shared->parsed > 200 && shared->failed > 50 && shared->stages > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_calls)};
    return cmocka_run_group_tests(tests, random_prepare, NULL);
}
