#include "support.h"

#include "stage.h"

#include "base/mem.h"
#include "base/text.h"
#include "proc/procfs.h"
#include "session/doctor.h"
#include <ctype.h>
#include <dirent.h>
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>

struct loop *stage_loop;
static struct rootfs *stage_image;

struct session *stage_open(enum stage_kind kind)
{
    autostr struct str why = {0};
    bool can = kind == STAGE_PRACTICE ? doctor_stage_practice(&why) : doctor_stage_real(&why);
    SKIP_UNLESS(can, str_c(&why));
    struct outcome o = {0};
    stage_loop = loop_new();
    stage_image = rootfs_default(&o);
    if (!stage_image)
        fail_msg("no image: %s %s", o.step, o.hint);
    struct session *s = session_new(stage_loop, stage_image, &o);
    if (!s || session_start(s, kind, &o) < 0)
        fail_msg("no stage: %s: %s (%d) %s", o.step, o.where, o.err, o.hint);
    return s;
}

/* No machine has room for such a stack. */
struct session *stage_open_unwatched(enum stage_kind kind)
{
    pthread_attr_t normal, large;
    pthread_getattr_default_np(&normal);
    pthread_attr_init(&large);
    pthread_attr_setstacksize(&large, (size_t)1 << 47);
    pthread_setattr_default_np(&large);
    struct session *s = stage_open(kind);
    pthread_setattr_default_np(&normal);
    pthread_attr_destroy(&large);
    pthread_attr_destroy(&normal);
    return s;
}

void stage_close(struct session *s)
{
    session_free(s);
    rootfs_free(stage_image);
    loop_free(stage_loop);
}

static const char *stage_scope_get(void *arg, const char *name)
{
    return session_var(arg, SIDE_CONTAINER, name);
}

static int stage_try(struct session *s, int who, const char *line, struct call_image *image, struct outcome *o)
{
    struct call_scope scope = {stage_scope_get, s};
    struct call_error e;
    _cleanup_(call_freep)
    struct call *c = call_parse(line, &scope, &e);
    if (!c)
        fail_msg("%s: %s", line, e.text);
    struct actor *a = session_actor(s, who);
    if (!a)
        fail_msg("no actor %d", who);
    return session_call(s, a, c, image, NULL, o);
}

long stage_call(struct session *s, int who, const char *line, int *err)
{
    static struct call_image image;
    struct outcome o = {0};
    if (stage_try(s, who, line, &image, &o) < 0)
        fail_msg("%s refused: %s %s %s", line, o.step, o.where, o.hint);
    if (err)
        *err = image.err;
    return image.ret;
}

const char *stage_refused(struct session *s, int who, const char *line)
{
    static struct call_image image;
    static char text[1024];
    struct outcome o = {0};
    if (stage_try(s, who, line, &image, &o) == 0)
        fail_msg("%s was not refused: %ld", line, (long)image.ret);
    snprintf(text, sizeof text, "%s: %s: %s", o.step, o.where, o.hint);
    return text;
}

int stage_run(struct session *s, int who, const char *command, const char **out)
{
    static struct str text;
    struct outcome o = {0};
    int status = -1;
    str_cut(&text, 0);
    if (session_run(s, session_actor(s, who), command, RUN_QUIET, 10000, &text, &status, &o) < 0)
        return -1;
    str_addn(&text, "", 0);
    if (out)
        *out = text_trim(text.s);
    return WIFEXITED(status) ? WEXITSTATUS(status) : status < 0 ? status : 128 + WTERMSIG(status);
}

int stage_count(uint64_t ns)
{
    int n = 0;
    DIR *d = opendir("/proc");
    struct dirent *e;
    while (d && (e = readdir(d)))
        if (isdigit((unsigned char)e->d_name[0]))
            n += procfs_ns(procfs_self(), (pid_t)atol(e->d_name), "mnt") == ns;
    if (d)
        closedir(d);
    return n;
}
