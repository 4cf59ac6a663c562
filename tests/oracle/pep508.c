/* What Onus reads in each line of standard input, as JSON, a line each: test_requirements.py compares. */
#include "domain/pep508.h"

#include "onus/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put(buf *b, const char *name, const char *text) {
    buf_printf(b, "%s\"%s\":", b->len > 1 ? "," : "", name);
    if (text)
        buf_put_json(b, text);
    else
        buf_puts(b, "null");
}

int main(void) {
    char *line = NULL;
    size_t room = 0;
    for (ssize_t len; (len = getline(&line, &room, stdin)) > 0;) {
        line[len - (line[len - 1] == '\n')] = '\0';
        arena *a = arena_new();
        const pep508 read = pep508_read(a, line);
        buf b;
        buf_init(&b);
        buf_putc(&b, '{');
        put(&b, "name", read.name);
        put(&b, "url", read.url);
        put(&b, "version", read.version);
        put(&b, "marker", read.marker);
        put(&b, "problem", read.problem);
        buf_putc(&b, '}');
        puts(b.data);
        buf_release(&b);
        arena_free(a);
    }
    free(line);
    return 0;
}
