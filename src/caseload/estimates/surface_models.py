"""Simpler surfaces beside the full one: which of them say as much (Humberg, Nestler & Back 2019; R package RSA).

Each is a quadratic surface under constraints. Two have a rotation inside a square; for a given rotation they are
linear, so it is found by a search over its angle and everything else by least squares.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import optimize, stats

_Array = np.ndarray[Any, np.dtype[np.float64]]
ANGLES = 180  # starting angles of the rotation, over half a turn


class Model(NamedTuple):
    """One constrained surface. `columns` makes its design of x, y and, with `rotated`, the weights (c, s) of cx − sy.

    `constraints` are rows R with R b = 0 that make the full surface this one; empty where they are not linear.
    """

    words: str
    columns: Callable[[_Array, _Array, float, float], tuple[_Array, ...]]
    constraints: tuple[tuple[float, ...], ...] = ()
    rotated: bool = False


MODELS: dict[str, Model] = {
    "null": Model("no effect of either", lambda x, y, c, s: (), tuple(np.eye(6)[1:].tolist())),
    "difference": Model(
        "the difference alone, in a straight line", lambda x, y, c, s: (x - y,),
        ((0, 1, 1, 0, 0, 0), (0, 0, 0, 1, 0, 0), (0, 0, 0, 0, 1, 0), (0, 0, 0, 0, 0, 1)),
    ),
    "additive": Model("each for itself, in straight lines", lambda x, y, c, s: (x, y), tuple(np.eye(6)[3:].tolist())),
    "squared_difference": Model(
        "distance either way, best where both are equal", lambda x, y, c, s: ((x - y) ** 2,),
        ((0, 1, 0, 0, 0, 0), (0, 0, 1, 0, 0, 0), (0, 0, 0, 1, 0, -1), (0, 0, 0, 2, 1, 0)),
    ),
    "shifted_ridge": Model(
        "distance either way, best at a constant difference", lambda x, y, c, s: (x - y, (x - y) ** 2),
        ((0, 1, 1, 0, 0, 0), (0, 0, 0, 1, 0, -1), (0, 0, 0, 2, 1, 0)),
    ),
    "rising_ridge": Model(
        "distance either way, and a level that rises with both", lambda x, y, c, s: (x + y, (x - y) ** 2),
        ((0, 1, -1, 0, 0, 0), (0, 0, 0, 1, 0, -1), (0, 0, 0, 2, 1, 0)),
    ),
    "shifted_rising_ridge": Model(
        "the same, best at a constant difference", lambda x, y, c, s: (x, y, (x - y) ** 2),
        ((0, 0, 0, 1, 0, -1), (0, 0, 0, 2, 1, 0)),
    ),
    "rotated_ridge": Model(
        "distance either way from a line of any slope", lambda x, y, c, s: (c * x - s * y, (c * x - s * y) ** 2),
        rotated=True,
    ),
    "rotated_rising_ridge": Model(
        "the same, and a level that rises", lambda x, y, c, s: (x, y, (c * x - s * y) ** 2), rotated=True,
    ),
    "full": Model("any quadratic surface", lambda x, y, c, s: (x, y, x * x, x * y, y * y)),
}  # fmt: skip


def compare_models(points: _Array, robust: tuple[_Array, _Array, float] | None = None) -> pd.DataFrame:
    """Every model of `MODELS` fitted to points (n × 3: x, y, z) by maximum likelihood with normal errors.

    One row per model, best AICc first: `words`, `parameters` (coefficients, rotation and the errors' variance), `r2`,
    `log_likelihood`, `aicc`, `delta` (AICc above the best), `weight` (Akaike), `lr`, `lr_df`, `lr_p` (likelihood ratio
    against the full model) and `wald_p`: an F test of the constraints by `robust` = (b, covariance, denominator's
    degrees of freedom), for rows that are not independent; NaN without, and where constraints are not linear.

    With clusters only `wald_p` allows for them: likelihoods and AICc count every row as independent.
    """
    x, y, z = points.T
    n = len(z)
    total = float(((z - z.mean()) ** 2).sum())
    rows = {}
    for name, model in MODELS.items():
        rss, coefficients = _fit(model, x, y, z)
        rows[name] = _row(model, rss, coefficients, n, total)
    table = pd.DataFrame.from_dict(rows, orient="index")
    full = table.loc["full"]
    table["lr"] = 2 * (full["log_likelihood"] - table["log_likelihood"])
    table["lr_df"] = full["parameters"] - table["parameters"]
    table["lr_p"] = [
        stats.chi2.sf(lr, df) if df else np.nan for lr, df in zip(table["lr"], table["lr_df"], strict=True)
    ]
    table["wald_p"] = [_wald(model, robust) for model in MODELS.values()]
    table["delta"] = table["aicc"] - table["aicc"].min()
    likelihood = np.exp(-table["delta"] / 2)
    table["weight"] = likelihood / likelihood.sum()
    order = ["words", "parameters", "r2", "log_likelihood", "aicc", "delta", "weight", "lr", "lr_df", "lr_p", "wald_p"]
    return table[order].sort_values("aicc", kind="stable")


def _fit(model: Model, x: _Array, y: _Array, z: _Array) -> tuple[float, int]:
    """Residual sum of squares, and the number of coefficients."""
    if not model.rotated:
        columns = model.columns(x, y, 1.0, 1.0)
        return _rss(columns, z), len(columns) + 1

    def rss(angle: float) -> float:
        return _rss(model.columns(x, y, np.cos(angle), np.sin(angle)), z)

    angles = np.linspace(0, np.pi, ANGLES, endpoint=False)
    heights = np.array([rss(angle) for angle in angles])
    best = angles[int(heights.argmin())]
    step = np.pi / ANGLES
    nearest = optimize.minimize_scalar(
        rss, bounds=(best - step, best + step), method="bounded", options={"xatol": 1e-10}
    )
    return float(min(nearest.fun, heights.min())), len(model.columns(x, y, 1.0, 1.0)) + 2


def _rss(columns: tuple[_Array, ...], z: _Array) -> float:
    matrix = np.column_stack([np.ones_like(z), *columns])
    b, *_ = np.linalg.lstsq(matrix, z)
    return float(((z - matrix @ b) ** 2).sum())


def _row(model: Model, rss: float, coefficients: int, n: int, total: float) -> dict[str, Any]:
    count = coefficients + 1  # and the variance of the errors
    log_likelihood = -n / 2 * (np.log(2 * np.pi * rss / n) + 1)
    aicc = -2 * log_likelihood + 2 * count + 2 * count * (count + 1) / (n - count - 1)
    r2 = 1 - rss / total
    return {"words": model.words, "parameters": count, "r2": r2, "log_likelihood": log_likelihood, "aicc": aicc}


def _wald(model: Model, robust: tuple[_Array, _Array, float] | None) -> float:
    """An F test that the constraints hold."""
    if robust is None or not model.constraints:
        return np.nan
    b, covariance, freedom = robust
    constraints = np.array(model.constraints)
    off = constraints @ b
    statistic = off @ np.linalg.solve(constraints @ covariance @ constraints.T, off) / len(constraints)
    return float(stats.f.sf(statistic, len(constraints), freedom))
