"""The principal axes of a quadratic surface, and its stationary point."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from caseload.estimates.surface_errors import Array


def principal_axes(b: Array, covariance: Array, confidence: float) -> pd.DataFrame:
    """The axes of a surface: rows x0, y0 (stationary point), p10, p11 (first axis: Y = p10 + p11 X), p20, p21 (second).

    Columns estimate, se, low, high: by the delta method, so wide where the surface is nearly flat. NaN where it is flat
    or has no interaction, and no axis is told from another.
    """
    estimate = _axes(b)
    steps = 1e-6 * np.maximum(np.abs(b), 1e-3)
    gradient = np.column_stack(
        [
            (_axes(b + step * unit) - _axes(b - step * unit)) / (2 * step)
            for step, unit in zip(steps, np.eye(6), strict=True)
        ]
    )
    se = np.sqrt(np.einsum("ij,jk,ik->i", gradient, covariance, gradient))
    reach = stats.norm.ppf((1 + confidence) / 2) * se
    names = ["x0", "y0", "p10", "p11", "p20", "p21"]
    return pd.DataFrame(
        {"estimate": estimate, "se": se, "low": estimate - reach, "high": estimate + reach}, index=names
    )


def _axes(b: Array) -> Array:
    _, b1, b2, b3, b4, b5 = b
    with np.errstate(divide="ignore", invalid="ignore"):
        curvature = 4 * b3 * b5 - b4**2
        x0, y0 = (b2 * b4 - 2 * b1 * b5) / curvature, (b1 * b4 - 2 * b2 * b3) / curvature
        root = np.sqrt((b3 - b5) ** 2 + b4**2)
        p11, p21 = (b5 - b3 + root) / b4, (b5 - b3 - root) / b4
        axes = np.array([x0, y0, y0 - p11 * x0, p11, y0 - p21 * x0, p21])
    return np.where(np.isfinite(axes), axes, np.nan)
