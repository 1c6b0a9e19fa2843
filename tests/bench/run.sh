#!/usr/bin/env bash
# run.sh BINARY: measures, each row beside a baseline of the same run (these machines are shared and noisy).
#   1. the stages of a valuation beside jansson reading the same document
#   2. random numbers, from the counter to the driver's value, beside one exp
#   3. requests a second of what people ask, beside the smallest answer that the service has
#   4. how long cheap requests take while others ask the heaviest questions (open loop: from the time they were due)
#   5. paths of a simulation beside NumPy and the scalar kernel, errors beside those of independent paths
set -euo pipefail
cd "$(dirname "$0")/../.."
binary=$1
out=build/bench
mkdir -p $out
echo "$(nproc) cores, $(awk -F': ' '/model name/ {print $2; exit}' /proc/cpuinfo), load average $(cut -d' ' -f1 /proc/loadavg) at the start."
echo

cc -O3 -std=c17 -D_GNU_SOURCE -Iinclude -Iserver tests/bench/stages.c build/libsecondchair.a -o $out/stages \
    -ljansson -lsodium -lsqlite3 -lmicrohttpd -lm -lpthread
cc -O3 -std=c17 -D_GNU_SOURCE -Iinclude -Iserver tests/bench/draws.c build/libsecondchair.a -o $out/draws -lm
cc -O2 -std=c17 -D_GNU_SOURCE tests/load/openloop.c -o $out/openloop
cc -O2 -std=c17 -D_GNU_SOURCE tests/load/batch.c -o $out/batch
$out/stages schema/scenarios/amd-base.json
echo
$out/draws
echo

database=$(mktemp -d)
"$binary" serve --port 0 --database "$database/bench.db" --queue-per-client 256 >$out/address 2>$out/log &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null || true; rm -rf "$database"' EXIT
until grep -q listening $out/address; do sleep 0.05; done
port=$(sed 's/.*://' $out/address)

request() { # request NAME METHOD TARGET [BODY]: a file with the bytes of one request
    local body=${4-}
    {
        printf '%s %s HTTP/1.1\r\nHost: localhost\r\n' "$2" "$3"
        [ -z "$body" ] || printf 'Content-Type: application/json\r\nContent-Length: %d\r\n' "${#body}"
        printf '\r\n%s' "$body"
    } >"$out/$1.request"
}
rate() { # requests a second of 32 kept connections, 3 s
    $out/openloop "$port" 10 3 1 /health/live 32 "$out/$1.request" | tr ' ' '\n' | sed -n 's/^load_per_second=//p'
}
document=$(tr -d '\n' <schema/scenarios/amd-base.json | tr -cd '\40-\176')
request live GET /health/live
request scenario GET /v1/scenarios/amd-base
request stored GET /v1/scenarios/amd-base/valuation
request slider POST /v1/valuation '{"scenario":"amd-base","overrides":[{"pointer":"/terminal/growth","value":0.03}]}'
request sent POST /v1/valuation "{\"scenario\":$document}"
base=$(rate live)
echo "| asked over 32 kept connections | requests a second | beside the smallest answer |"
echo "|---|---:|---:|"
for row in "live:GET /health/live" "scenario:GET a stored scenario" "stored:GET its valuation" \
    "slider:POST its valuation with an override" "sent:POST a valuation of a document sent along"; do
    now=$(rate "${row%%:*}")
    awk -v name="${row#*:}" -v now="$now" -v base="$base" 'BEGIN {printf "| %s | %d | %.3f |\n", name, now, now / base}'
done
echo
$out/batch "$port" 7
kill $server
wait $server || true
trap - EXIT
rm -rf "$database"
echo
echo '```'
node tests/load/openloop.mjs --binary "$binary" --seconds 8
echo '```'
echo
python3 tests/bench/simulation.py "$binary" $out/simulation.jsonl 2>>$out/log
