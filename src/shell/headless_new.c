/* porthole new lesson: a lesson to begin from. */
#include "base/text.h"
#include "lesson/scaffold.h"
#include "shell/headless.h"
#include <string.h>
#include <unistd.h>

int headless_new(const struct headless_options *opt, FILE *out)
{
    struct outcome o = {0};
    autostr struct str path = {0}, safe = {0};
    autofree char *dir = xstrdup(opt->lessons ? opt->lessons : ".");
    if (access(dir, F_OK) < 0) /* of a search path, the first */
        dir[strcspn(dir, ":")] = '\0';
    if (lesson_scaffold(dir, opt->names[1], &path, &o) < 0)
        return headless_fail(&o, o.err ? EXIT_FAILED : EXIT_USAGE);
    text_sanitise(&safe, path.s, path.len, TEXT_LINE);
    fprintf(out, "%s is written. Lint and replay it on each save:\n  porthole watch %s\n", str_c(&safe), str_c(&safe));
    return EXIT_OK;
}
