"""Exact derivatives of the oracle's figures by every number of a document: automatic differentiation backwards
over a record of the arithmetic that model.py does. The model is not written a second time, and knows nothing of it.

A Traced number is a float that remembers, on a tape, which numbers it was made of and its partial derivatives by
them. `derive` follows the tape back from a figure to the document's numbers.

A fitted curve is the root of the likelihood's slope: one Newton step from the fit, taken with traced data, moves
the parameters as the data move the root (implicit differentiation), and leaves them where they are.

Where a formula has a kink (max, min, a threshold) the derivative is that of the side that model.py takes.
"""

import builtins
import contextlib
import copy
import math

import curve_fit
import model

# What shapes the model: whole numbers that no derivative is asked for.
SHAPING = {"schema", "horizon", "base_year", "lag", "from", "to"}
ROOT_PI = math.sqrt(math.pi)
OUTPUTS = ("value", "chair_value", "hold")


class Tape:
    """[(index of what the number was made of, partial derivative), …] of each number made."""

    def __init__(self):
        self.entries = []

    def number(self, value, *parts):
        made = Traced(value)
        made.index, made.tape = len(self.entries), self
        self.entries.append(parts)
        return made

    def derive(self, figure):
        """The derivative of a figure by each number of the tape."""
        by = [0.0] * len(self.entries)
        if isinstance(figure, Traced):
            by[figure.index] = 1.0
        for index in range(len(by) - 1, -1, -1):
            if by[index] != 0.0:
                for part, partial in self.entries[index]:
                    by[part] += by[index] * partial
        return by


class Traced(float):
    """A float that remembers what it was made of."""

    def made(self, value, partial, other=None, other_partial=0.0):
        parts = [(self.index, partial)]
        if isinstance(other, Traced):
            parts.append((other.index, other_partial))
        return self.tape.number(value, *parts)

    def __add__(self, other):
        return self.made(float(self) + float(other), 1.0, other, 1.0)

    __radd__ = __add__

    def __sub__(self, other):
        return self.made(float(self) - float(other), 1.0, other, -1.0)

    def __rsub__(self, other):
        return self.made(float(other) - float(self), -1.0)

    def __mul__(self, other):
        return self.made(float(self) * float(other), float(other), other, float(self))

    __rmul__ = __mul__

    def __truediv__(self, other):
        return self.made(float(self) / float(other), 1.0 / float(other), other,
                         -float(self) / float(other) ** 2)

    def __rtruediv__(self, other):
        return self.made(float(other) / float(self), -float(other) / float(self) ** 2)

    def __pow__(self, exponent):
        n, x = float(exponent), float(self)
        return self.made(x ** n, n * x ** (n - 1.0) if n else 0.0, exponent,
                         x ** n * math.log(x) if isinstance(exponent, Traced) else 0.0)

    def __neg__(self):
        return self.made(-float(self), -1.0)

    def __abs__(self):
        return self.made(abs(float(self)), math.copysign(1.0, self))


class TracedMath:
    """What the model takes from `math`, with its derivative."""

    inf, pi, nan = math.inf, math.pi, math.nan
    isfinite, isinf, isnan = math.isfinite, math.isinf, math.isnan

    @staticmethod
    def of(function, slope):
        def call(x):
            value = function(float(x))
            return x.made(value, slope(float(x), value)) if isinstance(x, Traced) else value
        return staticmethod(call)

    @staticmethod
    def fsum(numbers):
        numbers = list(numbers)
        traced = [n for n in numbers if isinstance(n, Traced)]
        total = math.fsum(numbers)
        return traced[0].tape.number(total, *[(n.index, 1.0) for n in traced]) if traced else total


for name, slope_of in {
        "exp": lambda x, y: y, "expm1": lambda x, y: y + 1.0, "log": lambda x, y: 1.0 / x,
        "log1p": lambda x, y: 1.0 / (1.0 + x), "sqrt": lambda x, y: 0.5 / y if y else math.inf,
        "erf": lambda x, y: 2.0 / ROOT_PI * math.exp(-x * x),
        "erfc": lambda x, y: -2.0 / ROOT_PI * math.exp(-x * x)}.items():
    setattr(TracedMath, name, TracedMath.of(getattr(math, name), slope_of))


