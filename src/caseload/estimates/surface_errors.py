"""How sure the coefficients of a response surface are, where rows of one clinician resemble each other."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]
Groups = np.ndarray[Any, np.dtype[np.int64]]
_NO_LEVERAGE_LEFT = 1e-10


def scores_of(matrix: Array, values: Array, groups: Groups) -> Array:
    """For each cluster the sum of its rows, each times its value."""
    sums = np.zeros((int(groups.max()) + 1, matrix.shape[1]))
    np.add.at(sums, groups, matrix * values[:, None])
    return sums


def sandwich(scores: Array, bread: Array, rows: int) -> Array:
    """Cluster-robust covariance CR1: G/(G−1) · (n−1)/(n−6), as in Stata and statsmodels."""
    count = len(scores)
    factor = count / (count - 1) * (rows - 1) / (rows - 6)
    covariance: Array = factor * bread @ (scores.T @ scores) @ bread
    return covariance


def small_sample(contrasts: Array, matrix: Array, scores: Array, groups: Groups, bread: Array) -> tuple[Array, Array]:
    """The variance of each contrast by CR2, unbiased were rows independent, and its degrees of freedom.

    CR2 weighs the residuals of a cluster by (I − H_g)^(−1/2), H_g its part of the hat matrix. As H_g has rank 6, that
    is X_g T_g on the columns of X_g, with T_g six by six. Satterthwaite: the variance is a sum of squares (p_g'e)² with
    p_g = (I − H)'s_g; its degrees of freedom are (tr P'P)² / ‖P'P‖², and P'P needs sums over clusters only.
    """
    count = len(scores)
    products = np.zeros((count, 6, 6))
    np.add.at(products, groups, matrix[:, :, None] * matrix[:, None, :])
    values, vectors = np.linalg.eigh(bread)
    root = vectors @ np.diag(np.sqrt(values)) @ vectors.T
    leverage, axes = np.linalg.eigh(root @ products @ root)  # eigenvalues of H_g, 0 to 1
    free = 1 - leverage
    stretch = np.where(free > _NO_LEVERAGE_LEFT, 1 / np.sqrt(np.maximum(free, _NO_LEVERAGE_LEFT)), 0.0)
    bend = np.where(leverage > _NO_LEVERAGE_LEFT, (stretch - 1) / np.maximum(leverage, _NO_LEVERAGE_LEFT), 0.5)
    change = np.eye(6) + root @ (axes * bend[:, None, :]) @ axes.transpose(0, 2, 1) @ root @ products
    variances, freedom = [], []
    for contrast in contrasts:
        weight = change @ (bread @ contrast)  # of each cluster's columns
        parts = np.einsum("gi,gi->g", weight, scores)
        sums = np.einsum("gij,gj->gi", products, weight)
        inner = np.diag(np.einsum("gi,gi->g", weight, sums)) - sums @ bread @ sums.T
        variances.append(parts @ parts)
        freedom.append(np.trace(inner) ** 2 / (inner**2).sum())
    return np.array(variances), np.array(freedom)


def bootstrapped(
    contrasts: Array, matrix: Array, outcome: Array, groups: Groups | None, draws: int, seed: int, confidence: float
) -> tuple[Array, Array]:
    """Percentile intervals from resampled clusters (or rows), by their sums of products: no row is copied."""
    groups = np.arange(len(outcome)) if groups is None else groups
    count = int(groups.max()) + 1
    products = np.zeros((count, 6, 6))
    np.add.at(products, groups, matrix[:, :, None] * matrix[:, None, :])
    moments = np.zeros((count, 6))
    np.add.at(moments, groups, matrix * outcome[:, None])
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(count, np.full(count, 1 / count), size=draws).astype(float)
    left = (weights @ products.reshape(count, 36)).reshape(draws, 6, 6)
    right = weights @ moments
    solvable = np.linalg.cond(left) < 1 / np.finfo(float).eps
    b = np.linalg.solve(left[solvable], right[solvable][..., None])[..., 0]
    edges = [50 * (1 - confidence), 50 * (1 + confidence)]
    low, high = np.percentile(b @ contrasts.T, edges, axis=0)
    return low, high
