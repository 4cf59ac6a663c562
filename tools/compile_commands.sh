#!/bin/sh
# Prints compile_commands.json: compile_commands.sh 'CC FLAGS' FILE...
set -eu
command=$1
shift
separator='['
for file in "$@"; do
    printf '%s\n{"directory":"%s","file":"%s","command":"%s -c %s"}' "$separator" "$PWD" "$file" \
        "$(printf %s "$command" | sed 's/["\\]/\\&/g')" "$file"
    separator=,
done
printf '\n]\n'
