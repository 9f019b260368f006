#include "support.h"

#include "home.h"
#include "temp.h"

#include <sys/stat.h>
#include <unistd.h>

static char home_dir[TEMP_PATH], home_lessons[96];

const char *home_open(void)
{
    temp_make(home_dir);
    snprintf(home_lessons, sizeof home_lessons, "%s/lessons", home_dir);
    assert_int_equal(mkdir(home_lessons, 0755), 0);
    setenv("PORTHOLE_STATE", home_dir, 1);
    setenv("PORTHOLE_LESSONS", home_lessons, 1);
    return home_dir;
}

void home_lesson(const char *file, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", home_lessons, file);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

void home_close(void)
{
    unsetenv("PORTHOLE_STATE");
    unsetenv("PORTHOLE_LESSONS");
    temp_remove(home_dir);
}
