/* execve: the file is there and will not run. See execve(2), elf(5). */
#include "proc/procfs.h"
#include "session/elf.h"
#include "session/why_private.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* What the path of the call leads to, readable by us. */
static int exec_file(const struct why_case *k)
{
    autofd int fd = why_open_arg(k, 0, true);
    return why_reopen(fd);
}

static bool exec_no_loader(struct why_case *k)
{
    char interp[256], link[48];
    autofd int fd = exec_file(k);
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (fd < 0 || elf_inspect_file(link, interp, sizeof interp) != ELF_DYNAMIC)
        return false;
    autofd int loader = why_open(k, AT_FDCWD, interp, true);
    return loader < 0 &&
           why_saw(k, "the file is there, its ELF header (PT_INTERP) asks for %s, and that is not", interp);
}

/* The words behind "#!", at most BINPRM_BUF_SIZE bytes. */
static bool exec_interpreter(int fd, char out[256])
{
    char head[256];
    ssize_t n = fd < 0 ? -1 : pread(fd, head, sizeof head - 1, 0);
    if (n < 3 || memcmp(head, "#!", 2))
        return false;
    head[n] = '\0';
    char *p = head + 2 + strspn(head + 2, " \t");
    p[strcspn(p, " \t\n")] = '\0';
    snprintf(out, 256, "%s", p);
    return *out;
}

static bool exec_no_interpreter(struct why_case *k)
{
    char interp[256];
    autofd int fd = exec_file(k);
    if (!exec_interpreter(fd, interp))
        return false;
    size_t n = strlen(interp);
    autofd int there = why_open(k, AT_FDCWD, interp, true);
    if (there >= 0)
        return false;
    return why_saw(k, "its first line names %s, which is not there%s", interp,
                   interp[n - 1] == '\r' ? " (the name ends in a carriage return)" : "");
}

static bool exec_is_directory(struct why_case *k)
{
    struct stat st;
    return why_stat_arg(k, 0, true, &st) && S_ISDIR(st.st_mode) && why_saw(k, "%s is a directory", why_text(k, 0));
}

static bool exec_not_executable(struct why_case *k)
{
    struct stat st;
    if (!why_stat_arg(k, 0, true, &st) || !S_ISREG(st.st_mode) || why_may(k, &st, X_OK))
        return false;
    return why_saw(k, "mode %04o, owner %ld", (unsigned)st.st_mode & 07777, (long)st.st_uid);
}

static bool exec_noexec(struct why_case *k)
{
    struct why_mount m;
    const struct mount_row *row = why_mount_arg(k, 0, &m);
    return row && why_has_option(row->options, "noexec") &&
           why_saw(k, "it lies on the mount at %s with %s", row->target, row->options);
}

static bool exec_no_format(struct why_case *k)
{
    char head[4] = "", interp[256], link[48];
    autofd int fd = exec_file(k);
    ssize_t n = fd < 0 ? -1 : pread(fd, head, sizeof head, 0);
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (n < 0 || !memcmp(head, "#!", 2) || elf_inspect_file(link, interp, sizeof interp) != ELF_NOT)
        return false;
    if (n == 4 && !memcmp(head, "\177ELF", 4))
        return why_saw(k, "it is an ELF file, but not for this machine");
    return why_saw(k, n ? "it begins neither with \\177ELF nor with #!" : "it is empty");
}

static bool exec_same_file(const char *path, const void *arg)
{
    const struct stat *want = arg;
    struct stat st;
    return stat(path, &st) == 0 && st.st_ino == want->st_ino && st.st_dev == want->st_dev;
}

static bool exec_is_written(struct why_case *k)
{
    struct stat st;
    autostr struct str who = {0};
    return why_stat_arg(k, 0, true, &st) && why_search_writer(exec_same_file, &st, &who) &&
           why_saw(k, "%s has it open for writing", str_c(&who));
}

#define EXECS "execve execveat"
const struct why_row why_rows_exec[] = {
    {EXECS, ENOENT, "no-loader", exec_no_loader,
     "The program exists; what is missing is its loader: a dynamically linked program starts with another program, "
     "whose "
     "path stands in it.",
     "Copy the loader and the libraries (ldd lists them) into the root, or take a statically linked program."},
    {EXECS, ENOENT, "no-interpreter", exec_no_interpreter,
     "The script exists; what is missing is the interpreter in its first line.",
     "Put the interpreter into the root, or name one that is there."},
    {EXECS, EACCES, "is-a-directory", exec_is_directory, "A directory cannot be executed.", "Name a file in it."},
    {EXECS, EACCES, "not-executable", exec_not_executable, "The file has no execute permission for the caller.",
     "chmod 755 it."},
    {EXECS, EACCES, "noexec", exec_noexec, "It lies on a file system that is mounted noexec.",
     "Copy it elsewhere, or remount without MS_NOEXEC where that is allowed."},
    {EXECS, ENOEXEC, "no-program", exec_no_format,
     "The kernel knows neither the file's format nor an interpreter for it; a shell would have run it as its own "
     "script.",
     "Begin a script with #!/bin/sh, or execute the interpreter with the file as argument."},
    {EXECS, ETXTBSY, "being-written", exec_is_written, "Somebody has the program open for writing.",
     "Close that descriptor first."},
    {0},
};
