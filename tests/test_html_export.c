/* A session as a page: escaped, whole, bounded; and what :export makes of a real one. */
#include "e2e.h"
#include "support.h"

#include "base/file.h"
#include "base/loop.h"
#include "export/page.h"
#include "home.h"
#include "shell/shell.h"
#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct str html;

static void print(const struct page *p)
{
    str_cut(&html, 0);
    page_print(p, "A title & more", 1000000000, &html);
}

static void expect(const char *what, bool wanted)
{
    if (!strstr(str_c(&html), what) == wanted)
        fail_msg("%s: %s\n--- the page:\n%s", wanted ? "missing" : "there", what, str_c(&html));
}

/* Every element is closed in order, attributes are quoted, and nothing but text and character references is between. */
static void expect_well_formed(void)
{
    static const char *const alone[] = {"!DOCTYPE", "meta"};
    char open[64][16];
    size_t n = 0;
    const char *text = strstr(str_c(&html), "</style>"); /* CSS has > of its own */
    assert_non_null(text);
    for (const char *p = str_c(&html); *p; p++) {
        assert_true((unsigned char)*p >= 0x20 || *p == '\n');
        if (*p == '&' && p > text)
            assert_true(p[1 + strspn(p + 1, "#abcdefghijklmnopqrstuvwxyz0123456789")] == ';');
        if (*p != '<')
            continue;
        bool closes = p[1] == '/', single = false;
        char name[16] = "";
        snprintf(name, sizeof name, "%.*s", (int)strcspn(p + 1 + closes, " >"), p + 1 + closes);
        p += strcspn(p, ">");
        assert_int_equal(*p, '>');
        for (size_t i = 0; i < COUNT(alone); i++)
            single |= !strcmp(alone[i], name);
        if (closes && (!n || strcmp(open[--n], name) != 0))
            fail_msg("</%s> closes nothing:\n%s", name, str_c(&html));
        if (!closes && !single) {
            assert_true(n < COUNT(open));
            memcpy(open[n++], name, sizeof name);
        }
    }
    assert_int_equal(n, 0);
}

static void everything_is_escaped(void **state)
{
    static const char evil[] = "</pre><script>alert('x')</script>&amp;\"\033[31m\001\xff\xe2\x80\xae";
    struct page *p = page_new();
    page_step(p, evil);
    for (int kind = PAGE_PROSE; kind <= PAGE_WHY; kind++)
        page_say(p, (enum page_kind)kind, evil);
    struct page_row rows[] = {{evil, evil}, {evil, ""}};
    page_trees(p, &(struct page_tree){evil, rows, 2}, &(struct page_tree){evil, rows, 2});
    print(p);
    expect("<script", false);
    expect("alert('", false);
    expect("&lt;/pre&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;amp;&quot;", true);
    expect("<h1>A title &amp; more</h1>", true);
    expect("\xe2\x80\xae", false);
    expect_well_formed();
    page_free(p);
}

static void it_needs_nothing_else(void **state)
{
    struct page *p = page_new();
    page_step(p, "One");
    print(p);
    expect("default-src 'none'", true);
    expect("prefers-color-scheme:dark", true);
    expect("@media print", true);
    static const char *const not [] = {"<link", "<img", "src=", "http://", "https://", "@import", "url(", "<script"};
    for (size_t i = 0; i < COUNT(not ); i++)
        expect(not [i], false);
    page_free(p);
}

