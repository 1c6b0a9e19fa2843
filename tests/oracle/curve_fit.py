"""Censored maximum likelihood for the inference share (MODEL.md section 3), in plain Python.

The curve gives a normalised share G(x) with x = k (year - mid):

    logistic   G = 1 / (1 + exp(-x))         logit G = x
    gompertz   G = exp(-exp(-x))             logit G = -log(expm1(exp(-x)))

and theta = floor + (ceiling - floor) G.  On the logit scale an observation is normal about logit G
with its own sigma.  A point contributes its density there, a range or a bound its probability.

Every derivative is analytic.  The search runs in slope and intercept (x = k t + b, t measured from
the middle of the data), where the logistic likelihood with a given ceiling is concave; the answer is
then polished by Newton steps in the natural parameters (k, mid[, ceiling]), which also give the
observed information.
"""

import math

LOG_SQRT_2PI = 0.5 * math.log(2.0 * math.pi)
SQRT_2 = math.sqrt(2.0)
DEFAULT_SIGMA = 0.25
SINGULAR_PIVOT = 1e-10     # of the information scaled to a unit diagonal


class FitError(Exception):
    """The observations admit no maximum."""


# ---------------------------------------------------------------- the normal distribution, in logs

def normal_cdf(x):
    return 0.5 * math.erfc(-x / SQRT_2)


def log_normal_pdf(x):
    return -0.5 * x * x - LOG_SQRT_2PI


def log_normal_cdf(x):
    """log Phi(x), accurate in both tails."""
    if x == math.inf:
        return 0.0
    if x == -math.inf:
        return -math.inf
    if x > 0.0:
        return math.log1p(-0.5 * math.erfc(x / SQRT_2))
    if x > -25.0:
        return math.log(0.5 * math.erfc(-x / SQRT_2))
    # Mills ratio by its continued fraction: Phi(x) = pdf(x) / (|x| + 1/(|x| + 2/(|x| + ...))).
    tail = -x
    fraction = tail
    for n in range(60, 0, -1):
        fraction = tail + n / fraction
    return log_normal_pdf(x) - math.log(fraction)


def log_normal_interval(a, b):
    """log(Phi(b) - Phi(a)) for a < b, either of which may be infinite."""
    if not a < b:
        return -math.inf
    if a > 0.0:
        a, b = -b, -a                     # reflect, so that no probability close to 1 is subtracted
    if b <= 0.0:
        log_b = log_normal_cdf(b)
        if a == -math.inf:
            return log_b
        return log_b + math.log(-math.expm1(log_normal_cdf(a) - log_b))
    outside = 0.5 * math.erfc(-a / SQRT_2) + 0.5 * math.erfc(b / SQRT_2)
    if outside < 0.5:
        return math.log1p(-outside)
    return math.log(0.5 * (math.erf(b / SQRT_2) - math.erf(a / SQRT_2)))


# ---------------------------------------------------------------- the curves

def normalised(curve, x):
    """G(x)."""
    if curve == "logistic":
        if x >= 0.0:
            return 1.0 / (1.0 + math.exp(-x))
        e = math.exp(x)
        return e / (1.0 + e)
    return math.exp(-math.exp(-x)) if x > -700.0 else 0.0


def normalised_slope(curve, x):
    """dG/dx."""
    if curve == "logistic":
        return normalised(curve, x) * normalised(curve, -x)
    return math.exp(-x - math.exp(-x)) if x > -700.0 else 0.0


def model_logit(curve, x):
    """(logit G, its first derivative in x, its second)."""
    if curve == "logistic":
        return x, 1.0, 0.0
    e = math.exp(-x)
    if e > 30.0:                           # expm1(e) = exp(e) far below rounding
        return -e, e, -e
    one_less = -math.expm1(-e)             # 1 - exp(-e)
    value = -math.log(math.expm1(e))
    first = e / one_less
    if e < 1e-4:                           # series of (1 - exp(-e) - e exp(-e)) / (1 - exp(-e))^2
        inner = 0.5 + e / 6.0
    else:
        inner = (one_less - e * math.exp(-e)) / (one_less * one_less)
    return value, first, -e * inner


