#include "support.h"

#include "base/str.h"
#include "faults.h"
#include "lesson/doc.h"
#include "lesson/lesson.h"
#include <string.h>

/* The whole lesson of porthole-lesson(5). */
static const char example[] = "---\n"                                                                   /* 1 */
                              "format: 1\n"                                                             /* 2 */
                              "id: kill\n"                                                              /* 3 */
                              "title: Kill a host process from inside the container\n"                  /* 4 */
                              "minutes: 5\n"                                                            /* 5 */
                              "after: proc\n"                                                           /* 6 */
                              "man: kill(2), pid_namespaces(7)\n"                                       /* 7 */
                              "---\n"                                                                   /* 8 */
                              "\n"                                                                      /* 9 */
                              "# Kill a host process from inside the container\n"                       /* 10 */
                              "\n"                                                                      /* 11 */
                              "`chroot` changed which *files* we can name. Did it change which\n"       /* 12 */
                              "*processes* we can name?\n"                                              /* 13 */
                              "\n"                                                                      /* 14 */
                              "<!-- speaker_note: show of hands BEFORE the answer.\n"                   /* 15 */
                              "     If it goes wrong on stage: \":reset\". -->\n"                       /* 16 */
                              "\n"                                                                      /* 17 */
                              "```sh setup\n"                                                           /* 18 */
                              "sleep 31337 & export victim=$!\n"                                        /* 19 */
                              "```\n"                                                                   /* 20 */
                              "\n"                                                                      /* 21 */
                              "## Find the victim\n"                                                    /* 22 */
                              "\n"                                                                      /* 23 */
                              "A harmless `sleep` runs on the host. Both sides can see it:\n"           /* 24 */
                              "\n"                                                                      /* 25 */
                              "```console\n"                                                            /* 26 */
                              "root@host# ps -o pid,comm -p $victim\n"                                  /* 27 */
                              "PID COMMAND\n"                                                           /* 28 */
                              "$victim sleep\n"                                                         /* 29 */
                              "root@container# ps -o pid,args | grep '[s]leep 31337'\n"                 /* 30 */
                              "$victim sleep 31337\n"                                                   /* 31 */
                              "```\n"                                                                   /* 32 */
                              "\n"                                                                      /* 33 */
                              "## Predict, then kill it\n"                                              /* 34 */
                              "\n"                                                                      /* 35 */
                              "**Predict:** root in the container sends SIGTERM to it. What happens?\n" /* 36 */
                              "\n"                                                                      /* 37 */
                              "- [ ] `EPERM`: root in the container is not root on the host\n"          /* 38 */
                              "\n"                                                                      /* 39 */
                              "  chroot changes no credentials. A *user namespace* would.\n"            /* 40 */
                              "\n"                                                                      /* 41 */
                              "- [x] It dies\n"                                                         /* 42 */
                              "\n"                                                                      /* 43 */
                              "  Same PID namespace, same user: to the kernel it is one signal.\n"      /* 44 */
                              "\n"                                                                      /* 45 */
                              "- [ ] `ESRCH`: there is no such PID in here\n"                           /* 46 */
                              "\n"                                                                      /* 47 */
                              "Your turn: from the container, end the host's `sleep`.\n"                /* 48 */
                              "\n"                                                                      /* 49 */
                              "<details><summary>Hint</summary>\n"                                      /* 50 */
                              "\n"                                                                      /* 51 */
                              "The PID is the same number in both columns.\n"                           /* 52 */
                              "\n"                                                                      /* 53 */
                              "</details>\n"                                                            /* 54 */
                              "\n"                                                                      /* 55 */
                              "<details><summary>Solution</summary>\n"                                  /* 56 */
                              "\n"                                                                      /* 57 */
                              "```c syscall\n"                                                          /* 58 */
                              "[container] kill($victim, SIGTERM) = 0\n"                                /* 59 */
                              "```\n"                                                                   /* 60 */
                              "\n"                                                                      /* 61 */
                              "</details>\n"                                                            /* 62 */
                              "\n"                                                                      /* 63 */
                              "```sh check\n"                                                           /* 64 */
                              "! kill -0 \"$victim\" 2>/dev/null || { echo \"still runs\"; false; }\n"  /* 65 */
                              "```\n"                                                                   /* 66 */
                              "\n"                                                                      /* 67 */
                              "## It is gone\n"                                                         /* 68 */
                              "\n"                                                                      /* 69 */
                              "```c syscall\n"                                                          /* 70 */
                              "[container] kill($victim, SIGTERM) = -1 ESRCH (No such process)\n"       /* 71 */
                              "```\n"                                                                   /* 72 */
                              "\n"                                                                      /* 73 */
                              "```sh cleanup\n"                                                         /* 74 */
                              "kill \"$victim\" 2>/dev/null\n"                                          /* 75 */
                              "```\n";                                                                  /* 76 */

