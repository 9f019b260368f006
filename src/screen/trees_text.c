#include "screen/trees_text.h"
#include "screen/tree.h"

void trees_text(struct shell *sh, enum side side, int width, int rows, struct str *out)
{
    const struct view *view = shell_view(sh);
    struct view_input in = {0};
    struct view_rows table = {0};
    struct lines lines = {0};
    bool fading = false;
    if (!view)
        return;
    shell_view_input(sh, &in, rows);
    view->rows(&in, side, &table);
    tree_lines(&table, width, &lines, &fading);
    str_addf(out, "%s\n", table.title);
    for (size_t i = 0; i < lines.n && i < (size_t)rows; i++)
        str_addf(out, "%s\n", lines.v[i].text);
    view_rows_free(&table);
    lines_free(&lines);
}
