/* Whole files, and who the invoking user is. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/str.h"
#include <stdbool.h>
#include <sys/types.h>

/* Reads path (relative to dirfd, AT_FDCWD allowed) up to max bytes and appends it. false with errno on failure; a
 * longer file fails with EFBIG. */
bool file_read(int dirfd, const char *path, struct str *out, size_t max);

/* Replaces path by data such that a crash leaves the old or the new whole: temporary file beside it, fsync, rename,
 * fsync of the directory. Under sudo the file belongs to the invoking user. false with errno on failure. */
bool file_replace(const char *path, const char *data, size_t len);

/* Appends one record with O_APPEND and fsync; creates the file with mode 0600. */
bool file_append(const char *path, const char *data, size_t len);

/* Creates a file that the user wants to have, with the mode that umask(2) leaves; under sudo it belongs to the invoking
 * user. What is there already is refused with EEXIST, or, with replace, emptied: a regular file only (else EINVAL), and
 * through no link (ELOOP). Returns a descriptor that appends, -1 with errno. */
int file_create(const char *path, bool replace);

bool file_write_all(int fd, const char *data, size_t len); /* false with errno; some of it may have been written */

/* A path as typed to porthole itself: "~/" is the invoking user's home. The caller frees it. */
char *file_from_home(const char *path);

/* mkdir -p with mode 0700 for what is made; under sudo each new directory belongs to the invoking user. */
bool file_mkdirs(const char *path);

/* The user this session belongs to: under sudo the one who called it (SUDO_UID, SUDO_GID, home from passwd). */
uid_t user_uid(void);
gid_t user_gid(void);
const char *user_home(void);

/* XDG state directory of porthole: $PORTHOLE_STATE, else $XDG_STATE_HOME/porthole (ignored under sudo when it is not
 * the invoking user's), else ~/.local/state/porthole. Not created. The caller frees it. */
char *user_state_dir(void);

/* XDG data directory of porthole: $XDG_DATA_HOME/porthole (ignored under sudo, as above), else
 * ~/.local/share/porthole. Not created. The caller frees it. */
char *user_data_dir(void);

#endif
