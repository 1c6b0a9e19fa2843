"""Hold the service's derivatives against the oracle's (traced.py: automatic differentiation of the model).

    compare_gradient.py --url http://127.0.0.1:PORT [--count N] [--seed S] [FILE …]

Of each generated document, and of each file, two tests: `gradient`, every number of the document and every default;
and `inference`, the share of each year, the curve's parameters, the ceiling with the curve fitted to it, and three
ceilings of the profile. A derivative agrees when it is within 1e-9 relative; or when what it makes of the driver
(of 0.001 at least) differs by 1e-11 of what the share is made of, which is all that the rounding of sums leaves.
"""

import argparse
import copy
import json
import pathlib
import random
import sys

import compare
import curve_fit
import generate
import model
import traced

RELATIVE = 1e-9
OF_THE_SHARE = 1e-11
PROFILED = 1e-7         # of a curve whose ceiling is held where few observations see it
LEAST = 1e-3
FIGURES = {"value": "derivative", "chair_value": "chair_value_derivative", "hold": "hold_probability_derivative"}


def with_defaults(document, drivers):
    """The document with the defaults that the service derives by put in."""
    document = copy.deepcopy(document)
    for driver in drivers:
        node, steps = document, driver["pointer"].split("/")[1:]
        for step in steps[:-1]:
            node = node[int(step)] if isinstance(node, list) else node.setdefault(step, {})
        if isinstance(node, dict):
            node.setdefault(steps[-1], driver["value"])
    return document


class Comparison(compare.Mismatches):
    def __init__(self, size):
        super().__init__()
        self.size = size

    def derivative(self, figure, expected, actual, x, size=None):
        size = self.size if size is None else size
        if actual is None or not (abs(expected - actual) <= RELATIVE * max(abs(expected), abs(actual))
                                  or abs(expected - actual) * max(abs(x), LEAST) <= OF_THE_SHARE * size):
            self.found.append((figure, expected, actual))


# ---------------------------------------------------------------- every driver

def check_gradient(target, document, size):
    answer = target.ask("sensitivity", document, {})
    drivers = answer["drivers"]
    expected = traced.gradient(with_defaults(document, drivers))
    found, worth, chair = Comparison(size), expected["figures"], "chair" in document
    found.number("value_per_share", worth["value"], answer["value_per_share"], size)
    found.number("chair_value_per_share", worth["chair_value"] if chair else None, answer["chair_value_per_share"], size)
    found.number("hold_probability", worth["hold"] if chair else None, answer["hold_probability"])
    found.same("drivers", sorted(expected["drivers"]), sorted(d["pointer"] for d in drivers))
    for driver in drivers:
        pointer, x = driver["pointer"], driver["value"]
        by = expected["drivers"].get(pointer)
        if by is None:
            continue
        for name, member in FIGURES.items():
            if chair or name == "value":
                found.derivative(f"{pointer} {member}", by[name], driver[member], x, 1.0 if name == "hold" else size)
            else:
                found.same(f"{pointer} {member}", None, driver[member])
        part = driver["derivative"] * x / answer["value_per_share"] if answer["value_per_share"] else None
        found.number(f"{pointer} elasticity", part, driver["elasticity"])
    return found.found


# ---------------------------------------------------------------- the inference share

