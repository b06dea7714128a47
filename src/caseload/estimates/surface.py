"""Response surface analysis: how an outcome goes with two predictors together, as a quadratic surface.

    Z = b0 + b1 X + b2 Y + b3 X² + b4 XY + b5 Y²

X and Y are on one scale with one zero, such as effort and engagement. Along the line of congruence (Y = X) the surface
has the slope a1 and the curvature a2, along the line of incongruence (Y = −X) the slope a3 and the curvature a4; a5
tells whether the ridge is rotated away from congruence. A difference score assumes b1 = −b2 and no curvature, and an
additive model no b3, b4, b5: the surface shows whether that holds (Edwards & Parry 1993; Humberg et al. 2019).

Standard errors allow for rows of one clinician that resemble each other: the CR1 sandwich. Intervals take the
bias-reduced sandwich CR2 and Satterthwaite's degrees of freedom (Bell & McCaffrey 2002): with few clinicians CR1 is too
small.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from scipy.spatial import ConvexHull, Delaunay

from caseload.errors import ParameterError
from caseload.estimates.surface_axes import principal_axes
from caseload.estimates.surface_errors import Array, Groups, bootstrapped, sandwich, scores_of, small_sample
from caseload.estimates.surface_models import compare_models

COEFFICIENTS = ("b0", "b1", "b2", "b3", "b4", "b5")
SURFACE = ("a1", "a2", "a3", "a4", "a5")
# Each parameter as a combination of b0 … b5.
CONTRASTS = np.vstack(
    [
        np.eye(6),
        [
            [0, 1, 1, 0, 0, 0],  # a1: slope along Y = X
            [0, 0, 0, 1, 1, 1],  # a2: curvature along Y = X
            [0, 1, -1, 0, 0, 0],  # a3: slope along Y = −X
            [0, 0, 0, 1, -1, 1],  # a4: curvature along Y = −X
            [0, 0, 0, 1, 0, -1],  # a5: rotation of the ridge
        ],
    ]
)
FEWEST_ROWS = 12  # two for each coefficient
FEWEST_CLUSTERS = 6  # as many as coefficients: with fewer the sandwich is singular
CONFIDENCE = 0.95


@dataclass(frozen=True, eq=False)
class ResponseSurface:
    """A fitted surface.

    - `parameters`: rows b0 … b5 and a1 … a5; columns estimate, se, low, high, se_interval, df, and with a bootstrap
      boot_low, boot_high. In units of the outcome per unit of the predictors (b3 … b5, a2, a4, a5: per unit squared).
    - `covariance`: 6 × 6, of b0 … b5.
    - `axes`: the principal axes and the stationary point; see `principal_axes`.
    - `rows`, `clusters`: how many were used (clusters: 0 without); `dropped`: rows with a missing value.
    - `r2`: share of variance explained, 0–1.
    - `points`: x, y and z of the rows used.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> import caseload
    >>> x, y, noise = np.random.default_rng(1).normal(size=(3, 300))
    >>> frame = pd.DataFrame({"x": x, "y": y, "z": -(x - y) ** 2 + noise})
    >>> surface = caseload.response_surface(frame, "x", "y", "z")
    >>> surface.parameters.loc[["a3", "a4"], ["estimate", "low", "high"]].round(1)
        estimate  low  high
    a3      -0.1 -0.3   0.1
    a4      -4.0 -4.2  -3.8
    >>> surface.grid(5).columns.tolist()
    ['x', 'y', 'z', 'inside']
    """

    parameters: pd.DataFrame
    covariance: pd.DataFrame
    axes: pd.DataFrame
    rows: int
    clusters: int
    dropped: int
    r2: float
    points: pd.DataFrame

    @cached_property
    def models(self) -> pd.DataFrame:
        """One row per simpler surface and the full one, best first; see `compare_models`. Fitted on demand."""
        freedom = float(self.clusters - 1 if self.clusters else self.rows - 6)
        return compare_models(self.points.to_numpy(), (self._b, self.covariance.to_numpy(), freedom))

    def predict(self, x: Any, y: Any) -> Array:
        """The surface's height at points; shapes are broadcast. Missing where x or y is."""
        x, y = np.broadcast_arrays(np.asarray(x, dtype=float), np.asarray(y, dtype=float))
        heights: Array = design(x.ravel(), y.ravel()) @ self._b
        return heights.reshape(x.shape)

    def grid(self, size: int = 41) -> pd.DataFrame:
        """The surface over the square that holds its points: columns x, y, z, inside.

        `inside` is true where the point lies in the convex hull of what was observed: elsewhere the surface is a guess.
        """
        low, high = self.points[["x", "y"]].to_numpy().min(), self.points[["x", "y"]].to_numpy().max()
        ticks = np.linspace(low, high, size)
        x, y = (axis.ravel() for axis in np.meshgrid(ticks, ticks))
        seen = self.points[["x", "y"]].to_numpy()
        hull = Delaunay(seen[ConvexHull(seen).vertices])
        inside = hull.find_simplex(np.column_stack([x, y])) >= 0
        return pd.DataFrame({"x": x, "y": y, "z": self.predict(x, y), "inside": inside})

    def equivalence(self, bound: float, confidence: float = 0.90) -> pd.DataFrame:
        """Whether each parameter is smaller than `bound` either way: two one-sided tests (Schuirmann 1987).

        Columns estimate, low, high (of the interval that belongs to the tests, 90 % for tests at 5 %) and verdict:
        `negligible` (the interval lies within ±bound), `relevant` (wholly outside) or `undecided`.
        """
        if not bound > 0:
            raise ParameterError("bound must be above 0: the smallest value that would matter")
        table = self.parameters[["estimate", "se_interval", "df"]]
        reach = stats.t.ppf((1 + _proportion(confidence)) / 2, table["df"]) * table["se_interval"]
        low, high = table["estimate"] - reach, table["estimate"] + reach
        within, beyond = (low > -bound) & (high < bound), (low > bound) | (high < -bound)
        verdict = np.select([within, beyond], ["negligible", "relevant"], "undecided")
        return pd.DataFrame({"estimate": table["estimate"], "low": low, "high": high, "verdict": verdict})

    @property
    def _b(self) -> Array:
        return self.parameters["estimate"].to_numpy()[:6]


