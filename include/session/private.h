/* What the files of session/ share. Private to session/. */
#ifndef SESSION_PRIVATE_H
#define SESSION_PRIVATE_H

#include "actor/wire.h"
#include "base/text.h"
#include "proc/mountinfo.h"
#include "session/guard.h"
#include "session/pty.h"
#include "session/session.h"
#include "session/vars.h"
#include "session/warden.h"
#include "session/watcher.h"

#define SESSION_ACTORS     64
#define SESSION_REMEMBERED 64     /* stages */
#define SESSION_RS         '\036' /* frames our marks in a pty's output; no program prints it */

/* One actor with what only the session needs. pub comes first: a struct actor * is a struct member *. */
struct member {
    struct actor pub;
    struct session *session;
    uint64_t start; /* with pid: names the process for ever */
    int control, pidfd;
    int master, slave; /* its pty; the slave is held so that the master never hangs up */
    bool called;       /* a WIRE_CALL is on its way, and somebody waits for the answer */
    bool replied;      /* its answer is in session.reply */
    bool ended;        /* the control socket ended: executed a program, or died */
    bool hello;
    bool filtered; /* the answer to WIRE_FILTER came */
    int filter_err;
    /* The command it spawned in the foreground. */
    bool spawned, exited;
    int spawn_err, exit_status;
    pid_t spawn_pid; /* own numbering */
    int spawn_pidfd; /* to end it, -1 */
    /* Output: the mark being read, and what came last. */
    char mark[24];
    int mark_len;      /* 0: not in a mark */
    const char *echo;  /* rest of a line we sent, which the program's line editor repeats; NULL none */
    struct str unsure; /* what came since it was expected, until that is clear */
    char echo_escape;  /* ESC or [: inside an escape sequence; 0: not */
    bool echo_tail;    /* ... all of it came, its line end has not */
    char asked[160];   /* the end of its output's last line, as long as that has no line end: secret.c */
    size_t nasked;
    long sync_seen; /* number of the last sync mark */
    bool prompt;    /* a shell's prompt came since this was cleared */
    bool continued; /* ... a continuation prompt: the line was not a whole command */
    bool is_shell;  /* it has shown a prompt ever */
    int prompt_status;
    int64_t output_ms; /* when output came last */
    bool quiet;        /* no events.output */
    struct str *capture;
};

/* A side's own terminal: pty.c. */
struct pty {
    struct session *session;
    enum side side;
    enum pty_state state;
    struct member *member; /* the actor that started the program, and reaps it */
    uint32_t tag;          /* of the request */
    bool spawned, exec_known, shell;
    int err, exec_err; /* fork's, execve's or that of entering */
    char exec_step[24];
    pid_t pid, spawn_pid; /* machine pid of the program; own numbering of the actor's child */
    int master, pidfd, status_fd;
    int status;
    struct str queue; /* typed, not yet taken */
    size_t portion;   /* bytes read since... */
    int64_t since;
    int rest, grace, farewell; /* timers */
    char program[64];
};

struct session {
    struct loop *loop;
    const struct rootfs *image;
    int image_tar;
    struct warden *warden;
    struct session_events events;
    enum stage_kind kind;
    int stage; /* the warden's number, 0 none */
    pid_t root;
    char lab[64];
    struct guard_place place; /* of the current stage */
    int *uts;                 /* the UTS namespace of every stage there was, held open for the receipt */
    size_t nuts, caputs;
    struct member *member[SESSION_ACTORS];
    size_t nmembers;
    int last_id;
    struct member *driven[2]; /* per side */
    enum side side;
    struct vars vars[2];
    char cwd[512];
    int host_proc, container_proc; /* -1 none */
    bool busy;
    int interrupts; /* how often ^C came */
    bool given_up;  /* porthole quits: nobody waits for anything any more */
    int patience;
    long syncs;
    struct wire_message in, out;
    struct call_image reply;
    struct actor_plan *plan;
    size_t nplan;
    char child_set[32];            /* the plan's name for the next child */
    struct session_span quiet[16]; /* the latest RUN_QUIET commands, in a ring */
    size_t nquiet;                 /* since the start */
    /* Watching programs: watch.c. */
    struct watcher *watcher; /* NULL: there is none, unwatched says why */
    bool watched;            /* this stage is */
    bool no_new_privs;       /* the watcher's filter took that; STAGE_MACHINE */
    char unwatched[256];
    enum slow slow;
    struct watch_held **held; /* in the order in which they stopped */
    size_t nheld, capheld;
    pid_t *stopped; /* by job control */
    size_t nstopped, capstopped;
    pid_t witness[16]; /* the innermost last */
    size_t nwitness;
    struct pty pty[2]; /* by side */
    uint32_t pty_tag;
    struct str receipt_before; /* links at the start */
    struct mounts mounts_before;
};

