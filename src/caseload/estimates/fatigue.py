"""How likely compassion fatigue is in a month: self-report, with the logs as weak context.

What is followed is the true mean of the burnout and secondary traumatic stress T-scores (`estimates.levels`: people
around a practice's mean, a lasting and a fading deviation, measurement error, time since). The answer is the
probability that it lies above the pooled 75th percentile. A month uses what was known by its end and nothing later.
What the practice has in common (its mean, what the context adds, how much people differ) is learned from those alone
who share their surveys, so that nobody's page hangs on a survey that was kept private.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

import numpy as np
import pandas as pd
from scipy.special import ndtr

from caseload.estimates.activation import TRAUMATIC_STRESS
from caseload.estimates.carried import every_month, last_known, ordinals
from caseload.estimates.context import CONTEXT
from caseload.estimates.instruments import RELIABLE, T_MEAN, T_SD, Z90, sem_t
from caseload.estimates.levels import Levels, Surveys, as_usual, follow
from caseload.estimates.trends import Months, as_months

BURNOUT = "burnout"
CUT = 56.2  # T: pooled 75th percentile of either scale (De La Rosa and colleagues 2018)
CORRELATION = 0.69  # of burnout with secondary traumatic stress (Cieslak and colleagues 2014)

_ERROR = {BURNOUT: sem_t(BURNOUT) ** 2, TRAUMATIC_STRESS: sem_t(TRAUMATIC_STRESS) ** 2}
MEAN_ERROR = sum(_ERROR.values()) / 4  # variance of the measurement error of the mean of both T-scores
LEVEL_VARIANCE = T_SD**2 * (1 + CORRELATION) / 2 - MEAN_ERROR  # of the true mean between people
HALF_GAP_VARIANCE = (2 * T_SD**2 * (1 - CORRELATION) - sum(_ERROR.values())) / 4  # of a scale's true distance from it

CONTRIBUTIONS = ("from_norm", "from_practice", "from_surveys", *(f"from_{name}" for name in CONTEXT))
FATIGUE_COLUMNS = [
    "clinician_id",
    "month",
    "p_compassion_fatigue",
    "t_mean",
    "t_low",
    "t_high",
    *CONTRIBUTIONS,
    "carried",
    "p_carried",
    "months_since",
    "last_above",
    "reliable_rise",
    "two_above",
]
_KEYS = ["clinician_id", "month"]
_FACTS = ["last_above", "two_above", "reliable_rise"]


def p_compassion_fatigue(
    scores: pd.DataFrame,
    months: Months,
    context: pd.DataFrame | None = None,
    *,
    learn_from: AbstractSet[str] | None = None,
) -> pd.DataFrame:
    """The level of compassion fatigue, one row per clinician of `scores` and month asked.

    Takes `score_surveys` output and, if there is any, the `monthly_context` of all months so far; months and clinicians
    without a row there count as usual. What the practice has in common is learned from the clinicians in `learn_from`
    (by default everybody). A wave is one administration of ProQOL-5; with only one of the two scales it counts as the
    mean with a larger error.

    Returns FATIGUE_COLUMNS: `p_compassion_fatigue` (0–1), `t_mean` with its 90 % interval `t_low`, `t_high`;
    CONTRIBUTIONS, whose sum is `t_mean` (the norm's mean of 50, the practice's distance from it, one's own surveys, and
    each of the context); the last wave carried forward, which is the baseline to beat: its observed mean T `carried`,
    `p_carried` (the probability that it lay above the cut, from its measurement error alone) and `months_since` it; and
    of the last waves `last_above`, `reliable_rise` (against the wave before, |RC| > 1.96 of the mean), `two_above`
    (bool, False where there are too few waves). Before a clinician's first survey every number is NaN.

    Examples
    --------
    >>> import caseload
    >>> from caseload.estimates import p_compassion_fatigue, score_surveys
    >>> scores = score_surveys(caseload.read_practice("data/sample").surveys)
    >>> found = p_compassion_fatigue(scores, "2026-05").set_index("clinician_id")
    >>> found.loc["C07", ["t_mean", "t_low", "t_high", "months_since"]].astype(float).round(0).tolist()
    [43.0, 36.0, 50.0, 3.0]
    """
    asked = as_months(months)
    waves = _waves(scores)
    grid = every_month(scores["clinician_id"], asked)
    levels = _levels(waves, context, set(scores["clinician_id"]) if learn_from is None else learn_from, asked.max())
    return _with_last_wave(grid.merge(levels, on=_KEYS, how="left"), waves).reindex(columns=FATIGUE_COLUMNS)


def _levels(
    waves: pd.DataFrame, context: pd.DataFrame | None, learn_from: AbstractSet[str], last: pd.Period
) -> pd.DataFrame:
    """The levels up to `last` of everybody with a wave, from their first one on.

    Those in `learn_from` are followed without anybody else's surveys, so that nothing of these can show, not even in a
    last digit; the others are followed with what those teach.
    """
    known = waves[waves["month"] <= last]
    private = known.loc[~known["clinician_id"].isin(learn_from), "clinician_id"]
    levels = _followed(known[~known["clinician_id"].isin(private)], context, learn_from, last)
    if private.empty:
        return levels
    others = _followed(known, context, learn_from, last)
    return pd.concat([levels, others[others["clinician_id"].isin(private)]], ignore_index=True)


def _followed(
    waves: pd.DataFrame, context: pd.DataFrame | None, learn_from: AbstractSet[str], last: pd.Period
) -> pd.DataFrame:
    people = pd.Index(waves["clinician_id"].drop_duplicates().sort_values())
    if people.empty:
        return pd.DataFrame({"clinician_id": people, "month": pd.PeriodIndex([], freq="M")})
    starts = [waves["month"].min(), *([context["month"].min()] if context is not None and len(context) else [])]
    steps = pd.period_range(min(starts), last, freq="M")
    surveys = Surveys(
        person=people.get_indexer(pd.Index(waves["clinician_id"])),
        month=steps.get_indexer(pd.PeriodIndex(waves["month"])),
        value=waves["value"].to_numpy(float) - T_MEAN,
        error=waves["variance"].to_numpy(float),
        teaches=np.asarray(people.isin(list(learn_from))),
    )
    levels = follow(surveys, _context(context, people, steps), LEVEL_VARIANCE, CUT - T_MEAN)
    return _as_table(levels, people, steps, first=waves.groupby("clinician_id")["month"].min())


def _context(context: pd.DataFrame | None, people: pd.Index, steps: pd.PeriodIndex) -> np.ndarray:
    """People × months × features, in SD from what is usual among everybody in the practice; 0 without any."""
    if context is None or context.empty:
        return np.zeros((len(people), len(steps), len(CONTEXT)))
    everybody = pd.Index(context["clinician_id"].unique()).union(people)
    cells = np.full((len(everybody), len(steps), len(CONTEXT)), np.nan)
    rows = context[context["month"] <= steps[-1]]
    cells[everybody.get_indexer(pd.Index(rows["clinician_id"])), steps.get_indexer(pd.PeriodIndex(rows["month"]))] = (
        rows[list(CONTEXT)].to_numpy(float, na_value=np.nan)
    )
    return as_usual(cells)[everybody.get_indexer(people)]


def _as_table(levels: Levels, people: pd.Index, steps: pd.PeriodIndex, first: pd.Series) -> pd.DataFrame:
    began = steps.get_indexer(pd.PeriodIndex(first.reindex(people)))
    who, when = np.nonzero(np.arange(len(steps)) >= began[:, None])
    half = Z90 * np.sqrt(levels.variance)
    columns = {
        "p_compassion_fatigue": levels.above,
        "t_mean": T_MEAN + levels.mean,
        "t_low": T_MEAN + levels.mean - half,
        "t_high": T_MEAN + levels.mean + half,
        "from_norm": np.full_like(levels.mean, T_MEAN),
        "from_practice": levels.practice,
        "from_surveys": levels.surveys,
        **{f"from_{name}": levels.context[:, :, at] for at, name in enumerate(CONTEXT)},
    }
    numbers = {name: values[who, when] for name, values in columns.items()}
    return pd.DataFrame({"clinician_id": people[who], "month": steps[when], **numbers})


def _waves(scores: pd.DataFrame) -> pd.DataFrame:
    """ProQOL-5 administrations: clinician_id, completed_on, month, value (mean T), variance of its error."""
    wanted = scores[(scores["instrument"] == "proqol5") & scores["scale"].isin(list(_ERROR))]
    wide = wanted.pivot(index=["clinician_id", "completed_on"], columns="scale", values="t")
    wide = wide.reindex(columns=list(_ERROR)).astype(float)
    frame = pd.DataFrame({"value": wide.mean(axis=1), "variance": _wave_variance(wide)}).reset_index()
    frame.insert(1, "month", pd.to_datetime(frame["completed_on"]).dt.to_period("M"))
    return frame


def _wave_variance(wide: pd.DataFrame) -> np.ndarray:
    both = wide.notna().all(axis=1)
    alone = np.where(wide[BURNOUT].notna(), _ERROR[BURNOUT], _ERROR[TRAUMATIC_STRESS]) + HALF_GAP_VARIANCE
    return np.where(both, MEAN_ERROR, alone)


def _with_last_wave(table: pd.DataFrame, waves: pd.DataFrame) -> pd.DataFrame:
    facts = waves.sort_values(["clinician_id", "completed_on"]).rename(columns={"value": "carried"})
    before = facts.groupby("clinician_id")[["carried", "variance"]].shift()
    facts["p_carried"] = ndtr(((facts["carried"] - CUT) / np.sqrt(facts["variance"])).to_numpy(float))
    facts["last_above"] = facts["carried"] > CUT
    facts["two_above"] = facts["last_above"] & (before["carried"] > CUT)
    change: pd.Series = (facts["carried"] - before["carried"]) / np.sqrt(facts["variance"] + before["variance"])
    facts["reliable_rise"] = change > RELIABLE
    facts = facts.drop(columns=["variance", "completed_on"]).groupby(_KEYS, as_index=False).last()
    known = last_known(table, facts, None)
    known["months_since"] = (ordinals(known["month"]) - ordinals(known["wave"])).astype(float)
    known["months_since"] = known["months_since"].where(known["wave"].notna())
    return known.assign(**{name: known[name].eq(True) for name in _FACTS})
