#!/bin/sh
# Prints a C header that holds the files of the web pages, schema/openapi.json and schema/observations.json; run in the root of the tree:
#   sh server/web/embed.sh > build/gen/sc_assets.h
# As numbers, because ISO C bounds a string literal at 4,095 characters. The pages name each file with its digest
# ("/assets/app.js?v=…"), so that browsers may keep it for ever.
set -eu
cd "$(dirname "$0")"

numbers() { od -An -v -tu1 | sed 's/[0-9][0-9]*/&,/g'; }
digest() { sha256sum | cut -c 1-16; }

# The sed script that puts the digests into the pages.
versions=
for file in *.js *.css *.svg; do
    versions="${versions}s|/assets/$file|/assets/$file?v=$(digest <"$file")|g;"
done

content() { # of a file as it is served
    case $1 in
    *.html) sed "$versions" "$1" ;;
    *) cat "$1" ;;
    esac
}

media() {
    case $1 in
    *.html) echo SC_MEDIA_HTML ;;
    *.js) echo SC_MEDIA_SCRIPT ;;
    *.css) echo SC_MEDIA_STYLE ;;
    *.svg) echo SC_MEDIA_SVG ;;
    *.json) echo SC_MEDIA_JSON ;;
    *) echo "embed.sh: $1 has no media type" >&2; exit 1 ;;
    esac
}

echo "/* Made by server/web/embed.sh of server/web and schema/; not to be edited. */"
number=0
table=
for file in *.html *.js *.css *.svg ../../schema/openapi.json ../../schema/observations.json; do
    number=$((number + 1))
    kind=$(media "$file")
    echo "static const unsigned char SC_ASSET_${number}[] = {"
    content "$file" | numbers
    echo "};"
    echo "static const unsigned char SC_ASSET_${number}_GZIP[] = {"
    content "$file" | gzip -9n | numbers
    echo "};"
    table="$table    {\"$(basename "$file")\", $kind, SC_ASSET_$number, sizeof SC_ASSET_$number, SC_ASSET_${number}_GZIP, sizeof SC_ASSET_${number}_GZIP,
     \"\\\"$(content "$file" | digest)\\\"\"},
"
done
echo "static const struct sc_asset_file {"
echo "    const char *name;"
echo "    enum sc_media media;"
echo "    const unsigned char *bytes;"
echo "    size_t length;"
echo "    const unsigned char *gzipped;"
echo "    size_t gzipped_length;"
echo "    const char *etag; /* with its quotes */"
echo "} SC_ASSETS[] = {"
printf '%s};\n' "$table"
