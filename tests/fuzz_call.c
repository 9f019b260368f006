/* Any text as a typed call: it is taken or refused, never more. What is taken prints, and what it prints parses again.
 */
#include "base/die.h"
#include "base/mem.h"
#include "base/str.h"
#include "call/call.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *fuzz_get(void *arg, const char *name)
{
    return strlen(name) % 2 ? "4431" : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct call_scope scope = {fuzz_get, NULL};
    autofree char *line = xmalloc(size + 1);
    memcpy(line, data, size);
    line[size] = '\0';
    struct call_error e, again_error;
    struct call_expect expect;
    size_t end, start, from, to;
    bool path;
    call_looks_like(line);
    call_expect_parse(line, &end, &expect, &e);
    char **v = call_complete(line, strlen(line), &start, &path);
    for (size_t i = 0; v && v[i]; i++)
        free(v[i]);
    free(v);
    call_hint(line, strlen(line), &from, &to);
    struct call *c = call_parse(line, &scope, &e);
    autostr struct str out = {0};
    if (!c) {
        ASSERT(e.text[0] && e.at <= strlen(line));
        call_error_print(&out, line, &e);
        return 0;
    }
    static struct call_image im;
    uint64_t r[CALL_MAX_ARGS];
    call_print(&out, c, NULL);
    if (call_marshal(c, &im, NULL))
        ASSERT(call_image_relocate(&im, r));
    /* A comment, a cut string and a named buffer are for people: those do not parse again. */
    if (!strstr(str_c(&out), "/*") && !strstr(str_c(&out), "\"...")) {
        struct call *again = call_parse(str_c(&out), &scope, &again_error);
        if (!again && !strchr(str_c(&out), '$'))
            die("%s does not parse again: %s", str_c(&out), again_error.text);
        call_free(again);
    }
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

int main(void)
{
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
