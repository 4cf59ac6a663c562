#!/bin/sh
# Prints a C file with every file under a folder as a row {name, text} of one table, so that the binary needs no files beside it.
# usage: embed.sh TABLE FOLDER
set -eu
table=$1 folder=$2
printf '#include "onus/embedded.h"\n\nconst struct embedded_file %s[] = {\n' "$table"
(cd "$folder" && find . -type f ! -name '.*' | sed 's|^\./||' | LC_ALL=C sort) | while IFS= read -r name; do
    printf '    {"%s",\n' "$name"
    sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/?/\\?/g' -e 's/^/     "/' -e 's/$/\\n"/' "$folder/$name"
    [ -s "$folder/$name" ] || printf '     ""\n'
    printf '    },\n'
done
printf '    {0, 0},\n};\n'
