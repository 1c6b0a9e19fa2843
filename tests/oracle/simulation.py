"""An independent, slow and plain statement of MODEL.md, section 10, on top of model.py's valuation.

Random numbers are drawn as README says under "Drawing a path again": Philox4x32-10 (Salmon and others 2011) and
Sobol points scrambled by a hash, each by (seed, randomisation, path, name of the driver) alone.  From there on only
the page is followed: distributions by their inverse CDF, each found here by halving or by Newton's steps on the CDF
itself, truncation as a part of the probability, correlations through normal numbers, figures as they are defined.

Where the page leaves a choice, README's list is taken: paths rounded up to a multiple of the randomisations, errors
from the spread over the randomisations (Philox: the usual formulas, and order statistics about a quantile), the share
of the variance that a driver explains from 32 parts of its probability, quantiles of a set without interpolation.
"""

import json
import math
import pathlib
import re
import statistics

import curve_fit
import model

MASK32, MASK64 = (1 << 32) - 1, (1 << 64) - 1
STANDARD = statistics.NormalDist()
BINS = 32


# ---------------------------------------------------------------- random bits

def philox(counter, key):
    """Philox4x32-10: four words from four words of counter and two of key."""
    for _ in range(10):
        first, second = 0xD2511F53 * counter[0], 0xCD9E8D57 * counter[2]
        counter = [second >> 32 ^ counter[1] ^ key[0], second & MASK32,
                   first >> 32 ^ counter[3] ^ key[1], first & MASK32]
        key = [(key[0] + 0x9E3779B9) & MASK32, (key[1] + 0xBB67AE85) & MASK32]
    return counter


def block(seed, count, key):
    """Two 64-bit numbers."""
    words = philox([key & MASK32, key >> 32, count & MASK32, count >> 32], [seed & MASK32, seed >> 32])
    return words[1] << 32 | words[0], words[3] << 32 | words[2]


def key_of(name):
    """FNV-1a of 64 bits, then the finaliser of MurmurHash3."""
    key = 0xcbf29ce484222325
    for byte in name.encode():
        key = (key ^ byte) * 0x100000001b3 & MASK64
    for factor in (0xff51afd7ed558ccd, 0xc4ceb9fe1a85ec53):
        key = (key ^ key >> 33) * factor & MASK64
    return key ^ key >> 33


def uniform(bits):
    return ((bits >> 12) + 0.5) * 2.0 ** -52


def philox_uniform(seed, path, key):
    return uniform(block(seed, path >> 1, key)[path & 1])


# ---------------------------------------------------------------- Sobol points

def joe_kuo():
    """[(polynomial, [m_1, …])] of the dimensions from the second on: the published table, as the sources have it."""
    header = pathlib.Path(__file__).resolve().parents[2] / "server/core/sobol_directions.h"
    return [(int(polynomial), [int(m) for m in numbers.split(",")])
            for polynomial, numbers in re.findall(r"\{(\d+), \{([\d, ]+)\}\}", header.read_text())]


def direction_numbers(dimension):
    """[v_1, …, v_32], of 32 bits each, by the recurrence of Joe and Kuo (2008)."""
    if dimension == 0:
        return [1 << 31 - k for k in range(32)]
    polynomial, m = joe_kuo()[dimension - 1]
    degree, m = polynomial.bit_length() - 1, list(m)
    for k in range(degree, 32):
        new = m[k - degree] ^ m[k - degree] << degree
        for j in range(1, degree):
            if polynomial >> degree - j & 1:
                new ^= m[k - j] << j
        m.append(new)
    return [number << 31 - k for k, number in enumerate(m)]


def reversed_bits(number, width):
    return int(f"{number:0{width}b}"[::-1], 2)


def sobol_bits(directions, index):
    """32 bits of point `index` in Gray code's order."""
    gray, point = index ^ index >> 1, 0
    for k, direction in enumerate(directions):
        if gray >> k & 1:
            point ^= direction
    return point


def scrambled(point, numbers):
    """numbers: the four random ones of (seed, randomisation, driver)."""
    x = reversed_bits(point, 32)
    x ^= x * 0xd1342543de82ef94 & MASK64
    x = (x + numbers[0]) * (numbers[2] | 1) & MASK64
    x ^= x * 0xaf251af3b0f025b4 & MASK64
    x = (x + numbers[1]) * (numbers[3] | 1) & MASK64
    x ^= x * 0x6c8e9cf570932bd6 & MASK64
    return reversed_bits(x, 64)


