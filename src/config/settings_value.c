/* Where a value comes from: the file itself, NAME_file, or an environment variable named by NAME_env. What it means is
 * settings_load.c's.
 *
 * The difficulty: secrets. What is read from a file or the environment is wiped when it has been taken over, and no
 * message repeats it. */
#include "config/settings_table.h"

#include "onus/limits.h"
#include "onus/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const SUFFIXES[] = {"_file", "_env"};

bool setting_strip(const char *name, char *out, size_t room) {
    size_t len = strlen(name);
    bool had = false;
    for (size_t i = 0; i < 2 && !had; i++) {
        had = text_ends_with(name, SUFFIXES[i]) && len > strlen(SUFFIXES[i]);
        len -= had ? strlen(SUFFIXES[i]) : 0;
    }
    if (len >= room)
        len = room - 1;
    memcpy(out, name, len);
    out[len] = '\0';
    return had;
}

const char *settings_resolve_path(const settings_loader *l, const char *path) {
    if (path[0] == '/')
        return arena_strdup(l->in.memory, path);
    return arena_printf(l->in.memory, "%s/%s", l->into->directory, path);
}

void given_release(given_value *v) {
    if (v->text) {
        explicit_bzero(v->text, strlen(v->text));
        free(v->text);
    }
    v->text = NULL;
}

static void warn_if_open(const settings_loader *l, const yaml_node *node, const char *path, mode_t mode) {
    if (S_ISREG(mode) && (mode & (S_IRGRP | S_IROTH | S_IWGRP | S_IWOTH)))
        field_warning(&l->in, node, "open-secret", "the secret file %s can be read by others; run: chmod 600 %s",
                      field_shown(&l->in, path), field_shown(&l->in, path));
}

/* Of a file that is not read. */
static void warn_if_found_open(const settings_loader *l, const yaml_node *node) {
    const char *path = settings_resolve_path(l, node->text);
    struct stat about;
    if (stat(path, &about) == 0)
        warn_if_open(l, node, path, about.st_mode);
}

static bool read_bytes(int fd, char *into, size_t room, size_t *len) {
    for (*len = 0; *len < room;) {
        ssize_t got = read(fd, into + *len, room - *len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0;
        *len += (size_t)got;
    }
    return true;
}

static const char *content_fault(const char *text, size_t len) {
    if (len > LIMIT_SECRET_BYTES)
        return "is larger than 64 KiB";
    if (!text_is_utf8(text, len))
        return "is not UTF-8 text";
    return len == 0 ? "is empty" : NULL;
}

/* The file's text without the line ends at its end. */
static char *take_text(const settings_loader *l, const yaml_node *node, const char *path, int fd) {
    char *text = mem_alloc(LIMIT_SECRET_BYTES + 2);
    size_t len = 0;
    bool done = read_bytes(fd, text, LIMIT_SECRET_BYTES + 1, &len);
    const char *fault = done ? NULL : strerror(errno);
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        len--;
    text[len] = '\0';
    if (done)
        fault = content_fault(text, len);
    if (!fault)
        return text;
    explicit_bzero(text, LIMIT_SECRET_BYTES + 2);
    free(text);
    field_error(&l->in, node, "bad-file", "the file %s %s%s", field_shown(&l->in, path),
                done ? "" : "cannot be read: ", fault);
    return NULL;
}

static char *read_file(const settings_loader *l, const yaml_node *node, bool hide) {
    const char *path = settings_resolve_path(l, node->text);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat about;
    if (fd < 0 || fstat(fd, &about) != 0 || S_ISDIR(about.st_mode)) {
        field_error(&l->in, node, "unreadable-file", "the file %s cannot be read: %s", field_shown(&l->in, path),
                    strerror(fd < 0 ? errno : EISDIR));
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    if (hide)
        warn_if_open(l, node, path, about.st_mode);
    char *text = take_text(l, node, path, fd);
    close(fd);
    return text;
}

static char *read_environment(const settings_loader *l, const yaml_node *node) {
    const char *text = getenv(node->text);
    if (!text || text[0] == '\0')
        field_error(&l->in, node, "unset-variable", "the environment variable %s is not set",
                    field_shown(&l->in, node->text));
    else if (strlen(text) > LIMIT_SECRET_BYTES || !text_is_utf8(text, strlen(text)))
        field_error(&l->in, node, "bad-variable", "the environment variable %s is not UTF-8 text of at most 64 KiB",
                    field_shown(&l->in, node->text));
    else
        return mem_strdup(text);
    return NULL;
}

given_value given_read(const settings_loader *l, const yaml_node *node, const char *name, bool hide) {
    given_value v = {.node = node};
    bool file = text_ends_with(name, SUFFIXES[0]);
    v.outside = file || text_ends_with(name, SUFFIXES[1]);
    if (node->kind != YAML_TREE_SCALAR || yaml_is_null(node) || node->text[0] == '\0') {
        field_error(&l->in, node, "wrong-type", "\"%s\" must be one text, not %s", field_shown(&l->in, name),
                    node->kind == YAML_TREE_SCALAR ? "empty" : yaml_kind_to_text(node->kind));
        v.wrong = true;
    } else if (!v.outside) {
        v.text = mem_strdup(node->text);
    } else if (!l->options->offline) {
        v.text = file ? read_file(l, node, hide) : read_environment(l, node);
        v.wrong = v.text == NULL;
    } else if (file && hide) {
        warn_if_found_open(l, node);
    }
    return v;
}

given_value given_find(const settings_loader *l, const yaml_node *map, const char *name, bool hide) {
    given_value v = {0};
    const yaml_node *plain = yaml_get(map, name);
    const char *names[] = {name, arena_printf(l->in.scratch, "%s_file", name),
                           arena_printf(l->in.scratch, "%s_env", name)};
    for (size_t i = 0; i < 3; i++) {
        const yaml_node *node = yaml_get(map, names[i]);
        if (!node)
            continue;
        if (v.node) {
            field_error(&l->in, node, "two-values", "\"%s\" is given in two ways; keep one of %s, %s and %s", name,
                        name, names[1], names[2]);
            continue;
        }
        if (node == plain && node->kind == YAML_TREE_LIST)
            v.node = node; /* secrets may be listed; settings_load.c reads them */
        else
            v = given_read(l, node, names[i], hide);
    }
    return v;
}

const yaml_node *settings_find_given(const settings_loader *l, const yaml_node *map, const char *name) {
    const yaml_node *node = yaml_get(map, name);
    for (size_t i = 0; i < sizeof SUFFIXES / sizeof *SUFFIXES && !node; i++)
        node = yaml_get(map, arena_printf(l->in.scratch, "%s%s", name, SUFFIXES[i]));
    return node;
}
