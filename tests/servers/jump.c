/* Preloaded: the clock of the wall stands as far off as the file $JUMP_FILE says, in seconds. The other clocks go on.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long jump(void) {
    const char *path = getenv("JUMP_FILE");
    FILE *f = path != NULL ? fopen(path, "re") : NULL;
    long seconds = 0;
    if (f != NULL) {
        if (fscanf(f, "%ld", &seconds) != 1)
            seconds = 0;
        (void)fclose(f);
    }
    return seconds;
}

int clock_gettime(clockid_t id, struct timespec *t) {
    int failed = (int)syscall(SYS_clock_gettime, id, t);
    if (id == CLOCK_REALTIME && !failed)
        t->tv_sec += jump();
    return failed;
}

int gettimeofday(struct timeval *restrict t, void *restrict zone) {
    struct timespec now;
    (void)zone;
    int failed = clock_gettime(CLOCK_REALTIME, &now);
    *t = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    return failed;
}

time_t time(time_t *out) {
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (out != NULL)
        *out = now.tv_sec;
    return now.tv_sec;
}
