#!/bin/sh
# Prints where `make run` keeps its PostgreSQL: var/onus here, unless we are root below a directory that the unprivileged
# user whom it runs as could not enter (as /root is).
set -eu
directory=$PWD
if [ "$(id -u)" = 0 ]; then
    while [ "$directory" != / ]; do
        case $(stat -c %A "$directory") in
            *x | *t) directory=$(dirname "$directory") ;;
            *) echo /var/lib/onus-run; exit 0 ;;
        esac
    done
fi
echo var/onus
