/* Features by name, the stages, and the report. What is tried is in probe_kernel.c, probe_tools.c and
 * probe_house.c. */
#include "session/doctor.h"
#include "base/mem.h"
#include "base/text.h"
#include "session/image.h"
#include "session/probe.h"
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define DOCTOR_MAX   64
#define DOCTOR_WIDTH 96 /* columns of the report */

static const struct probe *doctor_find(const char *name)
{
    static const struct probe *const tables[] = {probes_kernel, probes_tools, probes_house};
    for (size_t t = 0; t < COUNT(tables); t++)
        for (const struct probe *p = tables[t]; p->name; p++)
            if (!strcmp(p->name, name))
                return p;
    return NULL;
}

bool doctor_try(const char *name, struct doctor_result *r)
{
    const struct probe *p = doctor_find(name);
    struct probe_run run;
    if (!p)
        return false;
    probe_start(&run, p);
    probe_finish(&run, r);
    return true;
}

const char *const *doctor_names(void)
{
    static const char *names[DOCTOR_MAX + 1];
    size_t n = 0;
    for (const struct probe *p = probes_kernel; p->name && n < DOCTOR_MAX; p++)
        names[n++] = p->name;
    for (const struct probe *p = probes_tools; p->name && n < DOCTOR_MAX; p++)
        names[n++] = p->name;
    for (const struct probe *p = probes_house; p->name && n < DOCTOR_MAX; p++)
        names[n++] = p->name;
    return names;
}

/* Stages. */

static void doctor_practice(struct doctor_result *r)
{
    struct probe_run run;
    probe_start(&run, &probe_practice);
    probe_finish(&run, r);
    if (!r->works || image_find_busybox())
        return;
    struct doctor_result busybox;
    doctor_try("busybox", &busybox);
    busybox.name = r->name;
    busybox.what = r->what;
    *r = busybox;
}

static void doctor_real(struct doctor_result *r)
{
    struct probe_run run;
    probe_start(&run, &probe_real);
    probe_finish(&run, r);
}

static bool doctor_stage(const struct doctor_result *r, struct str *reason)
{
    if (!r->works && reason)
        str_addf(reason, "%s%s%s", r->why, r->cure[0] ? ". What to do: " : "", r->cure);
    return r->works;
}

bool doctor_stage_practice(struct str *reason)
{
    struct doctor_result r;
    doctor_practice(&r);
    return doctor_stage(&r, reason);
}

bool doctor_stage_real(struct str *reason)
{
    struct doctor_result r;
    doctor_real(&r);
    return doctor_stage(&r, reason);
}

/* The report. */

static void doctor_wrap(struct str *out, const char *label, const char *text)
{
    autostr struct str safe = {0}, line = {0};
    text_sanitise(&safe, text, strlen(text), TEXT_LINE);
    str_addf(&line, "                  %-5s %s", label, str_c(&safe));
    text_wrap(out, str_c(&line), DOCTOR_WIDTH, "                        ");
    str_addc(out, '\n');
}

static void doctor_line(struct str *out, const struct doctor_result *r)
{
    str_addf(out, "  %-10s  %-3s %s\n", r->name, r->works ? "ok" : "no", r->what);
    if (r->works)
        return;
    doctor_wrap(out, "why:", r->why);
    if (r->cure[0])
        doctor_wrap(out, "cure:", r->cure);
}

static size_t doctor_start(struct probe_run *run, const struct probe *table)
{
    size_t n = 0;
    for (; n < DOCTOR_MAX && table[n].name; n++)
        probe_start(&run[n], &table[n]);
    return n;
}

static void doctor_lines(struct str *out, struct probe_run *run, size_t n)
{
    const char *part = "";
    for (size_t i = 0; i < n; i++) {
        struct doctor_result r;
        probe_finish(&run[i], &r);
        if (strcmp(part, run[i].probe->part))
            str_addf(out, "\n%s\n", run[i].probe->part);
        part = run[i].probe->part;
        doctor_line(out, &r);
    }
}

static void doctor_close(struct str *out, bool practice, bool real)
{
    str_addc(out, '\n');
    if (practice && real)
        str_add(out, "Both stages can run here.\n");
    else if (practice)
        str_add(out, "The practice stage can run here; all lessons run in it.\n");
    else if (real)
        str_add(out, "The real stage can run here; all lessons run in it.\n");
    else
        str_add(out, "No stage can run here. The cures above say what would help.\n");
}

int doctor_report(struct str *out)
{
    struct probe_run kernel[DOCTOR_MAX], tools[DOCTOR_MAX], house[DOCTOR_MAX];
    struct doctor_result practice, real;
    struct utsname uts = {0};
    uname(&uts);
    str_addf(out, "Each feature was tried just now, as user %d, on %s %s %s.\n\nStages\n", (int)geteuid(), uts.sysname,
             uts.release, uts.machine);
    /* Side by side: most of the time is waiting, for the kernel and for programs to start. */
    size_t ntools = doctor_start(tools, probes_tools), nhouse = doctor_start(house, probes_house);
    size_t nkernel = doctor_start(kernel, probes_kernel);
    doctor_practice(&practice);
    doctor_real(&real);
    doctor_line(out, &practice);
    doctor_line(out, &real);
    doctor_lines(out, kernel, nkernel);
    doctor_lines(out, tools, ntools);
    doctor_lines(out, house, nhouse);
    doctor_close(out, practice.works, real.works);
    return practice.works + real.works;
}
