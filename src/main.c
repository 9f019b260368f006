/* Options and wiring. */
#include "base/die.h"
#include "base/text.h"
#include "base/title.h"
#include "screen/fitness.h"
#include "screen/follow.h"
#include "screen/notes.h"
#include "screen/play.h"
#include "screen/player.h"
#include "screen/screen.h"
#include "session/doctor.h"
#include "session/terminal.h"
#include "shell/headless.h"
#include "shell/rehearse.h"
#include "shell/tracing.h"
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef PORTHOLE_VERSION
#define PORTHOLE_VERSION "unknown"
#endif

static const char main_usage[] =
    "usage: porthole [OPTIONS] [LESSON]        start or resume the course, or start one lesson\n"
    "       porthole present [OPTIONS] [LESSON] the same for a speaker, in front of people\n"
    "       porthole rehearse [OPTIONS] LESSON what would fail here, and how long it takes\n"
    "       porthole notes [--plain] [--pid N] the speaker's notes, in a second terminal\n"
    "       porthole follow [--pid N] [USER]   watch a presentation on this machine\n"
    "       porthole test [OPTIONS] [LESSON...] replay lessons with their solutions and judge them\n"
    "       porthole lint FILE...              report the faults of lesson files\n"
    "       porthole list [--json]             list the lessons\n"
    "       porthole new lesson NAME           write a small lesson to begin from\n"
    "       porthole watch [OPTIONS] FILE.md   lint and replay a lesson on each save\n"
    "       porthole report [--json|--csv|--html] [FILE...]  what was done, by you or by a team\n"
    "       porthole progress [path | export [FILE] | import FILE | reset]  the record of it\n"
    "       porthole trace [--plain] -- CMD... the calls that matter of any program, one by one\n"
    "       porthole play [--text] FILE        show a recording, step by step\n"
    "       porthole doctor                    try what this machine can run\n";

static const char main_help[] =
    "\n"
    "Porthole is a teaching shell: you build a Linux container by hand, one system call\n"
    "at a time, and watch the host's processes beside what the container sees.\n"
    "\n"
    "LESSON is a number, an id, or the path of a .md file.\n"
    "\n"
    "Options\n"
    "  --practice       use a disposable practice host made of namespaces (default without root)\n"
    "  --real           use this machine as the host, guarded (default as root)\n"
    "  --rootfs X       a directory or tar file (plain, gz, xz, zst) as the container's image\n"
    "  --theme NAME     default, contrast (for projectors) or mono (no colours)\n"
    "  --lessons DIR    take the lessons from DIR; again for more than one pack\n"
    "  --trust          run lesson files, too, that somebody else could have written\n"
    "  --plain          linear text instead of the full screen; also for pipes and TERM=dumb\n"
    "                   trace: a line for each call, and no stops\n"
    "  --json           list, report: as JSON\n"
    "  --csv, --html    report: for a spreadsheet, as a page\n"
    "  --name NAME      progress export: your name from now on, instead of the login\n"
    "  --yes            progress reset, import: do not ask\n"
    "  --record FILE    record the screen as an asciicast; `porthole play FILE` shows it\n"
    "  --force          ... in a file that is there already\n"
    "  --speed X        play: so many times as fast\n"
    "  --idle SECONDS   play: no pause is longer\n"
    "  --text           play: the screen at the end of each step, as text\n"
    "  --follow         present: let other users of this machine follow\n"
    "  --pid N          notes, follow: of the presentation with this process number\n"
    "  -o, --output F   trace: as --plain, into file F instead of standard error\n"
    "  -h, --help       this text\n"
    "  -V, --version    the version\n"
    "\n"
    "Examples\n"
    "  porthole                        go on where you were, or start the first lesson\n"
    "  porthole chroot                 start the lesson on chroot\n"
    "  sudo porthole --real 4          lesson 4 with this machine as the host\n"
    "  porthole --rootfs alpine.tar.gz use your own image\n"
    "  porthole test --practice        judge all lessons, for authors and CI\n"
    "  porthole trace -- unshare -rpf ls  what unshare(1) asks of the kernel, call by call\n"
    "\n"
    "Exit status: 0 fine, 1 something failed, 2 wrong usage, 77 nothing can run here; trace: that of CMD.\n"
    "Environment: PORTHOLE_LESSONS, PORTHOLE_STATE, PORTHOLE_PREFIX, NO_COLOR. See porthole(1).\n";