static inline struct member *member_of(const struct actor *a)
{
    return (struct member *)(uintptr_t)a;
}

/* secret.c */
void secret_hear(struct member *m, const char *bytes, size_t n); /* from the program */
void secret_forget(struct member *m);                            /* it was answered */

/* members.c */
struct member *member_add(struct session *s, const char *name, enum side side, int parent_id, int child_end[2],
                          struct outcome *o);
bool member_greet(struct member *m, struct outcome *o); /* waits for its hello */
void member_free(struct member *m);
void member_refresh(struct member *m); /* pids in the namespaces */
/* Pumps the loop until done, sets busy meanwhile. false when the time is over, ^C came that often from now on (0: it
 * does not matter), m is stopped, or porthole quits. */
bool session_wait(struct member *m, bool (*done)(void *), void *arg, int timeout_ms, int interrupts);
bool member_is_stopped(const struct member *m);
#define SESSION_INSISTS 3 /* that many ^C end the wait for what does not react to them */
void member_emit(struct member *m, const char *bytes, size_t n); /* hands text on as the actor's output */
void member_end_echo(struct member *m); /* what was kept back as a line's repetition is output */
void member_drain(struct member *m);    /* everything written so far has been passed on when it returns */

/* session_call.c */
int session_ready(const struct member *m, struct outcome *o);          /* -1 with *o: it cannot serve now */
int session_refuse_silence(const struct member *m, struct outcome *o); /* -1 with *o: why it did not answer */
/* Sends session.out to m and waits for the answer (m->replied) or the end of its socket (m->ended). */
int session_exchange(struct session *s, struct member *m, const int *fds, int nfds, struct outcome *o);

/* pty.c */
struct pty *pty_of(const struct session *s, enum side side);
void pty_tell(struct pty *p, const char *bytes, size_t n);        /* n 0: the state has changed */
void pty_on_ready(void *arg, int fd, short revents);              /* its master's watch */
void pty_on_exit(void *arg, int fd, short revents);               /* its pidfd's */
void pty_release(struct pty *p);                                  /* what a running one holds */
void pty_spawned(struct member *m, const struct wire_head *head); /* the actor has forked */
void pty_exited(struct member *m, pid_t spawned, int status);     /* a child of the actor's has ended */
void pty_lose(struct session *s);                                 /* the stage ends */

/* watch.c */
void watch_open(struct session *s);
void watch_close(struct session *s);                                       /* kills what is still watched */
void watch_stage(struct session *s, struct member *host);                  /* a stage has begun with that actor */
void watch_actor(struct session *s, const struct member *m);               /* has been forked */
void watch_command(struct session *s, const struct member *m, bool quiet); /* its next child runs a command */
void watch_flush(struct session *s);                                       /* everything that was done has been told */
void watch_cancel(struct session *s);                                      /* what is held is not made */
bool watch_is_stopped(const struct session *s, pid_t pid);                 /* 't' in /proc: by job control? */

/* run.c: the variables that are set anew for every command of that actor. */
void session_env_refresh(struct session *s, const struct member *m);

/* receipt.c: remembers what there was before the first stage. */
void receipt_begin(struct session *s);
void receipt_end(struct session *s);

/* guard.c: may this actor make this call? -1 with *o says why not. */
int guard_check(struct session *s, const struct actor *who, const struct call *c, struct outcome *o);
/* Is the machine's process pid one that this session started? */
bool guard_is_ours(const struct session *s, pid_t pid);

#endif
