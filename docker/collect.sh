#!/bin/sh
# collect.sh PROGRAM ROOT: lays out in ROOT the least that runs PROGRAM: itself, the libraries that it loads, a user,
# /tmp; with the licences of those libraries, and their dpkg records where scanners look for them.
set -eu
program=$1
root=$2

put() { # a file under its own name, links followed
    mkdir -p "$root$(dirname "$1")"
    cp -L "$1" "$root$1"
}

put "$program"
ldd "$program" | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p; s/^[[:space:]]*\(\/[^ ]*\) .*/\1/p' | sort -u >/tmp/libraries
mkdir -p "$root/var/lib/dpkg/status.d"
while read -r library; do
    put "$library"
    package=$(dpkg-query -S "$library" "$(readlink -f "$library")" "/usr$library" 2>/dev/null | sed 's/:.*//' | head -n 1)
    [ -n "$package" ] || { echo "collect.sh: no package owns $library" >&2; exit 1; }
    put "/usr/share/doc/$package/copyright"
    dpkg-query -s "$package" >"$root/var/lib/dpkg/status.d/$package"
done </tmp/libraries
put /etc/debian_version
put /etc/os-release
mkdir -p "$root/usr/share/doc/secondchair"
cp /LICENSE "$root/usr/share/doc/secondchair/copyright"

echo 'secondchair:x:65532:65532::/data:/sbin/nologin' >"$root/etc/passwd"
echo 'secondchair:x:65532:' >"$root/etc/group"
mkdir -p "$root/tmp"
chmod 1777 "$root/tmp"
