/* Signals as events of the loop. Handlers only set a bit and write to a pipe; nothing is blocked, so that children
 * start with a clean mask, and handlers vanish by themselves at exec. */
#ifndef SCREEN_SIGNALS_H
#define SCREEN_SIGNALS_H

enum signal_event {
    SIGNALLED_RESIZE = 1 << 0,    /* SIGWINCH */
    SIGNALLED_CONTINUE = 1 << 1,  /* SIGCONT: after a stop, whoever caused it */
    SIGNALLED_STOP = 1 << 2,      /* SIGTSTP: asked to suspend */
    SIGNALLED_INTERRUPT = 1 << 3, /* SIGINT */
    SIGNALLED_QUIT = 1 << 4,      /* SIGHUP, SIGTERM, SIGQUIT, SIGPIPE: end in order */
};

int signals_open(void); /* installs the handlers; returns the descriptor to watch for POLLIN (ours, close-on-exec) */
int signals_fd(void);   /* that descriptor, -1 when not open */
unsigned signals_take(void); /* the events since the last call, and empties the pipe */
void signals_close(void);    /* the old dispositions again */

/* Stops this process and its group as ^Z does, and returns when it is continued (at once in an orphaned group, which
 * the kernel does not stop). */
void signals_stop_self(void);

/* Calls restore on a crash (SEGV, BUS, FPE, ILL, ABRT; on a stack of its own, so stack overflow too) before the process
 * dies of the same signal, and in die(). NULL takes the handlers out. */
void signals_on_crash(void (*restore)(void));

#endif
