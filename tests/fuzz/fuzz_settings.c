/* Settings: any file gives settings or errors with a place; nothing is read or made besides it. */
#include "fuzz.h"
#include "onus/settings.h"

#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const settings_options offline = {.offline = true};
    char path[64];
    int fd = memfd_create("settings", MFD_CLOEXEC);
    MUST(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    diagnostics d;
    diagnostics_init(&d);
    settings *s = settings_load(path, &offline, &d);
    MUST((s == NULL) == (d.errors > 0));
    buf text;
    buf_init(&text);
    diagnostics_put_json(&text, &d);
    buf_release(&text);
    settings_free(s);
    diagnostics_release(&d);
    close(fd);
    return 0;
}
