#include "screen/glyph.h"
#include "base/text.h"
#include <langinfo.h>
#include <string.h>

bool glyph_utf8(void)
{
    return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

/* One to one, so that a column stays a column. */
static const struct {
    unsigned from, to;
    char ascii;
} glyph_table[] = {
    {0xa0, 0xa0, ' '},      {0xab, 0xab, '<'},     {0xb1, 0xb1, '+'},      {0xb7, 0xb7, '-'},     {0xbb, 0xbb, '>'},
    {0xd7, 0xd7, 'x'},      {0x2010, 0x2015, '-'}, {0x2018, 0x201b, '\''}, {0x201c, 0x201f, '"'}, {0x2020, 0x2021, '+'},
    {0x2022, 0x2022, '*'},  {0x2026, 0x2026, '~'}, {0x2039, 0x2039, '<'},  {0x203a, 0x203a, '>'}, {0x2190, 0x2190, '<'},
    {0x2191, 0x2191, '^'},  {0x2192, 0x2192, '>'}, {0x2193, 0x2193, 'v'},  {0x2194, 0x2194, '='}, {0x21b5, 0x21b5, '$'},
    {0x23ce, 0x23ce, '$'},  {0x2212, 0x2212, '-'}, {0x2260, 0x2260, '#'},  {0x2264, 0x2264, '<'}, {0x2265, 0x2265, '>'},
    {0x2500, 0x2501, '-'},  {0x2502, 0x2503, '|'}, {0x2504, 0x2509, '-'},  {0x250c, 0x2513, '.'}, {0x2514, 0x2517, '`'},
    {0x2518, 0x251b, '\''}, {0x251c, 0x252b, '|'}, {0x252c, 0x254b, '+'},  {0x2550, 0x2550, '='}, {0x2551, 0x2551, '|'},
    {0x2552, 0x256c, '+'},  {0x25b6, 0x25ba, '>'}, {0x25cb, 0x25cf, 'o'},  {0x2713, 0x2714, 'v'}, {0x2717, 0x2718, 'x'},
    {0x271d, 0x271d, 'x'},  {0x276f, 0x276f, '>'},
};

char glyph_ascii(unsigned cp)
{
    if (cp < 0x7f)
        return (char)(cp < 0x20 ? '?' : cp);
    for (size_t i = 0; i < COUNT(glyph_table); i++)
        if (cp >= glyph_table[i].from && cp <= glyph_table[i].to)
            return glyph_table[i].ascii;
    return '?';
}

void glyph_text(struct str *out, const char *s, bool utf8)
{
    if (utf8) {
        str_add(out, s);
        return;
    }
    for (size_t n = strlen(s); n;) {
        unsigned cp;
        int used = text_decode(s, n, &cp);
        if (cp == '\n')
            str_addc(out, '\n');
        else
            str_addc(out, glyph_ascii(cp));
        s += used;
        n -= (size_t)used;
    }
}