# ---------------------------------------------------------------- log-likelihood with derivatives

def observed_logit(value, floor, ceiling):
    """(z, dz/dceiling, d2z/dceiling2) of z = logit((value - floor) / (ceiling - floor))."""
    return math.log((value - floor) / (ceiling - value)), -1.0 / (ceiling - value), 1.0 / (ceiling - value) ** 2


def bounds_of(observation, floor, ceiling):
    """The logits of the bounds; one at or beyond floor or ceiling is no bound."""
    low, high = observation.get("low"), observation.get("high")
    nothing_below, nothing_above = (-math.inf, 0.0, 0.0), (math.inf, 0.0, 0.0)
    if low is None or low <= floor:
        lower = nothing_below
    elif low >= ceiling:
        lower = nothing_above              # impossible: probability 0
    else:
        lower = observed_logit(low, floor, ceiling)
    if high is None or high >= ceiling:
        upper = nothing_above
    elif high <= floor:
        upper = nothing_below
    else:
        upper = observed_logit(high, floor, ceiling)
    return lower, upper


def outer(u, v):
    return [[a * b for b in v] for a in u]


def standardised(z, m, sigma, dm, ddm, with_ceiling):
    """(z - m)/sigma with gradient and Hessian; z moves only with the ceiling."""
    z_value, z_first, z_second = z
    n = len(dm)
    gradient = [-d / sigma for d in dm]
    hessian = [[-ddm[i][j] / sigma for j in range(n)] for i in range(n)]
    if with_ceiling:
        gradient[n - 1] += z_first / sigma
        hessian[n - 1][n - 1] += z_second / sigma
    return (z_value - m) / sigma, gradient, hessian


def point_term(r, dr, ddr, sigma):
    n = len(dr)
    value = log_normal_pdf(r) - math.log(sigma)
    gradient = [-r * d for d in dr]
    hessian = [[-dr[i] * dr[j] - r * ddr[i][j] for j in range(n)] for i in range(n)]
    return value, gradient, hessian


def range_term(a, da, dda, b, db, ddb):
    n = len(da)
    value = log_normal_interval(a, b)
    if value == -math.inf:
        return value, [0.0] * n, [[0.0] * n for _ in range(n)]
    weight_a = 0.0 if math.isinf(a) else math.exp(log_normal_pdf(a) - value)
    weight_b = 0.0 if math.isinf(b) else math.exp(log_normal_pdf(b) - value)
    curve_a = 0.0 if math.isinf(a) else a * weight_a - weight_a ** 2
    curve_b = 0.0 if math.isinf(b) else -b * weight_b - weight_b ** 2
    cross = weight_a * weight_b
    gradient = [weight_b * db[i] - weight_a * da[i] for i in range(n)]
    hessian = [[curve_a * da[i] * da[j] + curve_b * db[i] * db[j]
                + cross * (da[i] * db[j] + db[i] * da[j])
                + weight_b * ddb[i][j] - weight_a * dda[i][j]
                for j in range(n)] for i in range(n)]
    return value, gradient, hessian


def index_of(parameters, form, year, origin, n):
    """x with gradient and Hessian in (k, b[, ceiling]) or in (k, mid[, ceiling])."""
    gradient, hessian = [0.0] * n, [[0.0] * n for _ in range(n)]
    k, second = parameters[0], parameters[1]
    if form == "line":
        gradient[0], gradient[1] = year - origin, 1.0
        return k * (year - origin) + second, gradient, hessian
    gradient[0], gradient[1] = year - second, -k
    hessian[0][1] = hessian[1][0] = -1.0
    return k * (year - second), gradient, hessian


