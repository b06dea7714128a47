"""Scorers of the questionnaires by their keys, and reliable change from one survey to the next.

Scores are raw points on the instrument's own scale. Standard error of measurement (SEM), T-scores and percentiles exist
for ProQOL-5 only. ProQOL-21 has no key: its answers are checked against 1 to 5 and not scored.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import ndtr

from caseload.errors import InputError, Problem
from caseload.estimates.frames import SCORES
from caseload.estimates.keys import SCORED, key_of
from caseload.questionnaires import QUESTIONNAIRES, Norm

RELIABLE = 1.96  # |RC| above this is a reliable change (Jacobson & Truax 1991)
Z90 = 1.6448536269514722  # half-width of a 90 % interval in standard errors
T_MEAN, T_SD = 50.0, 10.0

KEYS = list(SCORES.key)
COLUMNS = SCORES.names
_STEP = 1e-9  # how far a response may lie from its step


def score_surveys(surveys: pd.DataFrame) -> pd.DataFrame:
    """Every scale score of every administration (same clinician, instrument and `completed_on`).

    Takes the survey frame: clinician_id, completed_on, instrument, item, response; rows without a response count as
    unanswered. A score made from items wins over a ready score of the same scale, because its answers can be checked;
    a ready score (raw points, never T; OLBI as mean or sum) wins over nothing. An item or ready score given twice
    counts once, as its mean.

    Returns one row per clinician_id, completed_on, instrument, scale, sorted by these, with `raw` (points), `n_items`
    (items answered, 0 for a ready score), `t` and its 90 % interval `t_low`, `t_high`, `percentile` (0–100, normal
    with the pooled norm), `sem` (raw points; these five NaN but for ProQOL-5) and `positive` (boolean, missing where
    the instrument has no conventional cut: CBI mean ≥ 50, single item ≥ 3). A scale with too many unanswered items and
    no ready score has no row.

    Raises InputError for responses outside the instrument's scale and for items its key does not hold.

    Examples
    --------
    >>> import pandas as pd
    >>> from caseload.estimates import score_surveys
    >>> answers = pd.DataFrame({"clinician_id": "C1", "completed_on": pd.Timestamp("2026-05-29"),
    ...     "instrument": "proqol5", "item": [str(item) for item in range(1, 31)], "response": 3.0})
    >>> score_surveys(answers)[["scale", "raw", "t", "t_low", "t_high"]].round(0)
                            scale   raw     t  t_low  t_high
    0                     burnout  30.0  63.0   55.0    72.0
    1     compassion_satisfaction  30.0  38.0   32.0    44.0
    2  secondary_traumatic_stress  30.0  73.0   66.0    80.0
    """
    rows = _olbi_means(surveys.dropna(subset=["response"]))
    _refuse_unknown(rows)
    by_item = _from_items(rows)
    ready = _ready_scores(rows)
    scores = pd.concat([by_item, ready], ignore_index=True).drop_duplicates(KEYS, keep="first")
    return _with_norms(scores.sort_values(KEYS, ignore_index=True))


def reliable_change(x1: ArrayLike, x2: ArrayLike, sem: ArrayLike) -> np.ndarray:
    """RC = (x2 − x1) / (SEM·√2), with SEM = SD·√(1 − r); reliable where |RC| > 1.96. NaN where anything is missing.

    Examples
    --------
    >>> from caseload.estimates import reliable_change
    >>> reliable_change([20, 20], [24, 30], sem=2.5).round(2)
    array([1.13, 2.83])
    """
    return (np.asarray(x2, float) - np.asarray(x1, float)) / (np.asarray(sem, float) * np.sqrt(2.0))


def waves(scores: pd.DataFrame) -> pd.DataFrame:
    """`score_surveys` output with the change against the same clinician's previous administration of the scale.

    Adds `previous` (raw), `change` (raw points), `rc` and `reliable` (`rise`, `fall` or `none`; empty text where there
    is no previous score or no SEM, so nothing can be said). Source of the rule: Jacobson & Truax 1991.

    Examples
    --------
    >>> import caseload
    >>> from caseload.estimates import score_surveys, waves
    >>> found = waves(score_surveys(caseload.read_practice("data/sample").surveys))
    >>> found.query("reliable == 'rise'")[["clinician_id", "scale", "change", "rc"]].round(1).head(2)
       clinician_id                       scale  change   rc
    14          C01  secondary_traumatic_stress     7.0  2.0
    39          C02                     burnout     8.0  2.1
    """
    frame = scores.sort_values(["clinician_id", "instrument", "scale", "completed_on"])
    frame["previous"] = frame.groupby(["clinician_id", "instrument", "scale"])["raw"].shift()
    frame["change"] = frame["raw"] - frame["previous"]
    frame["rc"] = reliable_change(frame["previous"], frame["raw"], frame["sem"])
    frame["reliable"] = _direction(frame["rc"].to_numpy(float))
    return frame.sort_values(KEYS, ignore_index=True)


def norm_of(scale: str) -> Norm:
    """The pooled norm of a ProQOL-5 scale."""
    norm = key_of("proqol5", scale).norm
    if norm is None:
        raise KeyError(scale)
    return norm


def sem_t(scale: str) -> float:
    """A ProQOL-5 scale's standard error of measurement in T points."""
    norm = norm_of(scale)
    return T_SD * norm.sem / norm.sd


