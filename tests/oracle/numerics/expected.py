#!/usr/bin/env python3
"""Expected figures of the numerics of simulation, from programs that are not this one.

    expected.py > tests/unit/cases/numerics.json        (needs Debian's python3-mpmath, python3-scipy)

Quantiles and moments are found with mpmath at 32 digits from the densities of the model's page 10: probabilities by
series of the incomplete beta function or by erfc, quantiles by bisection. Sobol points, binomial intervals,
Cholesky factors and sample quantiles are SciPy's and NumPy's."""
import json
import random
import warnings

import mpmath as mp
import numpy
import scipy.linalg
import scipy.stats
from scipy.stats import qmc

mp.mp.dps = 32
warnings.simplefilter("ignore")
INFINITY = mp.mpf("inf")
rng = random.Random(20240229)


# ---------------------------------------------------------------- distributions

def lower_beta(a, b, x, rest):
    """I_x(a, b) by the series DLMF 8.17.8, all of whose terms are positive."""
    term = total = mp.mpf(1)
    n = 0
    while term > total * mp.mpf(10) ** -30:
        term *= (a + b + n) / (a + 1 + n) * x
        total += term
        n += 1
    return mp.exp(a * mp.log(x) + b * mp.log(rest)) / mp.beta(a, b) / a * total


def beta_tails(a, b, x, rest):
    if x <= a / (a + b):
        below = lower_beta(a, b, x, rest)
        return below, 1 - below
    above = lower_beta(b, a, rest, x)
    return 1 - above, above


def normal_tails(z):
    return mp.erfc(-z / mp.sqrt(2)) / 2, mp.erfc(z / mp.sqrt(2)) / 2


def shape(kind, p):
    """alpha, beta, low, high of what is a beta distribution in the end."""
    if kind == "pert":
        part = (p[1] - p[0]) / (p[2] - p[0])
        return 1 + p[3] * part, 1 + p[3] * (1 - part), p[0], p[2]
    return p[0], p[1], p[2], p[3]


def tails(kind, p, x):
    """P(X < x), P(X > x) without truncation."""
    if x == INFINITY:
        return mp.mpf(1), mp.mpf(0)
    if x == -INFINITY:
        return mp.mpf(0), mp.mpf(1)
    if kind == "normal":
        return normal_tails((x - p[0]) / p[1])
    if kind == "lognormal":
        return normal_tails((mp.log(x) - p[0]) / p[1]) if x > 0 else (mp.mpf(0), mp.mpf(1))
    if kind == "student_t":
        t = (x - p[0]) / p[1]
        if p[2] < 50:
            rest = p[2] / (p[2] + t * t)
            half = beta_tails(p[2] / 2, mp.mpf(1) / 2, rest, 1 - rest)[0] / 2 if t else mp.mpf(1) / 2
        else:       # the same by a series that is shorter then
            root = mp.sqrt(p[2] + t * t)
            rest = p[2] / (2 * root * (root + abs(t)))
            half = lower_beta(p[2] / 2, p[2] / 2, rest, 1 - rest)
        return (half, 1 - half) if t < 0 else (1 - half, half)
    low, high = (p[0], p[1]) if kind == "uniform" else (p[0], p[2]) if kind == "triangular" else shape(kind, p)[2:]
    if x <= low or x >= high:
        return mp.mpf(x >= high), mp.mpf(x <= low)
    if kind == "uniform":
        return (x - low) / (high - low), (high - x) / (high - low)
    if kind == "triangular":
        if x < p[1]:
            below = (x - low) ** 2 / ((high - low) * (p[1] - low))
            return below, 1 - below
        above = (high - x) ** 2 / ((high - low) * (high - p[1]))
        return 1 - above, above
    alpha, beta = shape(kind, p)[:2]
    return beta_tails(alpha, beta, (x - low) / (high - low), (high - x) / (high - low))


def place(kind, p, y):
    """A smooth rising map of the real line on the distribution's range, so that bisection keeps relative precision."""
    if kind == "normal":
        return p[0] + p[1] * y
    if kind == "lognormal":
        return mp.exp(p[0] + p[1] * y)
    if kind == "student_t":
        return p[0] + p[1] * mp.sinh(y)
    low, high = (p[0], p[1]) if kind == "uniform" else (p[0], p[2]) if kind == "triangular" else shape(kind, p)[2:]
    return low + (high - low) / (1 + mp.exp(-y)) if y < 0 else high - (high - low) / (1 + mp.exp(y))