static struct lesson *parse(const char *text, struct str *faults)
{
    return lesson_parse("t.md", text, strlen(text), faults_collect, faults);
}

/* A lesson around the text of one step; the step's heading is line 6. */
#define HEAD   "---\nformat: 1\nid: t\ntitle: T\n---\n"
#define STEP   HEAD "## S\n"
#define TRACED "```console\n$ ls\n```\n"

static struct lesson *parse_ok(const char *text)
{
    autostr struct str faults = {0};
    struct lesson *l = parse(text, &faults);
    assert_string_equal(str_c(&faults), "");
    assert_non_null(l);
    return l;
}

static void assert_block(const struct block *b, enum block_kind kind, int line, const char *text)
{
    assert_int_equal(b->kind, kind);
    assert_int_equal(b->line, line);
    assert_string_equal(b->text, text);
}

static void test_example_front(void **state)
{
    _cleanup_(lesson_freep)
    struct lesson *l = parse_ok(example);
    assert_string_equal(l->id, "kill");
    assert_string_equal(l->title, "Kill a host process from inside the container");
    assert_string_equal(l->after, "proc");
    assert_int_equal(l->after_line, 6);
    assert_string_equal(l->view, "processes");
    assert_int_equal(l->minutes, 5);
    assert_string_equal(l->man[0], "kill(2)");
    assert_string_equal(l->man[1], "pid_namespaces(7)");
    assert_null(l->man[2]);
    assert_null(l->needs[0]);
    assert_string_equal(l->goal,
                        "`chroot` changed which *files* we can name. Did it change which *processes* we can name?");
    assert_int_equal(l->nblocks, 3);
    assert_block(&l->blocks[0], BLOCK_NOTE, 15,
                 "show of hands BEFORE the answer.\nIf it goes wrong on stage: \":reset\".");
    assert_block(&l->blocks[1], BLOCK_SETUP, 18, "sleep 31337 & export victim=$!\n");
    assert_block(&l->blocks[2], BLOCK_CLEANUP, 74, "kill \"$victim\" 2>/dev/null\n");
}