def _direction(rc: np.ndarray) -> pd.api.extensions.ExtensionArray:
    words = np.select([np.isnan(rc), rc > RELIABLE, rc < -RELIABLE], ["", "rise", "fall"], "none")
    return pd.array(words, dtype="str")


@cache
def _item_table() -> pd.DataFrame:
    """One row per instrument, scale and item, with what turns a response the right way round."""
    rows = [
        (each.name, str(item), scale.name, item in scale.reversed_items, each.answers)
        for each, scale in SCORED
        for item in scale.items
    ]
    table = [(i, item, name, a.low + a.high if turn else 0.0, -1.0 if turn else 1.0) for i, item, name, turn, a in rows]
    return pd.DataFrame(table, columns=["instrument", "item", "scale", "offset", "sign"])


@cache
def _scale_table() -> pd.DataFrame:
    """One row per scale: its length, the fewest answers, the range of its scores, norm and cut."""
    return pd.DataFrame(
        {
            "instrument": [q.name for q, _ in SCORED],
            "scale": [s.name for _, s in SCORED],
            "length": [s.length for _, s in SCORED],
            "fewest": [s.fewest for _, s in SCORED],
            "lowest": [q.ends(s)[0] for q, s in SCORED],
            "highest": [q.ends(s)[1] for q, s in SCORED],
            "mean": [s.norm.mean if s.norm else np.nan for _, s in SCORED],
            "sd": [s.norm.sd if s.norm else np.nan for _, s in SCORED],
            "sem": [s.norm.sem if s.norm else np.nan for _, s in SCORED],
            "positive_from": [np.nan if s.positive_from is None else s.positive_from for _, s in SCORED],
        }
    )


def _from_items(rows: pd.DataFrame) -> pd.DataFrame:
    keyed = _once(rows).merge(_item_table(), on=["instrument", "item"])
    keyed["points"] = keyed["offset"] + keyed["sign"] * keyed["response"]
    summed = keyed.groupby(KEYS, as_index=False).agg(points=("points", "mean"), n_items=("points", "size"))
    scored = summed.merge(_scale_table(), on=["instrument", "scale"])
    scored["raw"] = scored["points"] * scored["length"]
    for each, whole in ((each, scale) for each, scale in SCORED if scale.parts):
        # so that a total with an unanswered item is the sum of what stands beside it
        parts = scored[(scored["instrument"] == each.name) & scored["scale"].isin(whole.parts)]
        sums = parts.groupby(KEYS[:3])["raw"].sum().rename("sum")
        totals = (scored["instrument"] == each.name) & (scored["scale"] == whole.name)
        if totals.any():
            scored.loc[totals, "raw"] = scored[totals].join(sums, on=KEYS[:3])["sum"]
    return scored.loc[scored["n_items"] >= scored["fewest"], [*KEYS, "raw", "n_items"]]