def log_likelihood(problem, parameters, form, ceiling=None):
    """(value, gradient, Hessian).  The ceiling is the third parameter unless it is given here."""
    curve, floor, observations, origin = problem
    n = len(parameters)
    with_ceiling = n == 3
    top = parameters[2] if with_ceiling else ceiling
    terms = []
    for observation in observations:
        sigma = observation.get("sigma", DEFAULT_SIGMA)
        x, dx, ddx = index_of(parameters, form, observation["year"], origin, n)
        if abs(x) > 500.0:                 # far outside any data: no search point worth keeping
            return -math.inf, [0.0] * n, [[0.0] * n for _ in range(n)]
        m, m1, m2 = model_logit(curve, x)
        dm = [m1 * d for d in dx]
        ddm = [[m1 * ddx[i][j] + m2 * dx[i] * dx[j] for j in range(n)] for i in range(n)]
        if "value" in observation:
            z = observed_logit(observation["value"], floor, top)
            terms.append(point_term(*standardised(z, m, sigma, dm, ddm, with_ceiling), sigma))
        else:
            lower, upper = bounds_of(observation, floor, top)
            a = standardised(lower, m, sigma, dm, ddm, with_ceiling)
            b = standardised(upper, m, sigma, dm, ddm, with_ceiling)
            terms.append(range_term(*a, *b))
    if any(t[0] == -math.inf for t in terms):
        return -math.inf, [0.0] * n, [[0.0] * n for _ in range(n)]
    value = math.fsum(t[0] for t in terms)
    gradient = [math.fsum(t[1][i] for t in terms) for i in range(n)]
    hessian = [[math.fsum(t[2][i][j] for t in terms) for j in range(n)] for i in range(n)]
    return value, gradient, hessian


# ---------------------------------------------------------------- small linear algebra

def solve(matrix, right):
    """Gaussian elimination with partial pivoting; None if singular."""
    n = len(right)
    rows = [list(matrix[i]) + [right[i]] for i in range(n)]
    for i in range(n):
        pivot = max(range(i, n), key=lambda r: abs(rows[r][i]))
        if rows[pivot][i] == 0.0 or not math.isfinite(rows[pivot][i]):
            return None
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for r in range(i + 1, n):
            factor = rows[r][i] / rows[i][i]
            rows[r] = [v - factor * w for v, w in zip(rows[r], rows[i])]
    x = [0.0] * n
    for i in reversed(range(n)):
        x[i] = (rows[i][n] - math.fsum(rows[i][j] * x[j] for j in range(i + 1, n))) / rows[i][i]
    return x


def inverse(matrix):
    n = len(matrix)
    columns = [solve(matrix, [1.0 if i == j else 0.0 for i in range(n)]) for j in range(n)]
    if any(c is None for c in columns):
        return None
    full = [[columns[j][i] for j in range(n)] for i in range(n)]
    return [[0.5 * (full[i][j] + full[j][i]) for j in range(n)] for i in range(n)]


def smallest_pivot(matrix):
    """The least Cholesky pivot of the matrix scaled to a unit diagonal; negative if indefinite."""
    n = len(matrix)
    if any(not matrix[i][i] > 0.0 for i in range(n)):
        return -1.0
    a = [[matrix[i][j] / math.sqrt(matrix[i][i] * matrix[j][j]) for j in range(n)] for i in range(n)]
    least = 1.0
    for i in range(n):
        least = min(least, a[i][i])
        if a[i][i] <= 0.0:
            return a[i][i]
        for r in range(i + 1, n):
            factor = a[r][i] / a[i][i]
            for c in range(i, n):
                a[r][c] -= factor * a[i][c]
    return least


# ---------------------------------------------------------------- maximisation

def climb(function, start, inside=lambda p: True, iterations=100):
    """Damped Newton ascent: the damping grows until the value rises."""
    point = list(start)
    value, gradient, hessian = function(point)
    if value == -math.inf:
        return point, value
    n = len(point)
    damping = 0.0
    for _ in range(iterations):
        while True:
            size = [max(abs(hessian[i][i]), 1e-12) for i in range(n)]
            matrix = [[-hessian[i][j] + (damping * size[i] if i == j else 0.0)
                       for j in range(n)] for i in range(n)]
            step = solve(matrix, gradient) if smallest_pivot(matrix) > 1e-14 else None
            if step is not None:
                trial = [p + s for p, s in zip(point, step)]
                if inside(trial):
                    trial_value, trial_gradient, trial_hessian = function(trial)
                    # At the top the value only rattles: a rise is not asked for below its rounding.
                    if trial_value >= value - 1e-13 * (1.0 + abs(value)):
                        break
            damping = max(8.0 * damping, 1e-6)
            if damping > 1e10:
                return point, value
        moved = max(abs(s) / (1.0 + abs(p)) for s, p in zip(step, point))
        point, value, gradient, hessian = trial, trial_value, trial_gradient, trial_hessian
        damping = 0.0 if damping < 1e-5 else damping / 16.0
        if moved < 1e-9 and damping == 0.0:
            break                          # polish() does the rest
    return point, value