def quantile(kind, p, minimum, maximum, u):
    below, above_min = tails(kind, p, minimum)
    below_max, above = tails(kind, p, maximum)
    mass = below_max - below if below_max < 0.5 else above_min - above
    wanted, beyond = below + u * mass, above + (1 - u) * mass
    low, high = mp.mpf(-60), mp.mpf(60)
    while tails(kind, p, place(kind, p, low))[0] > wanted:
        low *= 2
    while tails(kind, p, place(kind, p, high))[1] > beyond:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        p_below, p_above = tails(kind, p, place(kind, p, middle))
        if (p_below < wanted) if wanted < 0.5 else (p_above > beyond):
            low = middle
        else:
            high = middle
    return place(kind, p, (low + high) / 2)


def number(x):
    return float(x) if abs(x) != INFINITY else None


def case(kind, p, minimum, maximum, u):
    minimum = -INFINITY if minimum is None else mp.mpf(minimum)
    maximum = INFINITY if maximum is None else mp.mpf(maximum)
    x = quantile(kind, [mp.mpf(q) for q in p], minimum, maximum, mp.mpf(u))
    return {"kind": kind, "parameters": p, "min": number(minimum), "max": number(maximum), "u": u, "x": float(x)}


SHAPES = [
    ("normal", [0, 1]), ("normal", [-3.5, 0.02]), ("lognormal", [0, 1]), ("lognormal", [-2, 0.3]),
    ("uniform", [0, 1]), ("uniform", [-7.5, 3.25]), ("triangular", [0, 0.25, 1]), ("triangular", [-1, -1, 4]),
    ("triangular", [2, 5, 5]), ("pert", [0, 10, 40, 4]), ("pert", [0.1, 0.1, 0.6, 4]), ("pert", [1, 3, 3, 12.5]),
    ("pert", [-5, 1, 2, 0]), ("beta", [0.5, 0.5, 0, 1]), ("beta", [2, 3, 0, 1]), ("beta", [0.05, 0.07, 0, 1]),
    ("beta", [0.1, 300, -4, 9]), ("beta", [1e5, 2e4, 0, 1]), ("beta", [17, 1, 0, 250]), ("beta", [1, 0.3, 0, 1]),
    ("student_t", [0, 1, 1]), ("student_t", [0, 1, 2]), ("student_t", [0.1, 0.03, 4.5]), ("student_t", [0, 1, 0.5]),
    ("student_t", [5, 2, 30]), ("student_t", [0, 1, 1e5]),
]
TRUNCATED = [
    ("normal", [0, 1], 8, None), ("normal", [0, 1], None, -30), ("normal", [0, 1], 37, 37.5), ("normal", [2, 3], -1, 4),
    ("normal", [0, 1], -0.5, 9), ("lognormal", [0, 0.5], 10, None), ("lognormal", [0, 0.5], 0.3, 2),
    ("uniform", [0, 1], 0.25, None), ("triangular", [0, 2, 3], 0.5, 2.75), ("pert", [0, 10, 40, 4], 20, 30),
    ("pert", [0, 10, 40, 4], 39.9, None), ("beta", [2, 5, 0, 1], None, 1e-9), ("beta", [30, 40, 0, 1], 0.9, None),
    ("beta", [30, 40, 0, 1], 0.4, 0.45), ("student_t", [0, 1, 3], 100, None), ("student_t", [0, 1, 300], None, -12),
    ("student_t", [0, 1, 5], -2, 2),
]


def quantiles():
    for kind, p in SHAPES:
        points = [2.0 ** -53, 1e-9, 0.02, 0.5, 0.999, 1 - 2.0 ** -40] + [rng.random() for _ in range(3)]
        yield from (case(kind, p, None, None, u) for u in points)
    for kind, p, minimum, maximum in TRUNCATED:
        yield from (case(kind, p, minimum, maximum, u) for u in (1e-6, 0.3, rng.random(), 0.999))


