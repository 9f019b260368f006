#include "temp.h"
#include "support.h"
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>

#define TEMP_PREFIX "/tmp/porthole-test-"

void temp_make(char dir[TEMP_PATH])
{
    snprintf(dir, TEMP_PATH, TEMP_PREFIX "XXXXXX");
    assert_non_null(mkdtemp(dir));
}

static int temp_unlink(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    return remove(path);
}

void temp_remove(const char *dir)
{
    if (!strncmp(dir, TEMP_PREFIX, strlen(TEMP_PREFIX)))
        nftw(dir, temp_unlink, 8, FTW_DEPTH | FTW_PHYS);
}
