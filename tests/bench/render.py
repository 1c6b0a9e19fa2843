"""render.py RESULTS: the tables of the README from tests/bench/results.json."""

import json
import sys


def text_of(value):
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, int) or abs(value) >= 1000:
        return f"{value:,.0f}" if abs(value) < 1e7 else f"{value:.3g}"
    return f"{value:.3g}"


def cell(line, key):
    if key == "target" and "target" in line:
        return f"{line['target']}: {'reached' if line['met'] else 'missed'}"
    return text_of(line.get(key))


def table(section):
    keys, titles = zip(*section["columns"])
    words = [all(isinstance(line.get(key), str) or key not in line for line in section["rows"]) for key in keys]
    rows = [titles, ["---" if is_words else "---:" for is_words in words]] + [[cell(line, key) for key in keys] for line in section["rows"]]
    lines = [f"**{section['title']}**", ""] + [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines + (["", section["note"]] if "note" in section else []))


def render(results):
    machine = results["machine"]
    head = (f"{machine['cores']} cores, {machine['model']}, {machine['vectors']}, {machine['memory_gb']:.0f} GB, Linux {machine['kernel']}, {machine['compiler']}; "
            f"{machine['date']}, {machine['commit']}, load average {machine['load_average']} at the start; {machine['seconds']} s.")
    return "\n\n".join([head] + [table(section) for section in results["tables"]]) + "\n"


if __name__ == "__main__":
    print(render(json.load(open(sys.argv[1]))), end="")