static void test_example_steps(void **state)
{
    _cleanup_(lesson_freep)
    struct lesson *l = parse_ok(example);
    assert_int_equal(l->nsteps, 3);
    assert_string_equal(l->steps[0].slug, "find-the-victim");
    assert_string_equal(l->steps[1].slug, "predict-then-kill-it");
    assert_string_equal(l->steps[2].slug, "it-is-gone");
    assert_int_equal(l->steps[1].line, 34);

    const struct block *b = l->steps[0].blocks;
    assert_int_equal(l->steps[0].nblocks, 3);
    assert_block(&b[0], BLOCK_PROSE, 24, "A harmless `sleep` runs on the host. Both sides can see it:");
    assert_block(&b[1], BLOCK_CONSOLE, 27, "ps -o pid,comm -p $victim");
    assert_int_equal(b[1].where, SIDE_HOST);
    assert_string_equal(b[1].expect, "PID COMMAND\n$victim sleep");
    assert_block(&b[2], BLOCK_CONSOLE, 30, "ps -o pid,args | grep '[s]leep 31337'");
    assert_int_equal(b[2].where, SIDE_CONTAINER);

    b = l->steps[1].blocks;
    assert_int_equal(l->steps[1].nblocks, 5);
    assert_block(&b[0], BLOCK_PREDICT, 36, "root in the container sends SIGTERM to it. What happens?");
    assert_int_equal(b[0].nchoices, 3);
    assert_string_equal(b[0].choices[0].text, "`EPERM`: root in the container is not root on the host");
    assert_string_equal(b[0].choices[0].feedback, "chroot changes no credentials. A *user namespace* would.");
    assert_false(b[0].choices[0].right);
    assert_true(b[0].choices[1].right);
    assert_string_equal(b[0].choices[2].feedback, "");
    assert_block(&b[1], BLOCK_PROSE, 48, "Your turn: from the container, end the host's `sleep`.");
    assert_block(&b[2], BLOCK_HINT, 50, "The PID is the same number in both columns.");
    assert_block(&b[3], BLOCK_SOLUTION, 56, "");
    assert_int_equal(b[3].nsub, 1);
    assert_block(&b[3].sub[0], BLOCK_CALL, 59, "kill($victim, SIGTERM) = 0");
    assert_int_equal(b[3].sub[0].where, SIDE_CONTAINER);
    assert_int_equal(b[4].kind, BLOCK_CHECK);
    assert_int_equal(b[4].line, 64);

    assert_block(&l->steps[2].blocks[0], BLOCK_CALL, 71, "kill($victim, SIGTERM) = -1 ESRCH (No such process)");
}

static void test_console(void **state)
{
    _cleanup_(lesson_freep)
    struct lesson *l = parse_ok(STEP "```console\n"
                                     "\n"
                                     "learner@container$ for i in 1 2\n"
                                     "> do echo $i\n"
                                     "> done\n"
                                     "1\n"
                                     "> not a continuation\n"
                                     "\n"
                                     "$ false\n"
                                     "[1]\n"
                                     "root@host# ls nothing\n"
                                     "ls: ...\n"
                                     "[2]\n"
                                     "\n"
                                     "root@fork12# id\n"
                                     "```\n");
    const struct block *b = l->steps[0].blocks;
    assert_int_equal(l->steps[0].nblocks, 4);
    assert_block(&b[0], BLOCK_CONSOLE, 9, "for i in 1 2\ndo echo $i\ndone");
    assert_int_equal(b[0].where, SIDE_CONTAINER);
    assert_string_equal(b[0].expect, "1\n> not a continuation");
    assert_block(&b[1], BLOCK_CONSOLE, 15, "false");
    assert_int_equal(b[1].where, SIDE_HOST);
    assert_int_equal(b[1].status, 1);
    assert_string_equal(b[1].expect, "");
    assert_block(&b[2], BLOCK_CONSOLE, 17, "ls nothing");
    assert_int_equal(b[2].status, 2);
    assert_string_equal(b[2].expect, "ls: ...");
    assert_null(b[2].actor);
    assert_block(&b[3], BLOCK_CONSOLE, 21, "id");
    assert_int_equal(b[3].where, SIDE_CONTAINER);
    assert_string_equal(b[3].actor, "fork12");
}

static void test_calls(void **state)
{
    _cleanup_(lesson_freep)
    struct lesson *l = parse_ok(STEP "``` c syscall\n"
                                     "// a comment\n"
                                     "[host] chdir(\"/a//b\") = 0 // behind it\n"
                                     "/* over\n"
                                     "   lines */ [fork3] chroot(\"rootfs\") = 0\n"
                                     "\n"
                                     "getpid()\n"
                                     "```\n");
    const struct block *b = l->steps[0].blocks;
    assert_int_equal(l->steps[0].nblocks, 3);
    assert_block(&b[0], BLOCK_CALL, 9, "chdir(\"/a//b\") = 0");
    assert_int_equal(b[0].where, SIDE_HOST);
    assert_string_equal(b[0].actor, "host");
    assert_block(&b[1], BLOCK_CALL, 11, "chroot(\"rootfs\") = 0");
    assert_string_equal(b[1].actor, "fork3");
    assert_block(&b[2], BLOCK_CALL, 13, "getpid()");
    assert_null(b[2].actor);
    assert_int_equal(b[2].where, SIDE_CONTAINER);
}

