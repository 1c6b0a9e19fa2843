"""Puts the JSON Schema of a scenario document, as the program prints it from its table of fields, into
schema/openapi.json, where the hand-written rest stays as it is.

    python3 tests/docs/openapi.py BINARY          compares both files with the program; exit status 1 where they differ
    python3 tests/docs/openapi.py BINARY --write  writes them
"""

import json
import pathlib
import subprocess
import sys

SCHEMA = pathlib.Path(__file__).resolve().parents[2] / "schema"
MEMBER = '"Scenario": '


def as_component(schema):
    """The schema as a part of another document: without its own identity, its references from the outer root."""
    inner = {name: value for name, value in schema.items() if name not in ("$schema", "$id")}
    return json.loads(json.dumps(inner).replace('"#/$defs/', '"#/components/schemas/Scenario/$defs/'))


def replace_member(text, value):
    """The text with the value of the schema's member exchanged, found by the decoder itself."""
    start = text.index(MEMBER, text.index('"schemas": {')) + len(MEMBER)
    _, length = json.JSONDecoder().raw_decode(text[start:])
    indent = text[:start].rsplit("\n", 1)[1]
    depth = len(indent) - len(indent.lstrip(" "))
    block = json.dumps(value, indent=1, ensure_ascii=False).replace("\n", "\n" + " " * depth)
    return text[:start] + block + text[start + length:]


def main():
    binary, write = sys.argv[1], "--write" in sys.argv
    schema = json.loads(subprocess.run([binary, "schema"], capture_output=True, check=True).stdout)
    files = {
        SCHEMA / "scenario.schema.json": json.dumps(schema, indent=1, ensure_ascii=False) + "\n",
        SCHEMA / "openapi.json": replace_member((SCHEMA / "openapi.json").read_text(), as_component(schema)),
    }
    failed = 0
    for path, text in files.items():
        if write:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            print(f"schema/{path.name} is not what the table of fields says: make docs")
            failed += 1
    print(f"{len(files) - failed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
