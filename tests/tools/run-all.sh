#!/usr/bin/env bash
# run-all.sh [SUITE…]: runs every suite of the table below (or the named ones) and ends with the sum of their counts on
# a line by itself: "N passed, N failed". The output of each goes to build/test/SUITE.log.
#
# The seconds are for a hung suite: several times what a busy machine needs.
# A suite is a command whose last line of the form "N passed, N failed" is its count (python's unittest is counted
# too). One that ends without a count, beyond its time, or badly though it counted no failure, adds one failure.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

# name                 seconds  command
suites() {
    cat <<'TABLE'
lint                  1800  make lint
unit                  1800  make unit
oracle                 900  python3 -m unittest tests/oracle/test_oracle.py
oracle-compare        1800  python3 tests/oracle/compare.py build/secondchair --count 400
oracle-compare-asan   1800  python3 tests/oracle/compare.py build/asan/secondchair --count 60
http                  1800  node tests/http/run.mjs --binary build/secondchair
http-asan             1800  node tests/http/run.mjs --binary build/asan/secondchair
http-tsan             1800  node tests/http/run.mjs --binary build/tsan/secondchair
concurrent-tsan       1800  node tests/http/concurrent.mjs --binary build/tsan/secondchair
same-bytes            1800  node tests/http/same-bytes.mjs --binary build/secondchair
kill                  1800  node tests/http/kill.mjs --binary build/secondchair
http-probe            1800  rm -f build/http-probe/asan && node tests/http-probe/probe.mjs
web                   1800  node tests/web/run.mjs --binary build/secondchair
fault                 1800  tests/fault/run.sh
fuzz                  1800  FUZZ_SEED=1 tests/fuzz/run.sh 8
docs-schema            600  python3 tests/docs/openapi.py build/secondchair
docs-readme            600  python3 tests/docs/readme.py build/secondchair
docker                1800  tests/docker/test.sh
TABLE
}

# Of the make that may have called this: its jobs are not ours.
unset MAKEFLAGS MAKELEVEL
log=build/test
mkdir -p $log
passed=0
failed=0

count_of() { # "PASSED FAILED" of a log, or nothing
    local line
    line=$(grep -aE '^[0-9]+ passed, [0-9]+ failed$' "$1" | tail -n 1)
    if [ -n "$line" ]; then
        sed 's/ passed, / /; s/ failed//' <<<"$line"
    else
        # unittest: "Ran 32 tests in 4.0s", then "OK", "OK (skipped=1)" or "FAILED (failures=1, errors=2)"
        awk '/^Ran [0-9]+ tests? in / {ran = $2; ended = 0}
             /^(OK|FAILED)( \(.*\))?$/ {
                 ended = 1; bad = 0
                 n = split($0, word, /[(), =]+/)
                 for (i = 1; i < n; i++)
                     if (word[i] ~ /^(failures|errors|successes|skipped)$/) bad += word[i + 1]
             }
             END {if (ended && ran > 0) print ran - bad, bad}' "$1"
    fi
}

run() { # run NAME SECONDS COMMAND…
    local name=$1 limit=$2 start=$SECONDS status good bad note=
    timeout --kill-after=10 "$limit" bash -c "$3" >"$log/$name.log" 2>&1 </dev/null
    status=$?
    read -r good bad <<<"$(count_of "$log/$name.log")"
    if [ -z "$good" ]; then
        good=0 bad=1 note="no count"
    elif [ "$((good + bad))" -eq 0 ]; then
        bad=1 note="nothing ran"
    elif [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then
        bad=1 note="exit status $status"
    fi
    [ "$status" -ne 124 ] || note="not done after $limit s"
    passed=$((passed + good))
    failed=$((failed + bad))
    printf '%-20s %6d passed %4d failed %5d s%s\n' "$name" "$good" "$bad" "$((SECONDS - start))" "${note:+  ($note)}"
    [ "$bad" -eq 0 ] || tail -n "${LOG_LINES:-60}" "$log/$name.log" | sed 's/^/    | /'
}

known=$(suites | awk '{print $1}')
for name in "$@"; do
    grep -qx -- "$name" <<<"$known" || { echo "no suite $name; there are: ${known//$'\n'/ }" >&2 && exit 2; }
done

start=$SECONDS
if ! make built-for-test >$log/build.log 2>&1; then
    grep -aE 'error|undefined|multiple|\*\*\*' $log/build.log | head -n 40
    echo "the build failed: $log/build.log"
    echo "0 passed, 1 failed"
    exit 1
fi
printf '%-40s %5d s\n' "built" "$((SECONDS - start))"
while read -r name limit command; do
    [ $# -eq 0 ] || [[ " $* " == *" $name "* ]] || continue
    run "$name" "$limit" "$command"
done < <(suites)

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
