/* Owns putting a requirement file together with those that it includes. Leaves the lines to the domain. The difficulty:
 * what an included line says must be reported where it stands, so that each piece of the lock notes its file and
 * line. */
#include "cli/handoff_load.h"

#include "onus/crypto.h"
#include "onus/json.h"
#include "onus/limits.h"
#include "onus/text.h"

#include <string.h>

enum { INCLUDE_DEPTH = 8 };

typedef struct lock_text {
    cli *c;
    handoff_loaded *l;
    buf text;
    unsigned line; /* the next one to be written, from 1 */
    bool included; /* some file was */
    int depth;
} lock_text;

/* From here on the lock's lines are those of this file, beginning with its line. */
static void note_piece(lock_text *t, const loaded_text *from, unsigned line) {
    handoff_place_add(&t->l->places, t->c->memory,
                      (handoff_place){.pointer = "/dependencies/lock",
                                      .file = from->path,
                                      .at = {line, 1},
                                      .length = 1,
                                      .lines = line,
                                      .first = t->line});
}

/* `-r FILE`, `--requirement FILE`, `--requirement=FILE`: the file's name, else NULL. */
static const char *included_name(arena *a, const char *at, size_t len) {
    static const char *const OPTIONS[] = {"--requirement", "-r"};
    for (size_t i = 0; i < sizeof OPTIONS / sizeof *OPTIONS; i++) {
        size_t option = strlen(OPTIONS[i]);
        if (len <= option || strncmp(at, OPTIONS[i], option) != 0)
            continue;
        const char *name = at + option;
        name += strspn(name, i == 0 ? " \t=" : " \t");
        return arena_strndup(a, name, strcspn(name, " \t\r\n#"));
    }
    return NULL;
}

/* Relative to the file that includes it, as pip has it. */
static const char *relative_to(arena *a, const handoff_loaded *l, const loaded_text *from, const char *name) {
    const char *within = from->path + strlen(folder_path(a, &l->folder, ""));
    const char *slash = strrchr(within, '/');
    return slash ? arena_printf(a, "%.*s/%s", (int)(slash - within), within, name) : name;
}

static void put_file(lock_text *t, const loaded_text *file);

static void put_include(lock_text *t, const loaded_text *from, unsigned line, const char *name) {
    handoff_place at = {.file = from->path, .at = {line, 1}, .length = (unsigned)strlen(name)};
    if (t->depth == INCLUDE_DEPTH || t->text.len > LIMIT_HANDOFF_BYTES) {
        diagnostics_add(&t->l->found, DIAGNOSTIC_ERROR, from->path, at.at, 0, "too-deep",
                        "the requirement files include one another without end, or are too large together");
        return;
    }
    const loaded_text *file = handoff_read_text(t->c, t->l, relative_to(t->c->memory, t->l, from, name), &at);
    if (!file)
        return;
    t->included = true;
    t->depth++;
    put_file(t, file);
    t->depth--;
    note_piece(t, from, line + 1);
}

static void put_file(lock_text *t, const loaded_text *file) {
    note_piece(t, file, 1);
    unsigned line = 1;
    for (const char *at = file->bytes; *at; line++) {
        size_t len = strcspn(at, "\n");
        const char *name = included_name(t->c->memory, at, len);
        if (name && *name) {
            put_include(t, file, line, name);
        } else {
            buf_put(&t->text, at, len);
            buf_putc(&t->text, '\n');
            t->line++;
        }
        at += len + (at[len] == '\n');
    }
}

/* A digest in the manifest is that of the file itself. */
static void settle_digest(lock_text *t, cJSON *manifest, const loaded_text *file) {
    cJSON *map = cJSON_GetObjectItemCaseSensitive(manifest, "dependencies");
    const cJSON *said = json_member(map, "lock_sha256");
    const char *real = crypto_sha256_hex(t->c->memory, file->bytes, file->len);
    if (cJSON_IsString(said) && text_equal_nocase(said->valuestring, real))
        cJSON_DeleteItemFromObjectCaseSensitive(map, "lock_sha256");
}

void handoff_put_lock(cli *c, handoff_loaded *l, cJSON *manifest, const loaded_text *text) {
    lock_text t = {.c = c, .l = l, .line = 1};
    buf_init(&t.text);
    put_file(&t, text);
    if (t.included || (text->len > 0 && text->bytes[text->len - 1] != '\n'))
        settle_digest(&t, manifest, text);
    handoff_assembly to = {manifest, &l->places, c->memory, &l->found};
    handoff_assembly_put(&to, "/dependencies/lock", cJSON_CreateString(t.text.data), NULL);
    buf_release(&t.text);
}
