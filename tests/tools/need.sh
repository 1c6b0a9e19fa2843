#!/usr/bin/env bash
# need.sh PACKAGE… [--command NAME=PACKAGE]…: installs the Debian packages that are absent, and the packages of the
# commands that are absent. Says what it does; says and does nothing when all is there.
set -euo pipefail

wanted=()
missing=()
while [ $# -gt 0 ]; do
    case $1 in
    --command)
        command -v "${2%%=*}" >/dev/null || missing+=("${2#*=}")
        shift 2
        ;;
    *)
        wanted+=("$1")
        shift
        ;;
    esac
done

if ! command -v dpkg-query >/dev/null; then
    echo "not a Debian system: taking it that these are installed: ${wanted[*]} ${missing[*]}" >&2
    exit 0
fi

installed=" $(dpkg-query -W -f='${db:Status-Abbrev}${Package} ' "${wanted[@]}" 2>/dev/null || true)"
for package in "${wanted[@]}"; do
    case $installed in
    *" ii $package "* | *"ii $package "*) ;;
    *) missing+=("$package") ;;
    esac
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || {
        echo "missing: ${missing[*]}; install them, or run this as root" >&2
        exit 1
    }
    as_root=(sudo)
fi
echo "installing what is missing: ${missing[*]}"
mkdir -p build
exec 9>build/.apt-lock # two makes in one tree take turns
flock 9
install() {
    "${as_root[@]}" apt-get update -qq &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
            -o DPkg::Lock::Timeout=300 "${missing[@]}" >build/apt.log 2>&1
}
for pause in 5 10 20 40 0; do # a mirror may hiccup
    install && exit 0
    sleep "$pause"
done
tail -n 20 build/apt.log >&2
exit 1