/* Orders stand among commands; calls to watch for belong to the command above them. */
static void test_traced(void **state)
{
    _cleanup_(lesson_freep)
    struct lesson *l =
        parse_ok(STEP "```console\n"
                      "root@container# :slow on\n"
                      "root@container# ls\n"
                      "root@container# unshare -p true\n"
                      "```\n"
                      "\n"
                      "```c traced\n"
                      "unshare(CLONE_NEW...) = 0\n"
                      "\n"
                      "  [true] execve(\"/bin/true\", [\"a || b\"], 0x7f /* 9 vars */) = 0   /* lesson 1 */\n"
                      "mount(\"proc\", ...) = 0 || move_mount(...) = -1 EINVAL (Invalid argument) /* either */\n"
                      "```\n"
                      "\n"
                      "```console\n"
                      "root@fork3# :why\n"
                      "holds: ...\n"
                      "$ : nothing\n"
                      "```\n");
    const struct block *b = l->steps[0].blocks;
    assert_int_equal(l->steps[0].nblocks, 5);
    assert_block(&b[0], BLOCK_ORDER, 8, ":slow on");
    assert_block(&b[1], BLOCK_CONSOLE, 9, "ls");
    assert_int_equal(b[1].nsub, 0);
    assert_block(&b[2], BLOCK_CONSOLE, 10, "unshare -p true");
    assert_int_equal(b[2].nsub, 3);
    assert_block(&b[2].sub[0], BLOCK_TRACED, 14, "unshare(CLONE_NEW...) = 0");
    assert_string_equal(b[2].sub[0].expect, "");
    assert_block(&b[2].sub[1], BLOCK_TRACED, 16, "execve(\"/bin/true\", [\"a || b\"], 0x7f /* 9 vars */) = 0");
    assert_string_equal(b[2].sub[1].actor, "true");
    assert_string_equal(b[2].sub[1].expect, "lesson 1");
    assert_string_equal(b[2].sub[2].expect, "either");
    assert_block(&b[3], BLOCK_ORDER, 21, ":why");
    assert_string_equal(b[3].actor, "fork3");
    assert_string_equal(b[3].expect, "holds: ...");
    assert_block(&b[4], BLOCK_CONSOLE, 23, ": nothing");
}

static void test_prose(void **state)
{
    _cleanup_(lesson_freep)
    struct lesson *l = parse_ok(STEP "One\nparagraph, *em*, **strong**, [link](https://a.b).\n\n"
                                     "1. first\n2. second\n   - deeper\n\n"
                                     "> **Misconception:** no &amp; &#27; &unknown;\n\n"
                                     "```c\nint x;\n\n  y;\n```\n\n"
                                     "| a | b |\n|---|---|\n| long | c |\n\n"
                                     "### Smaller\n\n<b>bold</b> words\n\n---\n");
    const struct block *b = l->steps[0].blocks;
    assert_int_equal(l->steps[0].nblocks, 7);
    assert_block(&b[0], BLOCK_PROSE, 7, "One paragraph, *em*, *strong*, link (https://a.b).");
    assert_block(&b[1], BLOCK_PROSE, 10, "1. first\n2. second\n   - deeper");
    assert_block(&b[2], BLOCK_PROSE, 14, "*Misconception:* no & &#27; &unknown;");
    assert_block(&b[3], BLOCK_PROSE, 16, "    int x;\n    \n      y;");
    assert_block(&b[4], BLOCK_PROSE, 22, "a     b\nlong  c");
    assert_block(&b[5], BLOCK_PROSE, 26, "Smaller");
    assert_block(&b[6], BLOCK_PROSE, 28, "bold words");
}

