"""The practice's own norm of each questionnaire: context beside the pooled norm, never a cut, a flag or a probability.

A local percentile flags a quarter of everybody by construction and hides what a whole practice has in common. So these
numbers only stand beside a score; the norm in use is the pooled one (`keys`). They rest on the newest score of each
respondent and are empty until enough people have answered often enough.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd
from scipy.special import stdtr

FEWEST_WAVES = 20  # surveys of a scale, of all respondents together, before it has a local norm (judgement)
FEWEST_RESPONDENTS = 8  # the least that pages show any survey figure of (`reports.suppression`; judgement)
QUARTILES = {"lower": 0.25, "median": 0.5, "upper": 0.75}

SCALE = ["instrument", "scale"]
NORM_COLUMNS = [*SCALE, "waves", "respondents", "mean", "sd", *QUARTILES, "enough"]
_NUMBERS = ["mean", "sd", *QUARTILES]
_ONESELF_ONLY = "activation"  # a rating of one's own month says nothing beside other people's


def local_norms(scores: pd.DataFrame, respondents: Collection[str]) -> pd.DataFrame:
    """Mean, SD and quartiles of each scale among `respondents` (clinician ids), each with the newest score.

    Takes `score_surveys` output up to some month. Returns one row per instrument and scale that any of them answered:
    `waves` (surveys so far), `respondents` (their number), `mean`, `sd` (of a sample) and the quartiles `lower`,
    `median`, `upper` (linear between neighbours) in raw points, `enough` (bool: FEWEST_WAVES surveys of
    FEWEST_RESPONDENTS people). Until there are enough the numbers are NaN. Lowest and highest are left out: they are
    somebody's own answers.
    """
    asked = _asked(scores, respondents)
    groups = _newest(asked).groupby(SCALE)["raw"]
    table = pd.DataFrame({"respondents": groups.size(), "mean": groups.mean(), "sd": groups.std()})
    table = table.assign(**{name: groups.quantile(share) for name, share in QUARTILES.items()})
    table["waves"] = asked.groupby(SCALE).size()
    table["enough"] = (table["waves"] >= FEWEST_WAVES) & (table["respondents"] >= FEWEST_RESPONDENTS)
    table[_NUMBERS] = table[_NUMBERS].where(table["enough"])
    return table.reset_index()[NORM_COLUMNS]


def among_others(scores: pd.DataFrame, respondents: Collection[str], shown: pd.DataFrame | None = None) -> pd.DataFrame:
    """Where everybody's newest score lies among the *other* respondents: nobody is compared with themselves.

    One row per clinician, instrument and scale (`raw`, points): `percentile` as of `percentile_among`, NaN where the
    scale has no local norm. Who is not among `respondents` is compared with all of them. `shown` are the scores of
    others that may be used; by default all of `scores`.
    """
    shown = scores if shown is None else shown
    table = _newest(_asked(scores, scores["clinician_id"].unique())).assign(percentile=np.nan)
    norms, known = local_norms(shown, respondents), _newest(_asked(shown, respondents))
    for instrument, scale in norms.loc[norms["enough"], SCALE].to_numpy():
        rows = table[(table["instrument"] == instrument) & (table["scale"] == scale)]
        others = known[(known["instrument"] == instrument) & (known["scale"] == scale)]
        pairs = zip(rows["clinician_id"], rows["raw"], strict=True)
        percentiles = [percentile_among(raw, others.loc[others["clinician_id"] != who, "raw"]) for who, raw in pairs]
        table.loc[rows.index, "percentile"] = percentiles
    return table[["clinician_id", *SCALE, "raw", "percentile"]]


def percentile_among(score: float, others: pd.Series) -> float:
    """How many of a hundred people like these few would score lower: 0–100, NaN where they do not differ.

    One score against a small sample by Student's t (Crawford & Howell 1998): with few others it stays nearer to 50
    than the normal distribution would have it.
    """
    n, spread = len(others), float(others.std())
    if not spread > 0:
        return float("nan")
    return float(100 * stdtr(n - 1, (score - float(others.mean())) / (spread * np.sqrt(1 + 1 / n))))


def _asked(scores: pd.DataFrame, clinicians: Collection[str]) -> pd.DataFrame:
    kept = scores["clinician_id"].isin(list(clinicians)) & (scores["instrument"] != _ONESELF_ONLY)
    return scores.loc[kept, ["clinician_id", "completed_on", *SCALE, "raw"]]


def _newest(scores: pd.DataFrame) -> pd.DataFrame:
    newest = scores.sort_values("completed_on").groupby(["clinician_id", *SCALE]).tail(1)
    return newest.sort_values(["clinician_id", *SCALE], ignore_index=True)
