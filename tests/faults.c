#include "faults.h"

void faults_collect(void *out, const char *path, int line, bool error, const char *message)
{
    str_addf(out, "%d %s: %s\n", line, error ? "error" : "warning", message);
}
