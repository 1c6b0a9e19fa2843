#!/bin/sh
# Writes the header of the built-in scenarios and sets from two folders of documents, each named by its id, parents
# before variants and sets after scenarios:
#   sh server/app/embed_builtins.sh schema/scenarios schema/sets > build/gen/sc_builtins.h
set -eu
folder=${1:?the folder of the scenarios}
sets=${2:?the folder of the sets}

parent_of() {
    sed -n 's/^[[:space:]{]*"parent"[[:space:]]*:[[:space:]]*"\([a-z0-9-]*\)".*/\1/p' "$1" | head -n 1
}

# emit ID PARENT TYPE FILE: one string literal a line, terminated; '?' is escaped for the sake of trigraphs.
emit() {
    if [ -n "$2" ]; then parent="\"$2\""; else parent=NULL; fi
    printf '    {"%s", %s, %s,\n' "$1" "$parent" "$3"
    sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/?/\\?/g' -e 's/	/\\t/g' -e 's/^/     "/' -e 's/$/\\n"/' "$4"
    printf '    },\n'
}

cat <<'HEAD'
/* Made by server/app/embed_builtins.sh from schema/scenarios and schema/sets; not to be edited. */
#include "secondchair/store.h"

#pragma GCC diagnostic ignored "-Woverlength-strings"
static const struct {
    const char *id, *parent;
    enum sc_record_type type;
    const char *json;
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
            emit "$id" "$parent" SC_RECORD_SCENARIO "$folder/$id.json"
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

for file in "$sets"/*.json; do
    [ -e "$file" ] || continue
    id=${file##*/}
    emit "${id%.json}" '' SC_RECORD_SET "$file"
done

# The end.
printf '    {NULL, NULL, SC_RECORD_SCENARIO, NULL}};\n'
