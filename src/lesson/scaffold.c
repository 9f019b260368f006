#include "lesson/scaffold.h"
#include "base/file.h"
#include "lesson/lesson.h"
#include "lesson/parse.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* @ stands for the name. */
static const char scaffold_text[] =
    "---\n"
    "format: 1\n"
    "id: @\n"
    "title: What the lesson @ is about\n"
    "minutes: 5\n"
    "man: mkdir(2), chroot(2)\n"
    "---\n"
    "\n"
    "# What the lesson @ is about\n"
    "\n"
    "This first paragraph is the goal: one sentence that makes the learner curious.\n"
    "\n"
    "<!-- This is a comment of yours, shown to nobody. `porthole watch FILE` lints and replays the lesson on each "
    "save;\n"
    "porthole-lesson(5) describes all blocks. -->\n"
    "\n"
    "<!-- speaker_note: What you would say on a stage, seen in the notes window only. -->\n"
    "\n"
    "<!-- Runs before the first step, on the host side. What it exports is known to all blocks below. -->\n"
    "\n"
    "```sh setup\n"
    "export word=@\n"
    "```\n"
    "\n"
    "<!-- Always runs: at the end, after a skip, on a signal. It takes away what setup left on the host side. -->\n"
    "\n"
    "```sh cleanup\n"
    "rm -f \"$lab/@.tmp\"\n"
    "```\n"
    "\n"
    "## Look first\n"
    "\n"
    "A terminal session is its own test: a prompt that says where, the command, and what it prints.\n"
    "\n"
    "```console\n"
    "root@host# echo \"the word is $word\"\n"
    "the word is @\n"
    "```\n"
    "\n"
    "## Predict, then do it\n"
    "\n"
    "<!-- Ask before you show. The nested paragraph is the feedback on that answer. -->\n"
    "\n"
    "**Predict:** the container side makes a directory. Who can see it?\n"
    "\n"
    "- [ ] only the container\n"
    "\n"
    "  Not yet: nothing has been unshared, and both sides see the same files.\n"
    "\n"
    "- [x] the host, too\n"
    "\n"
    "  Both sides still share every mount.\n"
    "\n"
    "Your turn: from the container side, make a directory named `@` where you are.\n"
    "\n"
    "<details><summary>Hint</summary>\n"
    "\n"
    "`mkdir(PATH, MODE)` as a call, or `mkdir PATH` as a command.\n"
    "\n"
    "</details>\n"
    "\n"
    "<details><summary>Solution</summary>\n"
    "\n"
    "```c syscall\n"
    "[container] mkdir(\"@\", 0755) = 0\n"
    "```\n"
    "\n"
    "</details>\n"
    "\n"
    "<!-- The check judges the state, never what was typed. What it prints is the reason that the learner reads. -->\n"
    "\n"
    "```sh check\n"
    "test -d \"$lab/@\" || { echo \"there is no directory @ yet\"; false; }\n"
    "```\n"
    "\n"
    "## What it means\n"
    "\n"
    "```c syscall\n"
    "[container] mkdir(\"@\", 0755) = -1 EEXIST (File exists)\n"
    "```\n"
    "\n"
    "A failure that is expected teaches as much as a success.\n"
    "\n"
    "> **Misconception:** \"The wrong idea that this lesson corrects.\" One sentence on what is true instead.\n";

struct scaffold_place {
    int highest;
    char same[256]; /* a lesson of that name, "" for none */
};

static int scaffold_look(const char *dir, const char *name, struct scaffold_place *p, struct outcome *o)
{
    autofree char *tail = xasprintf("-%s.md", name);
    DIR *d = opendir(dir);
    if (!d)
        return outcome_set(o, errno, "open the directory", dir, NULL);
    for (struct dirent *e; (e = readdir(d));) {
        const char *s = e->d_name;
        if (!isdigit((unsigned char)s[0]) || !isdigit((unsigned char)s[1]) || s[2] != '-')
            continue;
        int number = (s[0] - '0') * 10 + s[1] - '0';
        if (number > p->highest)
            p->highest = number;
        if (!strcmp(s + 2, tail))
            snprintf(p->same, sizeof p->same, "%s", s);
    }
    closedir(d);
    return 0;
}

static int scaffold_write(const char *path, const char *name, struct outcome *o)
{
    autostr struct str text = {0};
    for (const char *p = scaffold_text; *p; p++) {
        if (*p == '@' && p[-1] != 't') /* root@host is a prompt */
            str_add(&text, name);
        else
            str_addc(&text, *p);
    }
    autofd int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return outcome_set(o, errno, "write the lesson", path, NULL);
    close_fd(&fd);
    if (!file_append(path, text.s, text.len))
        return outcome_set(o, errno, "write the lesson", path, NULL);
    return 0;
}

int lesson_scaffold(const char *dir, const char *name, struct str *path, struct outcome *o)
{
    struct scaffold_place place = {0};
    if (!lesson_is_name(name) || strlen(name) > 40)
        return outcome_set(o, 0, "that is no name for a lesson", name,
                           "use small letters, digits and '-', starting with a letter, 40 at most");
    if (scaffold_look(dir, name, &place, o) < 0)
        return -1;
    if (*place.same)
        return outcome_set(o, EEXIST, "write the lesson", place.same, "take another name, or remove that file first");
    if (place.highest == 99)
        return outcome_set(o, 0, "number the lesson", dir, "there is a 99 already: begin another directory");
    size_t start = path->len;
    str_addf(path, "%s%s%02d-%s.md", strcmp(dir, ".") ? dir : "", strcmp(dir, ".") ? "/" : "", place.highest + 1, name);
    return scaffold_write(path->s + start, name, o);
}
