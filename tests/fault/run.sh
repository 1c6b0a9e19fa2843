#!/usr/bin/env bash
# run.sh [ROUNDS]: the store under kill -9 and under I/O errors. What it acknowledged must be there afterwards,
# what it refused must not, and the database must be sound. Ends with "N passed, N failed".
# Compiles tests/fault/writer_child.c and tests/fault/iofault.c into build/fault; needs gcc and libsqlite3-dev.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

rounds=${1:-20}
out=build/fault
mkdir -p $out
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
passed=0
failed=0
# Of enum sc_store_status
full=5
broken=8

compile() {
    sh server/store/sqlite/embed.sh schema/sql/*.sql >$out/sc_migrations.h &&
        gcc -std=c17 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Werror -Iinclude -Iserver -I$out \
            tests/fault/writer_child.c server/store/sqlite/*.c server/base/arena.c server/base/clock.c \
            server/base/log.c -lsqlite3 -lpthread -o $out/writer_child &&
        gcc -std=c17 -D_GNU_SOURCE -O1 -Wall -Wextra -Werror -shared -fPIC tests/fault/iofault.c -ldl \
            -o $out/iofault.so
}
if ! compile; then
    echo "0 passed, 1 failed"
    exit 1
fi

report() { # report STATUS NAME…
    if [ "$1" -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED  ${*:2}"
        tail -n 15 "$work/log" | sed 's/^/    | /'
    fi
}

# Killed at a random moment between 0.02 and 0.8 s, again and again over one database.
for round in $(seq "$rounds"); do
    $out/writer_child flood "$work/kill/scenarios.db" "r$round" >>"$work/answers" 2>"$work/log" &
    child=$!
    sleep "$(printf '0.%03d' $((RANDOM % 780 + 20)))"
    kill -9 "$child" 2>/dev/null
    wait "$child" 2>/dev/null
    # The database may not have come to be yet; then nothing was acknowledged either.
    $out/writer_child verify "$work/kill/scenarios.db" "$work/answers" >/dev/null 2>"$work/log"
    report $? "kill -9, round $round"
done
echo "kill -9: $(wc -l <"$work/answers") acknowledged writes in $rounds rounds"

# fault FILE CALL ERROR FIRST COUNT: a run with that fault; it must have struck, or be marked as beyond the run.
struck=0
fault() {
    local name="$2 of $1 fails with $3, from the $4. on, $5 times" status allowed=$broken
    [ "$3" = ENOSPC ] && allowed=$full
    rm -rf "$work/io" "$work/io-answers" "$work/mark"
    LD_PRELOAD=$PWD/$out/iofault.so SC_FAULT_FILE=$1 SC_FAULT_CALL=$2 SC_FAULT_ERROR=$3 SC_FAULT_FIRST=$4 \
        SC_FAULT_COUNT=$5 SC_FAULT_MARK=$work/mark \
        $out/writer_child steps "$work/io/scenarios.db" s $allowed >"$work/io-answers" 2>"$work/log"
    status=$?
    [ -e "$work/mark" ] && struck=$((struck + 1))
    if [ $status -eq 0 ]; then
        $out/writer_child verify "$work/io/scenarios.db" "$work/io-answers" >/dev/null 2>>"$work/log"
        status=$?
    fi
    report $status "$name"
}

for error in ENOSPC EIO; do
    for first in 1 2 3 5 8 13 40 90 200 400; do fault .db-wal write $error $first 1; done
    for first in 20 150; do fault .db-wal write $error $first 12; done
    for first in 1 2 10 100 300; do fault .db write $error $first 1; done
    fault .db write $error 5 400
    fault .db-shm write $error 1 1
    for first in 1 3 6; do fault .db.new write $error $first 1; done
done
for first in 1 2 3 4 10 30 61; do fault .db-wal sync EIO $first 1; done
fault .db-wal sync EIO 12 6
for first in 1 2 3; do fault .db sync EIO $first 1; done
fault .db.new sync EIO 1 1
echo "I/O faults: $struck of them struck"
[ "$struck" -gt 30 ]
report $? "faults strike"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
