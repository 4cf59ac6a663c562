/* The table of settings, and how one value is found and read: private to src/config/settings*.c. */
#ifndef ONUS_CONFIG_SETTINGS_TABLE_H
#define ONUS_CONFIG_SETTINGS_TABLE_H

#include "config/fields.h"
#include "onus/settings.h"

typedef enum setting_type {
    SETTING_TEXT,
    SETTING_NAME,    /* [a-z0-9][a-z0-9-]*, at most 63 bytes */
    SETTING_SECRET,  /* → secret */
    SETTING_SECRETS, /* one a line, or a list → const secret *, with its count at count_offset */
    SETTING_LINK_KEYS,
    SETTING_PATH, /* relative to the settings file's directory */
    SETTING_LISTEN,
    SETTING_URL,
    SETTING_INT,      /* → int */
    SETTING_BOOL,     /* → bool */
    SETTING_DURATION, /* → usec */
    SETTING_LOG_LEVEL,
    SETTING_LOG_FORMAT,
    SETTING_API_ROLE,
    SETTING_NETWORKS, /* one a line, or a list → const ip_network *, with its count at count_offset */
    SETTING_TYPE_COUNT
} setting_type;

typedef enum setting_section { SECTION_TOP, SECTION_SECRETS, SECTION_SOURCE, SECTION_CHANNEL } setting_section;

typedef struct setting {
    setting_section section;
    const char *name;
    setting_type type;
    size_t offset, count_offset; /* in struct settings, or struct source for SECTION_SOURCE */
    const char *fallback;        /* as one would write it; NULL: unset */
    int64_t min, max; /* SETTING_INT; SETTING_DURATION in microseconds; SETTING_SECRETS and SETTING_NETWORKS: items */
    const char *doc;
} setting;

const setting *settings_table(size_t *count);
const char *setting_type_doc(setting_type type);
/* What a section's names are written under: "", "secrets.", "sources[].", "channels.NAME." */
const char *setting_section_prefix(setting_section section);

/* What the files of the settings share while loading. */
typedef struct settings_loader {
    field_reader in;
    settings *into;
    const settings_options *options;
} settings_loader;

/* A value as given, from the file itself, a *_file or a *_env. */
typedef struct given_value {
    const yaml_node *node; /* where it is said; NULL: not given */
    char *text;            /* owned; wiped by given_release. NULL: not read (offline), or a list, or wrong */
    bool outside;          /* from *_file or *_env */
    bool wrong;            /* reported */
} given_value;

/* `hide`: the value is a secret, so a file that others may read is warned of. */
given_value given_find(const settings_loader *l, const yaml_node *map, const char *name, bool hide);
void given_release(given_value *v);
/* Reads one scalar, one *_file (when `name` ends so) or one *_env. */
given_value given_read(const settings_loader *l, const yaml_node *node, const char *name, bool hide);

/* The node of NAME, NAME_file or NAME_env, the first that is there; NULL: none. */
const yaml_node *settings_find_given(const settings_loader *l, const yaml_node *map, const char *name);

/* Takes name without its _file or _env. True when it had one. */
bool setting_strip(const char *name, char *out, size_t room);

/* Reads all settings of one section from one map into `base`. */
void settings_read_section(const settings_loader *l, setting_section section, const yaml_node *map, void *base);
const char *settings_resolve_path(const settings_loader *l, const char *path);

void settings_read_sources(const settings_loader *l, const yaml_node *root);
void settings_read_channels(const settings_loader *l, const yaml_node *root);

/* With --local: makes the file with one random key, for its owner only, when it is missing. */
MUST_USE bool link_key_file_make(const char *path, err *e);

#endif
