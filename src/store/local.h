/* The parts of local_postgres, shared by its files. */
#ifndef ONUS_STORE_LOCAL_H
#define ONUS_STORE_LOCAL_H

#include "onus/buf.h"
#include "onus/local_postgres.h"

#include <sys/types.h>

enum { LOCAL_SOCKET_PORT = 5432 };

typedef struct local_user {
    uid_t uid;
    gid_t gid;
    char name[64];
    bool change; /* we are root and must become this user */
} local_user;

/* ── processes: local_process.c ── */
typedef struct local_command {
    const char *const *arguments; /* the first is the program's path; ended by NULL */
    const local_user *user;
    const char *log; /* stdout and stderr are appended to it; NULL: /dev/null */
    bool detached;   /* in a session of its own: Ctrl-C at the terminal is not for it */
} local_command;

MUST_USE bool local_spawn(const local_command *command, pid_t *pid, err *e);
/* Runs to the end. ERR_SYSTEM when it fails. */
MUST_USE bool local_run(const local_command *command, err *e);
/* The first line that a program prints; false: it cannot be run or fails. */
MUST_USE bool local_first_line(const char *const *arguments, char *out, size_t room);
/* True when the user may enter the directory. */
bool local_can_enter(const local_user *user, const char *directory);
/* True when the process lives and works in this directory, as every process of a cluster does in its own. */
bool local_works_in(pid_t pid, const char *directory);
/* True when any process does. */
bool local_anyone_works_in(const char *directory);

/* ── the cluster's files: local_cluster.c ── */
typedef struct local_cluster {
    arena *memory;
    local_user user;
    const char *directory; /* absolute, real */
    const char *data, *log, *socket_directory;
    const char *bin; /* where initdb and postgres are */
    int lock;        /* held while we serve; -1: not held */
} local_cluster;

typedef struct local_progress {
    void (*tell)(void *context, const char *text);
    void *context;
} local_progress;

void local_tell(const local_progress *p, const char *text);

/* Finds the paths; nothing is made. */
MUST_USE bool local_cluster_find(local_cluster *c, const char *directory, err *e);
/* The directory, the lock, the programs, the cluster: made where missing. */
MUST_USE bool local_cluster_open(local_cluster *c, const char *directory, const local_progress *p, err *e);
void local_cluster_close(local_cluster *c);

typedef struct local_pidfile {
    pid_t pid; /* 0: there is none */
    char socket_directory[128];
} local_pidfile;

void local_pidfile_read(const local_cluster *c, local_pidfile *out);
secret local_conninfo(const char *socket_directory, const char *database);
/* The last line of the server's log, for an error's text. */
enum { LOCAL_WORDS_BYTES = 400 };
void local_last_words(const local_cluster *c, char out[LOCAL_WORDS_BYTES]);

#endif
