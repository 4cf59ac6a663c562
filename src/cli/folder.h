/* Private to the command line: files below one folder, and never outside it. */
#ifndef ONUS_CLI_FOLDER_H
#define ONUS_CLI_FOLDER_H

#include "cli/cli.h"

typedef struct folder {
    const char *path; /* as it was given; for showing */
    const char *real; /* resolved */
} folder;

MUST_USE bool folder_open(arena *a, const char *path, folder *out, err *e);

/* A regular file below the folder, by a relative path; links are followed as long as they stay below. The caller closes
 * what is not -1. */
MUST_USE int folder_open_file(const folder *f, const char *path, err *e);
/* "folder/path", for showing. */
const char *folder_path(arena *a, const folder *f, const char *path);
bool folder_has(const folder *f, const char *path);
/* At most `max` bytes, else an error; NUL-terminated, in the arena. */
MUST_USE bool folder_read(arena *a, const folder *f, const char *path, size_t max, char **bytes, size_t *len, err *e);

/* Every regular file below, as relative paths in their order; links are passed over. More than `max`: an error. */
MUST_USE bool folder_list(arena *a, const folder *f, size_t max, const char ***paths, size_t *count, err *e);

#endif
