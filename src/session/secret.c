/* Programs that read a password turn the terminal's echo off. Ours never echoes, since porthole shows the typed line
 * itself, so that change cannot be seen, and most of them (PAM, ssh, stty) make no other. Some do: getpass(3) switches
 * signals off while lines are still read whole, bash's `read -s` and busybox the echo of the kill character. For all
 * the rest there are the words that they print before they wait. */
#include "session/secret.h"
#include "base/text.h"
#include "session/private.h"
#include <ctype.h>
#include <string.h>
#include <strings.h>
#include <termios.h>

void secret_forget(struct member *m)
{
    m->nasked = 0;
}

void secret_hear(struct member *m, const char *bytes, size_t n)
{
    const char *end = memrchr(bytes, '\n', n);
    if (end) {
        n -= (size_t)(end + 1 - bytes);
        bytes = end + 1;
        m->nasked = 0;
    }
    if (n > sizeof m->asked) {
        bytes += n - sizeof m->asked;
        n = sizeof m->asked;
    }
    size_t keep = sizeof m->asked - n < m->nasked ? sizeof m->asked - n : m->nasked;
    memmove(m->asked, m->asked + m->nasked - keep, keep);
    memcpy(m->asked + keep, bytes, n);
    m->nasked = keep + n;
}

/* Is the word there, not as a part of another one? `whole` false: a part will do ("newpassword:"). */
static bool secret_names(const char *line, const char *word, bool whole)
{
    size_t n = strlen(word);
    for (const char *p = line; (p = strcasestr(p, word)); p++)
        if (!whole || ((p == line || !isalnum((unsigned char)p[-1])) && !isalnum((unsigned char)p[n])))
            return true;
    return false;
}

bool secret_question(const char *line, size_t n)
{
    static const struct {
        const char *word;
        bool whole;
    } words[] = {
        {"password", false},   {"passphrase", false},   {"passcode", false},
        {"passwort", false},   {"kennwort", false},     {"mot de passe", false},
        {"contraseña", false}, {"wachtwoord", false},   {"senha", true},
        {"hasło", true},       {"пароль", false},       {"パスワード", false},
        {"密码", false},       {"secret", true},        {"pin", true},
        {"token", true},       {"one-time code", true}, {"verification code", true},
    };
    autostr struct str safe = {0};
    text_sanitise(&safe, line, n, TEXT_BLOCK);
    char *text = text_trim(safe.s ? safe.s : (char[1]){0});
    size_t len = strlen(text);
    static const char wide[] = "："; /* fullwidth, as East Asian prompts have it */
    bool asks = len && (text[len - 1] == ':' || text[len - 1] == '?' ||
                        (len >= sizeof wide - 1 && !strcmp(text + len - (sizeof wide - 1), wide)));
    for (size_t i = 0; asks && i < COUNT(words); i++)
        if (secret_names(text, words[i].word, words[i].whole))
            return true;
    return false;
}

static bool secret_hides(const struct member *m)
{
    struct termios t;
    return tcgetattr(m->slave, &t) == 0 && (t.c_lflag & ICANON) && (!(t.c_lflag & ISIG) || !(t.c_lflag & ECHOK));
}

bool session_asks_secret(const struct session *s, const struct actor *who)
{
    const struct member *m = member_of(who);
    bool reads = who->state == ACTOR_PROGRAM || (s->busy && m->spawn_pidfd >= 0);
    return reads && (secret_question(m->asked, m->nasked) || secret_hides(m));
}

bool session_secret_reaches(const struct actor *who)
{
    return who->state == ACTOR_PROGRAM && !member_of(who)->is_shell;
}
