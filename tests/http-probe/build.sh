#!/bin/sh
# Builds the server with the stand-in application: build.sh OUTPUT [compiler flags …]
set -eu
cd "$(dirname "$0")/../.."
output=$1
shift
mkdir -p "$(dirname "$output")"
exec ${CC:-gcc} -std=c17 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wvla \
    -Wcast-qual -Wundef -Wformat=2 -Werror -fPIE -fstack-protector-strong -Iinclude -Iserver "$@" \
    server/main.c server/http/*.c server/obs/*.c server/base/*.c server/exec/*.c server/app/call.c server/app/problem.c \
    server/codec/writer.c server/codec/faults.c server/codec/number.c tests/http-probe/standin.c \
    -lmicrohttpd -ljansson -lsodium -lnettle -lz -lpthread -lm -o "$output"
