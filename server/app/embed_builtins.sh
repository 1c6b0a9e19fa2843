#!/bin/sh
# Writes the header of the built-in scenarios from a folder of documents, each named by its id, parents first:
#   sh server/app/embed_builtins.sh schema/scenarios > build/gen/sc_builtins.h
set -eu
folder=${1:?the folder of the scenarios}

parent_of() {
    sed -n 's/^[[:space:]{]*"parent"[[:space:]]*:[[:space:]]*"\([a-z0-9-]*\)".*/\1/p' "$1" | head -n 1
}

# One string literal a line, terminated; '?' is escaped for the sake of trigraphs.
emit() {
    if [ -n "$2" ]; then parent="\"$2\""; else parent=NULL; fi
    printf '    {"%s", %s,\n' "$1" "$parent"
    sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/?/\\?/g' -e 's/	/\\t/g' -e 's/^/     "/' -e 's/$/\\n"/' "$folder/$1.json"
    printf '    },\n'
}

cat <<'HEAD'
/* Made by server/app/embed_builtins.sh from schema/scenarios; not to be edited. */
#include <stddef.h>

#pragma GCC diagnostic ignored "-Woverlength-strings"
static const struct {
    const char *id, *parent, *json;
} SC_BUILTINS[] = {
HEAD

waiting=''
for file in "$folder"/*.json; do
    [ -e "$file" ] || continue
    id=${file##*/}
    waiting="$waiting ${id%.json}"
done

done=' '
while [ -n "$waiting" ]; do
    later=''
    for id in $waiting; do
        parent=$(parent_of "$folder/$id.json")
        case "$parent" in
        '') known=yes ;;
        *) case "$done" in *" $parent "*) known=yes ;; *) known=no ;; esac ;;
        esac
        if [ "$known" = yes ]; then
            emit "$id" "$parent"
            done="$done$id "
        else
            later="$later $id"
        fi
    done
    if [ "$later" = "$waiting" ]; then
        echo "embed_builtins.sh: no parent is there for:$later" >&2
        exit 1
    fi
    waiting=$later
done

# The end.
printf '    {NULL, NULL, NULL}};\n'