static void test_asides(void **state)
{
    _cleanup_(lesson_freep)
    struct lesson *l = parse_ok(
        STEP
        "<details open>\n<summary>Hint 1</summary>\n\nFirst.\n\n```console\nroot@host# ls\n```\n\n</details>\n\n" /* 7
                                                                                                                   */
        "<details><summary>Hint</summary>Short.</details>\n\n"                                      /* 18 */
        "<details><summary>Solution</summary>\n\nBecause.\n\n```console\nroot@container# ps\n```\n" /* 20 */
        "</details>\n\n"
        "<details><summary>Why is that so?</summary>\n\nHistory.\n\n</details>\n");
    const struct block *b = l->steps[0].blocks;
    assert_int_equal(l->steps[0].nblocks, 4);
    assert_block(&b[0], BLOCK_HINT, 7, "First.\n\n    root@host# ls");
    assert_block(&b[1], BLOCK_HINT, 18, "Short.");
    assert_block(&b[2], BLOCK_SOLUTION, 20, "Because.");
    assert_int_equal(b[2].nsub, 1);
    assert_block(&b[2].sub[0], BLOCK_CONSOLE, 25, "ps");
    assert_block(&b[3], BLOCK_PROSE, 29, "Why is that so?\n\nHistory.");
}

static void test_comments(void **state)
{
    _cleanup_(lesson_freep)
    struct lesson *l =
        parse_ok(HEAD "<!-- only: practice -->\n```sh setup\ntrue\n```\n"                           /* 6 */
                      "## One\n<!-- only: real -->\n<!-- just a remark, for authors -->\nText.\n\n" /* 10 */
                      "<!-- pause -->\n<!-- view: processes -->\n\n"                                /* 15 */
                      "<!-- only: practice -->\n```console\n$ a\n$ b\n```\nMore.\n\n"               /* 18 */
                      "## Two\n\nText.\n\n<!-- only: real -->\n\n**Predict:** q?\n\n- [x] a\n- [ ] b\n\nEnd.\n");
    assert_int_equal(l->blocks[0].only, ONLY_PRACTICE);
    assert_int_equal(l->steps[0].only, ONLY_REAL);
    const struct block *b = l->steps[0].blocks;
    assert_int_equal(l->steps[0].nblocks, 6);
    assert_int_equal(b[0].only, ONLY_BOTH);
    assert_block(&b[1], BLOCK_PAUSE, 15, "");
    assert_block(&b[2], BLOCK_VIEW, 16, "processes");
    assert_int_equal(b[3].only, ONLY_PRACTICE);
    assert_int_equal(b[4].only, ONLY_PRACTICE);
    assert_int_equal(b[5].only, ONLY_BOTH);
    assert_int_equal(l->steps[1].only, ONLY_BOTH);
    assert_int_equal(l->steps[1].blocks[1].kind, BLOCK_PREDICT);
    assert_int_equal(l->steps[1].blocks[1].only, ONLY_REAL);
    assert_int_equal(l->steps[1].blocks[2].only, ONLY_BOTH);
}

static void test_editors(void **state)
{
    /* a byte order mark, Windows line ends, a quoted title */
    _cleanup_(lesson_freep)
    struct lesson *l = parse_ok("\xef\xbb\xbf---\r\nformat: 1\r\nid: t\r\ntitle: \"A: b\"\r\n---\r\n## "
                                "S\r\n```console\r\n$ ls\r\na\r\n```\r\n");
    assert_string_equal(l->title, "A: b");
    assert_string_equal(l->steps[0].blocks[0].expect, "a");
    assert_int_equal(l->steps[0].blocks[0].line, 8);
}