def middle_logit(observation, floor, ceiling, curve):
    """A rough x for a starting line."""
    low = observation.get("value", observation.get("low", floor))
    high = observation.get("value", observation.get("high", ceiling))
    share = (0.5 * (low + high) - floor) / (ceiling - floor)
    share = min(max(share, 0.01), 0.99)
    return math.log(share / (1.0 - share)) if curve == "logistic" else -math.log(-math.log(share))


def starting_lines(problem, ceiling):
    curve, floor, observations, origin = problem
    xs = [o["year"] - origin for o in observations]
    ys = [middle_logit(o, floor, ceiling, curve) for o in observations]
    x_mean, y_mean = math.fsum(xs) / len(xs), math.fsum(ys) / len(ys)
    spread = math.fsum((x - x_mean) ** 2 for x in xs)
    slope = math.fsum((x - x_mean) * (y - y_mean) for x, y in zip(xs, ys)) / spread if spread else 0.1
    for factor in (1.0, 0.5, 2.0, 0.1):
        yield [factor * slope, y_mean - factor * slope * x_mean]
    yield [0.3, 0.0]


def best_line(problem, ceiling, starts=None):
    """The best (k, b) for one ceiling."""
    best = None
    for start in starts or starting_lines(problem, ceiling):
        found = climb(lambda p: log_likelihood(problem, p, "line", ceiling), start)
        if best is None or found[1] > best[1]:
            best = found
    return best


def ceiling_floor(problem):
    """The least ceiling there can be: the largest observed value or lower bound."""
    _, floor, observations, _ = problem
    seen = [o[key] for o in observations for key in ("value", "low") if key in o]
    return max([floor] + seen)


def best_with_free_ceiling(problem):
    """(k, b, ceiling), on_bound: the profile over a grid of ceilings, then Newton from the best few."""
    least = ceiling_floor(problem)
    fractions = sorted({10.0 ** (-5.0 + 5.0 * i / 30.0) for i in range(31)} | {i / 20.0 for i in range(1, 21)})
    profile, warm = [], None
    for fraction in reversed(fractions):
        ceiling = least + (1.0 - least) * fraction
        if not least < ceiling <= 1.0:
            continue
        starts = None if warm is None else [warm] + list(starting_lines(problem, ceiling))[:1]
        line, value = best_line(problem, ceiling, starts)
        if value > -math.inf:
            warm = line
            profile.append((value, line + [ceiling]))
    profile.sort(key=lambda entry: -entry[0])
    if not profile:
        raise FitError("no ceiling gives the observations a positive probability")
    line, at_one = best_line(problem, 1.0)
    best_value, best = at_one, line + [1.0]
    on_bound = True
    for _, start in profile[:5]:
        if start[2] >= 1.0:
            start = start[:2] + [1.0 - 1e-6 * (1.0 - least)]
        point, value = climb(lambda p: log_likelihood(problem, p, "line"), start,
                             lambda p: least < p[2] < 1.0)
        gradient = log_likelihood(problem, point, "line")[1]
        stationary = abs(gradient[2]) * (1.0 - least) < 1e-6
        if value > best_value and stationary:
            best_value, best, on_bound = value, point, False
    return best, on_bound


def polish(function, point):
    """Undamped Newton steps until they no longer shrink."""
    last = math.inf
    for _ in range(60):
        _, gradient, hessian = function(point)
        step = solve([[-h for h in row] for row in hessian], gradient)
        if step is None or not all(math.isfinite(s) for s in step):
            break
        size = max(abs(s) / (1e-300 + abs(p)) for s, p in zip(step, point))
        if size >= last and size < 1e-9 or size > 1e-2:
            break
        point = [p + s for p, s in zip(point, step)]
        if size == 0.0:
            break
        last = size
    return point