struct options {
    struct shell_options shell;
    bool plain, json;
    enum report_format format; /* of the report, --json included */
    struct progress_request progress;
    const char *output;
    struct play_options play;
    bool text;
    long pid;          /* notes, follow: of the presentation; 0: any */
    const char *given; /* the last option, for messages */
};

static int main_complain(const char *fmt, const char *what)
{
    autostr struct str text = {0}, safe = {0};
    text_sanitise(&safe, what, strlen(what), TEXT_LINE);
    str_add(&text, "porthole: ");
    for (const char *p = fmt; *p; p++) {
        if (*p == '@')
            str_add(&text, str_c(&safe));
        else
            str_addc(&text, *p);
    }
    fprintf(stderr, "%s\n%s", str_c(&text), main_usage);
    return EXIT_USAGE;
}

static int main_fail(const struct outcome *o, int status)
{
    autostr struct str text = {0};
    outcome_print(&text, o);
    fprintf(stderr, "porthole: %s\n", str_c(&text));
    return status;
}

enum {
    OPT_PRACTICE = 256,
    OPT_REAL,
    OPT_ROOTFS,
    OPT_LESSONS,
    OPT_PLAIN,
    OPT_JSON,
    OPT_CSV,
    OPT_HTML,
    OPT_NAME,
    OPT_YES,
    OPT_TRUST,
    OPT_THEME,
    OPT_RECORD,
    OPT_FORCE,
    OPT_SPEED,
    OPT_IDLE,
    OPT_TEXT,
    OPT_FOLLOW,
    OPT_PID
};

