"""Hold the service's answers to returns, comparison, implied and sensitivity against the oracle.

    compare_questions.py --url http://127.0.0.1:PORT [--count N] [--seed S]

Each generated document is asked all of them: returns with a random price, rate, target and growth of the share
count; comparison with a document that differs from it in one to five groups of drivers; implied at a random
driver, at a price that its range reaches; a tornado of all its drivers, of which some are valued anew; a grid of
two random drivers; the Sobol indices of two. Each question is one test; a figure agrees as in compare.py, an index
within its standard error.
"""

import argparse
import concurrent.futures
import json
import random
import sys

import compare
import generate
import model
import questions

SHAPING = {"from", "to", "year", "base_year", "horizon", "lag", "price", "schema", "half_life", "years", "fair_band"}
SCANNED = 257


def share_size(document):
    return compare.sizes(document, model.value(document))["share"]


def leaves(node, pointer=""):
    """(pointer, number) of every driver that can be moved by degrees."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name not in SHAPING:
                yield from leaves(value, f"{pointer}/{name}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from leaves(value, f"{pointer}/{index}")
    elif isinstance(node, (int, float)) and not isinstance(node, bool):
        yield pointer, node


# ---------------------------------------------------------------- returns

def check_returns(target, rng, document):
    document = json.loads(json.dumps(document))
    document["returns"] = {"net_share_growth": rng.choice((0, generate.number(rng, -0.04, 0.04))),
                           "reinvestment_rate": generate.number(rng, -0.02, 0.1)}
    body = {"price": round(document["price"] * rng.uniform(0.3, 3.0), 2) or 1.0,
            "reinvestment_rate": generate.number(rng, -0.02, 0.12), "target_return": generate.number(rng, -0.1, 0.3)}
    body = {name: value for name, value in body.items() if rng.random() < 0.7}
    expected, actual = questions.returns(document, **body), target.ask("returns", document, body)
    found, sizes = compare.Mismatches(), expected["sizes"]
    per_share = [size / document["dilution"]["basic"] * 2.0 for size in sizes]
    for name in ("price", "years", "reinvestment_rate", "target_return"):
        found.number(name, expected[name], actual.get(name))
    for at, of, was in (("", expected, actual), ("held.", expected["held"], actual.get("held", {}))):
        found.number(at + "horizon_value_per_share", of["horizon_value_per_share"],
                     was.get("horizon_value_per_share"), per_share[-1])
        for name in ("multiple_of_money", "annual_return", "price_for_target"):
            found.number(at + name, of[name], was.get(name), per_share[-1] / expected["price"])
    rows = actual.get("path", [])
    found.same("path (length)", len(expected["path"]), len(rows))
    for e, a, size, share in zip(expected["path"], rows, sizes, per_share):
        for name in e:
            found.number(f"path[{e['year']}].{name}", e[name], a.get(name), size if "cash" in name else share)
    return found.found


# ---------------------------------------------------------------- comparison

def scaled(node, factor):
    """Every number that is a rate or a share, times a factor below 1."""
    if isinstance(node, dict):
        return {name: value if name in SHAPING else scaled(value, factor) for name, value in node.items()}
    if isinstance(node, list):
        return [scaled(value, factor) for value in node]
    return round(node * factor, 6) if isinstance(node, float) and abs(node) < 1.0 else node


def other_of(rng, document, others):
    """A document that differs in one to five groups: scaled, or as they are in a document of the same horizon."""
    other = json.loads(json.dumps(document))
    alike = [o for o in others if o.get("horizon", 10) == document.get("horizon", 10) and o is not document]
    for group in rng.sample(sorted(questions.GROUPS), rng.randint(1, 5)):
        if group == "timing":
            other["timing"] = "end" if document.get("timing", "mid") == "mid" else "mid"
        elif group == "inference_share" or group == "market":
            if "inference_share" in document.get("market", {}):
                changed = scaled(document["market"], 0.9)
                names = ("inference_share",) if group == "inference_share" else ("growth", "silicon_content")
                for name in names:
                    if name in changed:
                        other["market"][name] = changed[name]
        elif alike and group in ("terminal", "discount", "bridge", "chair") and rng.random() < 0.6:
            other = questions.exchange(other, rng.choice(alike), [group])
        else:
            factor = round(rng.uniform(0.8, 0.99), 3)
            for name in questions.GROUPS[group]:
                if name in other:
                    other[name] = scaled(other[name], factor)
    return other


def check_comparison(target, rng, document, others):
    other = other_of(rng, document, others)
    found, expected = compare.Mismatches(), None
    try:
        expected = questions.comparison(document, other)
    except model.ModelError:
        pass
    try:
        actual = target.ask("comparison", document, {"with": other})
    except compare.Fault as refused:
        if expected is None:
            try:
                model.value(other)
            except model.ModelError as error:      # the other has no value of its own
                found.same("fault", True, bool(refused.codes & {error.code, "not_comparable"}))
            else:
                found.same("fault", ["not_comparable"], sorted(refused.codes))
        else:
            found.same("fault", "an answer", sorted(refused.codes))
        return found.found
    if expected is None:
        found.same("answer", "not_comparable", "an answer")
        return found.found
    size = share_size(document) + share_size(other)
    values = [model.value(d)["value_per_share"] for d in (document, other)]
    found.number("from", values[0], actual["from"]["value_per_share"], size)
    found.number("to", values[1], actual["to"]["value_per_share"], size)
    found.number("difference", values[1] - values[0], actual["difference"], size)
    found.same("groups", list(questions.GROUPS), [entry["group"] for entry in actual["contributions"]])
    for entry in actual["contributions"]:
        found.number(entry["group"], expected[entry["group"]], entry["value_per_share"], size)
        if questions.exchange(document, other, [entry["group"]]) == document:
            found.same(entry["group"] + ", which does not differ", 0, entry["value_per_share"])
    return found.found


# ---------------------------------------------------------------- implied

def pick_driver(rng, document):
    """(pointer, low, high, price), at which some root lies."""
    drivers = [(p, x) for p, x in leaves(document) if x and p.split("/")[1] not in ("returns",)]
    for _ in range(200):
        pointer, x = rng.choice(drivers)
        low, high = sorted((x * rng.uniform(0.4, 0.9), x * rng.uniform(1.1, 1.6)))
        if 0.0 < x <= 1.0:
            high = min(high, 1.0)
        price = questions.value_at(document, pointer, low + (high - low) * rng.uniform(0.05, 0.95))
        if low < high and price is not None and price > 1e-3:
            break
    return pointer, low, high, max(price or 0.0, 0.5)      # 0.5 where the share is worth nothing whatever is moved


def check_implied(target, rng, document):
    found, size = compare.Mismatches(), share_size(document)
    for _ in range(20):
        pointer, low, high, price = pick_driver(rng, document)
        try:
            actual = target.ask("implied", document, {"pointer": pointer, "low": low, "high": high, "price": price})
            break
        except compare.Fault as refused:           # an end that no document may have: another driver
            if refused.codes - {"out_of_range", "fit_failed", "bad_path"}:
                found.same(f"{pointer} {low} to {high}", "an answer", sorted(refused.codes))
                return found.found
    else:
        found.same("drivers", "one that can be moved", None)
        return found.found
    at = f"{pointer} from {low} to {high} at {price}: "
    roots, scan = questions.implied(document, pointer, low, high, price, SCANNED)
    values = [v for _, v in scan if v is not None]
    found.number(at + "range.low", min(values), actual["range"]["low"], size)
    found.number(at + "range.high", max(values), actual["range"]["high"], size)
    found.same(at + "rejected", len(scan) - len(values), actual["rejected"])
    solutions = actual["solutions"]
    found.same(at + "ascending", sorted(solutions), solutions)
    found.same(at + "status", ("no_solution", "solved", "multiple")[min(len(solutions), 2)], actual["status"])
    for x in solutions:
        found.number(at + f"value at {x!r}", price, questions.value_at(document, pointer, x), size)
    near = 1e-11 * size + 1e-13 * price
    if max(values) - min(values) <= near:              # the driver moves nothing
        return found.found
    touched = sum(abs(v - price) <= near for v in values)
    if touched > 1:                                    # a stretch at the price, but for what rounding leaves
        return found.found
    if touched:                                        # a root on a point of the scan
        found.same(at + "some solution", True, len(solutions) > 0)
        return found.found
    found.same(at + "solutions", len(roots), len(solutions))
    for root, x in zip(roots, solutions):
        if abs(root - x) > 1e-9 * max(abs(root), abs(x)):   # where the value hardly moves, its rounding moves the root
            values = [questions.value_at(document, pointer, y) for y in (root, x, 0.5 * (root + x))]
            found.same(at + "a root", True, all(v is not None and abs(v - price) <= near for v in values))
    return found.found


# ---------------------------------------------------------------- sensitivity

CALENDAR = {"mid"}
SWUNG = 12


def check_point(found, at, expected, value, reason, size):
    """A value, or null with its reason, where the oracle has (value, reason). That the low of an observation is not
    below its high is to the oracle a matter of the fit."""
    if expected[0] is None or value is None:
        found.same(at + "reason", expected[1], "fit_failed" if reason == "conflict" else reason)
    else:
        found.number(at + "value", expected[0], value, size)


def check_tornado(target, rng, document):
    found, size = compare.Mismatches(), share_size(document)
    relative = round(rng.uniform(0.01, 0.3), 3)
    actual = target.ask("sensitivity", document, {"method": "tornado", "relative": relative})
    found.number("value_per_share", model.value(document)["value_per_share"], actual["value_per_share"], size)
    swings = {swing["pointer"]: swing for swing in actual["drivers"]}
    groups = set(questions.GROUPS) | {"dilution", "failure"}
    for pointer, x in leaves(document):
        steps = pointer.split("/")
        calendar = steps[-1] in CALENDAR or (steps[-3:-2] == ["points"] and steps[-1] == "0")
        if x != 0 and steps[1] in groups and not calendar:
            found.same(pointer + " is there", True, pointer in swings)
            found.same(pointer, x, swings.get(pointer, {}).get("value"))
    widths = [abs(swing["swing_width"]) for swing in actual["drivers"] if swing["swing_width"] is not None]
    found.same("the widest first", sorted(widths, reverse=True), widths)
    for pointer in rng.sample(sorted(swings), min(SWUNG, len(swings))):
        swing, at = swings[pointer], f"{pointer} by {relative}: "
        by = relative * abs(swing["value"])
        found.same(at + "low", True, swing["value"] - by <= swing["low"] <= swing["value"])
        found.same(at + "high", True, swing["value"] + by >= swing["high"] >= swing["value"])
        expected = questions.tornado(document, [(pointer, swing["low"], swing["high"])])[pointer]
        for end, point in zip(("low", "high"), expected):
            check_point(found, at + end + ": ", point, swing["value_at_" + end], swing.get("reason_at_" + end), size)
    return found.found


def check_grid(target, rng, document):
    found, size = compare.Mismatches(), share_size(document)
    for _ in range(20):
        x, y = pick_driver(rng, document)[:3], pick_driver(rng, document)[:3]
        if x[0] == y[0]:
            continue
        ys = [round(rng.uniform(y[1], y[2]), 6) for _ in range(3)]
        body = {"method": "grid", "x": dict(zip(("pointer", "low", "high"), x), steps=4),
                "y": {"pointer": y[0], "values": ys}}
        try:
            actual = target.ask("sensitivity", document, body)
            break
        except compare.Fault as refused:           # an end that no document may have: other drivers
            if refused.codes - {"out_of_range", "fit_failed", "bad_path", "conflict"}:
                found.same(f"{body}", "an answer", sorted(refused.codes))
                return found.found
    else:
        found.same("drivers", "two that can be moved", None)
        return found.found
    found.same("x", 4, len(actual["x"]))
    found.same("y", ys, actual["y"])
    for i, at in enumerate(actual["x"]):
        found.number(f"x[{i}]", x[1] + (x[2] - x[1]) * i / 3.0, at)
    reasons = {(run["y"], i): run["reason"] for run in actual["reasons"]
               for i in range(run["x_from"], run["x_to"] + 1)}
    expected = questions.grid(document, x[0], actual["x"], y[0], ys)
    for j, row in enumerate(expected):
        for i, point in enumerate(row):
            check_point(found, f"{x[0]} {actual['x'][i]}, {y[0]} {ys[j]}: ", point, actual["values"][j][i],
                        reasons.get((j, i)), size)
    return found.found


def check_sobol(target, rng, document):
    found = compare.Mismatches()
    for _ in range(3):
        x, y = pick_driver(rng, document)[:3], pick_driver(rng, document)[:3]
        apart = any("/observations/" in driver[0] or driver[0].split("/")[-1] in CALENDAR for driver in (x, y))
        rough, expected = ((None, None) if apart or x[0] == y[0] else
                           (questions.sobol_indices(document, x, y, nodes) for nodes in (5, 8)))
        if not (rough and expected and expected[3] > 1e-8 * expected[2] ** 2):
            continue
        if any(abs(a - b) > 0.003 for r, e in zip(rough[:2], expected[:2]) for a, b in zip(r, e)):
            continue                               # not smooth enough for the quadrature
        body = {"method": "sobol", "paths": 256, "seed": rng.randrange(1000),
                "drivers": [dict(zip(("pointer", "low", "high"), driver)) for driver in (x, y)]}
        try:
            actual = target.ask("sensitivity", document, body)
            break
        except compare.Fault as refused:           # an end that no document may have: other drivers
            if refused.codes - {"out_of_range"}:
                found.same(f"{body}", "an answer", sorted(refused.codes))
                return found.found
    else:
        return found.found                         # no such two, or a share that is worth nothing whatever is moved
    of_pointer = {driver["pointer"]: driver for driver in actual["drivers"]}
    sd = expected[3] ** 0.5                        # the quadrature rounds the kinks of claims on the share off
    found.same(f"{body}: mean {actual['mean']} for {expected[2]}", True, abs(actual["mean"] - expected[2]) <= 0.05 * sd)
    found.same(f"{body}: sd {actual['sd']} for {sd}", True, abs(actual["sd"] - sd) <= 0.1 * sd)
    for driver, indices in ((x, expected[0]), (y, expected[1])):
        for name, index in zip(("first_order", "total"), indices):
            got, error = (of_pointer[driver[0]][name + part] for part in ("", "_standard_error"))
            found.same(f"{body}: {name} of {driver[0]} {got} +- {error} for {index}", True, abs(got - index) <= 6.0 * error + 0.02)
    return found.found


# ---------------------------------------------------------------- all of it

def ask_all(target, seed, index, document, others):
    """[(question, mismatches)]."""
    results = []
    for name, check in (("returns", lambda rng: check_returns(target, rng, document)),
                        ("comparison", lambda rng: check_comparison(target, rng, document, others)),
                        ("implied", lambda rng: check_implied(target, rng, document)),
                        ("tornado", lambda rng: check_tornado(target, rng, document)),
                        ("grid", lambda rng: check_grid(target, rng, document)),
                        ("sobol", lambda rng: check_sobol(target, rng, document))):
        try:
            found = check(random.Random(f"{seed}:{name}:{index}"))
        except Exception as error:                  # a crash or a hang of the target is a finding as well
            found = [("no answer", "an answer", repr(error))]
        results.append((name, found))
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--show", type=int, default=6, help="mismatches printed for a question")
    arguments = parser.parse_args()
    target = compare.Service(arguments.url)
    documents = list(generate.documents(f"{arguments.seed}:questions", arguments.count))
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        waiting = [pool.submit(ask_all, target, arguments.seed, index, document, documents)
                   for index, document in enumerate(documents)]
        return compare.report(((f"seed {arguments.seed} document {index}: {name}", mismatches)
                               for index, future in enumerate(waiting) for name, mismatches in future.result()),
                              arguments.show)


if __name__ == "__main__":
    sys.exit(main())
