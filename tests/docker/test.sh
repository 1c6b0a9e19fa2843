#!/usr/bin/env bash
# Builds the image and runs it, without a daemon: is it ready, does it value, as which user, does it stop when asked,
# is its data still there at the second start? Ends with "N passed, N failed".
set -uo pipefail
[ "$(id -u)" = 0 ] || exec sudo "$0" "$@"
cd "$(dirname "$0")/../.." || exit 1
. tests/docker/storage.sh

passed=0
failed=0
check() { # check WHAT COMMAND…
    local what=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
        echo "ok      $what"
    else
        failed=$((failed + 1))
        echo "FAILED  $what"
        return 1
    fi
}
finish() {
    [ -z "${service:-}" ] || kill -KILL "$service" 2>/dev/null
    [ -z "${container:-}" ] || buildah_ rm "$container" >/dev/null
    rm -rf "$work"
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
    exit $?
}
work=$(mktemp -d)
trap finish EXIT

check "the image builds" tests/docker/image.sh || exit
container=$(buildah_ from --pull-never localhost/secondchair)
config() { # an entry of the image's configuration, a line an element
    buildah_ inspect --type image localhost/secondchair | python3 -c '
import json, sys
value = json.load(sys.stdin)["Docker"]["config"].get(sys.argv[1])
value = value["Test"] if isinstance(value, dict) and "Test" in value else value
print("\n".join(value if isinstance(value, (list, dict)) else [str(value)]))' "$1"
}
is() { [ "$1" = "$2" ] || { echo "        $1 instead of $2" && false; }; }
mapfile -t command < <(config Entrypoint && config Cmd)
mapfile -t health < <(config Healthcheck)
check "the image names user 65532" is "$(config User)" 65532:65532
check "the image names the volume" is "$(config Volumes)" /data
check "the image exposes port 8080" is "$(config ExposedPorts)" 8080/tcp
check "the image stops by SIGTERM" is "$(config StopSignal)" SIGTERM
check "the image checks its health by the program" is "${health[*]}" "CMD secondchair health"

root=$(buildah_ mount "$container")
check "the image is smaller than 32 MiB" test "$(du -sb "$root" | cut -f 1)" -lt $((32 * 1024 * 1024))
check "there is no shell in the image" test ! -e "$root/bin/sh" -a ! -e "$root/usr/bin/sh"
owned() { find "$root" -xdev \( -user 65532 -o -perm -o+w \) ! -type l ! -path "$root/data" ! -path "$root/tmp"; }
check "/data is the user's" is "$(stat -c %u:%g "$root/data")" 65532:65532
check "the user can write to /data and /tmp alone" is "$(owned)" ""

install -d -o 65532 -g 65532 "$work/data"
# The processes below one, that the container's program is found among buildah's.
descendants() {
    local child
    for child in $(pgrep -P "$1"); do
        echo "$child"
        descendants "$child"
    done
}
in_container() {
    buildah_ run --isolation chroot --volume "$work/data:/data" --env "SECONDCHAIR_PORT=$1" \
        --env SECONDCHAIR_DRAIN_TIMEOUT_MS=100000 "$container" -- "${@:2}"
}
start() { # leaves the runner, the service, and its address
    service=
    : >"$work/out"
    in_container 0 "${command[@]}" >"$work/out" 2>>"$work/log" &
    runner=$!
    for _ in $(seq 1200); do
        port=$(sed -n 's/^listening on .*:\([0-9]*\)$/\1/p' "$work/out")
        [ -z "$port" ] || break
        sleep 0.1
    done
    [ -n "$port" ] || { cat "$work/log" && return 1; }
    address=http://127.0.0.1:$port
    for process in $(descendants "$runner"); do
        [ "$(cat "/proc/$process/comm" 2>/dev/null)" != secondchair ] || service=$process
    done
    [ -n "$service" ]
}
stop() { # status of the service after SIGTERM; past its deadline that is 1
    kill -TERM "$service"
    service=
    wait "$runner"
}
ask() { curl -sS --max-time 120 --fail-with-body "$@" || { echo && false; }; }
figure() { python3 -c 'import json, sys; print(json.load(sys.stdin)'"$1"')'; }
near() { python3 -c 'import sys; a, b = map(float, sys.argv[1:]); sys.exit(abs(a - b) > 1e-9 * abs(b))' "$1" "$2"; }
valued() { near "$(ask "$@" | figure '["value_per_share"]')" 309.184160245519; }

check "the container starts" start || exit
patiently() { # the program's own check waits 2 s, which a busy machine may take
    for _ in $(seq 30); do
        "$@" && return
        sleep 1
    done
    return 1
}
check "it is ready" ask -o /dev/null "$address/health/ready"
check "its own health check agrees" patiently in_container "$port" "${health[@]:1}"
check "the health check fails where nothing listens" eval '! in_container 1 "${health[@]:1}" >/dev/null 2>&1'
check "it runs as user 65532" is "$(awk '/^Uid:/ {print $2, $3, $4, $5}' "/proc/$service/status")" "65532 65532 65532 65532"
check "it values a built-in scenario" valued "$address/v1/scenarios/amd-base/valuation"
python3 -c 'import json, sys; json.dump({"scenario": json.load(sys.stdin)}, sys.stdout)' \
    <schema/scenarios/amd-base.json >"$work/question"
check "it values a document sent along" valued -H 'Content-Type: application/json' --data-binary "@$work/question" \
    "$address/v1/valuation"
id=$(ask -H 'Content-Type: application/json' --data-binary @schema/scenarios/amd-base.json "$address/v1/scenarios" |
    figure '["id"]')
check "it stores a scenario" test -n "$id"
check "it stops by SIGTERM" stop
check "it starts again" start || exit
check "what was stored is there" is "$(ask "$address/v1/scenarios/$id" | figure '["name"]')" "AMD, base case"
check "it stops again" stop