def response_surface(
    frame: pd.DataFrame,
    x: Hashable,
    y: Hashable,
    z: Hashable,
    cluster: Hashable | None = None,
    *,
    confidence: float = CONFIDENCE,
    bootstrap: int = 0,
    seed: int = 0,
) -> ResponseSurface:
    """Fit a quadratic response surface of `z` on `x` and `y`.

    Parameters
    ----------
    frame : one row per observation; rows in which x, y, z or the cluster is missing are left out and counted.
    x, y, z : names of numeric columns. x and y should share scale and zero: nothing is centred here.
    cluster : name of the column of clinicians (or whatever makes rows alike); None: rows are independent.
    confidence : of `low` and `high`, between 0 and 1.
    bootstrap : number of resamples (of clusters, or of rows without) for percentile intervals beside; 0: none.
    seed : of the bootstrap.

    Returns
    -------
    ResponseSurface
        Without clusters `se` is that of least squares, and intervals have n − 6 degrees of freedom. With clusters `se`
        is the CR1 sandwich, and intervals rest on CR2 (`se_interval`) with degrees of freedom of each parameter's own.

    Raises
    ------
    ParameterError
        for columns that are not there or not numeric, fewer than 12 complete rows, fewer than 6 clusters, and
        predictors from which no surface can be told.

    Notes
    -----
    Edwards & Parry (1993) Academy of Management Journal 36:1577; Shanock et al. (2010) J Bus Psychol
    25:543; Bell & McCaffrey (2002) Survey Methodology 28:169; Humberg et al. (2019) SPPS 10:409.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> import caseload
    >>> x, y, noise = np.random.default_rng(1).normal(size=(3, 300))
    >>> frame = pd.DataFrame({"x": x, "y": y, "z": x + 0.5 * y + noise, "clinician": np.arange(300) % 20})
    >>> surface = caseload.response_surface(frame, "x", "y", "z", cluster="clinician")
    >>> surface.parameters.loc[["a1", "a3"], ["estimate", "low", "high"]].round(1)
        estimate  low  high
    a1       1.3  1.1   1.5
    a3       0.4  0.2   0.6
    """
    points, groups, dropped = _complete(frame, x, y, z, cluster)
    level = _proportion(confidence)
    matrix, outcome = design(points[:, 0], points[:, 1]), points[:, 2]
    if np.linalg.matrix_rank(matrix) < 6:
        raise ParameterError("x and y take too few different values together to tell a surface of six coefficients")
    bread = np.asarray(np.linalg.inv(matrix.T @ matrix), dtype=np.float64)
    b = bread @ (matrix.T @ outcome)
    residual = outcome - matrix @ b
    if groups is None:
        covariance = bread * (residual @ residual) / (len(outcome) - 6)
        variances = np.einsum("ij,jk,ik->i", CONTRASTS, covariance, CONTRASTS)
        freedom = np.full(len(CONTRASTS), len(outcome) - 6.0)
    else:
        scores = scores_of(matrix, residual, groups)
        covariance = sandwich(scores, bread, len(outcome))
        variances, freedom = small_sample(CONTRASTS, matrix, scores, groups, bread)
    parameters = _table(b, covariance, variances, freedom, level)
    if bootstrap:
        low, high = bootstrapped(CONTRASTS, matrix, outcome, groups, bootstrap, seed, level)
        parameters = parameters.assign(boot_low=low, boot_high=high)
    total = outcome - outcome.mean()
    return ResponseSurface(
        parameters,
        pd.DataFrame(covariance, index=list(COEFFICIENTS), columns=list(COEFFICIENTS)),
        principal_axes(b, covariance, level),
        len(outcome),
        0 if groups is None else int(groups.max()) + 1,
        dropped,
        float(1 - residual @ residual / (total @ total)),
        pd.DataFrame(points, columns=["x", "y", "z"]),
    )


