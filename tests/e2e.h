/* The real program on a pty: what the end-to-end tests share. */
#ifndef TESTS_E2E_H
#define TESTS_E2E_H

#include "vt.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define E2E_MS 8000 /* patience with a loaded machine */

struct e2e {
    struct vt_run run;
    char dir[64];          /* holds state/ and lessons/; removed at the end */
    struct termios before; /* of the pty, before the program had it */
    struct e2e_process {
        pid_t pid;
        uint64_t start;
    } family[256]; /* as e2e_family() found them */
    size_t nfamily;
};

const char *e2e_program(void); /* $PORTHOLE or ./porthole */
const char *e2e_cannot(void);  /* NULL, or why these tests cannot run here */

/* Starts porthole --practice with the tests' own lesson and waits for its prompt. extra: environment additions, NULL
 * for none. */
void e2e_start(struct e2e *e, int rows, int cols, const char *const *extra);
/* The same on a stage, "--practice" or "--real". */
void e2e_start_stage(struct e2e *e, int rows, int cols, const char *stage);
/* bash -c script; its $0 is text, then come the stage, the program and the directory of the tests' own lesson. */
void e2e_start_script(struct e2e *e, int rows, int cols, const char *script, const char *text, const char *stage);
/* The same with a command line; "@" arguments stand for the program, "%" for its usual arguments. */
void e2e_start_command(struct e2e *e, int rows, int cols, const char *const *extra, const char *script);
/* The shipped course on a stage, "--practice" or "--real". */
void e2e_start_course(struct e2e *e, int rows, int cols, const char *stage);
void e2e_end(struct e2e *e);

/* For a stage, "--practice" or "--real": NULL, or why tests cannot run there. */
const char *e2e_cannot_on(const char *stage);
/* Runs the test on each stage that can be had; skips it where none can. */
void e2e_on_each_stage(void (*test)(const char *stage));
#define E2E_ON_EACH_STAGE(name)                                                                                        \
    static void name##_on_each_stage(void **state)                                                                     \
    {                                                                                                                  \
        e2e_on_each_stage(name);                                                                                       \
    }

void e2e_type(struct e2e *e, const char *bytes);
void e2e_wait(struct e2e *e,
              const char *text); /* until it is on the screen; fails the test with the screen otherwise */
void e2e_wait_gone(struct e2e *e, const char *text);               /* until it is not */
void e2e_run(struct e2e *e, const char *line, const char *answer); /* types a line and Enter, waits for the answer */
/* Slow motion on the full screen: answers each held call by key until text is on the screen. */
void e2e_step_to(struct e2e *e, const char *key, const char *text);

/* Porthole and everything below it, remembered; and whether all of it is gone within ms. */
void e2e_family(struct e2e *e);
bool e2e_family_gone(struct e2e *e, int ms);
void e2e_assert_restored(struct e2e *e); /* modes as before, alternate screen left, cursor visible */

#endif