class Numbers:
    """Uniform numbers by name; a name that was met before has them again."""

    def __init__(self, sampler, seed, dimensions):
        self.sampler, self.seed, self.dimensions = sampler, seed, dimensions

    def of(self, name, randomisation, points):
        key = key_of(name)
        if self.sampler == "philox":
            return [philox_uniform(self.seed, (randomisation << 32) + i, key) for i in range(points)]
        directions = self.dimensions.setdefault(name, None) or direction_numbers(list(self.dimensions).index(name))
        self.dimensions[name] = directions
        count = 1 << 63 | randomisation << 1
        numbers = block(self.seed, count, key) + block(self.seed, count | 1, key)
        return [uniform(scrambled(sobol_bits(directions, i), numbers)) for i in range(points)]


# ---------------------------------------------------------------- distributions: both tails, so that neither loses digits

def normal_tails(z):
    return curve_fit.normal_cdf(z), curve_fit.normal_cdf(-z)


def normal_inverse(p, q):
    return STANDARD.inv_cdf(p) if p < q else -STANDARD.inv_cdf(q)


def beta_fraction(a, b, x):
    """The continued fraction of the incomplete beta function (Lentz)."""
    tiny, c, d = 1e-300, 1.0, 1.0 - (a + b) * x / (a + 1.0)
    d = 1.0 / (d if abs(d) > tiny else tiny)
    result = d
    for m in range(1, 2000):
        for part in (m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
                     -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))):
            d, c = 1.0 + part * d, 1.0 + part / c
            d = 1.0 / (d if abs(d) > tiny else tiny)
            c = c if abs(c) > tiny else tiny
            result *= d * c
        if abs(d * c - 1.0) < 1e-16:
            break
    return result


def beta_tails(a, b, x, rest):
    """P(X < x), P(X > x); rest = 1 - x; and the density times x (1 - x)."""
    if x <= 0.0 or rest <= 0.0:
        return (0.0, 1.0, 0.0) if x <= 0.0 else (1.0, 0.0, 0.0)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(rest))
    if x < (a + 1.0) / (a + b + 2.0):
        below = front * beta_fraction(a, b, x) / a
        return below, 1.0 - below, front
    above = front * beta_fraction(b, a, rest) / b
    return 1.0 - above, above, front


def beta_inverse(a, b, p, q):
    """(x, 1 - x), on the scale of log(x / (1 - x)): Newton's steps, halved where they leave what is known."""
    low, high, y = -700.0, 700.0, math.log(a / b)
    for _ in range(300):
        x, rest = 1.0 / (1.0 + math.exp(-y)), 1.0 / (1.0 + math.exp(y))
        below, above, slope = beta_tails(a, b, x, rest)
        off = below - p if p < q else q - above
        low, high = (low, y) if off > 0.0 else (y, high)
        step = -off / slope if slope > 0.0 else math.inf
        new = y + step if low < y + step < high else 0.5 * (low + high)
        if abs(new - y) <= 2e-16 * max(1.0, abs(y)):
            break
        y = new
    return 1.0 / (1.0 + math.exp(-y)), 1.0 / (1.0 + math.exp(y))


def student_tails(dof, t):
    part = dof / (dof + t * t)
    tail = 0.5 * beta_tails(0.5 * dof, 0.5, part, t * t / (dof + t * t))[0]
    return (tail, 1.0 - tail) if t < 0.0 else (1.0 - tail, tail)


def student_inverse(dof, p, q):
    x, rest = beta_inverse(0.5 * dof, 0.5, 2.0 * min(p, q), abs(p - q))
    return math.copysign(math.sqrt(dof * rest / x), p - q)


def triangular_tails(low, mode, high, x):
    if x < mode:
        below = (x - low) ** 2 / ((high - low) * (mode - low))
        return below, 1.0 - below
    above = (high - x) ** 2 / ((high - low) * (high - mode))
    return 1.0 - above, above


def triangular_inverse(low, mode, high, p, q):
    if p < (mode - low) / (high - low):
        return low + math.sqrt(p * (high - low) * (mode - low))
    return high - math.sqrt(q * (high - low) * (high - mode))


def beta_of(distribution):
    """(alpha, beta, low, high) of a beta or a PERT distribution."""
    low, high = distribution.get("low", 0.0), distribution.get("high", 1.0)
    if distribution["kind"] == "beta":
        return distribution["alpha"], distribution["beta"], low, high
    weight, part = distribution.get("lambda", 4.0), (distribution["mode"] - low) / (high - low)
    return 1.0 + weight * part, 1.0 + weight * (1.0 - part), low, high


