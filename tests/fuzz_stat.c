/* Fuzzes what is read of a foreign process: any bytes for a stat or status file do no harm, and any bytes for a name
 * cannot change what the numbers behind it say, nor reach the terminal raw. Under libFuzzer (-fsanitize=fuzzer, -DFUZZ)
 * its loop is used; else main() runs the files given, or mutates a stat line with a fixed seed, FUZZ_RUNS times. */
#include "base/mem.h"
#include "base/str.h"
#include "base/text.h"
#include "proc/task.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_TAIL                                                                                                      \
    " S 7 42 42 0 -1 4194560 121 0 0 0 1 2 0 0 20 0 1 0 98765 1 2 3 93824992231424 93824992247305 140737488\n"

static void fuzz_require(bool holds)
{
    if (!holds)
        abort();
}

/* The name as a view would show it. */
static void fuzz_name(const struct task *t)
{
    autostr struct str safe = {0};
    fuzz_require(memchr(t->comm, '\0', sizeof t->comm) != NULL);
    text_sanitise(&safe, t->comm, strlen(t->comm), TEXT_LINE);
    for (size_t i = 0; i < safe.len; i++)
        fuzz_require((unsigned char)safe.s[i] >= 0x20 && safe.s[i] != 0x7f);
    for (size_t at = 0; at < safe.len;) {
        unsigned cp;
        at += (size_t)text_decode(safe.s + at, safe.len - at, &cp);
        fuzz_require(cp < 0x80 || cp >= 0xa0);
    }
}

static void fuzz_as_stat(const char *text, size_t size)
{
    struct task t = {0};
    if (!task_parse_stat(text, size, &t))
        return;
    fuzz_require(t.pid > 0 && t.ppid >= 0 && t.pgrp >= 0 && t.state > ' ' && t.state < 0x7f);
    fuzz_name(&t);
}

static void fuzz_as_comm(const char *comm, size_t size)
{
    struct task t = {0};
    autostr struct str text = {0};
    str_add(&text, "42 (");
    str_addn(&text, comm, size);
    str_add(&text, ")" FUZZ_TAIL);
    bool parsed = task_parse_stat(text.s, text.len, &t);
    fuzz_require(parsed == (memchr(comm, '\0', size) == NULL));
    if (!parsed)
        return;
    fuzz_require(t.pid == 42 && t.state == 'S' && t.ppid == 7 && t.pgrp == 42 && t.start == 98765);
    fuzz_require(strlen(t.comm) == (size < sizeof t.comm ? size : sizeof t.comm - 1));
    fuzz_require(!memcmp(t.comm, comm, strlen(t.comm)));
    fuzz_name(&t);
}

static void fuzz_as_status(const char *text)
{
    struct task t = {.pid = 42};
    task_parse_status(text, &t);
    fuzz_require(t.nspids >= 1 && t.nspids <= TASK_LEVELS);
    for (int i = 0; i < t.nspids; i++)
        fuzz_require(t.nspid[i] >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 1 << 16)
        return 0;
    autofree char *exact = xmalloc(size ? size : 1); /* no NUL behind it: reading on is caught by the sanitiser */
    memcpy(exact, data, size);
    autofree char *text = xstrndup(exact, size);
    fuzz_as_stat(exact, size);
    fuzz_as_comm(exact, size);
    fuzz_as_status(text);
    return 0;
}

#ifndef FUZZ
static int fuzz_file(const char *path)
{
    static char buf[1 << 16];
    FILE *f = fopen(path, "re");
    if (!f) {
        perror(path);
        return 1;
    }
    size_t n = fread(buf, 1, sizeof buf, f);
    fclose(f);
    LLVMFuzzerTestOneInput((const uint8_t *)buf, n);
    return 0;
}

static void fuzz_mutations(long runs)
{
    static const char *const seeds[] = {
        ("42 (sh)" FUZZ_TAIL),
        ") S 1 (",
        "Name:\tsh\nUid:\t0\t0\t0\t0\nNSpid:\t42\t7\t1\n",
        "a\033[31m\n\xe2\x80\xae)",
    };
    static const char spice[] = "()) \n\t-0919\033\\\xff\xe2\x80\0S";
    unsigned seed = 1;
    for (long run = 0; run < runs; run++) {
        char buf[512];
        const char *from = seeds[run % (long)COUNT(seeds)];
        size_t n = strlen(from);
        memcpy(buf, from, n);
        for (int change = rand_r(&seed) % 8; change >= 0 && n; change--) {
            size_t at = (size_t)rand_r(&seed) % n;
            switch (rand_r(&seed) % 4) {
            case 0:
                buf[at] = spice[(size_t)rand_r(&seed) % (sizeof spice - 1)];
                break;
            case 1:
                buf[at] = (char)rand_r(&seed);
                break;
            case 2:
                n = at + 1;
                break;
            default:
                if (2 * (n - at) + at < sizeof buf) {
                    memmove(buf + n, buf + at, n - at);
                    n += n - at;
                }
            }
        }
        LLVMFuzzerTestOneInput((const uint8_t *)buf, n);
    }
    printf("fuzz_stat: %ld runs, nothing found\n", runs);
}

int main(int argc, char **argv)
{
    const char *runs = getenv("FUZZ_RUNS");
    int failed = 0;
    for (int i = 1; i < argc; i++)
        failed |= fuzz_file(argv[i]);
    if (argc < 2)
        fuzz_mutations(runs ? atol(runs) : 200000);
    return failed;
}
#endif
