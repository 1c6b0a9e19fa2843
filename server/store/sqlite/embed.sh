#!/bin/sh
# Prints a C header that holds the migrations given as arguments, in their order:
#   sh server/store/sqlite/embed.sh schema/sql/*.sql > build/gen/sc_migrations.h
# As numbers, because ISO C bounds a string literal at 4,095 characters.
set -eu
table=
echo "/* Made by server/store/sqlite/embed.sh of schema/sql; not to be edited. */"
for file in "$@"; do
    name=$(basename "$file")
    number=${name%%_*}
    version=$(printf '%s' "$number" | sed 's/^0*//')
    case $version in
    '' | *[!0-9]*) echo "embed.sh: $file is not named NNNN_name.sql" >&2; exit 1 ;;
    esac
    echo "static const char SC_MIGRATION_${number}[] = {"
    od -An -v -tu1 "$file" | sed 's/[0-9][0-9]*/&,/g'
    echo "0};"
    table="$table    {$version, \"$name\", SC_MIGRATION_${number}},
"
done
echo "static const struct {"
echo "    int version;"
echo "    const char *name;"
echo "    const char *sql;"
echo "} SC_MIGRATIONS[] = {"
printf '%s};\n' "$table"