class AsFloat(type):
    def __instancecheck__(cls, value):
        return isinstance(value, builtins.float)


class Real(metaclass=AsFloat):
    """`float` as the model calls it, which leaves a traced number what it is."""

    def __new__(cls, value):
        return value if isinstance(value, Traced) else builtins.float(value)


def traced_fit(share):
    """The fit of plain numbers, then one Newton step with the traced ones."""
    if "observations" not in share:
        return None
    found = model.fit_once(model.json.dumps(share))
    problem = (share["curve"], share.get("floor", 0.0), share["observations"], None)
    natural = [found["k"], found["mid"]]
    if "ceiling" in found["free"]:
        natural.append(found["ceiling"])
    ceiling = share.get("ceiling", found["ceiling"])
    _, gradient, hessian = curve_fit.log_likelihood(problem, natural, "mid", ceiling)
    step = curve_fit.solve([[-float(h) for h in row] for row in hessian], gradient)
    moved = [p + s for p, s in zip(natural, step)]
    return dict(found, k=moved[0], mid=moved[1], floor=share.get("floor", 0.0),
                ceiling=moved[2] if len(moved) == 3 else ceiling)


@contextlib.contextmanager
def traced_model(shares, parameters):
    """The model over traced numbers; adds `shares[y]` to theta and `parameters` to the curve's."""
    plain = (model.math, curve_fit.math, model.fit_of, model.inference_share_by_year, curve_fit.curve_value)
    by_year, curve_value = plain[3], plain[4]

    def moved_by_year(*arguments):
        return {y: theta + shares.get(y, 0.0) for y, theta in by_year(*arguments).items()}

    def moved_curve(curve, year):
        given = {"floor": 0.0, "ceiling": 1.0, **curve}
        return curve_value({**given, **{name: given[name] + moved for name, moved in parameters.items()}}, year)

    model.math = curve_fit.math = TracedMath
    model.float = Real
    model.fit_of, model.inference_share_by_year, curve_fit.curve_value = traced_fit, moved_by_year, moved_curve
    try:
        yield
    finally:
        del model.float
        model.math, curve_fit.math, model.fit_of, model.inference_share_by_year, curve_fit.curve_value = plain


def trace(node, tape, pointer, found):
    """The document with every number traced; found gets {pointer: number}."""
    if isinstance(node, dict):
        return {name: value if name in SHAPING else trace(value, tape, f"{pointer}/{name}", found)
                for name, value in node.items()}
    if isinstance(node, list):
        return [trace(value, tape, f"{pointer}/{index}", found) for index, value in enumerate(node)]
    if isinstance(node, (int, float)) and not isinstance(node, bool):
        found[pointer] = tape.number(node)
        return found[pointer]
    return node


def figures(document):
    """The three headline figures."""
    held, lost, _, _ = model.branches(document)
    if not lost:
        return {"value": held["value_per_share"], "chair_value": 0.0, "hold": 0.0}
    hazard = model.hazards(document)
    values = {y: b["value_per_share"] for y, b in lost.items()}
    return {"value": model.expected_value(hazard, values, held["value_per_share"]),
            "chair_value": held["value_per_share"] - values[1], "hold": model.survival(hazard)[max(hazard)]}


def gradient(document):
    """{"figures", "drivers": {pointer: {figure: derivative}}, "shares": {y: …}, "curve": {parameter: …}}."""
    tape, found = Tape(), {}
    document = trace(copy.deepcopy(document), tape, "", found)
    shares = {y: tape.number(0.0) for y in range(document.get("horizon", 10) + 1)}
    parameters = {name: tape.number(0.0) for name in ("k", "mid", "floor", "ceiling")}
    with traced_model(shares, parameters):
        results = figures(document)
    by = {name: tape.derive(result) for name, result in results.items()}

    def of(numbers):
        return {key: {name: by[name][number.index] for name in OUTPUTS} for key, number in numbers.items()}

    return {"figures": {name: float(result) for name, result in results.items()}, "drivers": of(found),
            "shares": of(shares), "curve": of(parameters)}
