/* Keys and pasted text, as the program expects them. Characters go as the bytes they came as; keys with a name are
 * encoded anew by libvterm, for the outer terminal may send other sequences than the one that TERM promises here. */
#include "base/text.h"
#include "screen/term_private.h"
#include <ctype.h>
#include <string.h>

static VTermKey term_key_name(enum key_id id)
{
    static const VTermKey names[] = {
        [K_ESC] = VTERM_KEY_ESCAPE,  [K_UP] = VTERM_KEY_UP,         [K_DOWN] = VTERM_KEY_DOWN,
        [K_LEFT] = VTERM_KEY_LEFT,   [K_RIGHT] = VTERM_KEY_RIGHT,   [K_HOME] = VTERM_KEY_HOME,
        [K_END] = VTERM_KEY_END,     [K_INSERT] = VTERM_KEY_INS,    [K_DELETE] = VTERM_KEY_DEL,
        [K_PGUP] = VTERM_KEY_PAGEUP, [K_PGDN] = VTERM_KEY_PAGEDOWN, [K_BACKTAB] = VTERM_KEY_TAB,
    };
    if (id >= K_F1 && id <= K_F12)
        return VTERM_KEY_FUNCTION(1 + (int)(id - K_F1));
    return id < K_F1 ? names[id] : VTERM_KEY_NONE;
}

static void term_key_character(struct term *t, const struct key *key)
{
    autostr struct str bytes = {0};
    if (key->n) {
        term_answer(t, key->raw, key->n);
        return;
    }
    if (key->mods & K_ALT)
        str_addc(&bytes, '\033');
    text_encode(&bytes, key->cp);
    term_answer(t, bytes.s, bytes.len);
}

/* Is it a key after all, one that we have no name for? CSI number (;number) with ~ or u at the end, or SS3 and a
 * letter. Answers of the outer terminal look otherwise: they have other ends, or private markers. */
static bool term_key_is_sane(const struct key *key)
{
    if (key->n < 3 || key->n > 16 || key->raw[0] != '\033')
        return false;
    char last = key->raw[key->n - 1];
    if (key->raw[1] == 'O')
        return key->n == 3 && isalpha((unsigned char)last);
    for (size_t i = 2; i + 1 < key->n; i++)
        if (!isdigit((unsigned char)key->raw[i]) && key->raw[i] != ';')
            return false;
    return key->raw[1] == '[' && key->n > 3 && (last == '~' || last == 'u');
}

void term_key(struct term *t, const struct key *key)
{
    VTermKey name;
    switch (key->id) {
    case K_CHAR:
        term_key_character(t, key);
        break;
    case K_PASTE:
        term_paste(t, key->raw, key->n);
        break;
    case K_UNKNOWN:
        if (term_key_is_sane(key))
            term_answer(t, key->raw, key->n);
        break;
    default:
        name = term_key_name(key->id);
        vterm_keyboard_key(t->vt, name, (VTermModifier)(key->mods | (key->id == K_BACKTAB ? VTERM_MOD_SHIFT : 0)));
    }
}

void term_paste(struct term *t, const char *text, size_t n)
{
    autostr struct str safe = {0};
    while (n) {
        unsigned cp;
        size_t used = (size_t)text_decode(text, n, &cp);
        if (cp == '\n' || cp == '\r')
            str_addc(&safe, '\r');
        else if (cp == '\t' || (cp >= 0x20 && cp < 0x7f) || (cp >= 0xa0 && (cp != 0xfffd || used > 1)))
            str_addn(&safe, text, used);
        if (cp == '\r' && n > 1 && text[1] == '\n')
            used = 2;
        text += used;
        n -= used;
    }
    if (!safe.len)
        return;
    vterm_keyboard_start_paste(t->vt);
    term_answer(t, safe.s, safe.len);
    vterm_keyboard_end_paste(t->vt);
}
