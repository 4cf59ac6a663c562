/* Files that are built into the binary: SQL, templates. Made by tools/embed.sh; a table ends with a NULL name. */
#ifndef ONUS_EMBEDDED_H
#define ONUS_EMBEDDED_H

struct embedded_file {
    const char *name; /* path below the folder */
    const char *text;
};

extern const struct embedded_file queries_data[];
extern const struct embedded_file migrations_data[];
extern const struct embedded_file templates_data[];

#endif
