/* Fuzzes the lesson parser, lint and expect_matches: any bytes give a lesson or faults with a line, and never an
 * invalid byte in a message. Under libFuzzer (-fsanitize=fuzzer, -DFUZZ) its loop is used; else main() runs the files
 * given, or mutates a small lesson with a fixed seed, FUZZ_RUNS times. */
#include "base/mem.h"
#include "base/str.h"
#include "base/text.h"
#include "lesson/expect.h"
#include "lesson/lesson.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_fault(void *arg, const char *path, int line, bool error, const char *message)
{
    autostr struct str safe = {0};
    text_sanitise(&safe, message, strlen(message), TEXT_LINE);
    if (line < 1 || !*message || strcmp(str_c(&safe), message) != 0)
        abort();
    *(int *)arg += error;
}

static const char *fuzz_var(void *arg, const char *name)
{
    return *name == 'u' ? NULL : "4431 ...";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    autofree char *text = xstrndup((const char *)data, size);
    if (size > 20000 || strlen(text) != size)
        return 0;
    int errors = 0;
    struct lesson *l = lesson_parse("fuzz.md", text, size, fuzz_fault, &errors);
    if ((l == NULL) != (errors > 0))
        abort();
    if (l) {
        lesson_lint(l, fuzz_fault, &errors);
        for (size_t s = 0; s < l->nsteps; s++)
            for (size_t b = 0; b < l->steps[s].nblocks; b++)
                if (!l->steps[s].blocks[b].text || l->steps[s].blocks[b].line < 1)
                    abort();
    }
    lesson_free(l);
    size_t half = strcspn(text, "\f");
    if (half < size && half < 2000 && size - half < 2000) {
        text[half] = '\0';
        expect_matches(text, text + half + 1, fuzz_var, NULL, NULL);
    }
    return 0;
}

#ifndef FUZZ
static const char seed_lesson[] =
    "---\nformat: 1\nid: t\ntitle: T\nminutes: 5\nman: kill(2)\n---\n# T\n\nGoal.\n\n<!-- speaker_note: n -->\n"
    "```sh setup\nsleep 31337 & export victim=$!\n```\n## One\n\n> **Misconception:** no\n\n```console\nroot@host# ps "
    "| grep "
    "'[s]leep 31337'\n> more\n$victim ...\n[1]\n$ ls\n```\n\n**Predict:** q?\n\n- [ ] a\n\n  fb\n\n- [x] b\n\n"
    "<details><summary>Hint</summary>\n\nh\n\n</details>\n<details><summary>Solution</summary>\n\n```c "
    "syscall\n[container] kill($victim, SIGTERM) = 0\n```\n\n```console\n$ :slow on\n$ ls\n```\n```c traced\n[ls] "
    "execve(\"/bin/ls\", ...) = 0 || chdir(\"/\") = -1 EPERM /* l */\n```\n</details>\n\n```sh check\ntrue || echo "
    "x\n```\n<!-- "
    "only: real "
    "-->\n## Two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n1. x\n   - y\n\n```c\nz\n```\n";

static void fuzz_mutate(unsigned *seed, uint8_t *data, size_t *size, size_t max)
{
    static const char bits[] = "`*[]<>-#:$&\n \\/.x!|~\f";
    for (int n = 1 + rand_r(seed) % 8; n--;) {
        size_t at = (size_t)rand_r(seed) % *size;
        size_t len = 1 + (size_t)rand_r(seed) % 40;
        if (len > *size - at)
            len = *size - at;
        switch (rand_r(seed) % 4) {
        case 0:
            data[at] = (uint8_t)bits[(size_t)rand_r(seed) % (sizeof bits - 1)];
            break;
        case 1:
            memmove(data + at, data + at + len, *size - at - len);
            *size -= *size > len ? len : 0;
            break;
        case 2:
            if (*size + len <= max) {
                memmove(data + at + len, data + at, *size - at);
                *size += len;
            }
            break;
        default:
            data[at] = (uint8_t)rand_r(seed);
        }
    }
}

static int fuzz_file(const char *path)
{
    static uint8_t data[65536];
    FILE *f = fopen(path, "rbe");
    if (!f) {
        perror(path);
        return 1;
    }
    size_t n = fread(data, 1, sizeof data, f);
    fclose(f);
    LLVMFuzzerTestOneInput(data, n);
    return 0;
}

int main(int argc, char **argv)
{
    int failed = 0;
    for (int i = 1; i < argc; i++)
        failed |= fuzz_file(argv[i]);
    const char *runs = getenv("FUZZ_RUNS");
    unsigned seed = 1;
    for (long n = argc > 1 ? 0 : runs ? atol(runs) : 20000; n > 0; n--) {
        uint8_t data[4096];
        size_t size = sizeof seed_lesson - 1;
        memcpy(data, seed_lesson, size);
        fuzz_mutate(&seed, data, &size, sizeof data);
        LLVMFuzzerTestOneInput(data, size);
    }
    return failed;
}
#endif