static const struct option main_options[] = {
    {"practice", no_argument, NULL, OPT_PRACTICE},
    {"real", no_argument, NULL, OPT_REAL},
    {"rootfs", required_argument, NULL, OPT_ROOTFS},
    {"lessons", required_argument, NULL, OPT_LESSONS},
    {"theme", required_argument, NULL, OPT_THEME},
    {"trust", no_argument, NULL, OPT_TRUST},
    {"record", required_argument, NULL, OPT_RECORD},
    {"force", no_argument, NULL, OPT_FORCE},
    {"speed", required_argument, NULL, OPT_SPEED},
    {"idle", required_argument, NULL, OPT_IDLE},
    {"text", no_argument, NULL, OPT_TEXT},
    {"plain", no_argument, NULL, OPT_PLAIN},
    {"follow", no_argument, NULL, OPT_FOLLOW},
    {"pid", required_argument, NULL, OPT_PID},
    {"json", no_argument, NULL, OPT_JSON},
    {"csv", no_argument, NULL, OPT_CSV},
    {"html", no_argument, NULL, OPT_HTML},
    {"name", required_argument, NULL, OPT_NAME},
    {"yes", no_argument, NULL, OPT_YES},
    {"output", required_argument, NULL, 'o'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

/* --lessons may be repeated: a search path. */
static const char *main_add_lessons(const char *dir)
{
    static struct str path;
    if (path.s)
        str_addc(&path, ':');
    str_add(&path, dir);
    return str_c(&path);
}

/* With a point, in every locale. */
static bool main_number(const char *text, double least, double most, double *out)
{
    char *end;
    locale_t c = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    *out = strtod_l(text, &end, c);
    freelocale(c);
    return end != text && !*end && *out >= least && *out <= most;
}

static bool main_pid(const char *text, long *out)
{
    char *end;
    errno = 0;
    *out = strtol(text, &end, 10);
    return *text && !*end && !errno && *out > 0 && *out < 1L << 30;
}

/* Fills opt. Returns -1 to go on, else the exit status. */
static int main_parse(int argc, char **argv, struct options *opt)
{
    opterr = 0;
    for (int c; (c = getopt_long(argc, argv, ":hVo:", main_options, NULL)) != -1;) {
        enum stage_kind stage = c == OPT_REAL ? STAGE_REAL : STAGE_PRACTICE;
        switch (c) {
        case OPT_PRACTICE:
        case OPT_REAL:
            if (opt->shell.stage_given && opt->shell.stage != stage)
                return main_complain("--practice and --real exclude each other@", "");
            opt->shell.stage = stage;
            opt->shell.stage_given = true;
            break;
        case OPT_ROOTFS:
            opt->shell.rootfs = optarg;
            break;
        case OPT_LESSONS:
            opt->shell.lessons = main_add_lessons(optarg);
            break;
        case OPT_TRUST:
            opt->shell.trust = true;
            break;
        case OPT_THEME:
            if (theme_find(optarg) < 0)
                return main_complain("there is no theme @: there are default, contrast and mono", optarg);
            opt->shell.theme = optarg;
            break;
        case OPT_RECORD:
            opt->shell.record = optarg;
            break;
        case OPT_FORCE:
            opt->shell.force = true;
            break;
        case OPT_SPEED:
            if (!main_number(optarg, PLAYER_SLOWEST, PLAYER_FASTEST, &opt->play.speed))
                return main_complain("a speed is a number from 0.125 to 64: @", optarg);
            break;
        case OPT_IDLE:
            if (!main_number(optarg, 0, 1e6, &opt->play.idle))
                return main_complain("a pause is a number of seconds: @", optarg);
            break;
        case OPT_TEXT:
            opt->text = true;
            break;
        case OPT_PLAIN:
            opt->plain = true;
            break;
        case OPT_FOLLOW:
            opt->shell.follow = true;
            break;
        case OPT_PID:
            if (!main_pid(optarg, &opt->pid))
                return main_complain("--pid wants a process number, not @", optarg);
            break;
        case 'o':
            opt->output = optarg;
            break;
        case OPT_JSON:
            opt->json = true;
            opt->format = REPORT_JSON;
            break;
        case OPT_CSV:
        case OPT_HTML:
            opt->format = c == OPT_CSV ? REPORT_CSV : REPORT_HTML;
            break;
        case OPT_NAME:
            opt->progress.name = optarg;
            break;
        case OPT_YES:
            opt->progress.yes = true;
            break;
        case 'h':
            printf("%s%s", main_usage, main_help);
            return EXIT_OK;
        case 'V':
            printf("porthole %s\n", PORTHOLE_VERSION);
            return EXIT_OK;
        case ':':
            return main_complain("option @ needs a value", argv[optind - 1]);
        default:
            return main_complain("there is no option @", optopt ? (char[]){'-', (char)optopt, 0} : argv[optind - 1]);
        }
    }
    return -1;
}

/* The subcommands. */

static struct headless_options main_headless(const struct options *opt, char **names, int n)
{
    return (struct headless_options){
        .stage = opt->shell.stage,
        .stage_given = opt->shell.stage_given,
        .lessons = opt->shell.lessons,
        .trust = opt->shell.trust,
        .rootfs = opt->shell.rootfs,
        .names = names,
        .nnames = (size_t)n,
    };
}

static int main_test(const struct options *opt, char **names, int n)
{
    struct headless_options headless = main_headless(opt, names, n);
    struct loop *l = loop_new();
    int status = headless_test(l, &headless, stdout);
    loop_free(l);
    return status;
}

static int main_list(const struct options *opt, char **names, int n)
{
    struct headless_options headless = main_headless(opt, NULL, 0);
    return n ? main_complain("list takes no argument: @", names[0]) : headless_list(&headless, opt->json, stdout);
}

static int main_lint(const struct options *opt, char **names, int n)
{
    return n ? headless_lint(names, (size_t)n, stdout) : main_complain("lint needs a file@", "");
}

static int main_new(const struct options *opt, char **names, int n)
{
    struct headless_options headless = main_headless(opt, names, n);
    if (n != 2 || strcmp(names[0], "lesson") != 0)
        return main_complain("new makes a lesson: porthole new lesson NAME@", "");
    return headless_new(&headless, stdout);
}

static int main_watch(const struct options *opt, char **names, int n)
{
    struct headless_options headless = main_headless(opt, names, n);
    if (n != 1)
        return main_complain("watch needs one file: porthole watch FILE.md@", "");
    struct loop *l = loop_new();
    int status = headless_watch(l, &headless, stdout);
    loop_free(l);
    return status;
}

static int main_report(const struct options *opt, char **names, int n)
{
    struct headless_options headless = main_headless(opt, names, n);
    return headless_report(&headless, opt->format, stdout);
}

static int main_progress(const struct options *opt, char **names, int n)
{
    struct headless_options headless = main_headless(opt, names, n);
    return headless_progress(&headless, &opt->progress, stdin, stdout);
}

/* On the full screen. */
static int main_trace_screen(const struct options *opt, char **names)
{
    struct outcome o = {0};
    autostr struct str receipt = {0};
    int status = tracing_find(names[0]);
    if (status)
        return status;
    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    terminal_prepare();
    struct loop *l = loop_new();
    struct shell_options shell = {
        .trace = names, .theme = opt->shell.theme, .record = opt->shell.record, .force = opt->shell.force};
    struct shell *sh = shell_new(l, &shell, &status, &o);
    if (sh && screen_run(l, sh, &o) == 0) {
        shell_end(sh, &receipt);
        fputs(str_c(&receipt), stdout);
        status = shell_trace_status(sh);
    } else {
        status = main_fail(&o, EXIT_CANNOT_RUN);
    }
    shell_free(sh);
    loop_free(l);
    return status;
}

static int main_trace(const struct options *opt, char **names, int n)
{
    FILE *out = stderr;
    autostr struct str why = {0};
    if (!n)
        return main_complain("trace needs a program: porthole trace -- CMD...@", "");
    if (!opt->plain && !opt->output && screen_possible(&why))
        return main_trace_screen(opt, names);
    if (opt->output && !(out = fopen(opt->output, "we"))) {
        struct outcome o;
        outcome_set(&o, errno, "open", opt->output, NULL);
        return main_fail(&o, EXIT_FAILED);
    }
    struct loop *l = loop_new();
    int status = tracing_run(l, names, out);
    loop_free(l);
    if (out != stderr)
        fclose(out);
    return status;
}

static int main_doctor(const struct options *opt, char **names, int n)
{
    autostr struct str report = {0};
    if (n)
        return main_complain("doctor takes no argument: @", names[0]);
    int stages = doctor_report(&report);
    fputs(str_c(&report), stdout);
    return stages ? EXIT_OK : EXIT_CANNOT_RUN;
}

static int main_play(const struct options *opt, char **names, int n)
{
    struct outcome o = {0};
    autostr struct str error = {0};
    if (n != 1)
        return main_complain(n ? "one recording at a time: @ is too many" : "play needs a file@", n ? names[1] : "");
    struct cast *c = cast_load(names[0], &error);
    if (!c) {
        fprintf(stderr, "porthole: %s\n", str_c(&error));
        return EXIT_FAILED;
    }
    int status = EXIT_OK;
    if (opt->text || !screen_possible(&error)) {
        play_text(c, stdout);
    } else {
        struct play_options play = opt->play;
        play.theme = theme_choose(opt->shell.theme);
        struct loop *l = loop_new();
        if (play_run(l, c, &play, &o) < 0)
            status = main_fail(&o, EXIT_CANNOT_RUN);
        loop_free(l);
    }
    cast_free(c);
    return status;
}

static int main_help_command(const struct options *opt, char **names, int n)
{
    printf("%s%s", main_usage, main_help);
    return EXIT_OK;
}

/* The shell. */

static int main_perform(struct loop *l, struct shell *sh, bool plain)
{
    struct outcome o = {0};
    autostr struct str why = {0}, receipt = {0};
    if (!plain && !screen_possible(&why)) {
        if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
            fprintf(stderr, "porthole: no full screen: %s. Going on with plain text.\n", str_c(&why));
        plain = true;
    }
    int failed = plain ? plain_run(l, sh, &o) : screen_run(l, sh, &o);
    bool clean = shell_end(sh, &receipt);
    fputs(str_c(&receipt), stdout);
    if (receipt.len && receipt.s[receipt.len - 1] != '\n')
        putchar('\n');
    if (failed)
        return main_fail(&o, EXIT_FAILED);
    return clean ? EXIT_OK : EXIT_FAILED;
}

static int main_shell(const struct options *opt, char **names, int n)
{
    struct outcome o = {0};
    if (n > 1)
        return main_complain("one lesson at a time: @ is too many", names[1]);
    struct shell_options shell = opt->shell;
    shell.lesson = n ? names[0] : NULL;
    terminal_prepare(); /* before the warden is forked, which must know how to give the terminal back */
    struct loop *l = loop_new();
    int status = EXIT_FAILED;
    struct shell *sh = shell_new(l, &shell, &status, &o);
    status = sh ? main_perform(l, sh, opt->plain) : main_fail(&o, status);
    shell_free(sh);
    loop_free(l);
    return status;
}

static int main_present(const struct options *opt, char **names, int n)
{
    struct options mine = *opt;
    mine.shell.present = true;
    return main_shell(&mine, names, n);
}

static int main_rehearse(const struct options *opt, char **names, int n)
{
    autostr struct str terminal = {0};
    struct shell_options shell = opt->shell;
    if (n != 1)
        return main_complain(n ? "one lesson at a time: @ is too many" : "rehearse needs a lesson@", n ? names[1] : "");
    shell.lesson = names[0];
    fitness_print(&terminal);
    struct loop *l = loop_new();
    int status = rehearse_run(l, &shell, str_c(&terminal), stdout);
    loop_free(l);
    return status;
}

static int main_notes(const struct options *opt, char **names, int n)
{
    struct outcome o = {0};
    autostr struct str why = {0};
    if (n)
        return main_complain("notes takes no argument: @", names[0]);
    struct loop *l = loop_new();
    int result = notes_run(l, (pid_t)opt->pid, opt->plain || !screen_possible(&why), &o);
    loop_free(l);
    return result < 0 ? main_fail(&o, EXIT_FAILED) : EXIT_OK;
}

static int main_follow(const struct options *opt, char **names, int n)
{
    struct outcome o = {0};
    autostr struct str why = {0};
    if (n > 1)
        return main_complain("follow takes one user's name: @ is too many", names[1]);
    if (!screen_possible(&why)) {
        outcome_set(&o, 0, "follow needs a full screen", str_c(&why), "`porthole notes --plain` tells of one's own");
        return main_fail(&o, EXIT_FAILED);
    }
    struct loop *l = loop_new();
    int result = follow_run(l, (pid_t)opt->pid, n ? names[0] : NULL, &o);
    loop_free(l);
    return result < 0 ? main_fail(&o, EXIT_FAILED) : EXIT_OK;
}

static const struct {
    const char *name;
    int (*run)(const struct options *opt, char **names, int n);
} main_commands[] = {
    {"test", main_test},     {"lint", main_lint},         {"list", main_list},       {"trace", main_trace},
    {"doctor", main_doctor}, {"help", main_help_command}, {"present", main_present}, {"rehearse", main_rehearse},
    {"new", main_new},       {"watch", main_watch},       {"report", main_report},   {"progress", main_progress},
    {"play", main_play},     {"notes", main_notes},       {"follow", main_follow},
};

/* Were one of them closed, the next file to be opened would get its number, and all that is said. */
static void main_standard_descriptors(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
            _exit(EXIT_FAILED);
}

int main(int argc, char **argv)
{
    struct options opt = {.play = {.speed = 1, .idle = -1}};
    main_standard_descriptors();
    signal(SIGXFSZ, SIG_IGN); /* EFBIG says the same, and has a place to be reported from */
    title_init(argc, argv);
    setlocale(LC_ALL, "");
    int status = main_parse(argc, argv, &opt);
    if (status >= 0)
        return status;
    char **names = argv + optind;
    int n = argc - optind;
    if (!n || strcmp(names[0], "trace") != 0)     /* a traced program gets what our caller opened for it; */
        close_range(3, ~0U, CLOSE_RANGE_CLOEXEC); /* whatever our parent left open stays out of the stages */
    for (size_t i = 0; n && i < COUNT(main_commands); i++)
        if (!strcmp(main_commands[i].name, names[0]))
            return main_commands[i].run(&opt, names + 1, n - 1);
    return main_shell(&opt, names, n);
}
