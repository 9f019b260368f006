/* porthole progress: where the record of a learner is, taking it along, and beginning anew. */
#include "base/file.h"
#include "base/text.h"
#include "lesson/progress_file.h"
#include "shell/headless.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct progress_call {
    const struct progress_request *request;
    const char *file; /* or NULL */
    FILE *in, *out;
};

static void progress_say(FILE *out, const char *text)
{
    autostr struct str safe = {0};
    text_sanitise(&safe, text, strlen(text), TEXT_LINE);
    fprintf(out, "%s\n", str_c(&safe));
}

static int progress_path(const struct progress_call *c)
{
    autofree char *dir = user_state_dir();
    progress_say(c->out, dir);
    return EXIT_OK;
}

/* An older export is replaced; anything else of that name is somebody's work. */
static bool progress_may_write(const char *path, struct outcome *o)
{
    autostr struct str text = {0};
    if (access(path, F_OK) < 0)
        return true;
    if (file_read(AT_FDCWD, path, &text, 64 << 20) && text_has_prefix(str_c(&text), "porthole progress "))
        return true;
    outcome_set(o, EEXIST, "write the export", path, "that file is no export: name another one");
    return false;
}

static int progress_export(const struct progress_call *c)
{
    struct outcome o = {0};
    _cleanup_(progress_file_free)
    struct progress_file own = {0};
    autostr struct str text = {0};
    if (progress_file_own(NULL, true, c->request->name, &own, &o) < 0)
        return headless_fail(&o, EXIT_FAILED);
    progress_file_print(&own, &text);
    if (own.damaged)
        fprintf(stderr, "porthole: %zu damaged line%s of the log left out\n", own.damaged, own.damaged == 1 ? "" : "s");
    if (!c->file || !strcmp(c->file, "-")) {
        fputs(str_c(&text), c->out);
        return EXIT_OK;
    }
    if (!progress_may_write(c->file, &o))
        return headless_fail(&o, EXIT_FAILED);
    if (!file_replace(c->file, text.s, text.len)) {
        outcome_set(&o, errno, "write the export", c->file, NULL);
        return headless_fail(&o, EXIT_FAILED);
    }
    autofree char *said = xasprintf("%s: %zu events of %s (learner %.8s)", c->file, own.n, own.name, own.id);
    progress_say(c->out, said);
    return EXIT_OK;
}

static int progress_import_file(const struct progress_call *c)
{
    struct outcome o = {0};
    _cleanup_(progress_file_free)
    struct progress_file from = {0};
    if (progress_file_read(c->file, &from, &o) < 0)
        return headless_fail(&o, EXIT_FAILED);
    long n = progress_import(NULL, &from, c->request->yes, &o);
    if (n < 0)
        return headless_fail(&o, EXIT_FAILED);
    autostr struct str said = {0};
    str_addf(&said, "%s: %ld new events, %ld known already", c->file, n, (long)from.n - n);
    if (from.damaged)
        str_addf(&said, ", %zu damaged line%s left out", from.damaged, from.damaged == 1 ? "" : "s");
    progress_say(c->out, str_c(&said));
    return EXIT_OK;
}

static bool progress_confirmed(const struct progress_call *c)
{
    char answer[16] = "";
    autofree char *dir = user_state_dir();
    if (c->request->yes)
        return true;
    autofree char *question = xasprintf("Set aside all progress in %s and begin anew? A backup is kept. [y/N]", dir);
    progress_say(c->out, question);
    fflush(c->out);
    return fgets(answer, sizeof answer, c->in) && (answer[0] == 'y' || answer[0] == 'Y');
}

static int progress_reset_all(const struct progress_call *c)
{
    struct outcome o = {0};
    autostr struct str backup = {0};
    if (!progress_confirmed(c)) {
        fputs("Nothing was changed.\n", c->out);
        return EXIT_FAILED;
    }
    int n = progress_reset(NULL, &backup, &o);
    if (n < 0)
        return headless_fail(&o, EXIT_FAILED);
    if (!n) {
        fputs("There is no progress yet.\n", c->out);
        return EXIT_OK;
    }
    autofree char *said =
        xasprintf("The course begins anew. The backup is %s; `porthole progress import %s/progress.log` "
                  "takes it back.",
                  backup.s, backup.s);
    progress_say(c->out, said);
    return EXIT_OK;
}

static const struct progress_verb {
    const char *name;
    int (*run)(const struct progress_call *c);
    size_t min, max; /* files */
} progress_verbs[] = {
    {"path", progress_path, 0, 0},
    {"export", progress_export, 0, 1},
    {"import", progress_import_file, 1, 1},
    {"reset", progress_reset_all, 0, 0},
};

int headless_progress(const struct headless_options *opt, const struct progress_request *request, FILE *in, FILE *out)
{
    const char *verb = opt->nnames ? opt->names[0] : "path";
    size_t n = opt->nnames ? opt->nnames - 1 : 0;
    const struct progress_call call = {request, n ? opt->names[1] : NULL, in, out};
    for (size_t i = 0; i < COUNT(progress_verbs); i++)
        if (!strcmp(progress_verbs[i].name, verb) && n >= progress_verbs[i].min && n <= progress_verbs[i].max)
            return progress_verbs[i].run(&call);
    struct outcome o;
    outcome_set(&o, 0, "progress takes path, export [FILE], import FILE or reset", "", NULL);
    return headless_fail(&o, EXIT_USAGE);
}
