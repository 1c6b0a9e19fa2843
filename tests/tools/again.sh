#!/usr/bin/env bash
# again.sh COMMAND…: runs what asks a network; up to five times, with a pause that doubles, until it succeeds.
set -uo pipefail
pause=5
for attempt in 1 2 3 4 5; do
    "$@" && exit 0
    status=$?
    [ "$attempt" -lt 5 ] || break
    echo "$1 failed with $status; once more in $pause s" >&2
    sleep "$pause"
    pause=$((2 * pause))
done
exit "$status"