/* Each fault with its line. `wanted` is a part of the report. */
static const struct {
    const char *text, *wanted;
} faults[] = {
    {"# no front matter\n", "1 error: a lesson starts with front matter"},
    {"---\nformat: 1\nid: t\n", "1 error: the front matter is not closed"},
    {"---\nid: t\ntitle: T\n---\n## S\nx\n", "4 error: the front matter lacks `format: 1`"},
    {"---\nformat: 1\ntitle: T\n---\n## S\nx\n", "4 error: the front matter lacks `id:`"},
    {"---\nformat: 2\nid: t\ntitle: T\n---\n## S\nx\n", "2 error: format is \"2\""},
    {"---\nformat: 1\nid: t\ntitle: T\nminuts: 5\n---\n## S\nx\n", "5 error: unknown key \"minuts\"; nearest: minutes"},
    {"---\nformat: 1\nid: My Lesson\ntitle: T\n---\n## S\nx\n", "3 error: id is \"My Lesson\""},
    {"---\nformat: 1\nid: t\ntitle: T\nminutes: five\n---\n## S\nx\n", "5 error: minutes is \"five\""},
    {"---\nformat: 1\nid: t\ntitle: T\nview: proceses\n---\n## S\nx\n", "5 error: there is no view \"proceses\""},
    {"---\nformat: 1\nid: t\ntitle: T\nneeds: userns, usrns\n---\n## S\nx\n", "5 error: needs \"usrns\""},
    {"---\nformat: 1\nid: t\ntitle: T\nman: kill 2\n---\n## S\nx\n", "5 error: man has \"kill 2\""},
    {"---\nformat: 1\nid: t\nid: u\ntitle: T\n---\n## S\nx\n", "4 error: id is set twice, first in line 3"},
    {"---\nformat: 1\nid: t\ntitle:\n---\n## S\nx\n", "4 error: title has no value"},
    {"---\nformat: 1\nid: t\nhello\ntitle: T\n---\n## S\nx\n", "4 error: \"hello\" is no `key: value` line"},
    {HEAD "Text only.\n", "error: the lesson has no step"},
    {HEAD "## A\nx\n## B\ny\n## A!\nz\n", "10 error: two steps are called \"a\" (first in line 6)"},
    {HEAD "## A\n## B\nx\n", "6 error: the step \"A\" is empty"},
    {HEAD "## ...\nx\n", "6 error: a step needs a title"},
    {HEAD "```console\n$ ls\n```\n## S\nx\n", "7 error: this block belongs to a step"},
    {HEAD "# One\ngoal\n# Two\n## S\nx\n", "8 error: a second `# ` heading"},
    {STEP "```console\nls\n```\n", "8 error: output before the first prompt"},
    {STEP "```console\nroot@box# ls\n```\n", "8 error: the prompt must end in @host or @container"},
    {STEP "```console\nroot@fork# ls\n```\n", "8 error: the prompt must end in @host or @container"},
    {STEP "```console\nroot@host#\n```\n", "8 error: no command after the prompt"},
    {STEP "```console\n$ ls\n[1]\nx\n```\n", "9 error: [1] must be the last line"},
    {STEP "```console\n$ ls\n", "7 error: the fence opened here is never closed"},
    {STEP "```consol\n$ ls\n```\n", "7 error: unknown block \"consol\"; nearest: console"},
    {STEP "```sh chekc\ntrue\n```\n", "7 error: unknown block \"sh chekc\"; nearest: sh check"},
    {STEP "```sh check\n\n```\n", "7 error: this shell block is empty"},
    {STEP "```c syscall\n[container] kil(1, SIGTERM) = 0\n```\n", "8 error: kil(1, SIGTERM) = 0: "},
    {STEP "```c syscall\n[contaner] getpid()\n```\n", "8 error: [contaner] is nobody"},
    {STEP "```c syscall\n\n[host getpid()\n```\n", "9 error: the '[' before the call is not closed"},
    {STEP "```c syscall\n[host]\n```\n", "8 error: no call after the side's name"},
    {STEP "```c syscall\n/* open\n```\n", "7 error: a /* comment in this block is not closed"},
    {STEP "```console\n$ :next\n```\n", "8 error: a lesson may order `:why`, `:slow on`"},
    {STEP "```c traced\nchdir(\"/\") = 0\n```\n", "7 error: calls to watch for belong right below the console block"},
    {STEP TRACED "```c traced\nchdir(\"/\") = 0\n```\n```c traced\nchdir(\"/\") = 0\n```\n",
     "13 error: that console block has calls to watch for already, from line 11 on"},
    {STEP "```console\n$ :slow on\n```\n```c traced\nchdir(\"/\")\n```\n", "10 error: calls to watch for belong"},
    {STEP TRACED "```c traced\n```\n", "10 error: no call to watch for"},
    {STEP TRACED "```c traced\nchrot(\"/\") = 0\n```\n", "11 error: porthole knows no call chrot(); nearest: chroot"},
    {STEP TRACED "```c traced\nchdir(\"/\") = 0 || chrot(\"/\")\n```\n", "11 error: porthole knows no call chrot()"},
    {STEP TRACED "```c traced\ngetpid() = 1\n```\n", "11 error: getpid() is not watched in programs"},
    {STEP TRACED "```c traced\nwords\n```\n", "11 error: `words` is no call"},
    {STEP TRACED "```c traced\nchdir(\"/\") = -1 EINVLA\n```\n", "11 error: EINVLA is no error number's name"},
    {STEP TRACED "```c traced\n[sh chdir(\"/\") = 0\n```\n", "11 error: the '[' before the call is not closed"},
    {STEP TRACED "```c traced\nunshare(CLONE_NEWPIDS)\n```\n", "11 warning: porthole prints no constant CLONE_NEWPIDS"},
    {STEP "**Predict:** q?\n\nno list\n", "7 error: a task list must follow the question"},
    {STEP "**Predict:** q?\n", "7 error: a task list must follow the question"},
    {STEP "**Predict:**\n\n- [ ] a\n- [x] b\n", "7 error: the question is empty"},
    {STEP "**Predict:** q?\n\n- [ ] a\n- [ ] b\n", "9 error: no answer is marked `[x]`"},
    {STEP "**Predict:** q?\n\n- [x] a\n- [x] b\n", "9 error: more than one answer is marked"},
    {STEP "**Predict:** q?\n\n- [x] a\n", "9 error: a question needs at least two answers"},
    {STEP "**Predict:** q?\n\n- [x] a\n- b\n", "10 error: an answer of a question starts with `[ ]`"},
    {STEP "x\n\n- [x] a\n- [ ] b\n", "9 error: a task list belongs right below"},
    {STEP "<details><summary>Hint</summary>\n\nx\n", "7 error: this <details> is never closed"},
    {STEP "x\n\n</details>\n", "9 error: </details> without <details>"},
    {STEP "<details>\n\nx\n\n</details>\n", "7 error: <details> must go on with <summary>"},
    {STEP "<details><summary>Hnit</summary>\n\nx\n\n</details>\n", "7 error: summary \"Hnit\"; nearest: hint"},
    {STEP "<details><summary>Hint</summary>\n```\nx\n```\n</details>\n", "8 error: a fence right below an HTML tag"},
    {STEP "<details><summary>Hint</summary>\n\n</details>\n", "7 error: the hint is empty"},
    {STEP "<details><summary>Solution</summary>\n\nwords\n\n</details>\n", "7 error: the solution holds no command"},
    {STEP "<details><summary>Solution</summary>\n\n```sh check\ntrue\n```\n\n</details>\n",
     "9 error: a check belongs to"},
    {STEP "x\n\n<!-- only: root -->\ny\n", "9 error: only is \"root\""},
    {STEP "x\n\n<!-- only: real -->\n\n## T\ny\n", "9 error: nothing follows this `only`"},
    {STEP "x\n\n<!-- only: real -->\n", "9 error: nothing follows this `only`"},
    {STEP "x\n\n<!-- view: nets -->\n", "9 error: there is no view \"nets\""},
    {STEP "x\n\n<!-- speaker_note: -->\n", "9 error: the speaker note is empty"},
    {STEP "x\n\n<!-- never closed\n", "9 error: the comment opened here is never closed"},
    {STEP "x\n\n<!-- speakernote: y -->\n", "9 warning: comment \"speakernote\" is ignored; nearest: speaker_note"},
    {STEP "x <!-- pause --> y\n", "7 warning: a comment inside a paragraph is ignored"},
    {STEP "a\n\nb \033[2J c\n", "9 error: control character \\033"},
    {STEP "a\nb \xff c\n", "8 error: byte 0xff is no UTF-8"},
    {STEP "a \xe2\x80\xae b\n", "7 error: invisible character U+202E"},
};

