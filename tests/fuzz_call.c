/* Any text as a typed call: it is taken or refused, never more. What is taken prints, and what it prints parses again.
 *
 * With -DFUZZ this is a target for libFuzzer (clang -fsanitize=fuzzer); else a program of its own that mutates seeds,
 * FUZZ_RUNS times, always the same way, or reads the files it is given. */
#include "base/die.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "call/call.h"
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *fuzz_get(void *arg, const char *name)
{
    return strlen(name) % 2 ? "4431" : NULL;
}

/* What came back may be anything; a forged image must be refused or be harmless to relocate and to print. */
static void fuzz_images(const struct call *c, const uint8_t *data, size_t size)
{
    static struct call_image im;
    struct outcome o;
    uint64_t r[CALL_MAX_ARGS];
    autostr struct str out = {0};
    if (!call_marshal(c, &im, &o)) {
        ASSERT(o.err && o.step[0]);
        return;
    }
    ASSERT(call_image_valid(&im));
    for (size_t i = 0; i < im.len; i++)
        im.arena[i] ^= size ? data[i % size] : 0;
    im.ret = size ? (int8_t)data[0] * 1000 : 0;
    im.err = size ? data[size / 2] : 0;
    call_print_result(&out, c, &im);
    call_outputs_hold(c, &im, &out);
    for (size_t i = 0; i + 3 < size; i += 4) /* bytes of the header */
        ((unsigned char *)&im)[(data[i] << 8 | data[i + 1]) % offsetof(struct call_image, arena)] = data[i + 2];
    call_print_result(&out, c, &im);
    if (call_image_valid(&im))
        ASSERT(call_image_relocate(&im, r));
}

/* What was printed parses again and prints the same; remarks and cut texts are for people. */
static void fuzz_again(const char *printed, const struct call_scope *scope)
{
    struct call_error e;
    autostr struct str twice = {0};
    if (strstr(printed, "\"...") || strchr(printed, '$'))
        return;
    struct call *again = call_parse(printed, scope, &e);
    if (!again)
        die("%s does not parse again: %s", printed, e.text);
    call_print(&twice, again, NULL);
    if (strcmp(printed, str_c(&twice)))
        die("%s prints again as %s", printed, str_c(&twice));
    call_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct call_scope scope = {fuzz_get, NULL};
    autofree char *line = xmalloc(size + 1);
    memcpy(line, data, size);
    line[size] = '\0';
    struct call_error e;
    struct call_expect expect;
    size_t end, start, from, to;
    bool path;
    (void)call_looks_like(line);
    call_expect_parse(line, &end, &expect, &e);
    for (int place = 0; place < 2; place++) {
        size_t point = place ? strlen(line) / 2 : strlen(line);
        char **v = call_complete(line, point, &start, &path);
        ASSERT(start <= point);
        for (size_t i = 0; v && v[i]; i++)
            free(v[i]);
        free(v);
        const char *hint = call_hint(line, point, &from, &to);
        ASSERT(from <= to && (!hint || to <= strlen(hint)));
    }
    struct call *c = call_parse(line, &scope, &e);
    autostr struct str out = {0};
    if (!c) {
        ASSERT(e.text[0] && e.at <= strlen(line));
        call_error_print(&out, line, &e);
        return 0;
    }
    fuzz_images(c, data, size);
    call_print(&out, c, NULL);
    fuzz_again(str_c(&out), &scope);
    call_free(c);
    return 0;
}

#ifndef FUZZ
static const char *const fuzz_seeds[] = {
    "mount(\"proc\", \"/proc\", \"proc\", MS_NOSUID|MS_NODEV, NULL) = 0",
    "kill($pid, SIGTERM) = -1 ESRCH (No such process)",
    "execve(\"/bin/sh\", [\"sh\", \"-c\", \"ls\"], NULL) = ?",
    "capset(0, {effective=CAP_KILL, permitted=0x20, inheritable=0})",
    "wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 7}], WNOHANG, NULL)",
    "mknod(\"null\", S_IFCHR|0666, makedev(1, 3))",
    "setgroups([27, 44])",
    "write(1, \"\\x41\\101\\n\")",
    "clone3({flags=CLONE_NEWPID|CLONE_NEWTIME, exit_signal=SIGCHLD, stack=NULL, stack_size=0}, 88)",
    "prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0)",
    "fsconfig(3, FSCONFIG_SET_BINARY, \"key\", \"\\1\\2\\0\", 2)",
    "openat2(AT_FDCWD, \"$rootfs/${x}y\", {.flags = O_RDONLY|O_CREAT, .mode = 0644, .resolve = RESOLVE_IN_ROOT})",
    "execveat(3, \"\", {\"sh\", NULL}, 0x7ffc /* 12 vars */, AT_EMPTY_PATH)",
    "readlink(\"/proc/self/ns/pid\", \"pid:[1]\", 64) = 7",
};

static void fuzz_mutate(unsigned *seed, char *data, size_t *n, size_t max)
{
    static const char spice[] = "()[]{}\"\\|,=$ &*NULL-09";
    for (int change = rand_r(seed) % 6; change >= 0 && *n; change--) {
        size_t at = (size_t)rand_r(seed) % *n, tail = *n - at;
        if (rand_r(seed) % 4 == 0)
            *n = at + 1;
        else if (rand_r(seed) % 4 == 0 && *n + tail < max) {
            memmove(data + *n, data + at, tail);
            *n += tail;
        } else
            data[at] = rand_r(seed) % 2 ? spice[(size_t)rand_r(seed) % (sizeof spice - 1)] : (char)rand_r(seed);
    }
}

static int fuzz_file(const char *path)
{
    autostr struct str text = {0};
    if (!file_read(AT_FDCWD, path, &text, 1 << 20)) {
        fprintf(stderr, "fuzz_call: %s: %s\n", path, strerror(errno));
        return 2;
    }
    LLVMFuzzerTestOneInput((const uint8_t *)str_c(&text), text.len);
    return 0;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        int failed = fuzz_file(argv[i]);
        if (failed || i == argc - 1)
            return failed;
    }
    const char *text = getenv("FUZZ_RUNS");
    long runs = text ? atol(text) : 50000;
    unsigned seed = 1;
    for (long run = 0; run < runs; run++) {
        char data[1024];
        size_t n = strlen(fuzz_seeds[run % (long)COUNT(fuzz_seeds)]);
        memcpy(data, fuzz_seeds[run % (long)COUNT(fuzz_seeds)], n);
        fuzz_mutate(&seed, data, &n, sizeof data);
        LLVMFuzzerTestOneInput((const uint8_t *)data, n);
    }
    printf("fuzz_call: %ld runs, nothing found\n", runs);
    return 0;
}
#endif