def _ready_scores(rows: pd.DataFrame) -> pd.DataFrame:
    ready = _once(rows).rename(columns={"item": "scale", "response": "raw"})
    known = ready.merge(_scale_table()[["instrument", "scale"]], on=["instrument", "scale"])
    known["n_items"] = 0
    return known.loc[:, [*KEYS, "raw", "n_items"]]


def _olbi_means(rows: pd.DataFrame) -> pd.DataFrame:
    """Ready OLBI scores are in use as means (1–4) and as sums of eight (8–32); sums become means."""
    many = len(key_of("olbi", "exhaustion").items)
    sums = (rows["instrument"] == "olbi") & ~rows["item"].str.isdigit() & (rows["response"] >= many)
    return rows.assign(response=rows["response"].mask(sums, rows["response"] / many))


def _once(rows: pd.DataFrame) -> pd.DataFrame:
    keys = ["clinician_id", "completed_on", "instrument", "item"]
    return rows.groupby(keys, as_index=False).agg(response=("response", "mean"))


def _with_norms(scores: pd.DataFrame) -> pd.DataFrame:
    frame = scores.merge(_scale_table(), on=["instrument", "scale"], how="left")
    z = (frame["raw"] - frame["mean"]) / frame["sd"]
    half = Z90 * T_SD * frame["sem"] / frame["sd"]
    frame["t"] = T_MEAN + T_SD * z
    frame["percentile"] = 100.0 * ndtr(z.to_numpy(float))
    frame["t_low"], frame["t_high"] = frame["t"] - half, frame["t"] + half
    cut = frame["positive_from"]
    frame["positive"] = (frame["raw"] >= cut).astype("boolean").mask(cut.isna())
    return frame.reindex(columns=COLUMNS)


def _refuse_unknown(rows: pd.DataFrame) -> None:
    """Raise one InputError that names every instrument with impossible responses and every unknown item.

    Rows are numbered as in a spreadsheet whose first data row has index 0.
    """
    lowest, highest, step = _allowed(rows)
    response = rows["response"].to_numpy(float)
    steps = np.divide(response - lowest, step, out=np.zeros(len(rows)), where=step > 0)
    off_step = np.abs(steps - np.round(steps)) > _STEP
    unscored = [name for name, each in QUESTIONNAIRES.items() if not each.scored]
    unknown = np.isnan(lowest) & ~rows["instrument"].isin(unscored).to_numpy()
    outside = (response < lowest) | (response > highest) | off_step
    problems = [*_problems(rows, unknown, "item"), *_problems(rows, outside, "response")]
    if problems:
        raise InputError(tuple(problems))


def _allowed(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lowest and highest response and step of each row, NaN where the instrument has no such item or scale."""
    items = [
        (name, str(number), each.answers.low, each.answers.high, each.answers.step or 0.0)
        for name, each in QUESTIONNAIRES.items()
        for number in range(1, each.count + 1)
    ]
    ready = _scale_table().rename(columns={"scale": "item"}).assign(step=0.0)
    columns = ["instrument", "item", "lowest", "highest", "step"]
    table = pd.concat([pd.DataFrame(items, columns=columns), ready[columns]])
    ranges = rows[["instrument", "item"]].merge(table, on=["instrument", "item"], how="left")
    low, high, step = (ranges[name].to_numpy(float) for name in ("lowest", "highest", "step"))
    return low, high, np.nan_to_num(step)


def _problems(rows: pd.DataFrame, wrong: np.ndarray, column: str) -> list[Problem]:
    by_instrument = rows[wrong].groupby("instrument", sort=True)
    return [_problem(str(name), [int(i) + 2 for i in bad.index], column) for name, bad in by_instrument]


def _problem(instrument: str, rows: list[int], column: str) -> Problem:
    known = QUESTIONNAIRES.get(instrument)
    if known is None or column == "item":
        expected, found = f"an item or scale of {instrument}", "another one"
    else:
        expected = f"{instrument}: {known.answers.low:g} to {known.answers.high:g}" + (
            f" in steps of {known.answers.step:g}" if known.answers.step else ""
        )
        found = "a response outside this scale"
    action = "code the answers as the instrument's key does; nothing is rescaled"
    return Problem("surveys", column, tuple(rows[:5]), len(rows), expected, found, action)