def residual(observation, curve, k, mid, floor, ceiling):
    """On the logit scale; for a range the distance outside it, signed, 0 inside."""
    m = model_logit(curve, k * (observation["year"] - mid))[0]
    if "value" in observation:
        return observed_logit(observation["value"], floor, ceiling)[0] - m
    lower, upper = bounds_of(observation, floor, ceiling)
    return lower[0] - m if m < lower[0] else upper[0] - m if m > upper[0] else 0.0


def fit_curve(specification):
    """The fit of `{"curve", "observations", "floor", "ceiling"}`."""
    curve = specification["curve"]
    floor = specification.get("floor", 0.0)
    observations = specification["observations"]
    years = [o["year"] for o in observations]
    problem = (curve, floor, observations, math.fsum(years) / len(years))
    free_ceiling = "ceiling" not in specification
    on_bound = False
    if any(not floor < o["value"] < specification.get("ceiling", 1.0) for o in observations if "value" in o):
        raise FitError("an observation lies outside the floor and the ceiling")
    if free_ceiling:
        line, on_bound = best_with_free_ceiling(problem)
        ceiling = line[2]
    else:
        ceiling = specification["ceiling"]
        line, value = best_line(problem, ceiling)
        if value == -math.inf:
            raise FitError("the observations have probability 0 under every curve")
    k = line[0]
    if k == 0.0 or not all(math.isfinite(p) for p in line):
        raise FitError("the slope of the curve is 0 or not finite")
    natural = [k, problem[3] - line[1] / k]
    if free_ceiling and not on_bound:
        function = lambda p: log_likelihood(problem, p, "mid")
        natural = polish(function, natural + [ceiling])
        ceiling = natural[2]
    else:
        function = lambda p: log_likelihood(problem, p, "mid", ceiling)
        natural = polish(function, natural)
    value, _, hessian = function(natural)
    information = [[-h for h in row] for row in hessian]
    count = 3 if free_ceiling else 2
    reason = None
    pivot = smallest_pivot(information)
    if len(observations) < count:
        reason = "fewer observations than parameters"
    elif pivot < SINGULAR_PIVOT:
        reason = "singular information"
    elif on_bound:
        reason = "ceiling on its bound"
    covariance = inverse(information) if pivot >= SINGULAR_PIVOT else None
    return {
        "curve": curve, "k": natural[0], "mid": natural[1], "floor": floor, "ceiling": ceiling,
        "free": ["k", "mid"] + (["ceiling"] if free_ceiling and not on_bound else []),
        "covariance": covariance,
        "log_likelihood": value, "aic": 2.0 * count - 2.0 * value,
        "residuals": [residual(o, curve, natural[0], natural[1], floor, ceiling) for o in observations],
        "identified": reason is None, "reason": reason, "pivot": pivot,
    }


def curve_value(parameters, year):
    """theta at a year, for a curve given directly or fitted."""
    floor, ceiling = parameters.get("floor", 0.0), parameters.get("ceiling", 1.0)
    x = parameters["k"] * (year - parameters["mid"])
    return floor + (ceiling - floor) * normalised(parameters["curve"], x)


def band(fit, year, z):
    """(low, high) of theta: logit(theta) +- z standard errors, by the delta method."""
    k, mid, floor, ceiling = fit["k"], fit["mid"], fit["floor"], fit["ceiling"]
    theta = curve_value(fit, year)
    x = k * (year - mid)
    slope = (ceiling - floor) * normalised_slope(fit["curve"], x)
    jacobian = [slope * (year - mid), -slope * k, normalised(fit["curve"], x)][:len(fit["free"])]
    jacobian = [j / (theta * (1.0 - theta)) for j in jacobian]
    n = len(jacobian)
    variance = math.fsum(jacobian[i] * fit["covariance"][i][j] * jacobian[j]
                         for i in range(n) for j in range(n))
    centre, half = math.log(theta / (1.0 - theta)), z * math.sqrt(variance)
    return normalised("logistic", centre - half), normalised("logistic", centre + half)