static void test_faults(void **state)
{
    for (size_t i = 0; i < COUNT(faults); i++) {
        autostr struct str got = {0};
        struct lesson *l = parse(faults[i].text, &got);
        if (!strstr(str_c(&got), faults[i].wanted))
            fail_msg("case %zu: wanted \"%s\", got:\n%s", i, faults[i].wanted, str_c(&got));
        assert_true((l == NULL) == (strstr(str_c(&got), "error: ") != NULL));
        lesson_free(l);
    }
}

/* All faults of a file in one go. */
static void test_goes_on(void **state)
{
    autostr struct str got = {0};
    assert_null(
        parse("---\nformat: 3\nid: t\ntitle: T\nfoo: 1\n---\n## S\n```console\nx\n```\n**Predict:** q?\n", &got));
    assert_string_equal(
        str_c(&got), "2 error: format is \"3\"; this porthole reads format 1\n"
                     "5 error: unknown key \"foo\"; the keys are format, id, title, minutes, after, view, needs, man\n"
                     "9 error: output before the first prompt; start with `root@host# COMMAND` or `root@container# "
                     "COMMAND`\n"
                     "11 error: a task list must follow the question: `- [ ] wrong answer`, `- [x] right answer`\n");
}

static void test_deep(void **state)
{
    autostr struct str text = {0}, got = {0};
    str_add(&text, STEP);
    for (int i = 0; i < 200; i++)
        str_add(&text, "> ");
    str_add(&text, "x\n");
    assert_null(parse(str_c(&text), &got));
    assert_non_null(strstr(str_c(&got), "6 error: blocks below this line are nested too deep"));
}