def tails(d, x):
    """(P(X < x), P(X > x)) of a continuous distribution."""
    kind = d["kind"]
    if kind == "normal":
        return normal_tails((x - d["mean"]) / d["sd"])
    if kind == "lognormal":
        return normal_tails((math.log(x) - d["mu"]) / d["sigma"]) if x > 0.0 else (0.0, 1.0)
    if kind == "student_t":
        return student_tails(d["dof"], (x - d["location"]) / d["scale"])
    low, high = d.get("low", 0.0), d.get("high", 1.0)
    if not low < x < high:
        return (0.0, 1.0) if x <= low else (1.0, 0.0)
    if kind == "uniform":
        return (x - low) / (high - low), (high - x) / (high - low)
    if kind == "triangular":
        return triangular_tails(low, d["mode"], high, x)
    a, b, low, high = beta_of(d)
    return beta_tails(a, b, (x - low) / (high - low), (high - x) / (high - low))[:2]


def inverse(d, p, q):
    kind = d["kind"]
    if kind == "normal":
        return d["mean"] + d["sd"] * normal_inverse(p, q)
    if kind == "lognormal":
        return math.exp(d["mu"] + d["sigma"] * normal_inverse(p, q))
    if kind == "student_t":
        return d["location"] + d["scale"] * student_inverse(d["dof"], p, q)
    if kind == "uniform":
        return d["low"] + p * (d["high"] - d["low"]) if p < q else d["high"] - q * (d["high"] - d["low"])
    if kind == "triangular":
        return triangular_inverse(d["low"], d["mode"], d["high"], p, q)
    a, b, low, high = beta_of(d)
    x, rest = beta_inverse(a, b, p, q)
    return low + x * (high - low) if x < rest else high - rest * (high - low)


def discrete_inverse(d, p):
    """Of the values between min and max, in ascending order, the first whose cumulative probability is above p."""
    kept = sorted((v, w) for v, w in zip(d["values"], d["weights"])
                  if d.get("min", -math.inf) <= v <= d.get("max", math.inf))
    total, reached = math.fsum(w for _, w in kept), 0.0
    for value, weight in kept:
        reached += weight
        if reached > p * total:
            return value
    return kept[-1][0]


def truncated_inverse(d, p, q):
    """The p-th part of the probability between min and max; q = 1 - p."""
    if d["kind"] == "discrete":
        return discrete_inverse(d, p)
    if "min" not in d and "max" not in d:
        return inverse(d, p, q)
    below_low, above_low = tails(d, d["min"]) if "min" in d else (0.0, 1.0)
    below_high, above_high = tails(d, d["max"]) if "max" in d else (1.0, 0.0)
    between = below_high - below_low if below_high < 0.5 else above_low - above_high
    return inverse(d, below_low + p * between, above_high + q * between)


# ---------------------------------------------------------------- numbers that move together

def cholesky(matrix):
    n = len(matrix)
    factor = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            rest = matrix[i][j] - math.fsum(factor[i][k] * factor[j][k] for k in range(j))
            factor[i][j] = math.sqrt(max(rest, 0.0)) if i == j else rest / factor[j][j] if factor[j][j] > 0.0 else 0.0
    return factor


def copula_matrix(correlation):
    """Of the normal numbers; ranks correlate as asked."""
    spearman = correlation["kind"] == "spearman"
    return [[2.0 * math.sin(math.pi * rho / 6.0) if spearman and i != j else float(rho) for j, rho in enumerate(row)]
            for i, row in enumerate(correlation["matrix"])]