def moments():
    """By mpmath's quadrature of x and (x - mean)^2 against densities."""
    density = {
        "normal": lambda q, x: mp.npdf(x, q[0], q[1]),
        "lognormal": lambda q, x: mp.npdf(mp.log(x), q[0], q[1]) / x,
        "uniform": lambda q, x: mp.mpf(1),
        "triangular": lambda q, x: (x - q[0]) / (q[1] - q[0]) if x < q[1] else (q[2] - x) / (q[2] - q[1]),
        "student_t": lambda q, x: (1 + ((x - q[0]) / q[1]) ** 2 / q[2]) ** (-(q[2] + 1) / 2),
    }
    ranges = {"lognormal": lambda q: (mp.mpf(0), INFINITY), "uniform": lambda q: (q[0], q[1]),
              "triangular": lambda q: (q[0], q[2])}
    for kind, p, minimum, maximum in TRUNCATED:
        q = [mp.mpf(v) for v in p]
        if kind in ("pert", "beta"):
            alpha, beta, low, high = shape(kind, q)
            f = lambda x, a=low, b=high: ((x - a) / (b - a)) ** (alpha - 1) * ((b - x) / (b - a)) ** (beta - 1)
        else:
            low, high = ranges.get(kind, lambda q: (-INFINITY, INFINITY))(q)
            f = lambda x: density[kind](q, x)
        low = low if minimum is None else max(low, mp.mpf(minimum))
        high = high if maximum is None else min(high, mp.mpf(maximum))
        inner = sorted({x for x in [low, high, q[1] if kind == "triangular" else low] if low <= x <= high})
        if kind == "normal" and low != -INFINITY and high == INFINITY:
            inner = [low, low + q[1] / 2, low + 2 * q[1], low + 20 * q[1]]
        if kind == "normal" and low == -INFINITY:
            inner = [high - 20 * q[1], high - 2 * q[1], high - q[1] / 2, high]
        if kind == "beta" and (minimum is None or high == 1):
            inner = [low, low + (high - low) / 16, low + (high - low) / 4, high]
        if kind == "student_t" and low == -INFINITY:
            inner = [-INFINITY, 4 * high, 1.5 * high, 1.1 * high, high]
        scale = 1 / f((low if low > -INFINITY else high) if kind in ("normal", "student_t") and (low > 0 or high < 0) else
                      (low + high) / 2 if abs(low) < INFINITY and abs(high) < INFINITY else low)
        mass = mp.quad(lambda x: scale * f(x), inner)
        mean = mp.quad(lambda x: scale * x * f(x), inner) / mass
        variance = mp.quad(lambda x: scale * (x - mean) ** 2 * f(x), inner) / mass
        yield {"kind": kind, "parameters": p, "min": minimum, "max": maximum, "mean": float(mean),
               "sd": float(mp.sqrt(variance))}


# ---------------------------------------------------------------- samples, matrices, intervals

def sobol():
    points = qmc.Sobol(256, scramble=False, bits=32).random(2048)
    whole = (points * 2 ** 32).astype(numpy.uint64)
    weights = numpy.arange(1, 2049, dtype=numpy.uint64)
    sums = (whole * weights[:, None]).sum(axis=0) & numpy.uint64(0xffffffff)
    engine = qmc.Sobol(256, scramble=False, bits=32)
    directions = engine._sv.astype(numpy.uint64)    # direction numbers of 32 bits, dimension by dimension
    folded = numpy.bitwise_xor.reduce(directions * (2 * numpy.arange(32, dtype=numpy.uint64) + 1), axis=1)
    return {"first": whole[:16, :10].astype(int).tolist(), "sums": sums.astype(int).tolist(),
            "directions": (folded & numpy.uint64(0xffffffff)).astype(int).tolist()}


def cholesky():
    for n in (2, 5, 12):
        factors = numpy.random.default_rng(n).normal(size=(n, n + 2))
        covariance = factors @ factors.T
        scale = numpy.sqrt(numpy.diag(covariance))
        matrix = numpy.round(covariance / numpy.outer(scale, scale), 6)
        yield {"matrix": matrix.ravel().tolist(), "factor": scipy.linalg.cholesky(matrix, lower=True).ravel().tolist(),
               "smallest": float(scipy.linalg.eigvalsh(matrix)[0])}


def samples():
    for n in (1, 2, 9, 100, 1001):
        x = [round(rng.lognormvariate(1, 0.8), 3) for _ in range(n)]
        ps = [0, 0.05, 0.25, 0.5, 0.9, 0.975, 1]
        yield {"x": x, "mean": float(numpy.mean(x)), "sd": float(numpy.std(x, ddof=1)) if n > 1 else None,
               "p": ps, "quantiles": [float(q) for q in numpy.quantile(x, ps)]}


def binomial_intervals():
    """Ranks, counted from 1, by SciPy's binomial distribution; 0 or n + 1 where there is none."""
    for n in (5, 10, 20, 60, 100, 1000, 65536):
        for p in (0.05, 0.5, 0.9):
            for level in (0.9, 0.95):
                tail = (1 - level) / 2
                lower = int(scipy.stats.binom.ppf(tail, n, p))
                upper = int(scipy.stats.binom.ppf(1 - tail, n, p)) + 1
                yield [n, p, level, lower, upper]


def student():
    for dof in (1, 2, 3, 7, 15, 31, 63, 500):
        for level in (0.5, 0.9, 0.95, 0.999):
            x = quantile("student_t", [mp.mpf(0), mp.mpf(1), mp.mpf(dof)], -INFINITY, INFINITY, (1 + mp.mpf(level)) / 2)
            yield [dof, level, float(x)]


print(json.dumps({"source": "tests/oracle/numerics/expected.py", "quantiles": list(quantiles()),
                  "moments": list(moments()), "sobol": sobol(), "cholesky": list(cholesky()),
                  "samples": list(samples()), "binomial_intervals": list(binomial_intervals()),
                  "student": list(student())}, separators=(",", ":")))