static void test_doc_lines(void **state)
{
    static const char text[] = "a\n\n```\n\n\nb\n```\n\n- x\n\n  ```info\n\n  c\n  ```\n";
    struct doc d;
    assert_int_equal(doc_parse(&d, text, strlen(text), 0), 0);
    assert_int_equal(doc_line(&d, text), 1);
    assert_int_equal(doc_line(&d, text + 2), 2);
    assert_int_equal(doc_line(&d, text + strlen(text)), 15);
    assert_int_equal(doc_line(&d, "elsewhere"), 0);
    assert_int_equal(d.root->nkids, 3);
    assert_int_equal(d.root->kids[1]->line, 3); /* found although its first lines are empty */
    const struct node *item = d.root->kids[2]->kids[0], *fence = item->kids[item->nkids - 1];
    assert_int_equal(fence->line, 11);
    assert_string_equal(str_c(&fence->text), "\nc\n");
    doc_free(&d);
}

static void test_load(void **state)
{
    autostr struct str got = {0};
    assert_null(lesson_load("/nonexistent/lesson.md", faults_collect, &got));
    assert_string_equal(str_c(&got), "1 error: cannot read the file: No such file or directory\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_example_front), cmocka_unit_test(test_example_steps), cmocka_unit_test(test_console),
        cmocka_unit_test(test_calls),         cmocka_unit_test(test_traced),        cmocka_unit_test(test_prose),
        cmocka_unit_test(test_asides),        cmocka_unit_test(test_comments),      cmocka_unit_test(test_editors),
        cmocka_unit_test(test_faults),        cmocka_unit_test(test_goes_on),       cmocka_unit_test(test_deep),
        cmocka_unit_test(test_doc_lines),     cmocka_unit_test(test_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
