/* Where the program starts: makes what everything below gets as arguments, and hands over to the table of subcommands.
 */
#include "cli/cli.h"

#include <locale.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv) {
    (void)setlocale(LC_CTYPE, ""); /* widths of characters in tables */
    if (MB_CUR_MAX == 1)           /* texts are UTF-8 whatever the machine was told; CI often says C */
        (void)setlocale(LC_CTYPE, "C.UTF-8");
    const char *no_color = getenv("NO_COLOR");
    cli c = {
        .out = stdout,
        .err = stderr,
        .color = isatty(STDOUT_FILENO) == 1 && (!no_color || !*no_color),
        .clock = clock_system(),
        .memory = arena_new(),
        .program = argc > 0 ? argv[0] : "onus",
    };
    int status = cli_main(&c, argc, argv);
    if (fflush(stdout) != 0 || ferror(stdout))
        status = status == EXIT_DONE ? EXIT_FAILED : status;
    arena_free(c.memory);
    return status;
}