def design(x: Array, y: Array) -> Array:
    """The columns 1, X, Y, X², XY, Y²."""
    return np.column_stack([np.ones_like(x), x, y, x * x, x * y, y * y])


def _complete(
    frame: pd.DataFrame, x: Hashable, y: Hashable, z: Hashable, cluster: Hashable | None
) -> tuple[Array, Groups | None, int]:
    names = [x, y, z, *([] if cluster is None else [cluster])]
    absent = [str(name) for name in names if name not in frame.columns]
    if absent:
        raise ParameterError(f"no such column: {', '.join(absent)}")
    text = [str(name) for name in (x, y, z) if not pd.api.types.is_numeric_dtype(frame[name].dtype)]
    if text:
        raise ParameterError(f"not a column of numbers: {', '.join(text)}")
    whole = frame[names].replace([np.inf, -np.inf], np.nan).dropna()
    if len(whole) < FEWEST_ROWS:
        raise ParameterError(f"not enough data: a surface needs {FEWEST_ROWS} complete rows, there are {len(whole)}")
    points = np.column_stack([whole[name].to_numpy(dtype=float) for name in (x, y, z)])
    if np.ptp(points[:, 2]) == 0:
        raise ParameterError("the outcome is the same in every row: there is nothing to explain")
    if cluster is None:
        return points, None, len(frame) - len(whole)
    groups = pd.factorize(whole[cluster])[0].astype(np.int64)
    if groups.max() + 1 < FEWEST_CLUSTERS:
        clusters = int(groups.max()) + 1
        raise ParameterError(f"not enough data: at least {FEWEST_CLUSTERS} clusters are needed, there are {clusters}")
    return points, groups, len(frame) - len(whole)


def _proportion(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise ParameterError("confidence must lie between 0 and 1")
    return confidence


def _table(b: Array, covariance: Array, variances: Array, freedom: Array, confidence: float) -> pd.DataFrame:
    estimate = CONTRASTS @ b
    se = np.sqrt(np.einsum("ij,jk,ik->i", CONTRASTS, covariance, CONTRASTS))
    careful = np.sqrt(variances)
    reach = stats.t.ppf((1 + confidence) / 2, freedom) * careful
    columns = {"estimate": estimate, "se": se, "low": estimate - reach, "high": estimate + reach}
    return pd.DataFrame({**columns, "se_interval": careful, "df": freedom}, index=[*COEFFICIENTS, *SURFACE])