def check_profile(found, rng, document, profile, own):
    share = document["market"]["inference_share"]
    rows = profile["ceilings"]
    free = {name: value for name, value in share.items() if name != "ceiling"}
    best = curve_fit.fit_curve(free)["log_likelihood"]
    inside = [row for row in rows if row["inside"]]
    found.same("some ceiling is inside", True, bool(inside))
    found.same("the best is no worse than the oracle's", True, profile["max_log_likelihood"] >= best - 1e-9 * (1 + abs(best)))
    found.same("own ceiling", True, any(abs(row["ceiling"] - own) <= 1e-7 for row in rows))
    for member in ("ceiling", "share", "value_per_share"):
        values = [row[member] for row in inside]
        found.same(f"range of {member}", [min(values), max(values)],
                   [profile["range"][member]["low"], profile["range"][member]["high"]])
    for row in rng.sample(rows, 3):
        at = f"ceiling {row['ceiling']}: "
        held = {**share, "ceiling": row["ceiling"]}
        fit = curve_fit.fit_curve(held)
        if not fit["covariance"] or fit["pivot"] < generate.WELL_CONDITIONED:
            continue
        moved = copy.deepcopy(document)
        moved["market"]["inference_share"]["ceiling"] = row["ceiling"]
        for name, expected, actual in (
                ("log_likelihood", fit["log_likelihood"], row["log_likelihood"]), ("k", fit["k"], row["k"]),
                ("mid", fit["mid"], row["mid"]), ("share", curve_fit.curve_value(fit, profile["year"]), row["share"]),
                ("value_per_share", model.value(moved)["value_per_share"], row["value_per_share"])):
            if not abs(expected - actual) <= PROFILED * max(1.0, abs(expected), found.size):
                found.found.append((at + name, expected, actual))
        deviance = 2.0 * (profile["max_log_likelihood"] - row["log_likelihood"])
        found.same(at + "inside", deviance <= profile["max_deviance"], row["inside"])


def check_inference(target, rng, document, size):
    answer = target.ask("sensitivity", document, {"method": "inference"})
    found, expected = Comparison(size), traced.gradient(document)
    market = document.get("market")
    if market is None or "inference_share" not in market:
        found.same("curve", None, answer["curve"])
        found.same("profile", None, answer["profile"])
        found.same("years", None if market is None else document.get("horizon", 10) + 1,
                   answer["years"] and len(answer["years"]))
        return found.found
    for y, row in enumerate(answer["years"]):
        found.same("year", market["base_year"] + y, row["year"])
        found.derivative(f"share of {row['year']}", expected["shares"][y]["value"], row["derivative"],
                         row["inference_share"])
    share = market["inference_share"]
    if share.get("curve") not in ("logistic", "gompertz"):
        found.same("curve", None, answer["curve"])
        return found.found
    names = {"slope": "k", "midpoint": "mid", "ceiling": "ceiling", "floor": "floor"}
    curve = {row["parameter"]: row for row in answer["curve"]}
    for name, own in names.items():
        found.derivative(name, expected["curve"][own]["value"], curve[name]["derivative"], curve[name]["value"])
    if "observations" not in share:
        found.same("profile", None, answer["profile"])
        return found.found
    ceiling = curve["ceiling"]["value"]
    held = copy.deepcopy(document)
    held["market"]["inference_share"]["ceiling"] = ceiling
    refitted = traced.gradient(held)["drivers"]["/market/inference_share/ceiling"]["value"]
    if not abs(refitted - curve["ceiling"]["refitted_derivative"]) <= PROFILED * max(abs(refitted), size):
        found.found.append(("ceiling, refitted", refitted, curve["ceiling"]["refitted_derivative"]))
    check_profile(found, rng, document, answer["profile"], ceiling)
    return found.found


# ---------------------------------------------------------------- all of it

def compare_document(target, seed, document):
    """[(question, mismatches)]."""
    results = []
    rng = random.Random(f"{seed}:{document['name']}")
    for name, check in (("gradient", check_gradient),
                        ("inference", lambda t, d, s: check_inference(t, rng, d, s))):
        try:
            size = compare.sizes(document, model.value(document))["share"]
            found = check(target, document, size)
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
    parser.add_argument("file", nargs="*", help="documents to compare besides")
    arguments = parser.parse_args()
    target = compare.Service(arguments.url)
    documents = [json.loads(pathlib.Path(file).read_text()) for file in arguments.file]
    documents += generate.documents(f"{arguments.seed}:gradient", arguments.count)
    # one at a time: the model is exchanged while it is traced
    return compare.report(((f"seed {arguments.seed} document {index}: {name}", mismatches)
                           for index, document in enumerate(documents)
                           for name, mismatches in compare_document(target, arguments.seed, document)), arguments.show)


if __name__ == "__main__":
    sys.exit(main())
