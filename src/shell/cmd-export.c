/* :export writes what happened so far as a page of HTML. */
#include "base/file.h"
#include "base/text.h"
#include "export/page.h"
#include "shell/private.h"
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int export_write(const char *path, bool replace, const struct str *html, struct outcome *o)
{
    autofd int fd = file_create(path, replace);
    if (fd < 0)
        return outcome_set(o, errno, "make a page", path, errno == EEXIST ? "--force writes over it" : NULL);
    if (file_write_all(fd, html->s, html->len))
        return 0;
    int err = errno;
    unlink(path); /* half a page is none */
    return outcome_set(o, err, "write the page", path, NULL);
}

CMD(export)
{
    char *rest = argv[1];
    bool force = text_has_prefix(rest, "--force") && strchr(" \t", rest[7]);
    autofree char *path = file_from_home(force ? text_trim(rest + 7) : rest);
    const struct lesson *l = engine_lesson(sh->engine);
    autofree char *title = xasprintf("Porthole%s%s", l ? ": " : "", l ? l->title : "");
    autostr struct str html = {0}, text = {0};
    size_t steps = page_steps(sh->pages.page);
    pages_settle(sh);
    page_print(sh->pages.page, title, time(NULL), &html);
    if (export_write(path, force, &html, o) < 0)
        return SHELL_GO_ON;
    text_sanitise(&text, path, strlen(path), TEXT_LINE);
    str_addf(&text, ": %zu section%s. A browser shows it; it needs no other file.", steps, steps == 1 ? "" : "s");
    shell_say_text(sh, SAY_INFO, str_c(&text));
    return SHELL_GO_ON;
}
