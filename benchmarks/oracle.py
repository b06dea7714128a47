"""The best that could be read if effort and engagement were not hidden: the exact probability of an episode.

The observer knows every client-month's true latent effort and engagement up to the month, and the constants that the
practice was drawn with: variances, persistence, ordinary slopes; kind, share, size and shape of the episodes. Hidden
are who, since when (any month is as likely), until when where episodes end, and with which clients. One clinician's
efforts are jointly normal, and an episode adds a known column times a size of known mean and variance: its Bayes factor
is exact. Records of a practice can be read no better, but for the calendar, which this observer does not know.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.linalg import cholesky, solve_triangular
from scipy.special import logsumexp

from caseload.simulate import OverInvestment, Settings, Simulated


def oracle(simulated: Simulated) -> pd.Series:
    """Log odds of being in an episode, by clinician and month, of a practice with one kind of over-investment."""
    (kind,) = simulated.settings.over_investment
    truth = simulated.truth.clients.assign(answered=_answered(simulated.truth.clients, kind))
    truth["at"] = simulated.settings.calendar.get_indexer(pd.PeriodIndex(truth["month"]))
    parts = {
        clinician: _clinician(rows.sort_values("at", kind="stable"), kind, simulated.settings)
        for clinician, rows in truth.groupby("clinician_id")
    }
    return pd.concat(parts, names=["clinician_id", "month"]).rename("oracle")


def _answered(clients: pd.DataFrame, kind: OverInvestment) -> pd.Series:
    """The engagement that compensation of this shape and lag answers, for every row of the truth's client-months."""
    by = clients.groupby(["clinician_id", "client_id"])["engagement"]
    lagged = by.shift(kind.lag).fillna(by.transform("first"))  # rows are in the order of the months
    return lagged.clip(upper=0) if kind.shape == "one_sided" else lagged


def _clinician(rows: pd.DataFrame, kind: OverInvestment, settings: Settings) -> pd.Series:
    """Log odds by month, from the clinician's rows in the order of the months."""
    month, client = rows["at"].to_numpy(), pd.factorize(rows["client_id"])[0]
    starts, ends = _spans(kind, settings.months)
    within = (starts <= month[:, None]) & (month[:, None] <= ends)
    columns = (within[:, :, None] * _columns(rows, client, kind)[:, None, :]).reshape(len(rows), -1)
    own = rows["effort"] + settings.slope[0] * rows["engagement"]
    root = cholesky(_covariance(rows["engagement"].to_numpy(), month, client, settings), lower=True)
    white = solve_triangular(root, np.column_stack([own, columns]), lower=True)
    odds = {}
    for at in np.unique(month):
        until = month <= at  # whitening keeps the order of the months: these rows hold nothing later
        known = client[until].max() + 1 if kind.kind == "few_clients" else 1
        evidence = white[until, 1:].reshape(until.sum(), len(starts), -1)[:, :, :known]
        weight = _evidence(evidence, white[until, 0], kind) + np.log(kind.share / len(starts))
        now = (starts <= at) & (at <= ends)
        other = np.append(weight[~now], np.log(1 - kind.share))
        odds[settings.calendar[at]] = logsumexp(weight[now]) - logsumexp(other)
    return pd.Series(odds)


def _spans(kind: OverInvestment, months: int) -> tuple[np.ndarray, np.ndarray]:
    """First and last month of every possible episode."""
    starts, ends = np.triu_indices(months)
    lasting = ends == months - 1
    return (starts, ends) if kind.end is not None else (starts[lasting], ends[lasting])


def _columns(rows: pd.DataFrame, client: np.ndarray, kind: OverInvestment) -> np.ndarray:
    """What one unit of an episode adds to the effort of each row; of few clients, one column a client."""
    if kind.kind == "compensation":
        return -rows[["answered"]].to_numpy()
    return np.ones((len(rows), 1)) if kind.kind == "level_shift" else np.eye(client.max() + 1)[client]


def _covariance(engagement: np.ndarray, month: np.ndarray, client: np.ndarray, settings: Settings) -> np.ndarray:
    """Of the clinician's efforts without any episode."""
    parts = settings.effort
    same, near = client[:, None] == client, parts.autocorrelation ** abs(month[:, None] - month)
    shared = parts.clinician + parts.clinician_month * near + settings.slope[1] ** 2 * np.outer(engagement, engagement)
    return np.asarray(shared + same * (parts.client + parts.client_month * near))


def _evidence(columns: np.ndarray, effort: np.ndarray, kind: OverInvestment) -> np.ndarray:
    """Log Bayes factor of each span, from whitened columns (rows × spans × clients) and efforts.

    Of few clients the mean over which client, or which two, alike.
    """
    gram, target = np.einsum("nsb,nsc->sbc", columns, columns), np.einsum("nsb,n->sb", columns, effort)
    one = np.einsum("sbb->sb", gram)
    factor = _factor(one, target, kind)
    found = logsumexp(factor, axis=1) - np.log(factor.shape[1])
    if kind.kind != "few_clients" or factor.shape[1] < 2:
        return found
    left, right = np.triu_indices(factor.shape[1], 1)
    pairs = _factor(one[:, left] + one[:, right] + 2 * gram[:, left, right], target[:, left] + target[:, right], kind)
    return np.logaddexp(found, logsumexp(pairs, axis=1) - np.log(len(left))) - np.log(2)


def _factor(gram: np.ndarray, target: np.ndarray, kind: OverInvestment) -> np.ndarray:
    """Log Bayes factor of a column whose size is normal with the kind's mean and spread."""
    variance = (kind.size * kind.spread) ** 2
    information = gram + 1 / variance
    pull = target + kind.size / variance
    return np.asarray((pull**2 / information - kind.size**2 / variance - np.log(information * variance)) / 2)