static void prose_has_its_marks(void **state)
{
    static const struct {
        const char *text, *html;
    } rows[] = {
        {"call `fork()` now", "call <code>fork()</code> now"},
        {"the one you *drive*.", "the one you <em>drive</em>."},
        {"**must** not", "<strong>must</strong> not"},
        {"`a < b`", "<code>a &lt; b</code>"},
        {"2 * 3 * 4", "2 * 3 * 4"},
        {"ls *.c *.h", "ls *.c *.h"},
        {"an open `tick", "an open `tick"},
        {"a `tick\nb` c", "a `tick\nb` c"},
        {"``", "``"},
        {"*", "*"},
        {"**", "**"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct page *p = page_new();
        autofree char *want = xasprintf("<div class=\"prose\">%s</div>", rows[i].html);
        page_step(p, "One");
        page_say(p, PAGE_PROSE, rows[i].text);
        print(p);
        expect(want, true);
        expect_well_formed();
        page_free(p);
    }
}

static void output_comes_in_pieces(void **state)
{
    struct page *p = page_new();
    page_say(p, PAGE_OUTPUT, "one\ntw"); /* before any step */
    page_say(p, PAGE_OUTPUT, "o\n");
    page_say(p, PAGE_LINE, "# next");
    page_say(p, PAGE_OUTPUT, "three");
    print(p);
    expect(
        "<pre class=\"output\">one\ntwo\n</pre>\n<pre class=\"line\"># next</pre>\n<pre class=\"output\">three</pre>",
        true);
    expect_well_formed();
    page_free(p);
}

static void trees_are_those_of_the_end(void **state)
{
    struct page *p = page_new();
    struct page_row before = {"1 init", ""}, after = {"2 sh", "driven, new"};
    page_step(p, "One");
    page_trees(p, &(struct page_tree){"host", &before, 1}, &(struct page_tree){"container", NULL, 0});
    page_trees(p, &(struct page_tree){"host", &after, 1}, &(struct page_tree){"container", &before, 1});
    page_step(p, "Two");
    print(p);
    expect("<figcaption>host</figcaption><pre><b>2 sh  (driven, new)</b>\n</pre>", true);
    expect("<figcaption>container</figcaption><pre>1 init\n</pre>", true);
    assert_null(strstr(strstr(str_c(&html), "Two</h2>"), "<figure"));
    expect_well_formed();
    page_free(p);
}

static void memory_is_bounded(void **state)
{
    struct page *p = page_new();
    autofree char *much = xmalloc(100001);
    memset(much, '<', 100000);
    much[100000] = '\0';
    page_step(p, "Long");
    for (int i = 0; i < 100; i++)
        page_say(p, PAGE_OUTPUT, much);
    page_say(p, PAGE_LINE, "not kept");
    print(p);
    expect("more was said in this step than is kept", true);
    expect("not kept", false);
    assert_true(html.len < 4 * PAGE_STEP_MAX + 100000 * 4 + 10000);
    expect_well_formed();
    for (int i = 0; i < 200; i++) {
        page_step(p, i == 199 ? "Last" : "More");
        page_say(p, PAGE_OUTPUT, much);
    }
    print(p);
    assert_true(html.len < PAGE_MAX + 1000000);
    assert_true(page_steps(p) < 100);
    expect("earlier sections are no longer kept", true);
    expect("<h2>Long", false);
    expect("<h2>Last", true);
    expect_well_formed();
    page_free(p);
}

/* A real session. */

static const char lesson[] = HOME_HEAD("first") "## First step\n\nSome *prose*.\n\n"
                                                "```console\nroot@container# sleep 31338 &\n```\n\n"
                                                "## Second step\n\n```console\nroot@container# true\n```\n";

static void a_session_is_exported(void **state)
{
    SKIP_UNLESS(!e2e_cannot(), e2e_cannot());
    struct shell_options opt = {.stage = STAGE_PRACTICE, .stage_given = true};
    struct outcome o = {0};
    autostr struct str receipt = {0};
    int status;
    const char *dir = home_open();
    autofree char *path = xasprintf("%s/out.html", dir), *order = xasprintf(":export %s", path);
    home_lesson("01-first.md", lesson);
    struct loop *l = loop_new();
    struct shell *sh = shell_new(l, &opt, &status, &o);
    assert_non_null(sh);
    assert_int_equal(shell_begin(sh, &o), 0);
    shell_line(sh, "");
    shell_line(sh, "sleep 0.5"); /* until the other has executed its program */
    shell_line(sh, "");
    shell_line(sh, "echo '<answer>'");
    shell_line(sh, order);
    str_cut(&html, 0);
    assert_true(file_read(AT_FDCWD, path, &html, 1 << 24));
    expect_well_formed();
    expect("First step</h2>", true);
    expect("Some <em>prose</em>.", true);
    expect("# sleep 31338 &amp;</pre>", true);
    const char *first = strstr(str_c(&html), "First step</h2>");
    assert_non_null(strstr(strstr(first, "<figure"), "─ sleep 31338"));
    expect("sleep 31338", true);
    expect("  (driven)</b>", true);
    expect("&lt;answer&gt;", true);
    const char *second = strstr(str_c(&html), "Second step</h2>");
    assert_non_null(second);
    assert_non_null(strstr(second, "<figcaption>host: practice host"));
    assert_non_null(strstr(second, "<figcaption>container: "));
    struct stat st;
    shell_line(sh, "echo again");
    shell_line(sh, order); /* is refused */
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal((size_t)st.st_size, html.len);
    autofree char *force = xasprintf(":export --force %s", path);
    shell_line(sh, force);
    str_cut(&html, 0);
    assert_true(file_read(AT_FDCWD, path, &html, 1 << 24));
    expect_well_formed();
    expect("File exists (EEXIST); --force writes over it", true); /* the page tells its own story */
    assert_int_equal(unlink(path), 0);
    shell_end(sh, &receipt);
    shell_free(sh);
    loop_free(l);
    home_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_escaped),      cmocka_unit_test(it_needs_nothing_else),
        cmocka_unit_test(prose_has_its_marks),        cmocka_unit_test(output_comes_in_pieces),
        cmocka_unit_test(trees_are_those_of_the_end), cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(a_session_is_exported),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    str_free(&html);
    return failed;
}
