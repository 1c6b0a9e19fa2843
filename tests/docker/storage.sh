# shellcheck shell=bash
# Where images and containers are kept; to be sourced in the root of the tree.

buildah_() {
    buildah --storage-driver vfs --root "$PWD/build/containers/storage" --runroot "$PWD/build/containers/run" "$@"
}