def replaced(document, numbers):
    """The document with these numbers at their pointers."""
    document = json.loads(json.dumps(document))
    for pointer, number in numbers.items():
        node, steps = document, [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
        for step in steps[:-1]:
            node = node[int(step)] if isinstance(node, list) else node[step]
        node[int(steps[-1]) if isinstance(node, list) else steps[-1]] = number
    return document


CURVE = "/market/inference_share"


class Draws:
    """What an `uncertainty` makes of uniform numbers."""

    def __init__(self, document, uncertainty):
        self.document, self.drivers = document, uncertainty["drivers"]
        self.names = []                    # of the random numbers, in order
        self.first = []                    # the first of them of each driver
        self.fit = None
        for driver in self.drivers:
            self.first.append(len(self.names))
            if driver["distribution"]["kind"] == "fit":
                self.fit = model.fit_of(document["market"]["inference_share"])
                self.curve_factor = cholesky(self.fit["covariance"])
                self.names += [f"{CURVE}#{name}" for name in ("k", "mid", "ceiling")[:len(self.curve_factor)]]
            else:
                self.names.append(driver["pointer"])
        correlation = uncertainty.get("correlation")
        self.factor = cholesky(copula_matrix(correlation)) if correlation else None

    def together(self, u):
        """[(p, q)] of each random number."""
        pairs = [(x, 1.0 - x) for x in u]
        if self.factor:
            z = [normal_inverse(*pairs[at]) for at in self.first]
            for i, row in enumerate(self.factor):
                if any(row[j] for j in range(len(row)) if j != i) or any(self.factor[k][i] for k in range(i + 1, len(row))):
                    pairs[self.first[i]] = normal_tails(math.fsum(a * b for a, b in zip(row, z)))
        return pairs

    def draw(self, u):
        """({pointer: number}, the document that has them, whether its curve is one, [part of the probability])."""
        pairs, numbers, sound = self.together(u), {}, True
        for driver, at in zip(self.drivers, self.first):
            if driver["distribution"]["kind"] != "fit":
                numbers[driver["pointer"]] = truncated_inverse(driver["distribution"], *pairs[at])
        document = replaced(self.document, numbers)
        if self.fit:
            at = self.first[[d["distribution"]["kind"] for d in self.drivers].index("fit")]
            z = [normal_inverse(*pair) for pair in pairs[at:at + len(self.curve_factor)]]
            moved = [self.fit[name] + math.fsum(a * b for a, b in zip(row, z))
                     for name, row in zip(("k", "mid", "ceiling"), self.curve_factor)]
            ceiling = moved[2] if len(moved) > 2 else self.fit["ceiling"]
            sound = self.fit["floor"] < ceiling <= 1.0
            document["market"]["inference_share"] = {"curve": self.fit["curve"], "k": moved[0], "mid": moved[1],
                                                     "floor": self.fit["floor"], "ceiling": ceiling}
        return numbers, document, sound, [min(int(pairs[at][0] * BINS), BINS - 1) for at in self.first]


# ---------------------------------------------------------------- paths

class Path:
    """A draw, evaluated: why it has no value, or its values."""

    def __init__(self, drawn, bounds, loss):
        numbers, self.document, sound, self.parts = drawn
        self.reason, self.value = self.why_not(numbers, sound, bounds), math.nan
        if self.reason:
            return
        held, lost, self.market, _ = model.branches(self.document)
        self.revenue, self.fcff = held["flows"]["revenue"], held["flows"]["fcff"]
        self.spread = model.discount_rates(self.document)[1] - model.terminal_growth(self.document)
        self.branches = {None: (1.0, held["value_per_share"])}
        if lost:
            hazard = model.hazards(self.document)
            odds = model.loss_probabilities(hazard)
            self.branches = {year: (odds[year], b["value_per_share"]) for year, b in lost.items()}
            self.branches[None] = (model.survival(hazard)[max(hazard)], held["value_per_share"])
        self.value = math.fsum(p * v for p, v in self.branches.values()) if loss is None else self.drawn(loss)

    def why_not(self, numbers, sound, bounds):
        for pointer, (low, high) in bounds.items():
            sound = sound and low <= numbers[pointer] <= high
        if not sound:
            return "bounds"
        if model.terminal_growth(self.document) >= model.discount_rates(self.document)[1]:
            return "growth"
        try:
            model.seat_shares(self.document)
        except model.ModelError:
            return "shares"
        return None

    def drawn(self, loss):
        """The value of the year of loss into which a uniform number falls, the years being before never."""
        for probability, value in self.branches.values():
            loss -= probability
            if loss < 0.0:
                return value
        return self.branches[None][1]


def simulate(document, uncertainty, question, dimensions, bounds=None):
    """[[Path, … of a randomisation], …]. dimensions: {} at first, common to all that a question simulates."""
    sampler, parts = question.get("sampler", "sobol"), question["randomisations"]
    points = -(-question["paths"] // parts)
    draws, numbers = Draws(document, uncertainty), Numbers(sampler, question.get("seed", 1), dimensions)
    sampled = question.get("chair") == "sampled" and "chair" in document
    names = draws.names + (["/chair#loss"] if sampled else [])
    result = []
    for r in range(parts):
        rows = list(zip(*(numbers.of(name, r, points) for name in names)))
        result.append([Path(draws.draw(u[:len(draws.names)]), bounds or {}, u[-1] if sampled else None) for u in rows])
    return result


# ---------------------------------------------------------------- figures

def quantile(values, p):
    """Type 7 of Hyndman and Fan."""
    values = sorted(values)
    at = (len(values) - 1) * p
    below = math.floor(at)
    above = min(below + 1, len(values) - 1)
    return values[below] + (at - below) * (values[above] - values[below])


def shortfall(values, part):
    """The mean of the worst part; the last value counts with what is left."""
    values, take = sorted(values), part * len(values)
    whole = math.floor(take)
    last = [(take - whole) * values[whole]] if whole < len(values) else []
    return math.fsum(values[:whole] + last) / take


def above(values, x):
    return sum(v > x for v in values) / len(values)


def student_reach(dof, level):
    return student_inverse(dof, 0.5 * (1.0 + level), 0.5 * (1.0 - level))


def estimate(replicates, figure, level):
    """(figure, error, low, high): from its spread over the replicates, where there are two at least."""
    value = figure([v for values in replicates for v in values])
    if len(replicates) < 2 or not all(replicates):
        return value, None, None, None
    error = statistics.stdev([figure(values) for values in replicates]) / math.sqrt(len(replicates))
    reach = error * student_reach(len(replicates) - 1, level)
    return value, error, value - reach, value + reach


def usual_estimate(value, error, n, level):
    """Of independent paths."""
    reach = error * student_reach(n - 1, level)
    return value, error, value - reach, value + reach


def binomial_quantile(n, p, least):
    """The smallest k with P(B <= k) >= least."""
    reached = 0.0
    for k in range(n + 1):
        reached += math.exp(math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
                            + k * math.log(p) + (n - k) * math.log1p(-p))
        if reached >= least:
            return k
    return n


def order_interval(values, p, level):
    """Ends between which the quantile lies with the level at least, from order statistics."""
    values, tail = sorted(values), 0.5 * (1.0 - level)
    lower, upper = binomial_quantile(len(values), p, tail), binomial_quantile(len(values), p, 1.0 - tail) + 1
    return values[lower - 1] if lower >= 1 else None, values[upper - 1] if upper <= len(values) else None


def variance_share(paths, driver):
    """Omega squared of the values by the parts of a driver's probability."""
    groups = {}
    for path in paths:
        groups.setdefault(path.parts[driver], []).append(path.value)
    values = [path.value for path in paths]
    mean, n = statistics.fmean(values), len(values)
    between = math.fsum(len(g) * (statistics.fmean(g) - mean) ** 2 for g in groups.values())
    everything = math.fsum((v - mean) ** 2 for v in values)
    if everything == 0.0:
        return 0.0
    within = (everything - between) / (n - len(groups))
    return max(0.0, (between - (len(groups) - 1) * within) / (everything + within))


# ---------------------------------------------------------------- sets: samples that are weighed

def mixed(members, figure, level):
    """(figure, error, low, high) of [(weight, [values of a randomisation, …])]; one value alone is the same in all."""
    everything = [(w, [v for values in parts for v in values]) for w, parts in members]
    count = max(len(parts) for _, parts in members)
    singles = [figure([(w, parts[r] if len(parts) > 1 else parts[0]) for w, parts in members]) for r in range(count)]
    value = figure(everything)
    if count < 2:
        return value, 0.0, value, value
    error = statistics.stdev(singles) / math.sqrt(count)
    reach = error * student_reach(count - 1, level)
    return value, error, value - reach, value + reach


def mixed_mean(samples):
    return math.fsum(w * statistics.fmean(values) for w, values in samples)


def mixed_above(samples, x):
    return math.fsum(w * above(values, x) for w, values in samples)


def ascending(samples):
    return sorted((v, w / len(values)) for w, values in samples if w > 0.0 for v in values)


def mixed_quantile(samples, p):
    """The smallest value that has this weight up to it."""
    reached, rows = 0.0, ascending(samples)
    for value, weight in rows:
        reached += weight
        if reached >= p - 1e-9:
            return value
    return rows[-1][0]


def mixed_shortfall(samples, part):
    left, total = part, []
    for value, weight in ascending(samples):
        total.append(min(left, weight) * value)
        left -= min(left, weight)
    return math.fsum(total) / part
