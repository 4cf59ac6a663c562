/* Processes of the local database: starting them as another user, and recognising them again.
 *
 * The difficulty: this process has threads. Between fork and exec the child does nothing but system calls, and becomes
 * the other user by raw ones, as the C library's wrappers would look for threads that the child does not have. */
#include "local.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_NOT_STARTED = 127 };

/* In the child. Groups first: afterwards it would not be allowed to. */
static bool become(const local_user *user) {
    if (!user->change)
        return true;
    gid_t group = user->gid;
    return syscall(SYS_setgroups, (size_t)1, &group) == 0 && syscall(SYS_setresgid, group, group, group) == 0 &&
           syscall(SYS_setresuid, user->uid, user->uid, user->uid) == 0;
}

static void reset_signals(void) {
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int s = 1; s < 32; s++)
        (void)sigaction(s, &standard, NULL);
}

/* In the child; `in` and `out` become its standard streams. */
static _Noreturn void start(const local_command *command, char *const *arguments, int in, int out) {
    reset_signals();
    if (command->detached)
        (void)setsid();
    (void)umask(077);
    bool ready = dup2(in, 0) == 0 && dup2(out, 1) == 1 && dup2(out, 2) == 2 && become(command->user) &&
                 chdir("/") == 0 && syscall(SYS_close_range, 3U, ~0U, 0U) == 0;
    if (ready)
        (void)execv(arguments[0], arguments);
    _exit(EXIT_NOT_STARTED);
}

static int open_log(const local_command *command) {
    if (command->log == NULL)
        return open("/dev/null", O_RDWR | O_CLOEXEC);
    int fd = open(command->log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0 && command->user->change && fchown(fd, command->user->uid, command->user->gid) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static char **copy_arguments(const char *const *arguments) {
    size_t count = 0;
    while (arguments[count] != NULL)
        count++;
    char **copy = mem_zalloc(count + 1, sizeof *copy);
    for (size_t i = 0; i < count; i++)
        copy[i] = mem_strdup(arguments[i]);
    return copy;
}

static void free_arguments(char **copy) {
    for (size_t i = 0; copy[i] != NULL; i++)
        free(copy[i]);
    free(copy);
}

bool local_spawn(const local_command *command, pid_t *pid, err *e) {
    int in = open("/dev/null", O_RDONLY | O_CLOEXEC), out = open_log(command);
    char **arguments = copy_arguments(command->arguments);
    bool ok = in >= 0 && out >= 0;
    if (ok) {
        *pid = fork();
        if (*pid == 0)
            start(command, arguments, in, out);
        ok = *pid > 0;
    }
    if (!ok)
        err_set(e, ERR_SYSTEM, "cannot start %s: %s", command->arguments[0], strerror(errno));
    free_arguments(arguments);
    if (in >= 0)
        (void)close(in);
    if (out >= 0)
        (void)close(out);
    return ok;
}

static int wait_for(pid_t pid) {
    int status = 0;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            return -1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool local_run(const local_command *command, err *e) {
    pid_t pid;
    if (!local_spawn(command, &pid, e))
        return false;
    int status = wait_for(pid);
    if (status == EXIT_NOT_STARTED)
        return err_set(e, ERR_SYSTEM, "cannot run %s as user %s", command->arguments[0], command->user->name);
    return status == 0 || err_set(e, ERR_SYSTEM, "%s failed", command->arguments[0]);
}

/* Reads to the end, so that the writer never blocks or dies of a closed pipe. */
static void read_line(int fd, char *out, size_t room) {
    size_t len = 0;
    char byte;
    bool done = false;
    for (ssize_t got; (got = read(fd, &byte, 1)) != 0;) {
        if (got < 0 && errno != EINTR)
            break;
        if (got < 0)
            continue;
        done = done || byte == '\n' || len + 1 >= room;
        if (!done)
            out[len++] = byte;
    }
    out[len] = '\0';
}

bool local_first_line(const char *const *arguments, char *out, size_t room) {
    int ends[2];
    local_user self = {.change = false};
    local_command command = {.arguments = arguments, .user = &self};
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    char **copy = copy_arguments(arguments);
    pid_t pid = null >= 0 ? fork() : -1;
    if (pid == 0)
        start(&command, copy, null, ends[1]);
    (void)close(ends[1]);
    read_line(ends[0], out, room);
    (void)close(ends[0]);
    if (null >= 0)
        (void)close(null);
    free_arguments(copy);
    return pid > 0 && wait_for(pid) == 0 && out[0] != '\0';
}

bool local_can_enter(const local_user *user, const char *directory) {
    pid_t pid = fork();
    if (pid == 0)
        _exit(become(user) && chdir(directory) == 0 ? 0 : 1);
    return pid > 0 && wait_for(pid) == 0;
}

/* ── recognising ── */

bool local_works_in(pid_t pid, const char *directory) {
    char link[64], target[PATH_MAX];
    int len = snprintf(link, sizeof link, "/proc/%ld/cwd", (long)pid);
    if (len < 0 || (size_t)len >= sizeof link)
        return false;
    ssize_t got = readlink(link, target, sizeof target - 1);
    if (got < 0)
        return false;
    target[got] = '\0';
    return strcmp(target, directory) == 0;
}

bool local_anyone_works_in(const char *directory) {
    DIR *processes = opendir("/proc");
    bool found = processes == NULL; /* cannot know: assume the worst */
    for (struct dirent *one; processes != NULL && !found && (one = readdir(processes)) != NULL;) {
        char *end;
        long pid = strtol(one->d_name, &end, 10);
        found = pid > 0 && *end == '\0' && local_works_in((pid_t)pid, directory);
    }
    if (processes != NULL)
        (void)closedir(processes);
    return found;
}
