#!/usr/bin/env bash
# Builds the image of docker/Dockerfile without a daemon, as localhost/secondchair in the store build/containers.
# The base image is made by debootstrap from this machine's own package sources, and kept in build/base.tar.
# Prints its name and size.
set -euo pipefail
[ "$(id -u)" = 0 ] || exec sudo "$0" "$@"
cd "$(dirname "$0")/../.."
. tests/docker/storage.sh

base_image() {
    local root=build/base mirror
    mirror=$(apt-get indextargets --format '$(SITE) $(RELEASE)' 'Created-By: Packages' 'Release: bookworm' |
        sed -n 's/ bookworm$//p' | head -n 1)
    [ -n "$mirror" ] || { echo "this machine's package sources have no bookworm" >&2 && return 1; }
    echo "making the base image" >&2
    # shellcheck disable=SC2016 # of the inner shell
    tests/tools/again.sh sh -c 'rm -rf "$1" && debootstrap --variant=minbase bookworm "$1" "$2"' - "$root" "$mirror" >build/debootstrap.log 2>&1 || {
        tail -n 20 build/debootstrap.log >&2
        return 1
    }
    rm -rf "$root"/etc/apt/sources.list* "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
    cp -r /etc/apt/sources.list* "$root/etc/apt/"
    tar -C "$root" -cf build/base.tar.new .
    mv build/base.tar.new build/base.tar
    rm -rf "$root"
}

import_base() {
    local container
    container=$(buildah_ from scratch)
    buildah_ add --quiet "$container" build/base.tar / >/dev/null
    buildah_ commit --quiet --rm "$container" docker.io/library/debian:bookworm-slim >/dev/null
}

mkdir -p build
[ -f build/base.tar ] || base_image
buildah_ inspect --type image docker.io/library/debian:bookworm-slim >/dev/null 2>&1 || import_base
# In the form of Docker images: that of OCI has no HEALTHCHECK. Without layers: vfs copies the whole tree for each.
build() {
    buildah_ bud --quiet --format docker --isolation chroot --pull-never --layers=false --tag localhost/secondchair \
        --file docker/Dockerfile . >build/image.log 2>&1
}
build || build || { # a mirror may hiccup
    tail -n 40 build/image.log >&2
    exit 1
}
buildah_ rmi --prune >>build/image.log 2>&1 # earlier builds of the same name
echo "localhost/secondchair, $(buildah_ images --format '{{.Size}}' localhost/secondchair)"
