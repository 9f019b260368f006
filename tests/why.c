#include "support.h"

#include "why.h"

#include "base/mem.h"
#include "stage.h"
#include <errno.h>
#include <string.h>

struct session *why_session;

const char *why_device_type(void)
{
    static char name[64];
    FILE *f = fopen("/proc/filesystems", "re");
    for (char line[80]; f && !*name && fgets(line, sizeof line, f);)
        if (line[0] == '\t')
            sscanf(line, "%63s", name);
    if (f)
        fclose(f);
    return name;
}

static const char *why_var(void *arg, const char *name)
{
    static char number[16];
    const struct actor *who = NULL;
    int id = 0;
    if (sscanf(name, "outer%d", &id) == 1)
        who = session_actor(why_session, id);
    if (who) /* as its parent's namespace numbers it: the stage's host does, here */
        return snprintf(number, sizeof number, "%d", (int)who->host_pid), number;
    if (!strcmp(name, "device_type"))
        return why_device_type();
    if (!strcmp(name, "inner")) { /* a number that nobody has on the host side, but somebody inside */
        const struct actor *all[64];
        size_t n = session_actors(why_session, all, COUNT(all));
        for (size_t i = 0; i < n; i++) {
            int taken = 0;
            for (size_t j = 0; j < n; j++)
                taken |= all[j]->host_pid == all[i]->own_pid;
            if (all[i]->own_pid != all[i]->host_pid && !taken && all[i]->own_pid > 1)
                snprintf(number, sizeof number, "%d", (int)all[i]->own_pid);
        }
        return number;
    }
    return session_var(why_session, SIDE_HOST, name);
}

/* Makes the call; the causes go to *w. */
void why_try_call(int id, const char *line, struct why *w, int *err)
{
    static struct call_image image;
    struct call_scope scope = {why_var, NULL};
    struct call_error bad;
    struct outcome o = {0};
    _cleanup_(call_freep)
    struct call *c = call_parse(line, &scope, &bad);
    if (!c)
        fail_msg("%s: %s", line, bad.text);
    struct actor *who = session_actor(why_session, id);
    if (!who || session_call(why_session, who, c, &image, NULL, &o) < 0)
        fail_msg("%s: %s %s %s", line, o.step, o.where, o.hint);
    *err = image.err;
    if (w)
        why_explain(why_session, who, c, &image, w);
}

void why_made_up(const struct actor *who, const char *line, int err, struct why *w)
{
    static struct call_image image;
    struct call_error bad;
    _cleanup_(call_freep)
    struct call *c = call_parse(line, NULL, &bad);
    if (!c || !call_marshal(c, &image, NULL))
        fail_msg("%s: %s", line, bad.text);
    image.ret = -1;
    image.err = err; /* what the kernel has just answered to somebody in the same place */
    why_explain(why_session, who, c, &image, w);
}

void why_assert(const struct why *w, const char *name)
{
    autostr struct str all = {0};
    why_print_all(w, &all);
    if (!w->first || strcmp(w->first->name, name))
        fail_msg("expected %s:\n%s", name, str_c(&all));
}

void why_assert_call(int id, const char *line, int err, const char *cause)
{
    autowhy struct why w = {0};
    int got = 0;
    why_try_call(id, line, &w, &got);
    assert_int_equal(got, err);
    why_assert(&w, cause);
}
